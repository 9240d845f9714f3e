//! The page in a browser, as somebody uses it who develops a workflow, and as somebody attacks who has another page in the same
//! browser. The scripts in `browser/` drive Debian's Chromium through Playwright.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::local_server::LocalServer;
use crate::support::project::Project;
use crate::support::txflow;

mod story;
mod strangers;
mod views;

/// A whole story, on a machine that does other things as well.
const LIMIT: Duration = Duration::from_secs(600);

/// A project with its local AWS, whose page is open to the scripts.
struct Opened<'a> {
    project: &'a Project,
    url: String,
    server: LocalServer,
}

impl<'a> Opened<'a> {
    async fn open(project: &'a Project) -> Self {
        let mut server = LocalServer::start(project.path(), &["--ui-port", "0"]).await;
        let url = loop {
            let line = server.next_line().await;
            if let Some(url) = line.strip_prefix("Page on ") {
                break url.to_owned();
            }
        };
        Self {
            url,
            project,
            server,
        }
    }

    /// Runs a script, with what it needs to know. Gives the document that it prints last, if it prints any.
    async fn drive(&self, script: &str, more: Value) -> Value {
        let modules = std::env::var("TXFLOW_BROWSER");
        let modules = modules.expect("TXFLOW_BROWSER is set by `.ci/run`");
        let mut given = json!({
            "url": self.url,
            "project": self.project.path(),
            "txflow": txflow::binary(),
            "server": self.server.id(),
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            given[name.as_str()] = value.clone();
        }
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/page/browser");
        let mut node = Command::new("node");
        node.arg(folder.join(format!("{script}.mjs")))
            .env_clear()
            .env("TXFLOW_BROWSER", modules)
            .env("GIVEN", given.to_string())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        for name in [
            "PATH",
            "HOME",
            "CARGO_HOME",
            "RUSTUP_HOME",
            "RUSTUP_TOOLCHAIN",
        ] {
            if let Some(value) = std::env::var_os(name) {
                node.env(name, value);
            }
        }
        let output = tokio::time::timeout(LIMIT, node.output()).await;
        let output = output.unwrap_or_else(|_| panic!("`{script}` hangs"));
        let output = output.expect("`node` is installed");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{script}\n{stdout}\n{stderr}");
        let last = stdout.lines().last().unwrap_or_default();
        serde_json::from_str(last).unwrap_or_default()
    }
}
