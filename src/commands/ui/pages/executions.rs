//! The executions of a stage.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::str::FromStr as _;
use std::time::Duration;

use anyhow::Result;
use aws_smithy_async::rt::sleep::AsyncSleep as _;
use futures_util::future::try_join_all;
use jiff::{SignedDuration, Timestamp};

use crate::aws::Class;
use crate::commands::logs::Since;
use crate::commands::ui::problem::problem_of;
use crate::commands::ui::site::{Call, Ui};
use crate::commands::ui::stage::Stage;
use crate::config::{MachineName, StateMachineKind};
use crate::executions::{self, Listed};
use crate::page::view::Section;
use crate::page::view::executions::{Filters, List, Row, list as view};
use crate::page::{Fields, Reply, Shared, Url, changes};

/// How many of the newest executions of each state machine are looked at. AWS gives 1,000 in a call.
const LOOKED_AT_LOCALLY: usize = 10_000;
const LOOKED_AT_ON_AWS: usize = 1000;

/// Between two looks for all open pages.
const LOCAL_INTERVAL: Duration = Duration::from_secs(1);
const AWS_INTERVAL: Duration = Duration::from_secs(5);

/// The lists that were read.
#[derive(Default)]
pub(in crate::commands::ui) struct Executions {
    shared: Rc<Shared<Listing>>,
    /// What was read whole, and when.
    known: RefCell<BTreeMap<String, (Timestamp, Rc<Listing>)>>,
}

/// How long only what is new is read. Afterwards all is, since one that was redriven may be an old one.
const WHOLE: SignedDuration = SignedDuration::from_secs(60);

/// The executions of a stage, the newest first.
#[derive(Debug, PartialEq)]
pub(in crate::commands::ui) struct Listing {
    machines: BTreeMap<MachineName, Vec<Listed>>,
}

/// The list, by the filters of the query.
pub(in crate::commands::ui) async fn list(ui: &Ui, call: &Call<'_>) -> Result<Reply> {
    let stage = &call.stage;
    let listing = match ui.executions.shared.newest(stage.name()) {
        Some(listing) => listing,
        None => ui.executions.read(ui, stage).await?,
    };
    let now = ui.now();
    let (filters, wrong) = filters(&call.request.query, now);
    let main = listing.machines.get(&MachineName::Main);
    let missing = match main.is_none() && !is_express(stage, &MachineName::Main) {
        true => {
            let error = stage.context.not_deployed_here(&stage.session).await;
            Some(problem_of(&error.into()))
        }
        false => None,
    };
    let names = stage.session.config.state_machines.names();
    let machines: Vec<(MachineName, String)> = names
        .map(|machine| {
            let name = stage.session.stack.state_machine_name(&machine);
            (machine, name)
        })
        .collect();
    let rows = machines.iter().flat_map(|(machine, name)| {
        let listed = listing.machines.get(machine);
        listed.into_iter().flatten().map(move |listed| Row {
            machine: name,
            listed,
        })
    });
    let looked_at = looked_at(ui);
    let list = List {
        cut: { listing.machines.values() }
            .any(|listed| listed.len() >= looked_at)
            .then_some(looked_at),
        express: { machines.iter() }
            .filter(|(machine, _)| is_express(stage, machine))
            .map(|(_, name)| name.as_str())
            .collect(),
        machines: machines.iter().map(|(_, name)| name.as_str()).collect(),
        rows: rows.collect(),
        page: call.request.query.number("page").unwrap_or(1),
        url: stage.url(["executions"]),
        execution_url: &|machine, name| stage.execution_url(machine, name),
        wrong,
        missing,
        filters,
        now,
    };
    let live = stage.url(["live", "executions"]);
    let content = view(list);
    Ok(ui.live_page(
        call,
        Section::Executions,
        "Executions",
        Some(live),
        &content,
    ))
}

