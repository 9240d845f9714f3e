//! One process: started with Lambda's environment and nothing of ours, watched, and ended together with its children.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::process::{ChildStderr, ChildStdout, Command};
use tokio::runtime::Handle;

use super::memory::Census;
use super::process_count::Counted;
use super::shared::Shared;
use crate::clock::{self, Millis};
use crate::contained::{Contained, Group};
use crate::http::scope::Scope;
use crate::lambda::grants::SERVICE;
use crate::lambda::{Function, Version};
use crate::session::RoleSession;

/// What a version's processes have in common.
pub(super) struct Recipe {
    pub(super) folder: PathBuf,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) timeout_seconds: u64,
    pub(super) memory_mb: u64,
    pub(super) version: String,
    pub(super) function_arn: String,
    pub(super) function_name: String,
    /// The ARN of the function's role.
    pub(super) role: String,
    pub(super) log_group: String,
    /// The least level of log lines in JSON.
    pub(super) log_level: Option<String>,
}

impl Recipe {
    pub(super) fn new(
        endpoint_url: &str,
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
        set("AWS_LAMBDA_LOG_GROUP_NAME", &settings.logging.log_group);
        // `lambda_runtime` reads these.
        set("AWS_LAMBDA_LOG_FORMAT", &settings.logging.log_format);
        if let Some(level) = &settings.logging.application_log_level {
            set("AWS_LAMBDA_LOG_LEVEL", level);
        }
        set("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");
        let task_root = folder.to_string_lossy().into_owned();
        set("LAMBDA_TASK_ROOT", &task_root);
        set("LAMBDA_RUNTIME_DIR", &task_root);
        set("TZ", ":UTC");
        let mut default = |name: &str, value: &str| {
            environment
                .entry(name.to_owned())
                .or_insert_with(|| value.to_owned());
        };
        // A handler's SDK calls stay on this machine.
        default("AWS_ENDPOINT_URL", endpoint_url);
        // With `sync-` before it, no host has that name.
        default("AWS_DISABLE_HOST_PREFIX_INJECTION", "true");
        default("LANG", "en_US.UTF-8");
        default("PATH", "/usr/local/bin:/usr/bin:/bin");
        Recipe {
            folder,
            environment,
            timeout_seconds: settings.timeout_seconds,
            memory_mb: settings.memory_mb,
            version: version.version.clone(),
            function_arn: function.arn.clone(),
            function_name: function.name.clone(),
            role: settings.role.clone(),
            log_group: settings.logging.log_group.clone(),
            log_level: settings.logging.application_log_level.clone(),
        }
    }

    /// Sets Lambda's environment and nothing of ours, and pipes for the output.
    fn prepare(&self, command: &mut Command, session: &RoleSession, api: SocketAddr, stream: &str) {
        command
            .current_dir(&self.folder)
            .env_clear()
            .envs(&self.environment)
            .env("AWS_ACCESS_KEY_ID", &session.access_key)
            .env("AWS_SECRET_ACCESS_KEY", &session.secret_key)
            .env("AWS_SESSION_TOKEN", &session.token)
            .env("AWS_LAMBDA_RUNTIME_API", api.to_string())
            .env("AWS_LAMBDA_LOG_STREAM_NAME", stream)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
    }

    /// `2026/01/31/[$LATEST]0123456789abcdef0123456789abcdef`, as Lambda names streams.
    pub(super) fn new_stream_name(&self, now: Millis) -> String {
        format!(
            "{}/[{}]{}",
            clock::day(now),
            self.version,
            uuid::Uuid::new_v4().simple()
        )
    }
}

/// How often to retry a program that is busy.
const BUSY_ATTEMPTS: u32 = 200;
const BUSY_PAUSE: Duration = Duration::from_millis(5);

/// A started process. Dropping it ends it and everything that it started.
pub(super) struct Process {
    /// Empty once the process is left to [`reap`].
    contained: Option<Contained>,
    counted: Option<Counted>,
    /// Ends with the process, and its credentials with it.
    _session: Arc<RoleSession>,
    pub(super) stdout: Option<ChildStdout>,
    pub(super) stderr: Option<ChildStderr>,
}

impl Process {
    pub(super) async fn start(
        shared: &Shared,
        recipe: &Recipe,
        api: SocketAddr,
        stream: &str,
    ) -> io::Result<Process> {
        unless_busy(|| Self::start_once(shared, recipe, api, stream)).await
    }

