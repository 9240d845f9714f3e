//! One entry into a state.

use anyhow::Result;
use serde_json::Value;
use txflow_asl::fork::{is_own, original};
use txflow_asl::walk::{all_states, placed_states};

use super::execution::{StageUrls, named, state_url, url};
use super::waiting::waiting;
use crate::commands::ui::problem::Missing;
use crate::commands::ui::runs::shown;
use crate::commands::ui::site::{Call, Live, Ui};
use crate::commands::ui::stage::Stage;
use crate::config::MachineName;
use crate::executions::{Failure, Outcome, Run, Tree, shown_call};
use crate::logs::{self, readable};
use crate::page::data_flow::data_flow;
use crate::page::view::Section;
use crate::page::view::state::{AttemptLogs, LogLine, State, state as content};
use crate::page::view::timeline::{Timeline, rows_inside};
use crate::page::{Reply, Url};

/// The state with its data, its failures and its logs.
pub(in crate::commands::ui) async fn show(ui: &Ui, call: &Call<'_>) -> Result<Reply> {
    let stage = &call.stage;
    let named = named(call);
    let read = ui.runs.read(stage, &named.arn).await?;
    let run = shown(stage, &read);
    let missing = || Missing("This execution has not entered such a state.".to_owned());
    let tree = run.tree().ok_or_else(missing)?;
    let index = call.part(2).parse().ok();
    let index = index.filter(|index: &usize| *index < tree.states().len());
    let index = index.ok_or_else(missing)?;
    let definition = ui.runs.definition(stage, &named.arn).await?;
    let state = tree.state(index);
    let execution = url(call);
    let (logs, logs_problem) = match logs(stage, &read, index).await {
        Ok(logs) => (logs, None),
        // The rest is known all the same.
        Err(error) => (Vec::new(), Some(ui.problem(&error))),
    };
    let machine = named.machine.as_ref();
    let forks = machine.is_some_and(|machine| !stage.is_express(machine));
    // Inside of another state, a fork goes on where something did not succeed.
    let is_open = matches!(tree.outcome(index), Outcome::Failed | Outcome::Aborted);
    let can_fork = forks && (state.parent.is_none() || is_open);
    let waiting = waiting(ui, &run, &definition);
    let waiting = waiting.iter().any(|task| task.state == index);
    let is_of_workflow = |index: &usize| !is_own(&tree.state(*index).name);
    let view = State {
        run: &run,
        state,
        outcome: tree.outcome(index),
        ended: tree.ended(index).or(run.stopped),
        place: place(stage, named.machine.as_ref(), &state.name),
        around: around(&tree, index, &execution),
        flow: data_flow(&definition, &run, index),
        call: shown_call(state, &definition),
        failure: (tree.failed() == Some(index) && state.failures().next().is_none())
            .then(|| failure(&run))
            .flatten(),
        rows: rows_inside(&run, &tree, index),
        timeline: Timeline {
            run: &run,
            now: ui.now(),
            urls: &StageUrls(stage),
        },
        logs,
        logs_page: call.request.query.number("logs").unwrap_or(1),
        logs_problem,
        previous: { (0..index).rev() }
            .find(is_of_workflow)
            .map(|index| state_url(&execution, index)),
        next: (index + 1..tree.states().len())
            .find(is_of_workflow)
            .map(|index| state_url(&execution, index)),
        fork: can_fork.then(|| execution.clone().at("fork").with("from", &state.name)),
        answer: waiting.then(|| format!("{execution}#waiting")),
        definition: written(&original(&definition), &state.name),
        url: state_url(&execution, index),
        execution,
        now: ui.now(),
    };
    let title = format!("{} · {}", state.name, run.name());
    let live = (!run.status.is_ended()).then(|| Live {
        url: stage.url(["live", "executions", call.part(0), call.part(1)]),
        current: Some(ui.runs.current(&named.arn, &read)),
    });
    let content = content(&view);
    Ok(ui.live_page(call, Section::Executions, &title, live, &content))
}

/// What the handler logged in each attempt, as far as there is a handler.
async fn logs(stage: &Stage, run: &Run, index: usize) -> Result<Vec<AttemptLogs>> {
    let (aws, stack) = (&stage.session.aws, &stage.session.stack);
    let attempts = run
        .history
        .iter()
        .flat_map(|history| &history.states[index].attempts);
    if !attempts
        .clone()
        .any(|attempt| logs::group_of(attempt).is_some())
    {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    let lines = logs::of_state(aws, stack, run, index).await?;
    for (at, lines) in lines.into_iter().enumerate() {
        let lines = lines.into_iter().map(|line| LogLine {
            time: line.time,
            text: stage.secrets().mask(&readable(&line.message)).into_owned(),
        });
        found.push(AttemptLogs {
            number: at + 1,
            lines: lines.collect(),
        });
    }
    Ok(found)
}

fn failure(run: &Run) -> Option<Failure> {
    Some(Failure {
        error: run.error.clone()?,
        cause: run.cause.clone().unwrap_or_default(),
    })
}

/// Where the definition of the project has the state, which may be another one than the execution ran.
fn place(stage: &Stage, machine: Option<&MachineName>, state: &str) -> Option<String> {
    let deployment = stage.session.deployment.as_ref()?;
    let definition = &deployment.state_machines.get(machine?)?.definition;
    let states = placed_states(&definition.template);
    let found = states
        .iter()
        .find(|placed| placed.names.last() == Some(&state))?;
    let place = definition.text.key_place(&found.pointer)?;
    Some(format!("{}:{}", definition.path.display(), place.line))
}

/// The states that it runs inside of, from the outer one.
fn around(tree: &Tree<'_>, index: usize, execution: &Url) -> Vec<(String, Url)> {
    let around = std::iter::successors(tree.state(index).parent, |parent| {
        tree.state(*parent).parent
    });
    let mut around: Vec<_> = around
        .map(|parent| {
            (
                tree.state(parent).name.clone(),
                state_url(execution, parent),
            )
        })
        .collect();
    around.reverse();
    around
}

/// The state as the execution's definition has it.
fn written(definition: &Value, name: &str) -> Option<Value> {
    let mut states = all_states(definition);
    let (_, state) = states.find(|(known, _)| *known == name)?;
    Some(state.clone())
}
