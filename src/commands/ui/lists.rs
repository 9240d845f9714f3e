//! The executions of a stage: listed once for all pages, and as far as something is new.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;
use aws_smithy_async::rt::sleep::AsyncSleep as _;
use futures_util::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::recent::Recent;
use super::stage::Stage;
use crate::aws::Class;
use crate::config::MachineName;
use crate::executions::{self, Listed};
use crate::page::{Current, Shared};

/// How long only what is new is read. Afterwards all is, since one that was redriven may be an old one.
const WHOLE: SignedDuration = SignedDuration::from_secs(60);

/// The lists that were read.
pub(super) struct Lists {
    /// How many of the newest executions of each state machine are looked at. AWS gives 1,000 in a call.
    pub limit: usize,
    /// Between two looks for all open pages.
    interval: Duration,
    shared: Rc<Shared<Listing>>,
    /// By stage; and when each was read whole.
    known: RefCell<Recent<(Timestamp, Rc<Listing>)>>,
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
            known: RefCell::default(),
        }
    }

    pub async fn read(&self, stage: &Stage, now: Timestamp) -> Result<Rc<Listing>> {
        let name = stage.name();
        if let Some(listing) = self.shared.newest(name) {
            return Ok(listing);
        }
        let recent = self.recent(name, now);
        let listing = Rc::new(read(stage, recent.as_deref(), self.limit).await?);
        let mut known = self.known.borrow_mut();
        let read = match known.get(name) {
            Some((read, _)) if recent.is_some() => read,
            _ => now,
        };
        known.put(name, (read, Rc::clone(&listing)));
        Ok(listing)
    }

    /// Whether this list is the newest one.
    pub fn current(&self, stage: &Stage, listing: &Rc<Listing>) -> Current {
        self.shared.current(stage.name(), listing)
    }

    /// Watches the list for all pages that show it.
    pub fn watch(&self, stage: &Rc<Stage>, now: Timestamp) -> watch::Receiver<Option<Rc<Listing>>> {
        let mut known = self.recent(stage.name(), now);
        let (limit, interval) = (self.limit, self.interval);
        let of = Rc::clone(stage);
        self.shared.watch(stage.name(), |publisher| async move {
            loop {
                // What AWS refuses is said when the page is read.
                if let Ok(listing) = read(&of, known.as_deref(), limit).await
                    && known.as_deref() != Some(&listing)
                {
                    let listing = Rc::new(listing);
                    publisher.publish(Rc::clone(&listing));
                    known = Some(listing);
                }
                of.session.aws.sleep.sleep(interval).await;
            }
        })
    }

    /// What is known, if it was not read whole too long ago.
    fn recent(&self, stage: &str, now: Timestamp) -> Option<Rc<Listing>> {
        let (read, listing) = self.known.borrow_mut().get(stage)?;
        (now.duration_since(read) < WHOLE).then_some(listing)
    }
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
