//! `txflow rollback`.

use anyhow::Result;
use serde::Serialize;

use super::apply::finish;
use super::error::CommandError;
use super::session::{Session, Ui};
use crate::cli::RollbackOptions;
use crate::error::Exit;
use crate::observe::{self, AliasState, StateMachineState};
use crate::plan::{self, ReleaseLabel};
use crate::report::Answer;
use crate::report::github::{code, text};
use crate::report::style::STRONG;

/// Moves `live` to the release before, or to the one that was named.
pub async fn rollback(ui: &Ui, options: &RollbackOptions) -> Result<Exit> {
    let session = ui.session(None).await?;
    let observed = ui.observe(&session).await?;
    plan::refuse_foreign(&session.stack, &observed)?;
    let state_machine = observed
        .state_machine
        .ok_or_else(|| ui.not_deployed(&session))?;
    let target = target(&state_machine, options.to)?;
    let live = state_machine.alias.as_ref();
    let label = label(&session, target).await?;
    let plan = plan::rollback(&session.stack, live, label);
    let mut apply = ui.apply(&session);
    let changed = !plan.is_empty();
    apply.start(plan.steps);
    finish(apply).await?;
    ui.answer(&RolledBack {
        release: target,
        changed,
        before: live.map(AliasState::shown),
        alias_arn: session.stack.alias_arn(),
        state_machine_arn: session.stack.state_machine_arn(),
        prefix: session.stack.prefix(),
    })?;
    Ok(Exit::Done)
}

#[derive(Debug, Serialize)]
struct RolledBack {
    release: u64,
    before: Option<String>,
    alias_arn: String,
    #[serde(skip)]
    changed: bool,
    #[serde(skip)]
    state_machine_arn: String,
    #[serde(skip)]
    prefix: String,
}

impl Answer for RolledBack {
    fn text(&self) -> String {
        let Self {
            release,
            alias_arn,
            prefix,
            ..
        } = self;
        format!(
            "{STRONG}{prefix}{STRONG:#} is live: release {release}\n  start executions on {alias_arn}"
        )
    }

    fn summary(&self) -> Option<String> {
        let before = self.before.as_deref();
        let before = before.map(|before| format!(" instead of {}", text(before)));
        Some(format!(
            "## {} is rolled back\n\nRelease {} is live{}: {}\n\n",
            text(&self.prefix),
            self.release,
            before.unwrap_or_default(),
            code(&self.alias_arn)
        ))
    }

    fn step_outputs(&self) -> Vec<(&'static str, String)> {
        vec![
            ("state-machine-arn", self.state_machine_arn.clone()),
            ("version", self.release.to_string()),
            ("changed", self.changed.to_string()),
        ]
    }
}

fn target(state_machine: &StateMachineState, to: Option<u64>) -> Result<u64, CommandError> {
    let known: Vec<u64> = state_machine.versions.iter().map(|(n, _)| *n).collect();
    if let Some(release) = to {
        return if known.contains(&release) {
            Ok(release)
        } else {
            Err(CommandError::UnknownRelease { release, known })
        };
    }
    let live = state_machine
        .alias
        .as_ref()
        .and_then(|alias| alias.version());
    let live = live.ok_or(CommandError::SplitTraffic)?;
    // Newest first.
    let before = known.into_iter().find(|release| *release < live);
    before.ok_or(CommandError::NoEarlierRelease { live })
}

/// Where the release came from, and what it froze: the next deploy compares it.
async fn label(session: &Session, release: u64) -> Result<ReleaseLabel> {
    let found = observe::release(&session.aws, &session.stack, release).await?;
    Ok(ReleaseLabel {
        release,
        origin: found.description.unwrap_or_else(|| "txflow".to_owned()),
        digest: plan::digest(&found.definition, &found.settings),
    })
}
