//! `txflow local`, running in a project.

use std::path::Path;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex};

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout};
use tokio::task::JoinHandle;

use crate::txflow::Txflow;

/// A server. It is killed when it is dropped.
pub struct LocalServer {
    pub url: String,
    child: Child,
    stdout: Lines<BufReader<ChildStdout>>,
    calls: Arc<Mutex<Vec<String>>>,
    log: JoinHandle<()>,
}

impl LocalServer {
    /// Starts it on a free port, and returns once it has said where it serves. It logs each call.
    pub async fn start(directory: &Path, arguments: &[&str]) -> Self {
        Self::start_with(directory, arguments, &[]).await
    }

    /// The same, with the log that a user gets who asks for none.
    pub async fn start_quietly(directory: &Path) -> Self {
        Self::of(Txflow::without_account(
            directory,
            &["local", "--port", "0"],
        ))
        .await
    }

    /// Starts it with these variables in its environment.
    pub async fn start_with(
        directory: &Path,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let txflow = Txflow::without_account(directory, &Self::command(arguments));
        let set = |txflow: Txflow, (name, value): &(&str, &str)| txflow.env(name, value);
        Self::of(variables.iter().fold(txflow, set)).await
    }

    /// Starts it in a shell that has run `prelude`.
    pub async fn start_after(prelude: &str, directory: &Path, arguments: &[&str]) -> Self {
        Self::of(Txflow::after(prelude, directory, &Self::command(arguments))).await
    }

    fn command<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
        [&["local", "--port", "0", "--verbose"], arguments].concat()
    }

    async fn of(txflow: Txflow) -> Self {
        let mut child = txflow.start_piped();
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut stderr = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let calls = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&calls);
        let log = tokio::spawn(async move {
            while let Ok(Some(line)) = stderr.next_line().await {
                seen.lock().expect("nobody panics with it").push(line);
            }
        });
        let first = stdout.next_line().await.expect("text").unwrap_or_default();
        let url = first
            .split_whitespace()
            .find(|word| word.starts_with("http://"))
            .unwrap_or_else(|| panic!("no endpoint in {first:?}; stderr: {:?}", calls.lock()))
            .to_owned();
        Self {
            url,
            child,
            stdout,
            calls,
            log,
        }
    }

    /// The next line on stdout that holds something.
    pub async fn next_line(&mut self) -> String {
        loop {
            let line = self.stdout.next_line().await.expect("text");
            let line = line.expect("another line");
            if !line.is_empty() {
                return line;
            }
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Sends a signal, waits for the end, and says which it was. All that it logged has been read by then.
    pub async fn signal(&mut self, signal: Signal) -> ExitStatus {
        self::signal(self.id(), signal);
        let status = self.child.wait().await.expect("its end");
        let _ = (&mut self.log).await;
        status
    }

    /// The calls that it has logged so far, one line each.
    pub fn calls(&self) -> Vec<String> {
        self.calls.lock().expect("nobody panics with it").clone()
    }
}

/// Sends a signal to a process.
pub fn signal(id: u32, signal: Signal) {
    let id = i32::try_from(id).ok().and_then(Pid::from_raw);
    kill_process(id.expect("a process id"), signal).expect("it can be signalled");
}
