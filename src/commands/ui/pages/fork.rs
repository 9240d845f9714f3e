//! Runs an execution again from a state, with an edited input.

use std::borrow::Cow;

use anyhow::Result;
use serde_json::Value;
use txflow_asl::fork::{ForkError, is_own};

use super::execution::{execution_url, named, run, url};
use super::waiting::document;
use crate::commands::executions::{Possible, possible};
use crate::commands::ui::problem::{Missing, Wrong};
use crate::commands::ui::site::{Call, Ui};
use crate::config::ExecutionStatus;
use crate::executions::{Run, Status};
use crate::page::view::Section;
use crate::page::view::edit::{Choice, Edit, choose, edit};
use crate::page::view::parts::{editable, sentence};
use crate::page::view::problem::Problem;
use crate::page::{Reply, Url};
use crate::world::Secrets;

/// The form with the recorded input of the state; without a state that of the one that failed, if there is one.
pub(in crate::commands::ui) async fn form(ui: &Ui, call: &Call<'_>) -> Result<Reply> {
    let from = call.request.query.get("from");
    match first(call, from).await {
        Ok(Ok(fork)) => Asked::of(&fork).shown(ui, call).await,
        Ok(Err(obstacle)) => {
            asked_again(from, &obstacle, call.stage.secrets())
                .shown(ui, call)
                .await
        }
        Err(error) => {
            let asked = Asked {
                from,
                problem: Some(ui.problem(&error)),
                ..Asked::default()
            };
            asked.shown(ui, call).await
        }
    }
}

/// Starts the fork.
pub(in crate::commands::ui) async fn fork(ui: &Ui, call: &Call<'_>) -> Result<Reply> {
    let form = &call.request.form;
    let from = form.get("from");
    let text = form.get("input").unwrap_or_default();
    let begun: Result<Result<String, ForkError>> = async {
        ui.check_confirmed(call)?;
        let input = document(form, "input")?;
        match prepared(call, from, Some(input)).await? {
            Ok(fork) => Ok(Ok(fork.start().await?)),
            Err(obstacle) => Ok(Err(obstacle)),
        }
    }
    .await;
    let problem = match begun {
        Ok(Ok(arn)) => {
            let fork = execution_url(&call.stage, &arn);
            return Ok(Reply::see_other(&fork.unwrap_or_else(|| url(call))));
        }
        Ok(Err(obstacle)) => explained(&obstacle, call.stage.secrets()),
        Err(error) => ui.problem(&error),
    };
    // What the form said before stays true, whatever was typed.
    let recorded = prepared(call, from, None).await;
    let recorded = recorded.ok().and_then(Result::ok);
    let before = recorded.as_ref().map(Asked::of).unwrap_or_default();
    let input = match before.inside {
        Some(_) => before.input,
        None => Some(text.into()),
    };
    Asked {
        from,
        input,
        problem: Some(problem),
        ..before
    }
    .shown(ui, call)
    .await
}

/// What the form begins with. If an execution cannot go on inside of the state that failed, all of that is run again, unless
/// somebody has asked for something else.
async fn first(call: &Call<'_>, from: Option<&str>) -> Result<Result<Possible, ForkError>> {
    let obstacle = match prepared(call, from, None).await? {
        Ok(fork) => return Ok(Ok(fork)),
        Err(obstacle) => obstacle,
    };
    let around = match (from, &obstacle) {
        (None, ForkError::SucceededInside { around, .. })
        | (None, ForkError::NotExact { state: around, .. }) => around,
        _ => return Ok(Err(obstacle)),
    };
    Ok(match prepared(call, Some(around), None).await? {
        Ok(mut whole) => {
            let why = format!("{obstacle}, so all of it runs again");
            whole.notes.push(why);
            Ok(whole)
        }
        Err(_) => Err(obstacle),
    })
}

async fn prepared(
    call: &Call<'_>,
    from: Option<&str>,
    input: Option<Value>,
) -> Result<Result<Possible, ForkError>> {
    let named = named(call);
    let machine = named
        .machine
        .ok_or_else(|| Missing("This execution is not of this stack.".to_owned()))?;
    let stage = &call.stage;
    if stage.is_express(&machine) {
        let why = "AWS keeps no history of an EXPRESS execution, so it cannot be run again from a state; start it with an edited input instead";
        return Err(Wrong(why.to_owned()).into());
    }
    possible(
        &stage.context,
        stage.session.clone(),
        machine,
        &named.arn,
        from,
        input,
    )
    .await
}

/// What the form shows.
#[derive(Default)]
struct Asked<'a> {
    from: Option<&'a str>,
    /// `None` if a state has to be chosen first.
    input: Option<Cow<'a, str>>,
    /// The state whose recorded input it is, if it can have no other.
    inside: Option<&'a str>,
    notes: Vec<String>,
    problem: Option<Problem>,
}

/// Somebody who has chosen no state yet has done nothing wrong.
fn asked_again<'a>(from: Option<&'a str>, obstacle: &ForkError, secrets: &Secrets) -> Asked<'a> {
    let why = explained(obstacle, secrets);
    let is_open = matches!(
        obstacle,
        ForkError::Succeeded
            | ForkError::Running
            | ForkError::NoneFailed
            | ForkError::FailState { .. }
    );
    match (from, is_open) {
        (None, true) => Asked {
            notes: vec![format!("{} {}", why.message, why.hint.unwrap_or_default())],
            ..Asked::default()
        },
        _ => Asked {
            from,
            // What is not recorded can be entered.
            input: matches!(obstacle, ForkError::Cut { .. }).then_some("{}".into()),
            problem: Some(why),
            ..Asked::default()
        },
    }
}

