//! Failures of the database. redb may panic on a damaged file; here that becomes an error like any other.

use std::any::Any;
use std::cell::Cell;
use std::io::ErrorKind;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

/// Why an operation of the database failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("{0}")]
    Redb(redb::Error),
    #[error("its content is not valid: {0}")]
    Panicked(String),
    #[error("{0}")]
    Seal(&'static str),
    #[error("it is closed")]
    Closed,
}

/// redb has an error type for each of its operations.
impl<E: Into<redb::Error>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::Redb(error.into())
    }
}

impl Failure {
    /// Whether the content of the file is the cause, not the disk or the system.
    pub(super) fn is_damage(&self) -> bool {
        match self {
            Failure::Panicked(_) | Failure::Seal(_) => true,
            Failure::Closed => false,
            Failure::Redb(redb::Error::Io(error)) => matches!(
                error.kind(),
                ErrorKind::InvalidData | ErrorKind::UnexpectedEof | ErrorKind::InvalidInput
            ),
            Failure::Redb(error) => matches!(
                error,
                redb::Error::Corrupted(_)
                    | redb::Error::UpgradeRequired(_)
                    | redb::Error::RepairAborted
                    | redb::Error::TableTypeMismatch { .. }
                    | redb::Error::TableDoesNotExist(_)
                    | redb::Error::TableIsMultimap(_)
                    | redb::Error::TypeDefinitionChanged { .. }
                    | redb::Error::LockPoisoned(_)
            ),
        }
    }
}

/// Runs `work` and turns a panic into a failure. The state that `work` uses must not be used again after a panic.
pub(super) fn catch_panic<R>(work: impl FnOnce() -> Result<R, Failure>) -> Result<R, Failure> {
    silence_hook();
    let before = CATCHING.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    CATCHING.set(before);
    result.unwrap_or_else(|panic| Err(Failure::Panicked(text(&*panic))))
}

thread_local! {
    static CATCHING: Cell<bool> = const { Cell::new(false) };
}

/// Keeps the panic hook from printing caught panics. All other panics are printed as before.
fn silence_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !CATCHING.get() {
                hook(panic);
            }
        }));
    });
}

fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default()
}
