//! The definition that is forked: the one that is live.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::Value;
use txflow_asl::Arn;
use txflow_asl::fork::{Fork, ForkError, Wanted, fork};
use txflow_asl::replay::{History, Redaction};

use super::cannot::{cannot, unreadable};
use crate::aws::Class;
use crate::commands::context::{Context, Session};
use crate::commands::error::CommandError;
use crate::commands::redaction::{hide, redaction};
use crate::commands::release;
use crate::config::{MachineName, StateMachineKind};
use crate::executions::{self, Family, Listed, Start};
use crate::plan::{Foreign, Refusal};
use crate::resources::{self, ForkLabel, Release, StateMachineState};

/// A state machine with the release that is live.
pub(super) struct Base<D> {
    pub session: Session<D>,
    pub machine: MachineName,
    pub version: u64,
    /// What is not shown of executions.
    pub redaction: Redaction,
    release: Release,
    state: StateMachineState,
}

/// An execution that can be forked.
pub(super) struct Source {
    pub name: Option<String>,
    /// That of the execution which is started.
    pub fork_name: String,
    pub fork: Fork,
}

/// A fork that is about to start.
pub(super) struct Ready {
    pub version: u64,
}

impl<D> Base<D> {
    pub async fn read(
        context: &Context,
        session: Session<D>,
        machine: MachineName,
    ) -> Result<Self> {
        let (aws, stack) = (&session.aws, &session.stack);
        let state = resources::read_state_machine(aws, stack, &machine).await?;
        let Some(state) = state.filter(|state| !state.deleting) else {
            return Err(context.not_deployed_here(&session).await.into());
        };
        if let Some(foreign) = Foreign::state_machine(stack, &state) {
            return Err(Refusal::Foreign(vec![foreign]).into());
        }
        let version = current(context, &session, &machine, &state).await?;
        let release = resources::release(aws, stack, &machine, version).await?;
        let redaction = redaction(&session.config.redact, &release.definition)?;
        Ok(Self {
            redaction,
            session,
            machine,
            version,
            release,
            state,
        })
    }

    pub fn kind(&self) -> StateMachineKind {
        self.release.settings.kind
    }

    /// What it takes to fork a recorded execution, if there are these.
    pub async fn source(
        &self,
        context: &Context,
        listed: &[Listed],
        arn: &str,
        from: Option<&str>,
        input: Option<Value>,
    ) -> Result<Source> {
        let tried = self.tried(context, listed, arn, from, input).await?;
        Ok(tried.map_err(|error| cannot(context, Arn::execution_name(arn), &error))?)
    }

    /// The same, or why it cannot be forked so.
    pub async fn tried(
        &self,
        context: &Context,
        listed: &[Listed],
        arn: &str,
        from: Option<&str>,
        input: Option<Value>,
    ) -> Result<Result<Source, ForkError>> {
        let aws = &self.session.aws;
        let recorded = executions::recorded(aws, arn).await?;
        hide(&self.redaction, &recorded, &context.world.secrets);
        let name = Arn::execution_name(arn).to_owned();
        let history =
            History::read(recorded).map_err(|obstacle| unreadable(&name, obstacle.to_string()))?;
        let forked = executions::is_fork(&name);
        let ran = match forked {
            true => Some(executions::definition(aws, arn).await?),
            false => None,
        };
        let wanted = Wanted {
            from,
            input,
            forked,
            ran: ran.as_ref(),
        };
        let fork = match fork(&self.release.definition, Some(&history), wanted) {
            Ok(fork) => fork,
            Err(error) => return Ok(Err(error)),
        };
        let family = Family::of(&name);
        let names = listed.iter().map(|one| one.name.as_str());
        Ok(Ok(Source {
            fork_name: family.fork(family.next(names)),
            name: Some(name),
            fork,
        }))
    }

    /// The same without an execution.
    pub fn without_execution(
        &self,
        context: &Context,
        from: &str,
        input: Value,
    ) -> Result<Source, CommandError> {
        let wanted = Wanted {
            from: Some(from),
            input: Some(input),
            ..Wanted::default()
        };
        let fork = fork(&self.release.definition, None, wanted)
            .map_err(|error| cannot(context, from, &error))?;
        let name = format!("txflow-{}", context.world.random.uuid());
        Ok(Source {
            name: None,
            fork_name: Family::of(&name).fork(1),
            fork,
        })
    }

    /// Finishes what a fork left that was cut off, and removes the versions that no fork uses any longer.
    pub async fn tidy(&mut self) -> Result<()> {
        let Session { aws, stack, .. } = &self.session;
        if self.state.left_by_fork.is_some() {
            self.state.restore(aws, stack, &self.machine).await?;
        }
        self.state
            .remove_unused_forks(aws, stack, &self.machine)
            .await?;
        Ok(())
    }

    /// Publishes the version that the fork starts on; that of the release does if it starts there.
    pub async fn ready(&mut self, source: &Source) -> Result<Ready> {
        let fork = &source.fork;
        if fork.definition == self.release.definition {
            let version = self.version;
            return Ok(Ready { version });
        }
        let label = ForkLabel {
            of: self.version,
            state: fork.state.clone(),
        };
        let Session { aws, stack, .. } = &self.session;
        let published = (&label, &fork.definition);
        let publish =
            { &mut self.state }.publish_fork(aws, stack, &self.machine, &self.release, published);
        let version = publish.await?;
        Ok(Ready { version })
    }

    pub fn version_arn(&self, ready: &Ready) -> String {
        let machine = self.session.stack.state_machine_arn(&self.machine);
        format!("{machine}:{}", ready.version)
    }

    pub fn start<'a>(&self, arn: &'a str, source: &'a Source) -> Start<'a> {
        Start {
            state_machine_arn: arn,
            kind: self.kind(),
            name: &source.fork_name,
            input: &source.fork.input,
        }
    }
}

/// How many of the newest executions are looked at.
const LOOKED_AT: usize = 1000;

/// The newest executions of a state machine.
pub(super) async fn listed<D>(
    context: &Context,
    session: &Session<D>,
    machine: &MachineName,
) -> Result<Vec<Listed>> {
    let (aws, stack) = (&session.aws, &session.stack);
    match executions::list(aws, stack, machine, None, LOOKED_AT).await {
        Err(error) if error.class == Class::NotFound => {
            Err(context.not_deployed_here(session).await.into())
        }
        listed => Ok(listed?),
    }
}

/// The version that callers get; of several, the one that most of them get.
async fn current<D>(
    context: &Context,
    session: &Session<D>,
    machine: &MachineName,
    state: &StateMachineState,
) -> Result<u64> {
    let not_deployed = || context.not_deployed(&session.stack);
    if *machine == MachineName::Main {
        let routing = state.alias.iter().flat_map(|alias| &alias.routing);
        let most = routing.max_by_key(|(version, weight)| (*weight, *version));
        return Ok(most.map(|(version, _)| *version).ok_or_else(not_deployed)?);
    }
    let live = resources::live(&session.aws, &session.stack).await?;
    let routing = live.iter().flat_map(|alias| &alias.routing);
    let most = routing.max_by_key(|(version, weight)| (*weight, *version));
    let (main, _) = most.ok_or_else(not_deployed)?;
    let main = format!(
        "{}:{main}",
        session.stack.state_machine_arn(&MachineName::Main)
    );
    let wanted = BTreeSet::from([machine.clone()]);
    let beside = release::beside(context, session, wanted, &main).await?;
    let arn = beside.get(machine).ok_or_else(not_deployed)?;
    Ok(Arn::version_in(arn).ok_or_else(not_deployed)?)
}
