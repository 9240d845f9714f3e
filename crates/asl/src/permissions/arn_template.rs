//! ARNs with variables: `arn:${Partition}:sqs:${Region}:${Account}:${QueueName}`.

use super::argument::{Argument, Text};
use super::{NeededResource, Owner};

/// More ARNs than one call needs.
const MOST: usize = 64;

/// Fills the variables in: those of the owner, and others by `lookup`. `None` if a variable has no value at all.
///
/// A value that is an ARN itself takes the place of all that comes before it.
pub(super) fn fill(
    template: &str,
    owner: &Owner<'_>,
    lookup: impl Fn(&str) -> Option<Vec<Text>>,
) -> Option<Vec<NeededResource>> {
    let mut unknown = Vec::new();
    let mut arns = vec![String::new()];
    let mut rest = template;
    while let Some((literal, behind)) = rest.split_once("${") {
        let (variable, behind) = behind.split_once('}')?;
        rest = behind;
        let values = match owned(variable, owner) {
            Some(value) => vec![Text::Known(value.to_owned())],
            None => lookup(variable)?,
        };
        let mut longer = Vec::new();
        for value in values {
            match value {
                Text::Known(text) if text.starts_with("arn:") => longer.push(text),
                Text::Known(text) => {
                    longer.extend(arns.iter().map(|arn| format!("{arn}{literal}{text}")));
                }
                Text::Starts(_, reason) | Text::Unknown(reason) => unknown.push(reason.resource()),
            }
        }
        longer.truncate(MOST);
        arns = longer;
    }
    for arn in &mut arns {
        arn.push_str(rest);
    }
    let known = arns.into_iter().map(NeededResource::Arn);
    Some(known.chain(unknown).collect())
}

/// Fills in a short template of [`super::integration`], such as `glue:job/${JobName}`.
///
/// Its variables are fields of the request, with a default behind `=` if the service has one. `${name:Cluster}` is the
/// name, even if the field has an ARN.
pub(super) fn fill_short(template: &str, request: &Argument<'_>) -> Vec<NeededResource> {
    let template = match template.split_once(':') {
        _ if template == "*" => return vec![NeededResource::Any],
        Some((service, resource)) if service != "arn" && !service.starts_with('$') => {
            format!("arn:${{Partition}}:{service}:${{Region}}:${{Account}}:{resource}")
        }
        _ => template.to_owned(),
    };
    let lookup = |variable: &str| {
        Some(match variable.strip_prefix("name:") {
            Some(variable) => value(variable, request).into_iter().map(name).collect(),
            None => value(variable, request),
        })
    };
    fill(&template, &request.owner, lookup).unwrap_or_default()
}

fn value(variable: &str, request: &Argument<'_>) -> Vec<Text> {
    let (path, default) = match variable.split_once('=') {
        Some((path, default)) => (path, Some(default)),
        None => (variable, None),
    };
    match (request.path(path), default) {
        (Some(field), _) => field.texts(),
        (None, Some(default)) => vec![Text::Known(default.to_owned())],
        (None, None) => vec![Text::Unknown(request.without(path))],
    }
}

fn name(text: Text) -> Text {
    match text {
        Text::Known(arn) => Text::Known(arn.rsplit('/').next().unwrap_or(&arn).to_owned()),
        other => other,
    }
}

fn owned<'a>(variable: &str, owner: &Owner<'a>) -> Option<&'a str> {
    match variable {
        "Partition" => Some(owner.partition),
        "Region" => Some(owner.region),
        "Account" => Some(owner.account),
        _ => None,
    }
}
