//! What goes wrong in a task.

use std::collections::BTreeSet;

use serde_json::Value;

use super::asked::{Asked, answer_root};
use super::fields::{self, Step};
use super::handlers;
use super::lists;
use super::states::{Known, States};
use crate::definition::{Pattern, Resource, ResourceKind};
use crate::{Payload, Purpose, TaskEnd, TaskError};

/// Something that goes wrong in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub state: String,
    pub what: What,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It fails: the first attempt of the execution, or each.
    Error { error: String, once: bool },
    /// It never answers.
    Silence,
    /// The same, and a missed heartbeat ends it, which handlers may tell from a timeout.
    NoHeartbeat,
    /// The results of a Distributed Map cannot be written: the first time in the execution, or ever.
    NotWritten { once: bool },
    /// Its answers do not have a field.
    Missing {
        path: Vec<Step>,
        /// Whether the API leaves the field out if there is nothing to tell.
        documented: bool,
    },
    /// A list in its answers has no items.
    Empty {
        path: Vec<Step>,
        /// Whether it is what an API has found, which may be nothing.
        documented: bool,
    },
}

/// The error of a handler that no definition names.
pub(super) const UNNAMED: &str = "UnexpectedError";

/// What Lambda fails with for a while, and AWS asks to be retried. Source:
/// <https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception>.
pub(super) const TRANSIENT: [&str; 4] = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
];

const TIMEOUT: &str = "States.Timeout";
const HEARTBEAT_TIMEOUT: &str = "States.HeartbeatTimeout";
const ITEM_READER_FAILED: &str = "States.ItemReaderFailed";
pub(super) const RESULT_WRITER_FAILED: &str = "States.ResultWriterFailed";

/// Members that an API leaves out of its answer if there is nothing to tell.
const OPTIONAL: [(&str, &str, &str); 8] = [
    ("dynamodb", "getItem", "Item"),
    ("dynamodb", "putItem", "Attributes"),
    ("dynamodb", "updateItem", "Attributes"),
    ("dynamodb", "deleteItem", "Attributes"),
    ("dynamodb", "query", "LastEvaluatedKey"),
    ("dynamodb", "scan", "LastEvaluatedKey"),
    ("sqs", "receiveMessage", "Messages"),
    ("s3", "listObjectsV2", "Contents"),
];

/// The errors that are handled in a state or around it, by name.
#[derive(Debug, Default)]
pub(super) struct Handled(BTreeSet<String>);

impl Handled {
    pub(super) fn of(states: &States, state: &Known) -> Self {
        let around = state.around.iter().filter_map(|name| states.get(name));
        let mut names = BTreeSet::new();
        for state in around.chain([state]) {
            for field in ["Retry", "Catch"] {
                let handlers = state.value[field].as_array().into_iter().flatten();
                let errors = handlers.filter_map(|handler| handler["ErrorEquals"].as_array());
                names.extend(
                    errors
                        .flatten()
                        .filter_map(Value::as_str)
                        .map(str::to_owned),
                );
            }
        }
        // These stand for others.
        for name in ["States.ALL", "States.TaskFailed"] {
            names.remove(name);
        }
        names.retain(|name| !handlers::is_of_engine(name));
        Self(names)
    }

    /// The errors that a task may answer with.
    fn errors(&self, asked: &Asked) -> Vec<String> {
        match asked.purpose {
            Purpose::Task => {}
            Purpose::ReadItems { .. } => return vec![ITEM_READER_FAILED.to_owned()],
            Purpose::WriteResults { .. } => return Vec::new(),
        }
        let mut errors = self.0.clone();
        // What is missed is a heartbeat, and no answer.
        errors.remove(HEARTBEAT_TIMEOUT);
        // If there are no heartbeats, silence leads to it.
        match (asked.times_out, asked.needs_heartbeats) {
            (true, true) => errors.insert(TIMEOUT.to_owned()),
            (true, false) => errors.remove(TIMEOUT),
            (false, _) => false,
        };
        let mut errors: Vec<String> = errors.into_iter().collect();
        if calls_lambda(&asked.resource) {
            errors.extend(TRANSIENT.map(str::to_owned));
        }
        errors.push(UNNAMED.to_owned());
        let mut seen = BTreeSet::new();
        errors.retain(|error| seen.insert(error.clone()));
        errors
    }

    /// How it ends if nobody answers. If nothing tells a missed heartbeat from a timeout, it is one.
    fn silence(&self, asked: &Asked) -> Option<What> {
        let told_apart = asked.times_out || self.0.contains(HEARTBEAT_TIMEOUT);
        match asked.needs_heartbeats && told_apart {
            true => Some(What::NoHeartbeat),
            false => (asked.ends_by_itself() || waits_for_somebody(&asked.resource))
                .then_some(What::Silence),
        }
    }
}

/// What may go wrong in a task that was asked for something.
pub(super) fn of(state: &str, asked: &Asked, handled: &Handled) -> Vec<Fault> {
    let fault = |what| Fault {
        state: state.to_owned(),
        what,
    };
    let errors = handled.errors(asked).into_iter();
    let mut all: Vec<Fault> = errors
        .map(|error| fault(What::Error { error, once: false }))
        .collect();
    all.extend(handled.silence(asked).map(fault));
    let paths = answer_root(asked).map_or_else(Vec::new, |root| parts(asked, &root));
    all.extend(
        paths
            .into_iter()
            .map(|(path, documented)| fault(What::Missing { path, documented })),
    );
    let lists = lists::of(asked).into_iter();
    let lists = lists.map(|(path, documented)| What::Empty { path, documented });
    all.extend(lists.map(fault));
    all.extend((asked.written > 0).then(|| fault(What::NotWritten { once: false })));
    all
}

