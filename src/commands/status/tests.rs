//! What the status says, of small stacks on a model of AWS.
use std::collections::BTreeMap;

use jiff::Timestamp;

use super::drift::{Difference, Drift};
use super::report::Report;
use crate::config::{Deployment, EnvironmentValue, MachineName, StateMachineKind};
use crate::plan::Document;
use crate::plan::tests::{Cloud, Project};
use crate::report::Answer;
use crate::report::style::since_1970;
use crate::resources::{Effect, Observed, RuleState, Usage, sample};
use crate::stack::VERSION_TAG;

const PUBLISHED: Timestamp = Timestamp::constant(1_795_641_423, 0);

/// AWS as it is read, with two releases of which the second has other code.
fn observed(cloud: &Cloud) -> Read {
    Read {
        observed: cloud.held.clone(),
        usage: cloud.usage(),
    }
}

struct Read {
    observed: Observed,
    usage: Usage,
}

fn cloud() -> Cloud {
    let mut cloud = Project::new().deployed();
    cloud.deploy(&Project::new().code("buy", "other code").desired());
    cloud
}

fn drift(deployment: &Deployment, read: &Read) -> Drift {
    Drift::new(deployment, &sample::stack(), &read.observed, &read.usage)
        .expect("all is the stack's own")
}

fn text(deployment: &Deployment, mut read: Read) -> String {
    let observed = &mut read.observed;
    for state_machine in observed.state_machines.values_mut() {
        for (_, published) in &mut state_machine.versions {
            *published = PUBLISHED;
        }
    }
    for function in observed.functions.values_mut() {
        for version in &mut function.versions {
            version.code_size = 532_400;
            version.last_modified = Some(since_1970(1_795_641_363.0));
        }
    }
    let drift = drift(deployment, &read);
    let Read {
        observed,
        mut usage,
    } = read;
    for (number, release) in &mut usage.releases {
        release.description = Some(format!("txflow 0.1.0, commit {number}f2e3d4"));
    }
    let now = since_1970(1_795_641_500.0);
    let report = Report::new(
        &str::to_owned,
        &sample::stack(),
        &observed,
        &usage,
        drift,
        Vec::new(),
        now,
    );
    crate::world::plain(&report.text())
}

#[test]
fn a_stack_that_is_as_it_was_deployed_has_no_drift() {
    assert_eq!(
        text(&sample::deployment(), observed(&cloud())),
        "shop-dev in account 123456789012, region eu-west-1
  executions on arn:aws:states:eu-west-1:123456789012:stateMachine:shop-dev:live

Releases
  2  live  2026-11-25 21:17 UTC  txflow 0.1.0, commit 2f2e3d4
  1        2026-11-25 21:17 UTC  txflow 0.1.0, commit 1f2e3d4

Functions of the live release
  shop-dev-buy   version 2, 532 KB, 128 MB, x86_64, 2026-11-25 21:16 UTC
  shop-dev-sell  version 1, 532 KB, 128 MB, x86_64, 2026-11-25 21:16 UTC

No drift: AWS holds what deploy.toml, the definition and the newest release say."
    );
}

#[test]
fn each_difference_says_which_side_is_which() {
    let mut read = observed(&cloud());
    let observed = &mut read.observed;
    let buy = observed.functions.get_mut("buy").expect("it is there");
    buy.latest.configuration.settings.memory = 512;
    buy.latest.code_sha256 = "by hand".to_owned();
    observed.log_groups.remove("/aws/lambda/shop-dev-sell");
    let main = observed.state_machines.get_mut(&MachineName::Main);
    let alias = main.expect("it is there");
    let alias = alias.alias.as_mut().expect("it is there");
    alias.routing = vec![(1, 100)];
    let text = text(&sample::deployment(), read);
    let (_, drift) = text.split_once("\n\nDiffers").expect("a drift");
    assert_eq!(
        drift,
        " from deploy.toml (drift, or not deployed yet)
  log group /aws/lambda/shop-dev-sell
    not in AWS
  function shop-dev-buy
    memory  512 in AWS → 128 in deploy.toml
    code    by hand in AWS → other code in the newest release
  alias shop-dev:live
    moved by hand  release 2 → 1"
    );
}

