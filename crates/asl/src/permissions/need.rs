/// One thing that a role must allow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Need {
    /// The names of the states that lead to the one that calls: `["Each order", "Charge"]`.
    pub state: Vec<String>,
    /// The JSON pointer of the field that makes the call: `/States/Charge/Resource`.
    pub place: String,
    /// As IAM spells it: `dynamodb:PutItem`.
    pub action: String,
    pub resource: NeededResource,
    /// What else is known of the call. A statement may demand it, and all of it.
    pub conditions: Vec<Condition>,
}

/// What an action is needed on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NeededResource {
    /// An ARN, or a pattern with `*` that matches no more than what the state may call.
    Arn(String),
    /// All resources of a type, as a pattern, since no field of the request says which.
    OfType { arn: String, kind: &'static str },
    /// `*`, since IAM has nothing less for the call.
    Any(Unlimited),
    /// Only an execution knows it.
    Unknown {
        /// The end of a sentence that begins with what is needed: `` `QueueUrl.$` is `$.queue` ``.
        because: String,
        /// The JSON pointer of the value: `/States/Send/Parameters/QueueUrl.$`.
        place: String,
    },
}

/// Why an action can only be allowed on `*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unlimited {
    /// IAM's reference has no type of resource for the action.
    NoTypes,
    /// All types of resources that it has are optional, and the call names none: then IAM asks for the action on `*`.
    NoneNamed,
}

/// One condition of a statement: `"StringEquals": { "states:HTTPMethod": ["GET"] }`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Condition {
    pub operator: &'static str,
    pub key: &'static str,
    /// One of them must match.
    pub values: Vec<String>,
}

impl NeededResource {
    /// The ARN or the pattern; `None` for `*`, and for what is not known.
    #[must_use]
    pub fn arn(&self) -> Option<&str> {
        match self {
            Self::Arn(arn) | Self::OfType { arn, .. } => Some(arn),
            Self::Any(_) | Self::Unknown { .. } => None,
        }
    }
}
