//! The options of the commands that build.

use clap::{Args, ValueEnum};

use crate::config::Architecture;

#[derive(Debug, Default, Args)]
pub struct BuildOptions {
    /// Build for this architecture, whatever deploy.toml says
    #[arg(long, value_name = "ARCH")]
    pub architecture: Option<Architecture>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow deploy
  txflow deploy --local --test
  txflow deploy --stage prod

In a GitHub job the outputs of the step are `state-machine-arn`, `version` (the live release), \
`changed` (true or false) and `functions` (JSON: the version ARN of each function, by its name \
in deploy.toml).")]
pub struct DeployOptions {
    #[command(flatten)]
    pub build: BuildOptions,
    /// Run all tests of deploy.toml once it is live; with --json their results are a second document
    #[arg(long)]
    pub test: bool,
}

impl ValueEnum for Architecture {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::X86_64, Self::Arm64]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.as_str()))
    }
}
