//! What a statement that a user writes by hand may name.

use super::Owner;
use crate::integrations::{self, ResourceType};

/// The ARNs that a statement can name for an action, as examples: their variable parts are words in capitals. `*` if
/// IAM's reference has none. `beside` are the actions that are needed on the same resource.
///
/// ```
/// use txflow_asl::permissions::{Owner, example_resources};
///
/// let owner = Owner {
///     partition: "aws",
///     region: "${AWS::Region}",
///     account: "${AWS::AccountId}",
///     state_machine: "orders",
/// };
/// let examples = example_resources("iam:ListAccessKeys", &[], &owner);
/// assert_eq!(examples, ["arn:aws:iam::${AWS::AccountId}:user/USER-NAME"]);
/// assert_eq!(example_resources("ec2:DescribeInstances", &[], &owner), ["*"]);
/// ```
#[must_use]
pub fn example_resources(action: &str, beside: &[&str], owner: &Owner<'_>) -> Vec<String> {
    let mut arns = required(action);
    if arns.is_empty() {
        let types = types(action).into_iter().map(|kind| kind.arn);
        let types: Vec<&str> = types.collect();
        let beside = beside.iter().flat_map(|action| required(action));
        arns.extend(beside.filter(|arn| types.contains(arn)));
        if arns.is_empty() {
            // Any one of them will do; the shortest is the most general.
            arns.extend(types.into_iter().min_by_key(|arn| arn.len()));
        }
    }
    let mut examples: Vec<String> = arns.iter().map(|arn| filled(arn, owner)).collect();
    examples.sort();
    examples.dedup();
    match examples.is_empty() {
        true => vec!["*".to_owned()],
        false => examples,
    }
}

fn required(action: &str) -> Vec<&'static str> {
    let types = types(action).into_iter();
    types
        .filter(|kind| kind.required)
        .map(|kind| kind.arn)
        .collect()
}

fn types(action: &str) -> Vec<ResourceType> {
    let found = integrations::action(action);
    found.map_or_else(Vec::new, |action| action.types)
}

fn filled(template: &str, owner: &Owner<'_>) -> String {
    let mut arn = String::new();
    let mut rest = template;
    while let Some((text, behind)) = rest.split_once("${") {
        let (variable, behind) = behind.split_once('}').unwrap_or((behind, ""));
        arn.push_str(text);
        match variable {
            "Partition" => arn.push_str(owner.partition),
            "Region" => arn.push_str(owner.region),
            "Account" => arn.push_str(owner.account),
            variable => arn.push_str(&word(variable.trim_end_matches("WithPath"))),
        }
        rest = behind;
    }
    arn + rest
}

/// `TableName` as `TABLE-NAME`.
fn word(variable: &str) -> String {
    let mut word = String::new();
    let mut before = 'A';
    for char in variable.chars() {
        if char.is_ascii_uppercase() && before.is_ascii_lowercase() {
            word.push('-');
        }
        word.push(char.to_ascii_uppercase());
        before = char;
    }
    word
}
