//! What callers of `live` get.

use std::collections::BTreeMap;

use aws_sdk_lambda::types::{LastUpdateStatus, State};
use aws_sdk_sfn::types::StateMachineStatus;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::wish::Wish;
use crate::support::account::Account;

/// A release, with all that it leads to.
#[derive(Debug, Default)]
pub struct Live {
    /// By name; the main one has none.
    state_machines: BTreeMap<Option<String>, Started>,
    /// By handler.
    functions: BTreeMap<String, Called>,
}

/// A version of a state machine.
#[derive(Debug)]
struct Started {
    arn: String,
    /// With a placeholder for each ARN that it pins.
    definition: Value,
    role: String,
    pins: Vec<Pin>,
}

/// What a state calls.
#[derive(Debug)]
struct Pin {
    action: &'static str,
    arn: String,
}

/// A version of a function.
#[derive(Debug)]
struct Called {
    arn: String,
    role: String,
    code: String,
    memory: i32,
    word: Option<String>,
}

/// What a state may call: the parameter that names it, and what the role needs.
const CALLS: [(&str, &str); 2] = [
    ("FunctionName", "lambda:InvokeFunction"),
    ("StateMachineArn", "states:StartExecution"),
];

/// What the ARNs of the functions' log groups begin with.
const LOGS: &str = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/shop-dev-";

impl Live {
    /// All that this version leads to. It panics if something of it is not there.
    pub async fn of(account: &Account, version: String) -> Self {
        let mut live = Self::default();
        let mut next = vec![(None, version)];
        while let Some((name, arn)) = next.pop() {
            if let Some(known) = live.state_machines.get(&name) {
                assert_eq!(known.arn, arn, "callers get a mix of {name:?}");
                continue;
            }
            let started = started(account, arn).await;
            for pin in &started.pins {
                let name = name_of(&pin.arn).to_owned();
                match pin.action {
                    "states:StartExecution" => next.push((Some(name), pin.arn.clone())),
                    _ => live.pinned(account, name, &pin.arn).await,
                }
            }
            live.state_machines.insert(name, started);
        }
        live
    }

    async fn pinned(&mut self, account: &Account, handler: String, arn: &str) {
        if let Some(known) = self.functions.get(&handler) {
            assert_eq!(known.arn, arn, "callers get a mix of {handler}");
            return;
        }
        self.functions.insert(handler, called(account, arn).await);
    }

    /// Whether this is what the wish asked for, and all of it.
    pub fn is_of(&self, wish: &Wish) -> bool {
        let hashes = wish.hashes();
        let definitions = wish.definitions();
        let definitions = { definitions.iter() }.map(|(name, definition)| (*name, definition));
        let held = self.state_machines.iter();
        definitions.eq(held.map(|(name, held)| (name.as_deref(), &held.definition)))
            && self.functions.len() == hashes.len()
            && self.functions.iter().all(|(handler, called)| {
                let word = wish.secret.filter(|_| handler == "buy");
                hashes.get(handler.as_str()) == Some(&called.code)
                    && called.memory == i32::try_from(wish.memory).unwrap()
                    && called.word.as_deref() == word
            })
    }

    /// The role of each state machine permits what its states call, and that of each function that it writes its logs.
    pub async fn can_be_called(&self, account: &Account) {
        for started in self.state_machines.values() {
            for pin in &started.pins {
                // IAM is asked about the state machine, also of a version.
                let (unqualified, _) = pin.arn.rsplit_once(':').unwrap();
                let resource = match pin.action {
                    "states:StartExecution" => unqualified,
                    _ => &pin.arn,
                };
                permits(account, &started.role, pin.action, resource).await;
            }
        }
        for (handler, called) in &self.functions {
            let stream = format!("{LOGS}{handler}:log-stream:one");
            permits(account, &called.role, "logs:PutLogEvents", &stream).await;
        }
    }
}

async fn started(account: &Account, arn: String) -> Started {
    let described = account.states.describe_state_machine();
    let described = described.state_machine_arn(&arn).send().await;
    let held = described.unwrap_or_else(|_| panic!("`live` leads to {arn}, which does not exist"));
    assert_ne!(held.status(), Some(&StateMachineStatus::Deleting), "{arn}");
    let mut definition: Value = serde_json::from_str(held.definition()).unwrap();
    let mut pins = Vec::new();
    for state in definition["States"].as_object_mut().unwrap().values_mut() {
        for (parameter, action) in CALLS {
            if let Some(Value::String(text)) = state["Parameters"].get_mut(parameter) {
                let arn = text.clone();
                *text = format!("${{{}}}", name_of(&arn));
                pins.push(Pin { action, arn });
            }
        }
    }
    Started {
        arn,
        definition,
        role: held.role_arn().to_owned(),
        pins,
    }
}

async fn called(account: &Account, arn: &str) -> Called {
    let function = account.lambda.get_function().function_name(arn);
    let function = function.send().await;
    let function = function.unwrap_or_else(|error| panic!("live pins {arn}: {error:?}"));
    let held = function.configuration().unwrap();
    assert_eq!(held.state(), Some(&State::Active), "{arn}");
    let updated = held.last_update_status();
    assert!(
        matches!(updated, None | Some(LastUpdateStatus::Successful)),
        "{arn}"
    );
    let variables = held
        .environment()
        .and_then(|environment| environment.variables());
    Called {
        arn: arn.to_owned(),
        role: held.role().unwrap().to_owned(),
        code: held.code_sha256().unwrap().to_owned(),
        memory: held.memory_size().unwrap(),
        word: variables.and_then(|variables| variables.get("WORD").cloned()),
    }
}

/// `buy` of `arn:…:function:shop-dev-buy:7`.
fn name_of(version: &str) -> &str {
    let name = version.rsplit(':').nth(1).unwrap_or_default();
    name.trim_start_matches("shop-dev-")
}

/// The role exists, and its policy allows the action on the resource.
pub async fn permits(account: &Account, role: &str, action: &str, resource: &str) {
    let name = role.rsplit('/').next().unwrap();
    let policy = account.iam.get_role_policy();
    let policy = policy.role_name(name).policy_name("txflow").send().await;
    let policy = policy.unwrap_or_else(|error| panic!("{role} has no policy: {error:?}"));
    let policy = percent_decode_str(policy.policy_document()).decode_utf8_lossy();
    let policy: Value = serde_json::from_str(&policy).unwrap();
    let covers = |pattern: &Value| {
        let pattern = pattern.as_str().unwrap_or_default();
        pattern == resource
            || pattern
                .strip_suffix('*')
                .is_some_and(|start| resource.starts_with(start))
    };
    let mut statements = policy["Statement"].as_array().unwrap().iter();
    let permitted = statements.any(|statement| {
        let actions = statement["Action"].as_array().into_iter().flatten();
        let resources = statement["Resource"].as_array().into_iter().flatten();
        { actions }.any(|one| one == action) && { resources }.any(covers)
    });
    assert!(permitted, "{role} does not permit {action} on {resource}");
}
