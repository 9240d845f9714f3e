//! Runs the `txflow` binary as a user would.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::pseudo_terminal::{PseudoTerminal, screen};

/// A command to run.
pub struct Txflow {
    command: Command,
    shown: String,
    limit: Duration,
}

/// What a command came to.
#[derive(Debug)]
pub struct Outcome {
    shown: String,
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// The binary, which cargo builds before it runs a suite or a benchmark of txflow's package.
pub fn binary() -> PathBuf {
    let path = std::env::var_os("CARGO_BIN_EXE_txflow");
    path.expect("CARGO_BIN_EXE_txflow is not set: run this through `cargo test` or `cargo bench`")
        .into()
}

/// A command that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(300);

impl Txflow {
    /// Against an endpoint.
    pub fn new(directory: &Path, endpoint: &str, arguments: &[&str]) -> Self {
        Self::without_account(
            directory,
            &[arguments, &["--endpoint-url", endpoint]].concat(),
        )
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
    }

    /// As it is typed where there are no credentials.
    pub fn without_account(directory: &Path, arguments: &[&str]) -> Self {
        Self::of(Command::new(binary()), directory, arguments)
    }

    /// The same, in a shell that has run `prelude`, such as `umask 000`.
    pub fn after(prelude: &str, directory: &Path, arguments: &[&str]) -> Self {
        let mut shell = Command::new("sh");
        let script = format!("{prelude}; exec \"$0\" \"$@\"");
        shell.args(["-c", &script]).arg(binary());
        Self::of(shell, directory, arguments)
    }

