//! The operations on objects.

use std::sync::Arc;

use serde_json::{Value, json};

use super::checksum::{Checksum, md5};
use super::conditions::{check_read, check_write, range};
use super::{Attributes, Object, Output, Request, S3, invalid_argument, no_such_key, object_key};
use crate::clock;
use crate::fault::Fault;

/// The limits of a key, and of what DeleteObjects takes.
const MAX_KEY: usize = 1024;
const MAX_DELETED: usize = 1000;

impl S3 {
    pub(super) async fn put_object(&self, request: &Request) -> Result<Output, Fault> {
        self.bucket(request)?;
        check_key(request.key())?;
        let checksum = Checksum::of(request)?;
        let object = Object {
            etag: format!("\"{}\"", hex::encode(md5(&request.body))),
            size: request.body.iter().map(|piece| piece.len()).sum(),
            modified: self.conditions.now(),
            attributes: Attributes::of(request)?,
            // What a client does not say, AWS computes with its own favourite.
            checksum: checksum.or_else(|| Checksum::full("CRC64NVME", &request.body)),
            bodies: vec![self.keep(request.body.clone()).await?],
        };
        let output = put_output(&object);
        self.place(request, object).await?;
        Ok(output)
    }

    /// Puts an object in its place, if the conditions of the request hold.
    pub(super) async fn place(&self, request: &Request, object: Object) -> Result<(), Fault> {
        let key = object_key(request.text("Bucket").unwrap_or_default(), request.key());
        let bodies = object.bodies.clone();
        let placed = self.objects.change(|objects| {
            let there = objects.get(&key).cloned();
            check_write(request, there.as_deref())?;
            objects.put(&key, object);
            Ok(there)
        });
        match placed.await {
            Ok(replaced) => {
                let replaced = replaced
                    .iter()
                    .flat_map(|there| there.bodies.iter().cloned());
                self.discard(replaced);
                Ok(())
            }
            Err(fault) => {
                self.discard(bodies);
                Err(fault)
            }
        }
    }

    /// The object that a request names.
    pub(super) fn object(&self, request: &Request) -> Result<Arc<Object>, Fault> {
        let (bucket, _) = self.bucket(request)?;
        let found = self.objects.get(&object_key(bucket, request.key()));
        found.ok_or_else(|| no_such_key(request.key()))
    }

    pub(super) async fn get_object(&self, request: &Request) -> Result<Output, Fault> {
        let object = self.object(request)?;
        check_read(request, &object)?;
        let range = range(request, object.size)?;
        let bodies = self.store.bodies.get(object.bodies.clone(), object.size);
        let body = bodies.await.map_err(Fault::storage)?;
        let mut output = described(request, &object);
        if let Some(range) = range {
            let shown = format!("bytes {}-{}/{}", range.start, range.end - 1, object.size);
            output = output
                .with("ContentLength", Some(range.len()))
                .with("ContentRange", Some(shown));
            output.status = Some(206);
            output.body = Some(body.slice(range));
            return Ok(output);
        }
        output.body = Some(body);
        Ok(output)
    }

    pub(super) fn head_object(&self, request: &Request) -> Result<Output, Fault> {
        let object = self.object(request)?;
        check_read(request, &object)?;
        let mut output = described(request, &object);
        if let Some(range) = range(request, object.size)? {
            let shown = format!("bytes {}-{}/{}", range.start, range.end - 1, object.size);
            output = output
                .with("ContentLength", Some(range.len()))
                .with("ContentRange", Some(shown));
            output.status = Some(206);
        }
        Ok(output)
    }

    pub(super) async fn delete_object(&self, request: &Request) -> Result<Output, Fault> {
        let (bucket, _) = self.bucket(request)?;
        self.remove(bucket, &[request.key()]).await?;
        Ok(Output::default())
    }

    pub(super) async fn delete_objects(&self, request: &Request) -> Result<Output, Fault> {
        let (bucket, _) = self.bucket(request)?;
        let objects = request.input["Delete"]["Objects"].as_array();
        let keys = objects.into_iter().flatten();
        let keys: Vec<&str> = keys.filter_map(|object| object["Key"].as_str()).collect();
        if keys.is_empty() || keys.len() > MAX_DELETED {
            let message = "The XML you provided was not well-formed or did not validate against our published schema";
            return Err(Fault::bad("MalformedXML", message));
        }
        self.remove(bucket, &keys).await?;
        let deleted: Vec<Value> = keys.iter().map(|key| json!({ "Key": key })).collect();
        // Text, as over HTTP, or a value, as from a task.
        let quiet = [json!(true), json!("true")].contains(&request.input["Delete"]["Quiet"]);
        Ok(match quiet {
            true => Output::default(),
            false => Output::of(json!({ "Deleted": deleted })),
        })
    }

    /// Removes objects. Those that do not exist count as removed.
    async fn remove(&self, bucket: &str, keys: &[&str]) -> Result<(), Fault> {
        let removed = self.objects.change(|objects| {
            let mut removed = Vec::new();
            for key in keys.iter().map(|key| object_key(bucket, key)) {
                if let Some(there) = objects.get(&key) {
                    removed.extend(there.bodies.iter().cloned());
                    objects.remove(&key);
                }
            }
            Ok(removed)
        });
        self.discard(removed.await?);
        Ok(())
    }
}

pub(super) fn check_key(key: &str) -> Result<(), Fault> {
    match key.len() {
        0 => Err(invalid_argument("The key must not be empty")),
        length if length > MAX_KEY => {
            let fault = Fault::bad("KeyTooLongError", "Your key is too long");
            Err(fault
                .with("Size", length.to_string())
                .with("MaxSizeAllowed", MAX_KEY.to_string()))
        }
        _ => Ok(()),
    }
}

/// What is answered once an object is in its place.
fn put_output(object: &Object) -> Output {
    let output = Output::default().with_checksum(object.checksum.as_ref());
    output
        .with("ETag", Some(object.etag.as_str()))
        .with("ServerSideEncryption", Some("AES256"))
}

/// What GetObject and HeadObject tell of an object.
fn described(request: &Request, object: &Object) -> Output {
    let mut output = Output::of(json!({
        "AcceptRanges": "bytes",
        "ContentLength": object.size,
        "ETag": object.etag,
        "LastModified": clock::iam(object.modified),
        "Metadata": object.attributes.metadata,
        "ServerSideEncryption": "AES256",
    }));
    for (name, value) in &object.attributes.headers {
        // A request may ask for another one.
        let asked = request.text(&format!("Response{name}")).unwrap_or(value);
        output = output.with(name, Some(asked));
    }
    let whole = request.text("Range").is_none();
    match request.text("ChecksumMode") {
        Some("ENABLED") if whole => output.with_checksum(object.checksum.as_ref()),
        _ => output,
    }
}
