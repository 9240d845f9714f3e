//! Whether the definition in the working folder is the one that runs.

use serde_json::Value;

use crate::config::Definition;

/// What a placeholder is in a text that is only compared.
const ANYTHING: &str = "\u{0}";

/// Whether a definition that is deployed differs from one that is not, whatever its placeholders stand for.
pub fn differs(definition: &Definition, deployed: &Value) -> bool {
    let own = definition.resolve(|_| ANYTHING.to_owned());
    !is_same(&own, deployed)
}

fn is_same(own: &Value, deployed: &Value) -> bool {
    match (own, deployed) {
        (Value::String(own), Value::String(deployed)) => fits(own, deployed),
        (Value::Array(own), Value::Array(deployed)) => {
            own.len() == deployed.len()
                && own
                    .iter()
                    .zip(deployed)
                    .all(|(own, other)| is_same(own, other))
        }
        (Value::Object(own), Value::Object(deployed)) => {
            own.len() == deployed.len()
                && own.iter().all(|(key, own)| {
                    let same_key = deployed.get(key);
                    let other = same_key.or_else(|| {
                        let mut others = deployed.iter();
                        others.find_map(|(other, value)| fits(key, other).then_some(value))
                    });
                    other.is_some_and(|other| is_same(own, other))
                })
        }
        _ => own == deployed,
    }
}

fn fits(own: &str, deployed: &str) -> bool {
    let mut pieces = own.split(ANYTHING);
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = deployed.strip_prefix(first) else {
        return false;
    };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else {
        return rest.is_empty();
    };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn differs_from(deployed: Value) -> bool {
        let definition = Definition {
            path: "definition.asl.json".into(),
            template: json!({ "States": { "Buy": {
                "Resource": "${buy}",
                "Comment": "${!x} in ${AWS::Region}, and on",
                "Arguments": { "${AWS::Region}-orders": 1 },
            } } }),
            text: Default::default(),
            incomplete: false,
        };
        differs(&definition, &deployed)
    }

    #[test]
    fn a_placeholder_is_whatever_was_deployed_for_it() {
        let deployed = |comment: &str| {
            json!({ "States": { "Buy": {
                "Resource": "arn:aws:lambda:a:1:function:buy:3", "Comment": comment,
                "Arguments": { "us-east-1-orders": 1 },
            } } })
        };
        assert!(!differs_from(deployed("${x} in us-east-1, and on")));
        assert!(differs_from(deployed("x in us-east-1, and on")));
        assert!(differs_from(deployed("${x} in us-east-1, and off")));
        let mut other_key = deployed("${x} in us-east-1, and on");
        other_key["States"]["Buy"]["Arguments"] = json!({ "us-east-1-refunds": 1 });
        assert!(differs_from(other_key));
        let mut more = deployed("${x} in us-east-1, and on");
        more["TimeoutSeconds"] = 3.into();
        assert!(differs_from(more));
    }
}
