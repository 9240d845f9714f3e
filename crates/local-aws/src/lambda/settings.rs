//! The settings of a function: what requests give, checked as AWS checks it, what is stored, and what answers show.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use txflow_asl::is_account_id;

use super::invalid;
use super::log_level::LEVELS;
use crate::fault::{Constraints, Fault};

/// Every runtime that CreateFunction accepts today. Others, including those that AWS has retired, are refused.
const RUNTIMES: [&str; 26] = [
    "nodejs20.x",
    "nodejs22.x",
    "nodejs24.x",
    "java8.al2",
    "java11",
    "java17",
    "java21",
    "java25",
    "python3.9",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "dotnet8",
    "dotnet10",
    "ruby3.2",
    "ruby3.3",
    "ruby3.4",
    "ruby4.0",
    "provided.al2",
    "provided.al2023",
    "nodejs18.x",
    "python3.8",
    "dotnet6",
    "ruby2.7",
];

/// Variables that Lambda reserves for itself.
const RESERVED_VARIABLES: [&str; 21] = [
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
    "AWS_LAMBDA_MAX_CONCURRENCY",
];

const ROLE_PATTERN: &str = "arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+";

/// Declares each setting once: the field that stores it, its default, and the member that holds it in requests and answers,
/// as a type that is a [`Member`]. With `skip`, requests that set the others do not set it.
macro_rules! settings {
    (|$function:ident| $(
        $(#[$attribute:meta])*
        $visible:vis $field:ident: $stored:ty = $default:expr,
            $member:literal as $form:ty $(, $skip:ident)?;
    )*) => {
        /// As they are stored.
        #[derive(Debug, Clone, Serialize, Deserialize)]
        pub(crate) struct Settings {
            $($(#[$attribute])* $visible $field: $stored,)*
        }

        /// What CreateFunction and UpdateFunctionConfiguration share. What is absent stays as it is.
        #[derive(Debug, Default, Deserialize)]
        pub(super) struct SettingsInput {
            $(#[serde(rename = $member $(, $skip)?)] pub(super) $field: Option<$form>,)*
            #[serde(flatten)]
            unsupported: Unsupported,
        }

        impl Settings {
            /// AWS's defaults for what CreateFunction does not set.
            pub(super) fn defaults($function: &str) -> Settings {
                Settings { $($field: $default,)* }
            }

            /// Adds the members of a FunctionConfiguration.
            pub(super) fn show(&self, shown: &mut Value) {
                $(if let Some(value) = <$form as Member>::show(&self.$field) {
                    shown[$member] = value;
                })*
            }
        }

        impl SettingsInput {
            /// Copies what is present into `settings`. Call [`SettingsInput::check`] first.
            pub(super) fn apply(self, settings: &mut Settings) {
                $(if let Some(given) = self.$field {
                    given.store(&mut settings.$field);
                })*
            }
        }
    };
}

settings! {
    |function|
    pub(crate) runtime: String = String::new(), "Runtime" as String;
    pub(crate) role: String = String::new(), "Role" as String;
    pub(crate) handler: String = String::new(), "Handler" as String;
    pub(super) description: String = String::new(), "Description" as String;
    pub(crate) timeout_seconds: u64 = 3, "Timeout" as i64;
    pub(crate) memory_mb: u64 = 128, "MemorySize" as i64;
    pub(crate) environment: BTreeMap<String, String> = BTreeMap::new(), "Environment" as Environment;
    /// `Active` or `PassThrough`.
    pub(crate) tracing: String = "PassThrough".to_owned(), "TracingConfig" as Tracing;
    ephemeral_storage_mb: u64 = 512, "EphemeralStorage" as EphemeralStorage;
    /// Set together with the code.
    pub(super) architecture: String = "x86_64".to_owned(), "Architectures" as Architectures, skip;
    #[serde(flatten)]
    pub(crate) logging: Logging = Logging::of(function), "LoggingConfig" as LoggingConfig;
    /// ARNs. They are stored and shown, but the function runs without the files of its layers.
    layers: Vec<String> = Vec::new(), "Layers" as Vec<String>;
    /// Without effect: processes on this machine are not in a VPC.
    pub(super) vpc: Option<Value> = None, "VpcConfig" as VpcConfig;
    dead_letter_target: Option<String> = None, "DeadLetterConfig" as DeadLetterConfig;
    kms_key: Option<String> = None, "KMSKeyArn" as KeyArn;
}

/// How requests and answers hold a setting.
trait Member: DeserializeOwned {
    type Stored;

    /// What the request leaves out of it stays as it is.
    fn store(self, stored: &mut Self::Stored);

    /// `None` if answers leave it out.
    fn show(stored: &Self::Stored) -> Option<Value>;
}

impl Member for String {
    type Stored = String;

    fn store(self, stored: &mut String) {
        *stored = self;
    }

    fn show(stored: &String) -> Option<Value> {
        Some(json!(stored))
    }
}

/// A request may hold a negative number, which is refused.
impl Member for i64 {
    type Stored = u64;

    fn store(self, stored: &mut u64) {
        *stored = self.unsigned_abs();
    }

    fn show(stored: &u64) -> Option<Value> {
        Some(json!(stored))
    }
}

/// The ARNs of layers.
impl Member for Vec<String> {
    type Stored = Vec<String>;

    fn store(self, stored: &mut Vec<String>) {
        *stored = self;
    }

    fn show(stored: &Vec<String>) -> Option<Value> {
        let layers = stored.iter();
        let layers = layers.map(|arn| json!({ "Arn": arn, "CodeSize": 0 }));
        (!stored.is_empty()).then(|| layers.collect())
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Environment {
    variables: Option<BTreeMap<String, String>>,
}

impl Member for Environment {
    type Stored = BTreeMap<String, String>;

    fn store(self, stored: &mut BTreeMap<String, String>) {
        *stored = self.variables.unwrap_or_default();
    }

    fn show(stored: &BTreeMap<String, String>) -> Option<Value> {
        (!stored.is_empty()).then(|| json!({ "Variables": stored }))
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tracing {
    mode: Option<String>,
}

impl Member for Tracing {
    type Stored = String;

    fn store(self, stored: &mut String) {
        if let Some(mode) = self.mode {
            *stored = mode;
        }
    }

    fn show(stored: &String) -> Option<Value> {
        Some(json!({ "Mode": stored }))
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EphemeralStorage {
    size: i64,
}

impl Member for EphemeralStorage {
    type Stored = u64;

    fn store(self, stored: &mut u64) {
        *stored = self.size.unsigned_abs();
    }

    fn show(stored: &u64) -> Option<Value> {
        Some(json!({ "Size": stored }))
    }
}

/// One, see [`architecture`].
#[derive(Debug, Deserialize)]
pub(super) struct Architectures([String; 1]);

impl Member for Architectures {
    type Stored = String;

    fn store(self, stored: &mut String) {
        let Self([architecture]) = self;
        *stored = architecture;
    }

    fn show(stored: &String) -> Option<Value> {
        Some(json!([stored]))
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Logging {
    pub(crate) log_format: String,
    pub(crate) log_group: String,
    /// Only of JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) application_log_level: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    system_log_level: Option<String>,
}

impl Logging {
    fn of(function: &str) -> Self {
        Self {
            log_format: "Text".to_owned(),
            log_group: format!("/aws/lambda/{function}"),
            application_log_level: None,
            system_log_level: None,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct LoggingConfig {
    log_format: Option<String>,
    log_group: Option<String>,
    application_log_level: Option<String>,
    system_log_level: Option<String>,
}

impl Member for LoggingConfig {
    type Stored = Logging;

    fn store(self, stored: &mut Logging) {
        let Logging {
            log_format,
            log_group,
            application_log_level,
            system_log_level,
        } = stored;
        if let Some(format) = self.log_format {
            *log_format = format;
        }
        if let Some(group) = self.log_group {
            *log_group = group;
        }
        let level = |given: Option<String>, stored: &Option<String>| {
            let default = || "INFO".to_owned();
            (log_format == "JSON").then(|| given.or(stored.clone()).unwrap_or_else(default))
        };
        *application_log_level = level(self.application_log_level, application_log_level);
        *system_log_level = level(self.system_log_level, system_log_level);
    }

    fn show(stored: &Logging) -> Option<Value> {
        let mut shown = json!({ "LogFormat": stored.log_format, "LogGroup": stored.log_group });
        for (member, level) in [
            ("ApplicationLogLevel", &stored.application_log_level),
            ("SystemLogLevel", &stored.system_log_level),
        ] {
            if let Some(level) = level {
                shown[member] = json!(level);
            }
        }
        Some(shown)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct VpcConfig(Value);

impl Member for VpcConfig {
    type Stored = Option<Value>;

    /// An empty list of subnets removes the setting.
    fn store(self, stored: &mut Option<Value>) {
        let empty = self.0["SubnetIds"].as_array().is_none_or(Vec::is_empty);
        *stored = (!empty).then_some(self.0);
    }

    /// AWS adds the id of the VPC that the subnets are in.
    fn show(stored: &Option<Value>) -> Option<Value> {
        let mut vpc = stored.clone()?;
        vpc["VpcId"] = json!("");
        Some(vpc)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeadLetterConfig {
    target_arn: Option<String>,
}

impl Member for DeadLetterConfig {
    type Stored = Option<String>;

    /// An empty ARN removes the setting.
    fn store(self, stored: &mut Option<String>) {
        *stored = self.target_arn.filter(|arn| !arn.is_empty());
    }

    fn show(stored: &Option<String>) -> Option<Value> {
        let target = stored.as_ref()?;
        Some(json!({ "TargetArn": target }))
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct KeyArn(String);

impl Member for KeyArn {
    type Stored = Option<String>;

    /// An empty ARN removes the setting.
    fn store(self, stored: &mut Option<String>) {
        *stored = Some(self.0).filter(|arn| !arn.is_empty());
    }

    fn show(stored: &Option<String>) -> Option<Value> {
        stored.as_ref().map(|arn| json!(arn))
    }
}

/// What is refused if it asks for anything.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Unsupported {
    file_system_configs: Option<Vec<Value>>,
    snap_start: Option<Value>,
    image_config: Option<Value>,
}

impl SettingsInput {
    /// Refuses what AWS refuses, and reports all constraint violations at once.
    pub(super) fn check(&self) -> Result<(), Fault> {
        let mut constraints = Constraints::default();
        constraints
            .range("timeout", self.timeout_seconds, 1, 900)
            .range("memorySize", self.memory_mb, 128, 10_240)
            .range(
                "ephemeralStorage.size",
                self.ephemeral_storage_mb
                    .as_ref()
                    .map(|storage| storage.size),
                512,
                10_240,
            );
        if let Some(role) = &self.role {
            constraints.pattern("role", role, ROLE_PATTERN, is_role(role));
        }
        if let Some(handler) = &self.handler {
            let holds = !handler.is_empty() && !handler.contains(char::is_whitespace);
            constraints
                .length("handler", handler, 0, 128)
                .pattern("handler", handler, "[^\\s]+", holds);
        }
        if let Some(description) = &self.description {
            constraints.length("description", description, 0, 256);
        }
        if let Some(mode) = self
            .tracing
            .as_ref()
            .and_then(|tracing| tracing.mode.as_ref())
        {
            constraints.one_of("tracingConfig.mode", mode, &["Active", "PassThrough"]);
        }
        if let Some(format) = self
            .logging
            .as_ref()
            .and_then(|logging| logging.log_format.as_ref())
        {
            constraints.one_of("loggingConfig.logFormat", format, &["JSON", "Text"]);
        }
        if let Some(logging) = &self.logging {
            if let Some(level) = &logging.application_log_level {
                constraints.one_of("loggingConfig.applicationLogLevel", level, &LEVELS);
            }
            if let Some(level) = &logging.system_log_level {
                constraints.one_of("loggingConfig.systemLogLevel", level, &LEVELS[1..4]);
            }
        }
        for name in self.variables().into_iter().flatten().map(|(name, _)| name) {
            let mut letters = name.chars();
            let holds = name.len() > 1
                && letters
                    .next()
                    .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
                && letters.all(|c| c.is_ascii_alphanumeric() || c == '_');
            constraints.pattern(
                "environment.variables",
                name,
                "[a-zA-Z]([a-zA-Z0-9_])+",
                holds,
            );
        }
        constraints.check("ValidationException")?;
        if let Some(runtime) = self
            .runtime
            .as_ref()
            .filter(|runtime| !RUNTIMES.contains(&runtime.as_str()))
        {
            return Err(invalid(format!(
                "Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [{}] or be a valid ARN",
                RUNTIMES.join(", ")
            )));
        }
        self.check_environment()?;
        for (member, present) in [
            (
                "FileSystemConfigs",
                self.unsupported
                    .file_system_configs
                    .as_ref()
                    .is_some_and(|list| !list.is_empty()),
            ),
            (
                "SnapStart",
                self.unsupported
                    .snap_start
                    .as_ref()
                    .is_some_and(|snap| snap["ApplyOn"] == "PublishedVersions"),
            ),
            ("ImageConfig", self.unsupported.image_config.is_some()),
        ] {
            if present {
                return Err(Fault::not_implemented(
                    "lambda",
                    &format!("functions with {member}"),
                ));
            }
        }
        Ok(())
    }

    /// Whether the request makes Lambda grant the function's role the use of its key anew.
    pub(super) fn regrants(&self) -> bool {
        self.role.is_some() || self.environment.is_some() || self.kms_key.is_some()
    }

    fn variables(&self) -> Option<&BTreeMap<String, String>> {
        self.environment.as_ref()?.variables.as_ref()
    }

    fn check_environment(&self) -> Result<(), Fault> {
        const START: &str = "Lambda was unable to configure your environment variables because the environment variables you have provided";
        let Some(variables) = self.variables() else {
            return Ok(());
        };
        let reserved: Vec<_> = variables
            .keys()
            .map(String::as_str)
            .filter(|name| RESERVED_VARIABLES.contains(name))
            .collect();
        if !reserved.is_empty() {
            return Err(invalid(format!(
                "{START} contains reserved keys that are currently not supported for modification. Reserved keys used in this request: {}",
                reserved.join(", ")
            )));
        }
        let measured: Map<_, _> = variables
            .iter()
            .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
            .collect();
        let measured = Value::Object(measured).to_string();
        if measured.len() > 4096 {
            return Err(invalid(format!(
                "{START} exceeded the 4KB limit. String measured: {measured}"
            )));
        }
        Ok(())
    }
}

/// `[x86_64]` or `[arm64]`.
pub(super) fn architecture(list: Option<Vec<String>>) -> Result<Option<String>, Fault> {
    let Some(list) = list else { return Ok(None) };
    match list.as_slice() {
        [one] if one == "x86_64" || one == "arm64" => Ok(Some(one.clone())),
        _ => {
            let shown = format!("[{}]", list.join(", "));
            let constraint = if list.len() == 1 {
                "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]"
            } else {
                "Member must have length less than or equal to 1"
            };
            Constraints::default()
                .violated("architectures", shown, constraint)
                .check("ValidationException")?;
            Ok(None)
        }
    }
}

/// AWS's pattern for role ARNs, above.
fn is_role(arn: &str) -> bool {
    let Some(arn) = txflow_asl::Arn::parse(arn) else {
        return false;
    };
    arn.partition.starts_with("aws")
        && (arn.service, arn.region) == ("iam", "")
        && is_account_id(arn.account)
        && arn.resource.strip_prefix("role").is_some_and(|name| {
            name.len() > 1
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "_+=,.@-/".contains(c))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that is updated reads what it stored before, and the fingerprint of a version stays as it was.
    #[test]
    fn what_is_stored_keeps_its_form() {
        let stored = concat!(
            r#"{"runtime":"provided.al2023","role":"r","handler":"bootstrap","description":"","timeout_seconds":3,"#,
            r#""memory_mb":128,"environment":{"A":"1"},"tracing":"Active","ephemeral_storage_mb":512,"#,
            r#""architecture":"arm64","log_format":"Text","log_group":"g","layers":["l"],"#,
            r#""vpc":{"SubnetIds":["s"]},"dead_letter_target":null,"kms_key":"k"}"#,
        );
        let settings: Settings = serde_json::from_str(stored).unwrap();
        assert_eq!(serde_json::to_string(&settings).unwrap(), stored);
    }

    #[test]
    fn each_member_that_a_request_gives_is_stored_and_shown() {
        let request = json!({
            "Runtime": "provided.al2023",
            "Role": "r",
            "Handler": "bootstrap",
            "Description": "d",
            "Timeout": 5,
            "MemorySize": 256,
            "Environment": { "Variables": { "A": "1" } },
            "TracingConfig": { "Mode": "Active" },
            "EphemeralStorage": { "Size": 1024 },
            "LoggingConfig": { "LogFormat": "JSON", "ApplicationLogLevel": "DEBUG", "SystemLogLevel": "WARN" },
            "VpcConfig": { "SubnetIds": ["s"] },
            "DeadLetterConfig": { "TargetArn": "t" },
            "KMSKeyArn": "k",
        });
        let mut shown = json!({});
        let mut settings = Settings::defaults("f");
        let given: SettingsInput = serde_json::from_value(request.clone()).unwrap();
        given.apply(&mut settings);
        settings.show(&mut shown);
        let mut wanted = request;
        wanted["Architectures"] = json!(["x86_64"]);
        wanted["LoggingConfig"]["LogGroup"] = json!("/aws/lambda/f");
        wanted["VpcConfig"]["VpcId"] = json!("");
        assert_eq!(shown, wanted);
    }

    #[test]
    fn what_is_empty_is_removed_and_not_shown() {
        let mut settings = Settings::defaults("f");
        for request in [
            json!({
                "Environment": { "Variables": { "A": "1" } },
                "Layers": ["l"],
                "VpcConfig": { "SubnetIds": ["s"] },
                "DeadLetterConfig": { "TargetArn": "t" },
                "KMSKeyArn": "k",
                "Architectures": ["arm64"],
            }),
            json!({
                "Environment": {},
                "Layers": [],
                "VpcConfig": { "SubnetIds": [] },
                "DeadLetterConfig": { "TargetArn": "" },
                "KMSKeyArn": "",
            }),
        ] {
            let given: SettingsInput = serde_json::from_value(request).unwrap();
            given.apply(&mut settings);
        }
        let (mut shown, mut wanted) = (json!({}), json!({}));
        settings.show(&mut shown);
        Settings::defaults("f").show(&mut wanted);
        assert_eq!(shown, wanted);
    }
}
