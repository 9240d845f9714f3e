//! What a step of a GitHub job shows beside its log: annotations, a summary of the job, and outputs.

mod annotation;
mod log;
mod markdown;
mod outputs;
mod summary;

pub use annotation::{Annotation, Level, Spot, data};
pub use log::GroupedLog;
pub use markdown::{Markdown, code, link, text};

use std::path::{Path, PathBuf};

use super::Answer;
use crate::world::{Stream, World};

/// The step that txflow runs in.
#[derive(Clone)]
pub struct JobStep {
    /// The runner reads commands from both streams; stdout is for data.
    commands: Stream,
    /// The folder that relative paths start from.
    dir: PathBuf,
    workspace: Option<PathBuf>,
    summary: Option<PathBuf>,
    outputs: Option<PathBuf>,
}

impl JobStep {
    /// `None` outside of GitHub Actions.
    pub fn of(world: &World) -> Option<Self> {
        let path = |name| world.variable(name).map(PathBuf::from);
        world.is_github().then(|| Self {
            commands: world.stderr.clone(),
            dir: world.dir.clone(),
            workspace: path("GITHUB_WORKSPACE"),
            summary: path("GITHUB_STEP_SUMMARY"),
            outputs: path("GITHUB_OUTPUT"),
        })
    }

    #[cfg(test)]
    fn writing_to(commands: Stream) -> Self {
        Self {
            commands,
            dir: PathBuf::new(),
            workspace: None,
            summary: None,
            outputs: None,
        }
    }

    /// Takes a result in every form that GitHub has.
    pub fn take(&self, answer: &impl Answer) {
        for annotation in answer.annotations() {
            self.annotate(&annotation);
        }
        if let Some(markdown) = answer.summary() {
            self.summarize(&markdown);
        }
        self.set_outputs(&answer.step_outputs());
    }

    /// Shows a finding at its line of the pull request.
    pub fn annotate(&self, annotation: &Annotation) {
        let in_workspace = |path: &Path| self.in_workspace(path);
        self.commands.command(&annotation.command(&in_workspace));
    }

    /// Adds to the summary of the job. That it cannot be written must not hide what was done.
    pub fn summarize(&self, markdown: &str) {
        if let Some(path) = &self.summary
            && let Err(error) = summary::append(path, &self.commands.secrets.mask(markdown))
        {
            self.warn(format!(
                "the summary of the job could not be written to `{}`: {error}",
                path.display()
            ));
        }
    }

    /// Sets outputs of the step.
    fn set_outputs(&self, values: &[(&'static str, String)]) {
        let masked = values.iter().map(|(name, value)| {
            let value = self.commands.secrets.mask(value);
            (*name, value.into_owned())
        });
        let values: Vec<_> = masked.collect();
        if !values.is_empty()
            && let Some(path) = &self.outputs
            && let Err(error) = outputs::append(path, &values)
        {
            self.warn(format!(
                "the outputs of the step could not be written to `{}`: {error}",
                path.display()
            ));
        }
    }

    fn warn(&self, message: String) {
        self.annotate(&Annotation {
            level: Level::Warning,
            spot: None,
            title: "txflow".to_owned(),
            message,
        });
    }

    /// GitHub knows files by their path in the repository.
    #[expect(clippy::disallowed_methods, reason = "looks for the real path")]
    fn in_workspace(&self, path: &Path) -> PathBuf {
        let real = |path: &Path| std::fs::canonicalize(path).ok();
        let inside = || {
            let workspace = real(self.workspace.as_ref()?)?;
            let file = real(&self.dir.join(path))?;
            file.strip_prefix(workspace).ok().map(Path::to_owned)
        };
        inside().unwrap_or_else(|| path.to_owned())
    }
}
