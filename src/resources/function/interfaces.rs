//! The wait until Lambda has removed network interfaces.

use super::permissions::{INTERFACES, OTHERS};
use crate::apply::{Backoff, Executor, StepError};
use crate::aws::{AwsError, Class, INTERFACE_DESCRIPTION, NetworkInterface, failed};
use crate::config::VpcConfig;
use crate::resources::operation::{Effect, Executed, Operation, Spec, Words};

/// Polls until Lambda has removed the network interfaces that functions no longer use. Lambda does so with their roles, some
/// minutes after the last version has gone that is in the VPC; if it may not, the interfaces stay and block their subnets and
/// security groups.
#[derive(Debug)]
pub(crate) struct WaitForInterfaces {
    /// The names of the functions.
    pub functions: Vec<String>,
    /// Where they were, if that is known.
    pub networks: Vec<VpcConfig>,
}

pub(super) static WAIT_FOR_INTERFACES: Spec = Spec {
    operation: "DescribeNetworkInterfaces",
    effect: Effect::Wait,
    words: Words::new("Waiting", "Removed"),
    part: Some("network interfaces"),
    permissions: &[INTERFACES, OTHERS],
};

impl Operation for WaitForInterfaces {
    fn spec(&self) -> &'static Spec {
        &WAIT_FOR_INTERFACES
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(self.wait(executor))
    }
}

impl WaitForInterfaces {
    async fn wait(&self, executor: &Executor) -> Result<(), StepError> {
        let mut backoff = Backoff::interfaces();
        let mut others = None;
        let mut told = false;
        loop {
            let left = match self.left(executor, &mut others).await {
                // Who may not look goes on, as with CloudFormation: a function that has left `deploy.toml`, or its VPC there, is
                // no longer in the policy of whoever deploys.
                Err(error) if error.class == Class::Denied => {
                    executor.waiting(&error.to_string());
                    return Ok(());
                }
                left => left?,
            };
            let Some(one) = left.first() else {
                return Ok(());
            };
            let pause = backoff.next().ok_or_else(|| StepError::StillNotReady {
                name: one.id.clone(),
                state: one.status.clone(),
                waited: backoff.waited().as_secs(),
            })?;
            let cause = || format!("Lambda has not removed network interface `{}` yet", one.id);
            if !std::mem::replace(&mut told, true) {
                executor.waiting(&format!("{}, which takes up to 20 minutes", cause()));
            }
            executor.pause(pause, cause).await?;
        }
    }

    /// What is left of them. `others` holds the networks of all other functions once that is known.
    async fn left(
        &self,
        executor: &Executor,
        others: &mut Option<Vec<VpcConfig>>,
    ) -> Result<Vec<NetworkInterface>, AwsError> {
        let mut left = executor.aws.ec2.lambda_interfaces().await?;
        left.retain(|interface| self.used(interface));
        if left.is_empty() {
            return Ok(left);
        }
        let others = match others {
            Some(others) => others,
            None => others.insert(self.networks_of_others(executor).await?),
        };
        left.retain(|interface| !others.iter().any(|network| is_in(interface, network)));
        Ok(left)
    }

    /// Whether one of the functions was the reason for it, or has used it.
    fn used(&self, interface: &NetworkInterface) -> bool {
        let made_for = interface.description.strip_prefix(INTERFACE_DESCRIPTION);
        let made_for = made_for.and_then(without_id);
        let mut networks = self.networks.iter();
        made_for.is_some_and(|function| self.functions.iter().any(|name| name == function))
            || networks.any(|network| is_in(interface, network))
    }

    /// Where all other functions of the account are: what one of them uses, Lambda does not remove.
    async fn networks_of_others(&self, executor: &Executor) -> Result<Vec<VpcConfig>, AwsError> {
        let list = executor.aws.lambda.list_functions();
        let list = list.function_version(aws_sdk_lambda::types::FunctionVersion::All);
        let mut pages = list.into_paginator().send();
        let mut networks = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(failed("ListFunctions"))?;
            for function in page.functions() {
                let name = function.function_name().unwrap_or_default();
                // AWS may still list what was deleted a moment ago.
                if !self.functions.iter().any(|own| own == name) {
                    networks.extend(super::settings::reported_vpc(function));
                }
            }
        }
        Ok(networks)
    }
}

/// Lambda has one interface for each subnet together with all security groups.
fn is_in(interface: &NetworkInterface, network: &VpcConfig) -> bool {
    network.subnet_ids.contains(&interface.subnet_id)
        && network.security_group_ids == interface.security_group_ids
}

/// The name of the function, behind which a UUID stands.
fn without_id(described: &str) -> Option<&str> {
    const UUID: usize = 36;
    let end = described.len().checked_sub(UUID)?;
    described.get(..end)?.strip_suffix('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(description: &str, subnet: &str, groups: &[&str]) -> NetworkInterface {
        NetworkInterface {
            id: "eni-1".to_owned(),
            subnet_id: subnet.to_owned(),
            security_group_ids: groups.iter().map(|group| (*group).to_owned()).collect(),
            description: description.to_owned(),
            status: "in-use".to_owned(),
        }
    }

    #[test]
    fn an_interface_concerns_the_function_that_it_names_and_those_in_its_network() {
        let wait = WaitForInterfaces {
            functions: vec!["shop-dev-buy".to_owned()],
            networks: vec![VpcConfig {
                subnet_ids: vec!["subnet-1".to_owned()],
                security_group_ids: vec!["sg-1".to_owned(), "sg-2".to_owned()],
                dual_stack: false,
            }],
        };
        let of = |function: &str| {
            format!("{INTERFACE_DESCRIPTION}{function}-81a24026-1f5a-4e5e-b5cf-9b19ff2c9ba1")
        };
        let own = of("shop-dev-buy");
        let other = of("shop-dev-buy-2");
        assert!(wait.used(&interface(&own, "subnet-9", &["sg-9"])));
        assert!(!wait.used(&interface(&other, "subnet-9", &["sg-9"])));
        assert!(wait.used(&interface(&other, "subnet-1", &["sg-1", "sg-2"])));
        assert!(!wait.used(&interface(&other, "subnet-1", &["sg-1"])));
        assert!(!wait.used(&interface("AWS Lambda VPC ENI-", "subnet-9", &[])));
    }
}
