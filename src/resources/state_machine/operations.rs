//! The Step Functions calls.

use std::collections::BTreeMap;

use aws_sdk_sfn::operation::update_state_machine::builders::UpdateStateMachineFluentBuilder;
use aws_sdk_sfn::types::{
    CloudWatchLogsLogGroup, EncryptionConfiguration, EncryptionType, LogDestination, LogLevel,
    LoggingConfiguration, StateMachineType, Tag, TracingConfiguration,
};
use futures_util::future::BoxFuture;
use serde_json::Value;
use txflow_asl::Arn;
use txflow_asl::validate::MAX_DEFINITION_BYTES;

use super::StateMachineSettings;
use super::deletion::{DELETE_STATE_MACHINE, STOP_EXECUTIONS, WAIT_FOR_DELETION};
use super::permissions::{DESCRIBE_KEY, GENERATE_DATA_KEY, STATE_MACHINE};
use crate::apply::{Executor, Found, Outputs, PublishedRelease, StepError};
use crate::aws::{Aws, AwsError, Class};
use crate::config::{Definition, MachineName, Placeholder};
use crate::policy::{Command, Permission};
use crate::resources::digest;
use crate::resources::operation::{Effect, Executed, Operation, Spec, Words};
use crate::resources::role::PASS_ROLE;
use crate::resources::tags::{Tagged, sent};
use crate::stack::{Account, Tags};

pub(super) const ALL: &[&Spec] = &[
    &CREATE_STATE_MACHINE,
    &UPDATE_STATE_MACHINE,
    &RESTORE_STATE_MACHINE,
    &PUBLISH_STATE_MACHINE_VERSION,
    &TAG_STATE_MACHINE,
    &UNTAG_STATE_MACHINE,
    &DELETE_STATE_MACHINE_VERSION,
    &STOP_EXECUTIONS,
    &DELETE_STATE_MACHINE,
    &WAIT_FOR_DELETION,
];

/// The request to Step Functions, which publishes a version in the same call.
#[derive(Debug, Clone)]
pub(crate) struct StateMachineRequest {
    pub machine: MachineName,
    pub name: String,
    pub arn: String,
    /// Pseudo parameters are replaced when the request is made, with `account`'s values.
    pub definition: Definition,
    pub account: Account,
    /// What its placeholders stand for, by name.
    pub references: BTreeMap<String, Reference>,
    pub settings: StateMachineSettings,
    pub description: String,
    /// Not sent with an update: tags are steps of their own.
    pub tags: Tags,
}

/// What a placeholder of a definition names.
#[derive(Debug, Clone)]
pub(crate) struct Reference {
    pub to: Referent,
    pub arn: String,
    /// The version, if it is already known. Otherwise an earlier step of the plan publishes it.
    pub version: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) enum Referent {
    /// By handler.
    Function(String),
    StateMachine(MachineName),
}

impl Reference {
    /// The ARN of the version; `None` if it is not published yet.
    pub fn pin(&self, outputs: &Outputs) -> Option<String> {
        let published = || match &self.to {
            Referent::Function(handler) => outputs.versions.get(handler).cloned(),
            Referent::StateMachine(machine) => {
                let release = outputs.releases.get(machine)?;
                Some(release.version.to_string())
            }
        };
        let version = self.version.clone().or_else(published)?;
        Some(format!("{}:{version}", self.arn))
    }
}

impl StateMachineRequest {
    /// The definition with the version of everything that it names.
    pub fn pinned(&self, outputs: &Outputs) -> Result<Value, StepError> {
        let pin = |name: &str| self.references.get(name)?.pin(outputs);
        for placeholder in self.definition.placeholders() {
            if let Placeholder::Named(name) = placeholder
                && pin(&name).is_none()
            {
                return Err(StepError::Unpinned { name });
            }
        }
        Ok(self.definition.resolve(|placeholder| match placeholder {
            Placeholder::Named(name) => pin(name).unwrap_or_default(),
            other => self.account.pseudo_parameter(other),
        }))
    }

    fn pinned_now(&self, executor: &Executor) -> Result<Value, StepError> {
        let outputs = executor.outputs.lock().clone();
        self.pinned(&outputs)
    }
}

