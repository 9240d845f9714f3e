//! S3: buckets, objects, uploads in parts.
//!
//! An operation takes and returns the members of the API's model ([`Request`], [`Output`]). `rest` translates HTTP to that,
//! and tasks call it as it is.

mod buckets;
mod checksum;
mod conditions;
mod copy;
mod list;
mod multipart;
mod nothing;
mod objects;
mod permissions;
mod rest;
mod values;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use self::checksum::Checksum;
use crate::clock::Millis;
use crate::conditions::Conditions;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::api::{Api, Protocol};
use crate::http::call::Call;
use crate::http::call::PeerCall;
use crate::http::scope::Scope;
use crate::permission::Permission;
use crate::service::Operations;
use crate::store::{Durable, Store, StoreError};

const API: Api = Api {
    name: "s3",
    protocol: Protocol::RestXml { route: rest::route },
};

pub(crate) struct S3 {
    /// By name.
    buckets: Durable<Bucket>,
    /// By bucket and key, as [`object_key`] joins them.
    objects: Durable<Object>,
    /// By bucket and id, as [`object_key`] joins them.
    uploads: Durable<Upload>,
    store: Arc<Store>,
    conditions: Arc<Conditions>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Bucket {
    region: String,
    account: String,
    created: Millis,
}

/// What an object is stored with.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Attributes {
    /// `ContentType` and what else is only kept.
    headers: BTreeMap<String, String>,
    /// The user's own.
    metadata: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Object {
    etag: String,
    size: usize,
    modified: Millis,
    attributes: Attributes,
    checksum: Option<Checksum>,
    /// The ids of the bodies that it consists of.
    bodies: Vec<String>,
}

/// An upload in parts that is not complete.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Upload {
    key: String,
    started: Millis,
    attributes: Attributes,
    algorithm: Option<String>,
    parts: BTreeMap<u32, Part>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Part {
    body: String,
    etag: String,
    size: usize,
    modified: Millis,
    checksum: Option<Checksum>,
}

/// A call of an operation.
struct Request {
    operation: String,
    /// The members as the API's model has them, but for `Body`.
    input: Value,
    /// The body, in pieces.
    body: Vec<Bytes>,
    scope: Scope,
}

/// The result of an operation.
#[derive(Default)]
struct Output {
    members: Map<String, Value>,
    body: Option<Bytes>,
    /// The status, unless it is the usual one.
    status: Option<u16>,
}

impl S3 {
    pub(crate) fn load(store: &Arc<Store>, conditions: &Arc<Conditions>) -> Result<S3, StoreError> {
        let s3 = S3 {
            buckets: Durable::load(store, conditions, "s3-bucket")?,
            objects: Durable::load(store, conditions, "s3-object")?,
            uploads: Durable::load(store, conditions, "s3-upload")?,
            store: Arc::clone(store),
            conditions: Arc::clone(conditions),
        };
        s3.store.bodies.keep_only(&s3.used_bodies())?;
        Ok(s3)
    }

    fn used_bodies(&self) -> HashSet<String> {
        let objects = self.objects.list("").into_iter();
        let of_objects = objects.flat_map(|(_, object)| object.bodies.clone());
        let uploads = self.uploads.list("").into_iter();
        let of_uploads = uploads.flat_map(|(_, upload)| upload.bodies());
        of_objects.chain(of_uploads).collect()
    }

    async fn run(&self, request: Request) -> Result<Output, Fault> {
        let request = &request;
        // Without versioning, an object has the version `null`.
        if request
            .text("VersionId")
            .is_some_and(|version| version != "null")
        {
            return Err(invalid_argument("Invalid version id specified"));
        }
        match request.operation.as_str() {
            operation if nothing::is_asked_for(operation) => self.nothing(request),
            "ListBuckets" => Ok(self.list_buckets()),
            "CreateBucket" => self.create_bucket(request).await,
            "HeadBucket" => self.head_bucket(request),
            "DeleteBucket" => self.delete_bucket(request).await,
            "GetBucketLocation" => self.get_bucket_location(request),
            "GetBucketVersioning" => self.bucket(request).map(|_| Output::default()),
            "ListObjects" | "ListObjectsV2" => self.list_objects(request),
            "PutObject" => self.put_object(request).await,
            "GetObject" => self.get_object(request).await,
            "HeadObject" => self.head_object(request),
            "DeleteObject" => self.delete_object(request).await,
            "DeleteObjects" => self.delete_objects(request).await,
            "CopyObject" => self.copy_object(request).await,
            "CreateMultipartUpload" => self.create_multipart_upload(request).await,
            "UploadPart" => self.upload_part(request).await,
            "UploadPartCopy" => self.upload_part_copy(request).await,
            "CompleteMultipartUpload" => self.complete_multipart_upload(request).await,
            "AbortMultipartUpload" => self.abort_multipart_upload(request).await,
            "ListParts" => self.list_parts(request),
            "ListMultipartUploads" => self.list_multipart_uploads(request),
            operation => Err(Fault::not_implemented("s3", operation)),
        }
    }

