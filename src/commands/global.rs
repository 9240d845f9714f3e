//! The options of every command.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, ValueHint};

use super::completions::names::Names;

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The stage to work on
    #[arg(
        long,
        global = true,
        env = "TXFLOW_STAGE",
        hide_env_values = true,
        add = Names::Stages,
        default_value = "dev"
    )]
    pub stage: String,
    /// The folder that holds deploy.toml
    #[arg(
        long,
        short = 'C',
        global = true,
        value_name = "DIR",
        value_hint = ValueHint::DirPath,
        default_value = "."
    )]
    pub dir: PathBuf,
    /// Use the embedded AWS, which needs no account: it keeps what is deployed in .txflow/
    #[arg(long, global = true, conflicts_with_all = ["endpoint_url", "profile"])]
    pub local: bool,
    /// The AWS region; takes precedence over deploy.toml and the environment
    #[arg(long, global = true)]
    pub region: Option<String>,
    /// The profile in the AWS configuration
    #[arg(long, global = true)]
    pub profile: Option<String>,
    /// An endpoint to use instead of AWS's own
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Print results as JSON on stdout and progress as JSON lines on stderr
    #[arg(long, global = true)]
    pub json: bool,
    /// Print no progress
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// When to color the output
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

impl Global {
    /// The folder of deploy.toml, as the user wrote it.
    pub fn root(&self, dir: &Path) -> PathBuf {
        if dir.as_os_str().is_empty() {
            self.dir.clone()
        } else {
            dir.join(&self.dir)
        }
    }

    /// Works on a folder in that of deploy.toml.
    pub fn enter(&mut self, folder: &Path) {
        self.dir = if self.dir == Path::new(".") {
            folder.to_owned()
        } else {
            self.dir.join(folder)
        };
    }

    /// `command`, with the options that make it act on the same stack.
    pub fn same_stack(&self, command: &str) -> String {
        let mut command = command.to_owned();
        if self.local {
            command.push_str(" --local");
        }
        if self.stage != "dev" {
            command.push_str(&format!(" --stage {}", typed(&self.stage)));
        }
        let elsewhere = [
            ("--region", &self.region),
            ("--profile", &self.profile),
            ("--endpoint-url", &self.endpoint_url),
        ];
        for (option, value) in elsewhere {
            if let Some(value) = value {
                command.push_str(&format!(" {option} {}", typed(value)));
            }
        }
        if self.dir != Path::new(".") {
            let dir = self.dir.to_string_lossy();
            // It would be taken for an option.
            let dir = match dir.starts_with('-') {
                true => Cow::Owned(format!("./{dir}")),
                false => dir,
            };
            command.push_str(&format!(" -C {}", typed(&dir)));
        }
        command
    }
}

/// A word as a shell reads it.
fn typed(word: &str) -> Cow<'_, str> {
    // Only a NUL cannot be quoted, and no argument or variable contains one.
    shlex::try_quote(word).unwrap_or(Cow::Borrowed(word))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// What the user asked for, if anything.
    pub fn asked(self) -> Option<bool> {
        match self {
            Self::Auto => None,
            Self::Always => Some(true),
            Self::Never => Some(false),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use clap::Parser as _;

    use crate::commands::Cli;

    #[test]
    fn what_a_shell_would_read_otherwise_is_quoted() {
        let arguments = ["txflow", "-C", "my $shop", "--stage", "pr-1", "status"];
        let cli = Cli::try_parse_from(arguments).unwrap();
        assert_eq!(
            cli.global.same_stack("txflow logs"),
            "txflow logs --stage pr-1 -C 'my $shop'"
        );
        let cli = Cli::try_parse_from(["txflow", "-C", "./-x", "status"]).unwrap();
        let mut global = cli.global;
        global.dir = "-x".into();
        assert_eq!(global.same_stack("txflow logs"), "txflow logs -C ./-x");
    }
}
