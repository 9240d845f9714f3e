//! Tags that a request gives to what it makes.

use super::NeededResource;
use super::argument::Argument;
use super::arn_template::{any_of, fill_short, fits};
use super::collector::Collector;
use super::name::is_about;
use crate::integrations;

/// A service asks for the right to tag if a request that makes something has tags. Most of them list it in IAM's reference;
/// for ECS see <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html>.
pub(super) fn in_request(
    needs: &mut Collector<'_>,
    place: &str,
    action: &str,
    made: &[NeededResource],
    request: &Argument<'_>,
) {
    let fields = request.fields();
    let mut names = fields.iter().map(|(name, _)| name.to_ascii_lowercase());
    if !names.any(|name| {
        matches!(
            &*name,
            "tags" | "tagspecifications" | "taglist" | "propagatetags"
        )
    }) {
        return;
    }
    if action == "ecs:RunTask" {
        let tasks = fill_short("ecs:task/${name:Cluster=default}/*", request);
        return needs.add(place, "ecs:TagResource", tasks);
    }
    let (prefix, _) = action.split_once(':').unwrap_or_default();
    let further = integrations::action(action).map(|action| action.further);
    let further = further.unwrap_or_default().into_iter();
    for tag in further.filter(|further| further.starts_with(prefix) && further.contains("Tag")) {
        let types = integrations::action(tag).map(|action| action.types);
        let types = types.unwrap_or_default();
        let of_type = |made: &NeededResource, own: bool| match made {
            NeededResource::Arn(arn) => types
                .iter()
                .any(|kind| fits(kind.arn, arn) && (!own || is_about(action, kind))),
            NeededResource::Any(_) | NeededResource::Unknown { .. } => true,
        };
        // `CreateSnapshot` makes a snapshot, and names a volume.
        let own = made.iter().any(|made| of_type(made, true));
        let tagged = made.iter().filter(|made| of_type(made, own));
        let tagged = tagged.flat_map(|made| match made {
            // What has no ARN before the call has one after it.
            NeededResource::Any(_) => {
                let made = types.iter().filter(|kind| is_about(action, kind));
                made.flat_map(|kind| any_of(kind.arn, &request.owner))
                    .collect()
            }
            made => vec![made.clone()],
        });
        needs.add(place, tag, tagged.collect());
    }
}
