//! `txflow logs`.

mod since;
mod text;

pub(super) use text::Printed;

use std::time::Duration;

use anyhow::Result;
use aws_smithy_async::rt::sleep::AsyncSleep as _;
use clap::Args;
use jiff::Timestamp;

pub(super) use self::since::Since;
use self::text::LogText;
use super::completions::Names;
use super::context::{Context, Session};
use super::error::CommandError;
use super::executions::{machine_of, named};
use super::state_machine::StateMachineOption;
use crate::executions::Run;
use crate::exit::Exit;
use crate::logs::{self, Follower, LogGroup, Read, Streams, Window};

/// How far back to look by default.
const SINCE: Since = Since::Ago(Duration::from_secs(600));

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow logs
  txflow logs purchase-handler --since 1h
  txflow logs --follow
  txflow logs --execution last

On AWS new messages take some seconds to appear. With --json each is an object on a line.")]
pub struct LogsOptions {
    /// The function, by the name of its handler's crate [default: all functions]
    #[arg(add = Names::Functions)]
    pub function: Option<String>,
    /// Keep printing new messages until Ctrl-C
    #[arg(long, short, conflicts_with = "execution")]
    pub follow: bool,
    /// Start at this time: a time ago such as `10m`, `2h` or `1d`, or a UTC time such as `2026-01-31T12:00:00Z`
    /// [default: 10m; the start of the execution with --execution]
    #[arg(long, value_name = "TIME")]
    pub since: Option<Since>,
    /// Only what was logged for this execution: its ARN, its name or the beginning of it, or `last`
    #[arg(long, value_name = "EXECUTION", add = Names::Executions)]
    pub execution: Option<String>,
    /// The state machine of the execution, by its name under `[state-machines]` [default: the main one]
    #[arg(long, value_name = "NAME", requires = "execution", add = Names::StateMachines)]
    pub state_machine: Option<String>,
}

/// Prints what the handlers logged, merged in time order.
pub async fn logs(context: &Context, options: &LogsOptions) -> Result<Exit> {
    let session = context.session().await?;
    let functions = functions(&session, options.function.as_deref())?;
    let text = LogText::new(&session.config.handlers, &functions);
    let now = (context.world.now)();
    if let Some(execution) = &options.execution {
        let option = StateMachineOption {
            state_machine: options.state_machine.clone(),
        };
        let machine = machine_of(&session, &option, execution)?;
        let run = named(context, &session, &machine, execution).await?;
        let since = options.since.map(|since| since.time(now));
        return of_execution(context, &session, &run, since, &functions, &text).await;
    }
    let begins = options.since.unwrap_or(SINCE);
    let since = begins.time(now);
    let groups: Vec<LogGroup> = functions
        .into_iter()
        .map(|function| LogGroup {
            name: session.stack.function_log_group(&function),
            function,
        })
        .collect();
    if options.follow {
        return follow(context, &session, &groups, since, &text).await;
    }
    let Read { lines, found } = logs::read(&session.aws, &groups, Window::since(since)).await?;
    if !found && !groups.is_empty() {
        return Err(context.not_deployed_here(&session).await.into());
    }
    let mut streams = Streams::default();
    let mut printed = 0;
    for line in &lines {
        let request_id = streams.request_id(line);
        if line.is_platform() {
            continue;
        }
        printed += 1;
        if !print(context, &text, &Printed::new(line, request_id))? {
            break;
        }
    }
    if printed == 0 {
        let mut text = format!("no log lines {}", begins.words());
        if begins.is_recent(now) {
            text.push_str("; `--since 1d` looks further back");
        }
        context.printer.note(&text);
    }
    Ok(Exit::Done)
}

/// The handlers to show: the one that was named, or all.
fn functions<D>(session: &Session<D>, named: Option<&str>) -> Result<Vec<String>, CommandError> {
    let known: Vec<String> = session.config.handlers.iter().cloned().collect();
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
async fn of_execution<D>(
    context: &Context,
    session: &Session<D>,
    run: &Run,
    since: Option<Timestamp>,
    functions: &[String],
    text: &LogText<'_>,
) -> Result<Exit> {
    let mut lines = logs::of_execution(&session.aws, &session.stack, run).await?;
    let all = functions.len() == session.config.handlers.len();
    lines.retain(|found| {
        let line = &found.line;
        !line.is_platform()
            && (all || functions.contains(&line.function))
            && since.is_none_or(|since| line.time >= since)
    });
    for line in &lines {
        if !print(context, text, &Printed::of_execution(line))? {
            return Ok(Exit::Done);
        }
    }
    if lines.is_empty() {
        let text = format!(
            "no lines of execution `{}`; new lines take some seconds to appear",
            run.name()
        );
        context.printer.note(&text);
    }
    Ok(Exit::Done)
}

/// Continues until Ctrl-C, or until nobody reads any more: both are its normal end.
async fn follow<D>(
    context: &Context,
    session: &Session<D>,
    groups: &[LogGroup],
    since: Timestamp,
    text: &LogText<'_>,
) -> Result<Exit> {
    tokio::select! {
        ended = go_on(context, session, groups, since, text) => ended?,
        () = context.world.interruption() => {}
    }
    Ok(Exit::Done)
}

async fn go_on<D>(
    context: &Context,
    session: &Session<D>,
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
            let missing = context.not_deployed_here(session).await;
            context.printer.note(&format!("{missing}; waiting for it"));
        }
        for line in follower.new_lines(lines) {
            let request_id = streams.request_id(&line);
            if !line.is_platform() && !print(context, text, &Printed::new(&line, request_id))? {
                return Ok(());
            }
        }
        context.world.sleep.sleep(logs::INTERVAL).await;
    }
}

/// Prints a line for people, or with `--json` as an object on a line. Returns whether anybody still reads.
fn print(context: &Context, text: &LogText<'_>, line: &Printed<'_>) -> Result<bool> {
    context.printer.print_one(line, || text.text(line))
}