/// The parts of a field that is missed.
pub(super) fn below(state: &str, path: &[Step], asked: &Asked) -> impl Iterator<Item = Fault> {
    let members = { asked.success.as_ref() }
        .map_or_else(Vec::new, |success| fields::members(success.value(), path));
    let state = state.to_owned();
    members
        .into_iter()
        .take(MOST_MEMBERS)
        .map(move |path| Fault {
            state: state.clone(),
            what: What::Missing {
                path,
                documented: false,
            },
        })
}

/// So many members of one object are tried.
const MOST_MEMBERS: usize = 50;

/// The fields that may be missing, and whether the API says so.
fn parts(asked: &Asked, root: &[Step]) -> Vec<(Vec<Step>, bool)> {
    let Some(success) = &asked.success else {
        return Vec::new();
    };
    let members = fields::members(success.value(), root)
        .into_iter()
        .take(MOST_MEMBERS);
    let ResourceKind::Service {
        resource,
        resource_type,
        pattern: Pattern::RequestResponse,
    } = &asked.resource.kind
    else {
        return members.map(|path| (path, false)).collect();
    };
    if asked.resource.answers_with_payload() {
        return members.map(|path| (path, false)).collect();
    }
    // What an API always has is not missing.
    let service = resource_type
        .strip_prefix("aws-sdk:")
        .unwrap_or(resource_type);
    let optional = |path: &Vec<Step>| {
        OPTIONAL.iter().any(|(of, action, member)| {
            *of == service && action == resource && path == &[Step::Member((*member).to_owned())]
        })
    };
    members.filter(optional).map(|path| (path, true)).collect()
}

pub(super) fn calls_lambda(resource: &Resource) -> bool {
    match &resource.kind {
        ResourceKind::LambdaFunction => true,
        ResourceKind::Service { resource_type, .. } => resource_type == "lambda",
        ResourceKind::Activity | ResourceKind::Other => false,
    }
}

/// Whether only somebody else ends it.
pub(super) fn waits_for_somebody(resource: &Resource) -> bool {
    matches!(
        &resource.kind,
        ResourceKind::Activity
            | ResourceKind::Service {
                pattern: Pattern::WaitForTaskToken,
                ..
            }
    )
}

impl Fault {
    /// What a task gets because of it, if it is one of its attempts. `attempt` counts those of the state in the execution.
    pub(super) fn answer(&self, attempt: usize, usual: TaskEnd) -> TaskEnd {
        let failure = |error: &str| {
            TaskEnd::Done(Err(TaskError {
                error: error.to_owned(),
                cause: CAUSE.to_owned(),
            }))
        };
        match &self.what {
            What::Error { once: true, .. } | What::NotWritten { once: true } if attempt > 0 => {
                usual
            }
            What::Error { error, .. } => failure(error),
            What::NotWritten { .. } => failure(RESULT_WRITER_FAILED),
            What::Silence | What::NoHeartbeat => TaskEnd::Never,
            What::Missing { .. } | What::Empty { .. } => match usual {
                TaskEnd::Done(Ok(answer)) => TaskEnd::Done(Ok(self.changed(&answer))),
                other => other,
            },
        }
    }

    /// The same fault for one attempt, if more were made because of it.
    pub(super) fn once(&self, asked: Option<&Asked>) -> Option<Self> {
        let what = match &self.what {
            What::Error { error, once: false } => What::Error {
                error: error.clone(),
                once: true,
            },
            What::NotWritten { once: false } => What::NotWritten { once: true },
            _ => return None,
        };
        let retried = asked.is_some_and(|asked| asked.retried || asked.written > 1);
        retried.then(|| Self {
            state: self.state.clone(),
            what,
        })
    }

    /// Whether it befalls what writes the results of a Map, and not what reads or handles its items.
    pub(super) fn is_of_writing(&self) -> bool {
        matches!(self.what, What::NotWritten { .. })
    }

    /// The answers that a mock gives, to let it happen in a test: what `result` and `error` of a mock are.
    pub(super) fn mocks(&self, asked: Option<&Asked>) -> Vec<Result<Value, String>> {
        let usual = || {
            let success = asked?.success.as_ref()?;
            Some(asked?.written(success))
        };
        match &self.what {
            What::Error { error, once: false } => vec![Err(error.clone())],
            What::Error { error, once: true } => {
                let mut answers = vec![Err(error.clone())];
                answers.extend(usual().map(Ok));
                answers
            }
            What::Silence => vec![Err(TIMEOUT.to_owned())],
            What::NoHeartbeat => vec![Err(HEARTBEAT_TIMEOUT.to_owned())],
            // A mock of a Map takes the place of its items.
            What::NotWritten { .. } => Vec::new(),
            What::Missing { .. } | What::Empty { .. } => {
                let changed = asked.and_then(|asked| {
                    let success = asked.success.as_ref()?;
                    Some(asked.written(&self.changed(success)))
                });
                changed.map(Ok).into_iter().collect()
            }
        }
    }

    /// An answer without what it lacks.
    fn changed(&self, answer: &Payload) -> Payload {
        let mut value = answer.value().clone();
        match &self.what {
            What::Missing { path, .. } => fields::remove(&mut value, path),
            What::Empty { path, .. } => lists::empty(&mut value, path),
            What::Error { .. } | What::Silence | What::NoHeartbeat | What::NotWritten { .. } => {}
        }
        Payload::from(value)
    }
}

/// What an injected error says of itself.
pub(super) const CAUSE: &str = "txflow explore";
