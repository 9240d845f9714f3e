//! Why a plan in a file is not applied.

use crate::exit::{Advice, variant};

#[derive(Debug, thiserror::Error)]
pub enum PlanFileError {
    #[error("it is not the file of a plan: {0}")]
    NotAPlan(String),
    /// What was changed since the file was written.
    #[error("its `{0}` is not as it was written")]
    Changed(String),
    #[error("it was made by txflow {made}, and this is {here}")]
    OtherVersion { made: String, here: &'static str },
    /// It was made by this version of txflow, or by another one.
    #[error("it has format {format} of txflow {made}, and this txflow reads format {here}")]
    OtherFormat {
        format: u32,
        made: String,
        here: u32,
    },
    /// It was sealed with a key that is not in it.
    #[error("it is sealed with a key, and `TXFLOW_PLAN_KEY` is not set")]
    NeedsKey,
    #[error("`TXFLOW_PLAN_KEY` is set, and it was not sealed with it")]
    WithoutKey,
    /// The part, such as `stage`.
    #[error("it is for {what} `{planned}`, and this is {what} `{here}`")]
    OtherTarget {
        what: &'static str,
        planned: String,
        here: String,
    },
    #[error("{}", values(.0))]
    OtherValues(Vec<String>),
    #[error("the same would change something else now:\n{diff}{}", left_out(*more))]
    OtherChanges {
        /// The first lines of the difference.
        diff: String,
        /// How many lines it has beyond these.
        more: usize,
        /// The command that shows what would change now.
        plan: String,
    },
    #[error("the file cannot be made: {0}")]
    NotPacked(String),
    /// The path of a source.
    #[error("`{0}` contains a secret, which would be in the file")]
    SecretInSource(String),
}

fn left_out(lines: usize) -> String {
    match lines {
        0 => String::new(),
        1 => "… and 1 more line\n".to_owned(),
        lines => format!("… and {lines} more lines\n"),
    }
}

fn values(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let have = match names.len() {
        1 => "has another value",
        _ => "have other values",
    };
    format!("{} {have} than when it was made", names.join(", "))
}

impl Advice for PlanFileError {
    fn kind(&self) -> String {
        variant(self)
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotAPlan(_) => "`txflow plan --out FILE` writes one".to_owned(),
            Self::Changed(_) => "make the plan again, and have that reviewed".to_owned(),
            Self::OtherChanges { plan, .. } => format!(
                "make the plan again, and have that reviewed; `{plan}` shows what would change now, and `plan.txt` in the file what was planned"
            ),
            Self::OtherFormat { made, .. } => {
                format!(
                    "apply it with the txflow {made} that made it, or make it again with this one"
                )
            }
            Self::OtherVersion { made, .. } => {
                format!("apply it with txflow {made}, or make it again with this one")
            }
            Self::NeedsKey => "set it to what it was when the plan was made".to_owned(),
            Self::WithoutKey => {
                "set it as well when the plan is made, or remove it from the environment".to_owned()
            }
            Self::OtherTarget {
                what: "stage",
                planned,
                ..
            } => {
                format!("pass `--stage {planned}`")
            }
            Self::OtherTarget { .. } => {
                "use the credentials and the region that it was made with".to_owned()
            }
            Self::OtherValues(_) => {
                "set what was set when the plan was made, or make it again".to_owned()
            }
            Self::NotPacked(_) => return None,
            Self::SecretInSource(_) => {
                "take the secret from the environment, with `env` instead of `value`".to_owned()
            }
        })
    }
}
