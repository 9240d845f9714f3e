//! The ARN of a state machine.

use std::fmt;
use std::str::FromStr;

use super::InitError;

/// The place and the name of a state machine, without the version or the alias that followed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateMachineArn {
    pub partition: String,
    pub region: String,
    pub account: String,
    pub name: String,
}

impl FromStr for StateMachineArn {
    type Err = InitError;

    fn from_str(arn: &str) -> Result<Self, InitError> {
        let parts: Vec<&str> = arn.split(':').collect();
        let ([
            "arn",
            partition,
            "states",
            region,
            account,
            "stateMachine",
            name,
        ]
        | [
            "arn",
            partition,
            "states",
            region,
            account,
            "stateMachine",
            name,
            _,
        ]) = parts[..]
        else {
            return Err(not_one(arn));
        };
        let digits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || [partition, region, name].contains(&"") {
            return Err(not_one(arn));
        }
        Ok(Self {
            partition: partition.to_owned(),
            region: region.to_owned(),
            account: account.to_owned(),
            name: name.to_owned(),
        })
    }
}

impl fmt::Display for StateMachineArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            partition,
            region,
            account,
            name,
        } = self;
        write!(
            f,
            "arn:{partition}:states:{region}:{account}:stateMachine:{name}"
        )
    }
}

fn not_one(arn: &str) -> InitError {
    InitError::NotAStateMachine {
        arn: arn.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDERS: &str = "arn:aws-cn:states:cn-north-1:123456789012:stateMachine:orders";

    #[test]
    fn a_version_and_an_alias_lead_to_their_state_machine() {
        for arn in [ORDERS, &format!("{ORDERS}:7"), &format!("{ORDERS}:live")] {
            let parsed: Option<StateMachineArn> = arn.parse().ok();
            assert_eq!(parsed.map(|arn| arn.to_string()).as_deref(), Some(ORDERS));
        }
    }

    #[test]
    fn other_arns_are_refused() {
        for arn in [
            "orders",
            "arn:aws:lambda:us-east-1:123456789012:function:orders",
            "arn:aws:states:us-east-1:123456789012:execution:orders:one",
            "arn:aws:states:us-east-1:12345:stateMachine:orders",
            "arn:aws:states:us-east-1:123456789012:stateMachine:",
            "",
        ] {
            assert!(arn.parse::<StateMachineArn>().is_err(), "{arn}");
        }
    }
}
