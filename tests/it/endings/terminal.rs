//! What Ctrl-C leaves on the terminal.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::Local;
use crate::support::gate::Gate;
use crate::support::outliving::{none_runs, stay, told};
use crate::support::project::Project;
use crate::support::pseudo_terminal::PseudoTerminal;
use crate::support::txflow::Txflow;
use crate::support::wire::{Act, Rule};

#[tokio::test]
async fn an_apply_leaves_no_line_of_what_was_in_progress() {
    let local = Local::new(Project::transactions()).await;
    let gate = Gate::closed();
    let creation = Rule::on("iam.CreateRole", Act::Before(gate.clone()));
    local.wire.rule(creation.always());
    for leaves in [true, false] {
        let terminal = PseudoTerminal::of(50, 120);
        let mut child = local.txflow(&["deploy"]).start_on(&terminal);
        for _ in 0..3 {
            gate.reached().await;
        }
        terminal.until("Creating role").await;
        terminal.interrupt();
        terminal.until("no other step is begun").await;
        if leaves {
            terminal.interrupt();
        } else {
            gate.open();
        }
        let code = child.wait().await.expect("its end").code();
        let screen = terminal.last_screen();
        assert_eq!(code, Some(130), "{screen}");
        assert!(screen.contains("error: interrupted"), "{screen}");
        assert!(!screen.contains("Creating role"), "{screen}");
        assert!(!screen.contains("^C"), "{screen}");
    }
}

#[tokio::test]
async fn what_goes_on_until_ctrl_c_leaves_the_next_line_to_the_shell() {
    let local = Local::new(Project::transactions()).await;
    let other = tempfile::tempdir().expect("a temporary directory");
    let commands = [
        (
            Txflow::without_account(other.path(), &["local", "--port", "0"]),
            "AWS_SECRET_ACCESS_KEY",
        ),
        (local.txflow(&["test", "--watch"]), "Waiting for changes"),
    ];
    for (command, ready) in commands {
        let terminal = PseudoTerminal::of(50, 120);
        let mut child = command.start_on(&terminal);
        terminal.until(ready).await;
        terminal.interrupt();
        let code = child.wait().await.expect("its end").code();
        let screen = terminal.last_screen();
        assert_eq!(code, Some(0), "{screen}");
        assert!(!screen.contains("^C"), "{screen}");
    }
}

#[tokio::test]
async fn cargo_hears_the_ctrl_c_of_the_terminal_itself() {
    let local = Local::new(Project::transactions()).await;
    let pids = tempfile::tempdir().expect("a temporary directory");
    let cargo = local.project.path().join("cargo");
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = build ] && {{ {}; }}\nexec cargo \"$@\"\n",
        stay(pids.path())
    );
    fs::write(&cargo, script).expect("write the script");
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).expect("make it run");
    let terminal = PseudoTerminal::of(50, 120);
    let deploy = local.txflow(&["deploy"]);
    let deploy = deploy.env("CARGO", cargo.to_str().expect("UTF-8"));
    let mut child = deploy.start_on(&terminal);
    let started = told(pids.path(), 1).await;
    let stat = fs::read_to_string(format!("/proc/{}/stat", started[0])).expect("it runs");
    let (_, stat) = stat.rsplit_once(')').expect("a name");
    let fields: Vec<&str> = stat.split_whitespace().collect();
    let (group, foreground) = (fields[2], fields[5]);
    assert_eq!(group, foreground);
    terminal.interrupt();
    let code = child.wait().await.expect("its end").code();
    assert_eq!(code, Some(130), "{}", terminal.last_screen());
    none_runs(&started);
}
