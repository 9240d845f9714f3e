//! `txflow logs`.

use std::time::Duration;

use anyhow::Result;
use aws_smithy_async::rt::sleep::AsyncSleep as _;
use jiff::Timestamp;

use super::error::CommandError;
use super::log_text::{LogText, Printed};
use super::session::{Session, Ui};
use crate::cli::LogsOptions;
use crate::exit::Exit;
use crate::logs::{self, Follower, LogGroup, Read, Streams, Window};
use crate::report::Event;

/// How far back to look by default.
const SINCE: Duration = Duration::from_secs(600);

/// Prints what the handlers logged, merged in time order.
pub async fn logs(ui: &Ui, options: &LogsOptions) -> Result<Exit> {
    let session = ui.session(None).await?;
    let functions = functions(&session, options.function.as_deref())?;
    let text = LogText::new(ui, &session.deployment, &functions);
    let now = (ui.world.now)();
    let since = options.since.map(|since| since.time(now));
    if let Some(execution) = &options.execution {
        return of_execution(ui, &session, execution, since, &functions, &text).await;
    }
    let since = since.unwrap_or_else(|| now.checked_sub(SINCE).unwrap_or(now));
    let groups: Vec<LogGroup> = functions
        .into_iter()
        .map(|function| LogGroup {
            name: session.stack.function_log_group(&function),
            function,
        })
        .collect();
    if options.follow {
        return follow(ui, &session, &groups, since, &text).await;
    }
    let Read { lines, found } = logs::read(&session.aws, &groups, Window::since(since)).await?;
    if !found && !groups.is_empty() {
        return Err(ui.not_deployed(&session).into());
    }
    let mut streams = Streams::default();
    let mut printed = 0;
    for line in &lines {
        let request_id = streams.request_id(line);
        if line.is_platform() {
            continue;
        }
        printed += 1;
        if text.print(&Printed::new(line, request_id)).is_err() {
            break;
        }
    }
    if printed == 0 {
        nothing(ui, "no lines since then; `--since 1d` looks further back");
    }
    Ok(Exit::Done)
}

/// The handlers to show: the one that was named, or all.
fn functions(session: &Session, named: Option<&str>) -> Result<Vec<String>, CommandError> {
    let known: Vec<String> = session.deployment.functions.keys().cloned().collect();
    let Some(named) = named else {
        return Ok(known);
    };
    // The name of the function in AWS works as well.
    let handler = session.stack.handler_of_function(named);
    if known.iter().any(|known| known == handler) {
        return Ok(vec![handler.to_owned()]);
    }
    let name = named.to_owned();
    Err(CommandError::UnknownFunction { name, known })
}

/// Shows only what the execution's own invocations logged.
async fn of_execution(
    ui: &Ui,
    session: &Session,
    execution: &str,
    since: Option<Timestamp>,
    functions: &[String],
    text: &LogText<'_>,
) -> Result<Exit> {
    let run = ui.execution(session, execution).await?;
    let mut lines = logs::of_execution(&session.aws, &session.stack, &run).await?;
    let all = functions.len() == session.deployment.functions.len();
    lines.retain(|found| {
        let line = &found.line;
        !line.is_platform()
            && (all || functions.contains(&line.function))
            && since.is_none_or(|since| line.time >= since)
    });
    for line in &lines {
        if text.print(&Printed::of_execution(line)).is_err() {
            return Ok(Exit::Done);
        }
    }
    if lines.is_empty() {
        let text = format!(
            "no lines of execution `{}`; new lines take some seconds to appear",
            run.name()
        );
        nothing(ui, &text);
    }
    Ok(Exit::Done)
}

/// Continues until Ctrl-C, or until nobody reads any more: both are its normal end.
async fn follow(
    ui: &Ui,
    session: &Session,
    groups: &[LogGroup],
    since: Timestamp,
    text: &LogText<'_>,
) -> Result<Exit> {
    tokio::select! {
        ended = go_on(ui, session, groups, since, text) => ended?,
        () = ui.world.interruption() => {}
    }
    Ok(Exit::Done)
}

async fn go_on(
    ui: &Ui,
    session: &Session,
    groups: &[LogGroup],
    since: Timestamp,
    text: &LogText<'_>,
) -> Result<()> {
    let mut follower = Follower::new(since);
    let mut streams = Streams::default();
    let mut told = false;
    loop {
        let Read { lines, found } = logs::read(&session.aws, groups, follower.window()).await?;
        if !found && !told {
            told = true;
            nothing(ui, &format!("{}; waiting for it", ui.not_deployed(session)));
        }
        for line in follower.new_lines(lines) {
            let request_id = streams.request_id(&line);
            if !line.is_platform() && text.print(&Printed::new(&line, request_id)).is_err() {
                return Ok(());
            }
        }
        ui.world.sleep.sleep(logs::INTERVAL).await;
    }
}

fn nothing(ui: &Ui, text: &str) {
    let text = text.to_owned();
    ui.reporter.report(&Event::Note { text });
}
