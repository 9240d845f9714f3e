//! Reads the definition and checks it against what `deploy.toml` declares.

use std::collections::HashSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_json::Value;
use txflow_asl::ExecutionKind;
use txflow_asl::source::Source as Asl;
use txflow_asl::validate::{Code, Finding, MAX_FINDINGS, Severity as AslSeverity, validate};

use super::Definition;
use super::choices::StateMachineKind;
use super::definition_keys::fill_keys;
use super::definition_text::DefinitionText;
use super::fill::fill;
use super::findings::Findings;
use super::foreign_syntax::{check_functions, check_text, report_syntax};
use super::names::{Meaning, STATE_MACHINE};
use super::nearest;
use super::placeholder::{Piece, Placeholder, pieces};
use super::placeholder_advice::{advice, calls, place_in};
use super::problem::{Problem, Scope};
use super::reported::Reported;
use super::setting::Reader;
use super::source::Source;
use super::wrapped::wrapped;

/// The definition, if it could be parsed, and its findings. `reader` knows the values that it names.
pub(super) fn read(
    path: PathBuf,
    text: String,
    kind: StateMachineKind,
    reader: &mut Reader<'_>,
) -> (Option<Definition>, Reported) {
    let source = Source::new(path, text);
    let mut findings = Findings::default();
    let checked = check(&source, kind, reader, &mut findings);
    let reported = findings.reported(&source);
    let definition = checked.map(|(definition, asl)| Definition {
        text: DefinitionText::new(source, asl),
        ..definition
    });
    (definition, reported)
}

fn check(
    source: &Source,
    kind: StateMachineKind,
    reader: &mut Reader<'_>,
    findings: &mut Findings,
) -> Option<(Definition, Asl)> {
    let extension = source.path().extension().and_then(|e| e.to_str());
    let is_yaml = matches!(extension, Some("yaml" | "yml"));
    let parsed = match is_yaml {
        true => Asl::from_yaml(source.text()),
        false => Asl::from_json(source.text()),
    };
    let asl = match parsed {
        Ok(asl) => asl,
        Err(error) => {
            report_syntax(error, source.text(), is_yaml, findings);
            return None;
        }
    };
    if let Some(found) = wrapped(asl.value()) {
        let key = asl.locate_key(&found.pointer);
        let place = key.or_else(|| asl.locate(&found.pointer));
        let span = place.map(|location| location.span);
        findings.error("wrapped-definition", span, found.message(), found.hint());
        return None;
    }
    let (definition, faulty) = with_values(&asl, source.path(), reader, findings);
    // What is left is shown as it is written, so that the validator knows what it cannot judge yet.
    let readable = definition.resolve(Placeholder::to_string);
    check_language(
        &asl.with_value(readable),
        kind,
        &definition.states(),
        &faulty,
        findings,
    );
    let asl = asl.with_value(definition.template.clone());
    Some((definition, asl))
}

