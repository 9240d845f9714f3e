//! GetFunction, GetFunctionConfiguration, ListFunctions.

use std::sync::Arc;

use serde_json::{Value, json};

use super::function::{Function, Version};
use super::name::FunctionName;
use super::{Lambda, invalid};
use crate::conditions::View;
use crate::fault::{Constraints, Fault};
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::page::page;

impl Lambda {
    pub(super) fn get_function(&self, call: &Call, name: &FunctionName) -> Result<Answer, Fault> {
        let (function, version) = self.seen(name, call.view)?;
        let mut answer = json!({
            "Configuration": version.describe(&function.name, &name.qualified(), self.conditions.now(), true),
            "Code": {
                "RepositoryType": "S3",
                "Location": self.code_urls.url(&hex::encode(version.code.sha256)),
            },
        });
        if !function.tags.is_empty() {
            answer["Tags"] = json!(function.tags);
        }
        if let Some(reserved) = function.reserved_concurrency {
            answer["Concurrency"] = json!({ "ReservedConcurrentExecutions": reserved });
        }
        Ok(Answer::json(answer))
    }

    pub(super) fn get_function_configuration(
        &self,
        call: &Call,
        name: &FunctionName,
    ) -> Result<Answer, Fault> {
        let (function, version) = self.seen(name, call.view)?;
        Ok(Answer::json(version.describe(
            &function.name,
            &name.qualified(),
            self.conditions.now(),
            true,
        )))
    }

    pub(super) fn list_functions(&self, call: &Call) -> Result<Answer, Fault> {
        let prefix = call.scope.arn("lambda", "function:");
        let mut shown = Vec::new();
        let all = call.query.get("FunctionVersion") == Some("ALL");
        for (arn, function) in self.functions.seen_list(&prefix, call.view) {
            let latest = std::iter::once((0, &function.latest));
            let published = function
                .versions
                .iter()
                .map(|(number, version)| (*number, version))
                .filter(|_| all);
            for (number, version) in latest.chain(published) {
                let shown_arn = if all {
                    version.qualified_arn(&arn)
                } else {
                    arn.clone()
                };
                shown.push((
                    format!("{arn}:{number:010}"),
                    version.describe(&function.name, &shown_arn, self.conditions.now(), false),
                ));
            }
        }
        listed(call, "Functions", shown)
    }

    pub(super) fn no_code_signing_config(&self, name: &FunctionName) -> Result<Answer, Fault> {
        let (function, _) = self.find(name)?;
        Ok(Answer::json(json!({ "FunctionName": function.name })))
    }

    /// The same as a call sees it.
    fn seen(&self, name: &FunctionName, view: View) -> Result<(Arc<Function>, Version), Fault> {
        let view = match name.qualifier {
            None => view,
            // A version was created by a change of its function.
            Some(_) => View {
                changes: view.changes.min(view.creations),
                ..view
            },
        };
        let function = self.functions.seen(&name.arn, view);
        let function = function.ok_or_else(|| name.missing())?;
        let version = function.resolve(name.qualifier.as_deref(), 1.0)?.clone();
        Ok((function, version))
    }

    /// The function, and the version that the name's qualifier stands for.
    pub(super) fn find(&self, name: &FunctionName) -> Result<(Arc<Function>, Version), Fault> {
        let function = self
            .functions
            .get(&name.arn)
            .ok_or_else(|| name.missing())?;
        let version = function.resolve(name.qualifier.as_deref(), 1.0)?.clone();
        Ok((function, version))
    }
}

/// A page of `items` in the form of Lambda's lists.
pub(super) fn listed(
    call: &Call,
    member: &str,
    items: Vec<(String, Value)>,
) -> Result<Answer, Fault> {
    // AWS never returns more than 50 at once, however many the caller asks for.
    let size = call
        .query
        .get("MaxItems")
        .map_or(Ok(50), str::parse)
        .map_err(|_| invalid("MaxItems is not a number"))?;
    Constraints::default()
        .range("maxItems", Some(size), 1, 10_000)
        .check("ValidationException")?;
    let size = usize::try_from(size).unwrap_or(50).min(50);
    let marker = call.query.get("Marker").filter(|marker| !marker.is_empty());
    let (items, next) = page(items, marker, size).map_err(|_| invalid("Invalid Marker"))?;
    let items: Vec<_> = items.into_iter().map(|(_, item)| item).collect();
    let mut answer = json!({ member: items });
    if let Some(next) = next {
        answer["NextMarker"] = json!(next);
    }
    Ok(Answer::json(answer))
}
