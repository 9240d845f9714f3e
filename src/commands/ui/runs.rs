//! Executions that are looked at: read once for all pages, and as far as something is new.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;
use aws_smithy_async::rt::sleep::AsyncSleep as _;
use serde_json::Value;
use tokio::sync::Notify;
use txflow_asl::Arn;

use super::express::{Express, NewExpress};
use super::problem::{Missing, problem_of};
use super::recent::Recent;
use super::stage::Stage;
use crate::aws::AwsError;
use crate::config::MachineName;
use crate::executions::{self, MapChildren, ReadAgain, Run};
use crate::page::{Current, Looks, PATIENCE, Shared};

/// Between two looks for all open pages: at first, and later.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// After the end, in case that somebody redrives it.
const ENDED_PAUSE: Duration = Duration::from_secs(10);

/// What AWS recommends to put into the input of an execution that a state starts.
const STARTED_BY: &str = "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID";
const MOST_PARENTS: usize = 10_000;

/// An execution as it was seen last. `None` if AWS does not have it any more.
type Seen = Option<Rc<Run>>;

/// The executions that were read, without their secrets.
#[derive(Default)]
pub(super) struct Runs {
    shared: Rc<Shared<Seen>>,
    read: RefCell<Recent<Rc<Run>>>,
    definitions: RefCell<Recent<Rc<Value>>>,
    /// The ARNs of executions by those that they started, as far as both were seen here: AWS does not tell.
    parents: RefCell<BTreeMap<String, String>>,
    pub(super) express: Rc<Express>,
    /// Wakes all that look at an execution.
    changed: Rc<Notify>,
}

/// An execution of the account, as the path of its page names it.
pub(super) struct Named {
    pub arn: String,
    /// The state machine of the stack that it is of.
    pub machine: Option<MachineName>,
}

impl Named {
    /// `machine` is the name in the ARN, for a child execution of a Map Run with its label.
    pub fn new(stage: &Stage, machine: &str, name: &str) -> Self {
        let stack = &stage.session.stack;
        let own = stack.state_machine_arn(&MachineName::Main);
        let resource = format!("execution:{machine}:{name}");
        let arn = Arn::parse(&own).map(|own| own.with_resource(&resource).to_string());
        Self {
            // The stack's own ARN is one.
            arn: arn.unwrap_or_default(),
            machine: { stack.state_machine_named(machine) }
                .filter(|machine| stage.session.config.state_machines.get(machine).is_some()),
        }
    }
}

impl Runs {
    /// The execution as it stands now, with those that its states started.
    pub async fn read(&self, stage: &Stage, arn: &str) -> Result<Rc<Run>> {
        if let Some(run) = self.express.run(arn) {
            return Ok(run?);
        }
        if stage.is_of_express(arn) {
            let text = "AWS keeps no executions of an EXPRESS state machine. This page has those that were started from it since it is served.";
            return Err(Missing(text.to_owned()).into());
        }
        match self.shared.newest(arn).as_deref() {
            Some(Some(run)) => Ok(Rc::clone(run)),
            Some(None) => Err(gone(arn).into()),
            None => self.look(stage, arn).await,
        }
    }

    /// Starts one of an EXPRESS state machine.
    pub async fn start_express(&self, stage: &Rc<Stage>, new: NewExpress) -> Result<()> {
        self.express.start(stage, new, &self.changed).await
    }

    /// Tells whether this is still the newest look at the execution.
    pub fn current(&self, arn: &str, run: &Rc<Run>) -> Current {
        let (shared, arn, run) = (Rc::clone(&self.shared), arn.to_owned(), Rc::clone(run));
        Box::new(move || match shared.newest(&arn).as_deref() {
            Some(Some(newest)) => Rc::ptr_eq(newest, &run),
            Some(None) | None => false,
        })
    }

    /// Looks at an execution that was just changed from here, for all pages that show it.
    pub async fn refresh(&self, stage: &Stage, arn: &str) -> Result<Rc<Run>> {
        let run = self.look(stage, arn).await?;
        self.shared.publish(arn, &Rc::new(Some(Rc::clone(&run))));
        self.changed.notify_waiters();
        Ok(run)
    }

    fn know_children(&self, run: &Run) {
        let of_map_runs = run.map_runs.iter().flat_map(|map_run| &map_run.children);
        for child in run
            .children
            .iter()
            .map(|child| &child.run)
            .chain(of_map_runs)
        {
            self.know_child(&child.execution_arn, &run.execution_arn);
            self.know_children(child);
        }
    }

