//! One execution.

use std::rc::Rc;

use anyhow::Result;
use serde_json::Value;
use txflow_asl::Arn;
use txflow_asl::fork::original;

use super::waiting::waiting;
use crate::commands::executions::{ForkedFrom, refuse_ended, refuse_redrive};
use crate::commands::state_machine::StateMachineOption;
use crate::commands::ui::problem::{Missing, NotHere};
use crate::commands::ui::runs::{Named, shown};
use crate::commands::ui::site::{Call, Live, Ui};
use crate::commands::ui::stage::Stage;
use crate::commands::ui::test_block::test_block;
use crate::config::{ExecutionStatus, MachineName};
use crate::executions::{self, Family, Run, StateRun, Status, is_fork};
use crate::graph::{Drawing, Graph, Paint, inline_svg, places};
use crate::page::view::Section;
use crate::page::view::execution::{Actions, Execution, ForkOf, execution};
use crate::page::view::timeline::{Timeline, Urls, page_of, rows};
use crate::page::view::waiting::waiting as waiting_view;
use crate::page::{Reply, Url};

/// The execution with its graph and its timeline.
pub(in crate::commands::ui) async fn show(ui: &Ui, call: &Call<'_>) -> Result<Reply> {
    let stage = &call.stage;
    let named = named(call);
    let read = ui.runs.read(stage, &named.arn).await?;
    let run = shown(stage, &read);
    let definition = ui.runs.definition(stage, &named.arn).await?;
    // One that is EXPRESS has its states only in its log.
    let tree = run.tree();
    let url = url(call);
    let state_url = |index: usize| state_url(&url, index);
    let rows = tree.as_ref().map_or(Vec::new(), |tree| rows(&run, tree));
    let failed = tree.as_ref().and_then(|tree| Some((tree.failed()?, tree)));
    let asked = call.request.query.number("rows");
    let page = asked
        .or_else(|| page_of(&rows, &run, failed?.0))
        .unwrap_or(1);
    let now = ui.now();
    let view = Execution {
        is_main: named.machine == Some(MachineName::Main),
        run: &run,
        fork: fork_of(ui, stage, &named, &run).await,
        started_by: started_by(ui, stage, &run),
        now,
        graph: graph(stage, &run, &definition, &state_url),
        rows,
        page,
        timeline: Timeline {
            run: &run,
            now,
            urls: &StageUrls(stage),
        },
        failed: failed.map(|(index, tree)| (state_url(index), tree.state(index))),
        actions: actions(ui, stage, &named, &run, &url),
        waiting: waiting_view(
            &waiting(ui, &run, &definition),
            &url.clone().at("answer"),
            ui.form(),
            &call.typed(),
        ),
        test: test_block(stage, &ui.test_names, named.machine.as_ref(), &run),
        url: url.clone(),
        executions: stage.url(["executions"]),
    };
    let [machine, name] = [call.part(0), call.part(1)];
    let live = Live {
        url: stage.url(["live", "executions", machine, name]),
        current: Some(ui.runs.current(&named.arn, &read)),
    };
    let content = execution(&view);
    Ok(ui.live_page(call, Section::Executions, run.name(), Some(live), &content))
}

/// What it is a fork of, with the pages of that.
async fn fork_of(ui: &Ui, stage: &Stage, named: &Named, run: &Run) -> Option<ForkOf> {
    let machine = named.machine.as_ref().filter(|_| is_fork(run.name()))?;
    let family = Family::of(run.name());
    let first = match family.origin() {
        Some(name) => {
            let arn = stage.session.stack.execution_arn(machine, name);
            let read = ui.runs.read(stage, &arn).await.ok();
            read.map(|read| shown(stage, &read))
        }
        None => None,
    };
    let forked = ForkedFrom::new(run, first.as_deref())?;
    let url_of = |name: &str| stage.execution_url(run.state_machine(), name);
    let state = |from: &str| {
        let states = &first.as_ref()?.history.as_ref()?.states;
        let is_it = |state: &StateRun| state.parent.is_none() && state.name == from;
        let index = states.iter().rposition(is_it)?;
        Some(state_url(&url_of(family.origin()?), index))
    };
    Some(ForkOf {
        execution: { forked.execution }.map(|name| (name.clone(), url_of(&name))),
        from: forked.from.map(|from| (from.clone(), state(&from))),
    })
}

/// The name and the page of the execution that started it.
fn started_by(ui: &Ui, stage: &Stage, run: &Run) -> Option<(String, Url)> {
    let arn = ui.runs.parent(run)?;
    let name = stage.secrets().mask(Arn::execution_name(&arn)).into_owned();
    Some((name, execution_url(stage, &arn)?))
}

/// Tells each change of it.
pub(in crate::commands::ui) async fn live(ui: &Ui, call: &Call<'_>) -> Result<Reply> {
    let newest = ui.runs.watch(&call.stage, &named(call).arn);
    Ok(ui.changes(call, newest))
}

/// Stops it.
pub(in crate::commands::ui) async fn stop(ui: &Ui, call: &Call<'_>) -> Result<Reply> {
    let named = own(ui, call, "executions stop")?;
    let stage = &call.stage;
    refuse_ended(&*ui.runs.refresh(stage, &named.arn).await?)?;
    let cause = Some("stopped on the page of txflow");
    let stopped = executions::stop(&stage.session.aws, &named.arn, cause).await?;
    ui.runs.refresh(stage, &named.arn).await?;
    // It may have ended by itself before the call came.
    if stopped.status != Status::Ended(ExecutionStatus::Aborted) {
        refuse_ended(&stopped)?;
    }
    Ok(Reply::see_other(&url(call)))
}

