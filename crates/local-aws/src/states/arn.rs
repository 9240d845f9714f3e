//! The ARNs of Step Functions.

use txflow_asl::Arn;

use crate::fault::Fault;
use crate::http::scope::Scope;

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
        let arn = parsed(text)?;
        let qualifier = arn.qualifier();
        let qualified_once = !qualifier.is_some_and(|qualifier| qualifier.contains(':'));
        if arn.resource_type() != Some("stateMachine") || arn.has_path() || !qualified_once {
            return Err(wrong_type(&arn));
        }
        Ok(MachineArn {
            name: arn.name().to_owned(),
            arn: arn.without_qualifier().to_string(),
            qualifier: qualifier.map(str::to_owned),
        })
    }
}

impl MachineArn {
    /// An ARN that is taken as it is, such as a Map Run's.
    pub(super) fn whole(arn: &str) -> MachineArn {
        MachineArn {
            name: String::new(),
            arn: arn.to_owned(),
            qualifier: None,
        }
    }
}

/// Checks that `text` is the ARN of an execution of a STANDARD state machine.
pub(super) fn check_execution(text: &str) -> Result<(), Fault> {
    let arn = parsed(text)?;
    let name = arn.qualifier().filter(|name| !name.contains(':'));
    match arn.resource_type() {
        Some("execution") if name.is_some() => Ok(()),
        _ => Err(wrong_type(&arn)),
    }
}

pub(super) fn machine(scope: &Scope, name: &str) -> String {
    scope.arn("states", &format!("stateMachine:{name}"))
}

pub(super) fn machine_name(machine_arn: &str) -> &str {
    Arn::parse(machine_arn).map_or(machine_arn, |arn| arn.name())
}

/// `kind` is `execution` or `express`.
pub(super) fn execution(machine_arn: &str, kind: &str, name: &str) -> String {
    let machine = machine_name(machine_arn);
    Scope::of_arn(machine_arn).arn("states", &format!("{kind}:{machine}:{name}"))
}

/// What the ARNs of all executions of a STANDARD state machine begin with.
pub(super) fn executions(machine_arn: &str) -> String {
    execution(machine_arn, "execution", "")
}

pub(super) fn parsed(text: &str) -> Result<Arn<'_>, Fault> {
    let Some(arn) = Arn::parse(text) else {
        let what = match text == "arn" || text.starts_with("arn:") {
            true => "Invalid ARN",
            false => "Invalid ARN prefix",
        };
        return Err(invalid(&format!("{what}: {text}")));
    };
    match arn.service {
        "states" => Ok(arn),
        service => Err(invalid(&format!(
            "Service name not valid in this context: {service}"
        ))),
    }
}

pub(super) fn is_activity(arn: &Arn<'_>) -> bool {
    arn.resource_type() == Some("activity") && arn.qualifier().is_none()
}

pub(super) fn wrong_type(arn: &Arn<'_>) -> Fault {
    invalid(&format!(
        "Resource type not valid in this context: {}",
        arn.resource_type().unwrap_or(arn.resource)
    ))
}

pub(super) fn invalid(what: &str) -> Fault {
    Fault::bad("InvalidArn", format!("Invalid Arn: '{what}'"))
}

#[cfg(test)]
mod tests {
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
