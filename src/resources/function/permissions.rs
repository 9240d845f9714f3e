//! What IAM must allow for functions.

use std::collections::BTreeSet;

use crate::policy::{Command, Permission, Scope, Target, with_parts};
use crate::resources::role::PASS_ROLE;

/// A function's versions have ARNs of their own. A pattern for all functions of the stage would end in the middle of a
/// name: `prod-*` covers the stage `prod-2`.
pub(super) static FUNCTIONS: Target = Target::new("Functions", |scope| {
    let functions = scope
        .handlers()
        .map(|handler| scope.stack.function_arn(&handler));
    functions.flat_map(with_parts).collect()
});

/// The resources that the functions name.
static LAYERS: Target = Target::new("Layers", |scope| {
    let functions = scope.functions.values();
    let layers = functions.flat_map(|function| &function.settings.layers);
    let layers: BTreeSet<&String> = layers.collect();
    layers.into_iter().cloned().collect()
});

/// The keys that encrypt the environments of the functions.
static KEYS: Target = Target::new("FunctionKeys", |scope| {
    let functions = scope.functions.values();
    let keys = functions.filter_map(|function| function.settings.kms_key.as_ref());
    let keys: BTreeSet<&String> = keys.collect();
    keys.into_iter().cloned().collect()
});

/// AWS has no resources for these. Needed only if a function is in a VPC.
static NETWORKS: Target = Target::new("Networks", |scope: &Scope<'_>| {
    let mut functions = scope.functions.values();
    let in_network = functions.any(|function| function.settings.vpc.is_some());
    in_network.then(|| "*".to_owned()).into_iter().collect()
});

/// AWS documents a file system as the resource of this, and an access point as an optional one. Only the latter is known.
static FILE_SYSTEMS: Target = Target::new("FileSystems", |scope| {
    let functions = scope.functions.values();
    let mounted = functions.flat_map(|function| &function.settings.file_systems);
    let arns = mounted.flat_map(|one| [one.access_point.clone(), one.of_any_name()]);
    let arns: BTreeSet<String> = arns.collect();
    arns.into_iter().collect()
});

// When a function is given its configuration, AWS asks for more than the operation: a function is given only layers that
// its maker may read, and Lambda looks up the network and the mount targets in the name of who configures it.
const LAYER: Permission = Permission::new("lambda:GetLayerVersion", &LAYERS, Command::WRITE);
const GRANT: Permission = Permission::new("kms:CreateGrant", &KEYS, Command::WRITE);
const ENCRYPT: Permission = Permission::new("kms:Encrypt", &KEYS, Command::WRITE);
const SECURITY_GROUPS: Permission =
    Permission::new("ec2:DescribeSecurityGroups", &NETWORKS, Command::WRITE);
const SUBNETS: Permission = Permission::new("ec2:DescribeSubnets", &NETWORKS, Command::WRITE);
const VPCS: Permission = Permission::new("ec2:DescribeVpcs", &NETWORKS, Command::WRITE);
const MOUNT_TARGETS: Permission = Permission::new(
    "elasticfilesystem:DescribeMountTargets",
    &FILE_SYSTEMS,
    Command::WRITE,
);

pub(super) const CREATE: &[Permission] = &[
    Permission::new("lambda:CreateFunction", &FUNCTIONS, Command::WRITE),
    PASS_ROLE,
    LAYER,
    GRANT,
    ENCRYPT,
    SECURITY_GROUPS,
    SUBNETS,
    VPCS,
    MOUNT_TARGETS,
];

pub(super) const UPDATE_CONFIGURATION: &[Permission] = &[
    Permission::new(
        "lambda:UpdateFunctionConfiguration",
        &FUNCTIONS,
        Command::WRITE,
    ),
    PASS_ROLE,
    LAYER,
    GRANT,
    ENCRYPT,
    SECURITY_GROUPS,
    SUBNETS,
    VPCS,
    MOUNT_TARGETS,
];

/// A deploy also removes functions that deploy.toml no longer names.
pub(super) const LEAVE: &[Permission] = &[Permission::new(
    "lambda:UpdateFunctionConfiguration",
    &FUNCTIONS,
    Command::REMOVE,
)];

/// To see whether Lambda has removed the network interfaces of a function, and whether other functions use them.
pub(super) const INTERFACES: Permission =
    Permission::new("ec2:DescribeNetworkInterfaces", &NETWORKS, Command::REMOVE);
pub(super) const OTHERS: Permission =
    Permission::new("lambda:ListFunctions", &NETWORKS, Command::REMOVE);

pub(super) const READS: &[Permission] = &[
    Permission::new("lambda:InvokeFunction", &FUNCTIONS, &[Command::Invoke]),
    Permission::new("lambda:GetFunction", &FUNCTIONS, Command::READ),
    Permission::new("lambda:GetFunction", &FUNCTIONS, &[Command::Diff]),
    // Without this action GetFunction leaves the tags out.
    Permission::new("lambda:ListTags", &FUNCTIONS, Command::READ),
    Permission::new(
        "lambda:ListVersionsByFunction",
        &FUNCTIONS,
        &[Command::Deploy, Command::Plan, Command::Status, Command::Ui],
    ),
    Permission::new(
        "lambda:GetLayerVersion",
        &LAYERS,
        &[Command::Deploy, Command::Plan],
    ),
    // Without this action GetFunction leaves the environment out.
    Permission::new("kms:Decrypt", &KEYS, Command::READ),
    Permission::new("kms:Decrypt", &KEYS, &[Command::Diff]),
];
