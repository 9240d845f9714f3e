//! CreateFunction.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::code::CodeInput;
use super::function::{Function, Version};
use super::grants::SERVICE;
use super::name::FunctionName;
use super::settings::{Settings, SettingsInput, architecture};
use super::{Lambda, conflict, invalid};
use crate::fault::{Constraints, Fault};
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::iam::Assumption;
use crate::tags::{self, MAX_TAGS, Tags};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateFunction {
    function_name: Option<String>,
    code: Option<CodeInput>,
    #[serde(default)]
    publish: bool,
    package_type: Option<String>,
    architectures: Option<Vec<String>>,
    #[serde(default)]
    tags: Tags,
    code_signing_config_arn: Option<String>,
    durable_config: Option<Value>,
    #[serde(flatten)]
    settings: SettingsInput,
}

impl Lambda {
    pub(super) async fn create_function(self: &Arc<Self>, call: &Call) -> Result<Answer, Fault> {
        let request: CreateFunction = call.json()?;
        Constraints::default()
            .present("functionName", request.function_name.as_ref())
            .present("role", request.settings.role.as_ref())
            .present("code", request.code.as_ref())
            .check("ValidationException")?;
        let name = FunctionName::parse(
            request.function_name.as_deref().unwrap_or_default(),
            &call.scope,
        )?;
        if name.qualifier.is_some() {
            return Err(invalid(format!(
                "The function name must not have a qualifier: {}",
                name.qualified()
            )));
        }
        request.settings.check()?;
        if request.package_type.as_deref() == Some("Image") {
            return Err(Fault::not_implemented("lambda", "functions with an image"));
        }
        if request.settings.runtime.is_none() || request.settings.handler.is_none() {
            let message = "Runtime and Handler are mandatory parameters for functions created with deployment packages.";
            return Err(invalid(message));
        }
        if request.code_signing_config_arn.is_some() || request.durable_config.is_some() {
            return Err(Fault::not_implemented(
                "lambda",
                "functions with code signing or durable executions",
            ));
        }
        tags::check("InvalidParameterValueException", &request.tags)?;
        if request.tags.len() > MAX_TAGS {
            return Err(invalid("Tag quota per resource exceeded."));
        }
        let mut settings = Settings::defaults(&name.name);
        settings.architecture =
            architecture(request.architectures)?.unwrap_or(settings.architecture);
        request.settings.apply(&mut settings);
        settings.check_file_systems()?;
        if self.functions.get(&name.arn).is_some() {
            return Err(conflict(format!("Function already exist: {}", name.name)));
        }
        self.check_role(&settings.role, &name.arn, &call.scope.account)?;
        let granted_to = self.grant(&settings, &name)?;
        self.check_vpc(&settings, &name)?;
        let _arriving = self.arrivals.begin().await;
        let code = self.read_code(call, request.code.unwrap_or_default())?;
        let code = self.keep_code(code).await?;
        let taken = code.clone();

        let now = self.conditions.now();
        let active_from = self.conditions.after(
            now,
            "function creation",
            &name.arn,
            self.conditions.weather().function_creation,
        );
        let latest = Version {
            version: "$LATEST".to_owned(),
            settings,
            code,
            modified: now,
            active_from,
            updated_at: active_from,
            inactive_from: self.inactive_from(active_from),
            creation_fails: self.conditions.happens(
                "failed creation",
                &name.arn,
                self.conditions.weather().failed_creations,
            ),
            update_fails: false,
            granted_to,
            revision: self.conditions.random.uuid(),
            settled_revision: self.conditions.random.uuid(),
        };
        let mut function = Function {
            name: name.name.clone(),
            arn: name.arn.clone(),
            latest,
            versions: BTreeMap::new(),
            next_version: self.deleted.get(&name.arn).map_or(1, |next| *next),
            aliases: BTreeMap::new(),
            tags: request.tags,
            reserved_concurrency: None,
            published: None,
        };
        let answer = if request.publish {
            let published = function.publish(None, &self.conditions.random)?;
            published.describe(
                &function.name,
                &published.qualified_arn(&function.arn),
                now,
                true,
            )
        } else {
            function
                .latest
                .describe(&function.name, &function.arn, now, true)
        };
        self.functions
            .change(|functions| {
                if functions.get(&name.arn).is_some() {
                    return Err(conflict(format!("Function already exist: {}", name.name)));
                }
                functions.put(&name.arn, function);
                Ok(())
            })
            .await?;
        self.took_code(call, &taken);
        self.settle_interfaces(&name.arn).await?;
        Ok(Answer::created(answer))
    }

    /// Lambda takes only a role that it can assume at the time of the call.
    pub(super) fn check_role(
        &self,
        role: &str,
        function_arn: &str,
        account: &str,
    ) -> Result<(), Fault> {
        let assumption = Assumption {
            service: SERVICE,
            account,
            source_arn: function_arn,
        };
        if self.iam.assumable(role, &assumption) {
            return Ok(());
        }
        Err(invalid(
            "The role defined for the function cannot be assumed by Lambda.",
        ))
    }
}
