//! The types of the fields of a request, which Step Functions checks itself for its optimized integrations: before it stores
//! a definition, and again when a task starts, with what its paths and expressions gave.

use serde_json::{Map, Value};

use super::{MemberKind, operation, optimized, service};

/// The fields that must be texts and are numbers or booleans, in the order of the request.
///
/// Nothing else is judged. Objects are made texts of, such as `Payload` and `MessageBody`; what AWS says of a list, a
/// number or an object that is something else is not known for each field.
///
/// Sources: an execution that failed with `The value for the field 'Payload' must be a STRING` for `"Payload": 1` of
/// `lambda:invoke` (<https://stackoverflow.com/a/76373088>), and a definition that was refused with `The value for the
/// field 'Size' must be an INTEGER at /States/task-step-1/Parameters` (<https://github.com/aws/aws-cdk/issues/12284>).
#[must_use]
pub fn wrongly_typed<'r>(
    resource_type: &str,
    resource: &str,
    request: &'r Map<String, Value>,
) -> Vec<&'r str> {
    let is_scalar = |value: &Value| value.is_number() || value.is_boolean();
    // Most requests have only texts and objects, which need no look at the tables.
    if !request.values().any(is_scalar) {
        return Vec::new();
    }
    let action = resource.split('.').next().unwrap_or(resource);
    let operation = optimized(resource_type, action).and_then(|entry| {
        let (service_name, operation_name) = entry.operation;
        let (first, rest) = operation_name.split_at_checked(1)?;
        operation(service(service_name)?, &(first.to_ascii_lowercase() + rest))
    });
    let Some(operation) = operation else {
        return Vec::new();
    };
    let is_text = |name: &str| {
        let mut members = operation.members();
        members.any(|member| member.name == name && member.kind == MemberKind::Text)
    };
    { request.iter() }
        .filter(|(name, value)| is_scalar(value) && is_text(name))
        .map(|(name, _)| name.as_str())
        .collect()
}

/// What AWS says of such a field.
#[must_use]
pub fn must_be_text(field: &str) -> String {
    format!("The value for the field '{field}' must be a STRING")
}
