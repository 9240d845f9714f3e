//! Tags that a request gives to what it makes.

use super::argument::{Argument, Text, Unknown};
use super::arn_template::{fill_short, fits};
use super::call::Call;
use super::collector::Collector;
use super::name::{Name, is_about};
use super::{Condition, NeededResource, Unlimited};
use crate::integrations::{self, ResourceType, Tags};

/// A service asks for the right to tag if a request that makes something has tags. IAM's reference lists that right for some
/// actions. Of the others it says that they are asked for the tags of their request (`aws:RequestTag`), and then it is the
/// right that the service has for tagging the same type:
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>.
pub(super) fn in_request(
    needs: &mut Collector<'_>,
    place: &str,
    call: &Call<'_, '_>,
    made: &[NeededResource],
) {
    let (action, request) = (call.action, call.request);
    let mut tags: Vec<(String, Argument<'_>)> = { request.fields().into_iter() }
        .filter_map(|(name, field)| Some((subject(action, name)?, field)))
        .collect();
    if tags.is_empty() {
        tags.extend(specifications(request).map(|field| (String::new(), field)));
    }
    for (subject, field) in &tags {
        // Its tasks are named behind their cluster, which a request may name by an ARN:
        // <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html>.
        if action == "ecs:RunTask" {
            let tasks = fill_short("ecs:task/${name:Cluster=default}/*", request);
            needs.add_if(place, "ecs:TagResource", tasks, &on_creation(action));
            continue;
        }
        for tag in tag_actions(action) {
            let types = integrations::action(&tag).map(|action| action.types);
            let types = types.unwrap_or_default();
            if types.is_empty() {
                let any = vec![NeededResource::Any(Unlimited::NoTypes)];
                needs.add_if(place, &tag, any, &on_creation(action));
                continue;
            }
            let kinds = kinds(&types, subject, field, call, made);
            // A service may have several actions, of which others are for other types.
            if kinds.is_empty() && !subject.is_empty() {
                continue;
            }
            let mut tagged: Vec<NeededResource> = kinds
                .iter()
                .flat_map(|kind| tagged(kind, call, made))
                .collect();
            if tagged.is_empty() {
                let because = "the request does not say what gets its tags";
                tagged.push(Unknown::new(because, request).resource());
            }
            needs.add_if(place, &tag, tagged, &on_creation(action));
        }
    }
}

/// The tags of each thing that a request lists: `"Workspaces": [{ "DirectoryId": …, "Tags": … }]`.
fn specifications<'d>(request: &Argument<'d>) -> impl Iterator<Item = Argument<'d>> {
    let lists = request.fields().into_iter();
    let lists = lists.filter(|(_, field)| field.is_list());
    let fields = lists
        .flat_map(|(_, list)| list.items())
        .flat_map(|item| item.fields());
    fields.filter_map(|(name, field)| (name == "Tags").then_some(field))
}

/// The condition that tags are only given to what is just made, if the service has one.
///
/// Sources: <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html>, and the same of ECS,
/// Elastic Load Balancing, EFS and Elastic Disaster Recovery.
fn on_creation(action: &str) -> Vec<Condition> {
    let (prefix, name) = action.split_once(':').unwrap_or_default();
    let key = match prefix {
        "drs" => "drs:CreateAction",
        "ec2" => "ec2:CreateAction",
        "ecs" => "ecs:CreateAction",
        "elasticfilesystem" => "elasticfilesystem:CreateAction",
        "elasticloadbalancing" => "elasticloadbalancing:CreateAction",
        _ => return Vec::new(),
    };
    vec![Condition {
        operator: "StringEquals",
        key,
        values: vec![name.to_owned()],
    }]
}

/// What the tags of a field are for: `userpool` for `UserPoolTags`, and what the call makes for `Tags`, which is an empty
/// text. `None` if the field has no tags.
fn subject(action: &str, field: &str) -> Option<String> {
    let field = field.to_ascii_lowercase();
    match &*field {
        "taglist" | "tagslist" | "tagspecifications" | "resourcetags" => Some(String::new()),
        "propagatetags" if action.starts_with("ecs:") => Some(String::new()),
        "propagatetags" => None,
        field => field.strip_suffix("tags").map(str::to_owned),
    }
}

/// The rights to tag that an action with tags needs.
fn tag_actions(action: &str) -> Vec<String> {
    let Some(known) = integrations::action(action) else {
        return Vec::new();
    };
    let (prefix, _) = action.split_once(':').unwrap_or_default();
    let adding = integrations::tag_actions(prefix).filter(|name| {
        let takes_away = ["Untag", "UnTag", "Remove", "Delete"];
        !takes_away.iter().any(|verb| name.starts_with(verb))
    });
    let adding: Vec<String> = adding.map(|name| format!("{prefix}:{name}")).collect();
    let is_listed = |tag: &String| known.further.contains(&tag.as_str());
    match (adding.iter().any(is_listed), known.tags) {
        (true, _) => adding.into_iter().filter(is_listed).collect(),
        (false, Tags::Takes) => adding,
        (false, _) => Vec::new(),
    }
}

/// Which of the types that can have tags get some.
fn kinds<'t>(
    types: &'t [ResourceType],
    subject: &str,
    field: &Argument<'_>,
    call: &Call<'_, '_>,
    made: &[NeededResource],
) -> Vec<&'t ResourceType> {
    let of = |fits: &dyn Fn(&ResourceType) -> bool| -> Vec<&'t ResourceType> {
        types.iter().filter(|kind| fits(kind)).collect()
    };
    if !subject.is_empty() {
        return of(&|kind| Name::of(kind.name).stem.ends_with(subject));
    }
    let named = specified(field);
    let is_named = |kind: &ResourceType, made: &NeededResource| {
        made.arn().is_some_and(|arn| fits(kind.arn, arn))
    };
    let names = |kind: &ResourceType| made.iter().any(|made| is_named(kind, made));
    let choices = [
        of(&|kind| named.iter().any(|name| name == kind.name)),
        of(&|kind| call.is_called_after(kind)),
        of(&|kind| call.is_made(kind)),
        of(&|kind| names(kind) && is_about(call.action, kind)),
        of(&names),
        // The whole of what is made is not known.
        of(&|kind| is_about(call.action, kind)),
    ];
    let mut choices = choices.into_iter();
    choices.find(|kinds| !kinds.is_empty()).unwrap_or_default()
}

/// The types in `TagSpecifications`: `[{ "ResourceType": "volume", "Tags": … }]`.
fn specified(field: &Argument<'_>) -> Vec<String> {
    let types = field.items().into_iter();
    let types = types.filter_map(|item| item.field("ResourceType"));
    let texts = types.flat_map(|field| field.texts());
    texts
        .filter_map(|text| match text {
            Text::Known(text) => Some(text),
            Text::Starts(..) | Text::Unknown(_) => None,
        })
        .collect()
}

/// The resources of a type that get tags: those of the call, or those that it makes, which may have an ARN only after it.
fn tagged(
    kind: &ResourceType,
    call: &Call<'_, '_>,
    made: &[NeededResource],
) -> Vec<NeededResource> {
    let of_kind = made
        .iter()
        .filter(|made| made.arn().is_some_and(|arn| fits(kind.arn, arn)));
    let of_kind: Vec<NeededResource> = of_kind.cloned().collect();
    match of_kind.is_empty() {
        true => call.on(kind),
        false => of_kind,
    }
}
