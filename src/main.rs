//! The binary: arguments → run → exit code.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use tokio::sync::watch;
use txflow::world::{Secrets, Stream, World};

#[tokio::main]
async fn main() -> ExitCode {
    let (interrupt, interrupted) = watch::channel(false);
    tokio::spawn(async move {
        // The first Ctrl-C stops new steps; the second stops waiting for those in flight.
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupt.send_replace(true);
        }
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(130);
        }
    });
    let world = World {
        dir: PathBuf::new(),
        environment: Arc::new(|name| std::env::var(name).ok()),
        stdout: Stream::new(std::io::stdout(), std::io::stdout().is_terminal()),
        stderr: Stream::new(std::io::stderr(), std::io::stderr().is_terminal()),
        interactive: std::io::stdin().is_terminal() && std::io::stderr().is_terminal(),
        now: Arc::new(SystemTime::now),
        sleep: SharedAsyncSleep::new(TokioSleep::new()),
        secrets: Secrets::default(),
        interrupted,
    };
    let exit = txflow::run(std::env::args_os().collect(), world).await;
    ExitCode::from(exit as u8)
}