/// Tells each change of the list.
pub(in crate::commands::ui) async fn live(ui: &Ui, call: &Call<'_>) -> Result<Reply> {
    let stage = Rc::clone(&call.stage);
    let interval = if ui.is_local() {
        LOCAL_INTERVAL
    } else {
        AWS_INTERVAL
    };
    let limit = looked_at(ui);
    let known = ui.executions.recent(stage.name(), ui.now());
    let newest = ui.executions.shared.watch(stage.name(), |publisher| {
        let stage = Rc::clone(&stage);
        async move {
            let mut known = known;
            loop {
                // What AWS refuses is said when the page is read.
                if let Ok(listing) = read(&stage, known.as_deref(), limit).await
                    && known.as_deref() != Some(&listing)
                {
                    let listing = Rc::new(listing);
                    publisher.publish(Rc::clone(&listing));
                    known = Some(listing);
                }
                stage.session.aws.sleep.sleep(interval).await;
            }
        }
    });
    Ok(Reply::events(changes(newest)))
}

impl Executions {
    async fn read(&self, ui: &Ui, stage: &Stage) -> Result<Rc<Listing>> {
        let (name, now) = (stage.name(), ui.now());
        let recent = self.recent(name, now);
        let listing = Rc::new(read(stage, recent.as_deref(), looked_at(ui)).await?);
        let mut known = self.known.borrow_mut();
        let read = match known.get(name) {
            Some((read, _)) if recent.is_some() => *read,
            _ => now,
        };
        known.insert(name.to_owned(), (read, Rc::clone(&listing)));
        Ok(listing)
    }

    /// What is known, if it was not read whole too long ago.
    fn recent(&self, stage: &str, now: Timestamp) -> Option<Rc<Listing>> {
        let known = self.known.borrow();
        let (read, listing) = known.get(stage)?;
        (now.duration_since(*read) < WHOLE).then(|| Rc::clone(listing))
    }
}

fn looked_at(ui: &Ui) -> usize {
    match ui.is_local() {
        true => LOOKED_AT_LOCALLY,
        false => LOOKED_AT_ON_AWS,
    }
}

fn is_express(stage: &Stage, machine: &MachineName) -> bool {
    let kind = stage.session.config.state_machines.get(machine);
    kind == Some(&StateMachineKind::Express)
}

/// A state machine that is not deployed has no list; neither has one that AWS lists no executions of.
async fn read(stage: &Stage, known: Option<&Listing>, limit: usize) -> Result<Listing> {
    let (aws, stack) = (&stage.session.aws, &stage.session.stack);
    let machines = stage.session.config.state_machines.names();
    let machines = machines.filter(|machine| !is_express(stage, machine));
    let lists = machines.map(async |machine| {
        let known = known.and_then(|known| known.machines.get(&machine));
        let listed = match known {
            Some(known) => executions::list_again(aws, stack, &machine, known, limit).await,
            None => executions::list(aws, stack, &machine, None, limit).await,
        };
        match listed {
            Err(error) if [Class::NotFound, Class::NotSupported].contains(&error.class) => Ok(None),
            Err(error) => Err(error),
            Ok(listed) => Ok(Some((machine, listed))),
        }
    });
    let lists = try_join_all(lists).await?;
    Ok(Listing {
        machines: lists.into_iter().flatten().collect(),
    })
}

/// The filters, and the names of those that could not be read.
fn filters(query: &Fields, now: Timestamp) -> (Filters, Vec<(&'static str, String)>) {
    let mut wrong = Vec::new();
    let mut time = |name: &'static str| {
        let text = query.get(name)?;
        match Since::from_str(text) {
            Ok(since) => Some(since.time(now)),
            Err(cause) => {
                wrong.push((name, cause.to_string()));
                None
            }
        }
    };
    let (since, until) = (time("since"), time("until"));
    let text = |name: &str| query.get(name).map(str::to_owned);
    let filters = Filters {
        machine: text("machine"),
        status: text("status"),
        name: text("name"),
        since: text("since"),
        until: text("until"),
        from: since,
        to: until,
    };
    (filters, wrong)
}

impl Stage {
    /// The page of an execution.
    pub fn execution_url(&self, machine: &str, name: &str) -> Url {
        self.url(["executions", machine, name])
    }
}
