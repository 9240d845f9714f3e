//! ARNs with variables: `arn:${Partition}:sqs:${Region}:${Account}:${QueueName}`.

use super::argument::{Argument, Text};
use super::{NeededResource, Owner, Unlimited};

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
        let start = &template[..template.len() - rest.len()];
        let values = match owned(variable, owner) {
            Some(value) => vec![Text::Known(value.to_owned())],
            None => lookup(variable)?,
        };
        let mut longer = Vec::new();
        for value in values {
            match value {
                Text::Known(text) if text.starts_with("arn:") && takes(start, &text) => {
                    longer.push(text);
                }
                // Of the ARN of something else, such as what contains it, the name counts.
                Text::Known(text) if text.starts_with("arn:") => {
                    let name = text.rsplit(['/', ':']).next().unwrap_or_default();
                    longer.extend(arns.iter().map(|arn| format!("{arn}{literal}{name}")));
                }
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

/// Whether an ARN can stand for the start of a template, which ends with a variable.
fn takes(start: &str, arn: &str) -> bool {
    start.starts_with("${") || fits(start, arn)
}

/// All resources of a type.
pub(super) fn any_of(template: &str, owner: &Owner<'_>) -> Vec<NeededResource> {
    let any = |_: &str| Some(vec![Text::Known("*".to_owned())]);
    fill(template, owner, any).unwrap_or_default()
}

/// Fills in a short template of [`super::integration`], such as `glue:job/${JobName}`.
///
/// Its variables are fields of the request, with a default behind `=` if the service has one. `${name:Cluster}` is the
/// name, even if the field has an ARN.
pub(super) fn fill_short(template: &str, request: &Argument<'_>) -> Vec<NeededResource> {
    let template = match template.split_once(':') {
        _ if template == "*" => return vec![NeededResource::Any(Unlimited::NoTypes)],
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

/// Whether an ARN, or a pattern, is one that the template stands for.
pub(super) fn fits(template: &str, arn: &str) -> bool {
    let parts = |text| -> Vec<&str> { str::splitn(text, 6, ':').collect() };
    let (wanted, found) = (parts(template), parts(arn));
    let [.., resource] = wanted[..] else {
        return false;
    };
    let same = |(wanted, found): (&&str, &&str)| wanted.contains("${") || wanted == found;
    wanted.len() == 6
        && found.len() == 6
        && wanted.iter().zip(&found).take(5).all(same)
        && fits_resource(resource, found[5])
}

/// The values that the variables of a template have in an ARN; `None` if it is not of that form.
pub(super) fn values_in<'a>(template: &'a str, arn: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    if !fits(template, arn) {
        return None;
    }
    let resource = |text: &'a str| text.splitn(6, ':').nth(5);
    let (template, mut open) = (resource(template)?, resource(arn)?);
    let (start, mut rest) = template.split_once("${")?;
    open = open.strip_prefix(start)?;
    let mut found = Vec::new();
    loop {
        let (variable, behind) = rest.split_once('}')?;
        let (literal, next) = match behind.split_once("${") {
            Some((literal, next)) => (literal, Some(next)),
            None => (behind, None),
        };
        let (value, after) = match (literal, next) {
            ("", None) => (open, ""),
            _ => open.split_once(literal)?,
        };
        found.push((variable, value));
        let Some(next) = next else {
            return Some(found);
        };
        (open, rest) = (after, next);
    }
}

fn fits_resource(template: &str, text: &str) -> bool {
    let Some((start, behind)) = template.split_once("${") else {
        return template == text;
    };
    let Some(mut open) = text.strip_prefix(start) else {
        return false;
    };
    let mut rest = behind.split_once('}').map_or("", |(_, rest)| rest);
    while let Some((literal, behind)) = rest.split_once("${") {
        match open.split_once(literal) {
            Some((_, after)) => open = after,
            None => return false,
        }
        rest = behind.split_once('}').map_or("", |(_, rest)| rest);
    }
    open.ends_with(rest)
}

/// The variables of a template that are not those of the owner.
pub(super) fn variables(template: &str) -> impl Iterator<Item = &str> {
    let parts = template.split("${").skip(1);
    let variables = parts.filter_map(|part| part.split_once('}'));
    let variables = variables.map(|(variable, _)| variable);
    variables.filter(|variable| !["Partition", "Region", "Account"].contains(variable))
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
