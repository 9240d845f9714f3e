pub(crate) struct Environment;
pub(crate) struct EvaluationError;
