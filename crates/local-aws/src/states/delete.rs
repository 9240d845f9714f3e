//! DeleteStateMachine: starts at once, finishes later.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;

use super::States;
use super::arn::{MachineArn, executions};
use super::machine::{StateMachine, validation};
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::store::{Change, Table};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeleteStateMachine {
    #[serde(default)]
    state_machine_arn: String,
}

impl States {
    pub(super) async fn delete_state_machine(
        self: &Arc<Self>,
        call: &Call,
    ) -> Result<Answer, Fault> {
        let request: DeleteStateMachine = call.json()?;
        let arn = MachineArn::parse(&request.state_machine_arn)?;
        if arn.qualifier.is_some() {
            return Err(validation(
                "The request must contain a state machine ARN, without a version or alias.",
            ));
        }
        // Deleting a state machine that does not exist succeeds.
        let Some(machine) = self.machine(&arn.arn).filter(|machine| !machine.deleting()) else {
            return Ok(Answer::json(json!({})));
        };
        let done = self.conditions.after(
            "state machine deletion",
            &arn.arn,
            self.conditions.weather().state_machine_deletion,
        );
        self.machines
            .change(|machines| {
                let mut machine = StateMachine::clone(&machine);
                machine.deleted_at = Some(done);
                machines.put(&arn.arn, machine);
                Ok(())
            })
            .await?;
        self.executions.stop_all_of(&arn.arn);
        tokio::spawn({
            let states = Arc::clone(self);
            async move {
                tokio::time::sleep(states.conditions.clock.until(done)).await;
                // Fails only if the disk fails; then the next start removes it.
                let _ = states.remove_deleted().await;
            }
        });
        Ok(Answer::json(json!({})))
    }

    /// Removes deleted state machines and their executions.
    pub(super) async fn remove_deleted(&self) -> Result<(), Fault> {
        let now = self.conditions.now();
        let deleted: Vec<_> = self
            .machines
            .list("")
            .into_iter()
            .filter(|(_, machine)| machine.deleted(now))
            .map(|(arn, _)| arn)
            .collect();
        for arn in deleted {
            let executions = executions(&arn);
            let remove = |table, prefix| Change::DeletePrefix { table, prefix };
            self.store
                .write(vec![
                    remove(Table::Executions, executions.clone()),
                    remove(Table::History, executions),
                    remove(Table::ExecutionIndex, format!("{arn}|")),
                ])
                .done()
                .await?;
            self.machines
                .change(|machines| {
                    // It may have been created again in the meantime.
                    if machines
                        .get(&arn)
                        .is_some_and(|machine| machine.deleted(now))
                    {
                        machines.remove(&arn);
                    }
                    Ok(())
                })
                .await?;
        }
        Ok(())
    }
}
