//! What other tools evaluate in a definition, and nothing here does: each is told where it stands, with what to write.

use std::ops::Range;

use serde_json::Value;
use txflow_asl::Arn;
use txflow_asl::source::{Source as Asl, SyntaxError, push_token};

use super::cloud_formation::Function;
use super::findings::Findings;
use super::names::Names;
use super::placeholder::Placeholder;
use super::placeholder_advice::{calls, declared_value, of_reference};
use super::rule::Rule as _;
use super::rules::Name;

/// Of Terraform.
const DIRECTIVES: &str = "directives of Terraform's `templatefile` are not evaluated: write one definition for all \
    stages, and give a stage its own values under `[stages.<stage>.substitutions]` in `deploy.toml`";

/// Checks a string of a definition.
pub(super) fn check_text(asl: &Asl, pointer: &str, text: &str, findings: &mut Findings) {
    check_directives(asl, pointer, text, findings);
    check_dynamic_reference(asl, pointer, text, findings);
    check_arn(asl, pointer, text, findings);
}

/// Such as `%{ if var.enabled }`.
fn check_directives(asl: &Asl, pointer: &str, text: &str, findings: &mut Findings) {
    let mut starts = text.match_indices("%{");
    let directive = starts.find_map(|(start, _)| {
        let rest = text[start + 2..].trim_start_matches('~').trim_start();
        let word = rest.split(|c: char| !c.is_ascii_alphabetic()).next()?;
        let is_one = ["if", "else", "endif", "for", "endfor"].contains(&word);
        is_one.then(|| &text[start..start + text[start..].find('}').map_or(2, |end| end + 1)])
    });
    if let Some(directive) = directive {
        let span = asl
            .locate_in(pointer, directive)
            .map(|location| location.span);
        let message = format!("`{directive}` would be taken for text");
        findings.error("template-directive", span, message, DIRECTIVES.to_owned());
    }
}

/// What CloudFormation reads from elsewhere: `{{resolve:ssm:/topic}}`.
fn check_dynamic_reference(asl: &Asl, pointer: &str, text: &str, findings: &mut Findings) {
    let Some(start) = text.find("{{resolve:") else {
        return;
    };
    let end = text[start..]
        .find("}}")
        .map_or(text.len(), |end| start + end + 2);
    let reference = &text[start..end];
    let span = asl
        .locate_in(pointer, reference)
        .map(|location| location.span);
    let message = format!("CloudFormation's `{reference}` is not evaluated");
    let hint = "name what it stands for, such as `${orders-topic}`, and give it a value in `[substitutions]` in `deploy.toml`";
    findings.error("unknown-placeholder", span, message, hint.to_owned());
}

/// A part of an ARN that somebody was meant to fill in, such as `<account-id>` or `{REGION}`.
fn check_arn(asl: &Asl, pointer: &str, text: &str, findings: &mut Findings) {
    let Some(arn) = Arn::parse(text) else {
        return;
    };
    let parts = [
        (arn.partition, Placeholder::Partition),
        (arn.region, Placeholder::Region),
        (arn.account, Placeholder::AccountId),
    ];
    for (part, meant) in parts {
        if part.starts_with(['<', '{', '[']) {
            let span = asl.locate_in(pointer, part).map(|location| location.span);
            let message = format!("`{part}` in an ARN stands for something else");
            let hint = format!("write `{meant}`, or the value itself");
            findings.error("unknown-placeholder", span, message, hint);
        }
    }
}

/// The functions of CloudFormation, which a template has in place of texts. Returns the places of those that are wrong.
pub(super) fn check_functions(
    asl: &Asl,
    names: &Names<'_>,
    findings: &mut Findings,
) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    find_functions(asl.value(), &mut String::new(), &mut found);
    let found = found.into_iter();
    found
        .filter_map(|(pointer, function)| check_function(&function, &pointer, asl, names, findings))
        .collect()
}

/// `pointer` points to the value, and does so again on return.
fn find_functions<'v>(
    value: &'v Value,
    pointer: &mut String,
    found: &mut Vec<(String, Function<'v>)>,
) {
    if let Some(function) = Function::of(value) {
        found.push((pointer.clone(), function));
        return;
    }
    let length = pointer.len();
    let mut below = |key: &str, value: &'v Value| {
        push_token(pointer, key);
        find_functions(value, pointer, found);
        pointer.truncate(length);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| below(key, value)),
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(index, item)| below(&index.to_string(), item));
        }
        _ => {}
    }
}

