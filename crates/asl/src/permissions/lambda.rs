use super::NeededResource;
use super::argument::{Argument, Text, Unknown};
use super::each::each;
use crate::FunctionReference;

/// The functions that a request names: by a name, a part of an ARN or an ARN, each with or without a qualifier.
pub(super) fn functions(request: &Argument<'_>) -> Vec<NeededResource> {
    let found = each(request, "FunctionName", |name| match is_name(name) {
        true => vec![arn(name, request)],
        false => {
            let because = format!("`{name}` is not the name of a function");
            vec![Unknown::new(because, request).resource()]
        }
    });
    let Some(qualifier) = request.field("Qualifier").filter(|_| !request.is_dynamic()) else {
        return found;
    };
    let qualifiers = qualifier.texts();
    let mut qualified = Vec::new();
    for function in found {
        let NeededResource::Arn(arn) = &function else {
            qualified.push(function);
            continue;
        };
        for qualifier in &qualifiers {
            let qualifier = match qualifier {
                Text::Known(qualifier) => qualifier,
                // Any version is one of the function that the state names.
                Text::Starts(..) | Text::Unknown(_) => "*",
            };
            qualified.push(NeededResource::Arn(format!("{arn}:{qualifier}")));
        }
    }
    qualified
}

/// A placeholder may stand for any part of it.
fn is_name(function: &str) -> bool {
    function.contains("${")
        || function.contains('*')
        || FunctionReference::parse(function).is_some()
}

fn arn(function: &str, request: &Argument<'_>) -> NeededResource {
    let owner = request.owner;
    let (account, name) = match FunctionReference::parse(function) {
        Some(found) => {
            let qualifier = found.qualifier.map(|qualifier| format!(":{qualifier}"));
            let name = format!("{}{}", found.name, qualifier.unwrap_or_default());
            (found.account.unwrap_or(owner.account), name)
        }
        None => (owner.account, function.to_owned()),
    };
    let (partition, region) = (owner.partition, owner.region);
    NeededResource::Arn(format!(
        "arn:{partition}:lambda:{region}:{account}:function:{name}"
    ))
}
