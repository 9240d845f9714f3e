//! What a bucket or an object can have on AWS and none has here: reading it is answered as on AWS if it is not set.

use serde_json::json;

use super::{Output, Request, S3, no_such_key, object_key};
use crate::fault::Fault;

/// The operation, and the error that says that there is none.
#[rustfmt::skip]
const NOTHING: &[(&str, &str, &str)] = &[
    ("GetBucketCors", "NoSuchCORSConfiguration", "The CORS configuration does not exist"),
    ("GetBucketLifecycleConfiguration", "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
    ("GetBucketPolicy", "NoSuchBucketPolicy", "The bucket policy does not exist"),
    ("GetBucketReplication", "ReplicationConfigurationNotFoundError", "The replication configuration was not found"),
    ("GetBucketTagging", "NoSuchTagSet", "The TagSet does not exist"),
    ("GetBucketWebsite", "NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"),
    ("GetObjectLockConfiguration", "ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket"),
    ("GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found"),
];

pub(super) fn is_asked_for(operation: &str) -> bool {
    operation == "GetObjectTagging" || NOTHING.iter().any(|(known, ..)| *known == operation)
}

impl S3 {
    pub(super) fn nothing(&self, request: &Request) -> Result<Output, Fault> {
        let (bucket, _) = self.bucket(request)?;
        let mut known = NOTHING.iter();
        if let Some((_, code, message)) = known.find(|(known, ..)| *known == request.operation) {
            return Err(Fault::new(404, code, *message).with("BucketName", bucket));
        }
        let object = self.objects.get(&object_key(bucket, request.key()));
        object.ok_or_else(|| no_such_key(request.key()))?;
        Ok(Output::of(json!({ "TagSet": {} })))
    }
}
