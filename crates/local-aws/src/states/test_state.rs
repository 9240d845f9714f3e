//! TestState: not yet.

use std::sync::Arc;

use super::States;
use crate::aws::Aws;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;

impl States {
    pub(super) async fn test_state(&self, _: &Arc<Aws>, call: &Call) -> Result<Answer, Fault> {
        Err(Fault::not_implemented("states", &call.operation))
    }
}
