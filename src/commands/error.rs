//! What goes wrong in a command itself.

use crate::error::Exit;
use crate::graph::CannotDraw;

#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error("deploy.toml has no test `{name}`")]
    UnknownTest { name: String, known: Vec<String> },
    #[error("deploy.toml has no tests")]
    NoTests,
    #[error("all tests that were named have mocks, which AWS does not take")]
    OnlyMocked,
    #[error("`--input` replaces the input of one test, and {count} are to run")]
    InputForSeveral { count: usize },
    #[error("the input in `{path}` cannot be used: {cause}")]
    BadInput { path: String, cause: String },
    #[error("there is no execution of stage `{stage}` of stack `{stack}`")]
    NoExecution { stack: String, stage: String },
    #[error("there is no execution `{execution}`")]
    UnknownExecution { execution: String },
    #[error("an EXPRESS state machine keeps no history of its executions, so none can be painted")]
    NoHistory,
    #[error(transparent)]
    CannotDraw(#[from] CannotDraw),
    #[error("stage `{stage}` of stack `{stack}` is not deployed")]
    NotDeployed { stack: String, stage: String },
    #[error("there is no release before {live}")]
    NoEarlierRelease { live: u64 },
    #[error("there is no release {release}")]
    UnknownRelease { release: u64, known: Vec<u64> },
    #[error("`live` is split between releases, so there is no one before it")]
    SplitTraffic,
    #[error("stage `{stage}` is protected")]
    Protected { stage: String },
    #[error("not confirmed, nothing was removed")]
    NotConfirmed,
    #[error("interrupted")]
    Interrupted,
}

impl CommandError {
    pub fn exit(&self) -> Exit {
        match self {
            Self::UnknownTest { .. }
            | Self::NoTests
            | Self::OnlyMocked
            | Self::InputForSeveral { .. }
            | Self::BadInput { .. }
            | Self::UnknownRelease { .. }
            | Self::Protected { .. } => Exit::Usage,
            Self::Interrupted => Exit::Interrupted,
            _ => Exit::Failed,
        }
    }

    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::UnknownTest { name, known } => {
                let nearest = known
                    .iter()
                    .max_by(|a, b| {
                        let similarity = |test: &str| strsim::jaro_winkler(test, name);
                        similarity(a).total_cmp(&similarity(b))
                    })
                    .filter(|test| strsim::jaro_winkler(test, name) > 0.7);
                match nearest {
                    Some(nearest) => format!("did you mean `{nearest}`?"),
                    None => format!("the tests are {}", known.join(", ")),
                }
            }
            Self::NoTests => "add a `[tests.<TYPE>]` section with `input` and `expect`".to_owned(),
            Self::OnlyMocked => "pass `--local`".to_owned(),
            Self::InputForSeveral { .. } => "name one test with `--type`".to_owned(),
            Self::BadInput { .. } => "an input is a JSON document".to_owned(),
            Self::NoExecution { .. } => "start one with `txflow test`".to_owned(),
            Self::UnknownExecution { .. } => {
                "`txflow executions list` prints those that there are".to_owned()
            }
            Self::NoHistory => {
                "leave `--execution` out to draw the workflow; `txflow logs` prints what ran"
                    .to_owned()
            }
            Self::CannotDraw(_) => "pass `--format dot` or `--format mermaid`".to_owned(),
            Self::NotDeployed { .. } => "run `txflow deploy` first".to_owned(),
            Self::UnknownRelease { known, .. } => {
                let known: Vec<String> = known.iter().map(u64::to_string).collect();
                format!("the releases are {}", known.join(", "))
            }
            Self::SplitTraffic => "name the release with `--to`".to_owned(),
            Self::Protected { .. } => {
                "pass `--yes` if you mean it; `protect` in deploy.toml asks for it".to_owned()
            }
            _ => return None,
        })
    }
}
