//! From the texts of a field to resources.

use super::NeededResource;
use super::argument::{Argument, Text};

/// What each text of a field names.
pub(super) fn each(
    request: &Argument<'_>,
    field: &str,
    arns: impl Fn(&str) -> Vec<NeededResource>,
) -> Vec<NeededResource> {
    match request.field(field) {
        None => vec![request.without(field).resource()],
        Some(field) => field
            .items()
            .iter()
            .flat_map(|item| known(item, &arns))
            .collect(),
    }
}

/// What the texts of a value name.
pub(super) fn known(
    value: &Argument<'_>,
    arns: impl Fn(&str) -> Vec<NeededResource>,
) -> Vec<NeededResource> {
    let texts = value.texts().into_iter();
    texts
        .flat_map(|text| match text {
            Text::Known(text) if text.starts_with("arn:") => vec![NeededResource::Arn(text)],
            Text::Known(text) => arns(&text),
            Text::Starts(_, reason) | Text::Unknown(reason) => vec![reason.resource()],
        })
        .collect()
}

/// An ARN of the owner's account and region.
pub(super) fn arns(
    request: &Argument<'_>,
    service: &str,
    kind: &str,
    name: &str,
) -> Vec<NeededResource> {
    vec![NeededResource::Arn(
        request.owner.arn(service, &format!("{kind}{name}")),
    )]
}
