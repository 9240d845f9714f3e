//! `txflow start`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::Result;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use txflow_asl::Arn;
use txflow_local_aws::Time;

use super::completions::Names;
use super::context::{Context, Session};
use super::error::CommandError;
use super::executions::Shown;
use super::json_argument::json_argument;
use super::release;
use super::state_machine::StateMachineOption;
use super::upstreams::UpstreamOption;
use crate::aws::{Class, found};
use crate::config::{ExecutionStatus, MachineName, StateMachineKind};
use crate::executions::{self, Run, Start, StateChange, Status};
use crate::exit::Exit;
use crate::report::style::{FAINT, STRONG, middle_cut};
use crate::report::{Answer, Event};
use crate::resources;
use crate::world::{one_line, unbroken};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow start --wait --input '{\"type\": \"PURCHASE\"}'
  txflow start --local --input @order.json
  cat order.json | txflow start --input - --name order-17
  txflow start --sync --state-machine quote

With --local, unless `txflow local` runs, the execution is waited for in any case: the embedded AWS ends with \
the command.")]
pub struct StartOptions {
    /// The input: JSON, `@` and the path of a file, or `-` for standard input
    #[arg(long, value_name = "JSON", default_value = "{}")]
    pub input: String,
    /// The name of the execution [default: one that no other execution has]
    #[arg(long)]
    pub name: Option<String>,
    /// Start this release instead of the one that is live
    #[arg(long, value_name = "N", add = Names::Releases)]
    pub release: Option<u64>,
    /// Show the execution live to its end, and exit with 1 unless it succeeds
    #[arg(long)]
    pub wait: bool,
    /// Start an execution of an EXPRESS state machine synchronously, with StartSyncExecution
    #[arg(long, conflicts_with = "wait")]
    pub sync: bool,
    /// Skip the time of waits and retries (with --local)
    #[arg(long, requires = "local")]
    pub fast: bool,
    #[command(flatten)]
    pub machine: StateMachineOption,
    #[command(flatten)]
    pub upstreams: UpstreamOption,
}

impl StartOptions {
    /// How the execution waits in an embedded AWS.
    fn time(&self) -> Time {
        if self.fast { Time::Virtual } else { Time::Real }
    }
}

/// Starts an execution of the release that is live.
pub async fn start(context: &Context, options: &StartOptions) -> Result<Exit> {
    context.connection.send_on(&options.upstreams);
    let prepared = context
        .unless_interrupted(prepare(context, options))
        .await?;
    let Prepared { machine, kind, .. } = &prepared;
    if *kind == StateMachineKind::Express && (options.sync || options.wait) {
        let run =
            async { Ok(executions::execute_sync(&prepared.session.aws, &prepared.start()).await?) };
        return shown(
            context,
            options,
            machine,
            context.unless_interrupted(run).await?,
        );
    }
    let arn = context
        .unless_interrupted(begun(context, &prepared, options))
        .await?;
    let ends_with_command = { context.connection.embedded() }.is_some_and(|aws| !aws.joined());
    if *kind == StateMachineKind::Express || !(options.wait || ends_with_command) {
        context
            .printer
            .answer(&Started::new(context, machine, *kind, arn))?;
        return Ok(Exit::Done);
    }
    context.printer.report(&Event::ExecutionStarted {
        test: LABEL.to_owned(),
        execution_arn: arn.clone(),
        alone: true,
    });
    let on_change = |change: StateChange| context.printer.report(&Event::of_state(LABEL, change));
    tokio::select! {
        biased;
        run = executions::watch_to_end(&prepared.session.aws, &arn, &on_change) => {
            shown(context, options, machine, run?)
        }
        () = context.world.interruption() => {
            Err(left(context, machine, &arn, ends_with_command).into())
        }
    }
}

/// What its progress lines begin with.
const LABEL: &str = "Running";

/// What is going to be started.
struct Prepared {
    session: Session,
    machine: MachineName,
    kind: StateMachineKind,
    state_machine_arn: String,
    name: String,
    input: Value,
}

impl Prepared {
    fn start(&self) -> Start<'_> {
        Start {
            state_machine_arn: &self.state_machine_arn,
            kind: self.kind,
            name: &self.name,
            input: &self.input,
        }
    }
}

async fn prepare(context: &Context, options: &StartOptions) -> Result<Prepared> {
    let input = json_argument(&context.world, "--input", &options.input)?;
    let deployment = context.project.load_names()?;
    let (machine, config) = options.machine.of(&deployment.state_machines)?;
    let kind = config.kind;
    if options.sync && kind == StateMachineKind::Standard {
        return Err(CommandError::NotExpress.into());
    }
    let session = Session::open(&context.connection, deployment, options.time()).await?;
    let release = match options.release {
        Some(release) => {
            let (aws, stack) = (&session.aws, &session.stack);
            let read = found(resources::release(aws, stack, &MachineName::Main, release).await)?;
            if read.is_some_and(|read| read.is_fork()) {
                return Err(unknown_release(context, &session, release).await.into());
            }
            format!("{}:{release}", stack.state_machine_arn(&MachineName::Main))
        }
        None => release::live_version(context, &session).await?,
    };
    let wanted = BTreeSet::from([machine.clone()]);
    let mut beside = release::beside(context, &session, wanted, &release).await?;
    Ok(Prepared {
        state_machine_arn: beside.remove(&machine).unwrap_or(release),
        name: { options.name.clone() }
            .unwrap_or_else(|| format!("txflow-{}", context.world.random.uuid())),
        session,
        machine,
        kind,
        input,
    })
}