/// Runs it again from where it failed, on the definition that it was started on.
pub(in crate::commands::ui) async fn redrive(ui: &Ui, call: &Call<'_>) -> Result<Reply> {
    let named = own(ui, call, "executions redrive")?;
    let stage = &call.stage;
    let run = ui.runs.refresh(stage, &named.arn).await?;
    refuse_redrive(&stage.context, &run)?;
    executions::begin_redrive(&stage.session.aws, &named.arn).await?;
    ui.runs.refresh(stage, &named.arn).await?;
    Ok(Reply::see_other(&url(call)))
}

/// From the address of an action to the page with its form.
pub(in crate::commands::ui) async fn back(_: &Ui, call: &Call<'_>) -> Result<Reply> {
    Ok(Reply::see_other(&url(call)))
}

/// The execution that a path names.
pub(in crate::commands::ui) fn named(call: &Call<'_>) -> Named {
    Named::new(&call.stage, call.part(0), call.part(1))
}

/// One of the stack, in the embedded AWS: on AWS this page starts and forks, and nothing else.
fn own(ui: &Ui, call: &Call<'_>, command: &str) -> Result<Named> {
    let named = named(call);
    if !ui.is_local() {
        let command = call
            .stage
            .context
            .global
            .same_stack(&format!("txflow {command} {}", call.part(1)));
        return Err(NotHere { command }.into());
    }
    match named.machine {
        Some(_) => Ok(named),
        None => Err(Missing("This execution is not of this stack.".to_owned()).into()),
    }
}

/// The page of the execution that a path names.
pub(in crate::commands::ui) fn url(call: &Call<'_>) -> Url {
    call.stage.execution_url(call.part(0), call.part(1))
}

pub(in crate::commands::ui) fn state_url(execution: &Url, index: usize) -> Url {
    execution.clone().at("states").at(&index.to_string())
}

/// The page of an execution, if it is in the account and the region of the stage.
pub(in crate::commands::ui) fn execution_url(stage: &Stage, arn: &str) -> Option<Url> {
    let express = arn.split_once(":express:");
    let (account, named) = express.or_else(|| arn.split_once(":execution:"))?;
    let own = { &stage.session.stack }.execution_arn(&MachineName::Main, "");
    let (own_account, _) = own.split_once(":execution:")?;
    let mut names = named.split(':');
    let (machine, name) = (names.next()?, names.next()?);
    (account == own_account).then(|| stage.execution_url(machine, name))
}

/// The addresses of a stage that a timeline leads to.
pub(in crate::commands::ui) struct StageUrls<'a>(pub &'a Stage);

impl Urls for StageUrls<'_> {
    fn execution(&self, arn: &str) -> Option<Url> {
        execution_url(self.0, arn)
    }

    fn state(&self, arn: &str, index: usize) -> Option<Url> {
        Some(state_url(&self.execution(arn)?, index))
    }

    fn children(&self, arn: &str, index: usize) -> Option<Url> {
        Some(self.state(arn, index)?.at("children"))
    }
}

/// The graph, whose states lead to what ran last in each.
fn graph(
    stage: &Stage,
    run: &Run,
    definition: &Value,
    state_url: &dyn Fn(usize) -> Url,
) -> Result<Drawing, String> {
    let graph = Graph::of(&original(definition)).with_handlers_of(&stage.session.stack.prefix());
    let paint = Paint::new(&graph, run);
    let history = run.history.as_ref();
    let states = history.map_or(&[][..], |history| &history.states);
    let places = places(&graph, states);
    let link = |state: usize| {
        let last = places.iter().rposition(|place| *place == Some(state))?;
        Some(state_url(last).to_string())
    };
    inline_svg(&graph, Some(&paint), &link).map_err(|cause| cause.to_string())
}

fn actions<'a>(ui: &'a Ui, stage: &Stage, named: &Named, run: &Run, url: &Url) -> Actions<'a> {
    let Some(machine) = &named.machine else {
        return Actions {
            form: ui.form(),
            stop: None,
            redrive: None,
            fork: None,
            start: None,
            commands: Vec::new(),
        };
    };
    let running = run.status == Status::Running;
    let unsuccessful =
        run.status.is_ended() && run.status != Status::Ended(ExecutionStatus::Succeeded);
    let is_standard = !stage.is_express(machine);
    let (running, unsuccessful) = (running && is_standard, unsuccessful && is_standard);
    let post = |what: &str, can: bool| (can && ui.is_local()).then(|| url.clone().at(what));
    let command = |what: &str| {
        let option = StateMachineOption::shown(machine);
        let command = format!("txflow executions {what} {}{option}", run.name());
        stage.context.global.same_stack(&command)
    };
    let commands = [("stop", running), ("redrive", unsuccessful)];
    let commands = commands
        .into_iter()
        .filter(|(_, can)| *can && !ui.is_local());
    let start = stage.start_url(machine).with("execution", run.name());
    Actions {
        form: ui.form(),
        stop: post("stop", running),
        redrive: post("redrive", unsuccessful),
        // Before the first state there is none to run from.
        fork: (is_standard && run.tree().is_some_and(|tree| !tree.inside(None).is_empty()))
            .then(|| url.clone().at("fork")),
        start: Some(start),
        commands: commands.map(|(what, _)| command(what)).collect(),
    }
}

/// The execution that a path names, for its states.
pub(in crate::commands::ui) async fn run(ui: &Ui, call: &Call<'_>) -> Result<Rc<Run>> {
    let run = ui.runs.read(&call.stage, &named(call).arn).await?;
    Ok(shown(&call.stage, &run))
}