fn check_function(
    function: &Function<'_>,
    pointer: &str,
    asl: &Asl,
    names: &Names<'_>,
    findings: &mut Findings,
) -> Option<Range<usize>> {
    let span = asl.locate(pointer).map(|location| location.span);
    let written = { span.clone() }.and_then(|span| asl.text().get(span));
    let tag = { written.filter(|written| written.starts_with('!')) }
        .and_then(|written| written.split_whitespace().next());
    let hint = match (function.reference(), function.text()) {
        (Some(reference), _) => of_reference(&reference, calls(pointer), names),
        (None, Some(text)) => {
            let text = Value::from(text);
            format!("write the text, in which placeholders are replaced: `{text}`")
        }
        (None, None) => {
            let field = pointer.rsplit('/').find(|key| Name::allows(key));
            let name = field.unwrap_or("orders-table");
            format!(
                "write a placeholder for what it stands for, such as `\"${{{name}}}\"`, and {}",
                declared_value(name)
            )
        }
    };
    let name = tag.unwrap_or(function.name);
    if name == "Ref" {
        let message = "an object with only `Ref` would be sent as it is: CloudFormation's `Ref` is not evaluated";
        findings.warning("unknown-placeholder", span, message, hint);
        return None;
    }
    let message = format!("CloudFormation's `{name}` is not evaluated");
    findings.error("unknown-placeholder", span.clone(), message, hint);
    span
}

const QUOTES: &str = "put quotes around the placeholder: a string that is only a placeholder takes the type of its value";

/// A text that is not JSON or YAML. If it was made for a tool that replaces placeholders before it parses, all of them are
/// told at once.
pub(super) fn report_syntax(
    error: SyntaxError,
    text: &str,
    is_yaml: bool,
    findings: &mut Findings,
) {
    let start = error.location.span.start;
    let unquoted = if is_yaml { Vec::new() } else { unquoted(text) };
    if unquoted.iter().any(|written| written.contains(&start)) {
        for span in unquoted {
            let written = &text[span.clone()];
            let hint = if written.starts_with('%') {
                DIRECTIVES
            } else {
                QUOTES
            };
            let message = format!("`{written}` is outside of a string");
            findings.error("syntax", span, message, hint.to_owned());
        }
        return;
    }
    let hint = error.hint.or_else(|| hint(text.get(start..)?));
    let hint = hint.map(str::to_owned);
    findings.error("syntax", error.location.span, error.message, hint);
}

fn hint(rest: &str) -> Option<&'static str> {
    if rest.starts_with('\'') {
        return Some("JSON has double quotes; YAML (`.asl.yaml`) has both");
    }
    match rest.get(..2)? {
        "${" => Some(QUOTES),
        "%{" => Some(DIRECTIVES),
        _ => None,
    }
}

/// The placeholders and directives outside of all strings of a JSON text, each up to its brace.
fn unquoted(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut in_string = false;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if in_string => at += 1,
            b'"' => in_string = !in_string,
            b'$' | b'%' if !in_string && bytes.get(at + 1) == Some(&b'{') => {
                let line = text[at..].lines().next().unwrap_or_default();
                let length = line.find('}').map_or(line.len(), |end| end + 1);
                found.push(at..at + length);
                at += length - 1;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found_outside_of_strings_only() {
        let text = "{\"é ${a}\": ${b}, \"\\\"${c}\": [${d}, \"\\\\\", %{ if e }\n 1 %{endif}], \"f\": ${g\n}";
        let found: Vec<&str> = { unquoted(text).into_iter() }
            .map(|span| &text[span])
            .collect();
        assert_eq!(found, ["${b}", "${d}", "%{ if e }", "%{endif}", "${g"]);
    }

    #[test]
    fn quotes_of_other_languages_have_a_way_out() {
        assert!(hint("'StartAt'").is_some());
        assert_eq!(hint("StartAt"), None);
    }
}
