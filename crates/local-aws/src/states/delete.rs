//! DeleteStateMachine: starts at once, and finishes once no execution of the state machine runs any more.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;

use super::States;
use super::arn::{MachineArn, executions};
use super::machine::{StateMachine, validation};
use crate::clock::Millis;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::store::{Change, Table};

/// When a deletion is done that waits for executions: it is not known yet.
const UNTIL_ENDED: Millis = Millis::MAX;

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
        let done = match self.executions.is_running_any_of(&arn.arn) {
            true => UNTIL_ENDED,
            false => self.deletion_done(&arn.arn),
        };
        self.machines
            .change(|machines| {
                let mut machine = StateMachine::clone(&machine);
                machine.deleted_at = Some(done);
                machines.put(&arn.arn, machine);
                Ok(())
            })
            .await?;
        self.executions.end_all_of(&arn.arn);
        tokio::spawn({
            let states = Arc::clone(self);
            async move {
                // Fails only if the disk fails; then the next start removes it.
                let _ = states.finish_deletion(&arn.arn, done).await;
            }
        });
        Ok(Answer::json(json!({})))
    }

    fn deletion_done(&self, machine: &str) -> Millis {
        let takes = self.conditions.weather().state_machine_deletion;
        let now = self.conditions.now();
        self.conditions
            .after(now, "state machine deletion", machine, takes)
    }

    async fn finish_deletion(&self, machine: &str, mut done: Millis) -> Result<(), Fault> {
        if done == UNTIL_ENDED {
            self.executions.all_ended(machine).await;
            done = self.deletion_done(machine);
            self.set_deleted_at(machine, done).await?;
        }
        tokio::time::sleep(self.conditions.clock.until(done)).await;
        self.remove_deleted().await
    }

    async fn set_deleted_at(&self, arn: &str, done: Millis) -> Result<(), Fault> {
        self.machines
            .change(|machines| {
                if let Some(machine) = machines.get(arn).filter(|machine| machine.deleting()) {
                    let mut machine = StateMachine::clone(machine);
                    machine.deleted_at = Some(done);
                    machines.put(arn, machine);
                }
                Ok(())
            })
            .await
    }

    /// Finishes the deletions that waited for executions, none of which runs any more.
    pub(super) async fn finish_deletions(&self) -> Result<(), Fault> {
        for (arn, machine) in self.machines.list("") {
            if machine.deleted_at == Some(UNTIL_ENDED) {
                self.set_deleted_at(&arn, self.conditions.now()).await?;
            }
        }
        self.remove_deleted().await
    }

    /// Removes deleted state machines and their executions.
    async fn remove_deleted(&self) -> Result<(), Fault> {
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
