//! `txflow replay`.

mod against;
mod files;
mod options;
mod redacted;
mod report;
mod source;

pub(super) use against::unversioned;
pub(super) use options::ReplayOptions;
pub(super) use report::Replays;

use anyhow::Result;
use serde_json::Value;

use self::against::Against;
use self::redacted::redact;
use self::source::recordings;
use super::context::Context;
use super::error::CommandError;
use crate::exit::Exit;

/// Runs recorded executions against the definition of the project, and shows which of them would go another way.
pub async fn replay(context: &Context, options: &ReplayOptions) -> Result<Exit> {
    let deployment = context.project.load_names()?;
    let (machine, config) = options.machine.of(&deployment.state_machines)?;
    if config.definition.incomplete {
        return Err(CommandError::IncompleteDefinition.into());
    }
    let mut recordings = recordings(context, options, &deployment, &machine).await?;
    redact(context, &deployment, &config.definition, &mut recordings)?;
    let exported = options.export.as_deref().filter(|_| !recordings.is_empty());
    if let Some(path) = exported {
        write(path, &recordings)?;
    }
    let mut against = Against::new(&deployment, &machine, config);
    let replayed = recordings
        .into_iter()
        .map(|recording| against.run(recording));
    let replays = Replays::new(
        replayed.collect::<Result<_, _>>()?,
        exported,
        context.printer.columns(),
    );
    context.printer.answer(&replays)?;
    Ok(match replays.differ() && !options.allow {
        true => Exit::TestFailed,
        false => Exit::Done,
    })
}

/// One execution a line, each without what is redacted.
#[expect(clippy::disallowed_methods, reason = "writes the recordings")]
fn write(path: &std::path::Path, recordings: &[Value]) -> Result<(), CommandError> {
    let lines: String = { recordings.iter() }
        .map(|one| format!("{one}\n"))
        .collect();
    std::fs::write(path, lines).map_err(|cause| CommandError::CannotWrite {
        path: path.display().to_string(),
        cause,
    })
}
