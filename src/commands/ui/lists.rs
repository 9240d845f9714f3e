//! The executions of a stage: listed once for all pages, and as far as something is new.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;
use aws_smithy_async::rt::sleep::AsyncSleep as _;
use futures_util::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::problem::problem_of;
use super::recent::Recent;
use super::stage::Stage;
use crate::aws::Class;
use crate::config::MachineName;
use crate::executions::{self, Listed};
use crate::page::{Current, Looks, PATIENCE, Shared};

/// How long only what is new is read. Afterwards all is, since one that was redriven may be an old one.
const WHOLE: SignedDuration = SignedDuration::from_secs(60);

/// The lists that were read.
pub(super) struct Lists {
    /// How many of the newest executions of each state machine are looked at. AWS gives 1,000 in a call.
    pub limit: usize,
    /// Between two looks for all open pages.
    pub interval: Duration,
    shared: Rc<Shared<Listing>>,
    /// By stage.
    known: Rc<RefCell<Recent<Known>>>,
    /// Those who ask at once look one after the other, and take what one of them has seen meanwhile.
    looking: Mutex<()>,
}

#[derive(Clone)]
struct Known {
    listing: Rc<Listing>,
    /// When this look began.
    began: Timestamp,
    /// When all was read.
    whole: Timestamp,
}

/// The executions of a stage, the newest first. A state machine that is not deployed has none, nor has an EXPRESS one.
#[derive(Debug, PartialEq)]
pub(super) struct Listing {
    pub machines: BTreeMap<MachineName, Vec<Listed>>,
}

impl Lists {
    pub fn new(is_local: bool) -> Self {
        let (limit, seconds) = if is_local { (10_000, 1) } else { (1000, 5) };
        Self {
            limit,
            interval: Duration::from_secs(seconds),
            shared: Rc::default(),
            known: Rc::default(),
            looking: Mutex::default(),
        }
    }

    /// The list as it stands now.
    pub async fn read(&self, stage: &Stage, now: Timestamp) -> Result<Rc<Listing>> {
        if let Some(listing) = self.shared.newest(stage.name()) {
            return Ok(listing);
        }
        let _one = self.looking.lock().await;
        let known = self.known.borrow_mut().get(stage.name());
        let meanwhile = known.and_then(|known| {
            let since = known.began > now;
            since.then_some(known.listing)
        });
        match meanwhile {
            Some(listing) => Ok(listing),
            None => look(stage, &self.known, self.limit).await,
        }
    }

    /// Whether this list is the newest one.
    pub fn current(&self, stage: &Stage, listing: &Rc<Listing>) -> Current {
        self.shared.current(stage.name(), listing)
    }

    /// Watches the list for all pages that show it.
    pub fn watch(&self, stage: &Rc<Stage>) -> Looks<Listing> {
        let (limit, interval) = (self.limit, self.interval);
        let (of, known) = (Rc::clone(stage), Rc::clone(&self.known));
        self.shared.watch(stage.name(), |publisher| async move {
            let read = known.borrow_mut().get(of.name());
            let read = read.map(|known| known.listing);
            if let Some(read) = &read {
                publisher.know(Rc::clone(read));
            }
            let mut seen = read;
            loop {
                let patience = of.session.aws.sleep.sleep(PATIENCE);
                match publisher.look(patience, look(&of, &known, limit)).await {
                    Ok(listing) => {
                        let is_same = |seen: &Rc<Listing>| Rc::ptr_eq(seen, &listing);
                        if publisher.has_failed() || !seen.as_ref().is_some_and(is_same) {
                            publisher.publish(Rc::clone(&listing));
                            seen = Some(listing);
                        }
                    }
                    Err(error) => publisher.fail(problem_of(&error, of.secrets()).line()),
                }
                of.session.aws.sleep.sleep(interval).await;
            }
        })
    }
}

/// Reads what is new, or all if that was not done for too long. If nothing has changed, it is the list that is known.
async fn look(stage: &Stage, all: &RefCell<Recent<Known>>, limit: usize) -> Result<Rc<Listing>> {
    let began = (stage.context.world.now)();
    let known = all.borrow_mut().get(stage.name());
    let known = known.map(|known| (known.listing, known.whole));
    let (known, whole) = known.unzip();
    let whole = whole.filter(|whole| began.duration_since(*whole) < WHOLE);
    let recent = known.as_deref().filter(|_| whole.is_some());
    let listing = read(stage, recent, limit).await?;
    let listing = match known {
        Some(known) if *known == listing => known,
        _ => Rc::new(listing),
    };
    let known = Known {
        listing: Rc::clone(&listing),
        began,
        whole: whole.unwrap_or(began),
    };
    all.borrow_mut().put(stage.name(), known);
    Ok(listing)
}

async fn read(stage: &Stage, known: Option<&Listing>, limit: usize) -> Result<Listing> {
    let (aws, stack) = (&stage.session.aws, &stage.session.stack);
    let machines = stage.session.config.state_machines.names();
    let machines = machines.filter(|machine| !stage.is_express(machine));
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
