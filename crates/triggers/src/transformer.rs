//! What an execution gets of an event: pieces of it, in a template.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
use txflow_asl::jsonpath::{Found, JsonPath};

/// Paths into an event, and the text that they are put into as `<name>`.
#[derive(Debug, Clone)]
pub struct InputTransformer {
    paths: BTreeMap<String, JsonPath>,
    template: String,
}

/// What is wrong with a transformer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransformerError {
    pub kind: ErrorKind,
    /// The path at fault; `None` for the template.
    pub path: Option<String>,
    pub message: String,
    pub hint: String,
}

/// What `PutTargets` objects to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorKind {
    /// A name, or a number.
    Form,
    /// What a path leads to cannot be told.
    Path,
    /// The template has this name, which stands for nothing.
    UnknownName(String),
    /// The whole event stands in a template that is not an object.
    EventOutsideObject,
    /// Nothing, but an execution takes only JSON.
    NotJson,
}

/// What EventBridge itself knows by `<aws.events.…>`.
#[derive(Debug, Clone, Default)]
pub struct RuleNames {
    pub arn: String,
    pub name: String,
    /// Such as `2026-01-31T12:00:00Z`.
    pub ingestion_time: String,
}

/// The limits of `PutTargets`.
const MOST_PATHS: usize = 100;
const LONGEST_TEMPLATE: usize = 8192;

/// The names that EventBridge has values for.
const OWN: [&str; 5] = [
    "aws.events.rule-arn",
    "aws.events.rule-name",
    "aws.events.event",
    "aws.events.event.json",
    "aws.events.event.ingestion-time",
];

impl InputTransformer {
    /// Checks a transformer as `PutTargets` does.
    ///
    /// # Errors
    ///
    /// All that is wrong with it.
    pub fn parse(
        paths: &BTreeMap<String, String>,
        template: &str,
    ) -> Result<Self, Vec<TransformerError>> {
        let mut errors = Vec::new();
        let mut fault = |kind, path: Option<&str>, message: String, hint: &str| {
            errors.push(TransformerError {
                kind,
                path: path.map(str::to_owned),
                message,
                hint: hint.to_owned(),
            });
        };
        let mut parsed = BTreeMap::new();
        for (name, text) in paths {
            let known = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            if name.is_empty() || !name.chars().all(known) || name.to_lowercase().starts_with("aws")
            {
                let hint = "letters, digits, `_` and `-`; names that start with `aws` are EventBridge's own";
                fault(
                    ErrorKind::Form,
                    Some(name),
                    format!("`{name}` cannot be the name of a path"),
                    hint,
                );
            }
            match JsonPath::parse(text) {
                Ok(_) if is_quoted_path(text) => fault(
                    ErrorKind::Path,
                    Some(name),
                    format!("`{text}` has a name in quotes, which EventBridge does not take"),
                    "write the name after a dot, such as `$.detail.id`",
                ),
                Ok(path) if path.is_definite() && text.starts_with('$') => {
                    parsed.insert(name.clone(), path);
                }
                Ok(_) => fault(
                    ErrorKind::Path,
                    Some(name),
                    format!("`{text}` does not lead to one value"),
                    "such as `$.detail.id`",
                ),
                Err(error) => fault(
                    ErrorKind::Path,
                    Some(name),
                    format!("`{text}` is not a path: {}", error.message),
                    "such as `$.detail.id`",
                ),
            }
        }
        if paths.len() > MOST_PATHS {
            let message = format!(
                "there are {} paths; EventBridge accepts {MOST_PATHS}",
                paths.len()
            );
            fault(
                ErrorKind::Form,
                None,
                message,
                "take whole objects of the event",
            );
        }
        if template.len() > LONGEST_TEMPLATE {
            let message = format!(
                "the template has {} bytes; EventBridge accepts {LONGEST_TEMPLATE}",
                template.len()
            );
            fault(ErrorKind::Form, None, message, "shorten the template");
        }
        for piece in pieces(template) {
            if let Piece::Name(name) = piece
                && !paths.contains_key(name)
                && !OWN.contains(&name)
            {
                let names = paths.keys().map(String::as_str).chain(OWN);
                let hint = match txflow_asl::nearest(name, names) {
                    Some(near) => format!("did you mean `<{near}>`?"),
                    None => "add it to `paths`".to_owned(),
                };
                let kind = ErrorKind::UnknownName(name.to_owned());
                let message = format!("`<{name}>` is not one of the paths");
                fault(kind, None, message, &hint);
            }
        }
        if template.contains("<aws.events.event.json>") && !template.trim().starts_with('{') {
            fault(
                ErrorKind::EventOutsideObject,
                None,
                "`<aws.events.event.json>` stands only in a template that is an object".to_owned(),
                "such as `{\"event\": <aws.events.event.json>}`",
            );
        }
        if errors.is_empty() {
            return Ok(Self {
                paths: parsed,
                template: template.to_owned(),
            });
        }
        Err(errors)
    }

