//! The settings of a function: their keys in `deploy.toml`, their values with every default filled in, and how these are
//! written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map as Object, Value};

use super::choices::{ApplicationLogLevel, LogFormat, SystemLogLevel};
use super::condition::Condition;
use super::environment_value::EnvironmentValue;
use super::files::Files;
use super::findings::Findings;
use super::iam_action::KnownAction;
use super::kinds::Retention;
use super::names::Names;
use super::node::{Fields, Node};
use super::policy_resource::PolicyResource;
use super::rules::{
    AccessPoint, DeadLetterTarget, Feature, KeyArn, Layer, MountPath, RoleArn, SecurityGroup,
    Subnet, VariableName,
};
use super::section::{Map, Required, Section as _, section};
use super::setting::{At, Definitions, Int, List, Reader, Setting, Unset};
use super::template::{JsonTemplate, Template};
use super::template_keys::Variable;
use super::text::Text;

section! {
    /// A Lambda function. Tables in it are merged with those of `[defaults]`; lists replace them.
    Function {
        /// Memory in MB. Lambda gives CPU in proportion to it.
        memory: Int<128, 10_240> = Int(128);
        /// How long an invocation may take, in seconds. Only functions on managed instances may take longer than 900.
        timeout: Int<1, 900> = Int(3);
        /// Environment variables, 4 KB in total.
        environment: Map<VariableName, Variable>;
        /// How many days CloudWatch Logs keeps the function's logs, or `forever`.
        log_retention: Retention = Retention::Days(30);
        /// Active tracing with X-Ray.
        tracing: bool = false;
        /// How many invocations may run at once, taken from the account's concurrency. 0 stops the function.
        reserved_concurrency: Option<Int<0, { i32::MAX as i64 }>>;
        /// The size of `/tmp` in MB.
        ephemeral_storage: Int<512, 10_240> = Int(512);
        /// The VPC that the function can reach.
        vpc: Option<Vpc>;
        /// The EFS file system that the function mounts, at most one. The function must be in a VPC that reaches it. With
        /// `--local` nothing is mounted.
        file_systems: Option<At<List<FileSystem, 0, 1>>>;
        /// The ARNs of layer versions.
        layers: Option<List<At<Text<Layer>>, 0, 5>>;
        /// The ARN of the SQS queue or SNS topic that receives the events of failed asynchronous invocations, which
        /// must not be FIFO.
        dead_letter_target: Option<At<Text<DeadLetterTarget>>>;
        /// Cargo features of the function's own crate, in addition to those of `[build]`.
        features: Option<List<Text<Feature>, 0, 100>>;
        /// The ARN of the KMS key that encrypts the environment variables.
        kms_key: Option<At<Text<KeyArn>>>;
        /// The ARN of the KMS key that encrypts the function's logs.
        log_kms_key: Option<At<Text<KeyArn>>>;
        /// `JSON` lets Lambda structure the logs and choose them by their levels.
        log_format: LogFormat = LogFormat::Text;
        /// The least level of the handler's own logs. Only for `JSON`; the default is `INFO`.
        application_log_level: Option<At<ApplicationLogLevel>>;
        /// The least level of Lambda's logs about the function. Only for `JSON`; the default is `INFO`.
        system_log_level: Option<At<SystemLogLevel>>;
        /// The ARN of a role that somebody else made and keeps. Without it txflow makes one.
        role: Option<At<Text<RoleArn>>>;
        /// What the function's role allows in addition to writing its logs.
        statements: Option<At<List<Statement, 0, 100>>>;
    }
}

section! {
    /// The VPC that a function can reach.
    Vpc {
        /// The ids of subnets.
        subnet_ids: Required<List<Text<Subnet>, 1, 16>>;
        /// The ids of security groups.
        security_group_ids: Required<List<Text<SecurityGroup>, 1, 5>>;
        /// Whether the function reaches IPv6 addresses as well, through subnets that have IPv4 and IPv6.
        dual_stack: bool = false;
    }
}

section! {
    /// An EFS file system that a function mounts.
    FileSystem {
        /// The ARN of the access point through which the function reaches the file system.
        access_point: Required<At<Text<AccessPoint>>>;
        /// Where the function finds the files, such as `/mnt/data`.
        mount_path: Required<Text<MountPath>>;
    }
}

section! {
    /// An `Allow` statement of an IAM policy.
    Statement {
        /// Such as `dynamodb:GetItem`.
        actions: Required<List<KnownAction, 1, 1000>>;
        /// ARNs, or `*`.
        resources: Required<List<PolicyResource, 1, 1000>>;
        /// A condition block, as in IAM.
        condition: Option<Condition>;
    }
}

/// A function's own keys, merged over those of `[defaults]`.
#[derive(Debug, Clone)]
pub(super) struct Handler(pub Function);

impl Setting for Handler {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let node = node.clone().above(&reader.defaults);
        Function::read(&node, reader).map(Self)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        Function::schema(definitions)
    }
}

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
    /// At most one.
    pub file_systems: Vec<FileSystemConfig>,
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

/// The least level of JSON logs whose level `deploy.toml` does not say.
const DEFAULT_LEVEL: &str = "INFO";

