//! Whatever AWS holds, a deploy leads to what is wanted and the next one finds nothing to do; and a
//! destroy leaves nothing.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::Project;
use super::cloud::Cloud;
use crate::config::{LogLevel, MachineName};
use crate::plan::{Plan, make};
use crate::resources::sample::plain;
use crate::resources::{Desired, sample};
use crate::resources::{RunningExecution, RunsOn};

/// A deploy among several: which code, settings and handlers.
#[derive(Debug, Clone)]
struct Wish {
    buy_code: u8,
    sell: bool,
    sell_code: u8,
    memory: i32,
    environment: bool,
    reserved: Option<i32>,
    logging: bool,
    tag: Option<u8>,
    keep: usize,
}

fn wish() -> impl Strategy<Value = Wish> {
    let buy = (0..3_u8, prop_oneof![Just(128), Just(256)], any::<bool>());
    let sell = (any::<bool>(), 0..2_u8);
    let rest = (
        prop::option::of(1..3_i32),
        any::<bool>(),
        prop::option::of(0..2_u8),
        1..4_usize,
    );
    (buy, sell, rest).prop_map(
        |((buy_code, memory, environment), (sell, sell_code), (reserved, logging, tag, keep))| {
            Wish {
                buy_code,
                sell,
                sell_code,
                memory,
                environment,
                reserved,
                logging,
                tag,
                keep,
            }
        },
    )
}

impl Wish {
    fn desired(&self) -> Desired {
        let mut project = Project::new()
            .code("buy", &self.buy_code.to_string())
            .code("sell", &self.sell_code.to_string())
            .and(|deployment| {
                deployment.keep_versions = self.keep;
                if self.logging {
                    deployment.state_machines.main.logging = LogLevel::Error;
                }
                if let Some(tag) = self.tag {
                    deployment.tags.insert("team".to_owned(), tag.to_string());
                }
                let buy = deployment.functions.get_mut("buy").unwrap();
                buy.settings.memory = self.memory;
                if self.environment {
                    buy.settings.environment = [("K".to_owned(), plain("1"))].into();
                }
                buy.reserved_concurrency = self.reserved;
            });
        if !self.sell {
            project = project.without("sell");
        }
        project.desired()
    }
}

/// What somebody does to the stack between two deploys, or a crash leaves behind.
#[derive(Debug, Clone)]
enum Accident {
    /// Another deploy that went well.
    Deploy(Wish),
    /// One that was interrupted: a step ran if its bit is set and its predecessors ran.
    CutOff(Wish, u64),
    RollBack(usize),
    Execution(usize),
    NoAlias,
    SplitAlias,
    NoStateMachine,
    Deleting,
    ForeignDefinition,
    NoFunction,
    FailedFunction,
    OtherMemory,
    OtherConcurrency,
    NoRole,
    RoleCreatedAgain,
    NoStateMachineRole,
    NoPolicy,
    MorePolicies,
    OtherTrust,
    NoLogGroup,
    OtherRetention,
    OtherTags,
}

fn accident() -> impl Strategy<Value = Accident> {
    prop_oneof![
        4 => wish().prop_map(Accident::Deploy),
        4 => (wish(), any::<u64>()).prop_map(|(wish, ran)| Accident::CutOff(wish, ran)),
        2 => (0..4_usize).prop_map(Accident::RollBack),
        1 => (0..4_usize).prop_map(Accident::Execution),
        8 => prop::sample::select(vec![
            Accident::NoAlias,
            Accident::SplitAlias,
            Accident::NoStateMachine,
            Accident::Deleting,
            Accident::ForeignDefinition,
            Accident::NoFunction,
            Accident::FailedFunction,
            Accident::OtherMemory,
            Accident::OtherConcurrency,
            Accident::NoRole,
            Accident::RoleCreatedAgain,
            Accident::NoStateMachineRole,
            Accident::NoPolicy,
            Accident::MorePolicies,
            Accident::OtherTrust,
            Accident::NoLogGroup,
            Accident::OtherRetention,
            Accident::OtherTags,
        ]),
    ]
}

