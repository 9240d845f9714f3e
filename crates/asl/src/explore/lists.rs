//! Lists in an answer, which may have no items.

use serde_json::Value;

use super::asked::{Asked, answer_root};
use super::fields::Step;
use super::scaled;
use crate::definition::{Pattern, ResourceKind};

/// Actions that look for something begin with one of these. What they find is in a list, which is empty if there is nothing.
const LOOKING: [&str; 13] = [
    "batchGet", "describe", "detect", "filter", "find", "get", "list", "lookup", "query",
    "receive", "scan", "search", "select",
];

/// The lists of an answer that may be empty, and whether each is what an API has found.
pub(super) fn of(asked: &Asked) -> Vec<(Vec<Step>, bool)> {
    let (Some(root), Some(success)) = (answer_root(asked), &asked.success) else {
        return Vec::new();
    };
    let looks = looks(asked);
    let lists = scaled::arrays(success.value()).into_iter();
    lists
        .filter(|path| path.starts_with(&root))
        .map(|path| {
            // What is deeper is the data of somebody, who knows whether it has items.
            let documented = looks && path.len() == 1;
            (path, documented)
        })
        .collect()
}

/// Whether it calls an API that looks for something.
fn looks(asked: &Asked) -> bool {
    match &asked.resource.kind {
        ResourceKind::Service {
            resource,
            pattern: Pattern::RequestResponse,
            ..
        } if !asked.resource.answers_with_payload() => {
            LOOKING.iter().any(|verb| resource.starts_with(verb))
        }
        _ => false,
    }
}

/// Takes the items out of a list, wherever the path leads. A number beside it that counts them is 0 then, such as `Count`.
pub(super) fn empty(value: &mut Value, path: &[Step]) {
    match (path.split_first(), value) {
        (None, list) => *list = Value::Array(Vec::new()),
        (Some((Step::Member(name), [])), Value::Object(fields)) => {
            let Some(Value::Array(items)) = fields.get_mut(name) else {
                return;
            };
            let count = std::mem::take(items).len() as u64;
            for (name, field) in fields {
                let counts = name.ends_with("Count") || field.as_u64() == Some(count);
                if field.is_u64() && counts {
                    *field = 0.into();
                }
            }
        }
        (Some((Step::Member(name), rest)), Value::Object(fields)) => {
            if let Some(field) = fields.get_mut(name) {
                empty(field, rest);
            }
        }
        (Some((Step::Each, rest)), Value::Array(items)) => {
            items.iter_mut().for_each(|item| empty(item, rest));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::explore::scaled::arrays;

    #[test]
    fn a_list_is_emptied_with_what_counts_it() {
        let answer = json!({ "Items": [{ "tags": [1] }], "Count": 1, "ScannedCount": 9, "n": 7 });
        let paths = arrays(&answer);
        let emptied = |path: &[Step]| {
            let mut answer = answer.clone();
            empty(&mut answer, path);
            answer
        };
        assert_eq!(
            emptied(&paths[0]),
            json!({ "Items": [], "Count": 0, "ScannedCount": 0, "n": 7 })
        );
        assert_eq!(emptied(&paths[1])["Items"], json!([{ "tags": [] }]));
        assert_eq!(emptied(&paths[1])["Count"], 1);
        assert_eq!(emptied(&[]), json!([]));
    }
}