/// The ARN of the execution.
async fn begun(context: &Context, prepared: &Prepared, options: &StartOptions) -> Result<String> {
    let aws = &prepared.session.aws;
    let start = prepared.start();
    let begun = match options.name {
        None => executions::start(aws, &start).await,
        Some(_) => executions::start_named(aws, &start).await,
    };
    match (begun, &options.name, options.release) {
        (Err(error), Some(name), _) if error.class == Class::AlreadyExists => {
            Err(CommandError::ExecutionExists { name: name.clone() }.into())
        }
        (Err(error), _, Some(release)) if error.class == Class::NotFound => {
            Err(unknown_release(context, &prepared.session, release)
                .await
                .into())
        }
        (begun, ..) => Ok(begun?),
    }
}

/// What is wrong if a release cannot be started since it does not exist.
async fn unknown_release(context: &Context, session: &Session, release: u64) -> CommandError {
    let status = context.global.same_stack("txflow status");
    match resources::release_numbers(&session.aws, &session.stack).await {
        Ok(known) if known.is_empty() => context.not_deployed_here(session).await,
        Ok(known) => CommandError::UnknownRelease {
            release,
            known,
            status,
        },
        // Whoever may start executions need not be allowed to list releases.
        Err(_) => CommandError::UnknownRelease {
            release,
            known: Vec::new(),
            status,
        },
    }
}

fn shown(
    context: &Context,
    options: &StartOptions,
    machine: &MachineName,
    run: Run,
) -> Result<Exit> {
    let run = run.masked(&context.world.secrets);
    let status = run.status;
    let is_virtual = context.connection.is_virtual(options.time());
    let shown = Shown::new(context, machine, run).in_time(is_virtual);
    context.printer.answer(&shown)?;
    Ok(match status {
        Status::Ended(ExecutionStatus::Succeeded) => Exit::Done,
        _ => Exit::Failed,
    })
}

/// Nobody watches it any longer, and if the embedded AWS is this command's own, nobody runs it either.
pub(super) fn left(
    context: &Context,
    machine: &MachineName,
    arn: &str,
    ends_with_command: bool,
) -> CommandError {
    let [show, stop] = ["show", "stop"].map(|what| next(context, machine, what, arn));
    match ends_with_command {
        true => CommandError::ExecutionAborted { show },
        false => CommandError::WatchInterrupted { show, stop },
    }
}

/// A command about the execution.
fn next(context: &Context, machine: &MachineName, what: &str, arn: &str) -> String {
    let name = Arn::execution_name(arn);
    let machine = StateMachineOption::shown(machine);
    let command = format!("txflow executions {what} {name}{machine}");
    context.global.same_stack(&command)
}

/// What is printed of an execution that is not waited for.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Started {
    name: String,
    execution_arn: String,
    /// The commands that may help now.
    #[serde(skip)]
    next: Vec<String>,
    #[serde(skip)]
    columns: Option<usize>,
}

impl Started {
    pub(super) fn new(
        context: &Context,
        machine: &MachineName,
        kind: StateMachineKind,
        arn: String,
    ) -> Self {
        let next = match kind {
            StateMachineKind::Standard => ["show", "stop"]
                .map(|what| next(context, machine, what, &arn))
                .to_vec(),
            // AWS lists no executions of EXPRESS.
            StateMachineKind::Express => vec![context.global.same_stack("txflow logs")],
        };
        Self {
            name: Arn::execution_name(&arn).to_owned(),
            execution_arn: arn,
            next,
            columns: context.printer.columns(),
        }
    }
}

impl Answer for Started {
    fn text(&self) -> String {
        let name = one_line(&self.name);
        let arn = one_line(&self.execution_arn);
        let arn = match self.columns {
            Some(columns) => middle_cut(&arn, columns.saturating_sub("  arn       ".len())),
            None => arn.into_owned(),
        };
        let mut text = format!(
            "Started {STRONG}{name}{STRONG:#}\n  {FAINT}{:8}{FAINT:#}  {arn}\n",
            "arn"
        );
        for (index, next) in self.next.iter().enumerate() {
            let word = if index == 0 { "next:" } else { "" };
            let next = unbroken(&one_line(next));
            let _ = write!(text, "\n{FAINT}{word:5}{FAINT:#} {next}");
        }
        text
    }

    fn step_outputs(&self) -> Vec<(&'static str, String)> {
        vec![("execution-arn", self.execution_arn.clone())]
    }
}
