//! Reads the state machines, their versions and the alias.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_sfn::operation::describe_state_machine::DescribeStateMachineOutput;
use aws_sdk_sfn::operation::describe_state_machine_for_execution::DescribeStateMachineForExecutionOutput;
use aws_sdk_sfn::types::{
    EncryptionConfiguration, LogLevel as SfnLogLevel, LoggingConfiguration, StateMachineStatus,
    StateMachineType, TracingConfiguration,
};
use aws_smithy_async::rt::sleep::AsyncSleep as _;
use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde_json::Value;
use txflow_asl::Arn;

use super::fork_label::{ForkLabel, is_forked};
use super::pins::{Pin, pins};
use super::{Logging, StateMachineSettings};
use crate::apply::Backoff;
use crate::aws::{Aws, AwsError, failed, found, timestamp};
use crate::config::{LogLevel, MachineName, StateMachineKind};
use crate::resources::alias::{self, AliasState};
use crate::stack::{Stack, Tags};

#[derive(Debug, Clone, PartialEq)]
pub struct StateMachineState {
    pub name: String,
    pub definition: Value,
    pub settings: StateMachineSettings,
    /// AWS returns none for a state machine that was never updated.
    pub revision_id: Option<String>,
    /// Whether a deletion is in progress.
    pub deleting: bool,
    /// Published version numbers, newest first, with their time of publication to the second.
    pub versions: Vec<(u64, Timestamp)>,
    /// The versions that executions were forked onto, which are not among the others.
    pub forks: BTreeMap<u64, Release>,
    /// Whether there may be some.
    pub forked: bool,
    /// The fork that was cut off before it had put back the definition, which is shown as it was before.
    pub left_by_fork: Option<u64>,
    /// Of a state machine without an alias: what those versions froze that others pin, or else the newest.
    pub frozen: BTreeMap<u64, Release>,
    /// The alias `live`, which only the main state machine has.
    pub alias: Option<AliasState>,
    pub tags: Tags,
}

impl StateMachineState {
    /// The versions that it names as it is now.
    pub fn pins(&self, stack: &Stack) -> Vec<Pin> {
        pins(&self.definition, stack)
    }

    /// The newest release that is older than this one.
    pub fn before(&self, release: u64) -> Option<u64> {
        let mut releases = self.versions.iter().map(|(number, _)| *number);
        releases.find(|number| *number < release)
    }

    /// What a version would freeze now.
    pub fn current(&self) -> Release {
        Release {
            definition: self.definition.clone(),
            settings: self.settings.clone(),
            description: None,
        }
    }
}

/// These state machines, all reads at once.
pub(in crate::resources) async fn read_all(
    aws: &Aws,
    stack: &Stack,
    machines: &BTreeSet<MachineName>,
) -> Result<BTreeMap<MachineName, StateMachineState>, AwsError> {
    let read = machines.iter().map(async |machine| {
        let state = read(aws, stack, machine).await?;
        Ok::<_, AwsError>(state.map(|state| (machine.clone(), state)))
    });
    Ok(try_join_all(read).await?.into_iter().flatten().collect())
}

/// What the versions froze that may be pinned next. The main state machine has an alias, whose description says what is
/// live; of the others this is the only way to tell.
pub(in crate::resources) async fn read_frozen(
    aws: &Aws,
    stack: &Stack,
    machines: &mut BTreeMap<MachineName, StateMachineState>,
    pins: &[Pin],
) -> Result<(), AwsError> {
    let named = machines.iter_mut();
    let named = named.filter(|(machine, _)| **machine != MachineName::Main);
    let read = named.map(async |(machine, state)| {
        let mut versions: BTreeSet<u64> = pins.iter().filter_map(|pin| pin.of(machine)).collect();
        if versions.is_empty() {
            versions.extend(state.versions.first().map(|(newest, _)| *newest));
        }
        let read = versions.into_iter().map(async |version| {
            let frozen = found(release(aws, stack, machine, version).await)?;
            Ok::<_, AwsError>(frozen.map(|frozen| (version, frozen)))
        });
        state.frozen = try_join_all(read).await?.into_iter().flatten().collect();
        Ok::<_, AwsError>(())
    });
    try_join_all(read).await.map(drop)
}

