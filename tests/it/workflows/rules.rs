//! The rules, read off a workflow or an action.

use serde_json::Value;
use txflow_asl::source::Source;

use super::condition::{Event, may_run};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// `id-token: write` stands only in jobs that assume a role or sign what they built, and those have an environment, for
    /// the role to trust.
    Token,
    /// No job that has a token runs for a pull request from a fork.
    Fork,
    /// Every action is pinned by the hash of a commit, with its version behind.
    Pin,
    /// No expression stands in a script, where its text could be more than a value.
    Script,
}

/// The rules that are broken, each once.
pub fn broken(text: &str) -> Vec<Rule> {
    let parsed = Source::from_yaml(text).expect("YAML");
    let document = parsed.value();
    let mut broken: Vec<Rule> = jobs(document)
        .flat_map(|job| of_job(document, job))
        .collect();
    broken.extend(of_document(document));
    let steps = jobs(document).chain([&document["runs"]]).flat_map(steps);
    broken.extend(steps.filter(|step| has_script(step)).map(|_| Rule::Script));
    broken.extend(text.lines().filter(|line| !pinned(line)).map(|_| Rule::Pin));
    broken.sort();
    broken.dedup();
    broken
}

fn of_document(document: &Value) -> Vec<Rule> {
    let mut broken = Vec::new();
    let is_workflow = !document["jobs"].is_null();
    // Without the key, GitHub gives what the settings of the repository say.
    if is_workflow && (document["permissions"].is_null() || gives_token(&document["permissions"])) {
        broken.push(Rule::Token);
    }
    // Both run with the repository's rights on what somebody else wrote.
    if ["pull_request_target", "workflow_run"]
        .iter()
        .any(|event| triggers(document, event))
    {
        broken.push(Rule::Fork);
    }
    broken
}

fn of_job(document: &Value, job: &Value) -> Vec<Rule> {
    let mut broken = Vec::new();
    let token = gives_token(&job["permissions"]);
    let assumes = |step: &Value| !step["with"]["role-to-assume"].is_null();
    let signs = |step: &Value| {
        let uses = step["uses"].as_str().unwrap_or_default();
        uses.starts_with("actions/attest-build-provenance@")
    };
    let needs_token = steps(job).any(|step| assumes(step) || signs(step));
    let too_much = job["permissions"] == "write-all";
    if too_much || token != needs_token || (token && job["environment"].is_null()) {
        broken.push(Rule::Token);
    }
    let condition = job["if"].as_str().unwrap_or("true");
    if token && triggers(document, "pull_request") && may_run(condition, Event::PullRequestOfFork) {
        broken.push(Rule::Fork);
    }
    if token {
        let own = [Event::Push, Event::PullRequest];
        assert!(
            own.iter().any(|event| may_run(condition, *event)),
            "never runs: {condition}"
        );
    }
    broken
}

fn gives_token(permissions: &Value) -> bool {
    permissions == "write-all" || permissions["id-token"] == "write"
}

fn triggers(document: &Value, event: &str) -> bool {
    match &document["on"] {
        Value::String(only) => only == event,
        Value::Array(events) => events.iter().any(|one| one == event),
        events => events.get(event).is_some(),
    }
}

fn jobs(document: &Value) -> impl Iterator<Item = &Value> {
    let jobs = document["jobs"].as_object();
    jobs.into_iter().flat_map(|jobs| jobs.values())
}

fn steps(job: &Value) -> impl Iterator<Item = &Value> {
    job["steps"].as_array().into_iter().flatten()
}

/// Scripts of a shell, and of `actions/github-script`.
fn has_script(step: &Value) -> bool {
    let scripts = [&step["run"], &step["with"]["script"]];
    let mut scripts = scripts.into_iter().filter_map(Value::as_str);
    scripts.any(|script| script.contains("${{"))
}

/// Whether the line uses no action, one of the same commit, or one that is pinned.
fn pinned(line: &str) -> bool {
    let line = line.trim_start().trim_start_matches("- ");
    let Some(action) = line.strip_prefix("uses:").map(str::trim) else {
        return true;
    };
    if action.starts_with("./") {
        return true;
    }
    let Some((name, comment)) = action.split_once(" # v") else {
        return false;
    };
    let hash = name.split_once('@').map_or("", |(_, hash)| hash);
    let is_hash = hash.len() == 40 && hash.chars().all(|c| c.is_ascii_hexdigit());
    is_hash && comment.starts_with(|c: char| c.is_ascii_digit())
}
