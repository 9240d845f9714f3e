//! Forks one execution.

use anyhow::Result;
use serde_json::Value;
use txflow_asl::Arn;
use txflow_asl::fork::ForkError;

use super::base::{Base, Ready, Source, listed};
use super::forked::{Ended, Forked};
use super::{ForkOptions, LABEL};
use crate::commands::context::{Context, Session};
use crate::commands::error::CommandError;
use crate::commands::executions::Shown;
use crate::commands::executions::named::{machine_of, named, refuse_other};
use crate::commands::json_argument::json_argument;
use crate::commands::redaction::hidden;
use crate::commands::start::{Started, left};
use crate::config::{Deployment, ExecutionStatus, MachineName, StateMachineKind};
use crate::executions::{self, Family, Listed, StateChange, Status};
use crate::exit::Exit;
use crate::report::Event;

type Known = Base<Option<Deployment>>;

pub(super) async fn fork_one(context: &Context, options: &ForkOptions) -> Result<Exit> {
    let prepared = prepare(context, options);
    let (mut base, source) = context.unless_interrupted(prepared).await?;
    // What is begun here is brought to its end: in between the state machine has another definition.
    base.tidy().await?;
    let ready = base.ready(&source).await?;
    let forked = Forked::new(&base, &ready, &source);
    for note in forked.notes(&context.world.secrets) {
        context.printer.note(&note);
    }
    let (ended, exit) = run(context, options, &base, (&ready, &source)).await?;
    context.printer.answer(&forked.ended(ended))?;
    Ok(exit)
}

async fn prepare(context: &Context, options: &ForkOptions) -> Result<(Known, Source)> {
    let input = { options.input.as_deref() }
        .map(|input| json_argument(&context.world, "--input", input))
        .transpose()?;
    let session = context.session().await?;
    let from = options.from.as_deref();
    let Some(execution) = options.execution.as_deref() else {
        let (machine, _) = options.machine.of(&session.config.state_machines)?;
        let base = Base::read(context, session, machine).await?;
        let source = match (from, input) {
            (Some(from), Some(input)) => base.without_execution(context, from, input)?,
            _ => return Err(CommandError::ForkNeedsInput.into()),
        };
        return Ok((base, source));
    };
    refuse_other(&session, execution)?;
    let machine = machine_of(&session, &options.machine, execution)?;
    if let Some(StateMachineKind::Express) = session.config.state_machines.get(&machine) {
        return Err(CommandError::ExpressFork.into());
    }
    let arn = named(context, &session, &machine, execution)
        .await?
        .execution_arn;
    let listed = listed(context, &session, &machine).await?;
    let base = Base::read(context, session, machine).await?;
    let source = base.source(context, &listed, &arn, from, input).await?;
    if let Some(text) = finished_before(&listed, Arn::execution_name(&arn)) {
        context.printer.note(&text);
    }
    Ok((base, source))
}

/// Whoever forks again what was finished already should know.
fn finished_before(listed: &[Listed], name: &str) -> Option<String> {
    let family = Family::of(name);
    let done = listed.iter().find(|one| {
        one.fork
            && one.status == Status::Ended(ExecutionStatus::Succeeded)
            && Family::of(&one.name) == family
    });
    done.map(|done| format!("`{name}` was forked before: `{}` has succeeded", done.name))
}

/// A fork that can be started: what it gets, and what is worth knowing before.
pub(in crate::commands) struct Possible {
    /// What asks for the same once more: a state, or nothing if it goes on where the execution failed inside of one.
    pub from: Option<String>,
    /// What the state gets, without secrets.
    pub input: Value,
    pub notes: Vec<String>,
    /// The state whose recorded input it is, if it goes on inside of that and can have no other.
    pub inside: Option<String>,
    base: Known,
    source: Source,
}

