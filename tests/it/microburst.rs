//! Faults in AWS's own wire format, made by microburst between txflow and ministack. Each goes by, and the deploy must
//! come to what it comes to without them.

use serde_json::{Value, json};

use crate::support::account::Account;
use crate::support::emulators::Emulators;
use crate::support::project::Project;

/// microburst names services as botocore does: Step Functions is `stepfunctions`.
#[tokio::test]
#[ignore = "needs the emulators"]
async fn a_deploy_outlasts_what_aws_answers_on_a_bad_day() {
    let emulators = Emulators::required();
    let ministack = emulators.ministack().await;
    let microburst = emulators.microburst(&ministack.url()).await;
    let account = Account::at(&ministack.url()).await;
    let project = Project::transactions().write();
    let faults = json!([
        error("lambda", "CreateFunction", 2, "InvalidParameterValueException",
            "The role defined for the function cannot be assumed by Lambda."),
        error("stepfunctions", "CreateStateMachine", 2, "AccessDeniedException",
            "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role."),
        error("iam", "CreateRole", 1, "Throttling", "Rate exceeded"),
        { "service": "logs", "operation": "CreateLogGroup", "times": 1, "reset": true },
        { "service": "lambda", "operation": "GetFunction", "times": 1, "reset": true },
    ]);
    let rules = faults.as_array().map(Vec::len);
    microburst
        .request("POST", "/_microburst/rules", &faults.to_string())
        .await
        .expect("the rules are taken");

    let deploy = project
        .txflow(&microburst.url(), &["deploy"])
        .run()
        .await
        .succeeded();
    deploy.says("AWS cannot use its role yet");
    assert_eq!(
        fired(&microburst.request("GET", "/_microburst/rules", "").await),
        rules,
        "each fault was met"
    );
    let troubled = account.snapshot().await;

    // A changed handler conflicts with an update in progress.
    let conflict = "The operation cannot be performed at this time. An update is in progress for resource: \
                    arn:aws:lambda:us-east-1:000000000000:function:transactions-dev-purchase-handler";
    let faults = json!([
        error(
            "lambda",
            "UpdateFunctionCode",
            2,
            "ResourceConflictException",
            conflict
        ),
        error(
            "lambda",
            "GetFunction",
            1,
            "TooManyRequestsException",
            "Rate exceeded"
        ),
        error(
            "stepfunctions",
            "UpdateStateMachine",
            1,
            "ConflictException",
            "updating"
        ),
    ]);
    microburst
        .request("POST", "/_microburst/rules", &faults.to_string())
        .await
        .expect("the rules are taken");
    let project = project.change_handler("purchase-handler");
    project
        .txflow(&microburst.url(), &["deploy"])
        .run()
        .await
        .succeeded();
    assert_eq!(
        fired(&microburst.request("GET", "/_microburst/rules", "").await),
        Some(3)
    );

    // The same without faults.
    project
        .txflow(&microburst.url(), &["destroy", "--yes"])
        .run()
        .await
        .succeeded();
    assert!(account.snapshot().await.is_empty());
    let project = Project::transactions().write();
    project
        .txflow(&ministack.url(), &["deploy"])
        .run()
        .await
        .succeeded();
    assert_eq!(account.snapshot().await, troubled);
}

fn error(service: &str, operation: &str, times: u32, code: &str, message: &str) -> Value {
    json!({
        "service": service,
        "operation": operation,
        "times": times,
        "error": { "code": code, "message": message },
    })
}

/// How many rules have fired as often as they could.
fn fired(rules: &Option<String>) -> Option<usize> {
    let rules: Vec<Value> = serde_json::from_str(rules.as_deref()?).ok()?;
    Some(
        rules
            .iter()
            .filter(|rule| rule["fired_count"] == rule["times"])
            .count(),
    )
}
