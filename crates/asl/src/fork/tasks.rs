//! The tasks that ran: which run again, and which do not.

use super::inside::Inside;
use crate::replay::{Entry, History, ROOT};

/// A task that ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    pub state: String,
    /// What it called.
    pub resource: String,
    pub times: usize,
}

/// Those that do not run again, and those that do.
pub(super) fn split(
    history: Option<&History>,
    at: Option<Entry>,
    inside: &Inside<'_>,
) -> (Vec<Called>, Vec<Called>) {
    let (mut ran, mut again) = (Vec::new(), Vec::new());
    let Some(history) = history else {
        return (ran, again);
    };
    for (entry, resource) in history.calls() {
        let runs_again = at.is_some_and(|at| runs_again(history, entry, at, inside));
        let list = if runs_again { &mut again } else { &mut ran };
        add(list, history.state(entry), resource);
    }
    (ran, again)
}

/// Whether what an entry did is done again, if the one in which it stands is.
fn runs_again(history: &History, entry: Entry, at: Entry, inside: &Inside<'_>) -> bool {
    let mut current = entry;
    let mut again = true;
    loop {
        if current.scope == ROOT {
            return current.visit > at.visit || (current.visit == at.visit && again);
        }
        let Some(around) = history.around(current.scope) else {
            return again;
        };
        if inside.entered.contains(&around) {
            let resumed = inside.resumed.get(&current.scope);
            again = resumed
                .is_some_and(|visit| current.visit > *visit || (current.visit == *visit && again));
        } else {
            again = true;
        }
        current = around;
    }
}

fn add(list: &mut Vec<Called>, state: &str, resource: &str) {
    let same = |called: &&mut Called| called.state == state && called.resource == resource;
    match list.iter_mut().find(same) {
        Some(called) => called.times += 1,
        None => list.push(Called {
            state: state.to_owned(),
            resource: resource.to_owned(),
            times: 1,
        }),
    }
}
