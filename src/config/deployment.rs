//! What one `deploy.toml` and one stage ask for, with every default filled in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::choices::{Architecture, Linker, LogLevel, StateMachineKind};
use super::definition_file::set_timeout;
use super::environment_value::EnvironmentValue;
use super::files::Sources;
use super::function::{FunctionConfig, PolicyStatement, statements};
use super::keys::{Build, CanaryKeys, Settings, StateMachine};
use super::local::LocalConfig;
use super::setting::List;
use super::stages::File;
use super::template::Template;
use super::test_config::{Line, TestConfig};
use super::trigger::{TriggerConfig, is_preview};
use super::{Definition, Family, MachineName, Place};
use crate::canary::{CanaryStart, Rules, Shares};

/// A validated deployment: a value is optional only if it may be absent in AWS, since every default is
/// filled in.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The folder that holds `deploy.toml`. Every path in the file is relative to it.
    pub root: PathBuf,
    pub name: String,
    pub stage: String,
    /// The names and patterns of stages that deploy.toml declares, besides `dev`.
    pub stages: Vec<String>,
    /// `--region` takes precedence over it. It takes precedence over the environment and the profile, so
    /// that a stack does not depend on the shell that it is deployed from.
    pub region: Option<String>,
    /// The only account that this stage may be deployed to.
    pub account: Option<String>,
    /// How many releases are kept.
    pub keep_versions: usize,
    /// `destroy` needs `--yes`, even in a pipeline.
    pub protect: bool,
    /// If the stage is not declared: a protected one whose name is almost the same.
    pub protected_near: Option<String>,
    pub build: BuildConfig,
    /// By the name of the handler's crate or binary, which is also its placeholder in the definition.
    pub functions: BTreeMap<String, FunctionConfig>,
    /// Where deploy.toml declares the statements of a function, by function.
    pub statement_places: BTreeMap<String, Place>,
    /// Where it declares those of the state machine.
    pub state_machine_statements: BTreeMap<MachineName, Place>,
    /// The environment variables of txflow's own process that hold a secret of some function in some stage.
    pub secret_variables: BTreeSet<String>,
    /// The substitutions that are declared secret, as far as they are known.
    pub secret_values: BTreeSet<String>,
    /// The environment variables that deploy.toml takes values from.
    pub variables: BTreeSet<String>,
    /// The texts that this was read from, by path.
    pub sources: Sources,
    /// The ARN of the managed policy that is the permissions boundary of every role.
    pub permissions_boundary: Option<String>,
    pub roles: RolesConfig,
    pub state_machines: Family<StateMachineConfig>,
    /// The user's own tags; the stack's are added where resources are named.
    pub tags: BTreeMap<String, String>,
    /// Where deploy.toml says when a trigger is due, by trigger.
    pub schedule_places: BTreeMap<String, Place>,
    /// By name.
    pub triggers: BTreeMap<String, TriggerConfig>,
    /// Whether the triggers are off only because this is a preview stage.
    pub triggers_off_in_preview: bool,
    /// What the local AWS has beside the stack.
    pub local: LocalConfig,
    pub replay: ReplayConfig,
    /// How a canary begins, unless the command says otherwise.
    pub canary: CanaryStart,
    pub explore: ExploreConfig,
    /// In the order of the file.
    pub tests: Vec<TestConfig>,
    /// Findings that do not stop a deploy, such as a function that no state uses.
    pub warnings: Vec<super::Diagnostic>,
}

/// Where the roles of a stack are, and which are made by others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RolesConfig {
    /// What comes before `/txflow/` in their path: nothing, or such as `/teams/payments`.
    pub path_prefix: String,
    pub name_prefix: String,
    /// By handler: the ARNs of the roles that others made.
    pub of_others: BTreeMap<String, String>,
    /// By state machine: the ARNs of the roles that others made.
    pub of_state_machines: BTreeMap<MachineName, String>,
}

/// What `txflow replay` runs, and what it keeps of executions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReplayConfig {
    /// JSON paths.
    pub redact: Vec<String>,
    /// A file or a folder, from the folder of deploy.toml.
    pub corpus: Option<String>,
}