/// The ids in each list are sorted, since AWS reports them in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VpcConfig {
    pub subnet_ids: Vec<String>,
    pub security_group_ids: Vec<String>,
    pub dual_stack: bool,
}

/// An EFS file system that a function mounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSystemConfig {
    /// The ARN of its access point.
    pub access_point: String,
    pub mount_path: String,
}

impl FileSystemConfig {
    /// A pattern for the ARN of the file system, which the ARN of an access point does not tell.
    pub fn of_any_name(&self) -> String {
        let home = self.access_point.split(":access-point/").next();
        format!("{}:file-system/*", home.unwrap_or_default())
    }
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
        let file_systems = match keys.file_systems {
            Some(list) => file_systems(list.value)?,
            None => Vec::new(),
        };
        Some(Self {
            settings: FunctionSettings {
                memory: keys.memory.as_i32(),
                timeout: keys.timeout.as_i32(),
                environment: keys.environment.by_name(|variable| Some(variable.0))?,
                tracing: keys.tracing,
                ephemeral_storage: keys.ephemeral_storage.as_i32(),
                vpc,
                file_systems,
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

    /// The keys that say this in `deploy.toml`, and their values. A default is not written; the environment, the features,
    /// the role and its statements are not among them.
    pub fn keys(&self) -> Vec<(&'static str, Value)> {
        let default = Self::unwritten();
        let Self {
            settings,
            log_retention,
            log_kms_key,
            reserved_concurrency,
            features: _,
            role: _,
            statements: _,
        } = self;
        let FunctionSettings {
            memory,
            timeout,
            environment: _,
            tracing,
            ephemeral_storage,
            vpc,
            file_systems,
            layers,
            dead_letter_target,
            kms_key,
            logging,
        } = settings;
        let defaults = default.settings;
        let retention = |days: &Option<i32>| Value::from(Retention::of(*days));
        let mut keys = Written::default();
        keys.add("memory", memory, &defaults.memory);
        keys.add("timeout", timeout, &defaults.timeout);
        keys.add(
            "ephemeral-storage",
            ephemeral_storage,
            &defaults.ephemeral_storage,
        );
        keys.add(
            "log-retention",
            &retention(log_retention),
            &retention(&default.log_retention),
        );
        keys.add("log-kms-key", log_kms_key, &default.log_kms_key);
        keys.add("tracing", tracing, &defaults.tracing);
        keys.add(
            "reserved-concurrency",
            reserved_concurrency,
            &default.reserved_concurrency,
        );
        keys.add("vpc", vpc, &defaults.vpc);
        keys.add("file-systems", file_systems, &defaults.file_systems);
        keys.add("layers", layers, &defaults.layers);
        keys.add(
            "dead-letter-target",
            dead_letter_target,
            &defaults.dead_letter_target,
        );
        keys.add("kms-key", kms_key, &defaults.kms_key);
        keys.add("log-format", &logging.format, &defaults.logging.format);
        for (key, level) in [
            ("application-log-level", &logging.application_level),
            ("system-log-level", &logging.system_level),
        ] {
            let level = level.as_deref().unwrap_or(DEFAULT_LEVEL);
            keys.add(key, &level, &DEFAULT_LEVEL);
        }
        keys.0
    }
}

/// The keys of a table whose values are not the defaults.
#[derive(Default)]
struct Written(Vec<(&'static str, Value)>);

impl Written {
    fn add<T: PartialEq + Clone + Into<Value>>(
        &mut self,
        key: &'static str,
        value: &T,
        default: &T,
    ) {
        if value != default {
            self.0.push((key, value.clone().into()));
        }
    }
}

impl From<VpcConfig> for Value {
    fn from(vpc: VpcConfig) -> Self {
        let mut keys = Object::new();
        keys.insert("subnet-ids".to_owned(), vpc.subnet_ids.into());
        keys.insert(
            "security-group-ids".to_owned(),
            vpc.security_group_ids.into(),
        );
        if vpc.dual_stack {
            keys.insert("dual-stack".to_owned(), true.into());
        }
        keys.into()
    }
}

impl From<FileSystemConfig> for Value {
    fn from(file_system: FileSystemConfig) -> Self {
        let mut keys = Object::new();
        keys.insert("access-point".to_owned(), file_system.access_point.into());
        keys.insert("mount-path".to_owned(), file_system.mount_path.into());
        keys.into()
    }
}

fn logging(keys: &Function) -> FunctionLogging {
    let format = keys.log_format;
    let level = |written: Option<&'static str>| {
        (format == LogFormat::Json).then(|| written.unwrap_or(DEFAULT_LEVEL).to_owned())
    };
    let application = keys.application_log_level.as_ref();
    let system = keys.system_log_level.as_ref();
    FunctionLogging {
        format,
        application_level: level(application.map(|level| level.value.as_str())),
        system_level: level(system.map(|level| level.value.as_str())),
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
fn file_systems(keys: List<FileSystem, 0, 1>) -> Option<Vec<FileSystemConfig>> {
    let file_systems = keys.0.into_iter().map(|keys| {
        Some(FileSystemConfig {
            access_point: keys.access_point.0?.value.value,
            mount_path: keys.mount_path.0?.value,
        })
    });
    file_systems.collect()
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
