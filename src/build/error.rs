//! Why a build failed.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use super::{GateError, TargetError};
use crate::world::adopted;

#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error("`{program}` could not be started: {source}")]
    NotStarted { program: String, source: io::Error },
    #[error("`rustc {arguments}` failed: {said}")]
    Rustc { arguments: String, said: String },
    #[error("the cargo configuration could not be read: {0}")]
    CargoConfig(#[source] cargo_config2::Error),
    #[error("cargo finds no workspace in `{}`: {said}", root.display())]
    NoWorkspace { root: PathBuf, said: String },
    #[error("cargo described the workspace in a form that is not understood: {0}")]
    Metadata(#[source] serde_json::Error),
    #[error("the workspace has no package `{name}` for the function of that name")]
    UnknownFunction {
        name: String,
        nearest: Option<String>,
        /// The packages that have a binary.
        known: Vec<String>,
    },
    #[error("package `{function}` has no binary")]
    NoBinary { function: String },
    #[error("package `{function}` has several binaries, and none of its own name: {}", names.join(", "))]
    SeveralBinaries {
        function: String,
        names: Vec<String>,
    },
    #[error(transparent)]
    Target(#[from] TargetError),
    /// What cargo said went to standard error, or is here when it was captured.
    #[error("cargo could not build the functions ({status}){}", said(.captured.as_deref()))]
    Cargo {
        status: ExitStatus,
        captured: Option<String>,
        /// The cargo profile that was asked for, where the workspace's manifest has none of that name.
        missing_profile: Option<String>,
    },
    #[error("cargo did not report a binary for function `{function}`")]
    NotReported { function: String },
    #[error("`{}` could not be read: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("what cargo prints could not be read: {0}")]
    Output(#[source] io::Error),
    #[error("function `{function}` could not be zipped: {source}")]
    Zip {
        function: String,
        source: zip::result::ZipError,
    },
    #[error("function `{function}` would not run on Lambda: {source}")]
    Gate { function: String, source: GateError },
    /// The runtime is shutting down, or a part of the build panicked.
    #[error("the build was interrupted: {0}")]
    Interrupted(#[source] tokio::task::JoinError),
}

/// What cargo said, where nobody has seen it yet.
fn said(captured: Option<&str>) -> String {
    let captured = captured.map(str::trim_end).unwrap_or_default();
    if captured.is_empty() {
        String::new()
    } else {
        format!("\n{}\n", adopted(captured))
    }
}

impl BuildError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotStarted { .. } => {
                Some("install Rust from https://rustup.rs, or name cargo in `CARGO`".to_owned())
            }
            Self::NoWorkspace { .. } => {
                Some("`deploy.toml` belongs into a folder of the handlers' workspace".to_owned())
            }
            Self::UnknownFunction {
                nearest: Some(nearest),
                ..
            } => Some(format!("a package with a similar name exists: `{nearest}`")),
            Self::UnknownFunction { known, .. } if known.is_empty() => {
                Some("add the handler's crate to `workspace.members` in `Cargo.toml`".to_owned())
            }
            Self::UnknownFunction { known, .. } => {
                let known: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
                Some(format!(
                    "the packages with a binary are {}",
                    known.join(", ")
                ))
            }
            Self::NoBinary { .. } => Some("a handler has a `src/main.rs`".to_owned()),
            Self::SeveralBinaries { function, .. } => {
                Some(format!("name the one that Lambda shall run `{function}`"))
            }
            Self::Target(error) => Some(error.hint().to_owned()),
            Self::Cargo {
                missing_profile: Some(profile),
                ..
            } => Some(format!(
                "`Cargo.toml` has no `[profile.{profile}]`; one with `inherits = \"release\"` and \
                 `strip = \"symbols\"` is a good start"
            )),
            Self::Cargo { captured, .. } => {
                let place = captured.as_ref().map_or("above", |_| "in what cargo said");
                Some(format!("the reason is {place}"))
            }
            Self::Gate { source, .. } => Some(source.hint()),
            Self::Rustc { .. } => {
                Some("`rustup show` tells which toolchain is used here".to_owned())
            }
            Self::Metadata(_) | Self::NotReported { .. } => Some(
                "another version of cargo may be at fault; `rustup update` brings the newest"
                    .to_owned(),
            ),
            _ => None,
        }
    }

    pub(super) fn unknown_function(name: &str, known: Vec<String>) -> Self {
        let distance = |other: &String| strsim::damerau_levenshtein(name, other);
        let close = known
            .iter()
            .filter(|other| distance(other) <= name.len().max(3) / 3);
        let nearest = close.min_by_key(|other| distance(other)).cloned();
        Self::UnknownFunction {
            name: name.to_owned(),
            nearest,
            known,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_function_gets_the_nearest_package() {
        let known = || vec!["purchase-handler".to_owned(), "refund-handler".to_owned()];
        let error = BuildError::unknown_function("purchse-handler", known());
        assert_eq!(
            error.hint().as_deref(),
            Some("a package with a similar name exists: `purchase-handler`")
        );
        let error = BuildError::unknown_function("mailer", known());
        assert_eq!(
            error.hint().as_deref(),
            Some("the packages with a binary are `purchase-handler`, `refund-handler`")
        );
    }
}
