//! The files of coverage.

use std::path::{Component, Path, PathBuf};

use anyhow::Result;

use super::{CoverageOptions, CoverageReport};
use crate::commands::context::{Context, Session};
use crate::commands::error::CommandError;
use crate::coverage::{StackCoverage, cobertura, lcov};
use crate::graph;

/// Writes lcov.info, cobertura.xml, and a picture of each state machine into the folder that was asked for, if one was.
///
/// # Errors
///
/// If one of them cannot be written.
pub fn write(
    context: &Context,
    options: &CoverageOptions,
    session: &Session,
    report: &CoverageReport,
) -> Result<()> {
    let Some(dir) = &options.coverage_dir else {
        return Ok(());
    };
    let stack = session.stack.prefix();
    let named = in_repository(context, &report.coverage);
    let mut files = vec![
        ("lcov.info".to_owned(), lcov(&named)),
        (
            "cobertura.xml".to_owned(),
            cobertura(&stack, &named, (context.world.now)()),
        ),
    ];
    for (name, painted) in &report.painted {
        // A graph that is too large to draw has no picture, and all else.
        match graph::svg_of_coverage(painted) {
            Ok(picture) => files.push((picture_name(name.as_deref()), picture)),
            Err(error) => context.printer.note(&error.to_string()),
        }
    }
    write_all(context, dir, &files)?;
    Ok(())
}

fn picture_name(state_machine: Option<&str>) -> String {
    match state_machine {
        None => "coverage.svg".to_owned(),
        Some(name) => format!("coverage-{name}.svg"),
    }
}

#[expect(clippy::disallowed_methods, reason = "writes the reports")]
fn write_all(
    context: &Context,
    dir: &Path,
    files: &[(String, String)],
) -> Result<(), CommandError> {
    let cannot = |path: &Path, cause| CommandError::CannotWrite {
        path: path.display().to_string(),
        cause,
    };
    std::fs::create_dir_all(dir).map_err(|cause| cannot(dir, cause))?;
    for (name, text) in files {
        let path = dir.join(name);
        let text = context.world.secrets.mask(text);
        std::fs::write(&path, text.as_bytes()).map_err(|cause| cannot(&path, cause))?;
    }
    Ok(())
}

/// With the paths that those know who read the files: from the root of the repository.
#[expect(
    clippy::disallowed_methods,
    reason = "looks for the root of the repository"
)]
fn in_repository(context: &Context, coverage: &StackCoverage) -> StackCoverage {
    let real = |path: &Path| std::fs::canonicalize(context.world.dir.join(path));
    let mut coverage = coverage.clone();
    let project = real(context.project.root()).unwrap_or_else(|_| context.world.dir.clone());
    let mut around = project.ancestors();
    let repository = around.find(|folder| folder.join(".git").exists());
    let root = repository.unwrap_or(&project);
    for machine in &mut coverage.state_machines {
        let file = real(&machine.file).ok();
        let inside = file.and_then(|file| Some(file.strip_prefix(root).ok()?.to_owned()));
        machine.file = inside.unwrap_or_else(|| plain(&machine.file));
    }
    coverage
}

/// Without the steps that lead nowhere.
fn plain(path: &Path) -> PathBuf {
    let steps = path.components();
    steps.filter(|step| *step != Component::CurDir).collect()
}