    /// Checks that the template makes JSON, since an execution takes nothing else. A queue gets any text.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn check_json(&self) -> Result<(), TransformerError> {
        // Any value shows it.
        let filled = self.fill(|_| Some(Value::from(1)));
        let parsed = serde_json::from_str::<Value>(&filled);
        parsed.map(drop).map_err(|error| TransformerError {
            kind: ErrorKind::NotJson,
            path: None,
            message: format!("the template does not make JSON: {error}"),
            hint: "such as `{\"id\": <id>, \"note\": \"order <id>\"}`; outside quotes a value is put in as JSON".to_owned(),
        })
    }

    /// The template with the values of this event.
    pub fn apply(&self, event: &Value, rule: &RuleNames) -> String {
        self.fill(|name| match name {
            "aws.events.rule-arn" => Some(Value::from(rule.arn.as_str())),
            "aws.events.rule-name" => Some(Value::from(rule.name.as_str())),
            "aws.events.event.ingestion-time" => Some(Value::from(rule.ingestion_time.as_str())),
            "aws.events.event.json" => Some(event.clone()),
            "aws.events.event" => {
                let mut event = event.clone();
                if let Some(members) = event.as_object_mut() {
                    // Keeps the order of the others.
                    members.shift_remove("detail");
                }
                Some(event)
            }
            name => match self.paths.get(name)?.find(event) {
                Ok(Found::One(value)) => Some(value.into_owned()),
                _ => None,
            },
        })
    }

    /// Within quotes a string is put in as it is, anything else as JSON. A value that is missing leaves nothing behind.
    fn fill(&self, value: impl Fn(&str) -> Option<Value>) -> String {
        let mut filled = String::new();
        let mut quoted = false;
        for piece in pieces(&self.template) {
            match piece {
                Piece::Text(text) => {
                    quoted = is_quoted(text, quoted);
                    filled.push_str(text);
                }
                Piece::Name(name) => match value(name) {
                    None => {}
                    Some(Value::String(text)) if quoted => {
                        let escaped = Value::from(text).to_string();
                        filled.push_str(&escaped[1..escaped.len() - 1]);
                    }
                    Some(other) if quoted => {
                        let escaped = Value::from(other.to_string()).to_string();
                        filled.push_str(&escaped[1..escaped.len() - 1]);
                    }
                    Some(other) => filled.push_str(&other.to_string()),
                },
            }
        }
        filled
    }
}

impl fmt::Display for TransformerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

enum Piece<'a> {
    Text(&'a str),
    Name(&'a str),
}

/// Splits a template at `<name>`. Other angle brackets are text.
fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut start, mut from) = (0, 0);
    while let Some(open) = template[from..].find('<').map(|at| from + at) {
        from = open + 1;
        let inside = &template[open + 1..];
        let Some(length) = inside.find('>') else {
            break;
        };
        let name = &inside[..length];
        let known = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if name.is_empty() || !name.chars().all(known) {
            continue;
        }
        pieces.push(Piece::Text(&template[start..open]));
        pieces.push(Piece::Name(name));
        from = open + length + 2;
        start = from;
    }
    pieces.push(Piece::Text(&template[start..]));
    pieces
}

/// Whether a path has a name in quotes, which EventBridge refuses although JSONPath has it.
pub fn is_quoted_path(path: &str) -> bool {
    let mut brackets = path.split('[').skip(1);
    brackets.any(|inside| inside.trim_start().starts_with(['\'', '"']))
}

