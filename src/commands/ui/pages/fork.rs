//! Runs an execution again from a state, with an edited input.

use anyhow::Result;
use serde_json::Value;
use txflow_asl::source::parse_json;

use super::execution::{execution_url, named, run, url};
use crate::commands::executions::{Possible, possible};
use crate::commands::ui::problem::Missing;
use crate::commands::ui::site::{Call, Ui};
use crate::page::Reply;
use crate::page::view::Section;
use crate::page::view::edit::{Choice, Edit, edit};
use crate::page::view::parts::pretty;
use crate::page::view::problem::Problem;

/// The form with the recorded input of the state.
pub(in crate::commands::ui) async fn form(ui: &Ui, call: &Call<'_>) -> Result<Reply> {
    let from = call.request.query.get("from");
    match prepared(call, from, None).await {
        Ok(fork) => {
            let input = pretty(&fork.input);
            let secrets = call.stage.secrets();
            let notes = fork.notes.iter();
            let notes: Vec<String> = notes.map(|note| secrets.mask(note).into_owned()).collect();
            shown(ui, call, Some(&fork.from), &input, &notes, None).await
        }
        Err(error) => shown(ui, call, from, "", &[], Some(ui.problem(&error))).await,
    }
}

/// Starts the fork.
pub(in crate::commands::ui) async fn fork(ui: &Ui, call: &Call<'_>) -> Result<Reply> {
    let form = &call.request.form;
    let from = form.get("from");
    let text = form.get("input").unwrap_or_default();
    let begun = async {
        ui.check_confirmed(call)?;
        let input =
            parse_json(text).map_err(|cause| anyhow::anyhow!("the input is not JSON: {cause}"))?;
        let fork = prepared(call, from, Some(input)).await?;
        fork.start().await
    };
    match begun.await {
        Ok(arn) => Ok(Reply::see_other(
            &execution_url(&call.stage, &arn).unwrap_or_else(|| url(call)),
        )),
        Err(error) => shown(ui, call, from, text, &[], Some(ui.problem(&error))).await,
    }
}

async fn prepared(call: &Call<'_>, from: Option<&str>, input: Option<Value>) -> Result<Possible> {
    let named = named(call);
    let machine = named
        .machine
        .ok_or_else(|| Missing("This execution is not of this stack.".to_owned()))?;
    let stage = &call.stage;
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

async fn shown(
    ui: &Ui,
    call: &Call<'_>,
    from: Option<&str>,
    input: &str,
    notes: &[String],
    problem: Option<Problem>,
) -> Result<Reply> {
    let run = run(ui, call).await?;
    let execution = url(call);
    let states = run.history.iter().flat_map(|history| &history.states);
    let mut choices: Vec<Choice> = Vec::new();
    for state in states.filter(|state| state.parent.is_none()) {
        if !choices.iter().any(|choice| choice.text == state.name) {
            choices.push(Choice {
                text: state.name.clone(),
                url: execution.clone().at("fork").with("from", &state.name),
                is_chosen: from == Some(&state.name),
            });
        }
    }
    let title = format!("Run {} again", run.name());
    let view = Edit {
        heading: &title,
        about: "It runs the definition that is live, from a state on. Tasks before that do not run again.",
        choosing: "From the state",
        choices,
        input,
        notes,
        problem,
        hidden: from.map(|from| ("from", from)).into_iter().collect(),
        action: execution.clone().at("fork"),
        button: "Run again",
        back: ("The execution", execution),
        confirm: ui.confirmation(call),
        form: ui.form(),
    };
    Ok(ui.page(call, Section::Executions, &title, &edit(&view)))
}
