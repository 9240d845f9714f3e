//! Aliases.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::function::{Alias, Function};
use super::name::FunctionName;
use super::read::listed;
use super::route::alias as alias_name;
use super::{Lambda, conflict, invalid, not_found};
use crate::fault::{Constraints, Fault};
use crate::http::answer::Answer;
use crate::http::call::Call;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AliasInput {
    name: Option<String>,
    function_version: Option<String>,
    description: Option<String>,
    routing_config: Option<Routing>,
    revision_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Routing {
    #[serde(default)]
    additional_version_weights: BTreeMap<String, f64>,
}

impl Lambda {
    pub(super) async fn create_alias(
        &self,
        call: &Call,
        name: &FunctionName,
    ) -> Result<Answer, Fault> {
        let request: AliasInput = call.json()?;
        Constraints::default()
            .present("name", request.name.as_ref())
            .present("functionVersion", request.function_version.as_ref())
            .check("ValidationException")?;
        let alias_name = request.name.unwrap_or_default();
        let word = alias_name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        let number = alias_name.chars().all(|c| c.is_ascii_digit());
        Constraints::default()
            .length("name", &alias_name, 1, 128)
            .pattern(
                "name",
                &alias_name,
                "(?!^[0-9]+$)([a-zA-Z0-9-_]+)",
                word && !number,
            )
            .check("ValidationException")?;
        let alias = Alias {
            version: request.function_version.unwrap_or_default(),
            description: request.description.unwrap_or_default(),
            additional: request
                .routing_config
                .map(|routing| routing.additional_version_weights)
                .unwrap_or_default(),
            revision: self.conditions.random.uuid(),
        };
        let answer = self
            .edit(name, |function| {
                if function.aliases.contains_key(&alias_name) {
                    return Err(conflict(format!(
                        "Alias already exists: {}:{alias_name}",
                        function.arn
                    )));
                }
                check_versions(function, &alias)?;
                let shown = alias.describe(&alias_name, &function.arn);
                function.aliases.insert(alias_name, alias);
                Ok(shown)
            })
            .await?;
        Ok(Answer::created(answer))
    }

    pub(super) fn get_alias(&self, call: &Call, name: &FunctionName) -> Result<Answer, Fault> {
        let function = self
            .functions
            .seen(&name.arn, call.view)
            .ok_or_else(|| name.missing())?;
        let alias_name = alias_name(call);
        let alias = function
            .aliases
            .get(alias_name)
            .ok_or_else(|| no_alias(&function, alias_name))?;
        Ok(Answer::json(alias.describe(alias_name, &function.arn)))
    }

    pub(super) async fn update_alias(
        &self,
        call: &Call,
        name: &FunctionName,
    ) -> Result<Answer, Fault> {
        let request: AliasInput = call.json()?;
        let alias_name = alias_name(call);
        let answer = self
            .edit(name, |function| {
                let mut alias =
                    function.aliases.get(alias_name).cloned().ok_or_else(|| no_alias(function, alias_name))?;
                if request.revision_id.is_some_and(|asked| asked != alias.revision.to_string()) {
                    return Err(Fault::new(
                        412,
                        "PreconditionFailedException",
                        "The Revision Id provided does not match the latest Revision Id. Call the GetAlias API to retrieve the latest Revision Id",
                    ));
                }
                alias.version = request.function_version.unwrap_or(alias.version);
                alias.description = request.description.unwrap_or(alias.description);
                if let Some(routing) = request.routing_config {
                    alias.additional = routing.additional_version_weights;
                }
                alias.revision = self.conditions.random.uuid();
                check_versions(function, &alias)?;
                let shown = alias.describe(alias_name, &function.arn);
                function.aliases.insert(alias_name.to_owned(), alias);
                Ok(shown)
            })
            .await?;
        Ok(Answer::json(answer))
    }

    pub(super) async fn delete_alias(
        &self,
        call: &Call,
        name: &FunctionName,
    ) -> Result<Answer, Fault> {
        // Deleting an alias that does not exist succeeds.
        self.edit(name, |function| {
            function.aliases.remove(alias_name(call));
            Ok(())
        })
        .await?;
        Ok(Answer::no_content())
    }

    pub(super) fn list_aliases(&self, call: &Call, name: &FunctionName) -> Result<Answer, Fault> {
        let function = self
            .functions
            .seen(&name.arn, call.view)
            .ok_or_else(|| name.missing())?;
        let version = call.query.get("FunctionVersion");
        let shown = function
            .aliases
            .iter()
            .filter(|(_, alias)| version.is_none_or(|version| alias.version == version))
            .map(|(name, alias)| (name.clone(), alias.describe(name, &function.arn)))
            .collect();
        listed(call, "Aliases", shown)
    }
}

fn no_alias(function: &Function, alias: &str) -> Fault {
    Fault::new(
        404,
        "ResourceNotFoundException",
        format!("Cannot find alias arn: {}:{alias}", function.arn),
    )
}

/// An alias points to versions that exist; if it splits calls, to two published ones.
fn check_versions(function: &Function, alias: &Alias) -> Result<(), Fault> {
    let number = |version: &str| version == "$LATEST" || version.parse::<u64>().is_ok();
    Constraints::default()
        .pattern(
            "functionVersion",
            &alias.version,
            "(\\$LATEST(\\.PUBLISHED)?|[0-9]+)",
            number(&alias.version),
        )
        .check("ValidationException")?;
    for version in std::iter::once(&alias.version).chain(alias.additional.keys()) {
        function
            .version(version)
            .ok_or_else(|| not_found(&format!("{}:{version}", function.arn)))?;
    }
    if alias.additional.len() > 1 {
        return Err(invalid(
            "Number of items in AdditionalVersionWeights cannot be greater than 1",
        ));
    }
    for (version, share) in &alias.additional {
        if !(0.0..=1.0).contains(share) {
            return Err(invalid(format!(
                "Value '{share}' at 'routingConfig.additionalVersionWeights' must be between 0.0 and 1.0"
            )));
        }
        if alias.version == "$LATEST" || version == "$LATEST" {
            return Err(invalid(
                "$LATEST is not supported for an alias pointing to more than 1 version",
            ));
        }
        if *version == alias.version {
            return Err(invalid(format!(
                "Invalid function version {version}. Function version {version} is already included in routing configuration."
            )));
        }
    }
    Ok(())
}
