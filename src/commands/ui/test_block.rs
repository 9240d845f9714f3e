//! An execution as a test for `deploy.toml`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};
use txflow_asl::walk;

use super::expected::{constant, readable, repeatable};
use super::stage::Stage;
use super::test_names::{TestNames, parts};
use crate::commands::toml_text::{inline, key, text};
use crate::config::{ExecutionStatus, MachineName};
use crate::executions::{Attempt, Run, Status, is_fork, json as document};

/// The test that starts what the execution started, and expects what it came to; or why there is none.
pub(super) fn test_block(
    stage: &Stage,
    names: &TestNames,
    machine: Option<&MachineName>,
    run: &Run,
) -> Result<String, String> {
    let machine = machine.ok_or(
        "A test starts a state machine of the stack, and this execution is of another one.",
    )?;
    let deployment = stage.session.deployment.as_ref();
    let tests = deployment.into_iter();
    let tests = tests.flat_map(|deployment| &deployment.tests);
    let declared: Vec<&str> = tests.map(|test| test.name.as_str()).collect();
    let config = deployment.and_then(|deployment| deployment.state_machines.get(machine));
    let definition = config.map(|config| &config.definition.template);
    let secrets = stage.secrets();
    let name = || {
        let parts = parts(machine, run, definition, secrets);
        names.name(&run.execution_arn, &parts, &declared)
    };
    block(&name, machine, run, definition, !secrets.is_empty())
}

fn block(
    name: &dyn Fn() -> String,
    machine: &MachineName,
    run: &Run,
    definition: Option<&Value>,
    has_secrets: bool,
) -> Result<String, String> {
    let Status::Ended(status) = run.status else {
        return Err("An execution can be copied as a test when it has ended.".to_owned());
    };
    if status == ExecutionStatus::Aborted {
        return Err("The execution was stopped, and no test can expect that.".to_owned());
    }
    let (first, input) = input(run, definition);
    let input = input.ok_or("AWS does not show its input.")?;
    let mut masked = Vec::new();
    if has_secrets {
        readable(&input, "input", &mut masked);
    }
    let answers = answers(run);
    if has_secrets {
        readable(&answers, "answer", &mut masked);
    }
    let answers = inline(&answers).ok_or(
        "Somebody has answered one of its tasks with a `null` or a large number, which cannot be written in TOML.",
    )?;
    let input = inline(&input)
        .ok_or("Its input has a `null` or a large number, which cannot be written in TOML.")?;
    let expected = expect(run, status, has_secrets);
    let mut block = format!("[tests.{}]\n", key(&name()));
    if let Some(first) = first {
        // Behind `#`, a line must not go on in the next one.
        let _ = writeln!(
            block,
            "# The execution began at {}; this test starts at the beginning.",
            text(&first)
        );
    }
    if !masked.is_empty() {
        let _ = writeln!(
            block,
            "# Replace `***`, which hides secrets, by a value for this test: {}. Or name a JSON file that is not committed: \
             input = \"input.json\"",
            masked.join(", ")
        );
    }
    for (why, places) in [
        ("secrets are hidden", &expected.masked),
        ("they differ in each execution", &expected.varying),
    ] {
        if !places.is_empty() {
            let places = places.join(", ");
            let _ = writeln!(block, "# Not expected, since {why}: {places}");
        }
    }
    if let Some(machine) = machine.given() {
        let _ = writeln!(block, "state-machine = {}", text(machine));
    }
    let _ = writeln!(block, "input = {input}");
    if answers != "{}" {
        let _ = writeln!(block, "answer = {answers}");
    }
    let _ = write!(block, "expect = {{ {} }}", expected.members.join(", "));
    Ok(block)
}

/// What the test expects.
struct Expected {
    members: Vec<String>,
    /// The places of what it does not, since nobody can read them.
    masked: Vec<String>,
    /// The same, since another execution has something else there.
    varying: Vec<String>,
}

fn expect(run: &Run, status: ExecutionStatus, has_secrets: bool) -> Expected {
    let (mut masked, mut varying) = (Vec::new(), Vec::new());
    let mut readable = |value: &Value, path: &str| match has_secrets {
        true => readable(value, path, &mut masked),
        false => Some(value.clone()),
    };
    let mut members = vec![format!("status = {}", text(status.as_str()))];
    if status == ExecutionStatus::Succeeded {
        let output = { run.output.as_ref() }
            .and_then(|output| constant(output, &run.execution_arn, &mut varying));
        let output = output.as_ref().map(repeatable);
        let output = output.and_then(|output| readable(&output, "output"));
        let output = output.as_ref().and_then(inline);
        members.extend(output.map(|output| format!("output = {output}")));
    } else if let Some(error) = &run.error {
        let error = readable(&Value::from(error.as_str()), "error");
        let error = error.as_ref().and_then(inline);
        members.extend(error.map(|error| format!("error = {error}")));
    }
    Expected {
        members,
        masked,
        varying,
    }
}

