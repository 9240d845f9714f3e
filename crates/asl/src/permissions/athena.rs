//! What a query of Athena reads and writes.
//!
//! Source: <https://docs.aws.amazon.com/step-functions/latest/dg/connect-athena.html>. Athena uses the caller's
//! permissions for the tables and for the bucket of the results.

use super::argument::{Argument, Unknown};
use super::collector::Collector;
use super::s3;

pub(super) fn query(needs: &mut Collector<'_>, place: &str, request: &Argument<'_>) {
    let (buckets, objects) = match request.path("ResultConfiguration.OutputLocation") {
        Some(uri) => s3::of_uri(request, &uri),
        None => {
            let because = "its workgroup says where the results go";
            let unknown = Unknown::new(because, request).resource();
            (vec![unknown.clone()], vec![unknown])
        }
    };
    for action in [
        "s3:GetBucketLocation",
        "s3:ListBucket",
        "s3:ListBucketMultipartUploads",
    ] {
        needs.add(place, action, buckets.clone());
    }
    for action in [
        "s3:PutObject",
        "s3:GetObject",
        "s3:AbortMultipartUpload",
        "s3:ListMultipartUploadParts",
    ] {
        needs.add(place, action, objects.clone());
    }
    let query = request
        .field("QueryString")
        .unwrap_or_else(|| request.clone());
    let tables = Unknown::new("the query names the tables that it reads", &query).resource();
    for action in [
        "glue:GetDatabase",
        "glue:GetTable",
        "glue:GetPartition",
        "glue:GetPartitions",
        "glue:BatchGetPartition",
        "s3:GetObject",
        "s3:ListBucket",
    ] {
        needs.add(place, action, vec![tables.clone()]);
    }
}

/// The results are read from where the query wrote them.
pub(super) fn results(needs: &mut Collector<'_>, place: &str, request: &Argument<'_>) {
    let because = "the query says where its results are";
    let results = Unknown::new(because, request).resource();
    needs.add(place, "s3:GetObject", vec![results]);
}
