//! Reads the definition and checks it against what `deploy.toml` declares.

use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;

use serde_json::Value;
use txflow_asl::ExecutionKind;
use txflow_asl::source::Source as Asl;
use txflow_asl::validate::{Code, MAX_FINDINGS, Severity as AslSeverity, validate};

use super::Definition;
use super::choices::StateMachineKind;
use super::definition::each_string;
use super::findings::Findings;
use super::nearest;
use super::placeholder::{Piece, Placeholder, pieces};
use super::reported::Reported;
use super::source::Source;

/// The definition, if it could be parsed, and its findings.
pub(super) fn read(
    path: PathBuf,
    text: String,
    kind: StateMachineKind,
    names: &[&str],
) -> (Option<Definition>, Reported) {
    let source = Source::new(path, text);
    let mut findings = Findings::default();
    let definition = check(&source, kind, names, &mut findings);
    (definition, findings.reported(&source))
}

fn check(
    source: &Source,
    kind: StateMachineKind,
    names: &[&str],
    findings: &mut Findings,
) -> Option<Definition> {
    let extension = source.path().extension().and_then(|e| e.to_str());
    let parsed = if matches!(extension, Some("yaml" | "yml")) {
        Asl::from_yaml(source.text())
    } else {
        Asl::from_json(source.text())
    };
    let asl = match parsed {
        Ok(asl) => asl,
        Err(error) => {
            findings.error("syntax", error.location.span, error.message, None);
            return None;
        }
    };
    let definition = Definition {
        path: source.path().to_owned(),
        template: asl.value().clone(),
    };
    check_language(&asl, kind, &definition.states(), findings);
    check_placeholders(&asl, names, findings);
    Some(definition)
}

/// What AWS would refuse, in its own words and under its own codes.
fn check_language(asl: &Asl, kind: StateMachineKind, states: &[String], findings: &mut Findings) {
    let kind = match kind {
        StateMachineKind::Standard => ExecutionKind::Standard,
        StateMachineKind::Express => ExecutionKind::Express,
    };
    let found = validate(asl, kind);
    if found.len() >= MAX_FINDINGS {
        findings.give_up();
    }
    let states: HashSet<&str> = states.iter().map(String::as_str).collect();
    for finding in found {
        let code = finding.code.as_str();
        let span = finding.position.span;
        match finding.severity {
            AslSeverity::Error => {
                let is_transition = finding.code == Code::MissingTransitionTarget;
                let hint = (is_transition && !findings.are_many())
                    .then(|| nearest_state(asl.text().get(span.clone())?, &states))
                    .flatten();
                findings.error(code, span, finding.message, hint);
            }
            AslSeverity::Warning => findings.warning(code, span, finding.message, None),
        }
    }
}

/// The state that a transition to a missing state was probably meant for.
fn nearest_state(target: &str, states: &HashSet<&str>) -> Option<String> {
    let name = target.trim_matches(['"', '\'']);
    // AWS uses the same code for a state that nothing leads to.
    if states.contains(name) {
        return None;
    }
    nearest::hint(name, "the states are", states.iter().copied())
}

/// Each placeholder must name a function, a state machine or a pseudo parameter.
fn check_placeholders(asl: &Asl, names: &[&str], findings: &mut Findings) {
    let known: BTreeSet<&str> = names.iter().copied().chain(Placeholder::PSEUDO).collect();
    each_string(asl.value(), "", &mut |pointer, text| {
        let mut seen = BTreeSet::new();
        for piece in pieces(text) {
            let Piece::Placeholder(Placeholder::Named(name)) = piece else {
                continue;
            };
            if known.contains(name.as_str()) || !seen.insert(name.clone()) {
                continue;
            }
            let message = format!("unknown placeholder `${{{name}}}`");
            let near = (!findings.are_many())
                .then(|| nearest::nearest(&name, known.iter().copied()))
                .flatten();
            let hint = near
                .map(|near| format!("did you mean `${{{near}}}`?"))
                .unwrap_or_else(|| {
                    format!("declare it with `[functions.{name}]` in `deploy.toml`")
                });
            let span = place(asl, pointer, &name);
            findings.error("unknown-placeholder", span, message, hint);
        }
    });
}

/// The placeholder inside the string at a pointer, or else the whole string.
fn place(asl: &Asl, pointer: &str, name: &str) -> Option<std::ops::Range<usize>> {
    let string = asl.locate(pointer)?.span;
    let written = asl.text().get(string.clone())?;
    let found = written.match_indices("${").find_map(|(at, _)| {
        let end = at + written[at..].find('}')? + 1;
        (written[at + 2..end - 1].trim() == name).then_some(at..end)
    });
    Some(found.map_or(string.clone(), |at| {
        string.start + at.start..string.start + at.end
    }))
}

/// Adds `TimeoutSeconds` to a definition that does not have it.
pub(super) fn set_timeout(definition: &mut Definition, seconds: i64) {
    if let Value::Object(members) = &mut definition.template {
        members
            .entry("TimeoutSeconds")
            .or_insert_with(|| seconds.into());
    }
}