#[derive(Debug)]
pub(crate) struct CreateStateMachine(pub StateMachineRequest);

static CREATE_STATE_MACHINE: Spec = Spec {
    operation: "CreateStateMachine",
    effect: Effect::Create,
    words: Words::CREATE,
    part: None,
    permissions: &[
        Permission::new("states:CreateStateMachine", &STATE_MACHINE, Command::WRITE),
        PASS_ROLE,
        DESCRIBE_KEY,
        GENERATE_DATA_KEY,
    ],
};

impl Operation for CreateStateMachine {
    fn spec(&self) -> &'static Spec {
        &CREATE_STATE_MACHINE
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(self.create(executor))
    }
}

impl CreateStateMachine {
    async fn create(&self, executor: &Executor) -> Result<(), StepError> {
        let wanted = &self.0;
        let definition = wanted.pinned_now(executor)?;
        let settings = &wanted.settings;
        let request = executor
            .aws
            .sfn
            .create_state_machine()
            .name(&wanted.name)
            .definition(definition_text(&definition))
            .role_arn(&settings.role_arn)
            .r#type(StateMachineType::from(settings.kind.as_str()))
            .logging_configuration(logging(settings))
            .tracing_configuration(tracing(settings))
            .set_encryption_configuration(settings.kms_key.as_ref().and(encryption(settings)))
            .set_tags(Some(sdk_tags(&wanted.tags)))
            .publish(true)
            .version_description(&wanted.description);
        let spec = &CREATE_STATE_MACHINE;
        let (role, send) = (&settings.role_arn, || request.clone().send());
        let answer = match executor.call_with_role(spec, role, send).await {
            // A request that is sent twice gets the same response, so a state machine of somebody else has another
            // definition.
            Err(StepError::Aws(error)) if error.class == Class::AlreadyExists => {
                let (name, read) = (&wanted.name, || self.found(&executor.aws));
                executor.of_this_stack(name, &wanted.tags, read).await?;
                return Err(StepError::OtherDeploy { name: name.clone() });
            }
            answer => answer?,
        };
        let digest = digest(&definition, settings);
        let version = answer.state_machine_version_arn();
        released(executor, spec, &wanted.machine, version, digest)
    }

    async fn found(&self, aws: &Aws) -> Result<Found, AwsError> {
        Ok(Found {
            tags: super::tags(aws, &self.0.arn).await?,
            as_wanted: true,
        })
    }
}

#[derive(Debug)]
pub(crate) struct UpdateStateMachine(pub StateMachineRequest);

static UPDATE_STATE_MACHINE: Spec = Spec {
    operation: "UpdateStateMachine",
    effect: Effect::Update,
    words: Words::UPDATE,
    part: None,
    permissions: &[
        Permission::new("states:UpdateStateMachine", &STATE_MACHINE, Command::DEFINE),
        PASS_ROLE,
        DESCRIBE_KEY,
        GENERATE_DATA_KEY,
    ],
};

impl Operation for UpdateStateMachine {
    fn spec(&self) -> &'static Spec {
        &UPDATE_STATE_MACHINE
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(async move {
            let wanted = &self.0;
            let definition = wanted.pinned_now(executor)?;
            let settings = &wanted.settings;
            let text = definition_text(&definition);
            let request = update_request(&executor.aws, &wanted.arn, &text, settings)
                .publish(true)
                .version_description(&wanted.description);
            let spec = &UPDATE_STATE_MACHINE;
            let (role, send) = (&settings.role_arn, || request.clone().send());
            let answer = executor.call_with_role(spec, role, send).await?;
            let digest = digest(&definition, settings);
            let version = answer.state_machine_version_arn();
            released(executor, spec, &wanted.machine, version, digest)
        })
    }
}

/// Puts back the definition that a fork left in its place.
#[derive(Debug)]
pub(crate) struct RestoreStateMachine {
    pub arn: String,
    pub definition: Value,
    pub settings: StateMachineSettings,
}