    /// Keeps which execution has started another one.
    pub fn know_child(&self, child: &str, parent: &str) {
        let mut parents = self.parents.borrow_mut();
        if parents.len() >= MOST_PARENTS {
            parents.pop_first();
        }
        parents.insert(child.to_owned(), parent.to_owned());
    }

    /// The ARN of the execution that started this one, if that is known or its input says so.
    pub fn parent(&self, run: &Run) -> Option<String> {
        let known = self.parents.borrow().get(&run.execution_arn).cloned();
        let said = || run.input.as_ref()?[STARTED_BY].as_str().map(str::to_owned);
        known.or_else(said)
    }

    async fn look(&self, stage: &Stage, arn: &str) -> Result<Rc<Run>> {
        let known = self.read.borrow_mut().get(arn);
        let run = look(stage, arn, known).await?.ok_or_else(|| gone(arn))?;
        self.know_children(&run);
        self.read.borrow_mut().put(arn, Rc::clone(&run));
        Ok(run)
    }

    /// Watches it for all pages that show it.
    pub fn watch(&self, stage: &Rc<Stage>, arn: &str) -> Looks<Seen> {
        let known = self.read.borrow_mut().get(arn);
        let (stage, of) = (Rc::clone(stage), arn.to_owned());
        let (changed, express) = (Rc::clone(&self.changed), Rc::clone(&self.express));
        self.shared.watch(arn, |publisher| async move {
            let mut known = known;
            let mut is_told = false;
            let mut pause = SHORTEST_PAUSE;
            loop {
                let seen = match express.run(&of) {
                    // Why it was not started is said when the page is read.
                    Some(run) => run.ok().map(Some),
                    None => {
                        let patience = stage.session.aws.sleep.sleep(PATIENCE);
                        let look = look(&stage, &of, known.clone());
                        match publisher.look(patience, look).await {
                            Ok(seen) => Some(seen),
                            Err(error) => {
                                publisher.fail(problem_of(&error.into(), stage.secrets()).line());
                                None
                            }
                        }
                    }
                };
                let ended = matches!(&seen, Some(Some(run)) if run.is_over());
                if let Some(seen) = seen
                    && (publisher.has_failed() || seen != known || !is_told && seen.is_none())
                {
                    publisher.publish(Rc::new(seen.clone()));
                    is_told = true;
                    known = seen;
                }
                let wait = if ended { ENDED_PAUSE } else { pause };
                tokio::select! {
                    () = stage.session.aws.sleep.sleep(wait) => {}
                    () = changed.notified() => pause = SHORTEST_PAUSE,
                }
                pause = (pause * 3 / 2).min(LONGEST_PAUSE);
            }
        })
    }

    /// The definition that it runs, which never changes.
    pub async fn definition(&self, stage: &Stage, arn: &str) -> Result<Rc<Value>> {
        if let Some(known) = self.express.definition(arn) {
            return Ok(known);
        }
        if let Some(known) = self.definitions.borrow_mut().get(arn) {
            return Ok(known);
        }
        let mut definition = executions::definition(&stage.session.aws, arn).await?;
        stage.secrets().mask_json(&mut definition);
        let definition = Rc::new(definition);
        let mut definitions = self.definitions.borrow_mut();
        definitions.put(arn, Rc::clone(&definition));
        Ok(definition)
    }
}

/// An execution as views show it: that of [`Runs`] is asked for by its names.
pub(super) fn shown(stage: &Stage, run: &Rc<Run>) -> Rc<Run> {
    match stage.secrets().is_empty() {
        true => Rc::clone(run),
        false => Rc::new((**run).clone().with_masked_names(stage.secrets())),
    }
}

/// Its stack may have been destroyed meanwhile.
fn gone(arn: &str) -> Missing {
    let name = Arn::execution_name(arn);
    Missing(format!(
        "There is no execution `{name}`, or AWS no longer keeps it."
    ))
}

/// A look at an execution. Those that it started are read until all have ended, and once more.
async fn look(
    stage: &Stage,
    arn: &str,
    known: Option<Rc<Run>>,
) -> Result<Option<Rc<Run>>, AwsError> {
    let aws = &stage.session.aws;
    let read = match &known {
        None => executions::read(aws, arn).await?,
        Some(known) => match executions::read_again(aws, known).await? {
            ReadAgain::Same if known.is_over() => return Ok(Some(Rc::clone(known))),
            ReadAgain::Same => Some(Run::clone(known)),
            ReadAgain::Now(run) => Some(*run),
            ReadAgain::Gone => None,
        },
    };
    let Some(run) = read else {
        return Ok(None);
    };
    let run = executions::with_children_again(aws, run, known.as_deref(), MapChildren::Few).await?;
    Ok(Some(Rc::new(run.masked(stage.secrets()))))
}
