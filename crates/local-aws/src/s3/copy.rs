//! CopyObject, and UploadPartCopy's source.

use std::sync::Arc;

use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::conditions::check_read;
use super::objects::check_key;
use super::{Attributes, Object, Output, Request, S3, invalid_argument, no_such_key, object_key};
use crate::clock;
use crate::fault::Fault;

impl S3 {
    pub(super) async fn copy_object(&self, request: &Request) -> Result<Output, Fault> {
        self.bucket(request)?;
        check_key(request.key())?;
        let (name, source) = self.source(request)?;
        let replaced = request.text("MetadataDirective") == Some("REPLACE");
        let target = object_key(request.text("Bucket").unwrap_or_default(), request.key());
        if name == target && !replaced {
            let message = "This copy request is illegal because it is trying to copy an object to itself without changing \
                           the object's metadata, storage class, website redirect location or encryption attributes.";
            return Err(Fault::bad("InvalidRequest", message));
        }
        let body = self.body(&source).await?;
        let object = Object {
            modified: self.conditions.now(),
            attributes: match replaced {
                true => Attributes::of(request)?,
                false => source.attributes.clone(),
            },
            bodies: vec![self.keep(vec![body]).await?],
            ..(*source).clone()
        };
        let mut copied = json!({
            "ETag": object.etag,
            "LastModified": clock::iso(object.modified),
        });
        if let (Some(checksum), Value::Object(members)) = (&object.checksum, &mut copied) {
            checksum.show(members);
        }
        self.place(request, object).await?;
        Ok(Output::of(json!({
            "CopyObjectResult": copied,
            "ServerSideEncryption": "AES256",
        })))
    }

    /// The object that `CopySource` names, and its key in the store.
    pub(super) fn source(&self, request: &Request) -> Result<(String, Arc<Object>), Fault> {
        let text = request.text("CopySource").unwrap_or_default();
        let text = percent_decode_str(text.split("?versionId=").next().unwrap_or(text));
        let text = text.decode_utf8_lossy();
        let Some((bucket, key)) = text.trim_start_matches('/').split_once('/') else {
            let message =
                "Copy Source must mention the source bucket and key: sourcebucket/sourcekey";
            return Err(invalid_argument(message));
        };
        if self.buckets.get(bucket).is_none() {
            return Err(super::no_such_bucket(bucket));
        }
        let name = object_key(bucket, key);
        let object = self.objects.get(&name).ok_or_else(|| no_such_key(key))?;
        let conditions = Request {
            operation: String::new(),
            input: json!({
                "IfMatch": request.input["CopySourceIfMatch"],
                "IfNoneMatch": request.input["CopySourceIfNoneMatch"],
            }),
            body: Vec::new(),
            scope: request.scope.clone(),
        };
        match check_read(&conditions, &object) {
            // A copy that is not made is refused, since there is nothing that it could be compared with.
            Err(fault) if fault.status == 304 => {
                let message = "At least one of the pre-conditions you specified did not hold";
                Err(Fault::new(412, "PreconditionFailed", message))
            }
            Err(fault) => Err(fault),
            Ok(()) => Ok((name, object)),
        }
    }

    pub(super) async fn body(&self, object: &Object) -> Result<Bytes, Fault> {
        let body = self.store.bodies.get(object.bodies.clone(), object.size);
        body.await.map_err(Fault::storage)
    }
}
