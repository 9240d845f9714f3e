//! Functions in a VPC, and the network interfaces that Lambda has for them. Each test names its source.

use serde_json::{Value, json};
use txflow_local_aws::{Span, Weather};

use crate::cloud::Cloud;

fn calm() -> Cloud {
    Cloud::new(Weather::calm())
}

/// "Attaching Lambda functions to a VPC" in Lambda's developer guide; the message is the one that
/// hashicorp/terraform-provider-aws waits for.
#[tokio::test(start_paused = true)]
async fn a_function_enters_a_vpc_if_its_role_may_manage_interfaces() {
    let cloud = calm();
    let role = cloud.role("r", "lambda.amazonaws.com").await;
    cloud.settle().await;
    let vpc = json!({ "VpcConfig": { "SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"] } });
    let refused = cloud.create_function("f", &role, vpc.clone()).await;
    refused.refused(400, &["CreateNetworkInterface on EC2"]);
    cloud.create_function("f", &role, json!({})).await.ok();
    cloud.settle().await;
    let refused = cloud.lambda("PUT", "/f/configuration", vpc.clone()).await;
    refused.refused(400, &["CreateNetworkInterface on EC2"]);
    cloud.allow("r", json!("ec2:*")).await.ok();
    cloud.lambda("PUT", "/f/configuration", vpc).await.ok();
}

/// "Configuring Amazon EFS file system access" in Lambda's developer guide; the message is the one that CloudFormation passes
/// on, as in aws-cloudformation/cfn-lint#4408.
#[tokio::test(start_paused = true)]
async fn a_function_mounts_a_file_system_only_in_a_vpc() {
    let cloud = calm();
    let role = cloud.role("r", "lambda.amazonaws.com").await;
    cloud.allow("r", json!("ec2:*")).await.ok();
    cloud.settle().await;
    let access_point =
        "arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fsap-0123456789abcdef0";
    let mounts = |arn: &str, path: &str| json!([{ "Arn": arn, "LocalMountPath": path }]);
    let in_vpc = |mounts: &Value| json!({ "VpcConfig": { "SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"] }, "FileSystemConfigs": mounts });
    let good = mounts(access_point, "/mnt/data");
    for (wrong, says) in [
        (mounts("a", "/mnt/data"), "fileSystemConfigs.1.member.arn"),
        (
            mounts(access_point, "/data"),
            "fileSystemConfigs.1.member.localMountPath",
        ),
        (
            json!([good[0], good[0]]),
            "Member must have length less than or equal to 1",
        ),
    ] {
        let refused = cloud.create_function("f", &role, in_vpc(&wrong)).await;
        refused.refused(400, &[says]);
    }
    let outside = ["must be configured to execute in a VPC", access_point];
    let alone = json!({ "FileSystemConfigs": good });
    let refused = cloud.create_function("f", &role, alone.clone()).await;
    refused.refused(400, &outside);

    cloud.create_function("f", &role, in_vpc(&good)).await.ok();
    cloud.settle().await;
    let configure = async |settings: Value| {
        let answer = cloud.lambda("PUT", "/f/configuration", settings).await;
        cloud.settle().await;
        answer
    };
    let leaves = json!({ "VpcConfig": { "SubnetIds": [], "SecurityGroupIds": [] } });
    configure(leaves.clone()).await.refused(400, &outside);
    let mut leaves_both = leaves;
    leaves_both["FileSystemConfigs"] = json!([]);
    configure(leaves_both).await.ok();
    configure(alone).await.refused(400, &outside);
}

