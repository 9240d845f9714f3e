//! Layers and the architecture of the functions.

use serde_json::json;

use crate::support::local_server::LocalServer;
use crate::support::project::Project;
use crate::support::reply::Reply;
use crate::support::wire::{Act, Rule, Wire};

/// Lambda lets a function have a layer for another architecture (aws-cdk#16719), whose programs then fail to start.
#[tokio::test]
async fn a_layer_for_another_architecture_is_refused_before_anything_is_written() {
    const LAYER: &str = "arn:aws:lambda:us-east-1:000000000000:layer:tools:3";
    let settings = format!("layers = [\"{LAYER}\"]\n");
    let project = Project::shop().function_settings("buy", &settings).write();
    let server = LocalServer::start(project.path(), &[]).await;
    let wire = Wire::in_front_of(&server.url).await;
    let other = json!({ "LayerVersionArn": LAYER, "CompatibleArchitectures": ["arm64"] });
    let other = Act::Reply(Reply::json(200, other.to_string()));
    wire.rule(Rule::on("lambda.GetLayerVersionByArn", other));
    let deploy = project.txflow(&wire.url(), &["deploy"]).run().await;
    deploy
        .exits_with(1)
        .says(&format!(
            "layer `{LAYER}` of `buy` supports arm64, and the functions are x86_64"
        ))
        .says("nothing was written to AWS");
    wire.finish();

    let denied = Act::Error(403, "AccessDeniedException", "No policy allows it.");
    wire.rule(Rule::on("lambda.GetLayerVersionByArn", denied));
    let deploy = project.txflow(&wire.url(), &["deploy"]).run().await;
    deploy
        .succeeded()
        .says(&format!("layer `{LAYER}` was not checked"));
    let plan = project.txflow(&wire.url(), &["plan", "--exit-code"]);
    plan.run().await.exits_with(0);
}

/// The embedded AWS mounts nothing, which is said when a function comes to expect it.
#[tokio::test]
async fn what_is_not_mounted_is_said_once() {
    let settings = r#"layers = ["arn:aws:lambda:us-east-1:000000000000:layer:tools:3"]
file-systems = [{ access-point = "arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fsap-0123456789abcdef0", mount-path = "/mnt/data" }]
vpc = { subnet-ids = ["subnet-0123456789abcdef0"], security-group-ids = ["sg-0123456789abcdef0"] }
"#;
    let project = Project::shop().function_settings("buy", settings).write();
    let said = "does not find what is in them: layers and `/mnt/data` of `buy`";
    let deploy = async || {
        project
            .alone(&["deploy", "--local"])
            .run()
            .await
            .succeeded()
    };
    deploy().await.says(said);
    let again = deploy().await;
    assert!(!again.stderr.contains("mounts no"), "{}", again.stderr);
}
