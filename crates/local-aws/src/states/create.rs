//! CreateStateMachine.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use txflow_asl::ExecutionKind;

use super::machine::{Revision, StateMachine, deleting, validation};
use super::tags::TagInput;
use super::{SERVICE, States, arn, definition};
use crate::clock;
use crate::fault::{Constraints, Fault};
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::iam::Assumption;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateStateMachine {
    name: Option<String>,
    definition: Option<String>,
    role_arn: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    logging_configuration: Option<Value>,
    tracing_configuration: Option<Tracing>,
    #[serde(default)]
    tags: Vec<TagInput>,
    #[serde(default)]
    publish: bool,
    version_description: Option<String>,
    encryption_configuration: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct Tracing {
    #[serde(default)]
    pub(super) enabled: bool,
}

impl States {
    pub(super) async fn create_state_machine(&self, call: &Call) -> Result<Answer, Fault> {
        let request: CreateStateMachine = call.json()?;
        Constraints::default()
            .present("name", request.name.as_ref())
            .present("definition", request.definition.as_ref())
            .present("roleArn", request.role_arn.as_ref())
            .check("ValidationException")?;
        let name = request.name.unwrap_or_default();
        check_name(&name)?;
        let text = request.definition.unwrap_or_default();
        let role = request.role_arn.unwrap_or_default();
        let kind = request.kind.unwrap_or_else(|| "STANDARD".to_owned());
        Constraints::default()
            .one_of("type", &kind, &["STANDARD", "EXPRESS"])
            .check("ValidationException")?;
        check_size(&text)?;
        if request.version_description.is_some() && !request.publish {
            return Err(validation(
                "Version description can only be set when publish is true",
            ));
        }
        let kms_key = key(request.encryption_configuration.as_ref())?;
        let arn = arn::machine(&call.scope, &name);
        let standard = kind == "STANDARD";
        definition::check(
            &text,
            if standard {
                ExecutionKind::Standard
            } else {
                ExecutionKind::Express
            },
        )?;
        let tags = super::tags::read(request.tags)?;
        self.check_role(&role, &arn, call)?;
        self.check_managed_rules(&call.scope, &role, &text)?;
        let now = self.conditions.now();
        let mut machine = StateMachine {
            current: Revision {
                id: None,
                definition: text,
                logging: self.check_logging(&call.scope, &role, request.logging_configuration)?,
                role,
                tracing: request
                    .tracing_configuration
                    .is_some_and(|tracing| tracing.enabled),
                kms_key,
                updated: now,
            },
            name,
            arn: arn.clone(),
            kind,
            created: now,
            versions: BTreeMap::new(),
            next_version: 1,
            aliases: BTreeMap::new(),
            tags,
            deleted_at: None,
        };
        let (created, version_arn) = self
            .machines
            .change(|machines| {
                match machines.get(&arn) {
                    Some(existing) if existing.deleted(now) => {}
                    Some(existing) if existing.deleting() => return Err(deleting(&arn)),
                    // Creating the same state machine again is not an error. Role and tags are neither compared nor
                    // changed.
                    Some(existing) if existing.same_as(&machine) => {
                        machine = StateMachine::clone(existing)
                    }
                    Some(_) => {
                        let message = format!("State Machine Already Exists: '{arn}'");
                        return Err(Fault::bad("StateMachineAlreadyExists", message));
                    }
                    None => {}
                }
                let version = request
                    .publish
                    .then(|| machine.publish(request.version_description, now))
                    .transpose()?;
                let created = machine.created;
                let version_arn = version.map(|number| machine.version_arn(number));
                machines.put(&arn, machine);
                Ok((created, version_arn))
            })
            .await?;
        let mut answer = json!({ "stateMachineArn": arn, "creationDate": clock::seconds(created) });
        if let Some(version_arn) = version_arn {
            answer["stateMachineVersionArn"] = json!(version_arn);
        }
        Ok(Answer::json(answer))
    }

    /// Step Functions takes only a role that it can assume at the time of the call.
    pub(super) fn check_role(
        &self,
        role: &str,
        machine_arn: &str,
        call: &Call,
    ) -> Result<(), Fault> {
        if !role.starts_with("arn:") {
            return Err(arn::invalid(&format!("Invalid ARN prefix: {role}")));
        }
        let account = &call.scope.account;
        let assumes = |service: &str| {
            self.iam.assumable(
                role,
                &Assumption {
                    service,
                    account,
                    source_arn: machine_arn,
                },
            )
        };
        if assumes(SERVICE) || assumes(&format!("states.{}.amazonaws.com", call.scope.region)) {
            return Ok(());
        }
        Err(Fault::bad(
            "AccessDeniedException",
            "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role.",
        ))
    }
}

impl StateMachine {
    /// What CreateStateMachine compares if the name is taken.
    fn same_as(&self, other: &StateMachine) -> bool {
        let (mine, others) = (&self.current, &other.current);
        self.kind == other.kind
            && mine.definition == others.definition
            && mine.logging == others.logging
            && mine.tracing == others.tracing
            && mine.kms_key == others.kms_key
    }
}

/// Names of state machines and of executions.
pub(super) fn check_name(name: &str) -> Result<(), Fault> {
    Constraints::default()
        .length("name", name, 1, 80)
        .check("ValidationException")?;
    let refused =
        |c: char| c.is_control() || c.is_whitespace() || "<>{}[]?*\"#%\\^|~`$&,;:/".contains(c);
    if name.contains(refused) {
        return Err(Fault::bad("InvalidName", format!("Invalid Name: '{name}'")));
    }
    Ok(())
}

/// AWS does not repeat a definition in its refusal.
pub(super) fn check_size(definition: &str) -> Result<(), Fault> {
    const MOST: usize = txflow_asl::validate::MAX_DEFINITION_BYTES;
    if definition.is_empty() || definition.len() > MOST {
        let bound = if definition.is_empty() {
            "greater than or equal to 1"
        } else {
            "less than or equal to 1048576"
        };
        return Err(validation(format!(
            "1 validation error detected: Value at 'definition' failed to satisfy constraint: Member must have length {bound}"
        )));
    }
    Ok(())
}

/// The customer's key of an encryption configuration.
pub(super) fn key(configuration: Option<&Value>) -> Result<Option<String>, Fault> {
    let Some(configuration) = configuration else {
        return Ok(None);
    };
    let key = configuration["kmsKeyId"].as_str();
    match (configuration["type"].as_str(), key) {
        (Some("AWS_OWNED_KEY"), None) => Ok(None),
        (Some("CUSTOMER_MANAGED_KMS_KEY"), Some(key)) => Ok(Some(key.to_owned())),
        _ => Err(Fault::bad(
            "InvalidEncryptionConfiguration",
            "Invalid Encryption Configuration: the type and the key do not fit together",
        )),
    }
}
