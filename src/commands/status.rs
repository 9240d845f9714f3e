//! `txflow status`.

use std::fmt::Write as _;

use anyhow::Result;
use serde::Serialize;

use super::session::Ui;
use crate::desired::Stack;
use crate::error::Exit;
use crate::observe::{AliasState, Observed, StateMachineState};
use crate::plan::ReleaseLabel;
use crate::report::style::{FAINT, STRONG, size};
use crate::report::{Answer, linked};

/// Prints what is live.
pub async fn status(ui: &Ui) -> Result<Exit> {
    let session = ui.session(None).await?;
    let observed = ui.observe(&session).await?;
    let state_machine = observed.state_machine.as_ref();
    let state_machine = state_machine.ok_or_else(|| session.not_deployed())?;
    let status = Status {
        console_url: session
            .console()
            .map(|console| console.state_machine(&session.stack)),
        ..Status::new(&session.stack, &observed, state_machine)
    };
    ui.answer(&status)?;
    Ok(Exit::Done)
}

#[derive(Debug, Serialize)]
struct Status {
    stack: String,
    stage: String,
    account: String,
    region: String,
    state_machine_arn: String,
    alias_arn: String,
    /// Where the AWS console shows the state machine.
    console_url: Option<String>,
    /// Release and weight in percent; more than one where the traffic is split.
    live: Vec<(u64, i32)>,
    #[serde(skip)]
    alias: Option<AliasState>,
    origin: Option<String>,
    /// Newest first, with the seconds since 1970 of their publication.
    releases: Vec<(u64, i64)>,
    functions: Vec<FunctionStatus>,
}

#[derive(Debug, Serialize)]
struct FunctionStatus {
    name: String,
    version: Option<String>,
    code_sha256: String,
    /// Bytes.
    code_size: i64,
    failure: Option<String>,
}

impl Status {
    fn new(stack: &Stack, observed: &Observed, state_machine: &StateMachineState) -> Self {
        let alias = state_machine.alias.as_ref();
        let functions = observed.functions.values().map(|function| FunctionStatus {
            name: function.name.clone(),
            version: function
                .versions
                .last()
                .map(|version| version.version.clone()),
            code_sha256: function.latest.code_sha256.clone(),
            code_size: function.latest.code_size,
            failure: function.failure.clone(),
        });
        Self {
            stack: stack.name.clone(),
            stage: stack.stage.clone(),
            account: stack.account.id.clone(),
            region: stack.account.region.clone(),
            state_machine_arn: stack.state_machine_arn(),
            alias_arn: stack.alias_arn(),
            console_url: None,
            live: alias.map(|alias| alias.routing.clone()).unwrap_or_default(),
            alias: alias.cloned(),
            origin: alias
                .and_then(|alias| ReleaseLabel::parse(&alias.description))
                .map(|label| label.origin),
            releases: state_machine.versions.clone(),
            functions: functions.collect(),
        }
    }
}

impl Answer for Status {
    fn text(&self) -> String {
        let mut text = format!(
            "{STRONG}{}{STRONG:#} in account {}, region {}\n  {FAINT}executions on{FAINT:#} {}\n",
            linked(
                &format!("{}-{}", self.stack, self.stage),
                self.console_url.as_deref()
            ),
            self.account,
            self.region,
            self.alias_arn
        );
        let live = self.alias.as_ref().map(AliasState::shown);
        let live = live.unwrap_or_else(|| "(none)".to_owned());
        let origin = self.origin.as_deref();
        let origin = origin.map(|origin| format!(" {FAINT}({origin}){FAINT:#}"));
        let _ = writeln!(
            text,
            "  live release   {live}{}",
            origin.unwrap_or_default()
        );
        let releases: Vec<String> = self.releases.iter().map(|(n, _)| n.to_string()).collect();
        let _ = writeln!(text, "  kept releases  {}", releases.join(", "));
        let width = self
            .functions
            .iter()
            .map(|function| function.name.len())
            .max();
        let width = width.unwrap_or(0);
        for function in &self.functions {
            let FunctionStatus { name, .. } = function;
            let version = function.version.as_deref().unwrap_or("(unpublished)");
            let size = size(u64::try_from(function.code_size).unwrap_or(0));
            let _ = write!(
                text,
                "  function {name:width$}  newest version {version}, {size}"
            );
            if let Some(failure) = &function.failure {
                let _ = write!(text, ", failed: {failure}");
            }
            text.push('\n');
        }
        text.truncate(text.trim_end().len());
        text
    }
}
