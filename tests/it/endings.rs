//! How commands end that are not left in peace: interrupted, cut off, beside another, or in front of an AWS that does
//! not answer. All of it on the embedded AWS, with a proxy in between.

mod build;
mod late;
mod misleading;
mod role_of_two;
mod rollback;
mod signals;
mod terminal;
mod together;
mod unfinished;

use std::process::Command;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr};

use crate::support::account::Account;
use crate::support::local_server::LocalServer;
use crate::support::project::Project;
use crate::support::stack::STATE_MACHINE;
use crate::support::txflow::Txflow;
use crate::support::wire::Wire;

/// A project, and an embedded AWS behind a proxy.
pub(crate) struct Local {
    pub project: Project,
    pub wire: Wire,
    pub server: LocalServer,
}

impl Local {
    pub async fn new(project: Project) -> Self {
        let project = project.write();
        let server = LocalServer::start(project.path(), &[]).await;
        let wire = Wire::in_front_of(&server.url).await;
        Self {
            project,
            wire,
            server,
        }
    }

    /// Deployed once, and the calls of that forgotten.
    pub async fn deployed(project: Project) -> Self {
        let local = Self::new(project).await;
        local.txflow(&["deploy"]).run().await.succeeded();
        local.wire.clear();
        local
    }

    pub fn txflow(&self, arguments: &[&str]) -> Txflow {
        self.project.txflow(&self.wire.url(), arguments)
    }

    /// The operations that changed something, in the order of their arrival.
    pub fn written(&self) -> Vec<String> {
        let writes = self.wire.writes().into_iter();
        writes.map(|call| call.operation).collect()
    }

    /// The release that `live` leads to.
    pub async fn live(&self) -> Option<u64> {
        let account = Account::at(&self.server.url).await;
        let version = account.live(STATE_MACHINE).await?;
        version.rsplit(':').next()?.parse().ok()
    }
}

/// Reads what a command says, line by line.
struct Said {
    lines: Lines<BufReader<ChildStderr>>,
    all: String,
}

impl Said {
    fn by(child: &mut Child) -> Self {
        let stderr = child.stderr.take().expect("a pipe");
        Self {
            lines: BufReader::new(stderr).lines(),
            all: String::new(),
        }
    }

    /// Returns once this was said.
    async fn until(&mut self, text: &str) {
        while !self.all.contains(text) {
            let line = self.lines.next_line().await.expect("text");
            let line = line.unwrap_or_else(|| panic!("never said {text:?}:\n{}", self.all));
            self.all.push_str(&line);
            self.all.push('\n');
        }
    }

    /// All that it says up to its end.
    async fn finish(mut self) -> String {
        while let Some(line) = self.lines.next_line().await.expect("text") {
            self.all.push_str(&line);
            self.all.push('\n');
        }
        self.all
    }
}

/// Makes the project a commit of a repository of its own, and gives its short hash.
fn commit(project: &Project) -> String {
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.arg("-C").arg(project.path());
        git.args(["-c", "user.name=test", "-c", "user.email=test@example.org"]);
        let output = git.args(arguments).output().expect("git");
        assert!(output.status.success(), "git {arguments:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    git(&["init", "--quiet"]);
    git(&["add", "deploy.toml", "definition.asl.json", "lambdas"]);
    git(&["commit", "--quiet", "--message", "test"]);
    git(&["rev-parse", "--short", "HEAD"])
}
