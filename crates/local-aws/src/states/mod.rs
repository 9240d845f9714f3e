//! placeholder
use std::sync::Arc;
use crate::aws::Aws;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::mocks::Mocks;
use crate::options::Time;
use crate::store::{Store, StoreError};
pub(crate) struct States;
impl States {
    pub(crate) fn load(_: &Arc<Store>, _: Time, _: Mocks) -> Result<States, StoreError> { Ok(States) }
    pub(crate) async fn abort_interrupted(&self) -> Result<(), StoreError> { Ok(()) }
    pub(crate) fn stop(&self) {}
    pub(crate) async fn serve(&self, _: &Arc<Aws>, call: &Call) -> Result<Answer, Fault> { Err(Fault::not_implemented("states", &call.operation)) }
}