/// Whether the end of a piece of JSON is within quotes, if its start is.
fn is_quoted(text: &str, mut quoted: bool) -> bool {
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '"' => quoted = !quoted,
            _ => {}
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(paths: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = |(name, path): &(&str, &str)| ((*name).to_owned(), (*path).to_owned());
        paths.iter().map(owned).collect()
    }

    fn made(of: &[(&str, &str)], template: &str) -> Value {
        let event = json!({
            "id": "e-1",
            "source": "shop",
            "detail": { "id": "o \"1\"", "count": 2, "items": [{ "sku": "a" }] },
        });
        let transformer = InputTransformer::parse(&paths(of), template).unwrap();
        let names = RuleNames {
            arn: "arn:rule".to_owned(),
            name: "orders".to_owned(),
            ingestion_time: "2026-01-01T00:00:00Z".to_owned(),
        };
        serde_json::from_str(&transformer.apply(&event, &names)).unwrap()
    }

    #[test]
    fn values_are_put_in_as_json_or_into_strings() {
        let of = [
            ("id", "$.detail.id"),
            ("count", "$.detail.count"),
            ("sku", "$.detail.items[0].sku"),
            ("items", "$.detail.items"),
        ];
        let template =
            r#"{"id": <id>, "text": "<count> of <sku> for <id>", "all": <items>, "in": "<items>"}"#;
        assert_eq!(
            made(&of, template),
            json!({
                "id": "o \"1\"",
                "text": "2 of a for o \"1\"",
                "all": [{ "sku": "a" }],
                "in": "[{\"sku\":\"a\"}]",
            })
        );
    }

    #[test]
    fn eventbridge_has_values_of_its_own() {
        let template = r#"{"rule": <aws.events.rule-name>, "at": "<aws.events.event.ingestion-time>", "event": <aws.events.event>, "whole": <aws.events.event.json>}"#;
        let made = made(&[], template);
        assert_eq!(made["rule"], "orders");
        assert_eq!(made["at"], "2026-01-01T00:00:00Z");
        // Without `detail`, as EventBridge's guide says of it.
        assert_eq!(made["event"], json!({ "id": "e-1", "source": "shop" }));
        assert_eq!(made["whole"]["detail"]["count"], 2);
    }

    /// The guide's example of several lines. A queue gets them; an execution takes only JSON.
    #[test]
    fn a_template_of_several_lines_is_filled() {
        let template = "\"order <id>\"\n\"of <id>\"";
        let transformer = InputTransformer::parse(&paths(&[("id", "$.id")]), template).unwrap();
        let event = json!({ "id": 7 });
        let filled = transformer.apply(&event, &RuleNames::default());
        assert_eq!(filled, "\"order 7\"\n\"of 7\"");
        let error = transformer.check_json().unwrap_err();
        assert!(error.message.contains("does not make JSON"), "{error}");
    }

    #[test]
    fn a_template_of_one_value_is_that_value() {
        assert_eq!(made(&[("d", "$.detail.count")], "<d>"), json!(2));
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (of, template, message, hint) in [
            (
                vec![("id", "$.detail.id")],
                "{\"a\": <ix>}",
                "`<ix>` is not one",
                "did you mean `<id>`?",
            ),
            (vec![("id", "detail.id")], "<id>", "`detail.id`", "such as"),
            (vec![("id", "$.detail.*")], "<id>", "one value", "such as"),
            (
                vec![("aws.id", "$.id")],
                "1",
                "cannot be the name",
                "EventBridge's own",
            ),
            // cdk-preflight: `rules/events/pf-events-input-path-jsonpath` and `…-transformer-json-var`.
            (
                vec![("id", "$.detail['id']")],
                "<id>",
                "a name in quotes",
                "after a dot",
            ),
            (
                vec![],
                "[<aws.events.event.json>]",
                "only in a template that is an object",
                "such as",
            ),
        ] {
            let errors = InputTransformer::parse(&paths(&of), template).unwrap_err();
            assert!(errors[0].message.contains(message), "{errors:?}");
            assert!(errors[0].hint.contains(hint), "{errors:?}");
        }
        let long = format!("\"{}\"", "a".repeat(LONGEST_TEMPLATE));
        assert!(InputTransformer::parse(&BTreeMap::new(), &long).is_err());
    }
}
