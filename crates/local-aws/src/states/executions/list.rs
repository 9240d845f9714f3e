//! ListExecutions.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::fault::{Constraints, Fault};
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::page::{decode, encode};
use crate::states::States;
use crate::states::arn::MachineArn;
use crate::states::describe::{PageInput, invalid_token, page_size};
use crate::states::machine::{does_not_exist, validation};
use crate::store::Table;

/// How many entries are read at once to find those that match a filter.
const CHUNK: usize = 1000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListExecutions {
    state_machine_arn: Option<String>,
    map_run_arn: Option<String>,
    status_filter: Option<String>,
    redrive_filter: Option<String>,
    #[serde(flatten)]
    page: PageInput,
}

impl States {
    pub(in crate::states) fn list_executions(&self, call: &Call) -> Result<Answer, Fault> {
        let request: ListExecutions = call.json()?;
        let (machine, map_run) = (&request.state_machine_arn, &request.map_run_arn);
        let (Some(text), true) = (
            machine.as_ref().or(map_run.as_ref()),
            machine.is_none() || map_run.is_none(),
        ) else {
            return Err(validation(
                "Must specify exactly one of the following arguments: stateMachineArn, mapRunArn",
            ));
        };
        if let Some(status) = &request.status_filter {
            let known = [
                "RUNNING",
                "SUCCEEDED",
                "FAILED",
                "TIMED_OUT",
                "ABORTED",
                "PENDING_REDRIVE",
            ];
            Constraints::default()
                .one_of("statusFilter", status, &known)
                .check("ValidationException")?;
        }
        let size = page_size(&request.page)?;
        let arn = match map_run {
            Some(arn) => {
                self.map_run(arn)?;
                MachineArn::whole(arn)
            }
            None => MachineArn::parse(text)?,
        };
        let of_express = || {
            let machine = self.machine(&arn.arn).ok_or_else(|| does_not_exist(text))?;
            Ok(machine.kind == "EXPRESS")
        };
        if map_run.is_none() && of_express()? {
            let message = "This operation is not supported by this type of state machine";
            return Err(Fault::bad("StateMachineTypeNotSupported", message));
        }
        let fits = |entry: &Value| {
            let of_qualifier = arn.qualifier.is_none()
                || entry["stateMachineVersionArn"] == text.as_str()
                || entry["stateMachineAliasArn"] == text.as_str();
            let of_status = request
                .status_filter
                .as_deref()
                .is_none_or(|status| entry["status"] == status);
            let redriven = entry["redriveCount"].as_u64() > Some(0);
            let of_redrive = request
                .redrive_filter
                .as_deref()
                .is_none_or(|filter| (filter == "REDRIVEN") == redriven);
            of_qualifier && of_status && of_redrive
        };
        let prefix = format!("{}|", arn.arn);
        let mut from = request
            .page
            .next_token
            .as_deref()
            .map(decode)
            .transpose()
            .map_err(|_| invalid_token())?;
        if from.as_ref().is_some_and(|from| !from.starts_with(&prefix)) {
            return Err(invalid_token());
        }
        let filters = arn.qualifier.is_some()
            || request.status_filter.is_some()
            || request.redrive_filter.is_some();
        // One more than is asked for shows whether there is another page.
        let count = if filters { CHUNK } else { size + 1 };
        let mut found: Vec<Value> = Vec::new();
        // The first match that does not fit shows that there is another page, and where it starts.
        let mut next = None;
        'reading: loop {
            let chunk = self
                .store
                .scan(Table::ExecutionIndex, &prefix, from.as_deref(), count)?;
            let last = chunk.len() < count;
            // The next possible key is this one with a zero appended.
            from = chunk.last().map(|(key, _)| format!("{key}\0"));
            for (key, entry) in chunk {
                let entry: Value = serde_json::from_slice(&entry).map_err(Fault::storage)?;
                if !fits(&entry) {
                    continue;
                }
                if found.len() == size {
                    next = Some(key);
                    break 'reading;
                }
                found.push(entry);
            }
            if last {
                break;
            }
        }
        let mut answer = json!({ "executions": found });
        if let Some(next) = next {
            answer["nextToken"] = json!(encode(&next));
        }
        Ok(Answer::json(answer))
    }
}
