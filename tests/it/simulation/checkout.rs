//! A folder with a project, in which somebody runs commands.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use jiff::Timestamp;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::time::Instant;
use txflow::exit::Exit;
use txflow::world::{AwsAccess, Environment, Interrupt, Secrets, Stream, World};
use txflow_local_aws::{InMemoryAws, Random};

use super::cloud::{Line, start};
use super::wish::Wish;

/// How long a command may take. AWS takes minutes for some of its work, and no wait of txflow is longer than ten.
const PATIENCE: Duration = Duration::from_secs(2 * 60 * 60);

pub struct Checkout {
    folder: TempDir,
    /// What is written there.
    pub wish: Option<Wish>,
    /// Names executions.
    random: Random,
    began: Instant,
}

/// How a command comes to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    End,
    /// Killed at a call.
    Killed(usize),
    /// Interrupted at a call.
    Interrupted(usize),
}

/// What became of a command.
pub struct Ended {
    /// `None` if it was killed.
    pub exit: Option<Exit>,
    pub printed: String,
}

impl Checkout {
    pub fn new(random: &Random) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            wish: None,
            random: random.clone(),
            began: Instant::now(),
        }
    }

    pub fn write(&mut self, wish: &Wish) {
        wish.write(self.folder.path());
        self.wish = Some(wish.clone());
    }

    /// Adds to `deploy.toml`.
    pub fn append(&self, toml: &str) {
        let path = self.folder.path().join("deploy.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, text + toml).unwrap();
    }

    /// Writes a file of the project.
    pub fn write_file(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    pub async fn run(&self, arguments: &[&str], until: Until, line: &Line) -> Ended {
        let printed = Printed::default();
        let (raise, interrupts) = watch::channel(Interrupt::None);
        let world = self.world(&printed, line, interrupts);
        let endpoint = InMemoryAws::endpoint_url();
        let fixed = ["--region", "us-east-1", "--endpoint-url", &endpoint];
        let arguments = ["txflow"].iter().chain(arguments).chain(&fixed);
        let arguments = arguments.map(|argument| (*argument).into()).collect();
        let run = txflow::run(arguments, world);
        let mut run = Box::pin(tokio::time::timeout(PATIENCE, run));
        let exit = tokio::select! {
            biased;
            exit = &mut run => Some(exit),
            () = line.rings() => match until {
                Until::Interrupted(_) => {
                    raise.send_replace(Interrupt::Stop);
                    Some(run.await)
                }
                Until::End | Until::Killed(_) => None,
            }
        };
        Ended {
            exit: exit.map(|exit| exit.expect("a command ends")),
            printed: printed.text(),
        }
    }

    fn world(
        &self,
        printed: &Printed,
        line: &Line,
        interrupts: watch::Receiver<Interrupt>,
    ) -> World {
        let began = self.began;
        let start = Timestamp::try_from(start()).unwrap();
        let stream = || Stream::new(printed.clone(), false);
        World {
            dir: self.folder.path().to_owned(),
            environment: Environment::default(),
            stdout: stream(),
            stderr: stream(),
            stdin: Arc::new(|| Box::new(std::io::empty())),
            interactive: false,
            now: Arc::new(move || start + began.elapsed()),
            sleep: SharedAsyncSleep::new(TokioSleep::new()),
            random: self.random.clone(),
            aws: AwsAccess {
                http_client: Some(line.client()),
                access_key_id: Some("simulated".to_owned()),
                policy_propagation: Some(Duration::from_secs(10)),
            },
            prepared: self.wish.as_ref().map(Wish::prepared),
            secrets: Secrets::default(),
            supervisor: None,
            interrupts,
        }
    }
}

/// What a command prints.
#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Printed {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
