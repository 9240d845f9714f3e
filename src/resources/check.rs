//! What AWS would refuse of a deployment, as far as that is known without AWS.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use txflow_asl::permissions::{Need, Owner, example_resources, unknown_resources};
use txflow_asl::validate::MAX_DEFINITION_BYTES;

use super::qualifier::second_qualifiers;
use super::role::{self, Statement};
use super::state_machine::{self, StateMachine};
use crate::config::{
    Definition, Deployment, Diagnostic, Diagnostics, MachineName, Place, Placeholder, Severity,
    partition_of,
};
use crate::exit::Advice as _;
use crate::stack::{Account, Stack};

/// Checks the documents that a deploy would write: their size is known once placeholders and the stack's own ARNs are in
/// them.
///
/// # Errors
///
/// All that is wrong with them.
pub fn check(deployment: &Deployment) -> Result<(), Diagnostics> {
    let stack = stand_in(deployment);
    let found: Vec<Diagnostic> = policies(deployment, &stack)
        .chain(definitions(deployment, &stack))
        .chain(second_qualifiers(deployment))
        .chain(only_known_to_executions(deployment, &stack))
        .collect();
    if found.is_empty() {
        Ok(())
    } else {
        Err(Diagnostics(found))
    }
}

/// The stack in an account that stands for what is not known yet. Every account id is as long as this one.
fn stand_in(deployment: &Deployment) -> Stack {
    let known =
        |value: &Option<String>, default: &str| value.as_deref().unwrap_or(default).to_owned();
    let region = known(&deployment.region, "us-east-1");
    let account = Account {
        partition: partition_of(&region).to_owned(),
        id: known(&deployment.account, "123456789012"),
        region,
    };
    Stack::of(&deployment.stack_config(), account)
}

fn policies(deployment: &Deployment, stack: &Stack) -> impl Iterator<Item = Diagnostic> {
    let roles = role::roles(deployment, stack).into_values();
    roles.filter_map(|role| {
        let refusal = role.check().err()?;
        let place = match stack.handler_of_role(&role.name) {
            Some(handler) => deployment.statement_places.get(handler),
            None => { stack.state_machine_of_role(&role.name) }
                .and_then(|machine| deployment.state_machine_statements.get(&machine)),
        };
        let (message, hint) = (refusal.to_string(), refusal.hint());
        Some(error("policy-too-large", message, place.cloned(), hint))
    })
}

fn definitions(deployment: &Deployment, stack: &Stack) -> impl Iterator<Item = Diagnostic> {
    let machines = deployment.state_machines.iter();
    machines.filter_map(|(_, config)| definition(&config.definition, deployment, stack))
}

fn definition(
    definition: &Definition,
    deployment: &Deployment,
    stack: &Stack,
) -> Option<Diagnostic> {
    let path = definition.path.display().to_string();
    let place = definition.text.place("");
    let definition = definition.resolve(|placeholder| match placeholder {
        Placeholder::Named(name) if deployment.state_machines.named.contains_key(name) => {
            let machine = MachineName::Named(name.clone());
            format!("{}:1", stack.state_machine_arn(&machine))
        }
        Placeholder::Named(handler) => format!("{}:1", stack.function_arn(handler)),
        other => stack.account.pseudo_parameter(other),
    });
    let size = definition.to_string().len();
    (size > MAX_DEFINITION_BYTES).then(|| {
        let which = match deployment.state_machines.named.is_empty() {
            true => "the definition".to_owned(),
            false => format!("the definition `{path}`"),
        };
        let message = format!(
            "{which} has {size} bytes with ARNs in place of its placeholders; Step Functions accepts {MAX_DEFINITION_BYTES}"
        );
        let hint = "move a part of it into another state machine, and start that from a state";
        error("too-large", message, place, Some(hint.to_owned()))
    })
}

/// The states that call something whose name only an execution knows, unless a statement says on what they may. The role
/// would have to allow it on everything, or the call is denied; so neither is done without being asked.
fn only_known_to_executions(deployment: &Deployment, stack: &Stack) -> Vec<Diagnostic> {
    let machines = state_machine::state_machines(deployment, stack);
    let machines = machines.iter().map(|(_, machine)| machine);
    // What a role allows that others made is for them to say.
    let own =
        machines.filter(|wanted| !stack.roles.of_state_machines.contains_key(&wanted.machine));
    own.flat_map(|wanted| only_known_to_executions_of(wanted, stack))
        .collect()
}