/// What the holders of task tokens have answered, by the name of the state: of several attempts a list, if they differ.
fn answers(run: &Run) -> Value {
    let Some(history) = &run.history else {
        return json!({});
    };
    let mut by_state: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (index, state) in history.states.iter().enumerate() {
        let answers = state.attempts.iter();
        let answers = answers.filter_map(|attempt| answer(attempt, history.result_of(index)));
        by_state.entry(&state.name).or_default().extend(answers);
    }
    let answered = by_state.into_iter();
    let answered = answered.filter(|(_, answers)| !answers.is_empty());
    let answered = answered.map(|(state, answers)| {
        let is_same = answers.iter().all(|answer| *answer == answers[0]);
        let answers = match is_same {
            true => answers[0].clone(),
            false => answers.into(),
        };
        (state.to_owned(), answers)
    });
    Value::Object(answered.collect())
}

/// What came with the token of an attempt. Nothing comes if the time is over.
fn answer(attempt: &Attempt, result: Option<&str>) -> Option<Value> {
    let call = attempt.call.as_ref().filter(|_| attempt.submitted)?;
    attempt.ended.filter(|_| call.waits_for_token())?;
    match &attempt.failure {
        None => Some(json!({ "output": document(result?) })),
        Some(failure)
            if ["States.Timeout", "States.HeartbeatTimeout"].contains(&&*failure.error) =>
        {
            None
        }
        Some(failure) if failure.cause.is_empty() => Some(json!({ "error": failure.error })),
        Some(failure) => Some(json!({ "error": failure.error, "cause": failure.cause })),
    }
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
        Some(first) => (
            Some(first.name.clone()),
            first.input.as_deref().map(document),
        ),
        None => (None, run.input.clone()),
    }
}

#[cfg(test)]
mod tests {
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

    fn written(run: &Run) -> Result<String, String> {
        block(&|| "ORDER".to_owned(), &MachineName::Main, run, None, false)
    }

    #[test]
    fn a_test_starts_what_the_execution_started_and_expects_what_it_came_to() {
        let succeeded = written(&run("order-17", ExecutionStatus::Succeeded));
        assert_eq!(
            succeeded.unwrap(),
            "[tests.ORDER]\n\
             input = { id = \"a\\\"b\\n#\" }\n\
             expect = { status = \"SUCCEEDED\", output = { paid = true } }"
        );
        let named = MachineName::Named("quote".to_owned());
        let failed = run("17", ExecutionStatus::Failed);
        let failed = block(&|| "A_B".to_owned(), &named, &failed, None, false).unwrap();
        assert_eq!(
            failed,
            "[tests.A_B]\n\
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
        let block = written(&called).unwrap();
        assert!(
            block.ends_with(
                "output = { calls = [{ Payload = { paid = true }, StatusCode = 200 }], ExecutedVersion = \"mine\" } }"
            ),
            "{block}"
        );
    }

    #[test]
    fn what_a_service_made_up_is_said_and_not_expected() {
        let mut started = run("a", ExecutionStatus::Succeeded);
        let child = json!({ "ExecutionArn": "arn:child", "StartDate": "2026-01-31T00:00:00.000Z", "SdkHttpMetadata": {} });
        started.output = Some(json!({ "paid": true, "child": child }));
        let block = written(&started).unwrap();
        assert!(
            block.contains(
                "\n# Not expected, since they differ in each execution: output.child.ExecutionArn, output.child.StartDate\n"
            ),
            "{block}"
        );
        assert!(
            block.ends_with("output = { paid = true, child = {} } }"),
            "{block}"
        );
    }

    #[test]
    fn what_is_masked_is_said_and_not_expected() {
        let mut masked = run("a", ExecutionStatus::Succeeded);
        masked.input = Some(json!({ "id": 1, "s": "***" }));
        masked.output = Some(json!({ "paid": true, "raw": "a ***\nb" }));
        let name = || "A".to_owned();
        let block = block(&name, &MachineName::Main, &masked, None, true).unwrap();
        assert_eq!(
            block,
            "[tests.A]\n\
             # Replace `***`, which hides secrets, by a value for this test: input.s. Or name a JSON file that is not committed: \
             input = \"input.json\"\n\
             # Not expected, since secrets are hidden: output.raw\n\
             input = { id = 1, s = \"***\" }\n\
             expect = { status = \"SUCCEEDED\", output = { paid = true } }"
        );
        toml::from_str::<toml::Table>(&block).unwrap();
        // Without secrets, it is what the execution had.
        let plain = written(&masked).unwrap();
        assert!(plain.contains("raw = ") && !plain.contains('#'), "{plain}");
    }

    #[test]
    fn what_toml_cannot_say_is_said() {
        let mut null = run("a", ExecutionStatus::Succeeded);
        null.input = Some(json!({ "a": null }));
        assert!(written(&null).unwrap_err().contains("null"));
        let mut output = run("a", ExecutionStatus::Succeeded);
        output.output = Some(json!(null));
        let block = written(&output).unwrap();
        assert!(
            block.ends_with("expect = { status = \"SUCCEEDED\" }"),
            "{block}"
        );
        let running = Run::sample(Status::Running);
        assert!(written(&running).is_err());
    }
}
