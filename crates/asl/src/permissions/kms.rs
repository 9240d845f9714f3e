//! Keys of KMS, by their ids, ARNs and aliases.

use super::argument::{Argument, Unknown};
use super::each::{arns, each};
use super::{NeededResource, Owner};
use crate::Arn;

pub(super) fn key_arns(request: &Argument<'_>, key: &str) -> Vec<NeededResource> {
    match key.starts_with("alias/") {
        true => {
            let because = format!("`{key}` is an alias, and IAM wants the ARN of its key");
            vec![Unknown::new(because, request).resource()]
        }
        false => arns(request, "kms", "key/", key),
    }
}

/// The aliases by which a request names its key, if it names it by nothing else. A statement can demand that the request has
/// them: <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-request-alias>.
pub(super) fn key_aliases(action: &str, request: &Argument<'_>) -> Vec<String> {
    const ASKED: [&str; 13] = [
        "Decrypt",
        "DeriveSharedSecret",
        "DescribeKey",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateMac",
        "GetPublicKey",
        "Sign",
        "Verify",
        "VerifyMac",
    ];
    let name = action.strip_prefix("kms:").unwrap_or_default();
    if request.is_dynamic() || !ASKED.contains(&name) {
        return Vec::new();
    }
    let keys = request.known_texts("KeyId").unwrap_or_default();
    let aliases: Option<Vec<String>> = { keys.iter() }
        .map(|key| match key.split_once(":alias/") {
            Some((_, alias)) => Some(format!("alias/{alias}")),
            None => Some(key.clone()).filter(|key| key.starts_with("alias/")),
        })
        .collect();
    aliases.unwrap_or_default()
}

/// Any key of the account and the region, which is the one that the alias in the condition leads to.
pub(super) fn keys_of_aliases(request: &Argument<'_>) -> Vec<NeededResource> {
    let any = |owner: &Owner<'_>| NeededResource::Arn(owner.arn("kms", "key/*"));
    let keys = request.known_texts("KeyId").unwrap_or_default();
    let keys = keys.iter().map(|key| match Arn::parse(key) {
        Some(arn) => NeededResource::Arn(arn.with_resource("key/*").to_string()),
        None => any(&request.owner),
    });
    keys.collect()
}

/// An alias, and the key that it is for.
pub(super) fn aliases(request: &Argument<'_>) -> Vec<NeededResource> {
    let mut found = each(request, "AliasName", |alias| {
        let name = alias.strip_prefix("alias/").unwrap_or(alias);
        arns(request, "kms", "alias/", name)
    });
    if request.field("TargetKeyId").is_some() {
        found.extend(each(request, "TargetKeyId", |key| key_arns(request, key)));
    }
    found
}
