//! Watches a canary to its end.

use std::mem::discriminant;
use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_smithy_async::rt::sleep::AsyncSleep as _;
use jiff::Timestamp;

use super::details::details;
use super::look::{Looked, look};
use super::report::{CanaryReport, Outcome};
use super::reroute::{go_on, promote, route_back};
use super::running::{Running, settled};
use crate::canary::{Look, Verdict};
use crate::commands::context::{Context, Session};
use crate::commands::error::CommandError;
use crate::executions::{OnAlias, between};
use crate::report::Event;
use crate::resources::{self, AliasState};

/// The pause between two looks, of which each needs two calls.
const PAUSE: Duration = Duration::from_secs(10);

/// How often a look may fail in a row.
const FAILURES: usize = 5;

/// How long nothing is said if nothing else happens.
const SILENCE: Duration = Duration::from_secs(60);

/// Looks, and does what the verdict says, until all executions get one release.
pub async fn watch<D>(
    context: &Context,
    session: &Session<D>,
    running: Running,
) -> Result<CanaryReport> {
    let mut watching = Watching {
        context,
        session,
        running,
        executions: OnAlias::default(),
        told: None,
        failures: 0,
    };
    loop {
        if let Some(report) = watching.step().await? {
            return Ok(report);
        }
    }
}

/// What one look has seen.
enum Sight {
    Seen(Box<Look>, AliasState),
    /// A read failed, and is tried again.
    Failed,
    /// The stage was destroyed.
    Gone,
}

struct Watching<'a, D> {
    context: &'a Context,
    session: &'a Session<D>,
    running: Running,
    executions: OnAlias,
    /// What was reported last, and when.
    told: Option<(Look, Timestamp)>,
    failures: usize,
}

impl<D> Watching<'_, D> {
    /// One look, and what follows from it. Gives the report once the canary has ended.
    async fn step(&mut self) -> Result<Option<CanaryReport>> {
        let (look, alias) = match self.look().await? {
            Sight::Seen(look, alias) => (*look, alias),
            Sight::Failed => return self.pause().await.map(|()| None),
            Sight::Gone => {
                let stack = &self.session.stack;
                let outcome = Outcome::Overtaken;
                let mut report = CanaryReport::new(self.context, stack, &self.running, outcome);
                report.lead_to(&AliasState::default());
                return Ok(Some(report));
            }
        };
        if !self.running.holds(&alias) {
            return self.overtaken(look).await;
        }
        self.tell(&look);
        let Self {
            context,
            session,
            running,
            ..
        } = self;
        let outcome = match &look.verdict {
            Verdict::Wait(_) => return self.pause().await.map(|()| None),
            Verdict::Continue => {
                let now = (session.aws.now)();
                let Some(next) = running.canary.next(now) else {
                    return Ok(None);
                };
                let label = go_on(context, session, running, next).await?;
                if let Some(next) = Running::described(label) {
                    self.running = next;
                }
                return Ok(None);
            }
            Verdict::Promote => {
                promote(context, session, running).await?;
                Outcome::Promoted
            }
            Verdict::RouteBack(_) => {
                route_back(context, session, running).await?;
                Outcome::RoutedBack
            }
        };
        self.report(outcome, look).await.map(Some)
    }

    /// The alias is read after the executions, right before it may be written.
    async fn look(&mut self) -> Result<Sight> {
        let Session { aws, stack, .. } = self.session;
        let reads = async {
            let look = look(self.session, &self.running, &mut self.executions).await?;
            let alias = resources::live(aws, stack).await?;
            anyhow::Ok((look, alias.unwrap_or_default()))
        };
        let read = tokio::select! {
            biased;
            () = self.context.world.interruption() => return Err(self.interrupted()),
            read = reads => read,
        };
        match read {
            Ok(looked) => {
                self.failures = 0;
                let (look, alias) = looked;
                Ok(Sight::Seen(Box::new(look), alias))
            }
            // Without a state machine there are no executions to be listed.
            Err(_) if matches!(resources::live(aws, stack).await, Ok(None)) => Ok(Sight::Gone),
            Err(error) if self.failures < FAILURES => {
                self.failures += 1;
                let text = format!("the canary cannot be looked at, and is once more: {error:#}");
                self.context.printer.note(&text);
                Ok(Sight::Failed)
            }
            Err(error) => {
                let live = self.running.alias().shown();
                Err(error).with_context(|| {
                    format!("the canary is no longer watched; `live` stays split: {live}")
                })
            }
        }
    }

    async fn pause(&self) -> Result<()> {
        tokio::select! {
            biased;
            () = self.context.world.interruption() => Err(self.interrupted()),
            () = self.session.aws.sleep.sleep(PAUSE) => Ok(()),
        }
    }

    /// Somebody has moved the alias, unless AWS still showed what was before, or another `txflow` does the same.
    async fn overtaken(&mut self, look: Look) -> Result<Option<CanaryReport>> {
        let running = self.running.clone();
        let alias = settled(self.session, |alias| running.holds(alias)).await?;
        let alias = alias.unwrap_or_default();
        match Running::of(alias.clone()) {
            Some(same) if same.is_same_as(&running) => {
                self.running = same;
                Ok(None)
            }
            _ => {
                let mut report = self.report(Outcome::Overtaken, look).await?;
                report.lead_to(&alias);
                Ok(Some(report))
            }
        }
    }

    fn tell(&mut self, look: &Look) {
        let now = (self.session.aws.now)();
        let is_new = self.told.as_ref().is_none_or(|(told, at)| {
            told.step != look.step
                || discriminant(&told.verdict) != discriminant(&look.verdict)
                || between(*at, now) >= SILENCE
        });
        if is_new {
            self.told = Some((look.clone(), now));
        }
        let look = Box::new(look.clone());
        self.context.printer.report(&match is_new {
            true => Event::CanaryLooked(look),
            false => Event::CanaryLookedAgain(look),
        });
    }

    async fn report(&self, outcome: Outcome, look: Look) -> Result<CanaryReport> {
        let Self {
            context, session, ..
        } = self;
        let mut report = CanaryReport::new(context, &session.stack, &self.running, outcome);
        let details = details(context, session, &self.running, &self.executions).await;
        report.add(Looked { look, details });
        Ok(report)
    }

    fn interrupted(&self) -> anyhow::Error {
        let command = |command| self.context.global.same_stack(command);
        CommandError::CanaryInterrupted {
            live: self.running.alias().shown(),
            watch: command("txflow canary watch"),
            promote: command("txflow canary promote"),
            abort: command("txflow canary abort"),
        }
        .into()
    }
}
