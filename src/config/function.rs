//! The settings of a function in `deploy.toml`, with every default filled in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::choices::LogFormat;
use super::environment_value::EnvironmentValue;
use super::files::Files;
use super::findings::Findings;
use super::keys::{Function, Statement, Vpc};
use super::names::Names;
use super::node::Fields;
use super::rules::Layer;
use super::section::Section as _;
use super::setting::{At, Int, List, Reader, Unset};
use super::template::{JsonTemplate, Template};
use super::text::Text;

#[derive(Debug, Clone, PartialEq)]
pub struct FunctionConfig {
    pub settings: FunctionSettings,
    /// Days, one of the values that CloudWatch Logs accepts; `None` keeps logs forever.
    pub log_retention: Option<i32>,
    /// The ARN of the key that encrypts the logs.
    pub log_kms_key: Option<String>,
    pub reserved_concurrency: Option<i32>,
    /// Cargo features of the handler's crate.
    pub features: Vec<String>,
    /// The ARN of a role that others made.
    pub role: Option<String>,
    /// Added to the role of the function.
    pub statements: Vec<PolicyStatement>,
}

/// The settings that a published version of the function freezes.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionSettings {
    /// MB, 128 to 10,240.
    pub memory: i32,
    /// Seconds, 1 to 900.
    pub timeout: i32,
    pub environment: BTreeMap<String, EnvironmentValue>,
    /// X-Ray active tracing.
    pub tracing: bool,
    /// MB of `/tmp`, 512 to 10,240.
    pub ephemeral_storage: i32,
    pub vpc: Option<VpcConfig>,
    /// Layer version ARNs, at most five.
    pub layers: Vec<String>,
    /// The ARN of an SQS queue or SNS topic.
    pub dead_letter_target: Option<String>,
    /// The ARN of the key that encrypts the environment.
    pub kms_key: Option<String>,
    pub logging: FunctionLogging,
}

/// How Lambda writes the logs of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionLogging {
    pub format: LogFormat,
    /// AWS's words for the least levels; none for text.
    pub application_level: Option<String>,
    pub system_level: Option<String>,
}

/// The ids in each list are sorted, since AWS reports them in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VpcConfig {
    pub subnet_ids: Vec<String>,
    pub security_group_ids: Vec<String>,
    pub dual_stack: bool,
}

/// One `Allow` statement that `deploy.toml` adds to the role of a function or of the state machine.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyStatement {
    pub actions: Vec<String>,
    pub resources: Vec<Template>,
    /// An IAM condition block, as JSON.
    pub condition: Option<JsonTemplate>,
}

impl FunctionConfig {
    /// `None` if something required could not be read, which has been reported.
    pub(super) fn new(keys: Function) -> Option<Self> {
        let logging = logging(&keys);
        let vpc = match keys.vpc {
            Some(keys) => Some(vpc(keys)?),
            None => None,
        };
        Some(Self {
            settings: FunctionSettings {
                memory: keys.memory.as_i32(),
                timeout: keys.timeout.as_i32(),
                environment: keys.environment.by_name(|variable| Some(variable.0))?,
                tracing: keys.tracing,
                ephemeral_storage: keys.ephemeral_storage.as_i32(),
                vpc,
                layers: keys.layers.map_or_else(Vec::new, layers),
                dead_letter_target: keys.dead_letter_target.map(|target| target.value.value),
                kms_key: keys.kms_key.map(|key| key.value.value),
                logging,
            },
            log_retention: keys.log_retention.days(),
            log_kms_key: keys.log_kms_key.map(|key| key.value.value),
            reserved_concurrency: keys.reserved_concurrency.map(Int::as_i32),
            features: keys.features.map_or_else(Vec::new, List::into_strings),
            role: keys.role.map(|role| role.value.value),
            statements: statements(keys.statements)?,
        })
    }

    /// A function without settings in `deploy.toml`.
    pub fn unwritten() -> Self {
        let mut reader = Reader {
            files: &Files::from(Path::new("")),
            environment: None,
            unset: Unset::Ignored,
            text: "",
            names: Names::default(),
            defaults: Vec::new(),
            findings: Findings::default(),
            used_values: BTreeSet::new(),
        };
        let mut nothing = Fields::absent(String::new(), 0..0);
        let keys = Function::read_fields(&mut nothing, &mut reader);
        #[expect(clippy::expect_used, reason = "only what is written can be wrong")]
        Self::new(keys).expect("no key of a function is required")
    }
}

fn logging(keys: &Function) -> FunctionLogging {
    let format = keys.log_format.0;
    let level = |written: Option<&'static str>| {
        (format == LogFormat::Json).then(|| written.unwrap_or("INFO").to_owned())
    };
    let application = keys.application_log_level.as_ref();
    let system = keys.system_log_level.as_ref();
    FunctionLogging {
        format,
        application_level: level(application.map(|level| level.value.0.as_str())),
        system_level: level(system.map(|level| level.value.0.as_str())),
    }
}

fn layers(keys: List<At<Text<Layer>>, 0, 5>) -> Vec<String> {
    let layers = keys.0.into_iter();
    layers.map(|layer| layer.value.value).collect()
}

fn vpc(keys: Vpc) -> Option<VpcConfig> {
    let mut subnet_ids = keys.subnet_ids.0?.into_strings();
    let mut security_group_ids = keys.security_group_ids.0?.into_strings();
    subnet_ids.sort();
    security_group_ids.sort();
    Some(VpcConfig {
        subnet_ids,
        security_group_ids,
        dual_stack: keys.dual_stack,
    })
}

/// `None` if something required could not be read, which has been reported.
pub(super) fn statements(
    keys: Option<At<List<Statement, 0, 100>>>,
) -> Option<Vec<PolicyStatement>> {
    let statements = keys.map_or_else(Vec::new, |list| list.value.0);
    statements.into_iter().map(statement).collect()
}

fn statement(keys: Statement) -> Option<PolicyStatement> {
    Some(PolicyStatement {
        actions: keys
            .actions
            .0?
            .0
            .into_iter()
            .map(|action| action.0)
            .collect(),
        resources: keys.resources.0?.into_templates(),
        condition: keys.condition.map(|condition| condition.0),
    })
}
