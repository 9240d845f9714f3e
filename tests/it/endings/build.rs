//! Nothing is written before the build is over.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use rustix::process::Signal;

use super::{Local, Said};
use crate::shown::assert_shown;
use crate::support::gate::Gate;
use crate::support::local_server::signal;
use crate::support::outliving::{gone, leave_three, none_runs, stay, told};
use crate::support::project::Project;
use crate::support::wire::{Act, Rule};

/// Builds for ever, or as long as its cargo lives, once it has said that it has begun.
const ENDLESS: &str = r#"
fn main() {
    let cargo = std::os::unix::process::parent_id();
    std::fs::write("began", "").unwrap();
    while std::os::unix::process::parent_id() == cargo {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}
"#;

/// A build script that runs a script of a shell.
fn shell(script: &str) -> String {
    format!(
        "fn main() {{ std::process::Command::new(\"/bin/bash\").args([\"-c\", r####\"{script}\"####]).status().unwrap(); }}"
    )
}

/// For a shell: sends a signal to what watches over the build.
fn to_supervisor(signal: &str) -> String {
    format!(
        "id=$$\nuntil read -r name < /proc/$id/comm && [ \"$name\" = txflow-watch ]; do id=$(sed 's/.*) . \\([0-9]*\\) .*/\\1/' /proc/$id/stat); done\nkill -{signal} $id\n"
    )
}

/// A folder for the files of those who tell of themselves, and a project whose build starts them and then runs on.
fn lasting(project: &Project, then: &str) -> tempfile::TempDir {
    let pids = tempfile::tempdir().expect("a temporary directory");
    let script = format!("{}{then}{}", leave_three(pids.path()), stay(pids.path()));
    let package = project.path().join("lambdas/purchase-handler");
    fs::write(package.join("build.rs"), shell(&script)).expect("write the build script");
    pids
}

#[tokio::test]
async fn nothing_of_a_build_outlives_an_interrupt() {
    let local = Local::new(Project::transactions()).await;
    let arguments: [&[&str]; 2] = [&["deploy"], &["plan"]];
    for (by, arguments) in [Signal::INT, Signal::TERM].into_iter().zip(arguments) {
        let pids = lasting(&local.project, "");
        let mut child = local.txflow(arguments).start();
        let started = told(pids.path(), 4).await;
        signal(child.id().expect("it runs"), by);
        assert_eq!(child.wait().await.expect("its end").code(), Some(130));
        none_runs(&started);
    }
    // No lock is left behind, either.
    let package = local.project.path().join("lambdas/purchase-handler");
    fs::remove_file(package.join("build.rs")).expect("remove the build script");
    local.txflow(&["deploy"]).run().await.succeeded();
}

#[tokio::test]
async fn a_build_that_stops_its_supervisor_ends_with_an_interrupt() {
    let local = Local::new(Project::transactions()).await;
    let pids = lasting(&local.project, &to_supervisor("STOP"));
    let mut child = local.txflow(&["deploy"]).start();
    let started = told(pids.path(), 4).await;
    signal(child.id().expect("it runs"), Signal::INT);
    assert_eq!(child.wait().await.expect("its end").code(), Some(130));
    none_runs(&started);
}

#[tokio::test]
async fn a_build_that_kills_its_supervisor_fails_and_leaves_nothing() {
    let local = Local::new(Project::transactions()).await;
    let pids = lasting(&local.project, &to_supervisor("KILL"));
    let deploy = local.txflow(&["deploy"]).run().await.exits_with(1);
    let error = deploy.error();
    assert!(error.contains("nothing was written to AWS"), "{error}");
    none_runs(&told(pids.path(), 3).await);
}

#[tokio::test]
async fn nothing_of_a_build_outlives_txflow_that_is_killed() {
    let local = Local::new(Project::transactions()).await;
    let pids = lasting(&local.project, "");
    let mut child = local.txflow(&["deploy"]).start();
    let started = told(pids.path(), 4).await;
    child.kill().await.expect("it runs");
    gone(&started).await;
}

#[tokio::test]
async fn nothing_of_a_build_outlives_the_failure_of_another_part() {
    let local = Local::deployed(Project::transactions()).await;
    let pids = lasting(&local.project, "");
    let gate = Gate::closed();
    let read = Rule::on("states.DescribeStateMachine", Act::Before(gate.clone()));
    local.wire.rule(read.always());
    local.wire.tamper(|operation, answer| match operation {
        "states.DescribeStateMachine" => "no JSON".to_owned(),
        _ => answer.to_owned(),
    });
    let mut child = local.txflow(&["deploy"]).start();
    gate.reached().await;
    let started = told(pids.path(), 4).await;
    gate.open();
    assert_eq!(child.wait().await.expect("its end").code(), Some(1));
    none_runs(&started);
}

#[tokio::test]
async fn no_compiler_that_is_asked_for_its_configuration_outlives_an_interrupt() {
    let local = Local::new(Project::transactions()).await;
    let pids = tempfile::tempdir().expect("a temporary directory");
    let compiler = local.project.path().join("compiler");
    let script = format!(
        "#!/bin/bash\ncase $* in *cfg*) {}{} ;; esac\nexec rustc \"$@\"\n",
        leave_three(pids.path()),
        stay(pids.path())
    );
    fs::write(&compiler, script).expect("write the compiler");
    fs::set_permissions(&compiler, fs::Permissions::from_mode(0o755)).expect("make it run");
    let configuration = local.project.path().join(".cargo");
    fs::create_dir_all(&configuration).expect("a folder");
    let text = format!("[build]\nrustc = {compiler:?}\n[target.'cfg(unix)']\nrustflags = []\n");
    fs::write(configuration.join("config.toml"), text).expect("write the configuration");
    let mut child = local.txflow(&["deploy"]).start();
    let started = told(pids.path(), 4).await;
    signal(child.id().expect("it runs"), Signal::INT);
    assert_eq!(child.wait().await.expect("its end").code(), Some(130));
    none_runs(&started);
}

#[tokio::test]
async fn nothing_of_a_build_outlives_its_success() {
    let local = Local::new(Project::transactions()).await;
    let pids = tempfile::tempdir().expect("a temporary directory");
    let package = local.project.path().join("lambdas/purchase-handler");
    let script = shell(&leave_three(pids.path()));
    fs::write(package.join("build.rs"), script).expect("write the build script");
    local.txflow(&["plan"]).run().await.succeeded();
    none_runs(&told(pids.path(), 3).await);
}

#[tokio::test]
async fn a_build_that_fails_leaves_nothing_behind_and_says_so() {
    let local = Local::new(Project::transactions()).await;
    let source = local
        .project
        .path()
        .join("lambdas/purchase-handler/src/main.rs");
    fs::write(source, "fn main() { nowhere(); }\n").expect("write the handler");
    let deploy = local.txflow(&["deploy"]).run().await.exits_with(1);
    assert_shown!("failed_build", deploy.error());
    assert_eq!(local.written(), [""; 0]);
    assert!(
        local.wire.count("states.DescribeStateMachine") > 0,
        "the stack is read while the build runs"
    );
}

#[tokio::test]
async fn a_build_that_is_interrupted_leaves_nothing_behind_and_says_so() {
    let local = Local::new(Project::transactions()).await;
    let package = local.project.path().join("lambdas/purchase-handler");
    fs::write(package.join("build.rs"), ENDLESS).expect("write the build script");
    for by in [Signal::INT, Signal::TERM] {
        let began = package.join("began");
        let mut child = local.txflow(&["deploy"]).start_piped();
        let said = Said::by(&mut child);
        while !began.exists() {
            let ended = child.try_wait().expect("its state");
            assert_eq!(ended, None, "the build is endless");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        fs::remove_file(began).expect("remove the sign");
        signal(child.id().expect("it runs"), by);
        let said = said.finish().await;
        assert_eq!(
            child.wait().await.expect("its end").code(),
            Some(130),
            "{said}"
        );
        assert!(
            said.contains("error: interrupted: 0 steps done\n  nothing was written to AWS\nhint: "),
            "{said}"
        );
        assert_eq!(local.written(), [""; 0]);
    }
}
