//! A GitHub job that is cancelled: the runner sends SIGINT to the shell of the step, SIGTERM 7.5 s later, and kills
//! after another 2.5 s.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Stdio;

use rustix::process::Signal;
use tokio::process::Command;

use super::{Local, Said};
use crate::support::gate::Gate;
use crate::support::local_server::signal;
use crate::support::project::{Project, repository};
use crate::support::wire::{Act, Rule};

/// The script of the step that runs txflow.
fn script() -> String {
    let action = fs::read_to_string(repository().join("action.yml")).expect("read action.yml");
    let (_, step) = action.split_once("- name: Run txflow\n").expect("the step");
    let (_, script) = step.split_once("      run: |\n").expect("its script");
    let lines = script.lines();
    let lines = lines.take_while(|line| line.is_empty() || line.starts_with("        "));
    lines
        .map(|line| format!("{}\n", line.trim_start()))
        .collect()
}

#[tokio::test]
async fn a_cancelled_job_stops_the_deploy_which_says_how_far_it_came() {
    let local = Local::new(Project::transactions()).await;
    let gate = Gate::closed();
    let creation = Rule::on("lambda.CreateFunction", Act::Before(gate.clone()));
    local.wire.rule(creation.always());

    let files = tempfile::TempDir::with_prefix("txflow-it-").expect("a temporary directory");
    let file = files.path().join("step.sh");
    fs::write(&file, script()).expect("write the script");
    fs::create_dir(files.path().join("bin")).expect("a folder");
    let binary = files.path().join("bin/txflow");
    symlink(env!("CARGO_BIN_EXE_txflow"), binary).expect("a link");
    let mut bash = Command::new("bash");
    bash.args(["--noprofile", "--norc", "-eo", "pipefail"])
        .arg(file)
        .current_dir(local.project.path())
        .env("ROOT", files.path())
        .env("COMMAND", "deploy")
        .env("ARGUMENTS", format!("--endpoint-url {}", local.wire.url()))
        .env("STAGE", "dev")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env_remove("GITHUB_ACTIONS")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut step = bash.spawn().expect("start bash");
    let mut said = Said::by(&mut step);
    gate.reached().await;
    gate.reached().await;
    // All else that can be done before the functions are there has been done.
    for role in ["purchase-handler", "refund-handler", "state-machine"] {
        said.until(&format!("Wrote policy of role `transactions-dev-{role}`"))
            .await;
    }
    for function in ["purchase-handler", "refund-handler"] {
        let group = format!("/aws/lambda/transactions-dev-{function}");
        said.until(&format!("Wrote retention of log group `{group}`"))
            .await;
    }
    let before = local.written();

    let runner = step.id().expect("it runs");
    signal(runner, Signal::INT);
    said.until("no other step is begun").await;
    assert_eq!(step.try_wait().expect("its state"), None, "{}", said.all);
    signal(runner, Signal::TERM);
    let said = said.finish().await;
    assert_eq!(
        step.wait().await.expect("its end").code(),
        Some(130),
        "{said}"
    );
    for part in [
        "error: interrupted: 10 steps done, 0 failed, 2 in flight, 4 not started\n",
        "  done: role `transactions-dev-state-machine` (CreateRole)\n",
        "  in flight, and AWS may still do it: function `transactions-dev-purchase-handler` (CreateFunction)\n",
        "  not started: state machine `transactions-dev` (CreateStateMachine)\n",
        "  not started: alias `transactions-dev:live` (CreateStateMachineAlias)\n",
    ] {
        assert!(said.contains(part), "no {part:?} in:\n{said}");
    }
    // Whatever holds the calls lets them go: nobody is there any more to make another.
    gate.open();
    assert_eq!(local.written(), before);
    assert_eq!(local.live().await, None);
}
