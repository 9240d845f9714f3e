//! Expressions of workflows as GitHub evaluates them: `==`, `!=`, `!`, `&&`, `||`, parentheses, literals, contexts with
//! `.name` and `[expression]`, and the functions that are used.

use serde_json::{Value, json};

/// What an expression knows.
#[derive(Debug, Clone)]
pub struct Contexts {
    /// `github`, `inputs`, `steps` and so on, by their names.
    pub values: Value,
    /// How the steps before have ended.
    pub status: Status,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Success,
    Failure,
    Cancelled,
}

const STATUS_FUNCTIONS: [&str; 4] = ["success()", "failure()", "cancelled()", "always()"];

impl Contexts {
    /// Whether a step or a job with this condition runs. Unless it asks how the steps before ended, all must have succeeded.
    pub fn allow(&self, condition: Option<&str>) -> bool {
        let condition = condition.map(bare).unwrap_or("success()");
        let asks = STATUS_FUNCTIONS.iter().any(|f| condition.contains(f));
        (asks || self.status == Status::Success) && truth(&self.evaluate(condition))
    }

    pub fn evaluate(&self, expression: &str) -> Value {
        let words = words(expression);
        let mut reader = Reader {
            words: &words,
            contexts: self,
        };
        let value = reader.any();
        let rest = reader.words;
        assert!(rest.is_empty(), "{expression}: cannot read {rest:?}");
        value
    }

    /// A text with its `${{ … }}` filled in.
    pub fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${{") {
            let (expression, after) = after.split_once("}}").expect("the end of an expression");
            filled.push_str(before);
            filled.push_str(&shown(&self.evaluate(expression)));
            rest = after;
        }
        filled + rest
    }

    /// All texts of a mapping, filled in.
    pub fn fill_all(&self, mapping: &Value) -> Vec<(String, String)> {
        let entries = mapping.as_object().into_iter().flatten();
        let filled = entries.map(|(name, value)| (name.clone(), self.fill(&shown(value))));
        filled.collect()
    }
}

/// A condition may stand in `${{ }}`.
fn bare(condition: &str) -> &str {
    let inner = condition.trim().strip_prefix("${{");
    inner
        .and_then(|inner| inner.strip_suffix("}}"))
        .unwrap_or(condition)
}

/// A value as it stands in a text.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

pub fn truth(value: &Value) -> bool {
    !matches!(shown(value).as_str(), "" | "false" | "0")
}

struct Reader<'a> {
    words: &'a [String],
    contexts: &'a Contexts,
}

