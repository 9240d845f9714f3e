//! A runner for the steps of workflows, as far as those of this repository need one: it reads the files that GitHub reads,
//! evaluates their expressions, and runs their scripts with the shell, the files and the signals of a real one. Actions of
//! others are stood in for.

mod actions;
pub mod expression;
pub mod github;
mod job;
mod script;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::sync::watch;
use txflow_asl::source::Source;

use self::github::{GitHub, READS, WRITES};
use self::job::Job;
pub use self::job::{Conclusion, Step};
pub use self::script::write_executable;
use crate::support::local_server::signal;

/// The repository that the workflows are in.
pub const REPOSITORY: &str = "octo/shop";

/// What never comes would be waited for as long as this.
const LIMIT: Duration = Duration::from_secs(120);

pub struct Runner {
    files: TempDir,
    workspace: PathBuf,
    pub github: GitHub,
    /// The endpoint that stands for AWS.
    aws: String,
    pub secrets: Value,
    running: Arc<Mutex<Running>>,
    log: watch::Sender<String>,
    /// The outputs of the jobs that have run.
    outputs: Mutex<Map<String, Value>>,
}

#[derive(Default)]
struct Running {
    process: Option<u32>,
    cancelled: bool,
}

/// Why a workflow runs.
pub struct Event {
    name: &'static str,
    payload: Value,
    /// That of the job, for GitHub's API.
    token: &'static str,
    fork: bool,
}

impl Event {
    pub fn push() -> Self {
        Self {
            name: "push",
            payload: json!({}),
            token: WRITES,
            fork: false,
        }
    }

    pub fn pull_request(action: &str) -> Self {
        Self {
            name: "pull_request",
            payload: pull_request(action, REPOSITORY),
            token: WRITES,
            fork: false,
        }
    }

    pub fn pull_request_that_may_only_read() -> Self {
        Self {
            token: READS,
            ..Self::pull_request("opened")
        }
    }

    /// GitHub gives it a token that may only read, and none for AWS.
    pub fn pull_request_of_fork() -> Self {
        Self {
            name: "pull_request",
            payload: pull_request("opened", "mallory/shop"),
            token: READS,
            fork: true,
        }
    }
}

fn pull_request(action: &str, head: &str) -> Value {
    let head = json!({ "sha": "1f2e3d", "repo": { "full_name": head } });
    json!({ "action": action, "number": 7, "pull_request": { "number": 7, "head": head } })
}

/// A workflow or an action.
pub fn parse(text: &str) -> Value {
    Source::from_yaml(text).expect("YAML").value().clone()
}

impl Runner {
    /// A checkout in `workspace`, and an endpoint that stands for AWS.
    pub fn new(workspace: &Path, github: GitHub, aws: &str) -> Self {
        let files = TempDir::with_prefix("txflow-it-").expect("a temporary directory");
        for folder in ["bin", "temp", "artifacts"] {
            fs::create_dir(files.path().join(folder)).expect("a folder");
        }
        Self {
            files,
            workspace: workspace.to_owned(),
            github,
            aws: aws.to_owned(),
            secrets: json!({}),
            running: Arc::default(),
            log: watch::channel(String::new()).0,
            outputs: Mutex::default(),
        }
    }

    /// Puts a script before all that is installed.
    pub fn install(&self, name: &str, script: &str) {
        script::write_executable(&self.files.path().join("bin").join(name), script);
    }

    /// A file that scripts in [`Self::install`] may use.
    pub fn file(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// The jobs that run for an event, those that wait for others included.
    pub fn jobs(&self, workflow: &Value, event: &Event) -> Vec<String> {
        let jobs = workflow["jobs"].as_object().expect("jobs");
        let runs = |job: &Value| Job::all(self, job, event).iter().any(Job::is_wanted);
        let wanted = jobs.iter().filter(|(_, job)| runs(job));
        wanted.map(|(name, _)| name.clone()).collect()
    }

    /// The environments of a job, one for each combination of its matrix.
    pub fn environments(&self, workflow: &Value, name: &str, event: &Event) -> Vec<String> {
        let jobs = Job::all(self, &workflow["jobs"][name], event);
        jobs.iter().map(Job::environment).collect()
    }

    /// Runs one job, whose `if` must allow it, for each combination of its matrix.
    pub async fn job(&self, workflow: &Value, name: &str, event: &Event) -> Vec<Step> {
        self.running().cancelled = false;
        let mut steps = Vec::new();
        let mut outputs = BTreeMap::new();
        for mut job in Job::all(self, &workflow["jobs"][name], event) {
            // Each job has a machine of its own.
            let temp = self.files.path().join("temp");
            fs::remove_dir_all(&temp).expect("remove what the job before left");
            fs::create_dir(&temp).expect("a folder");
            assert!(job.is_wanted(), "the job `{name}` is skipped");
            let said = job.run().await;
            // An empty output does not replace that of another combination.
            let said = said.into_iter().filter(|(_, value)| !value.is_empty());
            outputs.extend(said);
            steps.extend(job.steps);
        }
        let mut known = self.outputs.lock().expect("nobody panics with it");
        known.insert(name.to_owned(), json!({ "outputs": outputs }));
        steps
    }

    /// Waits until the job has said this.
    pub async fn said(&self, text: &str) {
        let mut log = self.log.subscribe();
        let said = tokio::time::timeout(LIMIT, log.wait_for(|log| log.contains(text)));
        let in_time = said.await.is_ok();
        let log = self.log.borrow();
        assert!(in_time, "no {text:?} in:\n{}", *log);
    }

    /// What a runner does first if the job is cancelled: it interrupts the process of the step, and starts no other.
    pub fn cancel(&self) {
        self.running().cancelled = true;
        self.signal(Signal::INT);
    }

    /// What it does 7.5 s later.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    fn signal(&self, by: Signal) {
        let process = self.running().process.expect("a step that runs");
        signal(process, by);
    }

    fn running(&self) -> std::sync::MutexGuard<'_, Running> {
        self.running.lock().expect("nobody panics with it")
    }
}
