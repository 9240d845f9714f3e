//! `txflow test --watch`: what changes is deployed and tested again.

use std::fs;
use std::process::ExitStatus;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Child;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

use crate::support::project::{Project, task};
use crate::support::txflow::interrupt;

/// A watch that hangs.
const LIMIT: Duration = Duration::from_secs(300);

/// A watch that runs. It is killed when it is dropped.
struct Watch {
    child: Child,
    /// What it prints, on stdout and stderr.
    lines: UnboundedReceiver<String>,
}

impl Watch {
    fn start(project: &Project) -> Self {
        let mut child = project
            .alone(&["test", "--local", "--watch", "-v"])
            .start_piped();
        let (tell, lines) = unbounded_channel();
        tokio::spawn(read(child.stdout.take().expect("a pipe"), tell.clone()));
        tokio::spawn(read(child.stderr.take().expect("a pipe"), tell));
        Self { child, lines }
    }

    /// Waits until it has printed all of these, and that it waits for the next change.
    async fn prints(&mut self, texts: &[&str]) {
        let mut printed = String::new();
        let waits = "Waiting for changes (Ctrl-C ends)";
        let missing = |printed: &str| {
            let mut texts = texts.iter().chain([&waits]);
            texts.find(|text| !printed.contains(**text)).copied()
        };
        while let Some(text) = missing(&printed) {
            match timeout(LIMIT, self.lines.recv()).await {
                Ok(Some(line)) => printed.push_str(&format!("{line}\n")),
                _ => panic!("{text:?} is missing in\n{printed}"),
            }
        }
    }

    async fn interrupt(mut self) -> ExitStatus {
        interrupt(&self.child);
        self.child.wait().await.expect("its end")
    }
}

async fn read(stream: impl AsyncRead + Unpin, tell: UnboundedSender<String>) {
    let mut lines = BufReader::new(stream).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if tell.send(line).is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn a_change_is_deployed_and_tested_again_until_ctrl_c() {
    let project = Project::transactions().write();
    let mut watch = Watch::start(&project);
    let first = ["\"revision\": 1", "2 tests: 2 passed, 0 failed"];
    watch.prints(&first).await;

    let project = project.change_handler("purchase-handler");
    let only_this_one = [
        "Changed lambdas/purchase-handler/src/main.rs",
        "Built `purchase-handler`",
        "Fresh `refund-handler`",
        "\"revision\": 2",
        "2 tests: 2 passed, 0 failed",
    ];
    watch.prints(&only_this_one).await;

    let other = "[tests.OTHER]\ninput = {}\nexpect = { status = \"SUCCEEDED\" }\n";
    let _project = project.settings(other).write();
    let one_more = [
        "Changed deploy.toml",
        "FAIL OTHER",
        "3 tests: 2 passed, 1 failed",
    ];
    watch.prints(&one_more).await;
    assert_eq!(watch.interrupt().await.code(), Some(0));
}

#[tokio::test]
async fn what_is_broken_is_told_and_the_next_change_mends_it() {
    let only = |handler: &str| json!({ "StartAt": "Only", "States": { "Only": task(handler) } });
    let project = Project::new("mended")
        .handler("purchase-handler")
        .definition(only("purchase-handler"))
        .settings("[tests.ANY]\ninput = {}\n")
        .write();
    let mut watch = Watch::start(&project);
    watch.prints(&["1 test: 1 passed"]).await;

    let project = project.definition(only("purchase-hanlder")).write();
    let broken = ["Changed definition.asl.json", "did you mean"];
    watch.prints(&broken).await;
    let project = project.definition(only("purchase-handler")).write();
    watch.prints(&["1 test: 1 passed"]).await;

    let source = project.path().join("lambdas/purchase-handler/src/main.rs");
    let right = fs::read_to_string(&source).expect("a source file");
    fs::write(&source, "fn main() { nothing() }").expect("write the file");
    watch.prints(&["cannot find function `nothing`"]).await;
    fs::write(&source, right).expect("write the file");
    watch.prints(&["1 test: 1 passed"]).await;
    assert_eq!(watch.interrupt().await.code(), Some(0));
}
