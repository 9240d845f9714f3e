//! How a local AWS is to behave.

use std::path::PathBuf;

use tokio::net::TcpListener;

use crate::call_log::CallLog;
pub(crate) use crate::clock::millis;
use crate::iam::CallerPolicy;
use crate::lambda::host::Supervisor;
use crate::mocks::Mocks;
use crate::timing::{Delays, Time};

/// What [`crate::LocalAws::start`] is given.
pub struct Options {
    /// Where everything is kept. Created where it does not exist. One server at a time.
    pub data_dir: PathBuf,
    /// Where it serves. Whoever binds it decides who can reach it: a loopback address for all but special cases,
    /// since whoever reaches it runs programs as this user.
    pub listener: TcpListener,
    pub delays: Delays,
    pub time: Time,
    pub mocks: Mocks,
    /// What callers may do. Without it, everything.
    pub caller_policy: Option<CallerPolicy>,
    /// Called once a request, after its answer is known.
    pub call_log: Option<CallLog>,
    /// What watches over each handler, on Linux. Without it, and elsewhere, a process that a handler has started
    /// and that has left its group and its parent outlives the handler.
    pub supervisor: Option<Supervisor>,
}

impl Options {
    /// Short delays, real time, no mocks, no policy, no call log, no supervisor.
    pub fn new(data_dir: impl Into<PathBuf>, listener: TcpListener) -> Options {
        Options {
            data_dir: data_dir.into(),
            listener,
            delays: Delays::default(),
            time: Time::Real,
            mocks: Mocks::default(),
            caller_policy: None,
            call_log: None,
            supervisor: None,
        }
    }
}
