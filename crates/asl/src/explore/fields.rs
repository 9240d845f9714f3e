//! The fields of an answer, one of which is left out.

use serde_json::Value;

/// A step to a field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Member(String),
    /// Every item of an array.
    Each,
}

/// How deep answers are looked into.
const MOST_DEPTH: usize = 6;

/// The members of what is at a path, each as a path of its own; those of arrays are the members of their items.
pub(super) fn members(answer: &Value, path: &[Step]) -> Vec<Vec<Step>> {
    if path.len() >= MOST_DEPTH {
        return Vec::new();
    }
    let mut path = path.to_vec();
    let mut found = Vec::new();
    let mut at = first(answer, &path);
    while let Some(Value::Array(items)) = at {
        path.push(Step::Each);
        at = items.first();
    }
    for name in at
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(|object| object.keys())
    {
        found.push([&path[..], &[Step::Member(name.clone())]].concat());
    }
    found
}

fn first<'a>(value: &'a Value, path: &[Step]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Member(name) => value.get(name),
        Step::Each => value.get(0),
    })
}

/// Removes a field, wherever the path leads.
pub(super) fn remove(value: &mut Value, path: &[Step]) {
    let Some((step, rest)) = path.split_first() else {
        return;
    };
    match (step, value) {
        (Step::Member(name), Value::Object(fields)) => match rest {
            [] => {
                fields.shift_remove(name);
            }
            rest => {
                if let Some(field) = fields.get_mut(name) {
                    remove(field, rest);
                }
            }
        },
        (Step::Each, Value::Array(items)) => items.iter_mut().for_each(|item| remove(item, rest)),
        _ => {}
    }
}

/// As a JSON path.
pub(super) fn shown(path: &[Step]) -> String {
    let plain = |c: char| c.is_alphanumeric() || c == '_';
    let step = |step: &Step| match step {
        Step::Each => "[*]".to_owned(),
        Step::Member(name) if !name.is_empty() && name.chars().all(plain) => format!(".{name}"),
        Step::Member(name) => format!("[{}]", Value::from(name.as_str())),
    };
    let steps: String = path.iter().map(step).collect();
    format!("${steps}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_found_and_removed_also_those_of_items() {
        let mut answer =
            json!({ "a": { "b": 1 }, "items": [{ "p q": 1 }, { "p q": 2, "r": 3 }], "n": 1 });
        let top: Vec<String> = members(&answer, &[])
            .iter()
            .map(|path| shown(path))
            .collect();
        assert_eq!(top, ["$.a", "$.items", "$.n"]);
        let items = [Step::Member("items".to_owned())];
        let of_items = members(&answer, &items);
        assert_eq!(shown(&of_items[0]), "$.items[*][\"p q\"]");
        remove(&mut answer, &of_items[0]);
        assert_eq!(answer["items"], json!([{}, { "r": 3 }]));
        assert!(members(&answer, &[Step::Member("n".to_owned())]).is_empty());
        remove(&mut answer, &[Step::Member("a".to_owned())]);
        assert_eq!(answer, json!({ "items": [{}, { "r": 3 }], "n": 1 }));
    }
}