/// A state machine with its versions, its alias and its tags, all reads at once.
///
/// # Errors
///
/// The first read that fails.
pub async fn read(
    aws: &Aws,
    stack: &Stack,
    machine: &MachineName,
) -> Result<Option<StateMachineState>, AwsError> {
    let arn = stack.state_machine_arn(machine);
    let (state_machine, versions, alias, tags) = tokio::join!(
        describe(aws, &arn),
        versions(aws, &arn),
        async {
            match machine {
                MachineName::Main => alias::read(aws, &stack.alias_arn()).await,
                MachineName::Named(_) => Ok(None),
            }
        },
        tags(aws, &arn),
    );
    // AWS refuses the other reads of a state machine that does not exist with various errors.
    let Some(state_machine) = found(state_machine)? else {
        return Ok(None);
    };
    let mut state = StateMachineState {
        name: stack.state_machine_name(machine),
        definition: definition(&state_machine.definition),
        settings: reported_settings(&state_machine),
        deleting: state_machine.status == Some(StateMachineStatus::Deleting),
        revision_id: state_machine.revision_id,
        versions: versions?,
        forks: BTreeMap::new(),
        forked: false,
        left_by_fork: None,
        frozen: BTreeMap::new(),
        alias: alias?,
        tags: tags?,
    };
    state.forked = is_forked(&mut state.tags);
    if state.forked && !state.deleting {
        state.forks = read_forks(aws, stack, machine, &state.versions).await?;
        let forks = &state.forks;
        state
            .versions
            .retain(|(version, _)| !forks.contains_key(version));
        see_through(aws, stack, machine, &mut state).await?;
    }
    Ok(Some(state))
}

/// Those of the versions that executions were forked onto.
async fn read_forks(
    aws: &Aws,
    stack: &Stack,
    machine: &MachineName,
    versions: &[(u64, Timestamp)],
) -> Result<BTreeMap<u64, Release>, AwsError> {
    let read = versions.iter().map(async |(version, _)| {
        let frozen = found(release(aws, stack, machine, *version).await)?;
        Ok::<_, AwsError>(frozen.map(|frozen| (*version, frozen)))
    });
    let read = try_join_all(read).await?.into_iter().flatten();
    Ok(read
        .filter(|(_, frozen)| frozen.fork_label().is_some())
        .collect())
}

/// Looks whether a fork was cut off before it had put back the definition: then the newest versions are forks, and the state
/// machine is as one of them. It is shown as it was before.
async fn see_through(
    aws: &Aws,
    stack: &Stack,
    machine: &MachineName,
    state: &mut StateMachineState,
) -> Result<(), AwsError> {
    let newest = state.versions.first().map(|(newest, _)| *newest);
    let mut younger = state.forks.iter().rev();
    let left = younger.find(|(version, fork)| {
        Some(**version) > newest
            && fork.definition == state.definition
            && fork.settings == state.settings
    });
    let label = left.and_then(|(version, fork)| Some((*version, fork.fork_label()?.of)));
    if let Some((version, of)) = label
        && let Some(before) = found(release(aws, stack, machine, of).await)?
    {
        state.definition = before.definition;
        state.settings = before.settings;
        state.left_by_fork = Some(version);
    }
    Ok(())
}

/// What a state machine is at one time: a version, as Step Functions froze it, or what an execution runs. A version of the
/// main one is a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    pub definition: Value,
    pub settings: StateMachineSettings,
    pub description: Option<String>,
}

/// Reads one version.
///
/// # Errors
///
/// If the read fails, including when there is no version with this number.
pub async fn release(
    aws: &Aws,
    stack: &Stack,
    machine: &MachineName,
    version: u64,
) -> Result<Release, AwsError> {
    let arn = format!("{}:{version}", stack.state_machine_arn(machine));
    frozen(aws, &arn).await
}

