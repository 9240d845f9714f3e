//! The files that a model reads and writes in the name of the caller.
//!
//! Source: <https://docs.aws.amazon.com/step-functions/latest/dg/connect-bedrock.html>.

use super::argument::Argument;
use super::collector::Collector;
use super::{NeededResource, s3};

pub(super) fn files(needs: &mut Collector<'_>, place: &str, request: &Argument<'_>) {
    for (action, field) in [
        ("s3:GetObject", "Input.S3Uri"),
        ("s3:PutObject", "Output.S3Uri"),
    ] {
        if request.is_dynamic() {
            continue;
        }
        let uri = request.path(field);
        let objects: Vec<NeededResource> =
            uri.map_or_else(Vec::new, |uri| s3::of_uri(request, &uri).1);
        needs.add(place, action, objects);
    }
}
