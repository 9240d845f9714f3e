//! Which release is covered if `live` is split.

use std::cmp::Reverse;

use anyhow::Result;

use super::other_definition::differs;
use crate::commands::context::{Context, Session};
use crate::commands::error::CommandError;
use crate::config::MachineName;
use crate::executions;
use crate::resources;

/// The newest one that `live` leads to and that has the definition of the working folder: coverage is of one definition, and
/// an alias with two releases has two.
pub async fn covered_release(context: &Context, session: &Session) -> Result<String> {
    let Session { aws, stack, .. } = session;
    let alias = resources::live(aws, stack).await?.unwrap_or_default();
    let mut releases: Vec<u64> = alias.routing.iter().map(|(release, _)| *release).collect();
    releases.sort_unstable_by_key(|release| Reverse(*release));
    let own = &session.deployment.state_machines.main.definition;
    let live = alias.shown();
    for release in releases {
        let arn = format!("{}:{release}", stack.state_machine_arn(&MachineName::Main));
        if !differs(own, &executions::definition_of(&session.aws, &arn).await?) {
            context.printer.note(&format!(
                "`live` is split between releases, {live}; coverage is of one, so the tests start executions on release {release}"
            ));
            return Ok(arn);
        }
    }
    Err(CommandError::OtherDefinitions {
        path: own.path.display().to_string(),
        live,
        status: context.global.same_stack("txflow status"),
    }
    .into())
}