/// What AWS would refuse, in its own words and under its own codes.
/// What is in a text with a faulty placeholder is not worth a finding more.
fn check_language(
    asl: &Asl,
    kind: StateMachineKind,
    states: &[String],
    faulty: &[Range<usize>],
    findings: &mut Findings,
) {
    let kind = match kind {
        StateMachineKind::Standard => ExecutionKind::Standard,
        StateMachineKind::Express => ExecutionKind::Express,
    };
    let found = validate(asl, kind);
    if found.len() >= MAX_FINDINGS {
        findings.give_up();
    }
    let states: HashSet<&str> = states.iter().map(String::as_str).collect();
    let mut found = found.into_iter().peekable();
    while let Some(finding) = found.next() {
        // What follows from a finding is reported with it, so that one mistake is one error.
        let mut followers = Vec::new();
        while let Some(follower) = found.next_if(|next| next.follows) {
            followers.push(follower);
        }
        let code = finding.code.as_str();
        let span = finding.position.span;
        if faulty
            .iter()
            .any(|text| text.start <= span.start && span.end <= text.end)
        {
            continue;
        }
        match finding.severity {
            AslSeverity::Error => {
                let written = asl.text().get(span.clone());
                let written = written.filter(|_| !findings.are_many());
                let hint = written.and_then(|written| match finding.code {
                    Code::MissingTransitionTarget => nearest_state(written, &states),
                    Code::SchemaValidationFailed => wrongly_typed(written, &finding.message),
                    _ => None,
                });
                let hint = hint.or(finding.hint);
                let hint = followed(hint, &followers, asl);
                findings.error(code, span, finding.message, hint);
            }
            AslSeverity::Warning => findings.warning(code, span, finding.message, finding.hint),
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

/// A hint, with what else is wrong as long as nobody follows it.
fn followed(hint: Option<String>, followers: &[Finding], asl: &Asl) -> Option<String> {
    let of = |code| followers.iter().filter(move |finding| finding.code == code);
    let unreached = of(Code::MissingTransitionTarget)
        .filter_map(|finding| asl.text().get(finding.position.span.clone()))
        .map(|written| written.trim_matches(['"', '\'']));
    let unreached: Vec<&str> = unreached.collect();
    let mut facts = Vec::new();
    if !unreached.is_empty() {
        let names = nearest::list(unreached, "and");
        facts.push(format!("no execution gets to {names}"));
    }
    if of(Code::MissingEndState).next().is_some() {
        facts.push("the workflow never ends".to_owned());
    }
    if facts.is_empty() {
        return hint;
    }
    let facts = format!("as it is, {}", facts.join(", and "));
    Some(match hint {
        Some(hint) if hint.ends_with('?') => format!("{hint} {}", capitalized(&facts)),
        Some(hint) => format!("{hint}; {facts}"),
        None => facts,
    })
}

fn capitalized(text: &str) -> String {
    let (first, rest) = text.split_at_checked(1).unwrap_or_default();
    first.to_ascii_uppercase() + rest
}

/// What decides the type of a string that is only a placeholder, if AWS expects another one.
fn wrongly_typed(written: &str, message: &str) -> Option<String> {
    let text = written.trim_matches(['"', '\'']);
    // YAML had these words for it before its version 1.2.
    let meant = match text.to_ascii_lowercase().as_str() {
        "yes" | "on" => Some("true"),
        "no" | "off" => Some("false"),
        _ => None,
    };
    if let Some(meant) = meant.filter(|_| message.starts_with("Expected value of type Boolean")) {
        return Some(format!("`{text}` is a text; write `{meant}`"));
    }
    let [Piece::Placeholder(placeholder)] = &pieces(text)[..] else {
        return None;
    };
    let types = [
        ("Integer", "60", "a number"),
        ("Number", "1.5", "a number"),
        ("Boolean", "true", "a boolean"),
        ("Array", "[\"...\"]", "a list"),
    ];
    let expected = message.strip_prefix("Expected value of type ")?;
    let (_, value, what) = { types.into_iter() }.find(|(kind, ..)| expected.starts_with(kind))?;
    let name = placeholder.name();
    Some(format!(
        "it has the type of its value: in `[substitutions]` of `deploy.toml`, write `{name} = {value}` for {what}"
    ))
}

/// The definition with the values that it names, and the places of the texts that name something else. Each placeholder must name something.
fn with_values(
    asl: &Asl,
    path: &Path,
    reader: &mut Reader<'_>,
    findings: &mut Findings,
) -> (Definition, Vec<Range<usize>>) {
    let mut faulty = Vec::new();
    let mut incomplete = false;
    let mut template = asl.map_strings(|pointer, text| {
        check_text(asl, pointer, text, findings);
        let filled = fill(text, Scope::Definition, reader);
        incomplete |= filled.unset;
        let span = || asl.locate(pointer).map(|location| location.span);
        if !filled.problems.is_empty() {
            faulty.extend(span());
        }
        check_resource(asl, pointer, text, reader, findings);
        for problem in filled.problems {
            let span = place(asl, pointer, &problem);
            let (message, hint) =
                advice(&problem, Scope::Definition, calls(pointer), &reader.names);
            findings.error("unknown-placeholder", span, message, hint);
        }
        if filled.secret {
            report_secret(span(), findings);
        }
        filled.value
    });
    let keys = fill_keys(&mut template, asl, reader, findings);
    faulty.extend(keys.faulty);
    for span in keys.secret {
        report_secret(span, findings);
    }
    faulty.extend(check_functions(asl, &reader.names, findings));
    let definition = Definition {
        path: path.to_owned(),
        template,
        text: DefinitionText::default(),
        incomplete: incomplete || keys.unset,
    };
    (definition, faulty)
}

fn report_secret(span: Option<Range<usize>>, findings: &mut Findings) {
    let message = "a secret in a definition is seen by everybody who may read the state machine";
    let hint =
        "let the state read it: from Secrets Manager, or through a connection of EventBridge";
    findings.error("secret-in-definition", span, message, hint.to_owned());
}

/// The problem inside of the string at a pointer, or else the whole string.
fn place(asl: &Asl, pointer: &str, problem: &Problem) -> Option<Range<usize>> {
    let string = asl.locate(pointer)?.span;
    let written = asl.text().get(string.clone())?;
    Some(place_in(written, problem).map_or(string.clone(), |place| {
        string.start + place.start..string.start + place.end
    }))
}

/// A Task whose resource is a state machine: AWS accepts functions, activities and integrations.
fn check_resource(
    asl: &Asl,
    pointer: &str,
    text: &str,
    reader: &Reader<'_>,
    findings: &mut Findings,
) {
    if !is_resource_of_task(asl, pointer) {
        return;
    }
    for piece in pieces(text) {
        let Piece::Placeholder(Placeholder::Named(name)) = piece else {
            continue;
        };
        if let Some(Meaning::Callable(STATE_MACHINE)) = reader.names.meaning(&name) {
            let written = format!("${{{name}}}");
            let span = asl
                .locate_in(pointer, &written)
                .map(|location| location.span);
            let message = format!("`{written}` is a state machine, which a `Resource` cannot name");
            let hint = format!(
                "write `\"Resource\": \"arn:aws:states:::states:startExecution\"`, and \
                 `\"StateMachineArn\": \"{written}\"` in `Parameters`, or in `Arguments` with JSONata"
            );
            findings.error("invalid-value", span, message, hint);
        }
    }
}

fn is_resource_of_task(asl: &Asl, pointer: &str) -> bool {
    let Some(state) = pointer.strip_suffix("/Resource") else {
        return false;
    };
    let states = state.rsplit_once('/').map(|(states, _)| states);
    let is_state = states.is_some_and(|states| states.ends_with("/States"));
    is_state
        && asl
            .value()
            .pointer(state)
            .is_some_and(|state| state["Type"] == "Task")
}

/// Adds `TimeoutSeconds` to a definition that does not have it.
pub(super) fn set_timeout(definition: &mut Definition, seconds: i64) {
    if let Value::Object(members) = &mut definition.template {
        members
            .entry("TimeoutSeconds")
            .or_insert_with(|| seconds.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_tools_accept_has_a_way_out() {
        let boolean = |written| wrongly_typed(written, "Expected value of type Boolean");
        assert_eq!(
            boolean("yes").as_deref(),
            Some("`yes` is a text; write `true`")
        );
        assert_eq!(
            boolean("Off").as_deref(),
            Some("`Off` is a text; write `false`")
        );
        assert_eq!(boolean("maybe"), None);
        assert_eq!(wrongly_typed("yes", "Expected value of type Integer"), None);
    }
}
