//! Placeholders in the keys of a definition. Those of data are replaced, such as the names of tables in `RequestItems`;
//! those of the language itself are the same in each stage.

use std::collections::{HashMap, HashSet};
use std::mem;
use std::ops::Range;

use regex_lite::Regex;
use serde_json::{Map, Value};
use txflow_asl::source::{Source as Asl, push_token};
use txflow_asl::walk::data;

use super::fill::fill;
use super::findings::Findings;
use super::placeholder::{OPEN, Piece, Placeholder, escape, pieces};
use super::placeholder_advice::{advice, place_in};
use super::problem::{Problem, Scope};
use super::setting::Reader;
use super::template::Template;

/// What is known once the keys are filled.
#[derive(Default)]
pub(super) struct Keys {
    /// The places of those with a placeholder that names nothing.
    pub faulty: Vec<Range<usize>>,
    /// The places of those with a secret.
    pub secret: Vec<Option<Range<usize>>>,
    /// Whether a value in one of them is not set.
    pub unset: bool,
}

/// Fills the keys of a definition, in which `template` differs only in its values. Each placeholder must name something,
/// and no key may become another one of its object. One that does so only in some account or region is a warning.
pub(super) fn fill_keys(
    template: &mut Value,
    asl: &Asl,
    reader: &mut Reader<'_>,
    findings: &mut Findings,
) -> Keys {
    if !asl.text().contains(OPEN) {
        return Keys::default();
    }
    let mut filling = Filling {
        asl,
        data: data(asl.value()).into_iter().collect(),
        reader,
        findings,
        keys: Keys::default(),
    };
    filling.fill(template, &mut String::new(), false);
    filling.keys
}

struct Filling<'f, 'r> {
    asl: &'f Asl,
    /// The JSON pointers of data.
    data: HashSet<String>,
    reader: &'f mut Reader<'r>,
    findings: &'f mut Findings,
    keys: Keys,
}

impl Filling<'_, '_> {
    /// `pointer` points to the value in the file, and does so again on return.
    fn fill(&mut self, value: &mut Value, pointer: &mut String, in_data: bool) {
        let length = pointer.len();
        let in_data = in_data || self.data.contains(pointer.as_str());
        match value {
            Value::Object(members) => {
                for (key, member) in members.iter_mut() {
                    push_token(pointer, key);
                    self.fill(member, pointer, in_data);
                    pointer.truncate(length);
                }
                if members.keys().any(|key| key.contains(OPEN)) {
                    match in_data {
                        true => self.fill_object(members, pointer),
                        false => self.refuse(members, pointer),
                    }
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    push_token(pointer, &index.to_string());
                    self.fill(item, pointer, in_data);
                    pointer.truncate(length);
                }
            }
            _ => {}
        }
    }

    fn span(&self, object: &str, key: &str) -> Option<Range<usize>> {
        let mut pointer = object.to_owned();
        push_token(&mut pointer, key);
        self.asl.locate_key(&pointer).map(|place| place.span)
    }

    /// Of an object of the language, such as `States`.
    fn refuse(&mut self, members: &Map<String, Value>, pointer: &str) {
        let has_placeholder = |key: &str| {
            let pieces = pieces(key);
            !pieces.iter().all(|piece| matches!(piece, Piece::Text(_)))
        };
        for key in members.keys().filter(|key| has_placeholder(key)) {
            let message = format!(
                "placeholders are not replaced in the name of a state or a field, such as `{key}`"
            );
            let hint = "write the name itself, which is the same in each stage; in the data of a state, such as `Parameters`, they \
                        are replaced in keys as well";
            let span = self.span(pointer, key);
            self.keys.faulty.extend(span.clone());
            self.findings
                .error("placeholder-in-key", span, message, hint.to_owned());
        }
    }

    fn fill_object(&mut self, members: &mut Map<String, Value>, pointer: &str) {
        let written: Vec<String> = members.keys().cloned().collect();
        let filled: Vec<String> = written
            .iter()
            .map(|key| self.filled(key, pointer))
            .collect();
        let twins = twins(&filled);
        let values = mem::take(members).into_iter();
        for (index, (key, value)) in values.enumerate() {
            let Some(&twin) = twins.get(&index) else {
                members.insert(filled[index].clone(), value);
                continue;
            };
            let other = &written[twin];
            let span = self.span(pointer, &key);
            if filled[twin] != filled[index] {
                let message = format!("the keys `{other}` and `{key}` can be the same");
                let hint = "if they are, the one with the placeholder stays as it is written: give them names that always differ";
                self.findings
                    .warning("duplicate-key", span, message, hint.to_owned());
                members.insert(filled[index].clone(), value);
                continue;
            }
            let name = Template(filled[index].clone()).written();
            let message = format!("the keys `{other}` and `{key}` are both `{name}`");
            let hint = "AWS would take only one of them: give them different names, or put both values under one key";
            self.findings
                .error("duplicate-key", span, message, hint.to_owned());
            members.insert(escape(&key), value);
        }
    }

