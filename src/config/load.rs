//! The way from the files to a [`Deployment`].

use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::assemble::assemble;
use super::checks;
use super::findings::Findings;
use super::setting::Reader;
use super::source::Source;
use super::stages::File;
use super::{Definition, Deployment, Diagnostic, Diagnostics, Severity, definition_file};

/// The name of the file that says what to deploy.
pub const FILE_NAME: &str = "deploy.toml";

/// Reads `deploy.toml` in `dir` and the definition that it names, as `stage` has them.
///
/// `environment` looks up the variables that values come from; the commands pass that of the
/// process.
///
/// # Errors
/// All that is wrong with the two files, at once. Without errors, the warnings are part of the
/// deployment.
pub fn load(
    dir: &Path,
    stage: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Deployment, Diagnostics> {
    let path = file_in(dir, FILE_NAME);
    let text = read(&path).map_err(|diagnostic| Diagnostics(vec![diagnostic]))?;
    let source = Source::new(path, text);
    let mut findings = Findings::default();
    let (root, errors) = DeTable::parse_recoverable(source.text());
    if !errors.is_empty() {
        for error in errors {
            findings.error("syntax", error.span(), error.message(), None);
        }
        return Err(Diagnostics(findings.into_diagnostics(&source)));
    }

    let mut reader = Reader {
        root: dir,
        environment: Some(environment),
        defaults: Vec::new(),
        findings,
    };
    let file = File::read(root.get_ref(), stage, &mut reader);
    let mut findings = reader.findings;
    let (definition, in_definition) = definition(dir, &file, &mut findings);
    checks::check(&file, stage, definition.as_ref(), &mut findings);

    let mut found = findings.into_diagnostics(&source);
    found.extend(in_definition);
    let failed = found.iter().any(|d| d.severity == Severity::Error);
    let line = |span: Option<std::ops::Range<usize>>| source.line(span.map_or(0, |s| s.start));
    let deployment =
        definition.and_then(|definition| assemble(dir, stage, file, definition, &line));
    match deployment {
        Some(deployment) if !failed => Ok(Deployment {
            warnings: found,
            ..deployment
        }),
        _ => Err(Diagnostics(found)),
    }
}

/// Reads the definition. That it cannot be read is a finding in `deploy.toml`, which names it.
fn definition(
    dir: &Path,
    file: &File,
    findings: &mut Findings,
) -> (Option<Definition>, Vec<Diagnostic>) {
    let setting = &file.settings.definition;
    let path = file_in(dir, &setting.value.value);
    match read(&path) {
        Ok(text) => {
            let functions = file.settings.functions.entries.iter();
            let functions: Vec<&str> = functions.map(|entry| entry.name.as_str()).collect();
            definition_file::read(path, text, &functions)
        }
        Err(diagnostic) => {
            let hint = "`definition` names the state machine's definition";
            let span = setting.span.clone();
            findings.error("no-file", span, diagnostic.message, hint.to_owned());
            (None, Vec::new())
        }
    }
}

/// A path as a user would write it: `deploy.toml`, not `./deploy.toml`.
fn file_in(dir: &Path, name: &str) -> PathBuf {
    if dir == Path::new(".") {
        PathBuf::from(name)
    } else {
        dir.join(name)
    }
}

fn read(path: &Path) -> Result<String, Diagnostic> {
    std::fs::read_to_string(path).map_err(|error| Diagnostic {
        severity: Severity::Error,
        code: "no-file".to_owned(),
        message: format!("cannot read `{}`: {error}", path.display()),
        place: None,
        hint: (error.kind() == std::io::ErrorKind::NotFound).then(|| {
            "run txflow in the folder of `deploy.toml`, or write one with `txflow init`".to_owned()
        }),
    })
}
