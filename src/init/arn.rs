//! The ARN of a state machine.

use std::fmt;
use std::str::FromStr;

use txflow_asl::{Arn, is_account_id};

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
        let parsed = Arn::parse(arn).filter(is_state_machine);
        let parsed = parsed.ok_or_else(|| not_one(arn))?;
        Ok(Self {
            partition: parsed.partition.to_owned(),
            region: parsed.region.to_owned(),
            account: parsed.account.to_owned(),
            name: parsed.name().to_owned(),
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
        let arn = Arn {
            partition,
            service: "states",
            region,
            account,
            resource: &format!("stateMachine:{name}"),
        };
        arn.fmt(f)
    }
}

/// Whether it is complete, and at most a version or an alias follows the name.
fn is_state_machine(arn: &Arn<'_>) -> bool {
    (arn.service, arn.resource_type()) == ("states", Some("stateMachine"))
        && ![arn.partition, arn.region, arn.name()].contains(&"")
        && is_account_id(arn.account)
        && !arn
            .qualifier()
            .is_some_and(|qualifier| qualifier.contains(':'))
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