/// Reads a version on which executions can be started: `None` if it does not exist, or is being deleted together with its
/// state machine. AWS may not show one everywhere that was published a moment ago.
///
/// # Errors
///
/// If the read fails.
pub async fn startable(
    aws: &Aws,
    stack: &Stack,
    machine: &MachineName,
    version: u64,
) -> Result<Option<Release>, AwsError> {
    let arn = format!("{}:{version}", stack.state_machine_arn(machine));
    let mut backoff = Backoff::visible();
    loop {
        if let Some(described) = found(describe(aws, &arn).await)? {
            let deleting = described.status == Some(StateMachineStatus::Deleting);
            return Ok((!deleting).then(|| Release::of(&described)));
        }
        match backoff.next() {
            Some(pause) => aws.sleep.sleep(pause).await,
            None => return Ok(None),
        }
    }
}

/// What has this ARN, as Step Functions froze it.
pub(super) async fn frozen(aws: &Aws, arn: &str) -> Result<Release, AwsError> {
    Ok(Release::of(&describe(aws, arn).await?))
}

impl Release {
    /// The versions that its definition names.
    pub fn pins(&self, stack: &Stack) -> Vec<Pin> {
        pins(&self.definition, stack)
    }

    /// What it is a fork of, if it is the version of one.
    pub(super) fn fork_label(&self) -> Option<ForkLabel> {
        ForkLabel::parse(self.description.as_deref()?)
    }

    pub(in crate::resources) fn of(described: &DescribeStateMachineOutput) -> Self {
        Self {
            definition: definition(&described.definition),
            settings: reported_settings(described),
            description: described.description.clone(),
        }
    }

    /// Whether the version was made for a fork, and is not a release.
    pub fn is_fork(&self) -> bool {
        let description = self.description.as_deref();
        description.is_some_and(|text| ForkLabel::parse(text).is_some())
    }

    pub(super) fn of_execution(execution: DescribeStateMachineForExecutionOutput) -> Self {
        Self {
            definition: definition(&execution.definition),
            settings: StateMachineSettings {
                // AWS does not describe those of an EXPRESS state machine.
                kind: StateMachineKind::Standard,
                logging: logging(execution.logging_configuration.as_ref()),
                tracing: tracing(execution.tracing_configuration.as_ref()),
                kms_key: kms_key(execution.encryption_configuration.as_ref()),
                role_arn: execution.role_arn,
            },
            description: None,
        }
    }
}

/// The newest version of a state machine.
///
/// # Errors
///
/// If the read fails.
pub async fn newest_version(
    aws: &Aws,
    stack: &Stack,
    machine: &MachineName,
) -> Result<Option<u64>, AwsError> {
    for (version, _) in versions(aws, &stack.state_machine_arn(machine)).await? {
        let frozen = found(release(aws, stack, machine, version).await)?;
        if frozen.is_some_and(|frozen| frozen.fork_label().is_none()) {
            return Ok(Some(version));
        }
    }
    Ok(None)
}

/// The numbers of the releases that exist, the newest first.
///
/// # Errors
///
/// If the read fails.
pub async fn release_numbers(aws: &Aws, stack: &Stack) -> Result<Vec<u64>, AwsError> {
    let machine = MachineName::Main;
    let arn = stack.state_machine_arn(&machine);
    let (versions, tags) = tokio::join!(versions(aws, &arn), tags(aws, &arn));
    let versions = versions?;
    // Who may not read the tags sees the forks as well.
    let forks = match is_forked(&mut tags.unwrap_or_default()) {
        true => read_forks(aws, stack, &machine, &versions).await?,
        false => BTreeMap::new(),
    };
    let numbers = versions.into_iter().map(|(number, _)| number);
    Ok(numbers
        .filter(|number| !forks.contains_key(number))
        .collect())
}

