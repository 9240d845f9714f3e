//! EXPRESS executions that were started from the page. AWS keeps none, so they are known as long as the page is served.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::task::spawn_local;

use super::stage::Stage;
use crate::aws::AwsError;
use crate::config::{MachineName, StateMachineKind};
use crate::executions::{self, Listed, Run, Start, Status};
use crate::logs;

/// How many are remembered.
const REMEMBERED: usize = 100;

/// How long the log of one is waited for on AWS.
const LOG_PATIENCE: Duration = Duration::from_secs(20);

/// Those that were started, the newest last.
#[derive(Default)]
pub(super) struct Express(RefCell<Vec<Kept>>);

struct Kept {
    /// That of its page: AWS gives it another one, with an id.
    arn: String,
    /// With its secrets, to start it again.
    input: Value,
    definition: Rc<Value>,
    /// What is known of it, without secrets; or why it was not started.
    run: Result<Rc<Run>, AwsError>,
}

/// What is going to be started.
pub(super) struct NewExpress {
    pub machine: MachineName,
    /// The ARN of its version that is live.
    pub live: String,
    pub name: String,
    pub input: Value,
    pub now: Timestamp,
    pub is_local: bool,
}

impl Express {
    /// Starts one, which runs to its end on its own. `changed` hears of what becomes of it.
    pub async fn start(
        self: &Rc<Self>,
        stage: &Rc<Stage>,
        new: NewExpress,
        changed: &Rc<Notify>,
    ) -> Result<()> {
        let mut definition = executions::definition_of(&stage.session.aws, &new.live).await?;
        stage.secrets().mask_json(&mut definition);
        let arn = stage.session.stack.execution_arn(&new.machine, &new.name);
        self.keep(Kept {
            run: Ok(Rc::new(begun(&arn, &new).masked(stage.secrets()))),
            arn: arn.clone(),
            input: new.input.clone(),
            definition: Rc::new(definition),
        });
        let (express, stage, changed) = (Rc::clone(self), Rc::clone(stage), Rc::clone(changed));
        spawn_local(async move {
            let know = |run: Result<Run, AwsError>| {
                let run = run.map(|run| Rc::new(run.masked(stage.secrets())));
                express.put(&arn, run);
                changed.notify_waiters();
            };
            let ended = run(&stage, &new).await;
            know(ended.clone());
            if let Ok(ended) = ended
                && let Some(run) = with_states(&stage, &new, ended).await
            {
                know(Ok(run));
            }
        });
        Ok(())
    }

    /// What is known of an execution, if it was started from here.
    pub fn run(&self, arn: &str) -> Option<Result<Rc<Run>, AwsError>> {
        self.find(arn, |kept| kept.run.clone())
    }

    pub fn definition(&self, arn: &str) -> Option<Rc<Value>> {
        self.find(arn, |kept| Rc::clone(&kept.definition))
    }

    pub fn input(&self, arn: &str) -> Option<Value> {
        self.find(arn, |kept| kept.input.clone())
    }

    /// Those of a state machine, as a list shows them.
    pub fn listed(&self, stage: &Stage, machine: &MachineName) -> Vec<Listed> {
        let own = stage.session.stack.execution_arn(machine, "");
        let kept = self.0.borrow();
        let listed = kept.iter().rev().filter_map(|kept| {
            let name = kept.arn.strip_prefix(&own)?;
            let run = kept.run.as_ref().ok()?;
            Some(Listed {
                name: name.to_owned(),
                execution_arn: kept.arn.clone(),
                status: run.status,
                started: run.started,
                stopped: run.stopped,
                release: run.release,
                version: None,
                fork: false,
                redrives: 0,
            })
            .map(|listed| listed.of(machine))
        });
        listed.collect()
    }

    fn find<T>(&self, arn: &str, what: impl FnOnce(&Kept) -> T) -> Option<T> {
        let kept = self.0.borrow();
        kept.iter().find(|kept| kept.arn == arn).map(what)
    }

    fn keep(&self, new: Kept) {
        let mut kept = self.0.borrow_mut();
        if kept.len() == REMEMBERED {
            kept.remove(0);
        }
        kept.push(new);
    }

    fn put(&self, arn: &str, run: Result<Rc<Run>, AwsError>) {
        let mut kept = self.0.borrow_mut();
        if let Some(kept) = kept.iter_mut().find(|kept| kept.arn == arn) {
            kept.run = run;
        }
    }
}

async fn run(stage: &Stage, new: &NewExpress) -> Result<Run, AwsError> {
    let start = Start {
        state_machine_arn: &new.live,
        kind: StateMachineKind::Express,
        name: &new.name,
        input: &new.input,
    };
    executions::execute_sync(&stage.session.aws, &start).await
}

/// With the states that its log has, if it has any.
async fn with_states(stage: &Stage, new: &NewExpress, run: Run) -> Option<Run> {
    let (aws, stack) = (&stage.session.aws, &stage.session.stack);
    let group = stack.state_machine_log_group(&new.machine);
    let patience = if new.is_local {
        Duration::ZERO
    } else {
        LOG_PATIENCE
    };
    // One that may not be read leaves what is known.
    let recorded = logs::recorded(aws, group, &run, patience).await.ok()??;
    Some(Run {
        history: Some(executions::logged(&recorded)),
        ..run
    })
}

fn begun(arn: &str, new: &NewExpress) -> Run {
    Run {
        execution_arn: arn.to_owned(),
        input: Some(new.input.clone()),
        ..Run::begun(Status::Running, new.now)
    }
}
