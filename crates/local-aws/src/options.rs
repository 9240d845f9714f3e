//! How a local AWS behaves.

use std::path::PathBuf;

use tokio::net::TcpListener;

use crate::call_log::{CallLog, OnEnd, OnUndelivered};
use crate::clock::Clock;
use crate::contained::Supervisor;
use crate::iam::CallerPolicy;
use crate::mocks::Mocks;
use crate::random::Random;
use crate::timing::Time;
use crate::weather::Weather;

/// The options of [`crate::LocalAws::start`].
pub struct Options {
    /// Where everything is stored. Created if it does not exist. Only one server at a time can use it.
    pub data_dir: PathBuf,
    /// Where the server listens. Whoever can reach this address can run programs as this user, so it should be a
    /// loopback address in all but special cases.
    pub listener: TcpListener,
    /// Supervises each handler, on Linux. Without it, and on other systems, a process that a handler has started and
    /// that has left its process group and its parent outlives the handler.
    pub supervisor: Option<Supervisor>,
    /// For a look at what is stored: no other process joins this server, and a damaged database stays where it is.
    pub private: bool,
    pub behavior: Behavior,
}

/// What is the same whether a local AWS is a server or in memory. By default: calm weather, real time, no mocks, no
/// policy, no call log.
#[derive(Default)]
pub struct Behavior {
    pub weather: Weather,
    /// How executions wait, unless the call that starts one says it ([`Time::HEADER`]).
    pub time: Time,
    pub clock: Clock,
    pub random: Random,
    pub mocks: Mocks,
    /// What callers may do. If `None`, everything.
    pub caller_policy: Option<CallerPolicy>,
    /// Called once for each request, after its answer is known.
    pub call_log: Option<CallLog>,
    /// Called once for each execution, when it has ended.
    pub on_end: Option<OnEnd>,
    /// Called once for each delivery of a schedule or a rule that was given up, or that its target refused for good.
    pub on_undelivered: Option<OnUndelivered>,
}

impl Options {
    /// The default behavior, no supervisor.
    pub fn new(data_dir: impl Into<PathBuf>, listener: TcpListener) -> Options {
        Options {
            data_dir: data_dir.into(),
            listener,
            supervisor: None,
            private: false,
            behavior: Behavior::default(),
        }
    }
}
