//! UpdateFunctionCode and UpdateFunctionConfiguration.

use std::sync::Arc;

use serde::Deserialize;

use super::code::CodeInput;
use super::function::{Function, Version};
use super::name::FunctionName;
use super::settings::{SettingsInput, architecture};
use super::{Lambda, invalid};
use crate::clock::Millis;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateFunctionCode {
    #[serde(default)]
    publish: bool,
    #[serde(default)]
    dry_run: bool,
    revision_id: Option<String>,
    architectures: Option<Vec<String>>,
    #[serde(flatten)]
    code: CodeInput,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateFunctionConfiguration {
    revision_id: Option<String>,
    #[serde(flatten)]
    settings: SettingsInput,
}

impl Lambda {
    pub(super) async fn update_function_code(
        &self,
        call: &Call,
        name: &FunctionName,
    ) -> Result<Answer, Fault> {
        let request: UpdateFunctionCode = call.json()?;
        unqualified(name)?;
        let function = self
            .functions
            .get(&name.arn)
            .ok_or_else(|| name.missing())?;
        let (now, random) = (self.conditions.now(), &self.conditions.random);
        function.check_settled(now)?;
        check_revision(&function.latest, now, request.revision_id.as_deref())?;
        // As on AWS, a request without an architecture asks for x86_64.
        let architecture =
            architecture(request.architectures)?.unwrap_or_else(|| "x86_64".to_owned());
        let arriving = self.arrivals.begin().await;
        let code = self.read_code(call, request.code)?;
        if request.dry_run {
            // The answer shows the result; nothing is stored.
            let mut latest = function.latest.clone();
            latest.settings.architecture = architecture;
            return Ok(Answer::json(latest.describe(
                &function.name,
                &function.arn,
                now,
                true,
            )));
        }
        let code = self.keep_code(code).await?;
        let taken = code.clone();
        // Keeping it has taken a while.
        let now = self.conditions.now();
        let done = self.update_done(now, name);
        let inactive_from = self.inactive_from(done);
        let fails = self.update_fails(name);
        let answer = self
            .edit(name, |function| {
                function.check_settled(now)?;
                check_revision(&function.latest, now, request.revision_id.as_deref())?;
                function.latest.code = code;
                function.latest.settings.architecture = architecture;
                function.latest.touch(now, done, random);
                function.latest.inactive_from = inactive_from;
                function.latest.update_fails = fails;
                if request.publish {
                    let published = function.publish(None, random)?;
                    return Ok(published.describe(
                        &function.name,
                        &published.qualified_arn(&function.arn),
                        now,
                        true,
                    ));
                }
                Ok(function
                    .latest
                    .describe(&function.name, &function.arn, now, true))
            })
            .await?;
        self.took_code(call, &taken);
        drop(arriving);
        self.remove_unused_code();
        Ok(Answer::json(answer))
    }

    pub(super) async fn update_function_configuration(
        self: &Arc<Self>,
        call: &Call,
        name: &FunctionName,
    ) -> Result<Answer, Fault> {
        let request: UpdateFunctionConfiguration = call.json()?;
        unqualified(name)?;
        request.settings.check()?;
        if let Some(role) = &request.settings.role {
            self.check_role(role, &name.arn, &call.scope.account)?;
        }
        let (now, random) = (self.conditions.now(), &self.conditions.random);
        let done = self.update_done(now, name);
        let inactive_from = self.inactive_from(done);
        let fails = self.update_fails(name);
        let regrants = request.settings.regrants();
        let answer = self
            .edit(name, |function| {
                function.check_settled(now)?;
                check_revision(&function.latest, now, request.revision_id.as_deref())?;
                let before = function.latest.settings.vpc.clone();
                request.settings.apply(&mut function.latest.settings);
                let settings = &function.latest.settings;
                settings.check_file_systems()?;
                if regrants {
                    function.latest.granted_to = self.grant(settings, name)?;
                }
                if settings.vpc != before {
                    self.check_vpc(settings, name)?;
                }
                function.latest.touch(now, done, random);
                function.latest.inactive_from = inactive_from;
                function.latest.update_fails = fails;
                Ok(function
                    .latest
                    .describe(&function.name, &function.arn, now, true))
            })
            .await?;
        self.settle_interfaces(&name.arn).await?;
        Ok(Answer::json(answer))
    }

    /// When an update that starts now is finished.
    fn update_done(&self, now: Millis, name: &FunctionName) -> Millis {
        let takes = self.conditions.weather().function_update;
        let what = "function update";
        self.conditions.after(now, what, &name.arn, takes)
    }

    fn update_fails(&self, name: &FunctionName) -> bool {
        let chance = self.conditions.weather().failed_updates;
        self.conditions.happens("failed update", &name.arn, chance)
    }

    /// Changes the function that `name` names, entirely or not at all.
    pub(super) async fn edit<R>(
        &self,
        name: &FunctionName,
        edit: impl FnOnce(&mut Function) -> Result<R, Fault>,
    ) -> Result<R, Fault> {
        self.functions
            .change(|functions| {
                let mut function =
                    Function::clone(functions.get(&name.arn).ok_or_else(|| name.missing())?);
                let result = edit(&mut function)?;
                functions.put(&name.arn, function);
                Ok(result)
            })
            .await
    }
}

/// Only `$LATEST` can be changed.
fn unqualified(name: &FunctionName) -> Result<(), Fault> {
    match name.qualifier.as_deref() {
        None | Some("$LATEST") => Ok(()),
        Some(_) => Err(invalid(
            "This operation does not permit adding a qualifier to the end of the function name.",
        )),
    }
}

pub(super) fn check_revision(
    latest: &Version,
    now: Millis,
    asked: Option<&str>,
) -> Result<(), Fault> {
    match asked {
        Some(asked) if asked != latest.revision(now).to_string() => Err(Fault::new(
            412,
            "PreconditionFailedException",
            "The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias API to retrieve the latest RevisionId for your resource.",
        )),
        _ => Ok(()),
    }
}
