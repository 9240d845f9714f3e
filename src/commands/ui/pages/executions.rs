//! The list of executions.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use anyhow::Result;
use jiff::Timestamp;

use crate::commands::logs::Since;
use crate::commands::ui::site::{Call, Live, Ui};
use crate::config::MachineName;
use crate::executions::Listed;
use crate::page::view::Section;
use crate::page::view::executions::{Filters, List, Row, SINCE, UNTIL, list as view};
use crate::page::{Fields, Reply};

/// The list, by the filters of the query.
pub(in crate::commands::ui) async fn list(ui: &Ui, call: &Call<'_>) -> Result<Reply> {
    let stage = &call.stage;
    let now = ui.now();
    let listing = ui.lists.read(stage, now).await?;
    let (filters, wrong) = filters(&call.request.query, now);
    let main = listing.machines.get(&MachineName::Main);
    let missing = match main.is_none() && !stage.is_express(&MachineName::Main) {
        true => {
            let error = stage.context.not_deployed_here(&stage.session).await;
            Some(ui.problem(&error.into()))
        }
        false => None,
    };
    let names = stage.session.config.state_machines.names();
    let machines: Vec<(MachineName, String)> = names
        .map(|machine| {
            let name = stage.session.stack.state_machine_name(&machine);
            (machine, name)
        })
        .collect();
    let express: BTreeMap<&MachineName, Vec<Listed>> = { machines.iter() }
        .map(|(machine, _)| (machine, ui.runs.express.listed(stage, machine)))
        .collect();
    let rows = machines.iter().flat_map(|(machine, name)| {
        let listed = [listing.machines.get(machine), express.get(machine)];
        let listed = listed.into_iter().flatten();
        listed.flatten().map(move |listed| Row {
            machine: name,
            listed,
        })
    });
    let looked_at = ui.lists.limit;
    // What is not deployed cannot be started; of one that is EXPRESS the list does not say whether it is.
    let is_deployed = missing.is_none();
    let can_start = |machine: &MachineName| {
        listing.machines.contains_key(machine) || is_deployed && stage.is_express(machine)
    };
    let starts = machines.iter().filter(|(machine, _)| can_start(machine));
    let list = List {
        starts: starts
            .map(|(machine, name)| (name.as_str(), stage.start_url(machine)))
            .collect(),
        start_command: stage.context.global.same_stack("txflow start"),
        cut: { listing.machines.values() }
            .any(|listed| listed.len() >= looked_at)
            .then_some(looked_at),
        express: { machines.iter() }
            .filter(|(machine, _)| stage.is_express(machine))
            .map(|(_, name)| name.as_str())
            .collect(),
        machines: machines.iter().map(|(_, name)| name.as_str()).collect(),
        rows: rows.collect(),
        page: call.request.query.number("page").unwrap_or(1),
        url: stage.url(["executions"]),
        execution_url: &|machine, name| stage.execution_url(machine, name),
        masked: &|name| stage.secrets().mask(name).into_owned(),
        wrong,
        missing,
        filters,
        now,
    };
    let live = Live {
        url: stage.url(["live", "executions"]),
        current: Some(ui.lists.current(stage, &listing)),
    };
    let content = view(list);
    Ok(ui.live_page(
        call,
        Section::Executions,
        "Executions",
        Some(live),
        &content,
    ))
}

/// Tells each change of the list.
pub(in crate::commands::ui) async fn live(ui: &Ui, call: &Call<'_>) -> Result<Reply> {
    let newest = ui.lists.watch(&call.stage);
    Ok(ui.changes(call, newest))
}

/// The filters, and the labels of those that could not be read.
fn filters(query: &Fields, now: Timestamp) -> (Filters, Vec<(&'static str, String)>) {
    let mut wrong = Vec::new();
    let mut time = |name: &str, label: &'static str| {
        let text = query.get(name)?;
        match Since::from_str(text) {
            Ok(since) => Some(since.time(now)),
            Err(cause) => {
                wrong.push((label, cause.to_string()));
                None
            }
        }
    };
    let (since, until) = (time("since", SINCE), time("until", UNTIL));
    let text = |name: &str| query.get(name).map(str::to_owned);
    let filters = Filters {
        machine: text("machine"),
        status: text("status"),
        name: text("name"),
        since: text("since"),
        until: text("until"),
        from: since,
        to: until,
    };
    (filters, wrong)
}
