//! An execution as a test for `deploy.toml`.

use std::fmt::Write as _;

use serde_json::Value;
use txflow_asl::walk;

use super::stage::Stage;
use crate::commands::toml_text::{inline, key, text};
use crate::config::{ExecutionStatus, MachineName};
use crate::executions::{Run, Status, is_fork, json};

/// How many characters of an execution's name are in that of the test.
const LONGEST: usize = 24;

/// The test that starts what the execution started, and expects what it came to; or why there is none.
pub(super) fn test_block(
    stage: &Stage,
    machine: Option<&MachineName>,
    run: &Run,
) -> Result<String, String> {
    let deployment = stage.session.deployment.as_ref();
    let tests = deployment.into_iter();
    let tests = tests.flat_map(|deployment| &deployment.tests);
    let taken: Vec<&str> = tests.map(|test| test.name.as_str()).collect();
    let config = deployment.zip(machine);
    let config = config.and_then(|(deployment, machine)| deployment.state_machines.get(machine));
    let definition = config.map(|config| &config.definition.template);
    block(&taken, machine, run, definition)
}

fn block(
    taken: &[&str],
    machine: Option<&MachineName>,
    run: &Run,
    definition: Option<&Value>,
) -> Result<String, String> {
    let machine = machine.ok_or(
        "A test starts a state machine of the stack, and this execution is of another one.",
    )?;
    let Status::Ended(status) = run.status else {
        return Err("It is a test as soon as the execution has ended.".to_owned());
    };
    let (first, input) = input(run, definition);
    let input = input.ok_or("AWS does not show its input.")?;
    let input =
        inline(&input).ok_or("Its input has a `null` or a large number, which TOML cannot say.")?;
    let mut block = format!("[tests.{}]\n", key(&name(run.name(), taken)));
    if let Some(first) = first {
        // Behind `#`, a line must not go on in the next one.
        let _ = writeln!(
            block,
            "# It began at {}; this starts at the beginning.",
            text(&first)
        );
    }
    if let Some(machine) = machine.given() {
        let _ = writeln!(block, "state-machine = {}", text(machine));
    }
    let _ = writeln!(block, "input = {input}");
    let mut expect = vec![format!("status = {}", text(status.as_str()))];
    if status == ExecutionStatus::Succeeded {
        let output = run.output.as_ref().map(repeatable);
        let output = output.as_ref().and_then(inline);
        expect.extend(output.map(|output| format!("output = {output}")));
    } else if let Some(error) = &run.error {
        expect.push(format!("error = {}", text(error)));
    }
    let _ = write!(block, "expect = {{ {} }}", expect.join(", "));
    Ok(block)
}

/// What it started with. A fork starts at a state of the workflow, which is given as well: in front of that it may have states
/// that the definition of the project does not have.
fn input(run: &Run, definition: Option<&Value>) -> (Option<String>, Option<Value>) {
    let states = run.history.iter().flat_map(|history| &history.states);
    let is_of_workflow = |name: &str| {
        let mut states = definition.into_iter().flat_map(walk::states);
        states.any(|(known, _)| known == name)
    };
    let mut first = states.filter(|state| state.parent.is_none() && is_of_workflow(&state.name));
    match first.next().filter(|_| is_fork(run.name())) {
        Some(first) => (Some(first.name.clone()), first.input.as_deref().map(json)),
        None => (None, run.input.clone()),
    }
}

/// What another execution puts out as well: not the ids and times of a call, which stand beside its result, nor the version
/// that it reached.
fn repeatable(output: &Value) -> Value {
    match output {
        Value::Object(fields) => {
            let is_answer = fields.contains_key("SdkHttpMetadata");
            let of_call = ["SdkHttpMetadata", "SdkResponseMetadata", "ExecutedVersion"];
            let kept = fields.iter();
            let kept = kept.filter(|(name, _)| !(is_answer && of_call.contains(&name.as_str())));
            kept.map(|(name, value)| (name.clone(), repeatable(value)))
                .collect()
        }
        Value::Array(items) => items.iter().map(repeatable).collect(),
        other => other.clone(),
    }
}

/// Such as `ORDER_17`, and none that there is already.
fn name(execution: &str, taken: &[&str]) -> String {
    let plain = |c: char| match c.is_ascii_alphanumeric() {
        true => c.to_ascii_uppercase(),
        false => '_',
    };
    let name: String = execution.chars().take(LONGEST).map(plain).collect();
    let name = match name.chars().next() {
        Some(first) if first.is_ascii_alphabetic() => name,
        _ => format!("T_{name}"),
    };
    let numbered = (2_usize..).map(|number| format!("{name}_{number}"));
    let mut names = std::iter::once(name.clone()).chain(numbered);
    let free = names.find(|name| !taken.contains(&name.as_str()));
    free.unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(name: &str, status: ExecutionStatus) -> Run {
        Run {
            execution_arn: format!("arn:aws:states:eu-west-1:1:execution:shop-dev:{name}"),
            input: Some(json!({ "id": "a\"b\n#" })),
            output: Some(json!({ "paid": true })),
            error: Some("Refused".to_owned()),
            ..Run::sample(Status::Ended(status))
        }
    }

    fn written(run: &Run, taken: &[&str]) -> Result<String, String> {
        block(taken, Some(&MachineName::Main), run, None)
    }

    #[test]
    fn a_test_starts_what_the_execution_started_and_expects_what_it_came_to() {
        let succeeded = written(&run("order-17", ExecutionStatus::Succeeded), &["ORDER_17"]);
        assert_eq!(
            succeeded.unwrap(),
            "[tests.ORDER_17_2]\n\
             input = { id = \"a\\\"b\\n#\" }\n\
             expect = { status = \"SUCCEEDED\", output = { paid = true } }"
        );
        let named = MachineName::Named("quote".to_owned());
        let failed = run("17", ExecutionStatus::Failed);
        let failed = block(&[], Some(&named), &failed, None).unwrap();
        assert_eq!(
            failed,
            "[tests.T_17]\n\
             state-machine = \"quote\"\n\
             input = { id = \"a\\\"b\\n#\" }\n\
             expect = { status = \"FAILED\", error = \"Refused\" }"
        );
    }

    #[test]
    fn what_differs_in_each_execution_is_not_expected() {
        let mut called = run("a", ExecutionStatus::Succeeded);
        let answer = json!({
            "ExecutedVersion": "7", "Payload": { "paid": true }, "StatusCode": 200,
            "SdkHttpMetadata": { "HttpStatusCode": 200 }, "SdkResponseMetadata": { "RequestId": "1" },
        });
        called.output = Some(json!({ "calls": [answer], "ExecutedVersion": "mine" }));
        let block = written(&called, &[]).unwrap();
        assert!(
            block.ends_with(
                "output = { calls = [{ Payload = { paid = true }, StatusCode = 200 }], ExecutedVersion = \"mine\" } }"
            ),
            "{block}"
        );
    }

    #[test]
    fn what_toml_cannot_say_is_said() {
        let mut null = run("a", ExecutionStatus::Succeeded);
        null.input = Some(json!({ "a": null }));
        assert!(written(&null, &[]).unwrap_err().contains("null"));
        let mut output = run("a", ExecutionStatus::Succeeded);
        output.output = Some(json!(null));
        let block = written(&output, &[]).unwrap();
        assert!(
            block.ends_with("expect = { status = \"SUCCEEDED\" }"),
            "{block}"
        );
        let running = Run::sample(Status::Running);
        assert!(written(&running, &[]).is_err());
    }
}
