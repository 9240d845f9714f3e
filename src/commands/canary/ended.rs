//! A canary that has ended, for a command that is run again after it took effect.

use anyhow::Result;

use super::CanaryCommand;
use super::report::{CanaryReport, Outcome};
use crate::aws::{AwsError, Class};
use crate::commands::context::Session;
use crate::config::MachineName;
use crate::resources::{self, AliasState, ReleaseLabel};

/// What the command came to, if executions go where it would send them. Only a canary of the newest release counts: nobody asks
/// for an earlier one, and AWS may still show what was live before a canary began.
pub async fn ended<D>(
    session: &Session<D>,
    command: &CanaryCommand,
    alias: &AliasState,
) -> Result<Option<CanaryReport>> {
    let label = ReleaseLabel::parse(&alias.description);
    let Some(label) = label.filter(|label| alias.version() == Some(label.release)) else {
        return Ok(None);
    };
    let (outcome, releases) = match (command, label.instead_of, label.after) {
        (CanaryCommand::Promote, None, Some(old)) => (Outcome::Promoted, (old, label.release)),
        (CanaryCommand::Abort, Some(new), _) => (Outcome::RoutedBack, (label.release, new)),
        _ => return Ok(None),
    };
    let Session { aws, stack, .. } = session;
    let newest = match resources::newest_version(aws, stack, &MachineName::Main).await {
        // Policies of earlier versions do not allow it.
        Err(AwsError {
            class: Class::Denied,
            ..
        }) => None,
        newest => newest?,
    };
    let (_, new) = releases;
    Ok((newest == Some(new)).then(|| CanaryReport::ended(stack, releases, outcome)))
}
