//! Where the AWS console shows a thing.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use txflow_asl::Arn;

use crate::config::MachineName;
use crate::stack::{Account, Stack};

/// What an ARN may hold and an address may not.
const OUTSIDE_AN_ADDRESS: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'`');

/// The console of the partition and region that an account is used in.
#[derive(Debug, Clone)]
pub struct Console(String);

impl Console {
    /// `None` in a partition whose console is not known.
    pub fn of(account: &Account) -> Option<Self> {
        let Account {
            partition, region, ..
        } = account;
        let domain = match partition.as_str() {
            "aws" => "console.aws.amazon.com",
            "aws-cn" => "console.amazonaws.cn",
            "aws-us-gov" => "console.amazonaws-us-gov.com",
            _ => return None,
        };
        Some(Self(format!(
            "https://{region}.{domain}/states/home?region={region}#"
        )))
    }

    pub fn state_machine(&self, stack: &Stack) -> String {
        self.page(
            "statemachines/view",
            &stack.state_machine_arn(&MachineName::Main),
        )
    }

    /// `None` for an EXPRESS execution, which the console finds by its logs only.
    pub fn execution(&self, arn: &str) -> Option<String> {
        let express = Arn::parse(arn).and_then(|arn| arn.resource_type()) == Some("express");
        (!express).then(|| self.page("v2/executions/details", arn))
    }

    fn page(&self, page: &str, arn: &str) -> String {
        let arn = utf8_percent_encode(arn, OUTSIDE_AN_ADDRESS);
        format!("{}/{page}/{arn}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::sample::stack;

    fn account(partition: &str, region: &str) -> Account {
        Account {
            partition: partition.to_owned(),
            id: "123456789012".to_owned(),
            region: region.to_owned(),
        }
    }

    fn execution(partition: &str, region: &str) -> Option<String> {
        let console = Console::of(&account(partition, region))?;
        console.execution(&format!(
            "arn:{partition}:states:{region}:123456789012:execution:shop-dev:run 1"
        ))
    }

    #[test]
    fn each_partition_has_its_own_console() {
        assert_eq!(
            execution("aws", "eu-west-1").unwrap(),
            "https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1\
             #/v2/executions/details/arn:aws:states:eu-west-1:123456789012:execution:shop-dev:run%201"
        );
        let china = execution("aws-cn", "cn-north-1").unwrap();
        assert!(china.starts_with("https://cn-north-1.console.amazonaws.cn/states/"));
        let gov = execution("aws-us-gov", "us-gov-west-1").unwrap();
        assert!(gov.starts_with("https://us-gov-west-1.console.amazonaws-us-gov.com/states/"));
        assert_eq!(execution("aws-iso", "us-iso-east-1"), None);
    }

    #[test]
    fn a_state_machine_is_shown_by_its_arn() {
        let stack = stack();
        let console = Console::of(&stack.account).unwrap();
        assert_eq!(
            console.state_machine(&stack),
            "https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1\
             #/statemachines/view/arn:aws:states:eu-west-1:123456789012:stateMachine:shop-dev"
        );
    }

    #[test]
    fn an_express_execution_has_no_page() {
        let console = Console::of(&account("aws", "eu-west-1")).unwrap();
        let arn = "arn:aws:states:eu-west-1:123456789012:express:shop-dev:a:b";
        assert_eq!(console.execution(arn), None);
    }
}
