//! Nothing is written before the build is over.

use std::fs;
use std::time::Duration;

use rustix::process::Signal;

use super::{Local, Said};
use crate::support::local_server::signal;
use crate::support::project::Project;

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

#[tokio::test]
async fn a_build_that_fails_leaves_nothing_behind_and_says_so() {
    let local = Local::new(Project::transactions()).await;
    let source = local
        .project
        .path()
        .join("lambdas/purchase-handler/src/main.rs");
    fs::write(source, "fn main() { nowhere(); }\n").expect("write the handler");
    let deploy = local.txflow(&["deploy"]).run().await.exits_with(1);
    deploy
        .says("error: cargo could not build the functions")
        .says("\n  nothing was written to AWS\n");
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
