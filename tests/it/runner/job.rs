//! The steps of a job, one after the other.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::expression::{Contexts, Status, shown};
use super::{Event, REPOSITORY, Runner, parse};
use crate::support::project::repository;

/// What became of a step.
#[derive(Debug)]
pub struct Step {
    pub name: String,
    pub conclusion: Conclusion,
    /// Both streams.
    pub log: String,
    pub summary: String,
    pub outputs: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conclusion {
    Success,
    Failure,
    Skipped,
}

pub struct Job<'a> {
    pub(super) runner: &'a Runner,
    pub(super) event: &'a Event,
    job: &'a Value,
    matrix: Value,
    /// What steps have set for those behind them.
    pub(super) environment: BTreeMap<String, String>,
    /// All steps, those of the action included.
    pub steps: Vec<Step>,
}

/// The steps of a job, or those of an action with its inputs.
struct Scope {
    inputs: Value,
    steps: Map<String, Value>,
    environment: Vec<(String, String)>,
    status: Status,
    /// The folder of the action.
    action: Option<PathBuf>,
}

impl<'a> Job<'a> {
    /// One for each combination of its matrix.
    pub fn all(runner: &'a Runner, job: &'a Value, event: &'a Event) -> Vec<Self> {
        let combinations = combinations(&job["strategy"]["matrix"]).into_iter();
        let jobs = combinations.map(|matrix| Self {
            runner,
            event,
            job,
            matrix,
            environment: BTreeMap::new(),
            steps: Vec::new(),
        });
        jobs.collect()
    }

    /// The environment whose reviewers are asked.
    pub fn environment(&self) -> String {
        let scope = Scope::of_job(Vec::new());
        self.contexts(&scope).fill(&shown(&self.job["environment"]))
    }

    pub fn is_wanted(&self) -> bool {
        let scope = Scope::of_job(Vec::new());
        self.contexts(&scope).allow(self.job["if"].as_str())
    }

    /// Returns the outputs of the job.
    pub async fn run(&mut self) -> BTreeMap<String, String> {
        let environment = self.contexts(&Scope::of_job(Vec::new()));
        let environment = environment.fill_all(&self.job["env"]);
        let mut scope = Scope::of_job(environment);
        let steps = self.job["steps"].as_array().expect("steps");
        self.take_all(&mut scope, steps).await;
        let outputs = self.contexts(&scope).fill_all(&self.job["outputs"]);
        outputs.into_iter().collect()
    }

    /// Whether the job may have a token for AWS, or for the signatures of what it built.
    pub(super) fn may_have_identity(&self) -> bool {
        self.job["permissions"]["id-token"] == "write" && !self.event.fork
    }

    async fn take_all(&mut self, scope: &mut Scope, steps: &[Value]) {
        for step in steps {
            self.step(scope, step).await;
            if self.runner.running().cancelled {
                scope.status = Status::Cancelled;
            }
        }
    }

    async fn step(&mut self, scope: &mut Scope, step: &Value) {
        let contexts = self.contexts(scope);
        let named = ["name", "uses", "run"].map(|key| step[key].as_str());
        let name = named.into_iter().flatten().next().expect("a step");
        let mut outcome = Step::skipped(&contexts.fill(name));
        if contexts.allow(step["if"].as_str()) {
            let mut environment = scope.environment.clone();
            environment.extend(contexts.fill_all(&step["env"]));
            match step["uses"].as_str() {
                Some(action) if is_own(action) => {
                    let inputs = contexts.fill_all(&step["with"]);
                    Box::pin(self.own_action(&mut outcome, action, inputs, environment)).await;
                }
                Some(action) => {
                    let inputs = contexts.fill_all(&step["with"]).into_iter().collect();
                    self.action_of_others(&mut outcome, action, &inputs);
                }
                None => {
                    let script = contexts.fill(step["run"].as_str().expect("a script"));
                    let folder = contexts.fill(&shown(&step["working-directory"]));
                    let folder = self.runner.workspace.join(folder);
                    let shell = step["shell"].as_str();
                    self.script(&mut outcome, &script, shell, &folder, &environment)
                        .await;
                }
            }
        }
        if let Some(id) = step["id"].as_str() {
            let outputs = json!(outcome.outputs);
            scope
                .steps
                .insert(id.to_owned(), json!({ "outputs": outputs }));
        }
        if outcome.conclusion == Conclusion::Failure {
            scope.status = Status::Failure;
        }
        self.steps.push(outcome);
    }

