//! An error as AWS returns it: code, HTTP status, message.

use std::fmt::Display;

use serde_json::{Map, Value};

/// Why a call is refused. [`crate::http::answer`] writes it in the form of each protocol.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) code: &'static str,
    pub(crate) status: u16,
    pub(crate) message: String,
    /// Further members of some errors, such as `reason` or `Type`.
    pub(crate) members: Box<Map<String, Value>>,
}

impl Fault {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Fault {
        Fault {
            code,
            status,
            message: message.into(),
            members: Box::default(),
        }
    }

    /// Most client errors have status 400.
    pub(crate) fn bad(code: &'static str, message: impl Into<String>) -> Fault {
        Fault::new(400, code, message)
    }

    pub(crate) fn with(mut self, member: &str, value: impl Into<Value>) -> Fault {
        self.members.insert(member.to_owned(), value.into());
        self
    }

    /// The code that SQS had for it in its former protocol, if it is another one. SDKs still show that.
    pub(crate) fn query_code(&self) -> Option<&'static str> {
        Some(match self.code {
            "BatchEntryIdsNotDistinct" => "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
            "BatchRequestTooLong" => "AWS.SimpleQueueService.BatchRequestTooLong",
            "EmptyBatchRequest" => "AWS.SimpleQueueService.EmptyBatchRequest",
            "InvalidBatchEntryId" => "AWS.SimpleQueueService.InvalidBatchEntryId",
            "MessageNotInflight" => "AWS.SimpleQueueService.MessageNotInflight",
            "PurgeQueueInProgress" => "AWS.SimpleQueueService.PurgeQueueInProgress",
            "QueueDoesNotExist" => "AWS.SimpleQueueService.NonExistentQueue",
            "QueueNameExists" => "QueueAlreadyExists",
            "TooManyEntriesInBatchRequest" => "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            _ => return None,
        })
    }

    /// The disk failed. Nothing was acknowledged, so the client may try again.
    pub(crate) fn storage(cause: impl Display) -> Fault {
        Fault::new(
            500,
            "InternalFailure",
            format!("The local AWS could not use its store: {cause}"),
        )
    }

    /// AWS has this operation and this server does not. Status 501, which SDKs do not retry, unlike 500 and 502 to 504.
    pub(crate) fn not_implemented(service: &str, operation: &str) -> Fault {
        Fault::new(
            501,
            "NotImplemented",
            format!(
                "The local AWS does not implement `{service}:{operation}`. Mock the state that calls it, send the calls of \
                 `{service}` to another emulator with `upstream` in `[local]` of deploy.toml, or use a real account."
            ),
        )
    }
}

/// Collects the constraint violations of a request, and words them as AWS does.
#[derive(Default)]
pub(crate) struct Constraints {
    violations: Vec<String>,
}

impl Constraints {
    pub(crate) fn length(
        &mut self,
        member: &str,
        value: &str,
        least: usize,
        most: usize,
    ) -> &mut Self {
        let length = value.chars().count();
        if length < least {
            self.violated(
                member,
                value,
                &format!("Member must have length greater than or equal to {least}"),
            );
        } else if length > most {
            self.violated(
                member,
                value,
                &format!("Member must have length less than or equal to {most}"),
            );
        }
        self
    }

    pub(crate) fn range(
        &mut self,
        member: &str,
        value: Option<i64>,
        least: i64,
        most: i64,
    ) -> &mut Self {
        if let Some(value) = value {
            if value < least {
                let constraint = format!("Member must have value greater than or equal to {least}");
                self.violated(member, value, &constraint);
            } else if value > most {
                self.violated(
                    member,
                    value,
                    &format!("Member must have value less than or equal to {most}"),
                );
            }
        }
        self
    }

    /// `pattern` is AWS's regular expression, which `holds` says is matched.
    pub(crate) fn pattern(
        &mut self,
        member: &str,
        value: &str,
        pattern: &str,
        holds: bool,
    ) -> &mut Self {
        if !holds {
            self.violated(
                member,
                value,
                &format!("Member must satisfy regular expression pattern: {pattern}"),
            );
        }
        self
    }

    pub(crate) fn one_of(&mut self, member: &str, value: &str, allowed: &[&str]) -> &mut Self {
        if !allowed.contains(&value) {
            let constraint = format!(
                "Member must satisfy enum value set: [{}]",
                allowed.join(", ")
            );
            self.violated(member, value, &constraint);
        }
        self
    }

    pub(crate) fn present<T>(&mut self, member: &str, value: Option<&T>) -> &mut Self {
        if value.is_none() {
            self.violations.push(format!(
                "Value null at '{member}' failed to satisfy constraint: Member must not be null"
            ));
        }
        self
    }

    pub(crate) fn violated(
        &mut self,
        member: &str,
        value: impl Display,
        constraint: &str,
    ) -> &mut Self {
        self.violations.push(format!(
            "Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
        ));
        self
    }

    /// Refuses with `code` (`ValidationException`, or IAM's `ValidationError`) if anything was violated.
    pub(crate) fn check(&self, code: &'static str) -> Result<(), Fault> {
        match self.violations.len() {
            0 => Ok(()),
            1 => Err(Fault::bad(
                code,
                format!("1 validation error detected: {}", self.violations[0]),
            )),
            count => Err(Fault::bad(
                code,
                format!(
                    "{count} validation errors detected: {}",
                    self.violations.join("; ")
                ),
            )),
        }
    }
}
