//! Where a state hands out its task token.

use serde_json::{Map as Object, Value};
use txflow_asl::source::push_token;
use txflow_asl::walk::{PlacedState, placed_states};

/// In `Parameters`, whose names then end in `.$`.
const PATH: &str = "$$.Task.Token";
/// In `Arguments`.
const EXPRESSION: &str = "$states.context.Task.Token";

/// Why nobody can answer a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoToken {
    /// It is not a Task.
    NoTask,
    /// The Task does not wait for its token.
    NotWaiting,
    /// It runs in an execution of its own, whose history is another one.
    Distributed,
    /// Its parameters do not contain the token.
    Nowhere,
    /// The token is only a part of a value, which cannot be told from what is around it.
    InText,
}

/// The JSON pointer of the token in the parameters that the history shows of a state. `None` if there is none.
pub fn token_pointer(definition: &Value, state: &str) -> Option<String> {
    find(&placed_states(definition), state)?.ok()
}

/// `None` if there is no such state.
pub(super) fn find(states: &[PlacedState<'_>], name: &str) -> Option<Result<String, NoToken>> {
    let state = { states.iter() }.find(|state| state.names.last() == Some(&name))?;
    if is_distributed(states, state) {
        return Some(Err(NoToken::Distributed));
    }
    Some(token_of(state.value))
}

/// Whether a Map around a state starts an execution for each item.
fn is_distributed(states: &[PlacedState<'_>], state: &PlacedState<'_>) -> bool {
    let around = &state.names[..state.names.len() - 1];
    (1..=around.len()).any(|depth| {
        let mut maps = states.iter();
        let map = maps.find(|other| other.names == around[..depth]);
        let processor = map.and_then(|map| map.value.get("ItemProcessor"));
        processor.is_some_and(|processor| processor["ProcessorConfig"]["Mode"] == "DISTRIBUTED")
    })
}

fn token_of(state: &Value) -> Result<String, NoToken> {
    let text = |field: &str| state.get(field).and_then(Value::as_str).unwrap_or_default();
    if !matches!(text("Type"), "Task" | "") {
        return Err(NoToken::NoTask);
    }
    let resource = text("Resource");
    // A value that is not known yet may be the ARN of an activity.
    let waits = [".waitForTaskToken", ":activity:", "${"];
    let waits = waits
        .iter()
        .any(|part| resource_end(resource).contains(part));
    if !waits {
        return Err(NoToken::NotWaiting);
    }
    let fields = [state.get("Parameters"), state.get("Arguments")];
    let mut fields = fields.into_iter().flatten();
    let Some(parameters) = fields.next() else {
        return Err(NoToken::Nowhere);
    };
    pointer_in(parameters, "").ok_or_else(|| {
        let text = parameters.to_string();
        match text.contains(PATH) || text.contains(EXPRESSION) {
            true => NoToken::InText,
            false => NoToken::Nowhere,
        }
    })
}

/// Without what an ARN of Step Functions begins with, such as `arn:${AWS::Partition}:states:::`.
fn resource_end(resource: &str) -> &str {
    let end = resource.split_once(":states:::");
    end.map_or(resource, |(_, end)| end)
}

/// The first place whose whole value is the token.
fn pointer_in(value: &Value, pointer: &str) -> Option<String> {
    match value {
        Value::String(text) => is_expression(text).then(|| pointer.to_owned()),
        Value::Array(items) => { items.iter().enumerate() }
            .find_map(|(index, item)| pointer_in(item, &format!("{pointer}/{index}"))),
        Value::Object(members) => pointer_in_members(members, pointer),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn pointer_in_members(members: &Object<String, Value>, pointer: &str) -> Option<String> {
    members.iter().find_map(|(name, member)| {
        let mut place = pointer.to_owned();
        match name.strip_suffix(".$") {
            Some(name) => {
                push_token(&mut place, name);
                (member.as_str().map(str::trim) == Some(PATH)).then_some(place)
            }
            None => {
                push_token(&mut place, name);
                pointer_in(member, &place)
            }
        }
    })
}

fn is_expression(text: &str) -> bool {
    let inner = text
        .strip_prefix("{%")
        .and_then(|text| text.strip_suffix("%}"));
    inner.map(str::trim) == Some(EXPRESSION)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn waiting(parameters: Value) -> Value {
        json!({
            "Type": "Task",
            "Resource": "arn:${AWS::Partition}:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": parameters,
        })
    }

    #[test]
    fn the_token_is_a_whole_value() {
        for (parameters, expected) in [
            (json!({ "a/b": { "t.$": "$$.Task.Token" } }), Ok("/a~1b/t")),
            (
                json!({ "a": [1, { "t.$": "$$.Task.Token" }] }),
                Ok("/a/1/t"),
            ),
            (json!({ "t": "{% $states.context.Task.Token %}" }), Ok("/t")),
            // Without `.$` it is a text like any other.
            (json!({ "t": "$$.Task.Token" }), Err(NoToken::InText)),
            (
                json!({ "t.$": "States.Format('{}', $$.Task.Token)" }),
                Err(NoToken::InText),
            ),
            (
                json!({ "t": "{% 'a' & $states.context.Task.Token %}" }),
                Err(NoToken::InText),
            ),
            (json!({ "t.$": "$.token" }), Err(NoToken::Nowhere)),
        ] {
            let shown = parameters.to_string();
            let expected = expected.map(str::to_owned);
            assert_eq!(token_of(&waiting(parameters)), expected, "{shown}");
        }
    }

    #[test]
    fn a_state_waits_for_its_token_or_is_an_activity() {
        let of = |resource: &str| {
            let mut state = waiting(json!({ "t.$": "$$.Task.Token" }));
            state["Resource"] = resource.into();
            token_of(&state)
        };
        assert!(of("arn:aws:states:eu-west-1:1:activity:ask").is_ok());
        assert!(of("${ask}").is_ok());
        let partition = "arn:${AWS::Partition}:states:::sqs:sendMessage";
        assert_eq!(of(partition), Err(NoToken::NotWaiting));
        let sync = "arn:aws:states:::states:startExecution.sync";
        assert_eq!(of(sync), Err(NoToken::NotWaiting));
        assert_eq!(token_of(&json!({ "Type": "Wait" })), Err(NoToken::NoTask));
    }

    #[test]
    fn the_history_of_an_item_of_its_own_is_another_one() {
        let map = |mode: &str| {
            let ask = waiting(json!({ "t.$": "$$.Task.Token" }));
            let processor =
                json!({ "ProcessorConfig": { "Mode": mode }, "States": { "Ask": ask } });
            json!({ "States": { "Each": { "Type": "Map", "ItemProcessor": processor } } })
        };
        let inline = map("INLINE");
        assert_eq!(token_pointer(&inline, "Ask"), Some("/t".to_owned()));
        let distributed = map("DISTRIBUTED");
        let distributed = find(&placed_states(&distributed), "Ask");
        assert_eq!(distributed, Some(Err(NoToken::Distributed)));
        assert_eq!(find(&placed_states(&inline), "Other"), None);
    }
}
