//! What a project keeps of its local stages is nobody else's, whatever the umask.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use rustix::process::Signal;

use crate::shown::assert_shown;
use crate::support::local_server::LocalServer;
use crate::support::project::Project;
use crate::support::txflow::Txflow;

const UMASK: &str = "umask 000";

async fn run(project: &Project, arguments: &[&str]) {
    let txflow = Txflow::after(UMASK, project.path(), arguments);
    txflow.run().await.succeeded();
}

/// Checks all that is in `.txflow`, and gives the names of what is there.
fn check(project: &Project) -> Vec<String> {
    let root = project.path().join(".txflow");
    let mut names = Vec::new();
    let mut left = vec![root.clone()];
    while let Some(path) = left.pop() {
        let found = fs::symlink_metadata(&path).expect("it is there");
        let program = path.ends_with("bootstrap");
        let expected = if found.is_dir() || program {
            0o700
        } else {
            0o600
        };
        let mode = found.mode() & 0o7777;
        assert_eq!(mode, expected, "{} has {mode:o}", path.display());
        if found.is_dir() {
            let entries = fs::read_dir(&path).expect("a folder");
            left.extend(entries.map(|entry| entry.expect("an entry").path()));
        }
        let name = path.strip_prefix(&root).expect("below it");
        names.push(name.display().to_string());
    }
    names
}

fn has(names: &[String], name: &str) -> bool {
    names.iter().any(|found| found == name)
}

#[tokio::test]
async fn the_whole_life_of_a_stack_leaves_nothing_open_to_others() {
    let project = Project::transactions().write();
    run(&project, &["deploy", "--local"]).await;
    run(&project, &["test", "--local"]).await;
    let names = check(&project);
    for name in ["local/state.redb", "local/key", "local/lock"] {
        assert!(has(&names, name), "{name} is missing in {names:?}");
    }
    let programs = names.iter().filter(|name| name.ends_with("/bootstrap"));
    assert!(programs.count() > 0, "{names:?}");

    let project = project.change_handler("purchase-handler");
    let mut server = LocalServer::start_after(UMASK, project.path(), &[]).await;
    assert!(has(&check(&project), "local/endpoint"));
    run(&project, &["deploy", "--local"]).await;
    run(&project, &["test", "--local"]).await;
    check(&project);
    assert_eq!(server.signal(Signal::INT).await.code(), Some(0));

    // What an older txflow left open is closed.
    let open = |path: &str, mode| {
        let path = project.path().join(path);
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("chmod");
    };
    open(".txflow", 0o777);
    open(".txflow/local", 0o755);
    open(".txflow/local/state.redb", 0o644);
    run(&project, &["rollback", "--local"]).await;
    check(&project);
    run(&project, &["destroy", "--local", "--yes"]).await;
    check(&project);
}

#[tokio::test]
async fn a_link_in_the_place_of_the_folder_is_refused_by_name() {
    let project = Project::transactions().write();
    let elsewhere: PathBuf = project.path().join("elsewhere");
    fs::create_dir(&elsewhere).expect("a folder");
    symlink(Path::new("elsewhere"), project.path().join(".txflow")).expect("a link");
    let status = project.alone(&["status", "--local"]).run().await;
    assert_shown!("link_for_a_folder", status.exits_with(1).stderr);
    assert_eq!(fs::read_dir(&elsewhere).expect("a folder").count(), 0);
}
