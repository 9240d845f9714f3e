//! The binary: arguments → run → exit code.

use std::io;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use txflow::world::{Interrupt, Stream, World};

#[tokio::main]
async fn main() -> ExitCode {
    let (raise, interrupts) = watch::channel(Interrupt::None);
    match Signals::take() {
        Ok(signals) => drop(tokio::spawn(signals.raise(raise))),
        // Then a signal ends txflow as it ends any program.
        Err(_) => drop(raise),
    }
    let world = World {
        dir: PathBuf::new(),
        environment: Arc::new(|name| std::env::var(name).ok()),
        stdout: Stream::new(std::io::stdout(), std::io::stdout().is_terminal()),
        stderr: Stream::new(std::io::stderr(), std::io::stderr().is_terminal()),
        interactive: std::io::stdin().is_terminal() && std::io::stderr().is_terminal(),
        now: Arc::new(SystemTime::now),
        sleep: SharedAsyncSleep::new(TokioSleep::new()),
        interrupts,
    };
    let exit = txflow::run(std::env::args_os().collect(), world).await;
    ExitCode::from(exit as u8)
}

/// How long a run that nobody waits for any more may take to say what it did. A GitHub runner kills
/// the process 2.5 s after its second signal.
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
