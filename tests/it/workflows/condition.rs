//! Which events a job runs for.

use serde_json::{Value, json};

use crate::runner::expression::{Contexts, Status};

/// Why a workflow runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    Push,
    PullRequest,
    PullRequestOfFork,
}

/// What happens to a pull request.
const ACTIONS: [&str; 3] = ["opened", "synchronize", "closed"];

/// Whether a job with this condition may run. Every variable of the repository that a workflow names is set.
pub fn may_run(condition: &str, event: Event) -> bool {
    ACTIONS.iter().any(|action| {
        let contexts = Contexts {
            values: json!({ "github": github(event, action), "vars": variables(condition), "needs": changed() }),
            status: Status::Success,
        };
        contexts.allow(Some(condition))
    })
}

/// The plan that a deploy waits for has changes.
fn changed() -> Value {
    json!({ "plan": { "outputs": { "changed": "true" } } })
}

fn variables(condition: &str) -> Value {
    let names = condition.split("vars.").skip(1);
    let names = names.filter_map(|rest| {
        rest.split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .next()
    });
    names.map(|name| (name.to_owned(), json!("set"))).collect()
}

fn github(event: Event, action: &str) -> Value {
    let (name, payload) = match event {
        Event::Push => ("push", json!({})),
        Event::PullRequest => ("pull_request", pull_request(action, "octo/shop")),
        Event::PullRequestOfFork => ("pull_request", pull_request(action, "mallory/shop")),
    };
    json!({ "event_name": name, "event": payload, "repository": "octo/shop" })
}

fn pull_request(action: &str, head: &str) -> Value {
    json!({ "action": action, "pull_request": { "head": { "repo": { "full_name": head } } } })
}
