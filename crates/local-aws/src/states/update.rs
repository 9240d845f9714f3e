//! UpdateStateMachine.

use serde::Deserialize;
use serde_json::{Value, json};

use super::arn::MachineArn;
use super::create::{Tracing, check_size, key};
use super::machine::{Revision, does_not_exist, validation};
use super::{States, definition};
use crate::clock;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateStateMachine {
    #[serde(default)]
    state_machine_arn: String,
    definition: Option<String>,
    role_arn: Option<String>,
    logging_configuration: Option<Value>,
    tracing_configuration: Option<Tracing>,
    #[serde(default)]
    publish: bool,
    version_description: Option<String>,
    encryption_configuration: Option<Value>,
}

impl States {
    pub(super) async fn update_state_machine(&self, call: &Call) -> Result<Answer, Fault> {
        let request: UpdateStateMachine = call.json()?;
        let arn = MachineArn::parse(&request.state_machine_arn)?;
        let missing = || does_not_exist(&request.state_machine_arn);
        let machine = self
            .machine(&arn.arn)
            .filter(|_| arn.qualifier.is_none())
            .ok_or_else(missing)?;
        let changes = request.definition.is_some()
            || request.role_arn.is_some()
            || request.logging_configuration.is_some()
            || request.tracing_configuration.is_some()
            || request.encryption_configuration.is_some();
        if !changes && !request.publish {
            return Err(Fault::bad(
                "MissingRequiredParameter",
                "Either the definition, the role ARN, the LoggingConfiguration, the EncryptionConfiguration, or the TracingConfiguration must be specified",
            ));
        }
        if request.version_description.is_some() && !request.publish {
            return Err(validation(
                "Version description can only be set when publish is true",
            ));
        }
        if let Some(text) = &request.definition {
            check_size(text)?;
            definition::check(text, machine.execution_kind())?;
        }
        let given = request.encryption_configuration.is_some();
        let kms_key = key(request.encryption_configuration.as_ref())?;
        let role = request.role_arn.as_deref().unwrap_or(&machine.current.role);
        if request.role_arn.is_some() {
            self.check_role(role, &arn.arn, call)?;
        }
        let definition = request.definition.as_deref();
        let definition = definition.unwrap_or(&machine.current.definition);
        self.check_managed_rules(&call.scope, role, definition)?;
        let logging = match request.logging_configuration {
            Some(configuration) => {
                Some(self.check_logging(&call.scope, role, Some(configuration))?)
            }
            None => None,
        };
        let (now, random) = (self.conditions.now(), &self.conditions.random);
        let answer = self
            .edit(
                &arn.arn,
                || does_not_exist(&arn.arn),
                |machine| {
                    let mut next = machine.current.clone();
                    next.definition = request.definition.unwrap_or(next.definition);
                    next.role = request.role_arn.unwrap_or(next.role);
                    next.logging = logging.unwrap_or(next.logging);
                    next.tracing = request
                        .tracing_configuration
                        .map_or(next.tracing, |tracing| tracing.enabled);
                    if given {
                        next.kms_key = kms_key;
                    }
                    next.updated = now;
                    let current = &machine.current;
                    // An update that changes nothing makes no new revision.
                    let content = |revision: &Revision| {
                        (
                            revision.definition.clone(),
                            revision.role.clone(),
                            revision.logging.clone(),
                            revision.tracing,
                            revision.kms_key.clone(),
                        )
                    };
                    if content(&next) != content(current) {
                        next.id = Some(random.uuid());
                    }
                    machine.current = next;
                    let mut answer =
                        json!({ "updateDate": clock::seconds(machine.current.updated) });
                    if let Some(id) = machine.current.id {
                        answer["revisionId"] = json!(id);
                    }
                    if request.publish {
                        let number = machine.publish(request.version_description, now)?;
                        answer["stateMachineVersionArn"] = json!(machine.version_arn(number));
                    }
                    Ok(answer)
                },
            )
            .await?;
        Ok(Answer::json(answer))
    }
}
