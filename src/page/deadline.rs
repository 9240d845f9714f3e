//! The time that a client has.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// How long a client may take to send a request, and to take each part of the answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// AWS has its own limits.
const FAR: Duration = Duration::from_secs(3600);

/// When a connection is cut. Clones share it.
#[derive(Clone)]
pub(super) struct Deadline(Rc<Cell<Instant>>);

impl Deadline {
    pub fn new() -> Self {
        Self(Rc::new(Cell::new(Instant::now() + PATIENCE)))
    }

    /// The client has done its part, and waits for txflow.
    pub fn suspend(&self) {
        self.0.set(Instant::now() + FAR);
    }

    /// The client has to do the next part.
    pub fn renew(&self) {
        self.0.set(Instant::now() + PATIENCE);
    }

    #[expect(clippy::disallowed_methods, reason = "waits for slow clients")]
    pub async fn passed(&self) {
        while self.0.get() > Instant::now() {
            sleep_until(self.0.get()).await;
        }
    }
}
