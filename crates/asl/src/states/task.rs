use std::sync::Arc;

use crate::definition::{DefinitionError, Dynamic, Fields, Resource};
use crate::template::Template;

/// Has a resource do something.
#[derive(Debug)]
pub struct Task {
    pub resource: Arc<Resource>,
    /// Seconds until `States.Timeout`.
    pub timeout: Option<Dynamic<f64>>,
    /// The longest time between two heartbeats, in seconds.
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
