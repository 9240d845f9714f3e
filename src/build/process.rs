//! The processes of a build.

use std::ffi::OsStr;
use std::io;
use std::process::{ExitStatus, Output, Stdio};

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{ChildStderr, ChildStdout, Command};
use txflow_local_aws::{Contained, Group};

use super::BuildRequest;

/// A running process. Dropping it first ends the process and everything that it has started.
pub struct Process {
    /// Empty only during the drop.
    contained: Option<Contained>,
    pub stdout: Option<ChildStdout>,
    pub stderr: Option<ChildStderr>,
}

impl Process {
    /// To be awaited while its pipes are read: they close when everything that it has started has ended, which
    /// this makes sure of.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        match &mut self.contained {
            Some(contained) => contained.wait().await,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(contained) = self.contained.take() {
            contained.end_now();
        }
    }
}

impl BuildRequest {
    /// Starts a process of this build, in its folder and with the environment that it may see.
    pub(super) async fn start(
        &self,
        program: &OsStr,
        prepare: impl FnOnce(&mut Command),
    ) -> io::Result<Process> {
        // Ctrl-C on a terminal reaches cargo as if the user had started it.
        let contained = self.containment.spawn(Group::Ours, program, |command| {
            command.current_dir(&self.root).env_clear();
            command.envs(self.visible_environment().iter());
            prepare(command);
        });
        let mut contained = contained?;
        let mut process = Process {
            stdout: contained.take_stdout(),
            stderr: contained.take_stderr(),
            contained: Some(contained),
        };
        if let Some(contained) = &mut process.contained {
            contained.started().await?;
        }
        Ok(process)
    }

    /// Runs a process of this build to completion.
    pub(super) async fn output(&self, program: &OsStr, arguments: &[&str]) -> io::Result<Output> {
        let start = self.start(program, |command| {
            command.args(arguments);
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
        });
        let mut process = start.await?;
        let (stdout, stderr) = (process.stdout.take(), process.stderr.take());
        let (stdout, stderr, status) = tokio::try_join!(all(stdout), all(stderr), process.wait())?;
        Ok(Output {
            status,
            stdout,
            stderr,
        })
    }
}

async fn all(pipe: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let mut read = Vec::new();
    if let Some(mut pipe) = pipe {
        pipe.read_to_end(&mut read).await?;
    }
    Ok(read)
}