/// "Attaching Lambda functions to a VPC" in Lambda's developer guide: "still able to invoke your VPC function successfully even if
/// you remove these permissions".
#[tokio::test(start_paused = true)]
async fn a_version_in_a_vpc_runs_even_if_its_role_may_not_manage_interfaces_any_more() {
    let cloud = calm();
    let role = cloud.role("r", "lambda.amazonaws.com").await;
    cloud.allow("r", json!("ec2:*")).await.ok();
    cloud.settle().await;
    cloud.create_function("f", &role, in_vpc()).await.ok();
    cloud.settle().await;
    cloud.allow("r", json!("logs:*")).await.ok();
    let invoked = cloud.lambda("POST", "/f/invocations", json!({})).await;
    invoked.ok();
}

fn in_vpc() -> Value {
    json!({ "VpcConfig": { "SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"] } })
}

/// "Understanding Hyperplane Elastic Network Interfaces" in Lambda's developer guide: one for each combination of subnet and
/// security groups. awslabs/aws-support-tools#174: Lambda takes up to 20 minutes to remove one that nothing uses.
#[tokio::test(start_paused = true)]
async fn the_versions_in_a_vpc_share_an_interface_that_goes_after_the_last_of_them() {
    let cloud = Cloud::new(Weather {
        network_interface_removal: Span::exactly(std::time::Duration::from_mins(20)),
        ..Weather::calm()
    });
    for name in ["f", "g"] {
        let role = cloud
            .role(&format!("{name}-role"), "lambda.amazonaws.com")
            .await;
        cloud
            .allow(&format!("{name}-role"), json!("ec2:*"))
            .await
            .ok();
        cloud.create_function(name, &role, in_vpc()).await.ok();
        cloud.settle().await;
    }
    let shared = cloud.interfaces("interface-type", "lambda").await;
    assert_eq!(shared.len(), 1, "{shared:?}");
    assert_eq!(
        cloud
            .interfaces("description", "AWS Lambda VPC ENI-f-*")
            .await,
        shared
    );
    assert_eq!(cloud.interfaces("subnet-id", "subnet-2").await, [""; 0]);
    // A version stays in the VPC that its function has left.
    cloud.lambda("POST", "/f/versions", json!({})).await.ok();
    let leave = json!({ "VpcConfig": { "SubnetIds": [], "SecurityGroupIds": [] } });
    cloud.lambda("PUT", "/f/configuration", leave).await.ok();
    cloud.lambda("DELETE", "/g", json!({})).await.ok();
    for _ in 0..30 {
        cloud.settle().await;
    }
    assert_eq!(cloud.interfaces("status", "in-use").await, shared);
    cloud
        .lambda("DELETE", "/f?Qualifier=1", json!({}))
        .await
        .ok();
    for _ in 0..19 {
        cloud.settle().await;
    }
    assert_eq!(cloud.interfaces("status", "in-use").await, shared);
    cloud.settle().await;
    cloud.settle().await;
    assert_eq!(cloud.interfaces("interface-type", "*").await, [""; 0]);
}

/// aws/aws-cdk#34400, terraform-aws-modules/terraform-aws-lambda#310 and awslabs/aws-support-tools#174: Lambda removes the
/// interfaces with the role of the function.
#[tokio::test(start_paused = true)]
async fn an_interface_stays_if_the_role_of_its_last_version_does_not_let_lambda_remove_it() {
    for (deletes_role, left) in [(true, 1), (false, 0)] {
        let cloud = calm();
        let role = cloud.role("r", "lambda.amazonaws.com").await;
        cloud.allow("r", json!("ec2:*")).await.ok();
        cloud.create_function("f", &role, in_vpc()).await.ok();
        cloud.settle().await;
        cloud.lambda("DELETE", "/f", json!({})).await.ok();
        if deletes_role {
            let policy = [("RoleName", "r"), ("PolicyName", "p")];
            cloud.iam("DeleteRolePolicy", &policy).await.ok();
            cloud.iam("DeleteRole", &[("RoleName", "r")]).await.ok();
        }
        cloud.settle().await;
        assert_eq!(cloud.interfaces("status", "available").await.len(), left);
        assert_eq!(cloud.interfaces("subnet-id", "subnet-1").await.len(), left);
    }
}
