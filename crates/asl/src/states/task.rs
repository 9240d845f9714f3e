use std::sync::Arc;

use serde_json::Value;

use super::Action;
use crate::Payload;
use crate::definition::{DefinitionError, Dynamic, Fields, Pattern, Resource, ResourceKind};
use crate::evaluation::Place;
use crate::failure::Failure;
use crate::flow::Visit;
use crate::integrations::{must_be_text, wrongly_typed};
use crate::quantity::Quantity;
use crate::template::Template;

/// Calls a resource.
#[derive(Debug)]
pub struct Task {
    pub resource: Arc<Resource>,
    /// Seconds until `States.Timeout`.
    pub timeout: Option<Dynamic<f64>>,
    /// The maximum time between two heartbeats, in seconds.
    pub heartbeat: Option<Dynamic<f64>>,
    pub credentials: Option<Template>,
}

impl Task {
    pub(crate) fn parse(fields: &Fields) -> Result<Self, DefinitionError> {
        Ok(Self {
            resource: Arc::new(Resource::parse(fields.required_string("Resource")?)),
            timeout: Dynamic::number(fields, "TimeoutSeconds")?,
            heartbeat: Dynamic::number(fields, "HeartbeatSeconds")?,
            credentials: fields.template("Credentials")?,
        })
    }
}

/// What a Task requests.
#[derive(Clone, Debug)]
pub(crate) struct TaskStart {
    pub(crate) parameters: Payload,
    /// In seconds, like `heartbeat`.
    pub(crate) timeout: Option<u64>,
    pub(crate) heartbeat: Option<u64>,
    pub(crate) credentials: Option<Arc<Value>>,
}

impl Task {
    /// Whether the task gets a token with which someone reports its end.
    pub(crate) fn has_token(&self) -> bool {
        match self.resource.kind {
            ResourceKind::Activity => true,
            // What a `.sync` task has started may report its end before it ends itself.
            ResourceKind::Service { pattern, .. } => pattern != Pattern::RequestResponse,
            ResourceKind::LambdaFunction | ResourceKind::Other => false,
        }
    }

    pub(crate) fn run(&self, visit: Visit) -> Result<Action<'static>, Failure> {
        if self.resource.kind == ResourceKind::Other {
            return Err(Failure::runtime(format!(
                "The resource '{}' is not the ARN of a function, an activity or a service integration",
                self.resource.arn,
            )));
        }
        let effective = visit.effective_input()?;
        let parameters = visit.arguments(&effective)?;
        self.check_types(&parameters)?;
        let evaluation = visit.evaluation(&effective);
        let seconds = |source: &Option<Dynamic<f64>>, quantity| {
            let seconds = evaluation.optional_quantity(source.as_ref(), quantity);
            seconds.map(|seconds| seconds.map(whole_seconds))
        };
        let timeout = seconds(&self.timeout, Quantity::TimeoutSeconds)?;
        let heartbeat = seconds(&self.heartbeat, Quantity::HeartbeatSeconds)?;
        let credentials = match &self.credentials {
            None => None,
            Some(template) => Some(evaluation.template(template, Place::field("Credentials"))?),
        };
        Ok(Action::Task(TaskStart {
            parameters,
            timeout,
            heartbeat,
            credentials: credentials.map(Arc::new),
        }))
    }
}

impl Task {
    /// Step Functions does not send a request of an optimized integration whose fields have wrong types.
    fn check_types(&self, parameters: &Payload) -> Result<(), Failure> {
        let ResourceKind::Service {
            resource_type,
            resource,
            ..
        } = &self.resource.kind
        else {
            return Ok(());
        };
        let Some(request) = parameters.value().as_object() else {
            return Ok(());
        };
        let wrong = wrongly_typed(resource_type, resource, request);
        if wrong.is_empty() {
            return Ok(());
        }
        let wrong: Vec<String> = wrong.into_iter().map(must_be_text).collect();
        Err(Failure::runtime(format!(
            "The Parameters '{}' could not be used to start the Task: [{}]",
            parameters.text(),
            wrong.join(", ")
        )))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates"
)]
fn whole_seconds(seconds: f64) -> u64 {
    seconds as u64
}
