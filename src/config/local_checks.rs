//! What the parts of `[local]` name of each other, and of the stack.

use std::collections::{BTreeMap, BTreeSet};

use super::findings::Findings;
use super::keys::Settings;
use super::local::TableKey;
use super::local_keys::{SubscriberKey, TableItem};
use super::nearest;

pub(super) fn check(settings: &Settings, findings: &mut Findings) {
    let local = &settings.local.0;
    let queues = &local.queues.entries;
    let names: BTreeSet<String> = queues.iter().map(|queue| queue.name.written()).collect();
    let known = || names.iter().map(String::as_str);
    for queue in queues {
        let keys = queue.value.as_ref();
        let Some(dead) = keys.and_then(|keys| keys.dead_letter_queue.as_ref()) else {
            continue;
        };
        let name = dead.value.0.written();
        if !names.contains(&name) {
            let message = format!("there is no queue `{name}` in `[local.queues]`");
            let hint = nearest::hint(&name, "the queues are", known());
            findings.error("unknown-name", dead.span.clone(), message, hint);
        }
    }
    let topics = local.topics.entries.iter();
    let topics = topics.filter_map(|topic| topic.value.as_ref()?.subscriptions.as_ref());
    for subscription in topics.flat_map(|subscriptions| &subscriptions.0) {
        let Some(to) = &subscription.value.0.to.0 else {
            continue;
        };
        match &to.value {
            SubscriberKey::Queue(name) if !names.contains(&name.written()) => {
                let name = name.written();
                let message = format!("there is no queue `{name}` in `[local.queues]`");
                let hint = nearest::hint(&name, "the queues are", known());
                findings.error("unknown-name", to.span.clone(), message, hint);
            }
            SubscriberKey::Function(name) => {
                let functions = settings.functions.entries.iter();
                let functions = functions.map(|function| function.name.as_str());
                if !functions.clone().any(|function| function == name) {
                    let message = format!("there is no function `{name}`");
                    let hint = nearest::hint(name, "the functions are", functions);
                    findings.error("unknown-name", to.span.clone(), message, hint);
                }
            }
            SubscriberKey::Queue(_) => {}
        }
    }
    for table in &local.tables.entries {
        if let Some(item) = &table.value
            && let Some(attribute) = contradicted(item)
        {
            let message = format!(
                "the keys of the table `{}` give the attribute `{attribute}` different types",
                table.name.written()
            );
            findings.error("conflict", table.at.clone(), message, None);
        }
    }
}

/// An attribute that has several types in the keys of a table and its indexes.
fn contradicted(table: &TableItem) -> Option<&str> {
    let mut types: BTreeMap<&str, &str> = BTreeMap::new();
    let keys: Vec<&TableKey> = [&table.key]
        .into_iter()
        .chain(table.indexes.values())
        .collect();
    let attributes = keys.into_iter().flat_map(TableKey::attributes);
    for attribute in attributes {
        let known = types.entry(&attribute.name).or_insert(&attribute.kind);
        if *known != attribute.kind {
            return Some(&attribute.name);
        }
    }
    None
}
