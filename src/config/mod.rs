//! `deploy.toml` → a fully defaulted, validated [`Deployment`].
//!
//! `keys` declares every key once, `function` those of functions. The declaration reads the file (`section`, `setting`), layer
//! over layer (`node`, `stages`), and makes the JSON schema ([`schema()`]). `checks` looks at what
//! no single key can tell, and `deployment` is the result. All findings go to one list
//! (`findings`), which the user gets whole.

mod answer_checks;
mod checks;
mod choice;
mod choices;
mod cloud_formation;
mod condition;
mod definition;
mod definition_file;
mod definition_keys;
mod definition_text;
mod deployment;
mod diagnostic;
mod environment;
mod environment_value;
mod expected;
mod expected_keys;
mod family;
mod files;
mod fill;
mod findings;
mod foreign_syntax;
mod function;
mod iam_action;
mod keys;
mod kinds;
mod load;
mod local;
mod local_assembly;
mod local_checks;
mod local_keys;
mod local_values;
mod mock_checks;
mod names;
pub(crate) mod nearest;
mod node;
mod partition;
mod pattern;
mod placeholder;
mod placeholder_advice;
mod policy_resource;
mod problem;
mod references;
mod region;
mod render;
mod reported;
mod resource_names;
mod rule;
mod rules;
mod schema;
mod secrets;
mod section;
mod seed;
mod setting;
mod source;
mod sourced;
mod stack_config;
mod stages;
mod substitution;
mod syntax;
mod tag_rules;
mod task_token;
mod template;
mod template_keys;
mod test_checks;
mod test_config;
mod test_keys;
mod test_placeholders;
mod text;
mod trigger;
mod trigger_checks;
mod trigger_keys;
mod wrapped;

#[cfg(test)]
mod every_function_key;
#[cfg(test)]
mod family_tests;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod limits_tests;
#[cfg(test)]
mod stack_config_tests;
#[cfg(test)]
mod tests;

pub use checks::NAME_LIMIT;
pub use choices::*;
pub use definition::Definition;
pub use definition_text::DefinitionText;
pub use deployment::*;
pub use diagnostic::{Diagnostic, Diagnostics, Place, Severity};
pub use environment_value::EnvironmentValue;
#[cfg(test)]
pub(crate) use every_function_key::every_function_key;
pub use expected::{ContentsKind, ExpectedCall, ExpectedContents, Times};
pub use family::{Family, MachineName};
pub use files::{Files, Sources};
pub use function::{
    FileSystemConfig, FunctionConfig, FunctionLogging, FunctionSettings, PolicyStatement, VpcConfig,
};
pub use load::{FILE_NAME, load, load_stack, load_to_check, load_without_secrets};
pub use local::{
    KeyAttribute, LocalBucket, LocalConfig, LocalParameter, LocalQueue, LocalSecret,
    LocalSubscription, LocalTable, LocalTopic, LocalValue, Subscriber, TableKey, TableSeed,
    named_resource,
};
pub use partition::{dns_suffix_of, partition_of};
pub use pattern::Pattern;
pub use placeholder::{Placeholder, escaped};
pub use region::{UNKNOWN_REGION, doubtful_region};
pub use reported::with_commas;
pub use rules::misnamed;
pub use schema::schema;
pub use stack_config::{Protection, StackConfig, StackReading};
pub use stages::UNKNOWN_STAGE;
pub use task_token::token_pointer;
pub use template::{JsonTemplate, Template};
pub use template_keys::UNSET_VALUE;
pub use test_config::*;
pub use test_keys::{MockAnswer, TaskAnswer};
pub use trigger::{EventInput, Source, TriggerConfig};
