//! The options of `txflow policy`.

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

use crate::commands::completions::Names;
use crate::config::MachineName;
use crate::policy::Command;
use crate::stack::Members;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  txflow policy > policy.json
  txflow policy --command deploy --command test --stage prod
  txflow policy --stages 'pr-*'
  txflow policy --role state-machine
  txflow policy --boundary --stage prod > boundary.json
  txflow policy --trust --stage prod --repository octo/shop > trust.json

The policy names the functions of deploy.toml: print it, and the boundary, anew before a function is added.")]
pub struct PolicyOptions {
    /// Include only what this command needs; may be given several times [default: all commands]
    #[arg(long = "command", value_name = "COMMAND")]
    pub commands: Vec<Command>,
    /// Cover all stages that match this pattern, such as `pr-*` for a stage for each pull request, or `*`
    /// [default: the stage of --stage]
    #[arg(long, value_name = "PATTERN", value_parser = pattern)]
    pub stages: Option<String>,
    /// Include this function, which deploy.toml no longer names but AWS still holds; may be given several times
    #[arg(long = "function", value_name = "FUNCTION", value_parser = function)]
    pub functions: Vec<String>,
    /// The same for a state machine
    #[arg(long = "state-machine", value_name = "NAME", value_parser = state_machine)]
    pub state_machines: Vec<String>,
    /// Print the permissions boundary for the roles of the stack, which `[roles]` in deploy.toml names
    #[arg(long, conflicts_with = "commands")]
    pub boundary: bool,
    /// Print the policy of one of the stack's roles: `state-machine`, or that of a function. What each statement is for is
    /// told on stderr, and with --json beside the policy
    #[arg(long, value_name = "ROLE", add = Names::Roles, conflicts_with_all = ["commands", "boundary", "functions", "stages", "trust"])]
    pub role: Option<String>,
    #[command(flatten)]
    pub trust: TrustOptions,
}

/// Who may assume a pipeline's role.
#[derive(Debug, Args)]
pub struct TrustOptions {
    /// Print the trust policy of the pipeline's role: jobs of a GitHub repository, through OIDC
    #[arg(long, requires = "repository", conflicts_with_all = ["commands", "boundary", "functions", "state_machines"])]
    pub trust: bool,
    /// The repository, for --trust
    #[arg(long, value_name = "OWNER/NAME", requires = "trust", value_parser = repository)]
    pub repository: Option<(String, String)>,
    /// The GitHub environment of the jobs, for --trust [default: the stage, with --stages `preview`]
    #[arg(long, value_name = "NAME", requires = "trust", value_parser = exact)]
    pub environment: Option<String>,
    /// Trust only jobs on this ref, such as refs/heads/main, for --trust. Without --environment, jobs that have none
    #[arg(long = "ref", value_name = "REF", requires = "trust", value_parser = git_ref)]
    pub git_ref: Option<String>,
    /// Trust jobs of pull requests that have no environment, for --trust
    #[arg(long, requires = "trust", conflicts_with_all = ["environment", "git_ref"])]
    pub pull_request: bool,
    /// The numeric id of the repository's owner, for --trust
    #[arg(long, value_name = "ID", requires_all = ["trust", "repository_id"])]
    pub owner_id: Option<u64>,
    /// The numeric id of the repository, for --trust
    #[arg(long, value_name = "ID", requires = "trust")]
    pub repository_id: Option<u64>,
}

impl PolicyOptions {
    /// What deploy.toml no longer names.
    pub fn former(&self) -> Members {
        let machines = self.state_machines.iter().cloned();
        Members {
            handlers: self.functions.iter().cloned().collect(),
            state_machines: machines.map(MachineName::Named).collect(),
        }
    }
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
    if text.is_empty() || !text.chars().all(known) {
        return Err(
            "a pattern consists of letters, digits, `-`, `_`, and `*` for any text".to_owned(),
        );
    }
    let wild = |c: char| matches!(c, '*' | '?');
    let pairs = text.chars().zip(text.chars().skip(1));
    if let Some((before, wildcard)) =
        { pairs }.find(|(before, c)| wild(*c) && before.is_ascii_alphanumeric())
    {
        return Err(format!(
            "the `{wildcard}` of `{before}{wildcard}` may match the rest of a word, as `pr*` matches `prod`; put a `-` before it"
        ));
    }
    Ok(text.to_owned())
}

fn function(text: &str) -> Result<String, String> {
    match crate::config::misnamed(text) {
        Some(expected) => Err(format!("a function has {expected}")),
        None => Ok(text.to_owned()),
    }
}

fn state_machine(text: &str) -> Result<String, String> {
    match crate::config::misnamed(text) {
        Some(expected) => Err(format!("a state machine has {expected}")),
        None => Ok(text.to_owned()),
    }
}

fn repository(text: &str) -> Result<(String, String), String> {
    let known = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let name = |name: &str| !name.is_empty() && name.chars().all(known);
    match text.split_once('/') {
        Some((owner, repository)) if name(owner) && name(repository) => {
            Ok((owner.to_owned(), repository.to_owned()))
        }
        _ => Err("a repository is written as `OWNER/NAME`".to_owned()),
    }
}

fn git_ref(text: &str) -> Result<String, String> {
    if text.starts_with("refs/") {
        return exact(text);
    }
    Err("a ref is written in full, such as `refs/heads/main`".to_owned())
}

/// A value that is compared literally: a pattern would be taken for a name.
fn exact(text: &str) -> Result<String, String> {
    if text.is_empty() || text.chars().any(|c| c.is_control() || "*?".contains(c)) {
        return Err("it must be a single name, without `*` or `?`".to_owned());
    }
    Ok(text.to_owned())
}
