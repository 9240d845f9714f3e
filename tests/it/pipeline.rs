//! The pipeline that `txflow init` writes, from a pull request to production: its jobs, the action and its scripts, as a
//! runner runs them, against the embedded AWS and a GitHub that is made up.

mod cancelled;
mod inputs;
mod install;
mod production;
mod pull_request;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::runner::github::GitHub;
use crate::runner::{Conclusion, Event, Runner, Step, parse};
use crate::support::account::Account;
use crate::support::local_server::LocalServer;
use crate::support::project::{Project, repository, task};
use crate::support::txflow::{Txflow, binary};
use crate::support::wire::Wire;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A repository with a project, and all that its workflows run on.
struct Pipeline {
    project: Project,
    server: LocalServer,
    /// In front of it.
    wire: Wire,
    runner: Runner,
    workflow: Value,
    release: TempDir,
}

impl Pipeline {
    async fn new(project: Project) -> Self {
        let project = project.write();
        let server = LocalServer::start(project.path(), &[]).await;
        let wire = Wire::in_front_of(&server.url).await;
        let release = release();
        let github = GitHub::start(release.path().to_owned()).await;
        let runner = Runner::new(project.path(), github, &wire.url());
        let gh = "#!/bin/sh\necho \"gh $*\" >>\"${0%/bin/gh}/gh-calls\"\n";
        runner.install("gh", gh);
        let workflow = workflow(&runner).await;
        Self {
            project,
            server,
            wire,
            runner,
            workflow,
            release,
        }
    }

    async fn job(&self, name: &str, event: &Event) -> Vec<Step> {
        self.runner.job(&self.workflow, name, event).await
    }

    /// A job of these steps, for an event.
    async fn steps(&self, steps: Value, event: &Event) -> Vec<Step> {
        let job = json!({ "steps": steps });
        let workflow = json!({ "jobs": { "job": job } });
        self.runner.job(&workflow, "job", event).await
    }

    /// The release that `live` of a stage leads to.
    async fn live(&self, stage: &str) -> Option<u64> {
        let account = Account::at(&self.server.url).await;
        let arn = format!("arn:aws:states:us-east-1:000000000000:stateMachine:shop-{stage}");
        let version = account.live(&arn).await?;
        version.rsplit(':').next()?.parse().ok()
    }
}

/// A use of the action at the tag of its version.
fn action(inputs: Value) -> Value {
    json!({ "uses": format!("txflow/txflow@v{VERSION}"), "with": inputs })
}

/// One handler and a test that it passes.
fn shop() -> Project {
    Project::new("shop")
        .handler("buy")
        .definition(json!({ "StartAt": "Buy", "States": { "Buy": task("buy") } }))
        .settings("[tests.GOOD]\ninput = {}\n")
}

/// The workflow of a new project. GitHub knows the commit that it pins the action to.
async fn workflow(runner: &Runner) -> Value {
    let folder = TempDir::with_prefix("txflow-it-").expect("a temporary directory");
    let init = Txflow::without_account(folder.path(), &["init", "shop"]);
    init.run().await.succeeded();
    let file = folder.path().join("shop/.github/workflows/deploy.yml");
    let text = fs::read_to_string(file).expect("the workflow");
    let (_, pin) = text.split_once("uses: txflow/txflow@").expect("the action");
    let pin = pin.split_whitespace().next().expect("its ref");
    for name in [pin, &format!("v{VERSION}")] {
        runner.github.commit(name, pin);
    }
    parse(&text)
}

/// The files of a release for this machine. The binary in it stands for the one that is tested, which packs faster.
fn release() -> TempDir {
    let folder = TempDir::with_prefix("txflow-it-").expect("a temporary directory");
    let stand_in = stand_in(folder.path());
    for libc in ["gnu", "musl"] {
        pack(
            &format!("x86_64-unknown-linux-{libc}"),
            &stand_in,
            folder.path(),
        );
    }
    folder
}

fn stand_in(folder: &Path) -> PathBuf {
    let path = folder.join("txflow");
    let script = format!("#!/bin/sh\nexec '{}' \"$@\"\n", binary().display());
    crate::runner::write_executable(&path, &script);
    path
}

fn pack(target: &str, binary: &Path, folder: &Path) {
    let mut package = Command::new(repository().join("release/package.sh"));
    let packed = package.arg(target).arg(binary).arg(folder).output();
    let packed = packed.expect("start it");
    assert!(packed.status.success(), "{packed:?}");
}

/// The step of this name, the last if there are several.
fn step<'a>(steps: &'a [Step], name: &str) -> &'a Step {
    let found = steps.iter().rev().find(|step| step.name == name);
    found.unwrap_or_else(|| panic!("no step {name:?} in {steps:#?}"))
}

fn assert_succeeded(steps: &[Step]) {
    let failed = steps
        .iter()
        .find(|step| step.conclusion == Conclusion::Failure);
    assert!(failed.is_none(), "{failed:#?}");
}
