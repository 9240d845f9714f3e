//! The binary: arguments → run → exit code.

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use tokio::sync::watch;
use txflow::clean_start::{self, SUPERVISE};
use txflow::error::Exit;
use txflow::world::{Environment, Stream, World};
use txflow_local_aws::{Supervisor, supervise};

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
            let text = format!("error: the environment cannot be hidden from handlers: {error}");
            Stream::new(std::io::stderr(), false).line(&text);
            ExitCode::from(Exit::Failed as u8)
        }
    }
}

/// Starts this program, also if its file was replaced or removed since.
fn supervisor() -> Option<Supervisor> {
    cfg!(target_os = "linux").then(|| Supervisor {
        program: PathBuf::from("/proc/self/exe"),
        arguments: vec![SUPERVISE.into()],
    })
}

#[tokio::main]
async fn run(arguments: Vec<OsString>, environment: Environment) -> ExitCode {
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
        environment,
        stdout: Stream::new(std::io::stdout(), std::io::stdout().is_terminal()),
        stderr: Stream::new(std::io::stderr(), std::io::stderr().is_terminal()),
        interactive: std::io::stdin().is_terminal() && std::io::stderr().is_terminal(),
        now: Arc::new(SystemTime::now),
        sleep: SharedAsyncSleep::new(TokioSleep::new()),
        supervisor: supervisor(),
        interrupted,
    };
    let exit = txflow::run(arguments, world).await;
    ExitCode::from(exit as u8)
}
