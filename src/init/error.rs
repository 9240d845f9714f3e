//! Why no project was written.

use crate::config::nearest;

#[derive(Debug, thiserror::Error)]
pub enum InitError {
    #[error("nothing was written, since {}: {}", are(.files.len()), list(.files))]
    Exists { files: Vec<String> },
    #[error("`{name}` cannot be the name of a stack: it must be {expected}")]
    BadName {
        name: String,
        expected: &'static str,
    },
    #[error("the folder's name `{folder}` does not make a valid name for the stack")]
    NoName { folder: String },
    #[error("`{name}` would be a name of {} characters; AWS accepts {limit}", .name.len())]
    NameTooLong { name: String, limit: usize },
    #[error("`{arn}` is not the ARN of a state machine")]
    NotAStateMachine { arn: String },
    #[error("the state machine is in account {wanted}, and the credentials belong to {found}")]
    OtherAccount { wanted: String, found: String },
    #[error("the state machine is in region {wanted}, and `--region` says {found}")]
    OtherRegion { wanted: String, found: String },
    #[error("there is no state machine `{arn}`")]
    NoStateMachine { arn: String, region: String },
    #[error("there is no state machine `{arn}` in this local AWS")]
    NoLocalStateMachine {
        arn: String,
        /// The ARNs of those that it has in that account and region.
        known: Vec<String>,
    },
    #[error("the definition of `{arn}` cannot be read")]
    Definition {
        arn: String,
        source: serde_json::Error,
    },
    #[error("cargo cannot use `{path}`: {why}")]
    Manifest { path: String, why: String },
    #[error(
        "nothing was written, since `{manifest}` has a package `{package}` already, in `{folder}`, and cargo accepts a name once in a workspace"
    )]
    PackageExists {
        package: String,
        folder: String,
        manifest: String,
        /// The folder of the project, relative to that of the manifest.
        project: String,
    },
    #[error("there is no local AWS in this folder or around it, and none on {endpoint}")]
    NoLocalAws { endpoint: String },
    #[error("cannot write `{path}`")]
    Write {
        path: String,
        source: std::io::Error,
    },
}

impl InitError {
    /// Whether the command was given something that it cannot use.
    pub fn is_usage(&self) -> bool {
        !matches!(
            self,
            Self::NoStateMachine { .. }
                | Self::NoLocalStateMachine { .. }
                | Self::NoLocalAws { .. }
                | Self::Definition { .. }
                | Self::Write { .. }
        )
    }

    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Exists { .. } => "name an empty folder, or a new one: `txflow init FOLDER`".to_owned(),
            Self::BadName { .. } | Self::NoName { .. } => {
                "give the stack a name with `--name`".to_owned()
            }
            Self::NameTooLong { .. } => "give the stack a shorter name with `--name`".to_owned(),
            Self::NotAStateMachine { .. } => {
                "it looks like `arn:aws:states:eu-west-1:123456789012:stateMachine:orders`, and \
                 `aws stepfunctions list-state-machines` prints it"
                    .to_owned()
            }
            Self::OtherAccount { .. } => {
                "use credentials of that account: set AWS_PROFILE, or pass `--profile`".to_owned()
            }
            Self::OtherRegion { .. } => {
                "leave `--region` out: the ARN says where the state machine is".to_owned()
            }
            Self::NoStateMachine { region, .. } => format!(
                "`aws stepfunctions list-state-machines --region {region}` prints those that exist"
            ),
            Self::NoLocalStateMachine { known, .. } if known.is_empty() => {
                "it has none in that account and region: `txflow deploy --local` creates that of a project"
                    .to_owned()
            }
            Self::NoLocalStateMachine { arn, known } => {
                let known = known.iter().map(String::as_str);
                return nearest::hint(arn, "the state machines are", known);
            }
            Self::Manifest { .. } => {
                "the handlers join the cargo workspace of the folder: fix its manifest, or name another folder with `-C`"
                    .to_owned()
            }
            Self::PackageExists { manifest, project, .. } if !project.is_empty() => format!(
                "put \"{project}\" into `exclude` of `[workspace]` in `{manifest}`, so that the project becomes a workspace of \
                 its own, or rename the package that is there"
            ),
            Self::PackageExists { .. } => "name a folder outside of that workspace with `-C`, or rename the package that is there".to_owned(),
            Self::NoLocalAws { .. } => {
                "run this in the folder of the project that is deployed, or start `txflow local` there".to_owned()
            }
            Self::Definition { .. } | Self::Write { .. } => return None,
        })
    }
}

fn are(count: usize) -> &'static str {
    if count == 1 {
        "this file exists"
    } else {
        "these files exist"
    }
}

fn list(files: &[String]) -> String {
    let quoted: Vec<String> = files.iter().map(|file| format!("`{file}`")).collect();
    quoted.join(", ")
}
