//! Connections that have not asked for anything yet.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use tokio::sync::Notify;

/// All of them, by the order in which they came.
#[derive(Default)]
pub(super) struct Silent {
    waiting: RefCell<BTreeMap<u64, Rc<Notify>>>,
    came: Cell<u64>,
}

impl Silent {
    /// One that has just come.
    pub fn add(self: &Rc<Self>) -> Heard {
        let number = self.came.get();
        self.came.set(number + 1);
        let dropped = Rc::new(Notify::new());
        { self.waiting.borrow_mut() }.insert(number, Rc::clone(&dropped));
        Heard {
            of: Rc::clone(self),
            number,
            dropped,
        }
    }

    /// Ends the oldest, if there is one.
    pub fn drop_oldest(&self) {
        if let Some((_, oldest)) = self.waiting.borrow_mut().pop_first() {
            oldest.notify_one();
        }
    }
}

/// One connection.
pub(super) struct Heard {
    of: Rc<Silent>,
    number: u64,
    dropped: Rc<Notify>,
}

impl Heard {
    /// From now on it keeps its place.
    pub fn says_something(&self) {
        self.of.waiting.borrow_mut().remove(&self.number);
    }

    /// When another one needs its place.
    pub async fn is_dropped(&self) {
        self.dropped.notified().await;
    }
}

impl Drop for Heard {
    fn drop(&mut self) {
        self.says_something();
    }
}
