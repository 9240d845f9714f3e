//! Starts an execution with an edited input.

use std::rc::Rc;

use anyhow::{Result, anyhow};
use serde_json::{Value, json};

use super::waiting::document;
use crate::commands::release::live_machine;
use crate::commands::ui::express::NewExpress;
use crate::commands::ui::problem::Missing;
use crate::commands::ui::site::{Call, Ui};
use crate::commands::ui::stage::Stage;
use crate::config::{MachineName, StateMachineKind};
use crate::executions::{self, Start};
use crate::page::view::Section;
use crate::page::view::edit::{Choice, Edit, choose, edit};
use crate::page::view::parts::editable;
use crate::page::view::problem::Problem;
use crate::page::{Fields, Reply, skeleton};
use crate::world::MASK;

/// The form with the input of a test or of an execution, or an empty one with what the definition reads.
pub(in crate::commands::ui) async fn form(ui: &Ui, call: &Call<'_>) -> Result<Reply> {
    let query = &call.request.query;
    let machine = machine(&call.stage, query)?;
    if call.stage.session.deployment.is_none() && query.get("execution").is_none() {
        let why =
            "the files of the project have errors, so it is not known what the definition reads";
        let problem = ui.problem(&anyhow!(why));
        return shown(ui, call, &machine, query, Some("{}"), Some(problem));
    }
    let input = prefilled(ui, &call.stage, &machine, query).await?;
    let mut masked = input;
    call.stage.secrets().mask_json(&mut masked);
    // Nobody edits an input first and hears then that nothing is deployed.
    let live = live_machine(&call.stage.context, &call.stage.session, &machine).await;
    let problem = live.err().map(|error| ui.problem(&error));
    let input = problem.is_none().then(|| editable(&masked));
    shown(ui, call, &machine, query, input.as_deref(), problem)
}

/// Starts it.
pub(in crate::commands::ui) async fn start(ui: &Ui, call: &Call<'_>) -> Result<Reply> {
    let form = &call.request.form;
    let machine = machine(&call.stage, form)?;
    let text = form.get("input").unwrap_or_default();
    let begun = async {
        ui.check_confirmed(call)?;
        let input = document(form, "input")?;
        begun(ui, &call.stage, &machine, form, input).await
    };
    match begun.await {
        Ok(name) => {
            let machine = call.stage.session.stack.state_machine_name(&machine);
            Ok(Reply::see_other(&call.stage.execution_url(&machine, &name)))
        }
        Err(error) => {
            let problem = Some(ui.problem(&error));
            shown(ui, call, &machine, form, Some(text), problem)
        }
    }
}

/// The name of the execution. An input that was not edited is taken as it is, with its secrets.
async fn begun(
    ui: &Ui,
    stage: &Rc<Stage>,
    machine: &MachineName,
    form: &Fields,
    input: Value,
) -> Result<String> {
    let input = match prefilled(ui, stage, machine, form).await {
        Ok(original) => {
            let mut masked = original.clone();
            stage.secrets().mask_json(&mut masked);
            if masked == input { original } else { input }
        }
        // While the files have errors, the tests are not known. Without what hides a secret, it is what it says.
        Err(_) if stage.session.deployment.is_none() && !input.to_string().contains(MASK) => input,
        Err(error) => return Err(error),
    };
    let live = live_machine(&stage.context, &stage.session, machine).await?;
    let name = format!("txflow-{}", ui.random().uuid());
    if stage.is_express(machine) {
        let new = NewExpress {
            machine: machine.clone(),
            live,
            name: name.clone(),
            input,
            now: ui.now(),
            is_local: ui.is_local(),
        };
        ui.runs.start_express(stage, new).await?;
        return Ok(name);
    }
    let start = Start {
        state_machine_arn: &live,
        kind: StateMachineKind::Standard,
        name: &name,
        input: &input,
    };
    executions::start(&stage.session.aws, &start).await?;
    Ok(name)
}

fn machine(stage: &Stage, fields: &Fields) -> Result<MachineName> {
    let machine = MachineName::of(fields.get("machine"));
    match stage.session.config.state_machines.get(&machine) {
        Some(_) => Ok(machine),
        None => Err(Missing("There is no such state machine in this stack.".to_owned()).into()),
    }
}

/// What the form begins with.
async fn prefilled(
    ui: &Ui,
    stage: &Stage,
    machine: &MachineName,
    fields: &Fields,
) -> Result<Value> {
    let deployment = stage.session.deployment.as_ref();
    if let Some(name) = fields.get("test") {
        let tests = deployment
            .into_iter()
            .flat_map(|deployment| &deployment.tests);
        let test = { tests.into_iter() }.find(|test| test.name == name);
        let test = test.ok_or_else(|| Missing(format!("There is no test `{name}`.")))?;
        return Ok(test.input.clone());
    }
    if let Some(name) = fields.get("execution") {
        let arn = stage.session.stack.execution_arn(machine, name);
        let input = match ui.runs.express.input(&arn) {
            Some(input) => Some(input),
            None if stage.is_express(machine) => None,
            None => executions::input(&stage.session.aws, &arn).await?,
        };
        return input.ok_or_else(|| Missing(format!("There is no execution `{name}`.")).into());
    }
    let config = deployment.and_then(|deployment| deployment.state_machines.get(machine));
    Ok(config.map_or_else(|| json!({}), |config| skeleton(&config.definition.template)))
}

/// Without an `input` it is only said why nothing can be started.
fn shown(
    ui: &Ui,
    call: &Call<'_>,
    machine: &MachineName,
    fields: &Fields,
    input: Option<&str>,
    problem: Option<Problem>,
) -> Result<Reply> {
    let stage = &call.stage;
    let url = || stage.url(["start"]).with_any("machine", machine.given());
    let (test, execution) = (fields.get("test"), fields.get("execution"));
    let mut choices = vec![Choice {
        text: "what the definition reads".to_owned(),
        url: url(),
        is_chosen: test.is_none() && execution.is_none(),
    }];
    let deployment = stage.session.deployment.as_ref();
    let tests = deployment
        .into_iter()
        .flat_map(|deployment| &deployment.tests);
    for of in tests.filter(|test| test.state_machine == *machine && !test.input.is_null()) {
        choices.push(Choice {
            text: format!("the test {}", of.name),
            url: url().with("test", &of.name),
            is_chosen: test == Some(&of.name),
        });
    }
    if let Some(name) = execution {
        choices.push(Choice {
            text: format!("the execution {}", stage.secrets().mask(name)),
            url: url().with("execution", name),
            is_chosen: true,
        });
    }
    let name = stage.session.stack.state_machine_name(machine);
    let heading = format!("Start {name}");
    let hidden = [
        ("machine", machine.given()),
        ("test", test),
        ("execution", execution),
    ];
    let hidden = hidden
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    let view = Edit {
        heading: &heading,
        about: "Starts an execution of the live release.",
        choosing: "With the input of",
        choices: if input.is_some() { choices } else { Vec::new() },
        input: input.unwrap_or_default(),
        recorded: None,
        notes: &[],
        problem,
        hidden: hidden.collect(),
        action: stage.url(["start"]),
        button: "Start",
        back: ("Executions", call.url(["executions"])),
        confirm: ui.confirmation(call),
        form: ui.form(),
    };
    let content = match input {
        Some(_) => edit(&view),
        None => choose(&view),
    };
    Ok(ui.page(call, Section::Executions, &heading, &content))
}
