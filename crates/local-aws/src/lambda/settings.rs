//! The settings of a function: what requests give, what is stored, and what answers show.

mod check;

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(super) use self::check::architecture;

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
    /// Whether the request makes Lambda grant the function's role the use of its key anew.
    pub(super) fn regrants(&self) -> bool {
        self.role.is_some() || self.environment.is_some() || self.kms_key.is_some()
    }

    fn variables(&self) -> Option<&BTreeMap<String, String>> {
        self.environment.as_ref()?.variables.as_ref()
    }
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
