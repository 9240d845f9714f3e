//! What the role of the state machine keeps of earlier releases.

use serde_json::{Value, json};

use super::{Cloud, Project};
use crate::resources::sample;

const CHARGE: &str = "arn:aws:lambda:eu-west-1:210987654321:function:charge:1";

/// A release, with a state that calls a function of somebody else or without.
fn release(number: u32, charges: bool) -> Project {
    let project = Project::with(|deployment| {
        deployment.keep_versions = 2;
        if charges {
            deployment.state_machines.main.definition.template["States"]["Charge"] = json!({
                "Type": "Task",
                "Resource": CHARGE,
                "Parameters": { "FunctionName": "arn:aws:lambda:eu-west-1:123456789012:function:shop-dev-buy:1" },
                "End": true,
            });
        }
    });
    project.code("buy", &number.to_string())
}

fn may_charge(cloud: &Cloud) -> bool {
    let role =
        &cloud.held.roles[&sample::stack().state_machine_role(&crate::config::MachineName::Main)];
    let policy = role.policy.as_ref().map(Value::to_string);
    policy.unwrap().contains(CHARGE)
}

#[test]
fn the_role_keeps_what_a_retained_release_needs_and_no_longer() {
    let mut cloud = release(1, true).deployed();
    assert!(may_charge(&cloud));
    cloud.deploy(&release(2, false).desired());
    assert!(may_charge(&cloud), "release 1 is kept");
    assert!(cloud.plan(&release(2, false).desired()).is_empty());
    cloud.deploy(&release(3, false).desired());
    cloud.deploy(&release(4, false).desired());
    assert!(!may_charge(&cloud), "release 1 is gone");
    assert!(cloud.plan(&release(4, false).desired()).is_empty());
}