    /// The key with its values in place, as a template.
    fn filled(&mut self, key: &str, pointer: &str) -> String {
        if !key.contains(OPEN) {
            return key.to_owned();
        }
        let span = self.span(pointer, key);
        let filled = fill(key, Scope::Definition, self.reader);
        self.keys.unset |= filled.unset;
        for problem in &filled.problems {
            self.report(problem, key, span.clone());
        }
        if filled.secret {
            self.keys.secret.push(span.clone());
        }
        match filled.value {
            Some(Value::String(template)) => return template,
            Some(Value::Array(_)) => {
                let name = key.trim_start_matches(OPEN).trim_end_matches('}').trim();
                self.report(&Problem::List(name.to_owned()), key, span);
            }
            // A number, `true` or `false`.
            Some(typed) => return typed.to_string(),
            None => {}
        }
        escape(key)
    }

    fn report(&mut self, problem: &Problem, key: &str, span: Option<Range<usize>>) {
        let written = span.clone().and_then(|span| self.asl.text().get(span));
        let inside = written.and_then(|written| place_in(written, problem));
        let place = span.clone().map(|key| match inside {
            Some(inside) => key.start + inside.start..key.start + inside.end,
            None => key,
        });
        let (message, hint) = match problem {
            Problem::List(name) => (
                format!("`${{{name}}}` is a list, which cannot be in a key"),
                format!("in `{key}`, name a text of `[substitutions]`"),
            ),
            problem => advice(problem, Scope::Definition, false, &self.reader.names),
        };
        self.keys.faulty.extend(span);
        self.findings
            .error("unknown-placeholder", place, message, hint);
    }
}

/// The most comparisons of keys that are known only in an account. No object that somebody writes needs as many.
const COMPARISONS: usize = 10_000;

/// The keys that an earlier one of their object may be equal to, each with that one, by their positions.
fn twins(templates: &[String]) -> HashMap<usize, usize> {
    let mut twins = HashMap::new();
    let mut first: HashMap<&str, usize> = HashMap::new();
    for (index, template) in templates.iter().enumerate() {
        let earlier = *first.entry(template).or_insert(index);
        if earlier != index {
            twins.insert(index, earlier);
        }
    }
    let examples: Vec<String> = { templates.iter() }
        .map(|template| Template(template.clone()).example())
        .collect();
    let patterns = { templates.iter().enumerate() }
        .filter_map(|(index, template)| Some((index, pattern(template)?)));
    for (index, pattern) in patterns.take(COMPARISONS / templates.len().max(1)) {
        for (other, example) in examples.iter().enumerate() {
            if other != index && pattern.is_match(example) {
                let (earlier, later) = (index.min(other), index.max(other));
                twins.entry(later).or_insert(earlier);
            }
        }
    }
    twins
}

/// What can become of a key that has a placeholder left.
fn pattern(template: &str) -> Option<Regex> {
    let pieces = pieces(template);
    let is_open = |piece: &Piece<'_>| matches!(piece, Piece::Placeholder(_));
    if !pieces.iter().any(is_open) {
        return None;
    }
    let pattern = pieces.iter().map(|piece| match piece {
        Piece::Text(text) | Piece::Malformed(text) => regex_lite::escape(text),
        Piece::Placeholder(placeholder) => match placeholder {
            Placeholder::Region => "[a-z]+(-[a-z]+)+-[0-9]+",
            Placeholder::AccountId => "[0-9]{12}",
            Placeholder::Partition => "aws(-[a-z]+)*",
            Placeholder::Named(_) => "arn:aws(-[a-z]+)*:(lambda|states):.*:[0-9]+",
        }
        .to_owned(),
    });
    Regex::new(&format!("^(?s:{})$", pattern.collect::<String>())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(keys: &[&str]) -> Vec<(usize, usize)> {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        let mut found: Vec<(usize, usize)> = twins(&keys).into_iter().collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn keys_that_can_be_the_same_in_an_account_are_found() {
        assert_eq!(found(&["a", "b", "a"]), [(2, 0)]);
        assert_eq!(found(&["us-east-1", "${AWS::Region}", "default"]), [(1, 0)]);
        assert_eq!(found(&["${AWS::AccountId}", "210987654321"]), [(1, 0)]);
        assert_eq!(found(&["a-${AWS::Region}", "b-${AWS::Region}"]), []);
        assert_eq!(found(&["${!AWS::Region}", "us-east-1"]), []);
        assert_eq!(
            found(&["${buy}", "${sell}", "buy", "arn:aws:sqs:us-east-1:1:buy"]),
            []
        );
    }
}