static RESTORE_STATE_MACHINE: Spec = Spec {
    operation: "UpdateStateMachine",
    effect: Effect::Update,
    words: Words::UPDATE,
    part: Some("the definition"),
    permissions: UPDATE_STATE_MACHINE.permissions,
};

impl Operation for RestoreStateMachine {
    fn spec(&self) -> &'static Spec {
        &RESTORE_STATE_MACHINE
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(async move {
            let text = definition_text(&self.definition);
            let request = update_request(&executor.aws, &self.arn, &text, &self.settings);
            let request = request.publish(false);
            let spec = &RESTORE_STATE_MACHINE;
            executor
                .call(spec, || request.clone().send())
                .await
                .map(drop)
        })
    }
}

/// What names the revision of a state machine that was never updated, which AWS does not report.
pub(super) fn revision(reported: Option<&String>) -> &str {
    reported.map_or("INITIAL", String::as_str)
}

#[derive(Debug)]
pub(crate) struct PublishStateMachineVersion {
    pub machine: MachineName,
    pub name: String,
    pub arn: String,
    pub revision_id: Option<String>,
    /// The version that has frozen the same, if AWS would publish it once more: a fork has written to the state machine and
    /// put back what was there, which is another revision.
    pub known: Option<u64>,
    pub description: String,
    /// The digest of what is published, for the alias.
    pub digest: String,
}

static PUBLISH_STATE_MACHINE_VERSION: Spec = Spec {
    operation: "PublishStateMachineVersion",
    effect: Effect::Update,
    words: Words::PUBLISH,
    part: Some("a version"),
    permissions: &[Permission::new(
        "states:PublishStateMachineVersion",
        &STATE_MACHINE,
        Command::DEFINE,
    )],
};

impl Operation for PublishStateMachineVersion {
    fn spec(&self) -> &'static Spec {
        &PUBLISH_STATE_MACHINE_VERSION
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(async move {
            if let Some(version) = self.known {
                return self.use_known(executor, version).await;
            }
            let request = executor
                .aws
                .sfn
                .publish_state_machine_version()
                .state_machine_arn(&self.arn)
                .set_revision_id(self.revision_id.clone())
                .description(&self.description);
            let spec = &PUBLISH_STATE_MACHINE_VERSION;
            let answer = executor.call(spec, || request.clone().send());
            let answer = answer
                .await
                .map_err(|error| error.changed_meanwhile(&self.name))?;
            let version_arn = Some(answer.state_machine_version_arn());
            let digest = self.digest.clone();
            released(executor, spec, &self.machine, version_arn, digest)
        })
    }
}

impl PublishStateMachineVersion {
    async fn use_known(&self, executor: &Executor, version: u64) -> Result<(), StepError> {
        let now = super::describe(&executor.aws, &self.arn).await?;
        let asked = self.revision_id.as_ref();
        if asked.is_some_and(|asked| revision(now.revision_id.as_ref()) != asked) {
            let name = self.name.clone();
            return Err(StepError::ChangedMeanwhile { name, cause: None });
        }
        let digest = self.digest.clone();
        let release = PublishedRelease { version, digest };
        let mut outputs = executor.outputs.lock();
        outputs.releases.insert(self.machine.clone(), release);
        Ok(())
    }
}

#[derive(Debug)]
pub(crate) struct DeleteStateMachineVersion {
    pub state_machine_arn: String,
    pub version: u64,
}

static DELETE_STATE_MACHINE_VERSION: Spec = Spec {
    operation: "DeleteStateMachineVersion",
    effect: Effect::Update,
    words: Words::DELETE,
    part: None,
    permissions: &[Permission::new(
        "states:DeleteStateMachineVersion",
        &STATE_MACHINE,
        Command::DEFINE,
    )],
};

impl Operation for DeleteStateMachineVersion {
    fn spec(&self) -> &'static Spec {
        &DELETE_STATE_MACHINE_VERSION
    }

    fn part(&self) -> Option<String> {
        Some(format!("version {}", self.version))
    }

    fn removed_version(&self) -> Option<String> {
        Some(self.version.to_string())
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        let arn = format!("{}:{}", self.state_machine_arn, self.version);
        let request = executor.aws.sfn.delete_state_machine_version();
        let request = request.state_machine_version_arn(arn);
        executor.run_removal(self, move || request.clone().send())
    }
}

