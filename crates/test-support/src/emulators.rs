//! Emulators of AWS that other people wrote, started as child processes.
//!
//! They live in a Python environment that `TXFLOW_EMULATORS` names, with `ministack`, `moto[server]` and `microburst`
//! in the versions that `.ci/emulators.txt` pins. The tests that need them are `#[ignore]`d.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;

/// The folder of the emulators' programs.
#[derive(Debug, Clone)]
pub struct Emulators {
    programs: PathBuf,
}

/// A running emulator. It stops when it is dropped, with all that it started.
pub struct Emulator {
    name: &'static str,
    child: Child,
    port: u16,
    /// Its working and temporary directory.
    scratch: TempDir,
}

/// How long an emulator may take until it answers; a cold start on a busy machine needs some seconds.
const START: Duration = Duration::from_secs(60);

impl Emulators {
    /// For a test that is `#[ignore]`d because it needs them: without them it fails.
    pub fn required() -> Self {
        Self::find().expect("TXFLOW_EMULATORS is not set; `.ci/emulators` prints a value for it")
    }

    /// `None` if `TXFLOW_EMULATORS` is not set.
    pub fn find() -> Option<Self> {
        let environment = std::env::var_os("TXFLOW_EMULATORS")?;
        let programs = PathBuf::from(environment).join("bin");
        assert!(
            programs.join("ministack").exists(),
            "TXFLOW_EMULATORS is set, but {} holds no `ministack`",
            programs.display()
        );
        Some(Self { programs })
    }

    /// The Python that has boto3.
    pub fn python(&self) -> PathBuf {
        self.programs.join("python")
    }

    /// Runs `bootstrap` files as local processes and interprets the definition.
    pub async fn ministack(&self) -> Emulator {
        self.start("ministack", "/_ministack/health", |command, port| {
            command
                .env("BIND_HOST", "127.0.0.1")
                .env("GATEWAY_PORT", port.to_string())
                .env("LOG_LEVEL", "WARNING");
        })
        .await
    }

    /// Runs nothing; strict on IAM and Lambda calls.
    pub async fn moto(&self) -> Emulator {
        self.start("moto_server", "/moto-api/data.json", |command, port| {
            command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        })
        .await
    }

    /// A proxy that injects faults in AWS's own wire format in front of `upstream`.
    pub async fn microburst(&self, upstream: &str) -> Emulator {
        self.start("microburst", "/_microburst/health", |command, port| {
            command.args(["--upstream", upstream, "--port", &port.to_string()]);
        })
        .await
    }

    async fn start(
        &self,
        name: &'static str,
        health: &str,
        configure: impl Fn(&mut Command, u16),
    ) -> Emulator {
        // The port is free when it is picked; another process may take it before the emulator does.
        for _ in 0..5 {
            let emulator = self.spawn(name, &configure);
            if let Some(emulator) = emulator.ready(health).await {
                return emulator;
            }
        }
        panic!("`{name}` exited at the start five times");
    }

    fn spawn(&self, name: &'static str, configure: impl Fn(&mut Command, u16)) -> Emulator {
        let port = free_port();
        let scratch = TempDir::new().expect("a temporary directory");
        let log =
            std::fs::File::create(scratch.path().join("log")).expect("the emulator's log file");
        let mut command = Command::new(self.programs.join(name));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", scratch.path())
            .env("TMPDIR", scratch.path())
            .current_dir(scratch.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle on the log file"))
            .stderr(log)
            .process_group(0);
        configure(&mut command, port);
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start `{name}`: {error}"));
        Emulator {
            name,
            child,
            port,
            scratch,
        }
    }
}

impl Emulator {
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// `None` where it ended instead, which is how a port that is taken shows.
    async fn ready(mut self, health: &str) -> Option<Self> {
        let deadline = Instant::now() + START;
        loop {
            if self
                .child
                .try_wait()
                .expect("the emulator's state")
                .is_some()
            {
                return None;
            }
            if self.request("GET", health, "").await.is_some() {
                return Some(self);
            }
            assert!(
                Instant::now() < deadline,
                "`{}` does not answer after {START:?}:\n{}",
                self.name,
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The body of an answer with status 200 from the emulator's own control interface.
    pub async fn request(&self, method: &str, path: &str, body: &str) -> Option<String> {
        let client = Client::builder(TokioExecutor::new()).build_http();
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url()))
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body.to_owned())))
            .expect("a valid request");
        let answer = client.request(request).await.ok()?;
        if !answer.status().is_success() {
            return None;
        }
        let body = answer.into_body().collect().await.ok()?.to_bytes();
        Some(String::from_utf8_lossy(&body).into_owned())
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.scratch.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- log of `{}`\n{}", self.name, self.log());
        }
        // The group holds the handlers' processes as well.
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

/// A port that nothing listens on and that no other test of this process was given: it would take the other's emulator
/// for its own.
fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let listener = TcpListener::bind("127.0.0.1:0").expect("bind to loopback");
        let port = listener
            .local_addr()
            .expect("the listener's address")
            .port();
        if GIVEN
            .lock()
            .expect("no test panics while it holds the lock")
            .insert(port)
        {
            return port;
        }
    }
}