    async fn start_once(
        shared: &Shared,
        recipe: &Recipe,
        api: SocketAddr,
        stream: &str,
    ) -> io::Result<Process> {
        let bootstrap = recipe.folder.join("bootstrap");
        let Recipe {
            role,
            function_name,
            ..
        } = recipe;
        let session = shared.iam.begin_session(SERVICE, role, function_name);
        let spawn = shared
            .containment
            .spawn(Group::Own, bootstrap.as_os_str(), |command| {
                recipe.prepare(command, &session, api, stream);
            });
        let mut contained = spawn?;
        let mut process = Process {
            counted: Some(shared.count.add()),
            _session: session,
            stdout: contained.take_stdout(),
            stderr: contained.take_stderr(),
            contained: Some(contained),
        };
        if let Some(contained) = &mut process.contained {
            contained.started().await?;
        }
        Ok(process)
    }

    /// Waits until the process ends by itself, and ends what it left running.
    pub(super) async fn exited(&mut self) -> String {
        let Some(contained) = &mut self.contained else {
            return std::future::pending().await;
        };
        match contained.wait().await {
            Ok(status) => describe(Ending::of(status)),
            Err(error) => format!("Runtime exited with error: {error}"),
        }
    }

    /// Ends the process and everything that it started.
    pub(super) fn end(&mut self) {
        if let Some(contained) = &mut self.contained {
            contained.begin_end();
        }
    }

    /// The ids of the handler and, if a census is given, of everything that it started.
    pub(super) fn ids(&self, census: Option<&Census>) -> Vec<u32> {
        let Some((contained, id)) = self.contained.as_ref().and_then(|c| Some((c, c.id()?))) else {
            return Vec::new();
        };
        let mut ids = vec![id];
        if let Some(census) = census {
            // A process that has lost its parent is a child of the supervisor.
            let below = census.processes().below(contained.top().unwrap_or(id));
            let others = below.iter().map(|process| process.id);
            ids.extend(others.filter(|&other| other != id));
        }
        ids
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
        if let (Some(contained), Some(counted), Ok(runtime)) = (
            self.contained.take(),
            self.counted.take(),
            Handle::try_current(),
        ) {
            runtime.spawn(reap(contained, counted));
        }
    }
}

/// Waits until a process that was asked to end has ended, and kills it if necessary.
async fn reap(contained: Contained, counted: Counted) {
    contained.end().await;
    drop(counted);
}

/// How a process ended.
enum Ending {
    Code(i32),
    Signal(i32),
}

const KILLED: i32 = 9;

impl Ending {
    fn of(status: ExitStatus) -> Ending {
        #[cfg(unix)]
        if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
            return Ending::Signal(signal);
        }
        Ending::Code(status.code().unwrap_or_default())
    }
}

/// How Lambda words an exit.
fn describe(ending: Ending) -> String {
    match ending {
        Ending::Signal(signal) => {
            let name = match signal {
                4 => "illegal instruction".to_owned(),
                6 => "aborted".to_owned(),
                KILLED => "killed".to_owned(),
                11 => "segmentation fault".to_owned(),
                15 => "terminated".to_owned(),
                other => other.to_string(),
            };
            format!("Runtime exited with error: signal: {name}")
        }
        Ending::Code(0) => "Runtime exited without providing a reason".to_owned(),
        Ending::Code(code) => format!("Runtime exited with error: exit status {code}"),
    }
}

/// The error type and message of Lambda for a `bootstrap` that did not start.
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

/// A program that was just written may be held open by another process that is being started, which has all of our
/// files between its fork and its exec. That takes milliseconds.
async fn unless_busy<T, F>(mut start: impl FnMut() -> F) -> io::Result<T>
where
    F: Future<Output = io::Result<T>>,
{
    for _ in 0..BUSY_ATTEMPTS {
        match start().await {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
                tokio::time::sleep(BUSY_PAUSE).await;
            }
            started => return started,
        }
    }
    start().await
}

#[cfg(all(test, unix))]
mod tests {
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
        let (child, ()) =
            tokio::join!(unless_busy(|| std::future::ready(command.spawn())), async {
                drop(writer);
            });
        assert!(child.unwrap().wait().await.unwrap().success());
    }
}
