//! The partition of what the states call. AWS accepts a definition that names another one than its own, and the execution
//! fails when it gets there: <https://github.com/aws/aws-cdk/issues/4597>.

use serde_json::Value;
use txflow_asl::Arn;
use txflow_asl::walk::{PlacedState, placed_states};

use crate::config::{Definition, Deployment, Diagnostic, Diagnostics, Severity, partition_of};

/// Checks that the states call what is in the partition of a region.
///
/// # Errors
///
/// All states that do not.
pub fn check_partition(deployment: &Deployment, region: &str) -> Result<(), Diagnostics> {
    let machines = deployment.state_machines.iter();
    let found: Vec<Diagnostic> = machines
        .flat_map(|(_, machine)| elsewhere(&machine.definition, region))
        .collect();
    if found.is_empty() {
        Ok(())
    } else {
        Err(Diagnostics(found))
    }
}

fn elsewhere(definition: &Definition, region: &str) -> Vec<Diagnostic> {
    let states = placed_states(&definition.template);
    let resources = states.iter().flat_map(resources);
    let found = resources.filter_map(|(state, pointer, resource)| {
        let expected = partition_of(region);
        let arn = Arn::parse(resource)?;
        let partition = arn.partition;
        if partition == expected || partition.contains('$') {
            return None;
        }
        let rest = resource.splitn(3, ':').nth(2).unwrap_or_default();
        Some(Diagnostic {
            severity: Severity::Error,
            code: "wrong-partition".to_owned(),
            message: format!(
                "the state `{state}` calls what is in the partition `{partition}`, and `{region}` is in `{expected}`: \
                 executions fail there"
            ),
            place: definition.text.place(&pointer),
            hint: Some(format!("write `arn:${{AWS::Partition}}:{rest}`")),
        })
    });
    found.collect()
}

/// The `Resource` of a Task, and those of a Map that reads and writes.
fn resources<'d>(state: &PlacedState<'d>) -> Vec<(String, String, &'d str)> {
    let name = state.names.last().copied().unwrap_or_default();
    let fields = [
        "/Resource",
        "/ItemReader/Resource",
        "/ResultWriter/Resource",
    ]
    .into_iter();
    let found = fields.filter_map(|field| {
        let resource = state.value.pointer(field).and_then(Value::as_str)?;
        Some((
            name.to_owned(),
            format!("{}{field}", state.pointer),
            resource,
        ))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::config::load;

    fn checked(resource: &str, region: &str) -> Result<(), Diagnostics> {
        let dir = tempfile::tempdir().unwrap();
        let definition = format!(
            r#"{{ "StartAt": "Send", "States": {{ "Send": {{ "Type": "Task", "Resource": "{resource}", "Parameters": {{
                "TopicArn": "arn:aws-us-gov:sns:us-gov-west-1:123456789012:t", "Message": "" }}, "End": true }} }} }}"#
        );
        fs::write(dir.path().join("deploy.toml"), "name = \"shop\"\n").unwrap();
        fs::write(dir.path().join("definition.asl.json"), definition).unwrap();
        let deployment = load(dir.path(), "dev", &|_| None).unwrap();
        check_partition(&deployment, region)
    }

    #[test]
    fn a_state_calls_what_is_in_its_own_partition() {
        let Diagnostics(found) =
            checked("arn:aws:states:::sns:publish", "us-gov-west-1").unwrap_err();
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "the state `Send` calls what is in the partition `aws`, and `us-gov-west-1` is in `aws-us-gov`: \
             executions fail there"
        );
        let hint = found[0].hint.as_deref();
        assert_eq!(
            hint,
            Some("write `arn:${AWS::Partition}:states:::sns:publish`")
        );
        assert!(found[0].place.is_some());
        for (resource, region) in [
            ("arn:aws:states:::sns:publish", "eu-west-1"),
            ("arn:aws-us-gov:states:::sns:publish", "us-gov-west-1"),
            ("arn:${AWS::Partition}:states:::sns:publish", "cn-north-1"),
        ] {
            assert_eq!(checked(resource, region), Ok(()), "{resource} {region}");
        }
    }
}