fn only_known_to_executions_of(state_machine: &StateMachine, stack: &Stack) -> Vec<Diagnostic> {
    let needs = role::needs_of(state_machine, stack);
    let declared = state_machine.statements.iter();
    let declared = declared.map(|one| Statement::declared(one, stack));
    let declared: Vec<Statement> = declared.collect();
    let unknown = unknown_resources(role::unknown(&needs, &declared));
    let told = unknown.into_iter().map(|unknown| {
        let actions: BTreeSet<&str> = { unknown.needs.iter() }
            .map(|need| need.action.as_str())
            .collect();
        let actions: Vec<&str> = actions.into_iter().collect();
        let state = unknown.state.last().map_or("", String::as_str);
        let message = format!(
            "the state `{state}` needs {}, but only an execution knows on what: {}",
            and(&actions),
            unknown.because
        );
        let place = state_machine.definition.text.place(unknown.place);
        let request = unknown
            .needs
            .first()
            .map(|need| request(need, &state_machine.definition));
        let request = request.unwrap_or(&Value::Null);
        let hint = example(stack, &state_machine.machine, &actions, request);
        error("unknown-resource", message, place, Some(hint))
    });
    told.collect()
}

/// What the state that needs something says in its request.
fn request<'d>(need: &Need, definition: &'d Definition) -> &'d Value {
    let holder = need.place.rsplit_once('/').map(|(state, _)| state);
    let holders = [Some(need.place.as_str()), holder].into_iter().flatten();
    let mut holders = holders.filter_map(|place| definition.template.pointer(place));
    let found =
        holders.find_map(|state| state.get("Parameters").or_else(|| state.get("Arguments")));
    found.unwrap_or(&Value::Null)
}

/// Statements to paste and to adapt: one for all actions that can be allowed on the same kinds of resources.
fn example(stack: &Stack, machine: &MachineName, actions: &[&str], request: &Value) -> String {
    let owner = Owner {
        partition: &stack.account.partition,
        region: "${AWS::Region}",
        account: "${AWS::AccountId}",
        state_machine: "",
    };
    let mut by_resources: BTreeMap<Vec<String>, Vec<&str>> = BTreeMap::new();
    for action in actions {
        let resources = example_resources(action, actions, &owner, request);
        by_resources.entry(resources).or_default().push(action);
    }
    let quoted = |texts: &[&str]| {
        let texts: Vec<String> = texts.iter().map(|text| format!("\"{text}\"")).collect();
        texts.join(", ")
    };
    let mut text = "say in deploy.toml on what, by ARNs or patterns:".to_owned();
    for (resources, actions) in by_resources {
        let resources: Vec<&str> = resources.iter().map(String::as_str).collect();
        text.push_str(&format!(
            "\n\n[[{machine}.statements]]\nactions = [{}]\nresources = [{}]",
            quoted(&actions),
            quoted(&resources)
        ));
    }
    text
}

