//! What AWS would refuse of a deployment, as far as that is known without AWS.

use txflow_asl::validate::MAX_DEFINITION_BYTES;

use super::role;
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
    Stack::of(deployment, account)
}

fn policies(deployment: &Deployment, stack: &Stack) -> impl Iterator<Item = Diagnostic> {
    let roles = role::roles(deployment, stack).into_values();
    roles.filter_map(|role| {
        let refusal = role.check().err()?;
        let handler = stack.handler_of_role(&role.name);
        let place = handler.and_then(|handler| deployment.statement_places.get(handler));
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
        error("too-large", message, None, Some(hint.to_owned()))
    })
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
