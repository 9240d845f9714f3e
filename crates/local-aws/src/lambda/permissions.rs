//! The permissions that Lambda's operations need.

use serde_json::{Value, json};

use super::FunctionName;
use super::layers;
use super::route::subject;
use crate::fault::Fault;
use crate::http::answer::{Answer, Body};
use crate::http::call::Call;
use crate::permission::{Permission, body, filled};

const SERVICE: &str = "lambda.amazonaws.com";

/// What AWS reads to check the VPC settings of a function.
const VPC_READS: [&str; 3] = [
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
];

pub(super) fn needed(call: &Call) -> Option<Vec<Permission>> {
    let function = || Some(FunctionName::read(subject(call), call).ok()?.qualified());
    let mut needed = Vec::new();
    match call.operation.as_str() {
        "ListFunctions" | "GetAccountSettings" | "ListEventSourceMappings" => {
            needed.push(Permission::of(call, "*"))
        }
        "GetLayerVersionByArn" => {
            needed.push(Permission::new("lambda:GetLayerVersion", layers::arn(call)));
        }
        "Invoke" => needed.push(Permission::new("lambda:InvokeFunction", function()?)),
        "CreateFunction" => {
            let body = body(call);
            let name = body["FunctionName"].as_str()?;
            let function = FunctionName::parse(name, &call.scope).ok()?.arn;
            needed.push(Permission::of(call, &function));
            if filled(&body["Tags"]) {
                needed.push(Permission::new("lambda:TagResource", &function));
            }
            needed.extend(settings(&body));
        }
        "UpdateFunctionConfiguration" => {
            needed.push(Permission::of(call, function()?));
            needed.extend(settings(&body(call)));
        }
        "GetFunction" => {
            let function = function()?;
            needed.push(Permission::of(call, &function));
            let tags = Permission::new("lambda:ListTags", function);
            needed.push(tags.or_withhold(withhold_tags));
        }
        _ => needed.push(Permission::of(call, function()?)),
    }
    Some(needed)
}

/// GetFunction's answer to a caller that may not list tags.
fn withhold_tags(answer: &mut Answer, fault: &Fault) {
    if let Body::Json(Value::Object(members)) = &mut answer.body
        && members.remove("Tags").is_some()
    {
        let error = json!({ "ErrorCode": fault.code, "Message": fault.message });
        members.insert("TagsError".to_owned(), error);
    }
}

/// What a function's settings require of the caller that sets them.
fn settings(body: &Value) -> Vec<Permission> {
    let role = body["Role"].as_str();
    let role = role.map(|role| Permission::pass_role(role, SERVICE));
    let layers = body["Layers"].as_array().into_iter().flatten();
    let layers = layers
        .filter_map(Value::as_str)
        .map(|layer| Permission::new("lambda:GetLayerVersion", layer));
    let in_vpc = filled(&body["VpcConfig"]["SubnetIds"]);
    let vpc = VPC_READS.iter().filter(|_| in_vpc);
    let vpc = vpc.map(|action| Permission::new(*action, "*"));
    let access_points = body["FileSystemConfigs"].as_array().into_iter().flatten();
    let access_points = access_points
        .filter_map(|mounted| mounted["Arn"].as_str())
        .filter(|arn| arn.contains(":elasticfilesystem:"))
        .map(|arn| Permission::new("elasticfilesystem:DescribeMountTargets", arn));
    let key = body["KMSKeyArn"].as_str().filter(|key| !key.is_empty());
    let key = key.into_iter().flat_map(|key| {
        ["kms:CreateGrant", "kms:Encrypt"].map(|action| Permission::new(action, key))
    });
    role.into_iter()
        .chain(layers)
        .chain(vpc)
        .chain(access_points)
        .chain(key)
        .collect()
}
