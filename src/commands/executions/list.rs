//! `txflow executions list`.

use std::num::NonZeroUsize;

use anyhow::Result;
use aws_sdk_sfn::types::ExecutionStatus as SdkStatus;
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::named::refuse_express;
use super::rows::{Row, rows};
use crate::aws::Class;
use crate::commands::at_least_one::at_least_one;
use crate::commands::context::Context;
use crate::commands::state_machine::StateMachineOption;
use crate::executions;
use crate::exit::Exit;
use crate::report::Answer;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow executions list
  txflow executions list --status FAILED --limit 50")]
pub struct ListOptions {
    /// Only executions with this status
    #[arg(long, ignore_case = true)]
    pub status: Option<StatusFilter>,
    /// The maximum number of executions to list
    #[arg(long, value_name = "N", default_value = "20", value_parser = at_least_one)]
    pub limit: NonZeroUsize,
    #[command(flatten)]
    pub machine: StateMachineOption,
}

/// Named as in AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatusFilter {
    #[value(name = "RUNNING")]
    Running,
    #[value(name = "SUCCEEDED")]
    Succeeded,
    #[value(name = "FAILED")]
    Failed,
    #[value(name = "TIMED_OUT")]
    TimedOut,
    #[value(name = "ABORTED")]
    Aborted,
    #[value(name = "PENDING_REDRIVE")]
    PendingRedrive,
}

/// Prints the executions of a state machine, the newest first.
pub async fn list(context: &Context, options: &ListOptions) -> Result<Exit> {
    let session = context.session().await?;
    let (machine, _) = options.machine.of(&session.config.state_machines)?;
    refuse_express(context, &session, &machine)?;
    let status = options.status.map(sdk_status);
    let listed = executions::list(
        &session.aws,
        &session.stack,
        &machine,
        status.clone(),
        options.limit.get(),
    )
    .await;
    let listed = match listed {
        Err(error) if error.class == Class::NotFound => {
            return Err(context.not_deployed_here(&session).await.into());
        }
        listed => listed?,
    };
    let now = (context.world.now)();
    context.printer.answer(&Listing {
        executions: listed.into_iter().map(|one| Row::new(one, now)).collect(),
        status,
        now,
        columns: context.printer.columns(),
    })?;
    Ok(Exit::Done)
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub(in crate::commands) struct Listing {
    executions: Vec<Row>,
    #[serde(skip)]
    status: Option<SdkStatus>,
    #[serde(skip)]
    now: Timestamp,
    #[serde(skip)]
    columns: Option<usize>,
}

impl Answer for Listing {
    fn text(&self) -> String {
        match &self.status {
            _ if !self.executions.is_empty() => rows(&self.executions, self.now, self.columns),
            Some(status) => format!("No executions with status {}.", status.as_str()),
            None => "No executions.".to_owned(),
        }
    }
}

fn sdk_status(status: StatusFilter) -> SdkStatus {
    match status {
        StatusFilter::Running => SdkStatus::Running,
        StatusFilter::Succeeded => SdkStatus::Succeeded,
        StatusFilter::Failed => SdkStatus::Failed,
        StatusFilter::TimedOut => SdkStatus::TimedOut,
        StatusFilter::Aborted => SdkStatus::Aborted,
        StatusFilter::PendingRedrive => SdkStatus::PendingRedrive,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    use crate::config::{ExecutionStatus, MachineName};
    use crate::executions::{Listed, Status};
    use crate::report::style::since_1970;

    fn listed(name: &str, status: Status, started: f64, stopped: Option<f64>) -> Listed {
        Listed {
            execution_arn: format!("arn:{name}"),
            name: name.to_owned(),
            status,
            started: since_1970(started),
            stopped: stopped.map(since_1970),
            release: stopped.map(|_| 3),
            version: None,
            fork: false,
            redrives: 0,
        }
    }

    fn listing(executions: Vec<Listed>, status: Option<SdkStatus>) -> Listing {
        let now = since_1970(1_795_641_500.0);
        Listing {
            executions: executions
                .into_iter()
                .map(|one| Row::new(one, now))
                .collect(),
            status,
            now,
            columns: None,
        }
    }

    #[test]
    fn an_execution_of_a_state_machine_beside_the_main_one_has_a_version_and_no_release() {
        let succeeded = Status::Ended(ExecutionStatus::Succeeded);
        let inner = listed("inner", succeeded, 1_795_641_400.0, Some(1_795_641_401.0));
        let inner = inner.of(&MachineName::of(Some("ship")));
        let text = crate::world::plain(&listing(vec![inner.clone()], None).text());
        assert!(
            text.contains("  VERSION\n") && text.ends_with("  3"),
            "{text}"
        );
        let json = serde_json::to_value(inner).unwrap_or_default();
        assert_eq!(
            (&json["release"], &json["version"]),
            (&json!(null), &json!(3))
        );
    }

    #[test]
    fn a_row_says_when_for_how_long_and_on_which_release() {
        let succeeded = Status::Ended(ExecutionStatus::Succeeded);
        let listing = listing(
            vec![
                listed("second", Status::Running, 1_795_641_488.0, None),
                listed(
                    "first-of-all",
                    succeeded,
                    1_795_641_423.1,
                    Some(1_795_641_423.29),
                ),
            ],
            None,
        );
        assert_eq!(
            crate::world::plain(&listing.text()),
            "NAME          STATUS     STARTED                            DURATION  RELEASE\n\
             second        RUNNING    2026-11-25 21:18 UTC   12 s ago        12 s  -\n\
             first-of-all  SUCCEEDED  2026-11-25 21:17 UTC  1 min ago      0.19 s  3"
        );
        let json = serde_json::to_value(&listing).unwrap_or_default();
        assert_eq!(json[1]["started"], "2026-11-25T21:17:03.100Z");
        assert_eq!(json[0]["stopped"], serde_json::Value::Null);
    }

    #[test]
    fn a_list_without_rows_says_so() {
        assert_eq!(listing(Vec::new(), None).text(), "No executions.");
        assert_eq!(
            listing(Vec::new(), Some(SdkStatus::TimedOut)).text(),
            "No executions with status TIMED_OUT."
        );
    }
}
