//! What AWS holds, as a second reader sees it.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_sfn::types::{RoutingConfigurationListItem, StateMachineStatus};

use super::cloud::Cloud;
use super::live::Live;
use super::triggers::{self, Triggers};
use super::wish::{Source, Wish};
use crate::support::account::{Account, Snapshot};

pub const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:shop-dev";

/// Also how the names of another stage begin.
const BYSTANDER: &str = "shop-dev-bystander";

pub struct Truth {
    account: Account,
    bystanders: (Snapshot, Vec<String>),
}

impl Truth {
    /// With something in the account that is not the stack's.
    pub async fn begin(cloud: &Cloud) -> Self {
        let account = Account::through(cloud.line().client(), "http://127.0.0.1:4566").await;
        account.role_and_log_group(BYSTANDER).await;
        let group = account.scheduler.create_schedule_group().name(BYSTANDER);
        group.send().await.unwrap();
        let rule = account.events.put_rule().name(BYSTANDER);
        let rule = rule.event_pattern(r#"{ "source": ["shop"] }"#);
        rule.send().await.unwrap();
        let bystanders = bystanders(&account).await;
        assert!(!bystanders.0.is_empty() && bystanders.1.len() == 2);
        Self {
            account,
            bystanders,
        }
    }

    pub async fn bystanders_are_as_before(&self) {
        assert_eq!(bystanders(&self.account).await, self.bystanders);
    }

    pub async fn nothing_of_the_stack_is_left(&self) {
        let Snapshot(mut left) = self.account.snapshot_of("dev").await;
        left.extend(self.account.triggers().await);
        left.retain(|line| line.contains("shop-") && !line.contains("-bystander"));
        assert!(left.is_empty(), "{left:?}");
    }

    /// What is live; `None` if nothing is.
    pub async fn live(&self) -> Option<Live> {
        let machine = self.account.states.describe_state_machine();
        let machine = machine.state_machine_arn(MACHINE).send().await.ok()?;
        if machine.status() == Some(&StateMachineStatus::Deleting) {
            // A destroy was cut off: no execution can be started.
            return None;
        }
        let version = self.account.live(MACHINE).await?;
        Some(Live::of(&self.account, version).await)
    }

    /// Somebody deletes a version of a function by hand.
    pub async fn delete_function(&self, handler: &str) {
        let function = self.account.lambda.delete_function();
        let function = function.function_name(format!("shop-dev-{handler}"));
        function.send().await.unwrap();
    }

    pub async fn delete_function_version(&self, handler: &str, version: &str) {
        let delete = self.account.lambda.delete_function();
        let delete = delete.function_name(format!("shop-dev-{handler}"));
        delete.qualifier(version).send().await.unwrap();
    }

    /// This release, whether or not it is live.
    pub async fn release(&self, release: u64) -> Live {
        Live::of(&self.account, format!("{MACHINE}:{release}")).await
    }

    /// Somebody deletes the main state machine by hand.
    pub async fn begin_to_delete_all(&self) {
        let delete = self.account.states.delete_state_machine();
        delete.state_machine_arn(MACHINE).send().await.unwrap();
    }

    /// Somebody deletes a state machine beside the main one by hand.
    pub async fn begin_to_delete(&self, child: &str) {
        let delete = self.account.states.delete_state_machine();
        let delete = delete.state_machine_arn(format!("{MACHINE}-{child}"));
        delete.send().await.unwrap();
    }

    /// Somebody deletes a version of a state machine beside the main one by hand.
    pub async fn delete_version(&self, child: &str, version: u64) {
        let delete = self.account.states.delete_state_machine_version();
        let delete = delete.state_machine_version_arn(format!("{MACHINE}-{child}:{version}"));
        delete.send().await.unwrap();
    }

    /// Somebody creates the state machine again as soon as it is gone.
    pub async fn make_again(&self) {
        for _ in 0..10_000 {
            let create = self.account.states.create_state_machine();
            let create = create
                .name("shop-dev")
                .role_arn("arn:aws:iam::000000000000:role/txflow/shop/dev/shop-dev-state-machine")
                .definition(r#"{"StartAt":"End","States":{"End":{"Type":"Succeed"}}}"#);
            if create.send().await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("it cannot be created");
    }

    /// Somebody has an alias of their own lead to a release.
    pub async fn others_alias(&self, release: u64) {
        let alias = self.account.states.create_state_machine_alias();
        let alias = alias.name("theirs");
        alias
            .routing_configuration(route(release, 100))
            .send()
            .await
            .unwrap();
    }

    /// The same for a version of a function.
    pub async fn others_function_alias(&self, handler: &str, version: u64) {
        let alias = self.account.lambda.create_alias().name("theirs");
        let alias = alias.function_name(format!("shop-dev-{handler}"));
        let alias = alias.function_version(version.to_string());
        alias.send().await.unwrap();
    }

    /// Somebody splits `live` between two releases by hand.
    pub async fn split(&self, routes: [(u64, i32); 2]) {
        let update = self.account.states.update_state_machine_alias();
        let update = update.state_machine_alias_arn(format!("{MACHINE}:live"));
        let routes = routes.map(|(release, weight)| route(release, weight));
        let update = update.set_routing_configuration(Some(routes.to_vec()));
        update.send().await.unwrap();
    }

    /// The releases that `live` leads to, with their weights.
    pub async fn routes(&self) -> Vec<(u64, i32)> {
        let alias = self.account.states.describe_state_machine_alias();
        let alias = alias.state_machine_alias_arn(format!("{MACHINE}:live"));
        let alias = alias.send().await.unwrap();
        let routes = alias.routing_configuration().iter().map(|route| {
            let release = route.state_machine_version_arn().rsplit(':').next();
            (release.unwrap().parse().unwrap(), route.weight())
        });
        let mut routes: Vec<(u64, i32)> = routes.collect();
        routes.sort_unstable();
        routes
    }

    /// Somebody changes a function by hand, and allows its state machine more.
    pub async fn drift(&self, handler: &str) {
        let update = self.account.lambda.update_function_configuration();
        let update = update.function_name(format!("shop-dev-{handler}"));
        update.memory_size(1024).send().await.unwrap();
        let statement = serde_json::json!({
            "Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": ["*"],
        });
        let policy = serde_json::json!({ "Version": "2012-10-17", "Statement": [statement] });
        let put = self.account.iam.put_role_policy();
        let put = put
            .role_name("shop-dev-state-machine")
            .policy_name("txflow");
        put.policy_document(policy.to_string())
            .send()
            .await
            .unwrap();
    }

    /// A deploy beside this one has no use for a role.
    pub async fn delete_role(&self, name: &str) {
        let iam = &self.account.iam;
        let policy = iam
            .delete_role_policy()
            .role_name(name)
            .policy_name("txflow");
        policy.send().await.unwrap();
        iam.delete_role().role_name(name).send().await.unwrap();
    }

    /// Starts an execution on the state machine, with `qualifier` such as `:live`, and gives its ARN.
    pub async fn start(&self, qualifier: &str) -> String {
        let start = self.account.states.start_execution();
        let start = start.state_machine_arn(format!("{MACHINE}{qualifier}"));
        start.send().await.unwrap().execution_arn
    }

    /// The published versions of a function.
    pub async fn versions(&self, handler: &str) -> Vec<u64> {
        self.account.versions(&format!("shop-dev-{handler}")).await
    }

    pub async fn can_be_called(&self, live: &Live) {
        live.can_be_called(&self.account).await;
    }

    pub async fn triggers(&self) -> Triggers {
        Triggers::read(&self.account).await
    }

    pub async fn can_start(&self, triggers: &Triggers) {
        triggers.can_start(&self.account).await;
    }

    /// Does what the triggers of the wish wait for. Gives how many executions must come of it at least.
    pub async fn set_off(&self, wish: &Wish) -> usize {
        let mut due = 0;
        for trigger in wish.triggers.values().filter(|trigger| trigger.enabled) {
            match trigger.source {
                Source::Schedule { hours } => {
                    let period = std::time::Duration::from_secs(u64::from(hours) * 60 * 60);
                    tokio::time::sleep(period).await;
                }
                Source::Event { number } => triggers::put_event(&self.account, number).await,
            }
            due += 1;
        }
        due
    }

    /// The executions of the main state machine, each with how it ended.
    pub async fn executions(&self) -> BTreeMap<String, String> {
        let states = &self.account.states;
        let listed = states.list_executions().state_machine_arn(MACHINE);
        let mut ends = BTreeMap::new();
        for execution in listed.send().await.unwrap().executions {
            let arn = execution.execution_arn;
            let described = states.describe_execution().execution_arn(&arn);
            let described = described.send().await.unwrap();
            let cause = described.cause().unwrap_or_default();
            let end = format!("{} {cause}", described.status());
            ends.insert(arn, end.trim_end().to_owned());
        }
        ends
    }
}

fn route(release: u64, weight: i32) -> RoutingConfigurationListItem {
    RoutingConfigurationListItem::builder()
        .state_machine_version_arn(format!("{MACHINE}:{release}"))
        .weight(weight)
        .build()
        .unwrap()
}

async fn bystanders(account: &Account) -> (Snapshot, Vec<String>) {
    let mut triggers = account.triggers().await;
    triggers.retain(|line| line.contains(BYSTANDER));
    (account.snapshot_of("dev-bystander").await, triggers)
}
