//! The binary: arguments → run → exit code.

// The futures of commands nest deeper than the compiler looks by default.
#![recursion_limit = "256"]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the `World` of a run is made here"
)]

use std::ffi::OsString;
use std::io;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use jiff::Timestamp;
use terminal_size::{Height, Width, terminal_size_of};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use txflow::clean_start::{self, SUPERVISE};
use txflow::world::{AwsAccess, Environment, Interrupt, Secrets, Stream, World};
use txflow_local_aws::{Random, Supervisor, supervise};

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if let [_, first, handler @ ..] = &*arguments
        && first == SUPERVISE
    {
        return supervise(handler);
    }
    match clean_start::environment(&arguments) {
        Ok(environment) => run(arguments, environment),
        Err(error) => {
            let error = anyhow::anyhow!("the environment cannot be hidden from handlers: {error}");
            let stderr = Stream::new(std::io::stderr(), false);
            ExitCode::from(txflow::cannot_begin(&arguments, &stderr, &error) as u8)
        }
    }
}

/// Starts this program, even if its file has been replaced or removed.
fn supervisor() -> Option<Supervisor> {
    cfg!(target_os = "linux").then(|| Supervisor {
        program: PathBuf::from("/proc/self/exe"),
        arguments: vec![SUPERVISE.into()],
    })
}

#[tokio::main]
async fn run(arguments: Vec<OsString>, environment: Environment) -> ExitCode {
    let (raise, interrupts) = watch::channel(Interrupt::None);
    // A file that may not grow any more then makes the write fail, which is reported.
    let _ = signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()));
    match Signals::take() {
        Ok(signals) => drop(tokio::spawn(signals.raise(raise))),
        // Then a signal ends txflow like any other program.
        Err(_) => drop(raise),
    }
    let world = World {
        dir: PathBuf::new(),
        environment,
        stdout: Stream::new(std::io::stdout(), std::io::stdout().is_terminal())
            .as_wide_as(|| columns(terminal_size_of(std::io::stdout()))),
        stderr: Stream::new(std::io::stderr(), std::io::stderr().is_terminal())
            .as_wide_as(|| columns(terminal_size_of(std::io::stderr()))),
        stdin: Arc::new(|| Box::new(std::io::stdin())),
        interactive: std::io::stdin().is_terminal() && std::io::stderr().is_terminal(),
        now: Arc::new(Timestamp::now),
        sleep: SharedAsyncSleep::new(TokioSleep::new()),
        random: Random::system(),
        aws: AwsAccess::default(),
        prepared: None,
        secrets: Secrets::default(),
        supervisor: supervisor(),
        interrupts,
    };
    let exit = txflow::run(arguments, world).await;
    ExitCode::from(exit as u8)
}

fn columns(size: Option<(Width, Height)>) -> Option<usize> {
    size.map(|(Width(columns), _)| usize::from(columns))
}

/// How long an interrupted run may take to report what it did. A GitHub runner kills the process 2.5 s
/// after its second signal.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Ctrl-C and SIGTERM, which mean the same in every command.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn take() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// The first stops new steps; the second stops waiting for those in flight. A GitHub runner that
    /// cancels a job sends SIGINT, and SIGTERM 7.5 s later. A third ends it at once.
    async fn raise(mut self, interrupts: watch::Sender<Interrupt>) {
        self.next().await;
        interrupts.send_replace(Interrupt::Stop);
        self.next().await;
        interrupts.send_replace(Interrupt::Leave);
        let _ = tokio::time::timeout(LAST_WORDS, self.next()).await;
        std::process::exit(130);
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
