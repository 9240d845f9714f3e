//! Step Functions: state machines, their versions and aliases, and their executions.

mod aliases;
mod arn;
mod create;
mod definition;
mod delete;
mod describe;
mod executions;
mod integrations;
mod logging;
mod machine;
mod publish;
mod tags;
mod test_state;
mod update;
mod validate;

use std::sync::Arc;

use self::executions::Executions;
use self::machine::StateMachine;
use crate::aws::Aws;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::mocks::{MockStore, Mocks};
use crate::options::Time;
use crate::store::{Durable, Store, StoreError};

pub(crate) struct States {
    /// By ARN.
    machines: Durable<StateMachine>,
    store: Arc<Store>,
    executions: Executions,
    pub(crate) mocks: MockStore,
}

impl States {
    pub(crate) fn load(store: &Arc<Store>, time: Time, mocks: Mocks) -> Result<States, StoreError> {
        Ok(States {
            machines: Durable::load(store, "state-machine")?,
            store: Arc::clone(store),
            executions: Executions::new(time),
            mocks: MockStore::new(mocks),
        })
    }

    pub(crate) async fn serve(&self, aws: &Arc<Aws>, call: &Call) -> Result<Answer, Fault> {
        match call.operation.as_str() {
            "CreateStateMachine" => self.create_state_machine(aws, call).await,
            "UpdateStateMachine" => self.update_state_machine(aws, call).await,
            "DescribeStateMachine" => self.describe_state_machine(call),
            "ListStateMachines" => self.list_state_machines(call),
            "DeleteStateMachine" => self.delete_state_machine(aws, call).await,
            "PublishStateMachineVersion" => self.publish_state_machine_version(call).await,
            "ListStateMachineVersions" => self.list_state_machine_versions(call),
            "DeleteStateMachineVersion" => self.delete_state_machine_version(call).await,
            "CreateStateMachineAlias" => self.create_state_machine_alias(call).await,
            "DescribeStateMachineAlias" => self.describe_state_machine_alias(call),
            "UpdateStateMachineAlias" => self.update_state_machine_alias(call).await,
            "DeleteStateMachineAlias" => self.delete_state_machine_alias(call).await,
            "ListStateMachineAliases" => self.list_state_machine_aliases(call),
            "TagResource" => self.tag_resource(call).await,
            "UntagResource" => self.untag_resource(call).await,
            "ListTagsForResource" => self.list_tags_for_resource(call),
            "ValidateStateMachineDefinition" => validate::serve(call),
            "StartExecution" => self.start_execution(aws, call).await,
            "StartSyncExecution" => self.start_sync_execution(aws, call).await,
            "DescribeExecution" => self.describe_execution(call),
            "DescribeStateMachineForExecution" => self.describe_state_machine_for_execution(call),
            "ListExecutions" => self.list_executions(call),
            "GetExecutionHistory" => self.get_execution_history(call).await,
            "StopExecution" => self.stop_execution(call).await,
            "RedriveExecution" => self.redrive_execution(aws, call).await,
            "SendTaskSuccess" => self.send_task_success(call).await,
            "SendTaskFailure" => self.send_task_failure(call).await,
            "SendTaskHeartbeat" => self.send_task_heartbeat(call).await,
            "TestState" => self.test_state(aws, call).await,
            operation => Err(Fault::not_implemented("states", operation)),
        }
    }
}