impl Accident {
    /// If there is nothing that it could affect, nothing happens.
    fn befall(&self, cloud: &mut Cloud) {
        let stack = sample::stack();
        let buy = stack.function_name("buy");
        let releases = cloud.held.main().into_iter();
        let releases: Vec<u64> = releases
            .flat_map(|state| state.versions.iter().map(|(release, _)| *release))
            .collect();
        let buy_function = cloud.held.functions.get_mut("buy");
        let buy_role = cloud.held.roles.get_mut(&buy);
        match self {
            Self::Deploy(wish) => {
                cloud.deploy(&wish.desired());
            }
            Self::CutOff(wish, ran) => {
                let plan = cloud.plan(&wish.desired());
                cloud.apply_some(&plan, |i| ran >> (i % 64) & 1 == 1);
            }
            Self::RollBack(back) => {
                if let Some(release) = releases.get(*back)
                    && cloud.live().is_some()
                    && cloud.may_invoke(*release)
                {
                    cloud.roll_back(*release);
                }
            }
            Self::Execution(back) => {
                let arn = format!("execution {}", cloud.running.len());
                let release = releases.get(*back).copied();
                let running = release.map(|release| RunningExecution {
                    arn,
                    runs_on: RunsOn::Release(release),
                });
                cloud.running.extend(running);
            }
            Self::NoAlias => {
                if let Some(state) = cloud.held.state_machines.get_mut(&MachineName::Main) {
                    state.alias = None;
                }
            }
            Self::SplitAlias => {
                if let Some(state) = cloud.held.state_machines.get_mut(&MachineName::Main)
                    && let (Some(alias), [first, second, ..]) = (&mut state.alias, &releases[..])
                {
                    alias.routing = vec![(*first, 90), (*second, 10)];
                }
            }
            Self::NoStateMachine => cloud.lose_state_machine(),
            Self::Deleting => {
                if let Some(state) = cloud.held.state_machines.get_mut(&MachineName::Main) {
                    state.deleting = true;
                }
            }
            Self::ForeignDefinition => cloud.edit_definition(json!({ "States": {} })),
            // What no release pins: otherwise the stack is broken for good.
            Self::NoFunction => {
                if releases.is_empty() {
                    cloud.held.functions.remove("buy");
                }
            }
            Self::FailedFunction => {
                if let Some(function) = buy_function {
                    function.failure = Some("no more addresses".to_owned());
                }
            }
            Self::OtherMemory => {
                if let Some(function) = buy_function {
                    function.latest.configuration.settings.memory = 512;
                }
            }
            Self::OtherConcurrency => {
                if let Some(function) = buy_function {
                    function.reserved_concurrency = Some(7);
                }
            }
            Self::NoRole => {
                cloud.held.roles.remove(&buy);
            }
            Self::RoleCreatedAgain => {
                if buy_role.is_some() {
                    cloud.create_role_again("buy");
                }
            }
            Self::NoStateMachineRole => {
                cloud
                    .held
                    .roles
                    .remove(&stack.state_machine_role(&MachineName::Main));
            }
            Self::NoPolicy => {
                if let Some(role) = buy_role {
                    role.policy = None;
                }
            }
            Self::MorePolicies => {
                if let Some(role) = buy_role {
                    role.other_policies = vec!["by-hand".to_owned()];
                    role.attached_policies = vec!["arn:aws:iam::aws:policy/Admin".to_owned()];
                }
            }
            Self::OtherTrust => {
                if let Some(role) = buy_role {
                    role.trust = json!({ "Statement": [] });
                }
            }
            Self::NoLogGroup => {
                cloud
                    .held
                    .log_groups
                    .remove(&stack.function_log_group("buy"));
            }
            Self::OtherRetention => {
                for group in cloud.held.log_groups.values_mut() {
                    group.retention = Some(1);
                }
            }
            Self::OtherTags => {
                for role in cloud.held.roles.values_mut() {
                    role.tags
                        .insert("txflow:version".to_owned(), "0.0.1".to_owned());
                    role.tags.insert("by".to_owned(), "hand".to_owned());
                }
            }
        }
    }
}

fn accidents() -> impl Strategy<Value = Vec<Accident>> {
    prop::collection::vec(accident(), 0..7)
}

fn after(first: &Wish, accidents: &[Accident]) -> Cloud {
    let mut cloud = Cloud::default();
    cloud.deploy(&first.desired());
    for accident in accidents {
        accident.befall(&mut cloud);
    }
    cloud
}

/// Checks that each step comes after everything that it waits for, once.
fn is_ordered(plan: &Plan) {
    let mut before = BTreeSet::new();
    for step in &plan.steps {
        for id in &step.after {
            assert!(before.contains(id), "{:?} waits for {id:?}", step.id);
        }
        assert!(before.insert(&step.id), "{:?} is there twice", step.id);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_deploy_leads_to_what_is_wanted(first in wish(), accidents in accidents(), wish in wish()) {
        let mut cloud = after(&first, &accidents);
        let desired = wish.desired();
        if make(&desired, &cloud.observe(&desired)).unwrap().check(str::to_owned).is_err() {
            // Somebody split the traffic.
            return Ok(());
        }
        let plan = cloud.deploy(&desired);
        is_ordered(&plan);
        prop_assert!(cloud.live().is_none_or(|live| cloud.may_decrypt(live)));
        let second = cloud.plan(&desired);
        prop_assert!(second.is_empty(), "{:#?}", second.steps);
    }

    #[test]
    fn a_destroy_leaves_nothing(first in wish(), accidents in accidents(), ran in any::<u64>()) {
        let mut cloud = after(&first, &accidents);
        // Functions that no role leads to any more must be named.
        let desired = Project::new().desired();
        let plan = cloud.removal(&desired);
        is_ordered(&plan);
        cloud.apply_some(&plan, |i| ran >> (i % 64) & 1 == 1);
        let rest = cloud.removal(&desired);
        is_ordered(&rest);
        cloud.apply(&rest);
        prop_assert!(cloud.removal(&desired).is_empty());
        let held = &cloud.held;
        prop_assert!(held.roles.is_empty() && held.log_groups.is_empty(), "{held:#?}");
        prop_assert!(held.functions.is_empty() && held.state_machines.is_empty(), "{held:#?}");
    }
}
