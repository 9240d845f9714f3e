//! What the parts of `[local]` name of each other, and of the stack.

use std::collections::{BTreeMap, BTreeSet};

use super::findings::Findings;
use super::keys::Settings;
use super::local::{LocalValue, TableKey};
use super::local_keys::{SubscriberKey, TableItem};
use super::nearest;

/// How the name of a FIFO queue ends.
const FIFO: &str = ".fifo";

pub(super) fn check(settings: &Settings, findings: &mut Findings) {
    let local = &settings.local.0;
    let queues = &local.queues.entries;
    let names: BTreeSet<String> = queues.iter().map(|queue| queue.name.written()).collect();
    let known = || names.iter().map(String::as_str);
    let dead_letters = queues.iter().filter_map(|queue| {
        let dead = queue.value.as_ref()?.dead_letter_queue.as_ref()?;
        Some((queue.name.written(), dead))
    });
    let dead_letters: Vec<_> = dead_letters.collect();
    let sent_on: BTreeMap<String, String> = { dead_letters.iter() }
        .map(|(queue, dead)| (queue.clone(), dead.value.0.written()))
        .collect();
    for (queue, dead) in dead_letters {
        let name = dead.value.0.written();
        let span = dead.span.clone();
        if !names.contains(&name) {
            let message = format!("there is no queue `{name}` in `[local.queues]`");
            let hint = nearest::hint(&name, "the queues are", known());
            findings.error("unknown-name", span, message, hint);
        } else if queue.ends_with(FIFO) != name.ends_with(FIFO) {
            let message = format!("`{name}` cannot be the dead-letter queue of `{queue}`");
            let hint =
                "SQS wants a FIFO queue for a FIFO queue, and a standard queue for any other";
            findings.error("conflict", span, message, hint.to_owned());
        } else if comes_back(&queue, &sent_on) {
            let message = format!("the dead letters of `{queue}` come back to it");
            let hint = "let them end in a queue that has no `dead-letter-queue`";
            findings.error("conflict", span, message, hint.to_owned());
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
    for parameter in &local.parameters.entries {
        let name = parameter.name.written();
        let first = name.trim_start_matches('/').to_ascii_lowercase();
        if first.starts_with("aws") || first.starts_with("ssm") {
            let message = format!("Systems Manager keeps names such as `{name}` to itself");
            let hint = "a name must not begin with `aws` or `ssm`, whatever the case";
            findings.error(
                "invalid-name",
                parameter.at.clone(),
                message,
                hint.to_owned(),
            );
        }
        let empty = match parameter.value.as_ref().map(|item| &item.value) {
            Some(LocalValue::Text(text)) => text.written().is_empty(),
            Some(LocalValue::File(text)) => text.is_empty(),
            Some(LocalValue::Env { .. }) | None => false,
        };
        if empty {
            let message = format!("the parameter `{name}` has no value");
            let hint = "Systems Manager accepts parameters of at least one character";
            findings.error(
                "out-of-range",
                parameter.at.clone(),
                message,
                hint.to_owned(),
            );
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

/// Whether dead letters of a queue end up in it again.
fn comes_back(queue: &str, sent_on: &BTreeMap<String, String>) -> bool {
    let mut seen = BTreeSet::new();
    let mut at = queue;
    while let Some(next) = sent_on.get(at) {
        if next == queue {
            return true;
        }
        if !seen.insert(next) {
            return false;
        }
        at = next;
    }
    false
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
