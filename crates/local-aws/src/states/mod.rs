//! Step Functions: state machines, their versions and aliases, their executions, and activities.

mod activities;
mod aliases;
mod arn;
mod caller;
mod create;
mod definition;
mod delete;
mod describe;
mod executions;
mod http_tasks;
mod integrations;
mod jobs;
mod logging;
mod machine;
mod managed_rules;
mod map_data;
mod permissions;
mod publish;
mod role_calls;
mod running_job;
mod sdk_values;
mod service_calls;
mod service_errors;
mod tags;
mod test_state;
mod update;
mod validate;

use std::sync::Arc;

use self::activities::Activity;
use self::executions::Executions;
use self::integrations::Integrations;
use self::machine::StateMachine;
use crate::call_log::OnEnd;
use crate::conditions::Conditions;
use crate::events::Connections;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::api::{Api, Protocol};
use crate::http::call::Call;
use crate::iam::Iam;
use crate::lambda::Lambda;
use crate::logs::Logs;
use crate::mocks::MockStore;
use crate::peers::Peers;
use crate::permission::Permission;
use crate::s3::S3;
use crate::service::Operations;
use crate::store::{Durable, Store, StoreError};
use crate::timing::Time;

/// The name of the service in trust policies.
const SERVICE: &str = "states.amazonaws.com";

const API: Api = Api {
    name: "states",
    protocol: Protocol::Json {
        target: "AWSStepFunctions",
        content_type: "application/x-amz-json-1.0",
        error_type,
    },
};

pub(crate) struct States {
    /// By ARN.
    machines: Durable<StateMachine>,
    /// By ARN.
    activities: Durable<Activity>,
    store: Arc<Store>,
    iam: Arc<Iam>,
    logs: Arc<Logs>,
    executions: Arc<Executions>,
    integrations: Integrations,
    mocks: Arc<MockStore>,
    conditions: Arc<Conditions>,
}

/// What Step Functions is made from.
pub(crate) struct Parts {
    pub(crate) store: Arc<Store>,
    /// Says which roles Step Functions can assume, and what they allow.
    pub(crate) iam: Arc<Iam>,
    /// Takes the logs of executions.
    pub(crate) logs: Arc<Logs>,
    /// What tasks invoke.
    pub(crate) functions: Arc<Lambda>,
    /// Where distributed Maps read items and write results.
    pub(crate) objects: Arc<S3>,
    /// What other tasks call.
    pub(crate) peers: Arc<Peers>,
    /// What HTTP tasks authenticate with.
    pub(crate) connections: Arc<Connections>,
    pub(crate) mocks: Arc<MockStore>,
    pub(crate) conditions: Arc<Conditions>,
    pub(crate) time: Time,
    pub(crate) on_end: Option<OnEnd>,
}

impl States {
    pub(crate) fn load(parts: Parts) -> Result<States, StoreError> {
        Ok(States {
            machines: Durable::load(&parts.store, &parts.conditions, "state-machine")?,
            activities: Durable::load(&parts.store, &parts.conditions, "activity")?,
            store: parts.store,
            executions: Arc::new(Executions::new(
                parts.time,
                Arc::clone(&parts.conditions),
                parts.on_end,
            )),
            integrations: Integrations {
                iam: Arc::clone(&parts.iam),
                functions: parts.functions,
                objects: parts.objects,
                peers: parts.peers,
                connections: parts.connections,
                conditions: Arc::clone(&parts.conditions),
            },
            iam: parts.iam,
            logs: parts.logs,
            mocks: parts.mocks,
            conditions: parts.conditions,
        })
    }
}

impl Operations for States {
    const API: &'static Api = &API;

    fn permissions(&self, call: &Call) -> Option<Vec<Permission>> {
        permissions::needed(call)
    }

    async fn dispatch(self: &Arc<Self>, call: &Call) -> Result<Answer, Fault> {
        match call.operation.as_str() {
            "CreateStateMachine" => self.create_state_machine(call).await,
            "UpdateStateMachine" => self.update_state_machine(call).await,
            "DescribeStateMachine" => self.describe_state_machine(call),
            "ListStateMachines" => self.list_state_machines(call),
            "DeleteStateMachine" => self.delete_state_machine(call).await,
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
            "StartExecution" => self.start_execution(call).await,
            "StartSyncExecution" => self.start_sync_execution(call).await,
            "DescribeExecution" => self.describe_execution(call),
            "DescribeStateMachineForExecution" => self.describe_state_machine_for_execution(call),
            "ListExecutions" => self.list_executions(call),
            "GetExecutionHistory" => self.get_execution_history(call).await,
            "StopExecution" => self.stop_execution(call).await,
            "ListMapRuns" => self.list_map_runs(call).await,
            "DescribeMapRun" => self.describe_map_run(call).await,
            "UpdateMapRun" => self.update_map_run(call).await,
            "RedriveExecution" => self.redrive_execution(call).await,
            "SendTaskSuccess" => self.send_task_success(call).await,
            "SendTaskFailure" => self.send_task_failure(call).await,
            "SendTaskHeartbeat" => self.send_task_heartbeat(call).await,
            "CreateActivity" => self.create_activity(call).await,
            "DescribeActivity" => self.describe_activity(call),
            "ListActivities" => self.list_activities(call),
            "DeleteActivity" => self.delete_activity(call).await,
            "GetActivityTask" => self.get_activity_task(call).await,
            "TestState" => self.test_state(call).await,
            operation => Err(Fault::not_implemented("states", operation)),
        }
    }

    fn deployed(&self) -> Vec<String> {
        let now = self.conditions.now();
        let machines = self.machines.list("").into_iter();
        let machines = machines.filter(|(_, machine)| !machine.deleted(now));
        machines
            .map(|(arn, machine)| format!("state machine {arn}{}", machine.aliases_text()))
            .collect()
    }

    async fn recover(self: &Arc<Self>) -> Result<(), StoreError> {
        self.end_interrupted().await
    }

    /// Abandons all executions. The next start records that they were aborted.
    fn stop(&self) {
        self.executions.abandon();
    }
}

/// Step Functions qualifies the names of its errors.
fn error_type(code: &str) -> String {
    let namespace = match code {
        "MissingAuthenticationTokenException" | "IncompleteSignatureException" => {
            "com.amazon.coral.service"
        }
        "ValidationException"
        | "AccessDeniedException"
        | "SerializationException"
        | "NotImplemented"
        | "InternalFailure" => "com.amazon.coral.validate",
        _ => "com.amazonaws.swf.service.v2.model",
    };
    format!("{namespace}#{code}")
}
