//! The control plane of API Gateway, whose actions are methods of HTTP on the path of the request.
//!
//! Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-create-and-manage-apis.html>

use super::NeededResource;
use super::argument::{Argument, Text};
use super::arn_template::fill;

/// Whether an action is a method, such as `apigateway:GET`. Some of the newer ones are named like operations.
pub(super) fn is_method(action: &str) -> bool {
    let method = action.strip_prefix("apigateway:").unwrap_or_default();
    !method.is_empty() && method.bytes().all(|letter| letter.is_ascii_uppercase())
}

/// What a path names, such as `/restapis/${RestApiId}`.
pub(super) fn resources(path: &str, request: &Argument<'_>) -> Vec<NeededResource> {
    // Most of it belongs to no account, as if AWS owned it.
    let account = match in_an_account(path) {
        true => "${Account}",
        false => "",
    };
    let template = format!("arn:${{Partition}}:apigateway:${{Region}}:{account}:{path}");
    let filled = fill(&template, &request.owner, |member| {
        Some(match request.field(member) {
            Some(field) => field.texts().into_iter().map(encoded).collect(),
            None if request.is_dynamic() => vec![Text::Unknown(request.unknown())],
            None => vec![Text::Unknown(request.without(member))],
        })
    });
    filled.unwrap_or_default()
}

/// The paths that the reference gives an account.
fn in_an_account(path: &str) -> bool {
    ["/domainnameaccessassociations", "/routingrules"]
        .iter()
        .any(|part| path.contains(part))
}

/// As it is in a path.
fn encoded(text: Text) -> Text {
    match text {
        Text::Known(text) if text.starts_with("arn:") => {
            Text::Known(text.replace(':', "%3A").replace('/', "%2F"))
        }
        other => other,
    }
}
