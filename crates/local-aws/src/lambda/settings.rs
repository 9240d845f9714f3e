//! The settings of a function: what requests give, what is stored, and what answers show.

mod check;
mod file_system;
mod logging;
mod member;
mod structures;
mod unsupported;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(super) use self::check::architecture;
use self::file_system::FileSystem;
use self::logging::{Logging, LoggingConfig};
use self::member::Member;
use self::structures::{
    Architectures, DeadLetterConfig, Environment, EphemeralStorage, KeyArn, Tracing, VpcConfig,
};
use self::unsupported::Unsupported;
use crate::fault::Constraints;

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
                Unsupported::show(shown);
                $(if let Some(value) = <$form as Member>::show(&self.$field) {
                    shown[$member] = value;
                })*
            }
        }

        impl SettingsInput {
            /// Adds what the members violate.
            fn check_members(&self, constraints: &mut Constraints) {
                $(if let Some(given) = &self.$field {
                    given.check(constraints);
                })*
            }

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
    /// They are stored and shown, but not mounted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    file_systems: Vec<FileSystem> = Vec::new(), "FileSystemConfigs" as Vec<FileSystem>;
    dead_letter_target: Option<String> = None, "DeadLetterConfig" as DeadLetterConfig;
    kms_key: Option<String> = None, "KMSKeyArn" as KeyArn;
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
    use serde_json::json;

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
            "FileSystemConfigs": [{ "Arn": "a", "LocalMountPath": "/mnt/data" }],
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
        wanted["SnapStart"] = json!({ "ApplyOn": "None", "OptimizationStatus": "Off" });
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
                "FileSystemConfigs": [{ "Arn": "a", "LocalMountPath": "/mnt/data" }],
                "DeadLetterConfig": { "TargetArn": "t" },
                "KMSKeyArn": "k",
                "Architectures": ["arm64"],
            }),
            json!({
                "Environment": {},
                "Layers": [],
                "VpcConfig": { "SubnetIds": [] },
                "FileSystemConfigs": [],
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