static TAG_STATE_MACHINE: Spec = Spec::tag(
    "TagResource",
    &[Permission::new(
        "states:TagResource",
        &STATE_MACHINE,
        Command::DEFINE,
    )],
);

static UNTAG_STATE_MACHINE: Spec = Spec::untag(
    "UntagResource",
    &[Permission::new(
        "states:UntagResource",
        &STATE_MACHINE,
        Command::WRITE,
    )],
);

/// A state machine, by its ARN.
#[derive(Debug, Clone)]
pub(crate) struct TaggedStateMachine(pub String);

impl Tagged for TaggedStateMachine {
    const TAG: &Spec = &TAG_STATE_MACHINE;
    const UNTAG: &Spec = &UNTAG_STATE_MACHINE;

    fn tag<'a>(&'a self, aws: &'a Aws, tags: &'a Tags) -> BoxFuture<'a, Result<(), AwsError>> {
        let request = aws.sfn.tag_resource().resource_arn(&self.0);
        let request = request.set_tags(Some(sdk_tags(tags)));
        sent(Self::TAG, request.send())
    }

    fn untag<'a>(
        &'a self,
        aws: &'a Aws,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<(), AwsError>> {
        let request = aws.sfn.untag_resource().resource_arn(&self.0);
        let request = request.set_tag_keys(Some(keys.to_vec()));
        sent(Self::UNTAG, request.send())
    }
}

/// The request that gives a state machine a definition and settings.
pub(super) fn update_request(
    aws: &Aws,
    arn: &str,
    definition: &str,
    settings: &StateMachineSettings,
) -> UpdateStateMachineFluentBuilder {
    { aws.sfn.update_state_machine() }
        .state_machine_arn(arn)
        .definition(definition)
        .role_arn(&settings.role_arn)
        .logging_configuration(logging(settings))
        .tracing_configuration(tracing(settings))
        .set_encryption_configuration(encryption(settings))
}

/// For people to read, unless that is too large.
pub(super) fn definition_text(definition: &Value) -> String {
    let indented = format!("{definition:#}");
    if indented.len() <= MAX_DEFINITION_BYTES {
        indented
    } else {
        definition.to_string()
    }
}

fn released(
    executor: &Executor,
    spec: &Spec,
    machine: &MachineName,
    version_arn: Option<&str>,
    digest: String,
) -> Result<(), StepError> {
    let version = version_arn
        .and_then(Arn::version_in)
        .ok_or(StepError::IncompleteAnswer {
            operation: spec.operation,
            field: "stateMachineVersionArn",
        })?;
    let release = PublishedRelease { version, digest };
    let mut outputs = executor.outputs.lock();
    outputs.releases.insert(machine.clone(), release);
    Ok(())
}

fn logging(settings: &StateMachineSettings) -> LoggingConfiguration {
    let destinations = settings.logging.log_group_arns.iter().map(|arn| {
        let group = CloudWatchLogsLogGroup::builder().log_group_arn(arn).build();
        LogDestination::builder()
            .cloud_watch_logs_log_group(group)
            .build()
    });
    LoggingConfiguration::builder()
        .level(LogLevel::from(settings.logging.level.as_str()))
        .include_execution_data(settings.logging.include_execution_data)
        .set_destinations(Some(destinations.collect()))
        .build()
}

fn tracing(settings: &StateMachineSettings) -> TracingConfiguration {
    TracingConfiguration::builder()
        .enabled(settings.tracing)
        .build()
}

/// Step Functions keeps the key unless it is sent another, or its own.
fn encryption(settings: &StateMachineSettings) -> Option<EncryptionConfiguration> {
    let kind = match &settings.kms_key {
        Some(_) => EncryptionType::CustomerManagedKmsKey,
        None => EncryptionType::AwsOwnedKey,
    };
    // The type is set, so `build` cannot fail.
    EncryptionConfiguration::builder()
        .r#type(kind)
        .set_kms_key_id(settings.kms_key.clone())
        .build()
        .ok()
}

fn sdk_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect()
}
