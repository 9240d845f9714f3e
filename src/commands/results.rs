//! The schemas of what commands print with `--json`, made from the types of their answers.

use clap::ValueEnum;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value, json};

use super::canary::CanaryReport;
use super::deploy::{Live, TestsFailed};
use super::destroy::Destroyed;
use super::executions::{Forked, Forks, Listing, Shown, Stopped};
use super::explore::Explored;
use super::graph::Drawn;
use super::init::NewProject;
use super::invoke::Invoked;
use super::local::Serving;
use super::logs::Printed;
use super::plan::PlanView;
use super::policy::{Policy, RolePolicy};
use super::replay::Replays;
use super::rollback::RolledBack;
use super::start::Started;
use super::status::{Report, Unfinished};
use super::test::{LoadReport, TestReports};
use super::test_state::Tested;
use super::ui::Served;
use super::validate::{Invalid, Valid};
use crate::error::Failure;
use crate::report::Event;
use crate::resources::Difference;

/// What has a schema: the result of each command, and the lines on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ResultName {
    Deploy,
    DeployFailed,
    Plan,
    Diff,
    Test,
    Start,
    Invoke,
    TestState,
    Status,
    Logs,
    Graph,
    ExecutionsList,
    ExecutionsShow,
    ExecutionsStop,
    ExecutionsRedrive,
    ExecutionsFork,
    Replay,
    Canary,
    Explore,
    Rollback,
    Destroy,
    Local,
    Ui,
    Init,
    Validate,
    Policy,
    Event,
    Error,
}

impl ResultName {
    /// Raised if a key is removed or gets another meaning.
    fn version(self) -> u32 {
        match self {
            // `canary` is `null` if it had ended before.
            Self::Canary => 2,
            _ => 1,
        }
    }

    /// In draft 2020-12.
    pub fn schema(self) -> Value {
        let mut generator = SchemaSettings::draft2020_12()
            .for_serialize()
            .into_generator();
        let shapes = self.shapes(&mut generator);
        let (name, title) = self.names();
        let mut schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": format!("urn:txflow:{name}:{}", self.version()),
            "title": title,
        });
        match shapes.as_slice() {
            [Value::Object(one)] => {
                for (key, value) in one {
                    schema[key] = value.clone();
                }
            }
            several => schema["anyOf"] = several.into(),
        }
        schema["$defs"] = generator.take_definitions(true).into();
        schema
    }

    /// As on the command line, and as a title.
    fn names(self) -> (String, String) {
        let value = self.to_possible_value();
        let name = value.map_or_else(String::new, |value| value.get_name().to_owned());
        let title = match self {
            Self::Event => "a line on stderr with --json".to_owned(),
            Self::Error => "the last line on stderr of a command that fails with --json".to_owned(),
            Self::DeployFailed => {
                "the last document of txflow deploy --json if tests have failed".to_owned()
            }
            Self::Canary => "txflow canary --json, and txflow deploy --canary --json".to_owned(),
            Self::Logs => "a line of txflow logs --json".to_owned(),
            Self::TestState => "txflow test-state --json".to_owned(),
            _ => format!("txflow {} --json", name.replace('-', " ")),
        };
        (name, title)
    }

    fn shapes(self, generator: &mut SchemaGenerator) -> Vec<Value> {
        match self {
            Self::Deploy => vec![shape::<Live>(generator)],
            Self::DeployFailed => vec![shape::<TestsFailed>(generator)],
            Self::Plan => vec![shape::<PlanView<'_>>(generator)],
            Self::Diff => vec![shape::<Difference>(generator)],
            // The second with --repeat.
            Self::Test => vec![
                shape::<TestReports>(generator),
                shape::<LoadReport>(generator),
            ],
            // The second if the execution is waited for.
            Self::Start => vec![shape::<Started>(generator), shape::<Shown>(generator)],
            Self::Invoke => vec![shape::<Invoked>(generator)],
            Self::TestState => vec![shape::<Tested>(generator)],
            Self::Status => vec![shape::<Report>(generator), shape::<Unfinished>(generator)],
            Self::Logs => vec![shape::<Printed<'_>>(generator)],
            Self::Graph => vec![shape::<Drawn<'_>>(generator)],
            Self::ExecutionsList => vec![shape::<Listing>(generator)],
            Self::ExecutionsShow | Self::ExecutionsRedrive => vec![shape::<Shown>(generator)],
            // The second with --failed.
            Self::ExecutionsFork => {
                vec![shape::<Forked>(generator), shape::<Forks>(generator)]
            }
            Self::ExecutionsStop => vec![shape::<Stopped>(generator)],
            Self::Replay => vec![shape::<Replays>(generator)],
            Self::Canary => vec![shape::<CanaryReport>(generator)],
            Self::Explore => vec![shape::<Explored>(generator)],
            Self::Rollback => vec![shape::<RolledBack>(generator)],
            Self::Destroy => vec![shape::<Destroyed>(generator)],
            Self::Local => vec![shape::<Serving>(generator)],
            Self::Ui => vec![shape::<Served>(generator)],
            Self::Init => vec![shape::<NewProject>(generator)],
            Self::Validate => vec![
                shape::<Valid<'_>>(generator),
                shape::<Invalid<'_>>(generator),
            ],
            // The second with --role.
            Self::Policy => vec![
                shape::<Policy>(generator),
                shape::<RolePolicy<'_>>(generator),
            ],
            Self::Event => vec![shape::<Event>(generator), shape::<Failure>(generator)],
            Self::Error => vec![shape::<Failure>(generator)],
        }
    }
}

fn shape<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}

#[cfg(test)]
mod tests;