    /// The action of this repository, at the ref that the workflow names.
    async fn own_action(
        &mut self,
        outcome: &mut Step,
        action: &str,
        given: Vec<(String, String)>,
        environment: Vec<(String, String)>,
    ) {
        let text = fs::read_to_string(repository().join("action.yml")).expect("the action");
        let action_yml = parse(&text);
        let declared = action_yml["inputs"].as_object().expect("inputs");
        let mut inputs: Map<String, Value> = declared
            .iter()
            .map(|(name, input)| (name.clone(), json!(shown(&input["default"]))))
            .collect();
        for (name, value) in given {
            let known = inputs.insert(name.clone(), json!(value));
            assert!(known.is_some(), "the action has no input `{name}`");
        }
        let mut scope = Scope {
            inputs: Value::Object(inputs),
            steps: Map::new(),
            environment,
            status: Status::Success,
            action: Some(self.unpacked(action)),
        };
        let steps = action_yml["runs"]["steps"].as_array().expect("steps");
        self.take_all(&mut scope, steps).await;
        let contexts = self.contexts(&scope);
        let outputs = action_yml["outputs"].as_object().expect("outputs");
        let outputs = outputs.iter().map(|(name, output)| {
            let value = output["value"].as_str().expect("a value");
            (name.clone(), contexts.fill(value))
        });
        outcome.outputs = outputs.collect();
        outcome.conclusion = match scope.status {
            Status::Success => Conclusion::Success,
            _ => Conclusion::Failure,
        };
    }

    /// Where a runner unpacks an action.
    fn unpacked(&self, action: &str) -> PathBuf {
        let Some((name, reference)) = action.split_once('@') else {
            return repository();
        };
        let folder = self.runner.file("_actions").join(name);
        let unpacked = folder.join(reference);
        if !unpacked.exists() {
            fs::create_dir_all(folder).expect("a folder");
            symlink(repository(), &unpacked).expect("a link");
        }
        unpacked
    }

    /// The jobs that this one waits for. One that has not run yet is taken to plan changes for `prod`.
    fn needs(&self) -> Value {
        let outputs = self.runner.outputs.lock().expect("nobody panics with it");
        let needed = self.job["needs"].as_str().into_iter().map(|name| {
            let planned = json!({ "outputs": { "prod": "true" } });
            (
                name.to_owned(),
                outputs.get(name).cloned().unwrap_or(planned),
            )
        });
        Value::Object(needed.collect())
    }

    fn contexts(&self, scope: &Scope) -> Contexts {
        let Runner { github, files, .. } = self.runner;
        let action_path = scope.action.as_deref().map(Path::to_string_lossy);
        let status = match self.runner.running().cancelled {
            true => Status::Cancelled,
            false => scope.status,
        };
        let values = json!({
            "github": {
                "action_path": action_path,
                "api_url": format!("{}/api", github.url),
                "server_url": github.url,
                "token": self.event.token,
                "repository": REPOSITORY,
                "event_name": self.event.name,
                "event": self.event.payload,
                "run_id": 4711,
            },
            "needs": self.needs(),
            "inputs": scope.inputs,
            "steps": scope.steps,
            "matrix": self.matrix,
            "vars": {
                "AWS_DEPLOY_ROLE": "arn:aws:iam::000000000000:role/deploy",
                "AWS_PLAN_ROLE": "arn:aws:iam::000000000000:role/plan",
                "AWS_PREVIEW_ROLE": "arn:aws:iam::000000000000:role/preview",
                "AWS_REGION": "us-east-1",
            },
            "secrets": self.runner.secrets,
            "runner": { "temp": files.path().join("temp").to_string_lossy() },
        });
        Contexts { values, status }
    }
}

impl Scope {
    fn of_job(environment: Vec<(String, String)>) -> Self {
        Self {
            inputs: json!({}),
            steps: Map::new(),
            environment,
            status: Status::Success,
            action: None,
        }
    }
}

impl Step {
    fn skipped(name: &str) -> Self {
        Self {
            name: name.lines().next().unwrap_or_default().to_owned(),
            conclusion: Conclusion::Skipped,
            log: String::new(),
            summary: String::new(),
            outputs: BTreeMap::new(),
        }
    }
}

fn is_own(action: &str) -> bool {
    action == "./" || action.starts_with("txflow/txflow@")
}

/// The combinations of a matrix with one list, which is `include` or that of a name.
fn combinations(matrix: &Value) -> Vec<Value> {
    let Some(lists) = matrix.as_object() else {
        return vec![json!({})];
    };
    assert_eq!(lists.len(), 1, "this runner multiplies no lists");
    let lists = lists.iter().flat_map(|(name, values)| {
        let values = values.as_array().expect("a list").iter();
        values.map(move |value| match &**name {
            "include" => value.clone(),
            _ => json!({ name: value }),
        })
    });
    lists.collect()
}
