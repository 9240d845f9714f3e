use crate::definition::{DefinitionError, Dynamic, Fields};
use crate::failure::{Failure, Origin};
use crate::flow::Visit;

/// Ends the execution, or the branch that it is in, with an error.
#[derive(Debug)]
pub struct Fail {
    pub error: Option<Dynamic<String>>,
    pub cause: Option<Dynamic<String>>,
}

impl Fail {
    pub(crate) fn parse(fields: &Fields) -> Result<Self, DefinitionError> {
        Ok(Self {
            error: Dynamic::text(fields, "Error")?,
            cause: Dynamic::text(fields, "Cause")?,
        })
    }
}

impl Fail {
    /// The failure to end with: the declared one, or that of a field that cannot be evaluated.
    pub(crate) fn failure(&self, visit: Visit) -> Failure {
        let effective = match visit.effective_input() {
            Ok(effective) => effective,
            Err(failure) => return failure,
        };
        let evaluation = visit.evaluation(&effective);
        let text = |field: &Option<Dynamic<String>>, name| {
            let field = field.as_ref().map(|field| evaluation.text(field, name));
            field.transpose()
        };
        let failure = text(&self.error, "Error").and_then(|error| {
            let cause = text(&self.cause, "Cause")?;
            Ok(Failure {
                error,
                cause,
                origin: Origin::Work,
            })
        });
        failure.unwrap_or_else(|failure| failure)
    }
}
