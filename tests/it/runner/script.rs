//! A script, run as a runner runs it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

use console::strip_ansi_codes;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;
use tokio::sync::watch;

use super::LIMIT;
use super::job::{Conclusion, Job, Step};

impl Job<'_> {
    pub(super) async fn script(
        &mut self,
        outcome: &mut Step,
        script: &str,
        shell: Option<&str>,
        folder: &Path,
        environment: &[(String, String)],
    ) {
        let runner = self.runner;
        let file = runner.file("step.sh");
        fs::write(&file, script).expect("write the script");
        let named = ["OUTPUT", "ENV", "PATH", "STEP_SUMMARY", "STATE"];
        let files = named.map(|name| (name, runner.file(&format!("github-{name}"))));
        let mut command = Command::new("bash");
        match shell {
            Some("bash") => command.args(["--noprofile", "--norc", "-eo", "pipefail"]),
            None => command.arg("-e"),
            Some(other) => panic!("add the shell `{other}` to what this runner knows"),
        };
        command.arg(&file).current_dir(folder);
        command.env_clear().stdin(Stdio::null());
        for name in ["HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        let path = std::env::var("PATH").expect("a path");
        let temp = runner.file("temp");
        command
            .env("PATH", format!("{}:{path}", runner.file("bin").display()))
            .env("CI", "true")
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_WORKSPACE", &runner.workspace)
            .env("RUNNER_TEMP", temp)
            .env("RUNNER_OS", "Linux")
            .env("RUNNER_ARCH", "X64")
            .env("AWS_ENDPOINT_URL", &runner.aws)
            .env("AWS_EC2_METADATA_DISABLED", "true");
        for (name, path) in &files {
            fs::write(path, "").expect("write the file of the runner");
            command.env(format!("GITHUB_{name}"), path);
        }
        command.envs(&self.environment);
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut process = command.spawn().expect("start bash");
        runner.running().process = process.id();
        runner.log.send_modify(String::clear);
        let stdout = process.stdout.take().expect("a pipe");
        let stderr = process.stderr.take().expect("a pipe");
        let ended = async {
            tokio::join!(copy(stdout, &runner.log), copy(stderr, &runner.log));
            process.wait().await.expect("its end")
        };
        let ended = tokio::time::timeout(LIMIT, ended).await;
        runner.running().process = None;
        outcome.log.clone_from(&runner.log.borrow());
        let ended = ended.unwrap_or_else(|_| panic!("`{script}` hangs:\n{}", outcome.log));
        outcome.conclusion = match ended.success() {
            true => Conclusion::Success,
            false => Conclusion::Failure,
        };
        let [output, env, _, summary, _] =
            files.map(|(_, path)| fs::read_to_string(path).expect("read the file of the runner"));
        outcome.outputs = values(&output);
        outcome.summary = summary;
        self.environment.extend(values(&env));
    }
}

async fn copy(stream: impl AsyncRead + Unpin, log: &watch::Sender<String>) {
    let mut lines = BufReader::new(stream).lines();
    while let Some(line) = lines.next_line().await.expect("text") {
        log.send_modify(|log| {
            log.push_str(&strip_ansi_codes(&line));
            log.push('\n');
        });
    }
}

/// `NAME=VALUE`, or `NAME<<END`, lines and `END`.
fn values(file: &str) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    let mut lines = file.lines();
    while let Some(line) = lines.next() {
        let long = line
            .split_once("<<")
            .filter(|(name, _)| !name.contains('='));
        let (name, value) = match long {
            Some((name, end)) => {
                let value: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
                (name, value.join("\n"))
            }
            None => {
                let (name, value) = line.split_once('=').expect("a name and a value");
                (name, value.to_owned())
            }
        };
        values.insert(name.to_owned(), value);
    }
    values
}

pub fn write_executable(path: &Path, script: &str) {
    fs::write(path, script).expect("write the script");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("make it executable");
}
