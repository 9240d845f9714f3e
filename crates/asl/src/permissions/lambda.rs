use super::request::Request;
use super::{NeededResource, Owner};
use crate::{Arn, FunctionReference};

/// The function that a request names: by its name, a part of its ARN or its ARN, each with or without a qualifier.
pub(super) fn function(request: &Request<'_>, owner: &Owner<'_>) -> NeededResource {
    request
        .text("FunctionName")
        .resource(|name| arn(&name, owner))
}

fn arn(function: &str, owner: &Owner<'_>) -> String {
    let Some(found) = FunctionReference::parse(function).filter(|_| Arn::parse(function).is_none())
    else {
        return function.to_owned();
    };
    let (name, qualifier) = (found.name, found.qualifier);
    let qualifier = qualifier.map(|qualifier| format!(":{qualifier}"));
    format!(
        "arn:{}:lambda:{}:{}:function:{name}{}",
        owner.partition,
        owner.region,
        found.account.unwrap_or(owner.account),
        qualifier.unwrap_or_default(),
    )
}
