use serde_json::Value;

use super::{Permission, action, body, filled};
use crate::http::call::Call;
use crate::lambda::{FunctionName, operation, subject};

const SERVICE: &str = "lambda.amazonaws.com";

/// What AWS reads of a network, to check what a function is given.
const VPC_READS: [&str; 3] = [
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
];

pub(super) fn needed(call: &Call) -> Option<Vec<Permission>> {
    let operation = operation(call);
    let action = match operation.as_str() {
        "Invoke" => "lambda:InvokeFunction".to_owned(),
        operation => action(call, operation),
    };
    let mut needed = Vec::new();
    match operation.as_str() {
        "ListFunctions" | "GetAccountSettings" => needed.push(Permission::new(action, "*")),
        "CreateFunction" => {
            let body = body(call);
            let name = body["FunctionName"].as_str()?;
            let function = FunctionName::parse(name, &call.scope).ok()?.arn;
            needed.push(Permission::new(action, &function));
            if filled(&body["Tags"]) {
                needed.push(Permission::new("lambda:TagResource", &function));
            }
            needed.extend(settings(&body));
        }
        "UpdateFunctionConfiguration" => {
            needed.push(Permission::new(action, subject(call)?));
            needed.extend(settings(&body(call)));
        }
        "GetFunction" => {
            let function = subject(call)?;
            needed.push(Permission::new(action, &function));
            needed.push(Permission {
                optional: true,
                ..Permission::new("lambda:ListTags", function)
            });
        }
        _ => needed.push(Permission::new(action, subject(call)?)),
    }
    Some(needed)
}

/// What a function's settings ask of who gives them.
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
    role.into_iter().chain(layers).chain(vpc).collect()
}
