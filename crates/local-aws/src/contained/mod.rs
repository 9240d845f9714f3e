//! Programs that are ended with all that ever comes of them: handlers and builds.

#[cfg(target_os = "linux")]
mod lifeline;
mod mark;
mod processes;
mod program;
mod supervisor;

pub use self::mark::Family;
pub(crate) use self::processes::Processes;
pub use self::program::{Contained, Containment, Group};
pub use self::supervisor::{Supervisor, supervise};