    fn of(mut command: Command, directory: &Path, arguments: &[&str]) -> Self {
        command
            .args(arguments)
            .current_dir(directory)
            .env_clear()
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        // The surroundings of a build. All else, such as a CI's own variables, would change what is printed.
        for name in [
            "PATH",
            "HOME",
            "CARGO_HOME",
            "RUSTUP_HOME",
            "RUSTUP_TOOLCHAIN",
        ] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        Self {
            command,
            shown: format!("txflow {}", arguments.join(" ")),
            limit: LIMIT,
        }
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// For one that builds much: how long it may take.
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    pub async fn run(mut self) -> Outcome {
        let limit = self.limit;
        let output = tokio::time::timeout(limit, self.command.output())
            .await
            .unwrap_or_else(|_| panic!("`{}` runs for more than {limit:?}", self.shown))
            .unwrap_or_else(|error| panic!("cannot start `{}`: {error}", self.shown));
        Outcome {
            shown: self.shown,
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs it with stdout and stderr on a terminal, whose bytes are the outcome's stdout.
    pub async fn run_on_terminal(self) -> Outcome {
        self.run_on(PseudoTerminal::open()).await
    }

    pub async fn run_on(mut self, terminal: PseudoTerminal) -> Outcome {
        self.command
            .stdout(terminal.stream())
            .stderr(terminal.stream());
        let mut child = self.command.spawn().unwrap_or_else(|error| {
            panic!("cannot start `{}`: {error}", self.shown);
        });
        let ended = tokio::time::timeout(LIMIT, child.wait()).await;
        let status = ended.unwrap_or_else(|_| panic!("`{}` hangs", self.shown));
        // It holds the streams of the child as well.
        drop(self.command);
        let written = tokio::task::spawn_blocking(|| terminal.written()).await;
        let written = written.expect("the bytes");
        Outcome {
            shown: self.shown,
            code: status.expect("its end").code(),
            stdout: String::from_utf8(written).expect("UTF-8"),
            stderr: String::new(),
        }
    }

    /// Runs it on a terminal of this size. The outcome's stdout is what that shows in the end, without colours.
    pub async fn run_on_screen(self, rows: u16, columns: u16) -> Outcome {
        let outcome = self
            .env("TERM", "xterm-256color")
            .run_on(PseudoTerminal::of(rows, columns))
            .await;
        Outcome {
            stdout: screen(rows, columns, outcome.stdout.as_bytes()),
            ..outcome
        }
    }

    /// Runs it on a terminal until that shows each of these texts, then presses Ctrl-C. Gives all bytes.
    pub async fn run_until(mut self, texts: &[&str]) -> String {
        let terminal = PseudoTerminal::open();
        self.command
            .stdout(terminal.stream())
            .stderr(terminal.stream());
        let mut child = self.command.spawn().unwrap_or_else(|error| {
            panic!("cannot start `{}`: {error}", self.shown);
        });
        let shown = async {
            while !texts.iter().all(|text| terminal.shows(text)) {
                let ended = child.try_wait().expect("its state");
                assert_eq!(ended, None, "`{}` has ended", self.shown);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let shown = tokio::time::timeout(LIMIT, shown).await;
        if shown.is_ok() {
            interrupt(&child);
            child.wait().await.expect("its end");
        } else {
            child.kill().await.expect("it can be ended");
        }
        drop(self.command);
        let written = tokio::task::spawn_blocking(|| terminal.written()).await;
        let written = written.expect("the bytes");
        let written = String::from_utf8(written).expect("UTF-8");
        assert!(
            shown.is_ok(),
            "`{}` never shows {texts:?}:\n{written}",
            self.shown
        );
        written
    }

    /// Starts it on a terminal that is its own, so that Ctrl-C there reaches it and what it starts.
    pub fn start_on(self, terminal: &PseudoTerminal) -> Child {
        let inner = self.command.as_std();
        let mut command = Command::new("setsid");
        command.arg("--ctty").arg(inner.get_program());
        command.args(inner.get_args()).env_clear();
        let variables = inner.get_envs();
        command.envs(variables.filter_map(|(name, value)| Some((name, value?))));
        command.env("TERM", "xterm-256color");
        if let Some(directory) = inner.get_current_dir() {
            command.current_dir(directory);
        }
        command
            .stdin(terminal.stream())
            .stdout(terminal.stream())
            .stderr(terminal.stream())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start `{}`: {error}", self.shown))
    }

    /// Starts it and leaves it running, for a test that ends it.
    pub fn start(mut self) -> Child {
        self.command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start `{}`: {error}", self.shown))
    }

    /// Starts it with its streams open to the test.
    pub fn start_piped(mut self) -> Child {
        self.command
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start `{}`: {error}", self.shown))
    }
}

/// Presses Ctrl-C.
pub fn interrupt(child: &Child) {
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    let id = id.and_then(Pid::from_raw).expect("it runs");
    kill_process(id, Signal::INT).expect("it can be signalled");
}

impl Outcome {
    /// Of a command that printed this and was interrupted.
    pub fn of(stdout: String) -> Self {
        Self {
            shown: String::new(),
            code: None,
            stdout,
            stderr: String::new(),
        }
    }

    /// What stands on stdout, with `--json`.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            panic!("`{}` prints no JSON: {error}\n{}", self.shown, self.stdout)
        })
    }

    pub fn succeeded(self) -> Self {
        self.exits_with(0)
    }

    pub fn exits_with(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "`{}` came to something else\n--- stdout\n{}\n--- stderr\n{}",
            self.shown,
            self.stdout,
            self.stderr
        );
        self
    }

    /// The error that it ends with, with its hint. What stands before tells of progress, in an order that may vary.
    pub fn error(&self) -> &str {
        let begins = |text: &str| text.starts_with("error: ").then_some(0);
        let at = self.stderr.rfind("\nerror: ").map(|newline| newline + 1);
        let at = at.or_else(|| begins(&self.stderr));
        let at = at.unwrap_or_else(|| panic!("`{}` has no error\n{}", self.shown, self.stderr));
        &self.stderr[at..]
    }

    /// Checks that the text stands somewhere in what the user sees.
    pub fn says(self, text: &str) -> Self {
        assert!(
            self.stderr.contains(text) || self.stdout.contains(text),
            "`{}` does not say {text:?}\n--- stdout\n{}\n--- stderr\n{}",
            self.shown,
            self.stdout,
            self.stderr
        );
        self
    }
}