/// `a`, `b` and `c`
fn and(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

fn error(code: &str, message: String, place: Option<Place>, hint: Option<String>) -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        code: code.to_owned(),
        message,
        place,
        hint,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::fs;

    use super::*;
    use crate::config::load;
    use crate::resources::sample;

    #[test]
    fn a_policy_that_is_too_long_is_told_at_its_statements() {
        let dir = tempfile::tempdir().unwrap();
        let mut toml = "name = \"shop\"\n[functions.buy]\n\n[[functions.buy.statements]]\n\
                        actions = [\"s3:GetObject\"]\nresources = ["
            .to_owned();
        for i in 0..400 {
            let _ = write!(toml, "\"arn:aws:s3:::a-bucket-{i}/*\",");
        }
        toml.push(']');
        let state = r#"{ "StartAt": "A", "States": { "A": { "Type": "Task", "Resource": "${buy}", "End": true } } }"#;
        fs::write(dir.path().join("deploy.toml"), toml).unwrap();
        fs::write(dir.path().join("definition.asl.json"), state).unwrap();
        let deployment = load(dir.path(), "dev", &|_| None).unwrap();
        let Diagnostics(found) = check(&deployment).unwrap_err();
        assert_eq!(found.len(), 1);
        let place = found[0].place.as_ref().unwrap();
        assert_eq!((place.line, place.column), (4, 1));
        assert!(
            found[0]
                .message
                .starts_with("the policy of role `shop-dev-buy` has 1")
        );
        assert!(found[0].hint.is_some());
    }

    /// A project whose state `Charge` calls what its input names.
    fn charging(more: &str) -> (tempfile::TempDir, Deployment) {
        let dir = tempfile::tempdir().unwrap();
        let toml = format!("name = \"shop\"\nregion = \"eu-west-1\"\n{more}");
        let definition = r#"{
  "StartAt": "Charge",
  "States": {
    "Charge": {
      "Type": "Task",
      "Resource": "arn:aws:states:::lambda:invoke",
      "Parameters": {
        "FunctionName.$": "$.function"
      },
      "End": true
    }
  }
}
"#;
        fs::write(dir.path().join("deploy.toml"), toml).unwrap();
        fs::write(dir.path().join("definition.asl.json"), definition).unwrap();
        let deployment = load(dir.path(), "dev", &|_| None).unwrap();
        (dir, deployment)
    }

    #[test]
    fn what_only_an_execution_knows_must_be_said_in_deploy_toml() {
        let (_dir, deployment) = charging("");
        let Diagnostics(found) = check(&deployment).unwrap_err();
        let [unknown] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!(unknown.code, "unknown-resource");
        assert!(
            unknown
                .message
                .starts_with("the state `Charge` needs `lambda:InvokeFunction`"),
            "{}",
            unknown.message
        );
        let place = unknown.place.as_ref().unwrap();
        assert_eq!(place.line, 8);
        assert!(place.path.ends_with("definition.asl.json"));
        // The example is taken as it is.
        let hint = unknown.hint.as_ref().unwrap();
        let example = &hint[hint.find("[[").unwrap()..];
        let (_dir, deployment) = charging(example);
        assert_eq!(check(&deployment), Ok(()));
        assert_eq!(deployment.state_machines.main.statements.len(), 1);
    }

    /// What the state says is in the example, and its other parts are words.
    #[test]
    fn an_example_has_the_names_that_the_state_says() {
        let dir = tempfile::tempdir().unwrap();
        let definition = r#"{ "StartAt": "Look", "States": { "Look": { "Type": "Task", "End": true,
            "Resource": "arn:aws:states:::aws-sdk:glue:getTable",
            "Parameters": { "DatabaseName": "sales", "Name.$": "$.table" } } } }"#;
        let toml = "name = \"shop\"\nregion = \"eu-west-1\"\n";
        fs::write(dir.path().join("deploy.toml"), toml).unwrap();
        fs::write(dir.path().join("definition.asl.json"), definition).unwrap();
        let deployment = load(dir.path(), "dev", &|_| None).unwrap();
        let Diagnostics(found) = check(&deployment).unwrap_err();
        let hint = found[0].hint.as_ref().unwrap();
        let glue = "arn:aws:glue:${AWS::Region}:${AWS::AccountId}:";
        assert!(
            hint.contains(&format!("\"{glue}table/sales/TABLE-NAME\"")),
            "{hint}"
        );
        assert!(
            hint.contains(&format!("\"{glue}database/sales\"")),
            "{hint}"
        );
    }

    #[test]
    fn a_role_of_somebody_else_is_not_judged() {
        let role = "[state-machine]\nrole = \"arn:aws:iam::123456789012:role/machines\"";
        let (_dir, deployment) = charging(role);
        assert_eq!(check(&deployment), Ok(()));
    }

    #[test]
    fn a_stage_declares_statements_of_its_own() {
        let of_stage = "[[stages.dev.state-machine.statements]]\nactions = [\"lambda:InvokeFunction\"]\nresources = [\"*\"]";
        let (_dir, deployment) = charging(of_stage);
        assert_eq!(check(&deployment), Ok(()));
    }

    #[test]
    fn a_definition_is_measured_with_its_arns() {
        let mut deployment = sample::deployment();
        assert_eq!(check(&deployment), Ok(()));
        let comment = "${buy}".repeat(20_000);
        deployment.state_machines.main.definition.template["Comment"] = comment.into();
        let Diagnostics(found) = check(&deployment).unwrap_err();
        assert_eq!(found[0].code, "too-large");
    }
}
