//! Why a build failed.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use super::compiler_error::CompilerError;
use super::{GateError, TargetError, said};
use crate::config::nearest::{list, nearest};
use crate::exit::{Advice, variant};
use crate::world::adopted;

#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error("`{program}` could not be started: {source}")]
    NotStarted { program: String, source: io::Error },
    #[error("`rustc {arguments}` failed: {said}")]
    Rustc { arguments: String, said: String },
    #[error("the cargo configuration could not be read: {0}")]
    CargoConfig(#[source] cargo_config2::Error),
    #[error("cargo cannot read the workspace in `{}`: {said}", root.display())]
    Workspace { root: PathBuf, said: String },
    #[error("cargo described the workspace in a form that is not understood: {0}")]
    Metadata(#[source] serde_json::Error),
    #[error("the workspace has no package and no binary `{name}` for the function of that name")]
    UnknownFunction {
        name: String,
        nearest: Option<String>,
        /// The binaries, and the packages that have a binary.
        known: Vec<String>,
    },
    #[error("package `{function}` has no binary")]
    NoBinary { function: String },
    #[error("package `{function}` has several binaries, and none of its own name: {}", names.join(", "))]
    SeveralBinaries {
        function: String,
        names: Vec<String>,
    },
    #[error(
        "several packages have a binary `{function}`, and none of them has that name itself:{}",
        listed(places)
    )]
    AmbiguousBinary {
        function: String,
        places: Vec<String>,
    },
    #[error(
        "the binaries of several handlers are named `{name}`, and each would overwrite the one before:{}",
        listed(places)
    )]
    SharedName { name: String, places: Vec<String> },
    #[error(transparent)]
    Target(#[from] TargetError),
    /// What cargo said went to standard error, or is here if it was captured.
    #[error("cargo could not build the functions ({status}){}", said(.captured.as_deref()))]
    Cargo {
        status: ExitStatus,
        captured: Option<String>,
        /// What rustc said of places, unless cargo wrote it to standard error.
        errors: Vec<CompilerError>,
        lacks: Option<Lacks>,
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

/// Something that a workspace lacks or that was not enabled, which cargo has already reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lacks {
    /// The cargo profile with this name.
    Profile(String),
    /// What the `required-features` of a function's binary name.
    Features {
        function: String,
        features: Vec<String>,
    },
}

fn listed(places: &[String]) -> String {
    let lines = places.iter().map(|place| format!("\n  {place}"));
    lines.collect()
}

/// What cargo said, if nobody has seen it yet.
fn said(captured: Option<&str>) -> String {
    let captured = captured.map(str::trim_end).unwrap_or_default();
    if captured.is_empty() {
        String::new()
    } else {
        format!("\n{}\n", adopted(captured))
    }
}

impl Advice for BuildError {
    fn kind(&self) -> String {
        variant(self)
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NotStarted { .. } => {
                Some("install Rust from https://rustup.rs, or name cargo in `CARGO`".to_owned())
            }
            Self::Workspace { said, .. } => said::hint(said),
            Self::UnknownFunction {
                nearest: Some(nearest),
                ..
            } => Some(format!("did you mean `{nearest}`?")),
            Self::UnknownFunction { name, known, .. } if known.is_empty() => Some(format!(
                "no package of the workspace has a binary: add the handler's crate to `workspace.members` in `Cargo.toml`, or \
                 remove `[functions.{name}]` from `deploy.toml`"
            )),
            Self::UnknownFunction { known, .. } => {
                let known = list(known.iter().map(String::as_str), "and");
                Some(format!("the handlers in this workspace are {known}"))
            }
            Self::NoBinary { .. } => Some("a handler needs a `src/main.rs`".to_owned()),
            Self::SeveralBinaries { function, .. } => Some(format!(
                "rename the binary to run on Lambda to `{function}`, or name the function after a binary"
            )),
            Self::AmbiguousBinary { function, .. } => Some(format!(
                "rename one of them, or rename the package whose binary is to run on Lambda to `{function}`"
            )),
            Self::SharedName { .. } => Some(
                "give each `[[bin]]` the name of its function, or leave `[[bin]]` out, and cargo takes the package's; \
                 Lambda sees it as `bootstrap` in any case"
                    .to_owned(),
            ),
            Self::Target(error) => Some(error.hint().to_owned()),
            Self::Cargo {
                lacks: Some(Lacks::Features { function, features }),
                ..
            } => Some(format!(
                "the binary of `{function}` requires {}: add `features = {features:?}` below `[functions.{function}]` in \
                 deploy.toml",
                list(features.iter().map(String::as_str), "and")
            )),
            Self::Cargo {
                lacks: Some(Lacks::Profile(profile)),
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
            Self::Rustc { said, .. } => said::hint(said).or_else(|| {
                Some("`rustup show` prints which toolchain is used here".to_owned())
            }),
            Self::Metadata(_) | Self::NotReported { .. } => Some(
                "the version of cargo may be at fault; `rustup update` installs the newest"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

impl BuildError {
    pub(super) fn unknown_function(name: &str, known: Vec<String>) -> Self {
        let nearest = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
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
            Some("did you mean `purchase-handler`?")
        );
        let error = BuildError::unknown_function("mailer", known());
        assert_eq!(
            error.hint().as_deref(),
            Some("the handlers in this workspace are `purchase-handler` and `refund-handler`")
        );
    }
}