impl Reader<'_> {
    fn any(&mut self) -> Value {
        let mut value = self.all();
        while self.take("||") {
            let other = self.all();
            value = if truth(&value) { value } else { other };
        }
        value
    }

    fn all(&mut self) -> Value {
        let mut value = self.comparison();
        while self.take("&&") {
            let other = self.comparison();
            value = if truth(&value) { other } else { value };
        }
        value
    }

    fn comparison(&mut self) -> Value {
        let value = self.one();
        let same = |one: &Value, other: &Value| shown(one).eq_ignore_ascii_case(&shown(other));
        if self.take("==") {
            return json!(same(&value, &self.one()));
        }
        if self.take("!=") {
            return json!(!same(&value, &self.one()));
        }
        value
    }

    fn one(&mut self) -> Value {
        if self.take("!") {
            return json!(!truth(&self.one()));
        }
        if self.take("(") {
            let value = self.any();
            self.expect(")");
            return value;
        }
        let word = self.next();
        if let Some(literal) = word.strip_prefix('\'') {
            return json!(literal);
        }
        if let Ok(literal) = serde_json::from_str(&word) {
            return literal;
        }
        if self.take("(") {
            return self.call(&word);
        }
        self.context(&word)
    }

    fn call(&mut self, function: &str) -> Value {
        let mut arguments = Vec::new();
        while !self.take(")") {
            arguments.push(self.any());
            self.take(",");
        }
        let status = self.contexts.status;
        match (function, &arguments[..]) {
            ("always", []) => json!(true),
            ("success", []) => json!(status == Status::Success),
            ("failure", []) => json!(status == Status::Failure),
            ("cancelled", []) => json!(status == Status::Cancelled),
            ("contains", [text, part]) => json!(shown(text).contains(&shown(part))),
            ("toJSON", [value]) => json!(value.to_string()),
            ("format", [text, values @ ..]) => {
                let fill = |text: String, (at, value): (usize, &Value)| {
                    text.replace(&format!("{{{at}}}"), &shown(value))
                };
                json!(values.iter().enumerate().fold(shown(text), fill))
            }
            _ => panic!("add `{function}` to what this runner knows"),
        }
    }

    fn context(&mut self, path: &str) -> Value {
        let mut parts = path.split('.');
        let name = parts.next().expect("a name");
        let known = self.contexts.values.get(name);
        let mut value = known
            .unwrap_or_else(|| panic!("there is no context `{name}` here"))
            .clone();
        for (depth, part) in parts.enumerate() {
            // Everything else is empty if it is not there, and a misspelt name would be as well.
            assert!(
                name != "github" || depth > 0 || value.get(part).is_some(),
                "add `{path}` to what this runner knows of GitHub"
            );
            value = value.get(part).cloned().unwrap_or(Value::Null);
        }
        while self.take("[") {
            let index = shown(&self.any());
            self.expect("]");
            value = value.get(&index).cloned().unwrap_or(Value::Null);
        }
        value
    }

    fn next(&mut self) -> String {
        let (word, rest) = self.words.split_first().expect("a value");
        self.words = rest;
        word.clone()
    }

    fn take(&mut self, word: &str) -> bool {
        let taken = self.words.first().is_some_and(|next| next == word);
        if taken {
            self.words = &self.words[1..];
        }
        taken
    }

    fn expect(&mut self, word: &str) {
        assert!(self.take(word), "no {word} before {:?}", self.words);
    }
}

/// Literals keep their first quote.
fn words(expression: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = expression.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' => rest[1..].find('\'').expect("the end of a literal") + 2,
            '(' | ')' | '[' | ']' | ',' => 1,
            '!' if !rest.starts_with("!=") => 1,
            '=' | '!' | '&' | '|' => 2,
            _ => rest
                .find(|c: char| !(c.is_alphanumeric() || "._-".contains(c)))
                .unwrap_or(rest.len()),
        };
        assert!(length > 0, "cannot read {rest:?}");
        let word = &rest[..length];
        words.push(word.strip_suffix('\'').unwrap_or(word).to_owned());
        rest = rest[length..].trim_start();
    }
    words
}

#[test]
fn expressions_come_to_what_github_says() {
    let contexts = Contexts {
        values: json!({
            "github": { "event": { "number": 7 }, "ref": "refs/heads/main" },
            "matrix": { "role": "ROLE" },
            "vars": { "ROLE": "arn" },
        }),
        status: Status::Failure,
    };
    for (expression, expected) in [
        ("vars[matrix.role]", json!("arn")),
        ("contains(toJSON(vars), 'arn')", json!(true)),
        ("contains(toJSON(vars), 'true')", json!(false)),
        ("vars.MISSING", Value::Null),
        ("vars.MISSING == ''", json!(true)),
        ("github.event.number == 7 && 'yes' || 'no'", json!("yes")),
        ("github.event.pull_request.head.sha", Value::Null),
        ("format('pr-{0}', github.event.number)", json!("pr-7")),
        (
            "!(failure() || cancelled()) || github.ref != 'x'",
            json!(true),
        ),
    ] {
        assert_eq!(contexts.evaluate(expression), expected, "{expression}");
    }
    let filled = contexts.fill("a ${{ github.event.number }}${{vars.ROLE}} b");
    assert_eq!(filled, "a 7arn b");
    for (condition, runs) in [
        (None, false),
        (Some("vars.ROLE == 'arn'"), false),
        (Some("${{ always() }}"), true),
        (Some("failure() && vars.ROLE == ''"), false),
    ] {
        assert_eq!(contexts.allow(condition), runs, "{condition:?}");
    }
}