/// Which findings of `txflow explore` are accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExploreConfig {
    /// As the command names them.
    pub allow: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildConfig {
    pub architecture: Architecture,
    /// The cargo profile; `lambda` by default.
    pub profile: String,
    /// The cargo profile with `--local`; `local` by default.
    pub local_profile: String,
    pub linker: Linker,
    /// For every handler's crate that has them, or for one: `crate/feature`.
    pub features: Vec<String>,
    /// The variables that a build sees although they may hold credentials.
    pub pass_environment: Vec<String>,
}

impl Deployment {
    /// The state machine that a test starts, which exists if the deployment was read whole.
    pub fn tested(&self, test: &TestConfig) -> &StateMachineConfig {
        let tested = self.state_machines.get(&test.state_machine);
        tested.unwrap_or(&self.state_machines.main)
    }

    /// The event buses that tests put events on.
    pub fn event_buses(&self) -> BTreeSet<&Template> {
        let events = self.tests.iter().filter_map(|test| test.event.as_ref());
        events.map(|event| &event.bus).collect()
    }

    /// Whether a test answers tasks that wait for their token.
    pub fn answers_tasks(&self) -> bool {
        self.tests.iter().any(|test| !test.answers.is_empty())
    }

    /// The values that are declared secret, as far as they are known.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.deployed_secrets().chain(self.local.secret_values())
    }

    /// The same without those that only the local AWS has.
    pub fn deployed_secrets(&self) -> impl Iterator<Item = &str> {
        let functions = self.functions.values();
        let values = functions.flat_map(|function| function.settings.environment.values());
        let values = values.filter_map(EnvironmentValue::secret);
        values.chain(self.secret_values.iter().map(String::as_str))
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct StateMachineConfig {
    pub definition: Definition,
    pub kind: StateMachineKind,
    /// `OFF` for STANDARD by default; never `OFF` for EXPRESS, whose logs are its only history.
    pub logging: LogLevel,
    /// Whether inputs and outputs are in the logs.
    pub include_execution_data: bool,
    /// Days, as for a function.
    pub log_retention: Option<i32>,
    /// The ARN of the key that encrypts the definition and the executions.
    pub kms_key: Option<String>,
    /// The ARN of the key that encrypts the logs.
    pub log_kms_key: Option<String>,
    pub tracing: bool,
    /// Added to the role of the state machine.
    pub statements: Vec<PolicyStatement>,
}

impl StateMachineConfig {
    /// Whether the state machine writes logs, and so needs a log group and the right to deliver to it.
    pub fn logs_are_on(&self) -> bool {
        self.logging != LogLevel::Off
    }
}

/// `None` if something that is needed could not be read, which has been reported.
pub(super) fn assemble(
    root: &Path,
    stage: &str,
    file: File,
    definitions: Family<Definition>,
    secret_variables: BTreeSet<String>,
    line: Line<'_>,
) -> Option<Deployment> {
    let settings = file.settings;
    let state_machines = definitions.map(|name, definition| {
        let keys = settings.keys_of(&name)?;
        state_machine(keys, definition.clone())
    });
    let state_machines = state_machines.whole()?;
    let roles = roles(&settings);
    let enabled = settings.triggers_enabled.unwrap_or(!is_preview(stage));
    let triggers = TriggerConfig::all(settings.triggers, enabled)?;
    let functions = settings
        .functions
        .by_name(|handler| FunctionConfig::new(handler.0))?;
    Some(Deployment {
        root: root.to_owned(),
        name: file.name?.value.value,
        stage: stage.to_owned(),
        stages: file.stages,
        region: settings.region.map(|region| region.value.value),
        account: settings.account.map(|account| account.value),
        keep_versions: usize::try_from(settings.keep_versions.0).ok()?,
        protect: settings.protect,
        protected_near: file.protected_near,
        build: build(settings.build.0),
        functions,
        statement_places: BTreeMap::new(),
        schedule_places: BTreeMap::new(),
        state_machine_statements: BTreeMap::new(),
        secret_variables,
        secret_values: BTreeSet::new(),
        variables: BTreeSet::new(),
        sources: Sources::default(),
        permissions_boundary: settings
            .roles
            .0
            .permissions_boundary
            .map(|boundary| boundary.value.value),
        roles,
        state_machines,
        tags: settings.tags.by_name(|tag| Some(tag.value))?,
        local: LocalConfig::new(settings.local.0)?,
        replay: ReplayConfig {
            redact: { settings.replay.0.redact }.map_or_else(Vec::new, List::into_strings),
            corpus: settings.replay.0.corpus.map(|corpus| corpus.value),
        },
        canary: canary(settings.canary.0)?,
        explore: ExploreConfig {
            allow: { settings.explore.0.allow }.map_or_else(Vec::new, List::into_strings),
        },
        tests: settings
            .tests
            .entries
            .into_iter()
            .map(|entry| TestConfig::new(entry, line))
            .collect::<Option<_>>()?,
        triggers_off_in_preview: !triggers.is_empty()
            && settings.triggers_enabled.is_none()
            && is_preview(stage),
        triggers,
        warnings: Vec::new(),
    })
}

pub(super) fn roles(settings: &Settings) -> RolesConfig {
    let keys = &settings.roles.0;
    let path = keys.path_prefix.as_ref().map(|path| &path.value.value);
    let functions = settings.functions.entries.iter();
    let of_others = functions.filter_map(|function| {
        let role = function.value.as_ref()?.0.role.clone()?;
        Some((function.name.clone(), role.value.value))
    });
    let of_state_machines = { settings.state_machines() }
        .filter_map(|(name, keys)| Some((name, keys.role.clone()?.value.value)));
    RolesConfig {
        path_prefix: path
            .map_or("", |path| path.trim_end_matches('/'))
            .to_owned(),
        name_prefix: keys
            .name_prefix
            .clone()
            .map_or_else(String::new, |prefix| prefix.value),
        of_others: of_others.collect(),
        of_state_machines: of_state_machines.collect(),
    }
}

fn canary(keys: CanaryKeys) -> Option<CanaryStart> {
    let seconds = |seconds: i64| Some(Duration::from_secs(u64::try_from(seconds).ok()?));
    Some(CanaryStart {
        shares: keys.steps.map_or_else(Shares::default, |steps| steps.0),
        rules: Rules {
            least: seconds(keys.r#for.0)?,
            wait: seconds(keys.wait.0)?,
            min_executions: u32::try_from(keys.min_executions.0).ok()?,
            failure_ratio: keys.failure_ratio.0,
            tolerance: keys.tolerance.0,
            p99_ratio: keys.p99_ratio.0,
        },
    })
}

fn build(keys: Build) -> BuildConfig {
    BuildConfig {
        architecture: keys.architecture,
        profile: keys.profile.value,
        local_profile: keys.local_profile.value,
        linker: keys.linker,
        features: keys.features.map_or_else(Vec::new, List::into_strings),
        pass_environment: keys
            .pass_environment
            .map_or_else(Vec::new, List::into_strings),
    }
}

/// `None` if something required could not be read, which has been reported.
fn state_machine(keys: &StateMachine, mut definition: Definition) -> Option<StateMachineConfig> {
    if let Some(timeout) = &keys.timeout {
        set_timeout(&mut definition, timeout.value.0);
    }
    let kind = keys.r#type.value;
    let logging = match (&keys.logging, kind) {
        (Some(written), _) => written.value,
        (None, StateMachineKind::Standard) => LogLevel::Off,
        (None, StateMachineKind::Express) => LogLevel::All,
    };
    Some(StateMachineConfig {
        definition,
        kind,
        logging,
        include_execution_data: keys.include_execution_data,
        log_retention: keys.log_retention.days(),
        kms_key: keys.kms_key.clone().map(|key| key.value.value),
        log_kms_key: keys.log_kms_key.clone().map(|key| key.value.value),
        tracing: keys.tracing,
        statements: statements(keys.statements.clone())?,
    })
}