/// All existing releases by their numbers, read concurrently.
///
/// # Errors
///
/// The first read that fails.
pub async fn releases(
    aws: &Aws,
    stack: &Stack,
    state_machine: &StateMachineState,
) -> Result<BTreeMap<u64, Release>, AwsError> {
    // The list may lack one that was published a moment ago, to which the alias leads.
    let routed = state_machine.alias.iter().flat_map(|alias| &alias.routing);
    let listed = state_machine.versions.iter().map(|(version, _)| *version);
    let versions: BTreeSet<u64> = listed.chain(routed.map(|(version, _)| *version)).collect();
    let read = versions.into_iter().map(|version| async move {
        // One that was deleted in the meantime is left out.
        let release = found(release(aws, stack, &MachineName::Main, version).await)?;
        Ok::<_, AwsError>(release.map(|release| (version, release)))
    });
    Ok(try_join_all(read).await?.into_iter().flatten().collect())
}

pub(in crate::resources) async fn describe(
    aws: &Aws,
    arn: &str,
) -> Result<DescribeStateMachineOutput, AwsError> {
    let answer = aws.sfn.describe_state_machine().state_machine_arn(arn);
    answer.send().await.map_err(failed("DescribeStateMachine"))
}

pub(in crate::resources) async fn versions(
    aws: &Aws,
    arn: &str,
) -> Result<Vec<(u64, Timestamp)>, AwsError> {
    let mut versions = Vec::new();
    let mut token = None;
    loop {
        let page = aws
            .sfn
            .list_state_machine_versions()
            .state_machine_arn(arn)
            .max_results(1000)
            .set_next_token(token)
            .send()
            .await;
        let Some(page) = found(page.map_err(failed("ListStateMachineVersions")))? else {
            break;
        };
        for version in page.state_machine_versions() {
            if let Some(number) = Arn::version_in(version.state_machine_version_arn()) {
                // `status --json` shows seconds.
                let published = timestamp(version.creation_date()).as_second();
                versions.push((
                    number,
                    Timestamp::from_second(published).unwrap_or_default(),
                ));
            }
        }
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    versions.sort_unstable_by(|a, b| b.cmp(a));
    Ok(versions)
}

pub(in crate::resources) async fn tags(aws: &Aws, arn: &str) -> Result<Tags, AwsError> {
    let answer = aws.sfn.list_tags_for_resource().resource_arn(arn).send();
    let answer = found(answer.await.map_err(failed("ListTagsForResource")))?;
    let tags = answer.map(|answer| answer.tags).unwrap_or_default();
    Ok(tags
        .unwrap_or_default()
        .into_iter()
        .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
        .collect())
}

/// A definition that is not JSON differs from every definition.
fn definition(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

/// A setting that Step Functions leaves out is off.
pub(in crate::resources) fn reported_settings(
    state_machine: &DescribeStateMachineOutput,
) -> StateMachineSettings {
    StateMachineSettings {
        kind: match state_machine.r#type {
            StateMachineType::Express => StateMachineKind::Express,
            _ => StateMachineKind::Standard,
        },
        role_arn: state_machine.role_arn.clone(),
        logging: logging(state_machine.logging_configuration.as_ref()),
        tracing: tracing(state_machine.tracing_configuration.as_ref()),
        kms_key: kms_key(state_machine.encryption_configuration.as_ref()),
    }
}

fn logging(logging: Option<&LoggingConfiguration>) -> Logging {
    let level = match logging.and_then(|logging| logging.level.clone()) {
        Some(SfnLogLevel::All) => LogLevel::All,
        Some(SfnLogLevel::Error) => LogLevel::Error,
        Some(SfnLogLevel::Fatal) => LogLevel::Fatal,
        _ => LogLevel::Off,
    };
    let destinations = logging.iter().flat_map(|logging| logging.destinations());
    Logging {
        level,
        include_execution_data: logging.is_some_and(|logging| logging.include_execution_data),
        log_group_arns: destinations
            .filter_map(|destination| destination.cloud_watch_logs_log_group.as_ref())
            .filter_map(|group| group.log_group_arn.clone())
            .collect(),
    }
}

fn tracing(tracing: Option<&TracingConfiguration>) -> bool {
    tracing.is_some_and(|tracing| tracing.enabled)
}

fn kms_key(encryption: Option<&EncryptionConfiguration>) -> Option<String> {
    encryption?.kms_key_id.clone()
}
