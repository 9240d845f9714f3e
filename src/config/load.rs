//! Reads the files into a [`Deployment`].

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Error, ErrorKind};
use std::ops::Range;
use std::path::Path;

use toml::de::DeTable;

use super::checks;
use super::deployment::assemble;
use super::files::Files;
use super::findings::Findings;
use super::names::Names;
use super::references;
use super::reported::Reported;
use super::rules::NotEmpty;
use super::setting::{At, Reader, Unset};
use super::source::{AS_UTF8, Source, code_of, unreadable};
use super::stages::File;
use super::substitution::Substitution;
use super::syntax;
use super::text::Text;
use super::{
    Definition, Deployment, Diagnostic, Diagnostics, Family, MachineName, Place, Severity,
    StackConfig, StackReading, StateMachineKind, definition_file, secrets, stack_config,
};

/// The name of the file that says what to deploy.
pub const FILE_NAME: &str = "deploy.toml";

/// Reads `deploy.toml` and the definitions that it names, for `stage`.
///
/// `environment` looks up the variables that values come from; the commands pass that of the run.
///
/// # Errors
/// Everything that is wrong with the files, at once. If there are no errors, the warnings are part of
/// the deployment.
pub fn load(
    files: impl Into<Files>,
    stage: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Deployment, Diagnostics> {
    read(files.into(), stage, environment, Unset::Refused)?.whole()
}

/// The same for a command that writes no function: a variable of a function that comes from the
/// environment and is not set there is [`super::EnvironmentValue::Unset`].
///
/// # Errors
/// As for [`load`].
pub fn load_without_secrets(
    files: impl Into<Files>,
    stage: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Deployment, Diagnostics> {
    read(files.into(), stage, environment, Unset::Ignored)?.whole()
}

/// The same for a command that writes nothing new. It gets what names the stack, whatever else is wrong.
///
/// # Errors
/// Everything that is wrong with the files, if that makes it uncertain which stack is meant.
pub fn load_stack(
    files: impl Into<Files>,
    stage: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<StackReading, Diagnostics> {
    read(files.into(), stage, environment, Unset::Ignored)?.stack()
}

/// The same to check the files: a variable that is not set is a warning, and something that must never be deployed
/// stands for its value.
///
/// # Errors
/// As for [`load`].
pub fn load_to_check(
    files: impl Into<Files>,
    stage: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Deployment, Diagnostics> {
    read(files.into(), stage, environment, Unset::Warned)?.whole()
}

/// What reading the files gave.
enum Reading {
    Whole(Box<Deployment>),
    /// With what is known all the same.
    Broken(Diagnostics, Option<Box<BrokenStack>>),
}

struct BrokenStack {
    config: StackConfig,
    secrets: BTreeSet<String>,
}

impl Reading {
    fn whole(self) -> Result<Deployment, Diagnostics> {
        match self {
            Self::Whole(deployment) => Ok(*deployment),
            Self::Broken(found, _) => Err(found),
        }
    }

    fn stack(self) -> Result<StackReading, Diagnostics> {
        match self {
            Self::Whole(deployment) => Ok(StackReading {
                config: deployment.stack_config(),
                secrets: deployment.secrets().map(str::to_owned).collect(),
                deployment: Some(*deployment),
                ignored: None,
            }),
            Self::Broken(found, None) => Err(found),
            Self::Broken(found, Some(broken)) => Ok(StackReading {
                config: broken.config,
                secrets: broken.secrets,
                deployment: None,
                ignored: stack_config::ignored(&found),
            }),
        }
    }
}

fn read(
    files: Files,
    stage: &str,
    environment: &dyn Fn(&str) -> Option<String>,
    unset: Unset,
) -> Result<Reading, Diagnostics> {
    let path = files.path(FILE_NAME);
    let text = files.read(FILE_NAME);
    let text = text.map_err(|error| no_deployment(&path, &error))?;
    let source = Source::new(path, text);
    let variables = RefCell::new(BTreeSet::new());
    let environment = |name: &str| {
        variables.borrow_mut().insert(name.to_owned());
        environment(name)
    };
    let mut findings = Findings::default();
    let (root, mut errors) = DeTable::parse_recoverable(source.text());
    secrets::hide(root.get_ref(), &mut findings);
    if !errors.is_empty() {
        // The parser goes on behind an error, and may find it once more.
        let mut seen = BTreeSet::new();
        errors.sort_by_key(|error| error.span().map(|span| span.start));
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            secrets::hide_line(source.text(), at, &mut findings);
            let span = error.span();
            let told = syntax::told(
                error.message(),
                &span.clone().unwrap_or(0..0),
                source.text(),
            );
            if seen.insert((source.line(at), told.message.clone())) {
                findings.error("syntax", span, told.message, told.hint);
            }
        }
        return Err(Diagnostics(findings.reported(&source).into_diagnostics()));
    }

    let mut reader = Reader {
        files: &files,
        environment: Some(&environment),
        unset,
        text: source.text(),
        names: Names::default(),
        defaults: Vec::new(),
        findings,
        used_values: BTreeSet::new(),
    };
    let file = File::read(root.get_ref(), stage, &mut reader);
    let (definitions, in_definitions) = definitions(&file, &mut reader);
    let secrets = secret_values(&file);
    let used_values = reader.used_values;
    let mut findings = reader.findings;
    let line = |span: Option<Range<usize>>| source.line(span.map_or(0, |s| s.start));
    checks::check(&file, stage, &definitions, &line, &mut findings);

    // What seems unused may be what an error is about.
    if !findings.failed() && !in_definitions.failed() {
        references::unused_values(&file.settings, &used_values, &mut findings);
    }
    let statement_places = statement_places(&file, &source, &findings);
    let schedule_places = schedule_places(&file, &source, &findings);
    let state_machine_statements = state_machine_statements(&file, &source, &findings);
    let is_broken = findings.failed() || in_definitions.failed();
    let broken = is_broken
        .then(|| StackConfig::of_broken(&file, root.get_ref(), stage, &source, &findings))
        .flatten();
    let reported = findings.reported(&source).and(in_definitions);
    let failed = reported.failed();
    let found = reported.into_diagnostics();
    let secret_variables = secrets::variables(root.get_ref());
    let deployment = definitions.whole().and_then(|definitions| {
        assemble(
            &files.root,
            stage,
            file,
            definitions,
            secret_variables,
            &line,
        )
    });
    match deployment {
        Some(deployment) if !failed => Ok(Reading::Whole(Box::new(Deployment {
            warnings: found,
            statement_places,
            schedule_places,
            state_machine_statements,
            secret_values: secrets,
            variables: variables.into_inner(),
            sources: files.into_read(),
            ..deployment
        }))),
        _ => {
            let broken = broken.map(|config| {
                let secrets = secrets::values(root.get_ref(), &environment);
                Box::new(BrokenStack { config, secrets })
            });
            Ok(Reading::Broken(Diagnostics(found), broken))
        }
    }
}

/// The definition of each state machine, if it could be parsed.
type Definitions = Family<Option<Definition>>;

/// Reads the definitions. One that cannot be read is a finding in `deploy.toml`, which names it.
fn definitions(file: &File, reader: &mut Reader<'_>) -> (Definitions, Reported) {
    let settings = &file.settings;
    let kind = settings.state_machine.0.r#type.value;
    let (main, mut reported) = definition(&settings.definition, kind, reader);
    let mut named = BTreeMap::new();
    for entry in &settings.state_machines.entries {
        let Some(keys) = &entry.value else {
            named.insert(entry.name.clone(), None);
            continue;
        };
        let file = keys.definition.clone().unwrap_or_else(|| At {
            value: Text::from(format!("{}.asl.json", entry.name).as_str()),
            span: Some(entry.at.clone()),
        });
        let kind = keys.machine.r#type.value;
        let (definition, in_definition) = definition(&file, kind, reader);
        reported = reported.and(in_definition);
        named.insert(entry.name.clone(), definition);
    }
    (Family { main, named }, reported)
}

fn definition(
    file: &At<Text<NotEmpty>>,
    kind: StateMachineKind,
    reader: &mut Reader<'_>,
) -> (Option<Definition>, Reported) {
    let path = reader.files.path(&file.value.value);
    match reader.files.read(&file.value.value) {
        Ok(text) => definition_file::read(path, text, kind, reader),
        Err(error) => {
            let message = unreadable(&path.display().to_string(), &error);
            let hint = match error.kind() {
                ErrorKind::InvalidData => AS_UTF8.to_owned(),
                _ => in_another_format(&file.value.value, reader.files).map_or_else(
                    || "`definition` names the state machine's definition".to_owned(),
                    |other| format!("there is `{other}`: name it with `definition = \"{other}\"`"),
                ),
            };
            reader.error(code_of(&error), file.span.clone(), message, hint);
            (None, Reported::default())
        }
    }
}

/// The file with the same name that ends in another way, such as `definition.asl.yaml`.
fn in_another_format(name: &str, files: &Files) -> Option<String> {
    let formats = ["json", "yaml", "yml"];
    let start =
        { formats.iter() }.find_map(|format| name.strip_suffix(format)?.strip_suffix('.'))?;
    let mut others = formats.iter().map(|format| format!("{start}.{format}"));
    others.find(|other| other != name && files.read(other).is_ok())
}

/// The substitutions that are declared secret, as far as they are known.
fn secret_values(file: &File) -> BTreeSet<String> {
    let values = file.settings.substitutions.entries.iter();
    let values = values.filter_map(|entry| entry.value.as_ref());
    values.filter_map(Substitution::known_secret).collect()
}

/// Where each function's statements begin, for findings about the policies that are made of them.
fn statement_places(file: &File, source: &Source, findings: &Findings) -> BTreeMap<String, Place> {
    let functions = file.settings.functions.entries.iter();
    let places = functions.filter_map(|function| {
        let statements = function.value.as_ref()?.0.statements.as_ref()?;
        let place = source.place(statements.span.clone()?, findings.hidden());
        Some((function.name.clone(), place))
    });
    places.collect()
}

/// Where each schedule is, by trigger, for what only the time tells of it.
fn schedule_places(file: &File, source: &Source, findings: &Findings) -> BTreeMap<String, Place> {
    let triggers = file.settings.triggers.iter().flat_map(|list| &list.0);
    let places = triggers.filter_map(|trigger| {
        let name = trigger.0.name.0.as_ref()?;
        let span = trigger.0.schedule.as_ref()?.span.clone()?;
        let place = source.place(span, findings.hidden());
        Some((name.value.value.clone(), place))
    });
    places.collect()
}

/// The same of each state machine.
fn state_machine_statements(
    file: &File,
    source: &Source,
    findings: &Findings,
) -> BTreeMap<MachineName, Place> {
    let places = file.settings.state_machines().filter_map(|(name, keys)| {
        let statements = keys.statements.as_ref()?;
        let place = source.place(statements.span.clone()?, findings.hidden());
        Some((name, place))
    });
    places.collect()
}

fn no_deployment(path: &Path, error: &Error) -> Diagnostics {
    let is_absent = error.kind() == ErrorKind::NotFound;
    let hint = || match around(path) {
        Some(folder) => format!("there is one in `{folder}`: pass `-C {folder}`"),
        None => {
            "run txflow in the folder of `deploy.toml`, or create one with `txflow init`".to_owned()
        }
    };
    Diagnostics(vec![Diagnostic {
        severity: Severity::Error,
        code: code_of(error).to_owned(),
        message: unreadable(&path.display().to_string(), error),
        place: None,
        hint: match error.kind() {
            ErrorKind::InvalidData => Some(AS_UTF8.to_owned()),
            _ => is_absent.then(hint),
        },
    }])
}

/// The nearest folder around that of a deploy.toml that has one.
#[expect(clippy::disallowed_methods, reason = "looks for deploy.toml")]
fn around(path: &Path) -> Option<String> {
    let folder = std::path::absolute(path.parent()?).ok()?;
    let mut around = folder.ancestors().skip(1);
    let found = around.find(|folder| folder.join(FILE_NAME).is_file())?;
    Some(found.display().to_string())
}