#[test]
fn a_function_that_was_updated_and_not_published_is_told() {
    let mut read = observed(&cloud());
    let buy = read.observed.functions.get_mut("buy").unwrap();
    buy.latest.configuration.settings.memory = 256;
    let mut deployment = sample::deployment();
    deployment.functions.get_mut("buy").unwrap().settings.memory = 256;
    let found = drift(&deployment, &read);
    let told = found.resources.iter();
    let told = told.map(|one| (one.name.as_str(), &one.differences[..]));
    assert_eq!(
        told.collect::<Vec<_>>(),
        [("shop-dev-buy", &[Difference::Unpublished][..])]
    );
}

#[test]
fn traffic_that_somebody_split_is_a_note_and_no_difference() {
    let mut read = observed(&cloud());
    let state_machine = { read.observed.state_machines.get_mut(&MachineName::Main) }.unwrap();
    state_machine.alias.as_mut().unwrap().routing = vec![(2, 10), (1, 90)];
    let found = drift(&sample::deployment(), &read);
    assert_eq!(found.resources, []);
    assert_eq!(
        found.notes,
        ["`live` is split between releases, and stays so: 2 (10 %), 1 (90 %)"]
    );
}

#[test]
fn after_a_rollback_the_older_versions_are_live_and_a_deploy_would_end_that() {
    let mut cloud = cloud();
    cloud.roll_back(1);
    let text = text(&sample::deployment(), observed(&cloud));
    assert!(text.contains("\n  1  live  "), "{text}");
    assert!(text.contains("shop-dev-buy   version 1, "), "{text}");
    let rolled_back = "
  alias shop-dev:live
    rolled back  release 2 → 1; a deploy ends the rollback";
    assert!(text.contains(rolled_back), "{text}");
    let found = drift(&sample::deployment(), &observed(&cloud));
    assert_eq!(found.resources.len(), 1, "{found:#?}");

    cloud.deploy(&Project::new().code("buy", "other code").desired());
    assert!(drift(&sample::deployment(), &observed(&cloud)).is_empty());
}

#[test]
fn a_role_that_was_created_again_is_told_by_its_function() {
    let variables = [("K".to_owned(), sample::plain("1"))];
    let project = Project::with(|deployment| {
        let buy = deployment.functions.get_mut("buy").expect("it is there");
        buy.settings.environment = variables.clone().into();
    });
    let mut deployment = sample::deployment();
    let buy = deployment.functions.get_mut("buy").expect("it is there");
    buy.settings.environment = variables.clone().into();
    let mut cloud = project.deployed();
    assert!(drift(&deployment, &observed(&cloud)).is_empty());
    cloud.create_role_again("buy");
    let found = drift(&deployment, &observed(&cloud)).resources;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].name, "shop-dev-buy");
    assert_eq!(found[0].differences, [Difference::NewRole]);
}

#[test]
fn a_changed_definition_is_shown_without_what_only_follows_from_it() {
    let mut deployment = sample::deployment();
    deployment.state_machines.main.definition.template["Comment"] = "edited".into();
    let found = drift(&deployment, &observed(&cloud()));
    assert_eq!(found.resources.len(), 1, "{found:#?}");
    let [
        Difference::Document {
            document,
            deploy_toml,
            ..
        },
    ] = &found.resources[0].differences[..]
    else {
        panic!("{found:#?}");
    };
    assert_eq!(*document, Document::Definition);
    assert!(deploy_toml.contains("edited") && deploy_toml.contains("shop-dev-buy:2"));
}

#[test]
fn a_value_whose_variable_is_not_set_is_not_compared() {
    let variable = |value: EnvironmentValue| {
        let mut deployment = sample::deployment();
        let buy = deployment.functions.get_mut("buy").expect("it is there");
        buy.settings.environment.insert("TOKEN".to_owned(), value);
        deployment
    };
    let held = variable(sample::secret("hunter2"));
    let desired = sample::desired(&held, &BTreeMap::new());
    let mut cloud = Cloud::default();
    cloud.deploy(&desired);
    let read = observed(&cloud);
    assert!(drift(&variable(EnvironmentValue::Unset { secret: true }), &read).is_empty());
    assert!(!drift(&variable(sample::secret("other")), &read).is_empty());
}

