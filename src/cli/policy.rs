use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

use crate::policy::Command;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow policy > policy.json
  txflow policy --command deploy --command test --stage prod
  txflow policy --stages 'pr-*'")]
pub struct PolicyOptions {
    /// Only what this command needs; may be given several times [default: all commands]
    #[arg(long = "command", value_name = "COMMAND")]
    pub commands: Vec<Command>,
    /// For all stages that fit this pattern, such as `pr-*` for a stage of each pull request, or `*`
    /// [default: the stage of --stage]
    #[arg(long, value_name = "PATTERN", value_parser = pattern)]
    pub stages: Option<String>,
}

impl ValueEnum for Command {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.as_str()))
    }
}

fn pattern(text: &str) -> Result<String, String> {
    let known = |c: char| c.is_ascii_alphanumeric() || "_-*?".contains(c);
    if !text.is_empty() && text.chars().all(known) {
        return Ok(text.to_owned());
    }
    Err("a pattern has letters, digits, `-`, `_`, and `*` for any text".to_owned())
}
