//! The command line: types only.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::Architecture;

/// Deploys, tests and removes a Step Functions workflow whose handlers are written in Rust.
#[derive(Debug, Parser)]
#[command(
    name = "txflow",
    version,
    propagate_version = true,
    max_term_width = 100
)]
#[command(
    after_help = "Exit codes: 0 done, 1 failed, 2 bad usage or configuration, \
3 a test failed, 4 changes pending, 130 interrupted."
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The stage to work on
    #[arg(long, global = true, env = "TXFLOW_STAGE", default_value = "dev")]
    pub stage: String,
    /// The folder that holds deploy.toml
    #[arg(
        long,
        short = 'C',
        global = true,
        value_name = "DIR",
        default_value = "."
    )]
    pub dir: PathBuf,
    /// Use the embedded AWS, which needs no account: it keeps what is deployed in .txflow/
    #[arg(long, global = true, conflicts_with_all = ["endpoint_url", "profile"])]
    pub local: bool,
    /// The AWS region; outranks deploy.toml and the environment
    #[arg(long, global = true)]
    pub region: Option<String>,
    /// The profile of the AWS configuration
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
    /// Whether to colour the output
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

impl Global {
    /// `command`, with what makes it be about the same stack.
    pub fn same_stack(&self, command: &str) -> String {
        let mut command = command.to_owned();
        if self.local {
            command.push_str(" --local");
        }
        if self.stage != "dev" {
            command.push_str(&format!(" --stage {}", self.stage));
        }
        if self.dir != Path::new(".") {
            command.push_str(&format!(" -C {}", self.dir.display()));
        }
        command
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build, plan and apply, then print what is live
    Deploy(DeployOptions),
    /// Print what deploy would do; nothing is written
    Plan(PlanOptions),
    /// Run executions and check what they come to
    Test(TestOptions),
    /// Print what is live
    Status,
    /// Move `live` back to an earlier release
    Rollback(RollbackOptions),
    /// Remove everything that the stack owns
    Destroy(DestroyOptions),
    /// Serve the embedded AWS until Ctrl-C, for the AWS CLI and SDKs
    Local(LocalOptions),
    /// Check deploy.toml and the definition, without AWS
    Validate,
    /// Print the JSON schema of deploy.toml
    Schema,
}

#[derive(Debug, Args)]
pub struct BuildOptions {
    /// Build for this architecture; outranks deploy.toml
    #[arg(long, value_name = "ARCH")]
    pub architecture: Option<Architecture>,
}

#[derive(Debug, Args)]
pub struct DeployOptions {
    #[command(flatten)]
    pub build: BuildOptions,
}

#[derive(Debug, Args)]
pub struct PlanOptions {
    #[command(flatten)]
    pub build: BuildOptions,
    /// Exit with code 4 where there are changes
    #[arg(long)]
    pub exit_code: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow test
  txflow test --type PURCHASE --type REFUND
  txflow test --type PURCHASE --input transaction.json
  echo '{\"type\": \"REFUND\"}' | txflow test --type REFUND --input -")]
pub struct TestOptions {
    /// Run this test of deploy.toml; may be given several times [default: all tests]
    #[arg(long = "type", value_name = "TYPE")]
    pub types: Vec<String>,
    /// Let waits and back-off take no time (with --local)
    #[arg(long, requires = "local")]
    pub fast: bool,
    /// Use this input instead of the test's own: a JSON file, or `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct RollbackOptions {
    /// The release to move to [default: the one before the live one]
    #[arg(long, value_name = "RELEASE")]
    pub to: Option<u64>,
}

#[derive(Debug, Args)]
pub struct DestroyOptions {
    /// Do not ask; a protected stage is removed only with this
    #[arg(long, short)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct LocalOptions {
    /// The port to serve on; 0 takes a free one
    #[arg(long, default_value_t = 4566)]
    pub port: u16,
    /// The address to serve on. Whoever reaches it runs programs as you
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub bind: std::net::IpAddr,
    /// Take as long as AWS does for what happens in the background
    #[arg(long)]
    pub realistic: bool,
    /// Let waits and back-off take no time
    #[arg(long)]
    pub fast: bool,
}

impl ValueEnum for Architecture {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::X86_64, Self::Arm64]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.as_str()))
    }
}