/// The same as on a terminal, with what can be done here.
fn explained(obstacle: &ForkError, secrets: &Secrets) -> Problem {
    let all_of = |around: &str| format!("Choose `{around}` to run all of it again.");
    let hint = match obstacle {
        ForkError::Succeeded | ForkError::NoneFailed | ForkError::FailState { .. } => {
            "Choose the state to run from.".to_owned()
        }
        ForkError::Running => {
            "Choose a state that it has entered, or stop the execution first.".to_owned()
        }
        ForkError::Removed { .. }
        | ForkError::Unknown { .. }
        | ForkError::NotEntered { .. }
        | ForkError::NoHistory => "Choose another state.".to_owned(),
        ForkError::SucceededInside { around, .. } | ForkError::NotExact { state: around, .. } => {
            all_of(around)
        }
        ForkError::InputInside { around, .. } => {
            format!("Leave the input as it is, or choose `{around}` and edit that input.")
        }
        ForkError::ForkOfFork { .. } => "Run the first execution again instead.".to_owned(),
        ForkError::Cut { .. } => "Enter the input of the state.".to_owned(),
        ForkError::TooLarge { .. } => "Enter a smaller input.".to_owned(),
        ForkError::NotRunnable { .. } => {
            "Fix the definition, and deploy it with `txflow deploy`.".to_owned()
        }
    };
    Problem {
        message: secrets.mask(&sentence(&obstacle.to_string())).into_owned(),
        hint: Some(secrets.mask(&hint).into_owned()),
        ..Problem::default()
    }
}

impl<'a> Asked<'a> {
    fn of(fork: &'a Possible) -> Self {
        Self {
            from: fork.from.as_deref(),
            input: Some(editable(&fork.input).into()),
            inside: fork.inside.as_deref(),
            notes: fork.notes.iter().map(|note| sentence(note)).collect(),
            problem: None,
        }
    }

    async fn shown(self, ui: &Ui, call: &Call<'_>) -> Result<Reply> {
        let run = run(ui, call).await?;
        let execution = url(call);
        let title = format!("Run {} again", run.name());
        let choices = self.choices(&run, &execution);
        let secrets = call.stage.secrets();
        let inside = self.inside.map(|state| secrets.mask(state));
        let notes = self.notes.iter();
        let notes: Vec<String> = notes.map(|note| secrets.mask(note).into_owned()).collect();
        let about = match choices.is_empty() {
            true => "The execution has not entered a state yet, so there is none to run from.",
            false => {
                "Starts a new execution of the live release at a state of this one. The states before it do not run again."
            }
        };
        let view = Edit {
            heading: &title,
            about,
            choosing: "From the state",
            choices,
            input: self.input.as_deref().unwrap_or_default(),
            recorded: inside.as_deref(),
            notes: &notes,
            problem: self.problem,
            hidden: self.from.map(|from| ("from", from)).into_iter().collect(),
            action: execution.clone().at("fork"),
            button: "Run again",
            back: (run.name(), execution),
            confirm: ui.confirmation(call),
            form: ui.form(),
        };
        let content = match self.input {
            Some(_) => edit(&view),
            None => choose(&view),
        };
        Ok(ui.page(call, Section::Executions, &title, &content))
    }

    /// The states that it entered, each once, without those that a fork has put in front; and what failed inside of one.
    fn choices(&self, run: &Run, execution: &Url) -> Vec<Choice> {
        let choice = |text: String, from: &str, is_chosen: bool| Choice {
            text,
            url: execution.clone().at("fork").with("from", from),
            is_chosen,
        };
        let states = run.history.iter().flat_map(|history| &history.states);
        let states = states.filter(|state| state.parent.is_none() && !is_own(&state.name));
        let mut names: Vec<&str> = Vec::new();
        let mut choices: Vec<Choice> = Vec::new();
        for state in states.map(|state| state.name.as_str()) {
            if !names.contains(&state) {
                names.push(state);
                choices.push(choice(state.to_owned(), state, self.from == Some(state)));
            }
        }
        if let [.., inner] = failed_inside(run).as_slice()
            && !names.contains(inner)
        {
            names.push(inner);
            // Where it goes on without being told.
            let is_chosen = self.from.is_none() && self.input.is_some();
            let path = failed_inside(run).join(" › ");
            choices.push(choice(path, inner, is_chosen || self.from == Some(*inner)));
        }
        if let Some(other) = self.from.filter(|from| !names.contains(from)) {
            choices.push(choice(other.to_owned(), other, true));
        }
        choices
    }
}

/// The state in which it failed behind those that it runs inside of, if there are such.
fn failed_inside(run: &Run) -> Vec<&str> {
    let tree = { run.tree() }.filter(|_| {
        run.status.is_ended() && run.status != Status::Ended(ExecutionStatus::Succeeded)
    });
    let Some((failed, tree)) = tree.and_then(|tree| Some((tree.failed()?, tree))) else {
        return Vec::new();
    };
    let around = std::iter::successors(Some(failed), |state| tree.state(*state).parent);
    let mut path: Vec<&str> = around
        .map(|state| tree.state(state).name.as_str())
        .collect();
    path.reverse();
    match path.len() {
        1 => Vec::new(),
        _ => path,
    }
}
