//! What is wrong with a placeholder, and what it was probably meant to be.

use std::ops::Range;
use std::sync::LazyLock;

use regex_lite::Regex;

use super::cloud_formation::Reference;
use super::names::{Meaning, Names};
use super::nearest::nearest;
use super::placeholder::{Placeholder, escape};
use super::problem::{Problem, Scope};
use super::rule::Rule as _;
use super::rules::Name;
use super::setting::Reader;

/// Reports what is wrong with a text of `deploy.toml`.
pub(super) fn report(
    problems: &[Problem],
    scope: Scope,
    span: &Range<usize>,
    reader: &mut Reader<'_>,
) {
    for problem in problems {
        let (message, hint) = advice(problem, scope, false, &reader.names);
        let written = reader.text.get(span.clone()).unwrap_or_default();
        let place = place_in(written, problem).map_or(span.clone(), |place| {
            span.start + place.start..span.start + place.end
        });
        reader.error("unknown-placeholder", place, message, hint);
    }
}

/// Whether the string at a pointer of a definition is what a state calls.
pub(super) fn calls(pointer: &str) -> bool {
    ["/Resource", "/FunctionName"]
        .iter()
        .any(|key| pointer.ends_with(key))
}

/// A message and a hint. `calls` says whether the text names what a state calls.
pub(super) fn advice(
    problem: &Problem,
    scope: Scope,
    calls: bool,
    names: &Names<'_>,
) -> (String, String) {
    match problem {
        Problem::Unknown(name) => (
            format!("unknown placeholder `${{{name}}}`"),
            of_unknown(name, scope, calls, names),
        ),
        Problem::Malformed(written) if is_unclosed(written) => (
            format!("`{written}` has no closing brace"),
            format!(
                "close it, `{written}}}`; text that is meant as it stands is written `{}`",
                escape(written)
            ),
        ),
        Problem::Malformed(written) => (
            format!("`{written}` is not a placeholder"),
            of_malformed(written, scope, calls, names),
        ),
        Problem::List(name) => (
            format!("`${{{name}}}` is a list, which cannot be a part of a text"),
            format!("it replaces a whole string of a definition: `\"${{{name}}}\"`"),
        ),
        Problem::Misplaced(name, "value") => (
            format!("a value cannot contain another value, `${{{name}}}`"),
            "write both where they are used; a value may contain only pseudo parameters such as `${AWS::Region}`"
                .to_owned(),
        ),
        Problem::Misplaced(name, what) => (
            format!("`${{{name}}}` is a {what}, which only the definition can name"),
            "its ARN ends with the version that a release publishes, so it is not known here".to_owned(),
        ),
    }
}

/// The place of a problem in the text as it is written; `None` if that has escapes.
pub(super) fn place_in(written: &str, problem: &Problem) -> Option<Range<usize>> {
    match problem {
        // Behind it, no placeholder is closed, and so none is taken for it.
        Problem::Malformed(text) if is_unclosed(text) => {
            let start = written.rfind(text.as_str())?;
            Some(start..start + text.len())
        }
        Problem::Malformed(text) => {
            let start = written.find(text.as_str())?;
            Some(start..start + text.len())
        }
        Problem::Unknown(name) | Problem::Misplaced(name, _) | Problem::List(name) => {
            written.match_indices("${").find_map(|(start, _)| {
                let end = start + written[start..].find('}')? + 1;
                (written[start + 2..end - 1].trim() == name).then_some(start..end)
            })
        }
    }
}

fn is_unclosed(written: &str) -> bool {
    !written.ends_with('}')
}

fn of_unknown(name: &str, scope: Scope, calls: bool, names: &Names<'_>) -> String {
    if let Some(near) = near(name, scope, names) {
        return format!("did you mean `${{{near}}}`?");
    }
    if let Some(pseudo) = name.strip_prefix("AWS::") {
        let known = super::nearest::list(Placeholder::PSEUDO, "and");
        return format!(
            "the pseudo parameters are {known}; for another value, {}",
            declared_value(pseudo)
        );
    }
    if !Name::allows(name) {
        return format!(
            "text that is meant as it stands is written `${{!{name}}}`; the name of a value starts with a letter"
        );
    }
    match scope {
        Scope::Value => {
            "a value may contain only pseudo parameters such as `${AWS::Region}`".to_owned()
        }
        Scope::Definition if calls => {
            format!(
                "{}; for anything else, {}",
                function(name),
                declared_value(name)
            )
        }
        Scope::Definition | Scope::Text => format!(
            "{}; text that is meant as it stands is written `${{!{name}}}`",
            declared_value(name)
        ),
    }
}

fn of_malformed(written: &str, scope: Scope, calls: bool, names: &Names<'_>) -> String {
    let inside = written
        .trim_start_matches("${")
        .trim_end_matches('}')
        .trim();
    let foreign = terraform(inside).or_else(|| cloud_formation(inside));
    if let Some(meant) = foreign {
        return of_foreign(&meant, scope, calls, names);
    }
    if inside.contains(['(', '?', '"']) {
        return "expressions of Terraform's `templatefile` are not evaluated: compute the value beforehand, \
                write its name, such as `${orders-table}`, and add it to `[substitutions]` in `deploy.toml`"
            .to_owned();
    }
    let escaped = format!("${{!{}", written.trim_start_matches("${"));
    if scope == Scope::Text && inside.contains(':') {
        return format!("a variable of an IAM policy is written `{escaped}`, as in CloudFormation");
    }
    format!(
        "a name starts with a letter and has letters, digits, `-` and `_`; text that is meant as it stands is written `{escaped}`"
    )
}

