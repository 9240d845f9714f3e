//! The actions of statements, held against what IAM knows.

use serde_json::Value;
use txflow_asl::integrations::{action_prefixes, actions};

use super::nearest::nearest;
use super::node::Node;
use super::rules::Action;
use super::setting::{Definitions, Reader, Setting};
use super::text::Text;

/// An action such as `dynamodb:GetItem`. IAM accepts one that does not exist, and it allows nothing; so that is a warning,
/// since AWS adds actions from time to time.
#[derive(Debug, Clone)]
pub(super) struct KnownAction(pub String);

impl Setting for KnownAction {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let action = Text::<Action>::read(node, reader)?;
        if !action.is_stand_in()
            && let Some((message, hint)) = unknown(&action.value)
        {
            reader.warning("unknown-action", node.place(), message, hint);
        }
        Some(Self(action.value))
    }

    fn schema(definitions: &mut Definitions) -> Value {
        Text::<Action>::schema(definitions)
    }
}

/// What is wrong with an action that IAM's reference does not have, and a hint.
fn unknown(action: &str) -> Option<(String, Option<String>)> {
    let (prefix, name) = action.split_once(':')?;
    let known = actions(prefix);
    if known.is_empty() {
        let near = nearest(prefix, action_prefixes());
        let message = format!("IAM has no service `{prefix}`, so `{action}` allows nothing");
        return Some((
            message,
            near.map(|near| format!("did you mean `{near}:{name}`?")),
        ));
    }
    if known.iter().any(|known| matches(name, known)) {
        return None;
    }
    let message = format!("IAM has no action `{action}`, so this allows nothing");
    let near = nearest(name, known.iter().copied());
    Some((
        message,
        near.map(|near| format!("did you mean `{prefix}:{near}`?")),
    ))
}

/// Whether a pattern matches a name: `*` stands for any characters and `?` for one. IAM ignores case.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut at, mut of) = (0, 0);
    // Where the last `*` is, and how much of the name it stands for so far.
    let mut star = None;
    while of < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, of));
                at += 1;
            }
            Some(c) if *c == b'?' || c.eq_ignore_ascii_case(&name[of]) => {
                at += 1;
                of += 1;
            }
            _ => match star {
                Some((before, length)) => {
                    star = Some((before, length + 1));
                    at = before + 1;
                    of = length + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_iam_has_is_known_and_all_else_has_a_hint() {
        for action in [
            "dynamodb:PutItem",
            "dynamodb:putitem",
            "dynamodb:Get*",
            "dynamodb:*",
            "s3:Get?bject",
            "sqs:*M*age",
        ] {
            assert_eq!(unknown(action), None, "{action}");
        }
        for (action, meant) in [
            ("dynamodb:PutItm", "dynamodb:PutItem"),
            ("dynamo:PutItem", "dynamodb:PutItem"),
            ("sqs:SendMesage", "sqs:SendMessage"),
        ] {
            let hint = unknown(action).and_then(|(_, hint)| hint);
            assert_eq!(hint, Some(format!("did you mean `{meant}`?")), "{action}");
        }
        assert!(unknown("dynamodb:Fetch*").is_some());
        assert!(unknown("no-such-service:Do").is_some());
    }
}
