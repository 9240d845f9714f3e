//! A stage with executions that start all the time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use serde_json::json;
use tokio::task::JoinHandle;
use txflow_local_aws::{HandlerCall, Random, Weather};

use crate::simulation::checkout::{Checkout, Ended, Until};
use crate::simulation::cloud::Cloud;
use crate::simulation::truth::MACHINE;
use crate::simulation::wish::Wish;
use crate::simulation::{on_threads, on_virtual_time};
use crate::support::account::Account;

/// Few executions decide, so that the tests are fast.
pub const RULES: &str = "
[canary]
for = 60
wait = 600
min-executions = 5
tolerance = 10
";

pub struct Stage {
    pub cloud: Cloud,
    pub account: Account,
    checkout: Checkout,
    wish: Wish,
    /// How often the handler fails, by its version.
    fails: Arc<Mutex<BTreeMap<String, f64>>>,
    rules: &'static str,
    /// How often the alias had moved when the last deploy began.
    moves_before: usize,
}

/// Executions that start until this is dropped.
pub struct Traffic(JoinHandle<()>);

impl Drop for Traffic {
    fn drop(&mut self) {
        self.0.abort();
    }
}

pub fn tell(story: impl AsyncFn() + Sync) {
    on_threads(1, &|| on_virtual_time(1, story()));
}

impl Stage {
    /// With one release, which takes five seconds.
    pub async fn deployed() -> Self {
        let mut stage = Self::new().await;
        let first = stage.run(&["deploy"]).await;
        assert!(
            first.printed.contains("is live: release 1"),
            "{}",
            first.printed
        );
        stage.moves_before = stage.all_moves();
        stage
    }

    /// Without a release.
    pub async fn new() -> Self {
        Self::with_rules(RULES).await
    }

    pub async fn with_rules(rules: &'static str) -> Self {
        let fails = Arc::<Mutex<BTreeMap<String, f64>>>::default();
        let of_version = Arc::clone(&fails);
        let rng = Mutex::new(Rng::with_seed(1));
        let handlers = move |call: &HandlerCall<'_>| {
            let share = of_version.lock().unwrap().get(call.version).copied();
            match rng.lock().unwrap().f64() < share.unwrap_or(0.0) {
                true => Err(json!({ "errorType": "Refused", "errorMessage": "out of stock" })),
                false => Ok(json!({ "version": call.version })),
            }
        };
        let cloud = Cloud::answering(1, Weather::calm(), Arc::new(handlers));
        let account = Account::through(cloud.line().client(), "http://127.0.0.1:4566").await;
        let wish = Wish {
            code: BTreeMap::from([("buy", 0)]),
            children: BTreeMap::new(),
            triggers: BTreeMap::new(),
            memory: 128,
            reserved: None,
            secret: None,
            logging: false,
            tag: None,
            keep: 3,
        };
        let mut stage = Self {
            cloud,
            account,
            checkout: Checkout::new(&Random::seeded(1)),
            wish,
            fails,
            rules,
            moves_before: 0,
        };
        stage.write(5);
        stage
    }

    fn write(&mut self, seconds: u32) {
        self.checkout.write(&self.wish);
        self.append(self.rules);
        let definition = json!({
            "StartAt": "think",
            "States": {
                "think": { "Type": "Wait", "Seconds": seconds, "Next": "buy" },
                "buy": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::lambda:invoke",
                    "Parameters": { "FunctionName": "${buy}" },
                    "End": true,
                },
            }
        });
        let definition = format!("{definition:#}");
        self.checkout.write_file("definition.asl.json", &definition);
    }

    /// Changes the code of the handler, whose versions have the numbers of the releases.
    pub fn change(&mut self) {
        *self.wish.code.get_mut("buy").unwrap() += 1;
        self.write(5);
    }

    /// Changes how long an execution takes.
    pub fn takes(&mut self, seconds: u32) {
        self.write(seconds);
    }

    /// Adds to `deploy.toml`.
    pub fn append(&self, toml: &str) {
        self.checkout.append(toml);
    }

    /// How often a version of the handler fails.
    pub fn fail(&self, version: &str, share: f64) {
        let mut fails = self.fails.lock().unwrap();
        fails.insert(version.to_owned(), share);
    }

    /// An execution each second.
    pub fn traffic(&self) -> Traffic {
        let states = self.account.states.clone();
        Traffic(tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_secs(1)).await;
                let start = states.start_execution();
                let start = start.state_machine_arn(format!("{MACHINE}:live"));
                start.send().await.unwrap();
            }
        }))
    }

    pub async fn run(&self, arguments: &[&str]) -> Ended {
        self.run_until(arguments, Until::End).await
    }

    pub async fn run_until(&self, arguments: &[&str], until: Until) -> Ended {
        let line = match until {
            Until::End => self.cloud.line(),
            Until::Killed(call) | Until::Interrupted(call) => self.cloud.line_with_alarm(call),
        };
        self.checkout.run(arguments, until, &line).await
    }

    /// Where the alias leads, by release.
    pub async fn routing(&self) -> Vec<(u64, i32)> {
        let alias = self.account.states.describe_state_machine_alias();
        let alias = alias.state_machine_alias_arn(format!("{MACHINE}:live"));
        let alias = alias.send().await.unwrap();
        let routes = alias.routing_configuration().iter().map(|route| {
            let (_, release) = route.state_machine_version_arn().rsplit_once(':').unwrap();
            (release.parse().unwrap(), route.weight())
        });
        let mut routes: Vec<(u64, i32)> = routes.collect();
        routes.sort_unstable();
        routes
    }

    /// Somebody moves the alias by hand.
    pub async fn move_by_hand(&self, routing: &[(u64, i32)]) {
        use aws_sdk_sfn::types::RoutingConfigurationListItem as Route;
        let routes = routing.iter().map(|(release, weight)| {
            let route = Route::builder().weight(*weight);
            let route = route.state_machine_version_arn(format!("{MACHINE}:{release}"));
            route.build().unwrap()
        });
        let update = self.account.states.update_state_machine_alias();
        let update = update.state_machine_alias_arn(format!("{MACHINE}:live"));
        let update = update.set_routing_configuration(Some(routes.collect()));
        update.send().await.unwrap();
    }

    /// How often the alias has moved since the first release.
    pub fn moves(&self) -> usize {
        self.all_moves() - self.moves_before
    }

    fn all_moves(&self) -> usize {
        let calls = self.cloud.calls.lock().unwrap();
        let moves = calls
            .iter()
            .filter(|call| call.contains("states:UpdateStateMachineAlias"));
        moves.count()
    }
}
