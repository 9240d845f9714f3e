//! The ARNs of Step Functions.

use crate::fault::Fault;
use crate::http::call::Scope;

/// An ARN of a state machine, or of one of its versions or aliases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MachineArn {
    pub(super) name: String,
    /// Without qualifier.
    pub(super) arn: String,
    /// A version's number or an alias's name.
    pub(super) qualifier: Option<String>,
}

impl MachineArn {
    pub(super) fn parse(text: &str) -> Result<MachineArn, Fault> {
        let resource = resource(text)?;
        match resource.as_slice() {
            ["stateMachine", name] => Ok(MachineArn {
                name: (*name).to_owned(),
                arn: text.to_owned(),
                qualifier: None,
            }),
            ["stateMachine", name, qualifier] => Ok(MachineArn {
                name: (*name).to_owned(),
                arn: text[..text.len() - qualifier.len() - 1].to_owned(),
                qualifier: Some((*qualifier).to_owned()),
            }),
            _ => Err(wrong_type(&resource)),
        }
    }
}

/// Checks that `text` is the ARN of an execution of a STANDARD state machine.
pub(super) fn check_execution(text: &str) -> Result<(), Fault> {
    let resource = resource(text)?;
    match resource.as_slice() {
        ["execution", _, _] => Ok(()),
        _ => Err(wrong_type(&resource)),
    }
}

pub(super) fn machine(scope: &Scope, name: &str) -> String {
    format!(
        "arn:aws:states:{}:{}:stateMachine:{name}",
        scope.region, scope.account
    )
}

/// `kind` is `execution` or `express`.
pub(super) fn execution(machine_arn: &str, kind: &str, name: &str) -> String {
    format!(
        "{}:{name}",
        machine_arn.replacen(":stateMachine:", &format!(":{kind}:"), 1)
    )
}

/// What follows the account, split at its colons.
fn resource(text: &str) -> Result<Vec<&str>, Fault> {
    let mut parts = text.splitn(6, ':');
    if parts.next() != Some("arn") {
        return Err(invalid(&format!("Invalid ARN prefix: {text}")));
    }
    let (_partition, service) = (parts.next(), parts.next());
    let (_region, _account, rest) = (parts.next(), parts.next(), parts.next());
    match (service, rest) {
        (Some("states"), Some(rest)) => Ok(rest.split(':').collect()),
        (Some(service), Some(_)) => Err(invalid(&format!(
            "Service name not valid in this context: {service}"
        ))),
        _ => Err(invalid(&format!("Invalid ARN: {text}"))),
    }
}

fn wrong_type(resource: &[&str]) -> Fault {
    invalid(&format!(
        "Resource type not valid in this context: {}",
        resource.first().unwrap_or(&"")
    ))
}

pub(super) fn invalid(what: &str) -> Fault {
    Fault::bad("InvalidArn", format!("Invalid Arn: '{what}'"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_version_belongs_to_its_state_machine() {
        let arn = MachineArn::parse("arn:aws:states:eu-west-1:1:stateMachine:m:7").unwrap();
        assert_eq!(arn.arn, "arn:aws:states:eu-west-1:1:stateMachine:m");
        assert_eq!(
            (arn.name.as_str(), arn.qualifier.as_deref()),
            ("m", Some("7"))
        );
        assert_eq!(
            execution(&arn.arn, "execution", "e"),
            "arn:aws:states:eu-west-1:1:execution:m:e"
        );
    }

    #[test]
    fn other_arns_are_refused_in_awss_words() {
        let message = |text| MachineArn::parse(text).unwrap_err().message;
        assert_eq!(message("m"), "Invalid Arn: 'Invalid ARN prefix: m'");
        assert_eq!(
            message("arn:aws:states:eu-west-1:1:express:m:e:f"),
            "Invalid Arn: 'Resource type not valid in this context: express'"
        );
        assert!(check_execution("arn:aws:states:eu-west-1:1:express:m:e:f").is_err());
    }
}
