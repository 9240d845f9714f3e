//! What a statement that a user writes by hand may name.

use serde_json::Value;

use super::Owner;
use super::name::{Name, is_key_of, means};
use super::required::EITHER;
use crate::Arn;
use crate::integrations::{self, ResourceType};

/// The ARNs that a statement can name for an action, as examples: what the `request` says is in them, and their other
/// variable parts are words in capitals. `*` if IAM's reference has none. `beside` are the actions that are needed on the
/// same resource.
///
/// ```
/// use serde_json::json;
/// use txflow_asl::permissions::{Owner, example_resources};
///
/// let owner = Owner {
///     partition: "aws",
///     region: "${AWS::Region}",
///     account: "${AWS::AccountId}",
///     state_machine: "orders",
/// };
/// let examples = |action, request| example_resources(action, &[], &owner, &request);
/// let user = examples("iam:ListAccessKeys", json!({ "UserName.$": "$.user" }));
/// assert_eq!(user, ["arn:aws:iam::${AWS::AccountId}:user/USER-NAME"]);
/// let user = examples("iam:ListAccessKeys", json!({ "UserName": "alice" }));
/// assert_eq!(user, ["arn:aws:iam::${AWS::AccountId}:user/alice"]);
/// assert_eq!(examples("ec2:DescribeInstances", json!({})), ["*"]);
/// let role = examples("iam:PassRole", json!({ "Name": "nightly", "RoleArn.$": "$.role" }));
/// assert_eq!(role, ["arn:aws:iam::${AWS::AccountId}:role/ROLE-NAME"]);
/// ```
#[must_use]
pub fn example_resources(
    action: &str,
    beside: &[&str],
    owner: &Owner<'_>,
    request: &Value,
) -> Vec<String> {
    let mut kinds = required(action);
    if kinds.is_empty() {
        let types = types(action);
        let beside = beside.iter().flat_map(|action| required(action));
        kinds.extend(beside.filter(|kind| types.iter().any(|own| own.arn == kind.arn)));
        if kinds.is_empty() {
            // Any one of them will do; the shortest is the most general.
            kinds.extend(types.into_iter().min_by_key(|kind| kind.arn.len()));
        }
    }
    // The request is of the service that the role is passed to, and its names are those of other things.
    let request = match action {
        "iam:PassRole" => &Value::Null,
        _ => request,
    };
    let mut examples: Vec<String> = { kinds.iter() }
        .map(|kind| filled(kind, owner, request))
        .collect();
    examples.sort();
    examples.dedup();
    match examples.is_empty() {
        true => vec!["*".to_owned()],
        false => examples,
    }
}

/// A word in capitals that somebody was meant to replace in an example.
///
/// ```
/// use txflow_asl::permissions::example_word;
///
/// assert_eq!(example_word("arn:aws:s3:::BUCKET-NAME/orders/*"), Some("BUCKET-NAME"));
/// assert_eq!(example_word("arn:aws:s3:::orders/OBJECT-NAME"), Some("OBJECT-NAME"));
/// assert_eq!(example_word("arn:aws:s3:::orders/TABLE-NAME"), None);
/// assert_eq!(example_word("*"), None);
/// ```
#[must_use]
pub fn example_word(resource: &str) -> Option<&str> {
    let arn = Arn::parse(resource)?;
    let is_word = |part: &&str| {
        !part.is_empty() && { part.bytes() }.all(|byte| byte.is_ascii_uppercase() || byte == b'-')
    };
    let mut parts = arn.resource.split([':', '/']).filter(is_word).peekable();
    // A look at the tables is not for every ARN.
    parts.peek()?;
    let arns = integrations::resource_arns(arn.service);
    let words: Vec<String> = arns.flat_map(variables).map(word).collect();
    parts.find(|part| words.iter().any(|word| word.as_str() == *part))
}

/// The names in the braces of the form of an ARN.
fn variables(arn: &str) -> impl Iterator<Item = &str> {
    let parts = arn.split("${").skip(1);
    parts.filter_map(|part| part.split_once('}').map(|(name, _)| name))
}

fn required(action: &str) -> Vec<ResourceType> {
    let types = types(action).into_iter();
    let required = types.filter(|kind| kind.required);
    required
        .filter(|kind| !EITHER.contains(&(action, kind.name)))
        .collect()
}

fn types(action: &str) -> Vec<ResourceType> {
    let found = integrations::action(action);
    found.map_or_else(Vec::new, |action| action.types)
}

fn filled(kind: &ResourceType, owner: &Owner<'_>, request: &Value) -> String {
    let mut arn = String::new();
    let mut rest = kind.arn;
    while let Some((text, behind)) = rest.split_once("${") {
        let (variable, behind) = behind.split_once('}').unwrap_or((behind, ""));
        arn.push_str(text);
        match variable {
            "Partition" => arn.push_str(owner.partition),
            "Region" => arn.push_str(owner.region),
            "Account" => arn.push_str(owner.account),
            variable => match said(variable, kind, request) {
                Some(value) => arn.push_str(value),
                None => arn.push_str(&word(variable)),
            },
        }
        rest = behind;
    }
    arn + rest
}

/// The value of a variable, if the request has it as a plain text.
fn said<'v>(variable: &str, kind: &ResourceType, request: &'v Value) -> Option<&'v str> {
    let plain = |value: &'v Value| {
        let text = value.as_str()?;
        let is_part = |char: char| char.is_ascii_alphanumeric() || "-_.+=@,".contains(char);
        Some(text).filter(|text| !text.is_empty() && text.chars().all(is_part))
    };
    let is_own = |field: &str| {
        let (variable, kind) = (Name::of(variable), Name::of(kind.name));
        variable.stem == kind.stem && matches!(field, "Name" | "Id")
    };
    let fields = request.as_object().into_iter().flatten();
    let mut fields = fields.filter(|(field, _)| {
        means(field, variable) || is_key_of(field, variable, kind) || is_own(field)
    });
    let inner = request.as_object().into_iter().flatten();
    fields.find_map(|(_, value)| plain(value)).or_else(|| {
        let inner = inner.filter_map(|(_, value)| value.as_object()).flatten();
        let mut inner = inner.filter(|(field, _)| means(field, variable));
        inner.find_map(|(_, value)| plain(value))
    })
}

/// `TableName` as `TABLE-NAME`.
fn word(variable: &str) -> String {
    let mut word = String::new();
    let mut before = 'A';
    for char in variable.trim_end_matches("WithPath").chars() {
        if char.is_ascii_uppercase() && before.is_ascii_lowercase() {
            word.push('-');
        }
        word.push(char.to_ascii_uppercase());
        before = char;
    }
    word
}
