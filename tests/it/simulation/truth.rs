//! What AWS holds, as a second reader sees it.

use std::collections::BTreeMap;

use aws_sdk_lambda::types::{LastUpdateStatus, State};
use aws_sdk_sfn::types::StateMachineStatus;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::cloud::Cloud;
use super::wish::Wish;
use crate::support::account::{Account, Snapshot};

const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:shop-dev";
const BYSTANDER: &str = "bystander";

pub struct Truth {
    account: Account,
    bystanders: Snapshot,
}

/// What callers of `live` get.
#[derive(Debug)]
pub struct Live {
    /// By the ARN that the definition names.
    functions: BTreeMap<String, Called>,
    role: String,
}

/// A version of a function.
#[derive(Debug)]
struct Called {
    code: String,
    memory: i32,
    word: Option<String>,
}

impl Truth {
    /// With something in the account that is not the stack's.
    pub async fn begin(cloud: &Cloud) -> Self {
        let account = Account::through(cloud.line().client(), "http://127.0.0.1:4566").await;
        account.role_and_log_group(&format!("a-{BYSTANDER}")).await;
        let bystanders = account.snapshot_of(BYSTANDER).await;
        assert!(!bystanders.is_empty());
        Self {
            account,
            bystanders,
        }
    }

    pub async fn bystanders_are_as_before(&self) {
        assert_eq!(self.account.snapshot_of(BYSTANDER).await, self.bystanders);
    }

    pub async fn nothing_of_the_stack_is_left(&self) {
        let left = self.account.snapshot_of("dev").await;
        assert!(left.is_empty(), "{left:?}");
    }

    /// What is live; `None` if nothing is.
    pub async fn live(&self) -> Option<Live> {
        let states = &self.account.states;
        let machine = states.describe_state_machine().state_machine_arn(MACHINE);
        let machine = machine.send().await.ok()?;
        if machine.status() == Some(&StateMachineStatus::Deleting) {
            // A destroy was cut off: no execution can be started.
            return None;
        }
        let version = self.account.live(MACHINE).await?;
        let release = states.describe_state_machine().state_machine_arn(&version);
        let release = release.send().await;
        let release =
            release.unwrap_or_else(|_| panic!("`live` leads to {version}, which does not exist"));
        let definition: Value = serde_json::from_str(release.definition()).unwrap();
        let mut functions = BTreeMap::new();
        for state in definition["States"].as_object().unwrap().values() {
            let arn = state["Parameters"]["FunctionName"]
                .as_str()
                .unwrap()
                .to_owned();
            let function = self.account.lambda.get_function().function_name(&arn);
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
            let called = Called {
                code: held.code_sha256().unwrap().to_owned(),
                memory: held.memory_size().unwrap(),
                word: variables.and_then(|variables| variables.get("WORD").cloned()),
            };
            functions.insert(arn, called);
        }
        Some(Live {
            functions,
            role: release.role_arn().to_owned(),
        })
    }
}

impl Live {
    /// Whether this is what the wish asked for, and all of it.
    pub fn is_of(&self, wish: &Wish) -> bool {
        let hashes = wish.hashes();
        self.functions.len() == hashes.len()
            && self.functions.iter().all(|(arn, called)| {
                let handler = arn.rsplit(':').nth(1).unwrap_or_default();
                let handler = handler.trim_start_matches("shop-dev-");
                let word = wish.secret.filter(|_| handler == "buy");
                hashes.get(handler) == Some(&called.code)
                    && called.memory == i32::try_from(wish.memory).unwrap()
                    && called.word.as_deref() == word
            })
    }

    /// The role of the release permits what the release calls.
    pub async fn can_be_called(&self, truth: &Truth) {
        let role = self.role.rsplit('/').next().unwrap();
        let policy = truth.account.iam.get_role_policy();
        let policy = policy.role_name(role).policy_name("txflow").send().await;
        let policy = policy.unwrap_or_else(|error| panic!("{role} has no policy: {error:?}"));
        let policy = percent_decode_str(policy.policy_document()).decode_utf8_lossy();
        let policy: Value = serde_json::from_str(&policy).unwrap();
        let allowed = policy["Statement"].as_array().unwrap();
        for arn in self.functions.keys() {
            let any_version = format!("{}:*", arn.rsplit_once(':').unwrap().0);
            let permits = allowed.iter().any(|statement| {
                let resources = statement["Resource"].as_array();
                statement["Action"]
                    .to_string()
                    .contains("lambda:InvokeFunction")
                    && resources
                        .is_some_and(|all| all.iter().any(|one| *one == any_version.as_str()))
            });
            assert!(permits, "{role} does not permit to invoke {arn}");
        }
    }
}
