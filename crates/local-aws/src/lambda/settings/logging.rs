//! How the logs of a function are written.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::member::Member;
use crate::fault::Constraints;
use crate::lambda::log_level::LEVELS;

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
    pub(super) fn of(function: &str) -> Self {
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
pub(in crate::lambda) struct LoggingConfig {
    log_format: Option<String>,
    log_group: Option<String>,
    application_log_level: Option<String>,
    system_log_level: Option<String>,
}

impl Member for LoggingConfig {
    type Stored = Logging;

    fn check(&self, constraints: &mut Constraints) {
        if let Some(format) = &self.log_format {
            constraints.one_of("loggingConfig.logFormat", format, &["JSON", "Text"]);
        }
        if let Some(level) = &self.application_log_level {
            constraints.one_of("loggingConfig.applicationLogLevel", level, &LEVELS);
        }
        if let Some(level) = &self.system_log_level {
            constraints.one_of("loggingConfig.systemLogLevel", level, &LEVELS[1..4]);
        }
    }

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