    /// A call from inside whose bodies are bytes, such as that of an ItemReader.
    pub(crate) async fn data(
        &self,
        call: PeerCall,
        body: Vec<Bytes>,
    ) -> Result<(Value, Bytes), Fault> {
        let request = Request {
            body,
            ..values::request(call)
        };
        let output = self.run(request).await?;
        let body = output.body.unwrap_or_default();
        Ok((Value::Object(output.members), body))
    }

    /// The name of the request's bucket, which exists.
    fn bucket<'a>(&self, request: &'a Request) -> Result<(&'a str, Arc<Bucket>), Fault> {
        let name = request.text("Bucket").unwrap_or_default();
        match self.buckets.get(name) {
            Some(bucket) => Ok((name, bucket)),
            None => Err(no_such_bucket(name)),
        }
    }

    /// Stores a body under a new id.
    async fn keep(&self, body: Vec<Bytes>) -> Result<String, Fault> {
        let id = self.conditions.random.uuid().to_string();
        self.store
            .bodies
            .put(&id, body)
            .await
            .map_err(Fault::storage)?;
        Ok(id)
    }

    fn discard(&self, bodies: impl IntoIterator<Item = String>) {
        for body in bodies {
            self.store.bodies.remove(&body);
        }
    }
}

impl Operations for S3 {
    const API: &'static Api = &API;

    fn permissions(&self, call: &Call) -> Option<Vec<Permission>> {
        permissions::needed(call)
    }

    async fn dispatch(self: &Arc<Self>, call: &Call) -> Result<Answer, Fault> {
        let request = rest::request(call)?;
        let output = self.run(request).await?;
        Ok(rest::answer(&call.operation, output))
    }

    async fn dispatch_peer(self: &Arc<Self>, call: PeerCall) -> Result<Value, Fault> {
        let output = self.run(values::request(call)).await?;
        values::result(output)
    }
}

impl Request {
    fn text(&self, member: &str) -> Option<&str> {
        self.input[member].as_str()
    }

    /// A number, which tasks may also give as text, as HTTP does.
    fn number(&self, member: &str) -> Option<u64> {
        match &self.input[member] {
            Value::String(text) => text.parse().ok(),
            value => value.as_u64(),
        }
    }

    fn key(&self) -> &str {
        self.text("Key").unwrap_or_default()
    }
}

impl Output {
    fn of(members: Value) -> Output {
        let members = match members {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        Output {
            members,
            ..Output::default()
        }
    }

    /// Adds a member, if it has a value.
    fn with(mut self, member: &str, value: Option<impl Into<Value>>) -> Output {
        if let Some(value) = value {
            self.members.insert(member.to_owned(), value.into());
        }
        self
    }
}

impl Attributes {
    /// The members that are kept as they are.
    const HEADERS: [&str; 8] = [
        "ContentType",
        "CacheControl",
        "ContentDisposition",
        "ContentEncoding",
        "ContentLanguage",
        "Expires",
        "WebsiteRedirectLocation",
        "StorageClass",
    ];

    /// The names and values of the user's own may have 2 KB together.
    const MOST_METADATA: usize = 2048;

    fn of(request: &Request) -> Result<Attributes, Fault> {
        let text = |member: &&str| Some(((*member).to_owned(), request.text(member)?.to_owned()));
        let metadata = request.input["Metadata"].as_object().into_iter().flatten();
        let metadata = metadata.filter_map(|(name, value)| {
            Some((name.to_ascii_lowercase(), value.as_str()?.to_owned()))
        });
        let mut headers: BTreeMap<_, _> = Attributes::HEADERS.iter().filter_map(text).collect();
        headers
            .entry("ContentType".to_owned())
            .or_insert_with(|| "binary/octet-stream".to_owned());
        // Only the other classes are shown.
        headers
            .retain(|name, value| (name.as_str(), value.as_str()) != ("StorageClass", "STANDARD"));
        let metadata: BTreeMap<String, String> = metadata.collect();
        let size: usize = { metadata.iter() }
            .map(|(name, value)| name.len() + value.len())
            .sum();
        if size > Attributes::MOST_METADATA {
            let message = "Your metadata headers exceed the maximum allowed metadata size";
            return Err(Fault::bad("MetadataTooLarge", message)
                .with("Size", size.to_string())
                .with("MaxSizeAllowed", Attributes::MOST_METADATA.to_string()));
        }
        Ok(Attributes { headers, metadata })
    }
}

impl Upload {
    fn bodies(&self) -> Vec<String> {
        self.parts.values().map(|part| part.body.clone()).collect()
    }
}

/// The key of an object in the store. Bucket names have no slash, so keys of one bucket are together and in order.
fn object_key(bucket: &str, key: &str) -> String {
    format!("{bucket}/{key}")
}

fn no_such_bucket(name: &str) -> Fault {
    let message = "The specified bucket does not exist";
    Fault::new(404, "NoSuchBucket", message).with("BucketName", name)
}

fn no_such_key(key: &str) -> Fault {
    Fault::new(404, "NoSuchKey", "The specified key does not exist.").with("Key", key)
}

fn invalid_argument(message: impl Into<String>) -> Fault {
    Fault::bad("InvalidArgument", message)
}
