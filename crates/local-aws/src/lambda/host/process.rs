//! One process: started with Lambda's environment and nothing of ours, watched, ended with all its children.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::runtime::Handle;

use super::Host;
use super::leftovers::{MARK, end_those_with};
#[cfg(target_os = "linux")]
use super::lifeline::Lifeline;
use super::living::Life;
use super::memory::Census;
use super::processes::Processes;
#[cfg(target_os = "linux")]
use super::supervisor::{Supervisor, Told};
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
        set(MARK, &task_root);
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

    /// Lambda's environment and nothing of ours, and pipes for what the process says.
    fn prepare<'a>(
        &self,
        command: &'a mut Command,
        api: SocketAddr,
        stream: &str,
    ) -> &'a mut Command {
        command
            .current_dir(&self.folder)
            .env_clear()
            .envs(&self.environment)
            .env("AWS_LAMBDA_RUNTIME_API", api.to_string())
            .env(STREAM, stream)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // A group of its own: Ctrl-C on the terminal is for us, and what the process starts ends with it.
        #[cfg(unix)]
        command.process_group(0);
        command
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
/// How long a process that is to end may take to. A supervisor ends by itself.
const LAST_MOMENTS: Duration = Duration::from_secs(3);
/// The variable that no two processes have the same value of.
const STREAM: &str = "AWS_LAMBDA_LOG_STREAM_NAME";

/// A started process. Dropping it ends it, and what it started.
pub(super) struct Process {
    /// The supervisor, or the handler itself if there is none. Empty once it is left to [`bury`].
    child: Option<Child>,
    /// The connection to the supervisor, if there is one.
    #[cfg(target_os = "linux")]
    lifeline: Option<Lifeline>,
    /// The handler's own number, while it runs.
    id: Option<u32>,
    stream: String,
    life: Option<Life>,
    pub(super) stdout: Option<ChildStdout>,
    pub(super) stderr: Option<ChildStderr>,
}

impl Process {
    pub(super) async fn start(
        host: &Host,
        recipe: &Recipe,
        api: SocketAddr,
        stream: &str,
    ) -> io::Result<Process> {
        unless_busy(|| Self::start_once(host, recipe, api, stream)).await
    }

    async fn start_once(
        host: &Host,
        recipe: &Recipe,
        api: SocketAddr,
        stream: &str,
    ) -> io::Result<Process> {
        #[cfg(target_os = "linux")]
        if let Some(supervisor) = &host.supervisor {
            return Self::start_supervised(host, supervisor, recipe, api, stream).await;
        }
        let mut command = Command::new(recipe.folder.join("bootstrap"));
        command.stdin(Stdio::null()).kill_on_drop(true);
        let child = recipe.prepare(&mut command, api, stream).spawn()?;
        let id = child.id();
        Ok(Self::of(host, child, id, stream))
    }

    #[cfg(target_os = "linux")]
    async fn start_supervised(
        host: &Host,
        supervisor: &Supervisor,
        recipe: &Recipe,
        api: SocketAddr,
        stream: &str,
    ) -> io::Result<Process> {
        let (mut lifeline, their_end) = Lifeline::pair()?;
        let mut command = Command::new(&supervisor.program);
        command
            .args(&supervisor.arguments)
            .arg(recipe.folder.join("bootstrap"))
            .stdin(their_end);
        let child = recipe.prepare(&mut command, api, stream).spawn()?;
        // With it goes our copy of their end, so that ours tells when they have gone.
        drop(command);
        let mut process = Self::of(host, child, None, stream);
        match lifeline.told().await {
            Some(Told::Started { id }) => process.id = Some(id),
            Some(Told::NotStarted(error)) => return Err(io::Error::from_raw_os_error(error)),
            _ => return Err(io::Error::other("the supervisor did not start")),
        }
        process.lifeline = Some(lifeline);
        Ok(process)
    }

    fn of(host: &Host, mut child: Child, id: Option<u32>, stream: &str) -> Process {
        Process {
            id,
            #[cfg(target_os = "linux")]
            lifeline: None,
            stream: stream.to_owned(),
            life: Some(host.living.one_more()),
            stdout: child.stdout.take(),
            stderr: child.stderr.take(),
            child: Some(child),
        }
    }

    /// Waits for the process's own end, and ends what it has left running.
    pub(super) async fn exited(&mut self) -> String {
        let Some(child) = &mut self.child else {
            return std::future::pending().await;
        };
        let status = child.wait().await;
        #[cfg(target_os = "linux")]
        if let Some(lifeline) = &mut self.lifeline {
            let told = lifeline.told().await;
            if told.is_none() {
                // The supervisor was killed, and what it watched over may run.
                end_those_with(STREAM, self.stream.as_ref());
            }
            self.id = None;
            return describe(match told {
                Some(Told::Exited(code)) => Ending::Code(code),
                Some(Told::Signalled(signal)) => Ending::Signal(signal),
                _ => Ending::Signal(KILLED),
            });
        }
        let how = match status {
            Ok(status) => describe(Ending::of(status)),
            Err(error) => format!("Runtime exited with error: {error}"),
        };
        self.end();
        // From now on the number may be another process's.
        self.id = None;
        how
    }

    /// Ends the process and what it has started.
    pub(super) fn end(&mut self) {
        #[cfg(target_os = "linux")]
        if self.lifeline.take().is_some() {
            return;
        }
        if let Some(id) = self.id {
            let started = Processes::now().below(id);
            #[cfg(unix)]
            if let Some(group) = i32::try_from(id)
                .ok()
                .and_then(rustix::process::Pid::from_raw)
            {
                let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            }
            started.iter().for_each(super::processes::Process::kill);
        }
        if let Some(child) = &mut self.child {
            let _ = child.start_kill();
        }
    }

    /// The numbers of the handler and, if a census is given, of all that it has started.
    pub(super) fn ids(&self, census: Option<&Census>) -> Vec<u32> {
        let Some(id) = self.id else {
            return Vec::new();
        };
        let mut ids = vec![id];
        if let Some(census) = census {
            // What has lost its parent is below the supervisor.
            let top = self.child.as_ref().and_then(Child::id).unwrap_or(id);
            let below = census.processes().below(top);
            ids.extend(
                below
                    .iter()
                    .map(|process| process.id)
                    .filter(|&other| other != id),
            );
        }
        ids
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
        if let (Some(child), Some(life), Ok(runtime)) =
            (self.child.take(), self.life.take(), Handle::try_current())
        {
            runtime.spawn(bury(child, life, std::mem::take(&mut self.stream)));
        }
    }
}

/// Sees that a process that was told to end does.
async fn bury(mut child: Child, life: Life, stream: String) {
    if tokio::time::timeout(LAST_MOMENTS, child.wait())
        .await
        .is_err()
    {
        let _ = child.start_kill();
        end_those_with(STREAM, stream.as_ref());
    }
    drop(life);
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
