//! The condition keys of a request, as far as a request here has them.

use txflow_asl::Arn;

use crate::clock::{Millis, iam};

/// The keys of a request and their values, in lower case. A key that has several values is there several times.
#[derive(Debug, Clone, Default)]
pub(super) struct Context(Vec<(String, String)>);

/// Keys of AWS that the requests here never have: they come from VPC endpoints, from other kinds of principals, or are
/// there if a service calls in its own name.
const ABSENT: [&str; 24] = [
    "aws:assumedroot",
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:chatbotsourcearn",
    "aws:ec2instancesourceprivateipv4",
    "aws:ec2instancesourcevpc",
    "aws:federatedprovider",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:referer",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceidentity",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:username",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpcsourceip",
    "sts:externalid",
];

/// Keys of services that are set if a request has a value for them.
const OF_SERVICES: [&str; 7] = [
    "iam:passedtoservice",
    "iam:permissionsboundary",
    "iam:policyarn",
    "s3:prefix",
    "states:httpendpoint",
    "states:httpmethod",
    "states:statemachinequalifier",
];

/// The tags of the role that asks.
const TAG: &str = "aws:principaltag/";

impl Context {
    /// What every request has: it is encrypted on AWS, so that counts here as well.
    pub(super) fn at(now: Millis) -> Context {
        Context::default()
            .with("aws:CurrentTime", iam(now))
            .with("aws:EpochTime", (now / 1000).to_string())
            .with("aws:SecureTransport", "true")
            .with("aws:ViaAWSService", "false")
    }

    /// What a request has that a role makes.
    pub(super) fn of_role(self, role_arn: &str) -> Context {
        let account = Arn::parse(role_arn).map_or("", |arn| arn.account);
        self.with("aws:PrincipalArn", role_arn)
            .with("aws:PrincipalAccount", account)
            .with("aws:PrincipalType", "AssumedRole")
            .with("aws:PrincipalIsAWSService", "false")
    }

    pub(super) fn tagged(self, tags: &crate::tags::Tags) -> Context {
        tags.iter().fold(self, |context, (key, value)| {
            context.with(&format!("{TAG}{key}"), value)
        })
    }

    /// What the resource tells. A bucket is the account's own that asks.
    pub(super) fn on(self, resource: &str) -> Context {
        let arn = Arn::parse(resource);
        let account = arn.map_or("", |arn| arn.account).to_owned();
        let account = match arn {
            Some(arn) if arn.service == "s3" && arn.account.is_empty() => {
                let own = self.values("aws:PrincipalAccount").next();
                own.unwrap_or_default().to_owned()
            }
            _ => account,
        };
        let region = match self.values("aws:RequestedRegion").next() {
            Some(_) => "",
            None => arn.map_or("", |arn| arn.region),
        };
        self.with("aws:ResourceAccount", account)
            .with("aws:RequestedRegion", region)
    }

    /// Adds a value, unless it is empty.
    pub(super) fn with(mut self, key: &str, value: impl Into<String>) -> Context {
        let value = value.into();
        if !value.is_empty() || OF_SERVICES.contains(&key.to_ascii_lowercase().as_str()) {
            self.0.push((key.to_ascii_lowercase(), value));
        }
        self
    }

    pub(super) fn with_all(self, values: &[(&str, &str)]) -> Context {
        let add = |context: Context, (key, value): &(&str, &str)| context.with(key, *value);
        values.iter().fold(self, add)
    }

    pub(super) fn values<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let key = key.to_ascii_lowercase();
        let values = self.0.iter().filter(move |(name, _)| *name == key);
        values.map(|(_, value)| value.as_str())
    }

    /// What a user must know of a key that a policy names, since it may be otherwise on AWS.
    pub(super) fn note(&self, key: &str) -> Option<String> {
        let lower = key.to_ascii_lowercase();
        let value = self.values(key).next();
        if let ("aws:sourceip", Some(address)) = (lower.as_str(), value) {
            return Some(format!("the condition key {key} is {address} here"));
        }
        let known = value.is_some()
            || ABSENT.contains(&lower.as_str())
            || OF_SERVICES.contains(&lower.as_str())
            || lower.starts_with(TAG);
        (!known).then(|| format!("the local AWS has no value for the condition key {key}"))
    }
}
