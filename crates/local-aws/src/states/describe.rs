//! DescribeStateMachine, ListStateMachines.

use serde::Deserialize;
use serde_json::{Value, json};

use super::States;
use super::arn::{self, MachineArn};
use super::machine::does_not_exist;
use crate::clock;
use crate::fault::{Constraints, Fault};
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::page::page;

/// What the lists of Step Functions share.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageInput {
    pub(super) max_results: Option<i64>,
    pub(super) next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribeStateMachine {
    #[serde(default)]
    state_machine_arn: String,
}

impl States {
    pub(super) fn describe_state_machine(&self, call: &Call) -> Result<Answer, Fault> {
        let request: DescribeStateMachine = call.json()?;
        let text = &request.state_machine_arn;
        let arn = MachineArn::parse(text)?;
        let machine = self
            .seen(&arn.arn, call.view)
            .ok_or_else(|| does_not_exist(text))?;
        let version = match &arn.qualifier {
            None => None,
            Some(qualifier) => {
                let number: u64 = qualifier.parse().map_err(|_| does_not_exist(text))?;
                Some((
                    number,
                    machine
                        .versions
                        .get(&number)
                        .ok_or_else(|| does_not_exist(text))?,
                ))
            }
        };
        Ok(Answer::json(machine.describe(version)))
    }

    pub(super) fn list_state_machines(&self, call: &Call) -> Result<Answer, Fault> {
        let request: PageInput = call.json()?;
        let now = self.conditions.now();
        let machines = self
            .machines
            .seen_list(&arn::machine(&call.scope, ""), call.view)
            .into_iter()
            .filter(|(_, machine)| !machine.deleted(now))
            .map(|(arn, machine)| {
                let shown = json!({
                    "stateMachineArn": machine.arn,
                    "name": machine.name,
                    "type": machine.kind,
                    "creationDate": clock::seconds(machine.created),
                });
                (arn, shown)
            })
            .collect();
        listed("stateMachines", machines, &request)
    }
}

/// A page of `items`, which are in key order, in the form of Step Functions' lists.
pub(super) fn listed(
    member: &str,
    items: Vec<(String, Value)>,
    input: &PageInput,
) -> Result<Answer, Fault> {
    let size = page_size(input)?;
    let (items, next) =
        page(items, input.next_token.as_deref(), size).map_err(|_| invalid_token())?;
    let items: Vec<_> = items.into_iter().map(|(_, item)| item).collect();
    let mut answer = json!({ member: items });
    if let Some(next) = next {
        answer["nextToken"] = json!(next);
    }
    Ok(Answer::json(answer))
}

/// AWS's default is 100, also for 0.
pub(super) fn page_size(input: &PageInput) -> Result<usize, Fault> {
    Constraints::default()
        .range("maxResults", input.max_results, 0, 1000)
        .check("ValidationException")?;
    Ok(match input.max_results {
        None | Some(0) => 100,
        Some(size) => usize::try_from(size).unwrap_or(100),
    })
}

pub(super) fn invalid_token() -> Fault {
    Fault::bad("InvalidToken", "Invalid Token: 'Invalid token'")
}
