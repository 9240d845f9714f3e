//! What a plan prints, to the letter.

use serde_json::{Value, json};
use txflow_asl::permissions::Unlimited;

use super::PlanView;
use crate::config::{LogLevel, PolicyStatement};
use crate::plan::Plan;
use crate::plan::tests::Project;
use crate::report::Answer as _;
use crate::resources::sample::{plain as known, secret};
use crate::resources::{Because, Statement};
use crate::world::plain;

fn plan_text(plan: &Plan) -> String {
    PlanView::new(plan).text()
}

pub(super) fn buy_grows() -> Plan {
    let after = Project::with(|deployment| {
        let buy = deployment.functions.get_mut("buy").unwrap();
        buy.settings.memory = 256;
        buy.settings.environment = [("TOKEN".to_owned(), secret("hidden"))].into();
    });
    Project::new().deployed().plan(&after.desired())
}

#[test]
fn the_plan_of_a_first_deploy_lists_what_will_be_there() {
    let project = Project::new().without("sell").and(|deployment| {
        let buy = deployment.functions.get_mut("buy").unwrap();
        buy.settings.environment = [
            ("LEVEL".to_owned(), known("debug")),
            ("TOKEN".to_owned(), secret("hidden")),
        ]
        .into();
        deployment.state_machines.main.logging = LogLevel::All;
        deployment.state_machines.main.statements = vec![PolicyStatement {
            actions: vec!["sqs:SendMessage".to_owned()],
            resources: (1..=5)
                .map(|i| {
                    format!("arn:aws:sqs:eu-west-1:123456789012:queue-{i}")
                        .as_str()
                        .into()
                })
                .collect(),
            condition: Some(json!({ "Bool": { "aws:SecureTransport": "true" } }).into()),
        }];
    });
    let plan = project.first_plan();
    assert_eq!(
        plain(&plan_text(&plan)),
        "Stack shop, stage dev, account 123456789012, region eu-west-1

+ role shop-dev-buy
    allows logs:CreateLogStream, logs:PutLogEvents
        on  arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/shop-dev-buy:*
        for its own logs

+ role shop-dev-state-machine
    allows lambda:InvokeFunction
        on  arn:aws:lambda:eu-west-1:123456789012:function:shop-dev-buy:*
        for state `buy`, the functions of the stack
    allows logs:CreateLogDelivery, logs:DeleteLogDelivery, logs:DescribeLogGroups, and 5 more
        on  *
        for the delivery of logs
    allows sqs:SendMessage
        on  arn:aws:sqs:eu-west-1:123456789012:queue-1
            arn:aws:sqs:eu-west-1:123456789012:queue-2
            arn:aws:sqs:eu-west-1:123456789012:queue-3
            and 2 more
        if  {\"Bool\":{\"aws:SecureTransport\":\"true\"}}
        for `statements` in deploy.toml

+ log group /aws/lambda/shop-dev-buy
    retention  30 days

+ log group /aws/vendedlogs/states/shop-dev
    retention  30 days

+ function shop-dev-buy
    memory             128 MB
    timeout            30 s
    environment LEVEL  debug
    environment TOKEN  (secret)

+ state machine shop-dev

+ alias shop-dev:live

7 to create, 0 to update, 0 to delete."
    );
}

#[test]
fn a_verbose_plan_has_whole_documents_and_another_has_none() {
    let plan = Project::new().without("sell").first_plan();
    let view = |verbose| PlanView::new(&plan).verbose(verbose);
    for shown in [plain(&view(true).text()), view(true).summary().unwrap()] {
        for part in [
            "\"sts:AssumeRole\"",
            "\"StartAt\": \"buy\"",
            "\"Action\": [",
        ] {
            assert!(shown.contains(part), "{part} is missing in {shown}");
        }
    }
    for shown in [plain(&view(false).text()), view(false).summary().unwrap()] {
        assert!(!shown.contains("2012-10-17"), "{shown}");
    }
    let changed = buy_grows();
    let whole = PlanView::new(&changed).verbose(true).text();
    assert!(plain(&whole).contains("\"StartAt\": \"buy\""), "{whole}");
}

#[test]
fn the_plan_of_a_change_has_old_and_new_and_a_diff_of_the_definition() {
    assert_eq!(
        plain(&plan_text(&buy_grows())),
        "Stack shop, stage dev, account 123456789012, region eu-west-1

~ function shop-dev-buy
    memory             128 MB → 256 MB
    environment TOKEN  (none) → (secret)

~ state machine shop-dev
    definition
      @@ -5,7 +5,7 @@
              \"Type\": \"Task\",
              \"Resource\": \"arn:aws:states:::lambda:invoke\",
              \"Parameters\": {
      -         \"FunctionName\": \"arn:aws:lambda:eu-west-1:123456789012:function:shop-dev-buy:1\",
      +         \"FunctionName\": \"arn:aws:lambda:eu-west-1:123456789012:function:shop-dev-buy:(new version)\",
                \"Payload.$\": \"$\"
              },
              \"Next\": \"sell\"

~ alias shop-dev:live
    release  1 → (new release)

0 to create, 3 to update, 0 to delete."
    );
}