#[test]
fn a_function_that_left_deploy_toml_is_told_while_a_release_keeps_it_and_after() {
    let left = |deployment: &mut Deployment| {
        deployment.functions.remove("sell");
        deployment.state_machines.main.definition = sample::definition(&["buy"]);
    };
    let mut deployment = sample::deployment();
    left(&mut deployment);
    let mut cloud = cloud();
    let found = drift(&deployment, &observed(&cloud));
    assert!(found.notes[0].contains("function `shop-dev-sell` is no longer in deploy.toml"));

    deployment.keep_versions = 1;
    cloud.deploy(&sample::desired(&deployment, &BTreeMap::new()));
    let found = drift(&deployment, &observed(&cloud));
    assert!(found.is_empty(), "the release before stays: {found:#?}");
    let next = [("buy".to_owned(), "next code".to_owned())].into();
    let plan = cloud.plan(&sample::desired(&deployment, &next));
    // Cut off before it removes what no release needs any more.
    let steps = &plan.steps;
    cloud.apply_some(&plan, |i| {
        !matches!(steps[i].operation.spec().effect, Effect::Delete)
    });
    let found = drift(&deployment, &observed(&cloud));
    let gone = found.resources.iter().find(|one| one.kind == "function");
    let gone = gone.expect("a function that nothing needs");
    assert_eq!(gone.name, "shop-dev-sell");
    assert_eq!(gone.differences, [Difference::NotWanted]);
}

#[test]
fn another_type_in_deploy_toml_is_a_difference_and_no_failure() {
    let mut deployment = sample::deployment();
    deployment.state_machines.main.kind = StateMachineKind::Express;
    let found = drift(&deployment, &observed(&cloud()));
    assert_eq!(
        found.resources[0].differences,
        [Difference::Attribute {
            attribute: "type".to_owned(),
            aws: Some("STANDARD".to_owned()),
            deploy_toml: Some("EXPRESS".to_owned()),
        }]
    );
}

#[test]
fn triggers_are_listed_and_those_of_others_are_not() {
    let mut read = observed(&cloud());
    let stack = sample::stack();
    let rule = |tags, enabled| RuleState {
        pattern: None,
        enabled,
        targets: BTreeMap::new(),
        tags,
    };
    let rules = &mut read.observed.rules;
    rules.insert(
        "orders/shop-dev.placed".to_owned(),
        rule(stack.ownership_tags(), false),
    );
    rules.insert("shop-dev.theirs".to_owned(), rule(BTreeMap::new(), true));
    let text = text(&sample::deployment(), read);
    let triggers = "\nTriggers\n  placed  events on `orders`, off\n";
    assert!(text.contains(triggers), "{text}");
    let listed = text.split("Differs from").next().unwrap();
    assert!(!listed.contains("theirs"), "{text}");
}

#[test]
fn a_version_that_somebody_deleted_is_told() {
    let mut read = observed(&cloud());
    let buy = read.observed.functions.get_mut("buy").unwrap();
    buy.versions.retain(|version| version.version != "2");
    let text = text(&sample::deployment(), read);
    let row = "\n  shop-dev-buy   version 2 does not exist any more, so calls of it fail\n";
    assert!(text.contains(row), "{text}");
    let why = "\n    no published version has its current state: a deploy was cut off, or the version was deleted; ";
    assert!(text.contains(why), "{text}");
}

/// A deploy writes it again, so `plan` shows it as well. That of another version of txflow is no drift.
#[test]
fn a_version_of_txflow_that_somebody_took_away_is_told() {
    let read = |version: Option<&str>| {
        let mut read = observed(&cloud());
        let buy = read.observed.functions.get_mut("buy").unwrap();
        buy.tags.remove(VERSION_TAG);
        let version = version.map(|version| (VERSION_TAG.to_owned(), version.to_owned()));
        buy.tags.extend(version);
        read
    };
    assert!(drift(&sample::deployment(), &read(Some("0.0.1"))).is_empty());
    let found = drift(&sample::deployment(), &read(None));
    assert_eq!(found.resources.len(), 1, "{found:#?}");
    assert_eq!(found.resources[0].name, "shop-dev-buy");
}

#[test]
fn a_stack_without_functions_has_no_heading_for_them() {
    let mut read = observed(&cloud());
    read.observed.functions.clear();
    let text = text(&sample::deployment(), read);
    assert!(!text.contains("Functions of the live release"), "{text}");
}