/// What to write in a definition for what a function of CloudFormation names.
pub(super) fn of_reference(reference: &Reference, calls: bool, names: &Names<'_>) -> String {
    if reference.resource.starts_with("AWS::") {
        return of_unknown(&reference.resource, Scope::Definition, calls, names);
    }
    of_foreign(&foreign(reference), Scope::Definition, calls, names)
}

fn of_foreign(meant: &Foreign, scope: Scope, calls: bool, names: &Names<'_>) -> String {
    let key = &meant.key;
    let near = near(&meant.resource, scope, names).or_else(|| near(key, scope, names));
    if let Some(near) = near {
        return format!("did you mean `${{{near}}}`?");
    }
    let value = format!("write `${{{key}}}`, and {}", declared_value(key));
    if calls {
        format!("{}; for anything else, {value}", function(&meant.resource))
    } else {
        format!("{} are not known here: {value}", meant.what)
    }
}

/// How to name a function, which is named after the crate of its handler.
fn function(name: &str) -> String {
    let handler = handler(name);
    let renamed = if handler == name {
        String::new()
    } else {
        format!(" and write `${{{handler}}}`")
    };
    format!("for a function of this project, add `[functions.{handler}]` to `deploy.toml`{renamed}")
}

/// `call-to-api` for `CallToAPIFunctionName`.
fn handler(name: &str) -> String {
    let mut handler = String::new();
    let mut characters = name.chars().peekable();
    let mut before = ' ';
    while let Some(character) = characters.next() {
        let is_capital = |c: &char| c.is_ascii_uppercase();
        // The last capital letter of several begins a word if that goes on.
        let begins_word = match is_capital(&character) {
            true => !is_capital(&before) || characters.peek().is_some_and(char::is_ascii_lowercase),
            false => character == '_' || character == '-',
        };
        if begins_word && !handler.is_empty() && !handler.ends_with('-') {
            handler.push('-');
        }
        if character.is_ascii_alphanumeric() {
            handler.push(character.to_ascii_lowercase());
        }
        before = character;
    }
    for word in ["-name", "-arn", "-function", "-lambda"] {
        handler.truncate(handler.strip_suffix(word).map_or(handler.len(), str::len));
    }
    handler
}

/// How to give a value to a name.
pub(super) fn declared_value(name: &str) -> String {
    format!("add `{name} = \"...\"` to `[substitutions]` in `deploy.toml`")
}

/// What another tool's placeholder is meant to be.
struct Foreign {
    what: &'static str,
    /// The name of the resource in that tool.
    resource: String,
    /// A name for the value.
    key: String,
}

/// Such as `aws_sqs_queue.orders.url`, `module.orders.queue_arn` and `var.orders_table`.
fn terraform(inside: &str) -> Option<Foreign> {
    static REFERENCE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let kinds = "var|local|module|data\\.[a-z0-9_]+|each|path|terraform|self|aws_[a-z0-9_]+";
        let names = "([A-Za-z0-9_-]+)(?:\\[[^\\]]*\\])?(?:\\.([A-Za-z0-9_-]+))?";
        Regex::new(&format!("^(?:{kinds})\\.{names}$")).ok()
    });
    let found = REFERENCE.as_ref()?.captures(inside)?;
    let resource = found.get(1)?.as_str().to_owned();
    let key = match found.get(2) {
        Some(attribute) => format!("{resource}-{}", attribute.as_str()),
        None => resource.clone(),
    };
    Some(Foreign {
        what: "Terraform's references",
        resource,
        key,
    })
}

/// Such as `PurchaseFunction.Arn`.
fn cloud_formation(inside: &str) -> Option<Foreign> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '.';
    let reference = Reference::parse(inside);
    let is_one = !reference.resource.is_empty() && !reference.attribute.is_empty();
    (is_one && inside.chars().all(allowed)).then(|| foreign(&reference))
}

fn foreign(reference: &Reference) -> Foreign {
    Foreign {
        what: match reference.attribute.as_str() {
            "" => "the parameters and resources of a template",
            _ => "the attributes of CloudFormation's resources",
        },
        resource: reference.resource.clone(),
        key: reference.key(),
    }
}

/// A name that can be used here: the nearest, or that of which this is a variant such as `PurchaseHandlerFunctionArn`.
fn near<'a>(name: &str, scope: Scope, names: &Names<'a>) -> Option<&'a str> {
    let usable = |candidate: &&str| match names.meaning(candidate) {
        _ if candidate.contains("::") => name.contains("::"),
        Some(Meaning::Callable(_)) => scope == Scope::Definition,
        Some(Meaning::Value(_)) => scope != Scope::Value,
        None => false,
    };
    let known: Vec<&str> = names.all().filter(usable).collect();
    nearest(name, known.iter().copied()).or_else(|| {
        let bare = bare(name);
        let mut known = known.into_iter();
        known.find(|known| !bare.is_empty() && self::bare(known) == bare)
    })
}

/// A name without separators, case and the words that tools add to it.
fn bare(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_ascii_alphanumeric());
    let mut bare: String = letters.flat_map(char::to_lowercase).collect();
    for word in ["arn", "name", "alias", "function", "lambda"] {
        if let Some(rest) = bare.strip_suffix(word) {
            bare = rest.to_owned();
        }
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_is_named_after_the_words_of_a_name() {
        for (name, expected) in [
            ("CallToAPIFunctionName", "call-to-api"),
            ("HTTPServer", "http-server"),
            ("ship_order_function_arn", "ship-order"),
            ("S3UploadLambda", "s3-upload"),
            ("parseURL", "parse-url"),
            ("charge", "charge"),
        ] {
            assert_eq!(handler(name), expected);
        }
    }
}
