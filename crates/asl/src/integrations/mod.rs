//! What a Task can call, and what IAM knows of it: the services, their operations, the members of their requests, the
//! actions and the resources.
//!
//! Nothing here is typed from memory. `generate.py` makes `services.bin` of AWS's own models and of the Service
//! Authorization Reference; `names.toml` has what neither says, with its sources. Only the optimized integrations, which
//! nothing but their documentation describes, are a table in Rust.
//!
//! A lookup inflates the services of one IAM prefix, once in a process: 2 to 140 KB of text.
//!
//! ```
//! use txflow_asl::integrations::{action, operation, service};
//!
//! let s3 = service("s3").ok_or("S3 is a service")?;
//! let list = operation(s3, "listObjectsV2").ok_or("S3 lists objects")?;
//! assert_eq!(list.actions(s3), ["s3:ListBucket"]);
//! let list = action("s3:ListBucket").ok_or("IAM knows it")?;
//! assert!(list.types.iter().any(|kind| kind.arn == "arn:${Partition}:s3:::${BucketName}"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod data;
mod field_types;
mod optimized;
#[cfg(test)]
mod tests;

pub use data::{
    action, action_prefixes, actions, operations, resource_arns, service, services, sources,
    tag_actions,
};
pub use field_types::{must_be_text, wrongly_typed};
pub use optimized::{Optimized, optimized, optimized_services};

/// A service that `aws-sdk:service:action` can call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service {
    /// As in a `Resource`: `dynamodb`, `sfn`, `eventbridge`.
    pub name: &'static str,
    /// Of its actions in IAM: `dynamodb`, `states`, `events`.
    pub prefix: &'static str,
    /// Whether Step Functions' documentation lists it. AWS adds services from time to time.
    pub listed: bool,
}

/// An operation of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// As AWS spells it: `PutItem`.
    pub name: &'static str,
    actions: &'static str,
    members: &'static str,
    path: &'static str,
}

/// A member of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// As Step Functions spells it: `TableName`, `DbInstanceIdentifier`.
    pub name: &'static str,
    pub required: bool,
    pub kind: MemberKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberKind {
    Text,
    Number,
    Boolean,
    List,
    Object,
}

/// What IAM knows of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// What a statement can limit it to; empty if it has no resource-level permissions.
    pub types: Vec<ResourceType>,
    /// The actions that a caller may need with it.
    pub further: Vec<&'static str>,
    pub tags: Tags,
}

/// What an action has to do with tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tags {
    None,
    /// It gives a resource tags, or takes some away.
    Changes,
    /// Its request can have tags for what it makes.
    Takes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceType {
    /// `table`, `queue`.
    pub name: &'static str,
    /// `arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}`.
    pub arn: &'static str,
    /// Whether each call names one.
    pub required: bool,
}

/// The operation that a `Resource` names after the service, such as `putItem`.
#[must_use]
pub fn operation(service: &Service, name: &str) -> Option<Operation> {
    operations(service).find(|operation| operation.camel_case() == name)
}

/// What a `Resource` calls, as AWS's SDKs name the service and the operation, whatever form of integration names it:
/// `sfn` and `StartExecution` for `states`, `startExecution.sync:2`. `None` if it is not an operation of theirs.
///
/// ```
/// use txflow_asl::integrations::called;
///
/// let put = Some(("dynamodb", "PutItem"));
/// assert_eq!(called("dynamodb", "putItem"), put);
/// assert_eq!(called("aws-sdk:dynamodb", "putItem"), put);
/// assert_eq!(called("states", "startExecution.sync:2"), Some(("sfn", "StartExecution")));
/// assert_eq!(called("http", "invoke"), None);
/// ```
#[must_use]
pub fn called(resource_type: &str, resource: &str) -> Option<(&'static str, &'static str)> {
    let action = resource.split('.').next().unwrap_or(resource);
    if let Some(entry) = optimized(resource_type, action) {
        return Some(entry.operation).filter(|(service, _)| !service.is_empty());
    }
    let name = resource_type
        .strip_prefix("aws-sdk:")
        .unwrap_or(resource_type);
    let service = service(name)?;
    let operation = operation(service, action)?;
    Some((service.name, operation.name))
}

impl Operation {
    /// As in a `Resource`: `putItem`.
    #[must_use]
    pub fn camel_case(&self) -> String {
        let (first, rest) = self.name.split_at_checked(1).unwrap_or_default();
        first.to_ascii_lowercase() + rest
    }

    /// The IAM actions that a call needs, such as `dynamodb:PutItem`. Empty if IAM's reference does not have it.
    #[must_use]
    pub fn actions(&self, service: &Service) -> Vec<String> {
        let own = |action: &str| format!("{}:{action}", service.prefix);
        match self.actions {
            "?" => Vec::new(),
            "" => vec![own(self.name)],
            actions => actions
                .split(' ')
                .map(|action| match action.contains(':') {
                    true => action.to_owned(),
                    false => own(action),
                })
                .collect(),
        }
    }

    /// The path of a request to API Gateway, by which IAM names what it is about: `/restapis/${RestApiId}`.
    #[must_use]
    pub fn path(&self) -> Option<&'static str> {
        Some(self.path).filter(|path| !path.is_empty())
    }

    /// The members of its request.
    pub fn members(&self) -> impl Iterator<Item = Member> {
        self.members.split_whitespace().map(|word| {
            let (kind, name) = word.split_at(1);
            Member {
                name,
                required: kind.starts_with(|kind: char| kind.is_ascii_uppercase()),
                kind: match kind.to_ascii_lowercase().as_str() {
                    "n" => MemberKind::Number,
                    "b" => MemberKind::Boolean,
                    "l" => MemberKind::List,
                    "o" => MemberKind::Object,
                    _ => MemberKind::Text,
                },
            }
        })
    }
}
