//! Versions and aliases beside the placeholder of a function, which stands for a version already: Lambda refuses a second one.

use serde_json::Value;
use txflow_asl::walk::{PlacedState, placed_states};

use crate::config::{Definition, Deployment, Diagnostic, Severity};

/// The states that name a version or an alias of a function of the stack.
pub(super) fn second_qualifiers(deployment: &Deployment) -> Vec<Diagnostic> {
    let machines = deployment.state_machines.iter();
    let definitions = machines.map(|(_, machine)| &machine.definition);
    let found = definitions.flat_map(|definition| {
        let states = placed_states(&definition.template).into_iter();
        let found = states.filter_map(|state| second_qualifier(&state, definition, deployment));
        found.collect::<Vec<_>>()
    });
    found.collect()
}

fn second_qualifier(
    state: &PlacedState<'_>,
    definition: &Definition,
    deployment: &Deployment,
) -> Option<Diagnostic> {
    let (handler, field) = named(state, deployment)?;
    let name = state.names.last().copied().unwrap_or_default();
    Some(Diagnostic {
        severity: Severity::Error,
        code: "second-qualifier".to_owned(),
        message: format!(
            "the state `{name}` names a version or an alias of `{handler}`, and `${{{handler}}}` is the version of the release: \
             Lambda refuses two"
        ),
        place: definition.text.place(&format!("{}{field}", state.pointer)),
        hint: Some(match field.rsplit('/').next().unwrap_or_default() {
            qualifier @ ("Qualifier" | "Qualifier.$") => format!("remove `{qualifier}`"),
            _ => format!("write `${{{handler}}}` alone"),
        }),
    })
}

/// The function, and the pointer of the field that says which version of it.
fn named<'d>(state: &PlacedState<'d>, deployment: &Deployment) -> Option<(&'d str, String)> {
    let text = |field: &str| state.value.pointer(field).and_then(Value::as_str);
    if text("/Type") != Some("Task") {
        return None;
    }
    let handler = |field: &str| {
        let (handler, rest) = text(field)?.strip_prefix("${")?.split_once('}')?;
        let known = deployment.functions.contains_key(handler);
        known.then_some((handler, rest))
    };
    if let Some((handler, rest)) = handler("/Resource") {
        return rest
            .starts_with(':')
            .then(|| (handler, "/Resource".to_owned()));
    }
    // That of another service may mean something else.
    if !text("/Resource")?.contains("lambda:") {
        return None;
    }
    ["/Parameters", "/Arguments"]
        .into_iter()
        .find_map(|arguments| {
            let field = format!("{arguments}/FunctionName");
            let (handler, rest) = handler(&field)?;
            if rest.starts_with(':') {
                return Some((handler, field));
            }
            let fields = ["Qualifier", "Qualifier.$"].into_iter();
            let mut fields = fields.map(|field| format!("{arguments}/{field}"));
            let field = fields.find(|field| state.value.pointer(field).is_some())?;
            Some((handler, field))
        })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::config::load;

    /// What is found if the task of the second line is a state.
    fn found(task: &str) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let definition = format!(
            "{{ \"StartAt\": \"Charge\", \"States\": {{ \"Charge\": {{ \"Type\": \"Task\",\n{task}, \"Next\": \"Other\" }},\n\
             \"Other\": {{ \"Type\": \"Task\", \"Resource\": \"${{charge}}\", \"End\": true }} }} }}"
        );
        let deploy_toml = "name = \"shop\"\n[functions.charge]\n[substitutions]\nother = \"arn:aws:lambda:us-east-1:123456789012:function:o\"\n";
        fs::write(dir.path().join("deploy.toml"), deploy_toml).unwrap();
        fs::write(dir.path().join("definition.asl.json"), definition).unwrap();
        let deployment = load(dir.path(), "dev", &|_| None).unwrap();
        let found = second_qualifiers(&deployment).into_iter();
        let told = found.map(|found| {
            assert_eq!(found.place.unwrap().line, 2);
            assert!(found.message.contains("`Charge`") && found.message.contains("`charge`"));
            found.hint.unwrap()
        });
        told.collect()
    }

    #[test]
    fn a_second_version_of_a_function_is_found() {
        let invoke = |parameters: &str| {
            format!(
                r#""Resource": "arn:aws:states:::lambda:invoke", "Parameters": {{ {parameters} }}"#
            )
        };
        let charge = r#""FunctionName": "${charge}""#;
        let alone = ["write `${charge}` alone"];
        assert_eq!(
            found(&invoke(r#""FunctionName": "${charge}:$LATEST""#)),
            alone
        );
        assert_eq!(found(r#""Resource": "${charge}:live""#), alone);
        let qualified = invoke(&format!(r#"{charge}, "Qualifier": "live""#));
        assert_eq!(found(&qualified), ["remove `Qualifier`"]);
        let qualified = invoke(&format!(r#"{charge}, "Qualifier.$": "$.version""#));
        assert_eq!(found(&qualified), ["remove `Qualifier.$`"]);
        for fine in [
            invoke(charge),
            invoke(r#""FunctionName": "${other}", "Qualifier": "live""#),
            invoke(r#""FunctionName": "${other}:live""#),
            r#""Resource": "${charge}""#.to_owned(),
        ] {
            assert!(found(&fine).is_empty(), "{fine}");
        }
    }
}
