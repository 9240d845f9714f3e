//! Keys of KMS that a request names.
//!
//! A service that encrypts with a key of the customer uses it in the name of the caller. Which key a queue, a topic, a bucket
//! or a table has is not in a definition, so only a key that the request itself names is derived.

use super::argument::Argument;
use super::collector::Collector;
use super::each::known;
use super::kms;
use super::name::is_on;
use crate::integrations::{self, Operation};

pub(super) fn in_request(
    needs: &mut Collector<'_>,
    place: &str,
    action: &str,
    operation: &Operation,
    request: &Argument<'_>,
) {
    let uses = uses(action, operation, request);
    if uses.is_empty() || request.is_dynamic() {
        return;
    }
    for key in request.deep_fields(|name| names_a_key(action, name)) {
        let keys = known(&key, |name| kms::key_arns(request, name));
        for action in &uses {
            needs.add(place, action, keys.clone());
        }
    }
}

fn names_a_key(action: &str, field: &str) -> bool {
    let field = field.to_ascii_lowercase();
    field.contains("kms") && field.contains("key") && !field.contains("context")
        || (action, &*field) == ("ssm:PutParameter", "keyid")
}

/// The actions that a call needs on a key which it names. IAM's reference lists them for some actions; the sources of the
/// others are below <https://docs.aws.amazon.com/>.
fn uses(action: &str, operation: &Operation, request: &Argument<'_>) -> Vec<&'static str> {
    match action {
        // AmazonS3/latest/userguide/UsingKMSEncryption.html
        "s3:PutObject" if operation.name == "CreateMultipartUpload" => {
            vec!["kms:GenerateDataKey", "kms:Decrypt"]
        }
        "s3:PutObject" => vec!["kms:GenerateDataKey"],
        // athena/latest/ug/encryption.html
        "athena:StartQueryExecution" => vec!["kms:GenerateDataKey", "kms:Decrypt"],
        // secretsmanager/latest/userguide/security-encryption.html
        "secretsmanager:CreateSecret" | "secretsmanager:UpdateSecret" => {
            vec!["kms:GenerateDataKey", "kms:Decrypt"]
        }
        // kms/latest/developerguide/services-parameter-store.html: a standard parameter is encrypted by the key itself.
        "ssm:PutParameter" if request.field("Tier").is_none() => vec!["kms:Encrypt"],
        "ssm:PutParameter" => vec!["kms:Encrypt", "kms:GenerateDataKey"],
        _ if action.starts_with("kms:") => Vec::new(),
        _ => {
            let further = integrations::action(action).map(|action| action.further);
            let further = further.unwrap_or_default().into_iter();
            let of_keys = |action: &&str| action.starts_with("kms:") && is_on(action, "key");
            further.filter(of_keys).collect()
        }
    }
}
