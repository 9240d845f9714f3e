//! One process: started with Lambda's environment and nothing of ours, watched, ended with all its children.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, ChildStderr, ChildStdout, Command};

use crate::aws::Aws;
use crate::clock;
use crate::http::call::Scope;
use crate::lambda::{Function, Version};

/// What a version's processes have in common.
pub(super) struct Recipe {
    pub(super) folder: PathBuf,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) timeout_seconds: u64,
    pub(super) memory_mb: u64,
    pub(super) version: String,
}

impl Recipe {
    pub(super) fn new(
        aws: &Aws,
        function: &Function,
        version: &Version,
        folder: PathBuf,
    ) -> Recipe {
        let settings = &version.settings;
        let scope = Scope::of_arn(&function.arn);
        let mut environment = settings.environment.clone();
        let mut set =
            |name: &str, value: &str| environment.insert(name.to_owned(), value.to_owned());
        set("_HANDLER", &settings.handler);
        set("AWS_REGION", &scope.region);
        set("AWS_DEFAULT_REGION", &scope.region);
        set("AWS_LAMBDA_FUNCTION_NAME", &function.name);
        set("AWS_LAMBDA_FUNCTION_VERSION", &version.version);
        set(
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            &settings.memory_mb.to_string(),
        );
        set("AWS_LAMBDA_LOG_GROUP_NAME", &settings.log_group);
        set("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");
        // Credentials that only this server takes, and its address: a handler's SDK calls stay on this machine.
        set("AWS_ACCESS_KEY_ID", &scope.account);
        set("AWS_SECRET_ACCESS_KEY", "local");
        set("AWS_SESSION_TOKEN", "local");
        let task_root = folder.to_string_lossy().into_owned();
        set("LAMBDA_TASK_ROOT", &task_root);
        set("LAMBDA_RUNTIME_DIR", &task_root);
        set("TZ", ":UTC");
        let mut default = |name: &str, value: &str| {
            environment
                .entry(name.to_owned())
                .or_insert_with(|| value.to_owned());
        };
        default("AWS_ENDPOINT_URL", &aws.endpoint_url());
        default("LANG", "en_US.UTF-8");
        default("PATH", "/usr/local/bin:/usr/bin:/bin");
        Recipe {
            folder,
            environment,
            timeout_seconds: settings.timeout_seconds,
            memory_mb: settings.memory_mb,
            version: version.version.clone(),
        }
    }

    /// `2026/01/31/[$LATEST]0123456789abcdef0123456789abcdef`, as Lambda names streams.
    pub(super) fn new_stream_name(&self) -> String {
        format!(
            "{}/[{}]{}",
            clock::day(clock::now()),
            self.version,
            uuid::Uuid::new_v4().simple()
        )
    }
}

/// How often a program that is busy is tried again.
const BUSY_ATTEMPTS: u32 = 200;
const BUSY_PAUSE: Duration = Duration::from_millis(5);

/// A started process. Dropping it ends it, and what it started.
pub(super) struct Process {
    child: Child,
    id: Option<u32>,
    pub(super) stdout: Option<ChildStdout>,
    pub(super) stderr: Option<ChildStderr>,
}

impl Process {
    pub(super) async fn start(
        recipe: &Recipe,
        api: SocketAddr,
        stream: &str,
    ) -> io::Result<Process> {
        let mut command = Command::new(recipe.folder.join("bootstrap"));
        command
            .current_dir(&recipe.folder)
            .env_clear()
            .envs(&recipe.environment)
            .env("AWS_LAMBDA_RUNTIME_API", api.to_string())
            .env("AWS_LAMBDA_LOG_STREAM_NAME", stream)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        // A group of its own: Ctrl-C on the terminal is for us, and what the process starts ends with it.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = spawn(&mut command).await?;
        Ok(Process {
            id: child.id(),
            stdout: child.stdout.take(),
            stderr: child.stderr.take(),
            child,
        })
    }

    /// Waits for the process's own end, and ends what it has left running.
    pub(super) async fn exited(&mut self) -> String {
        let how = match self.child.wait().await {
            Ok(status) => describe(status),
            Err(error) => format!("Runtime exited with error: {error}"),
        };
        self.end();
        // From now on the number may be another process's.
        self.id = None;
        how
    }

    /// Ends the process and what it has started.
    pub(super) fn end(&mut self) {
        #[cfg(unix)]
        if let Some(group) = self
            .id
            .and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?))
        {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.child.start_kill();
    }

    /// The most memory that the process has held, in MiB; where the system does not say, `None`.
    pub(super) fn peak_memory_mb(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id?)).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kib.div_ceil(1024))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// How Lambda words an exit.
fn describe(status: ExitStatus) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        if let Some(signal) = status.signal() {
            let name = match signal {
                4 => "illegal instruction".to_owned(),
                6 => "aborted".to_owned(),
                9 => "killed".to_owned(),
                11 => "segmentation fault".to_owned(),
                15 => "terminated".to_owned(),
                other => other.to_string(),
            };
            return format!("Runtime exited with error: signal: {name}");
        }
    }
    match status.code() {
        Some(0) | None => "Runtime exited without providing a reason".to_owned(),
        Some(code) => format!("Runtime exited with error: exit status {code}"),
    }
}

/// Why `bootstrap` did not start, as Lambda words it: error type and message.
pub(super) fn start_failure(folder: &Path, error: &io::Error) -> (&'static str, String) {
    let bootstrap = folder.join("bootstrap");
    let message = if !bootstrap.exists() {
        "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]".to_owned()
    } else if error.kind() == io::ErrorKind::PermissionDenied {
        "fork/exec /var/task/bootstrap: permission denied".to_owned()
    } else if error.raw_os_error() == Some(8) {
        "fork/exec /var/task/bootstrap: exec format error".to_owned()
    } else {
        format!("fork/exec /var/task/bootstrap: {error}")
    };
    ("Runtime.InvalidEntrypoint", message)
}

/// A program that was written a moment ago may be held open by another process that is just being
/// started: between its fork and its exec it has all of our files. That takes milliseconds.
async fn spawn(command: &mut Command) -> io::Result<Child> {
    for _ in 0..BUSY_ATTEMPTS {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
                tokio::time::sleep(BUSY_PAUSE).await;
            }
            spawned => return spawned,
        }
    }
    command.spawn()
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn a_program_that_is_still_open_for_writing_is_started_once_it_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bootstrap");
        fs::copy("/bin/true", &path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let writer = fs::File::options().write(true).open(&path).unwrap();
        let mut command = Command::new(&path);
        let busy = command.spawn().unwrap_err().kind();
        assert_eq!(busy, io::ErrorKind::ExecutableFileBusy);
        let (child, ()) = tokio::join!(spawn(&mut command), async { drop(writer) });
        assert!(child.unwrap().wait().await.unwrap().success());
    }
}