#[test]
fn the_plan_of_a_removal_lists_what_goes() {
    let cloud = Project::new().without("sell").deployed();
    let plan = cloud.removal(&Project::new().desired());
    assert_eq!(
        plain(&plan_text(&plan)),
        "Stack shop, stage dev, account 123456789012, region eu-west-1

- role shop-dev-buy

- role shop-dev-state-machine

- log group /aws/lambda/shop-dev-buy

- function shop-dev-buy

- state machine shop-dev

0 to create, 0 to update, 5 to delete."
    );
}

/// The count is of all that goes, and stands below it.
#[test]
fn the_plan_of_a_removal_counts_what_goes_from_the_local_aws() {
    let cloud = Project::new().without("sell").deployed();
    let plan = cloud.removal(&Project::new().desired());
    let local = [("queue", "work".to_owned())];
    let text = plain(&PlanView::new(&plan).with_local(&local).text());
    let end = "- queue work
    from the local AWS, with all that is in it

0 to create, 0 to update, 6 to delete.";
    assert!(text.ends_with(end), "{text}");
    let nothing = Plan::nothing(&plan.stack);
    let text = plain(&PlanView::new(&nothing).with_local(&local).text());
    assert!(text.ends_with("0 to update, 1 to delete."), "{text}");
    assert!(!text.contains("Nothing to change"), "{text}");
}

#[test]
fn a_plan_without_steps_says_so() {
    let project = Project::new();
    let plan = project.deployed().plan(&project.desired());
    assert_eq!(
        plain(&plan_text(&plan)),
        "Stack shop, stage dev, account 123456789012, region eu-west-1\n\nNothing to change."
    );
}

#[test]
fn versions_that_go_and_functions_that_stay_are_named() {
    let project = |release: u32| {
        Project::with(|deployment| deployment.keep_versions = 2).code("buy", &release.to_string())
    };
    let mut cloud = project(1).deployed();
    cloud.deploy(&project(2).desired());
    let plan = cloud.plan(&project(3).without("sell").desired());
    let text = plain(&plan_text(&plan));
    let pruned = "    remove versions that no release needs: 1\n";
    assert_eq!(text.matches(pruned).count(), 2, "{text}");
    let note = "note: function `shop-dev-sell` is no longer in deploy.toml and stays while release 2, which pins it, is kept";
    assert!(text.contains(note), "{text}");
}

#[test]
fn a_plan_is_given_as_data() {
    let plan = buy_grows();
    let mut view = serde_json::to_value(PlanView::new(&plan)).unwrap();
    let definition = &mut view["changes"][1]["reasons"][0];
    assert_eq!(definition["reason"], "document-changed");
    assert_eq!(definition["document"], "definition");
    assert!(
        definition["old"]
            .as_str()
            .unwrap()
            .contains("shop-dev-buy:1")
    );
    assert!(
        definition["new"]
            .as_str()
            .unwrap()
            .contains("shop-dev-buy:(new version)")
    );
    *definition = Value::Null;
    assert_eq!(
        view,
        json!({
            "stack": "shop",
            "stage": "dev",
            "account": "123456789012",
            "region": "eu-west-1",
            "changes": [
                {
                    "kind": "function",
                    "name": "shop-dev-buy",
                    "change": "update",
                    "reasons": [
                        { "reason": "changed", "attribute": "memory", "old": "128", "new": "256" },
                        { "reason": "changed", "attribute": "environment TOKEN", "old": null, "new": "(secret)" },
                        { "reason": "not-ready-at-once" },
                        { "reason": "new-version" },
                        { "reason": "not-ready-at-once" },
                    ],
                    "operations": [
                        "UpdateFunctionConfiguration",
                        "GetFunction",
                        "PublishVersion",
                        "GetFunction",
                    ],
                    "removed_versions": [],
                },
                {
                    "kind": "state machine",
                    "name": "shop-dev",
                    "change": "update",
                    "reasons": [null],
                    "operations": ["UpdateStateMachine"],
                    "removed_versions": [],
                },
                {
                    "kind": "alias",
                    "name": "shop-dev:live",
                    "change": "update",
                    "reasons": [{ "reason": "release", "old": "1", "new": null }],
                    "operations": ["UpdateStateMachineAlias"],
                    "removed_versions": [],
                },
            ],
            "notes": [],
        })
    );
}

#[test]
fn a_statement_on_everything_says_why() {
    let statement = |unlimited| Statement {
        actions: vec!["translate:TranslateText".to_owned()],
        resources: vec!["*".to_owned()],
        condition: None,
        because: [
            Because::State("Translate".to_owned()),
            Because::Unlimited(unlimited),
        ]
        .into(),
    };
    let mut text = String::new();
    super::text::statement_text(&mut text, &statement(Unlimited::NoneNamed), false);
    assert_eq!(
        plain(&text),
        "    allows translate:TranslateText
        on  * because the call names no resource
        for state `Translate`
"
    );
    let no_types = super::view::why_on(&statement(Unlimited::NoTypes), "*");
    assert_eq!(no_types, " because IAM cannot limit it to a resource");
}
