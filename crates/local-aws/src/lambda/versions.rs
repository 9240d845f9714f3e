//! Published versions.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::function::{Function, Version};
use super::name::FunctionName;
use super::read::listed;
use super::update::check_revision;
use super::{Lambda, invalid};
use crate::fault::{Constraints, Fault};
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::random::Random;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PublishVersion {
    code_sha256: Option<String>,
    description: Option<String>,
    revision_id: Option<String>,
}

impl Lambda {
    pub(super) async fn publish_version(
        &self,
        call: &Call,
        name: &FunctionName,
    ) -> Result<Answer, Fault> {
        let request: PublishVersion = call.json()?;
        if let Some(description) = &request.description {
            Constraints::default()
                .length("description", description, 0, 256)
                .check("ValidationException")?;
        }
        let (now, random) = (self.conditions.now(), &self.conditions.random);
        let answer = self
            .edit(name, |function| {
                function.check_settled(now)?;
                check_revision(&function.latest, now, request.revision_id.as_deref())?;
                let current = STANDARD.encode(function.latest.code.sha256);
                if let Some(asked) = request.code_sha256.filter(|asked| *asked != current) {
                    return Err(invalid(format!(
                        "CodeSHA256 ({asked}) is different from current CodeSHA256 in $LATEST ({current}). Please try again with the CodeSHA256 in $LATEST."
                    )));
                }
                let published = function.publish(request.description, random)?;
                Ok(published.describe(&function.name, &published.qualified_arn(&function.arn), now, true))
            })
            .await?;
        Ok(Answer::created(answer))
    }

    pub(super) fn list_versions(&self, call: &Call, name: &FunctionName) -> Result<Answer, Fault> {
        let function = self
            .functions
            .get(&name.arn)
            .ok_or_else(|| name.missing())?;
        let earlier = self.functions.at(&name.arn, call.view.lists);
        let function = earlier.unwrap_or(function);
        let now = self.conditions.now();
        let shown = std::iter::once((0, &function.latest))
            .chain(
                function
                    .versions
                    .iter()
                    .map(|(number, version)| (*number, version)),
            )
            .map(|(number, version)| {
                let arn = version.qualified_arn(&function.arn);
                (
                    format!("{number:010}"),
                    version.describe(&function.name, &arn, now, false),
                )
            })
            .collect();
        listed(call, "Versions", shown)
    }
}

impl Function {
    /// Publishes `$LATEST`. Returns the version that it was last published as if nothing has changed since.
    pub(super) fn publish(
        &mut self,
        description: Option<String>,
        random: &Random,
    ) -> Result<Version, Fault> {
        let fingerprint = self.latest.fingerprint()?;
        if let Some((number, published_as)) = &self.published
            && *published_as == fingerprint
            && let Some(version) = self.versions.get(number)
            // Nothing is known of AWS here. One that failed would never be of use.
            && !version.update_fails
        {
            return Ok(version.clone());
        }
        let number = self.next_version;
        let mut version = self.latest.clone();
        version.version = number.to_string();
        version.settings.description = description.unwrap_or(version.settings.description);
        version.revise(random);
        self.versions.insert(number, version.clone());
        self.next_version += 1;
        self.published = Some((number, fingerprint));
        Ok(version)
    }
}