/// Looks at what it takes to fork an execution of the stack, or why it cannot be forked so. An `input` that is the recorded one
/// without its secrets leaves that as it is.
pub(in crate::commands) async fn possible(
    context: &Context,
    session: Session<Option<Deployment>>,
    machine: MachineName,
    arn: &str,
    from: Option<&str>,
    input: Option<Value>,
) -> Result<Result<Possible, ForkError>> {
    let listed = listed(context, &session, &machine).await?;
    let base = Base::read(context, session, machine).await?;
    let secrets = &context.world.secrets;
    let shown = |source: &Source| {
        let mut shown = source.fork.state_input.clone();
        secrets.mask_json(&mut shown);
        shown
    };
    let recorded = base.tried(context, &listed, arn, from, None).await?;
    let source = match (recorded, input) {
        (Ok(recorded), Some(input)) if shown(&recorded) == input => Ok(recorded),
        // Otherwise it would silently begin anew.
        (Ok(recorded), Some(_)) if recorded.fork.goes_on_inside() => {
            Err(recorded.fork.needs_recorded_input())
        }
        (_, Some(input)) => base.tried(context, &listed, arn, from, Some(input)).await?,
        (recorded, None) => recorded,
    };
    let source = match source {
        Ok(source) => source,
        Err(error) => return Ok(Err(error)),
    };
    let version = base.version;
    let forked = Forked::new(&base, &Ready { version }, &source);
    let mut notes = vec![forked.again()];
    notes.extend(forked.consequences());
    notes.extend(finished_before(&listed, Arn::execution_name(arn)));
    let top = || (!source.fork.goes_on_inside()).then(|| source.fork.state.clone());
    Ok(Ok(Possible {
        from: from.map(str::to_owned).or_else(top),
        input: shown(&source),
        inside: { source.fork.goes_on_inside() }.then(|| source.fork.state.clone()),
        notes,
        base,
        source,
    }))
}

impl Possible {
    /// Starts it, and gives the ARN of the execution. What is begun here must be brought to its end: in between the state machine
    /// has another definition.
    pub async fn start(mut self) -> Result<String> {
        self.base.tidy().await?;
        let ready = self.base.ready(&self.source).await?;
        let version = self.base.version_arn(&ready);
        let start = self.base.start(&version, &self.source);
        Ok(executions::start(&self.base.session.aws, &start).await?)
    }
}

async fn run(
    context: &Context,
    options: &ForkOptions,
    base: &Known,
    (ready, source): (&Ready, &Source),
) -> Result<(Ended, Exit)> {
    let aws = &base.session.aws;
    let (machine, kind) = (&base.machine, base.kind());
    let version = base.version_arn(ready);
    let start = base.start(&version, source);
    if kind == StateMachineKind::Express && !options.detach {
        let run = async { Ok(executions::execute_sync(aws, &start).await?) };
        let run = context.unless_interrupted(run).await?;
        return Ok(shown(context, base, run));
    }
    let arn = executions::start(aws, &start).await?;
    let ends_with_command = { context.connection.embedded() }.is_some_and(|aws| !aws.joined());
    if kind == StateMachineKind::Express || (options.detach && !ends_with_command) {
        let started = Started::new(context, machine, kind, arn);
        return Ok((Ended::Started(started), Exit::Done));
    }
    context.printer.report(&Event::ExecutionStarted {
        test: LABEL.to_owned(),
        execution_arn: arn.clone(),
        alone: true,
    });
    let on_change = |change: StateChange| context.printer.report(&Event::of_state(LABEL, change));
    tokio::select! {
        biased;
        run = executions::watch_to_end(aws, &arn, &on_change) => Ok(shown(context, base, run?)),
        () = context.world.interruption() => {
            Err(left(context, machine, &arn, ends_with_command).into())
        }
    }
}

fn shown(context: &Context, base: &Known, run: executions::Run) -> (Ended, Exit) {
    let secrets = &context.world.secrets;
    let run = hidden(&base.redaction, run, secrets).masked(secrets);
    let exit = match run.status {
        Status::Ended(ExecutionStatus::Succeeded) => Exit::Done,
        _ => Exit::Failed,
    };
    let shown = Shown::new(context, &base.machine, run);
    (Ended::Shown(Box::new(shown)), exit)
}
