//! The edge around redb. Read from a damaged file, it may panic; here that becomes a failure like any other.

use std::any::Any;
use std::cell::Cell;
use std::io::ErrorKind;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

/// Why the database did not do what it was to do.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("{0}")]
    Redb(redb::Error),
    #[error("it holds what nobody wrote there: {0}")]
    Panicked(String),
    #[error("{0}")]
    Seal(&'static str),
    #[error("it is closed")]
    Closed,
}

/// redb has an error type for each of its calls.
impl<E: Into<redb::Error>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::Redb(error.into())
    }
}

impl Failure {
    /// Whether the file is at fault, and not the disk or the system.
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

/// Does `work`, whose state is not used again if it panics.
pub(super) fn caught<R>(work: impl FnOnce() -> Result<R, Failure>) -> Result<R, Failure> {
    keep_quiet();
    let before = QUIET.replace(true);
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    QUIET.set(before);
    done.unwrap_or_else(|panic| Err(Failure::Panicked(text(&*panic))))
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Nothing of a caught panic is to be printed; all other panics are told as before.
fn keep_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let told = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !QUIET.get() {
                told(panic);
            }
        }));
    });
}

fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default()
}
