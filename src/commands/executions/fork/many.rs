//! Forks all executions that failed.

use anyhow::Result;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::ForkOptions;
use super::base::{Base, Source, listed};
use super::forked::Start;
use super::forks::{Forks, Row};
use crate::commands::confirm::confirmed;
use crate::commands::context::Context;
use crate::commands::error::CommandError;
use crate::config::{Deployment, ExecutionStatus, StateMachineKind};
use crate::executions::{self, Family, Listed, Status, is_of_test};
use crate::exit::Exit;
use crate::report::{Answer as _, counted};

type Known = Base<Option<Deployment>>;

/// Step Functions answers 20 reads of a history a second.
const READ_AT_ONCE: usize = 4;

pub(super) async fn fork_failed(context: &Context, options: &ForkOptions) -> Result<Exit> {
    let prepared = prepare(context, options);
    let (mut base, sources, mut forks) = context.unless_interrupted(prepared).await?;
    if forks.can_be_forked() == 0 {
        let well = forks.all_well();
        context.printer.answer(&forks)?;
        return Ok(if well { Exit::Done } else { Exit::Failed });
    }
    if !options.yes {
        let ask = confirm(context, &forks);
        context.unless_interrupted(ask).await?;
    }
    base.tidy().await?;
    for (row, source) in forks.forks.iter_mut().zip(&sources) {
        // One that is begun is brought to its start: in between the state machine has another definition.
        if context.world.is_interrupted() {
            break;
        }
        if let Some(source) = source {
            start(context, &mut base, row, source).await?;
        }
    }
    let ends_with_command = { context.connection.embedded() }.is_some_and(|aws| !aws.joined());
    if !options.detach || ends_with_command {
        tokio::select! {
            biased;
            watched = watch(&base, &mut forks) => watched?,
            () = context.world.interruption() => {}
        }
    }
    let well = forks.all_well();
    context.printer.answer(&forks)?;
    match (context.world.is_interrupted(), well) {
        (true, _) => Err(CommandError::Interrupted.into()),
        (false, true) => Ok(Exit::Done),
        (false, false) => Ok(Exit::Failed),
    }
}

async fn prepare(
    context: &Context,
    options: &ForkOptions,
) -> Result<(Known, Vec<Option<Source>>, Forks)> {
    let session = context.session().await?;
    let (machine, kind) = options.machine.of(&session.config.state_machines)?;
    if *kind == StateMachineKind::Express {
        return Err(CommandError::ExpressFork.into());
    }
    let listed = listed(context, &session, &machine).await?;
    let since = options.since.map(|since| since.time((context.world.now)()));
    let mut wanted = unforked(&listed);
    wanted.retain(|(one, _)| since.is_none_or(|since| one.started >= since));
    let (of_tests, wanted): (Vec<_>, Vec<_>) =
        wanted.into_iter().partition(|(_, of_test)| *of_test);
    let mut wanted: Vec<Listed> = wanted.into_iter().map(|(one, _)| one).collect();
    let more = wanted.len().saturating_sub(options.most());
    wanted.truncate(options.most());
    let base = Base::read(context, session, machine).await?;
    let from = options.from.as_deref();
    let sources = stream::iter(&wanted)
        .map(async |one| {
            match base
                .source(context, &listed, &one.execution_arn, from, None)
                .await
            {
                Ok(source) => Ok(Ok(source)),
                // One that cannot be forked does not stop the others.
                Err(error) => match error.downcast::<CommandError>() {
                    Ok(CommandError::CannotFork { cause, .. }) => Ok(Err(cause)),
                    Ok(other) => Err(anyhow::Error::from(other)),
                    Err(other) => Err(other),
                },
            }
        })
        .buffered(READ_AT_ONCE);
    let sources: Vec<Result<Source, String>> = sources.try_collect().await?;
    let secrets = &context.world.secrets;
    let rows = wanted.iter().zip(&sources).map(|(one, source)| Row {
        // What is cut off afterwards would not be found any more.
        execution: secrets.mask(&one.name).into_owned(),
        cause: source.as_ref().err().cloned(),
        fork: source
            .as_ref()
            .ok()
            .map(|source| Start::new(&base, 0, source)),
        name: None,
        execution_arn: None,
        status: None,
    });
    let forks = Forks {
        forks: rows.collect(),
        more,
        of_tests: of_tests.len(),
        columns: context.printer.columns(),
    };
    Ok((base, sources.into_iter().map(Result::ok).collect(), forks))
}

/// Of each execution with its forks the newest, if it failed and none of them runs or has succeeded; and whether `txflow test`
/// started one of them: what a test expects to fail is not for others to finish.
fn unforked(listed: &[Listed]) -> Vec<(Listed, bool)> {
    use ExecutionStatus::{Failed, Succeeded, TimedOut};
    let mut families: Vec<(Family, Vec<&Listed>)> = Vec::new();
    for one in listed {
        let family = Family::of(&one.name);
        match families.iter_mut().find(|(known, _)| *known == family) {
            Some((_, members)) => members.push(one),
            None => families.push((family, vec![one])),
        }
    }
    let is_open = |members: &[&Listed]| {
        { members.iter() }
            .all(|one| matches!(one.status, Status::Ended(status) if status != Succeeded))
    };
    let due = families.iter().filter(|(_, members)| is_open(members));
    // Step Functions lists the newest first.
    let newest = due.filter_map(|(_, members)| {
        let of_test = members.iter().any(|one| is_of_test(&one.name));
        Some(((*members.first()?).clone(), of_test))
    });
    newest
        .filter(|(one, _)| matches!(one.status, Status::Ended(Failed | TimedOut)))
        .collect()
}

async fn confirm(context: &Context, forks: &Forks) -> Result<()> {
    let count = forks.can_be_forked();
    if !context.world.interactive || context.global.json {
        return Err(CommandError::ForksNotConfirmed { count }.into());
    }
    let stderr = &context.world.stderr;
    stderr.line(&forks.text());
    let question = format!(
        "\nWhat these states do is done again. Type `{count}` to start {}:",
        counted(count, "execution")
    );
    match confirmed(&context.world, &question, &count.to_string()).await {
        true => Ok(()),
        false => Err(CommandError::ForksNotConfirmed { count }.into()),
    }
}

async fn start(context: &Context, base: &mut Known, row: &mut Row, source: &Source) -> Result<()> {
    let ready = base.ready(source).await?;
    let version = base.version_arn(&ready);
    let arn = executions::start(&base.session.aws, &base.start(&version, source)).await?;
    row.fork = Some(Start::new(base, ready.version, source));
    row.name = Some(context.world.secrets.mask(&source.fork_name).into_owned());
    row.execution_arn = Some(arn);
    Ok(())
}

async fn watch(base: &Known, forks: &mut Forks) -> Result<()> {
    for row in &mut forks.forks {
        if let Some(arn) = &row.execution_arn {
            let run = executions::watch_to_end(&base.session.aws, arn, &|_| {}).await?;
            row.status = Some(run.status);
        }
    }
    Ok(())
}
