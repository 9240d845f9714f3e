//! Uploads in parts.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::checksum::{Checksum, md5};
use super::conditions::range;
use super::objects::check_key;
use super::{Attributes, Object, Output, Part, Request, S3, Upload, invalid_argument, object_key};
use crate::clock;
use crate::fault::Fault;

/// Every part but the last has at least 5 MiB.
const LEAST_PART: usize = 5 * 1024 * 1024;
const MOST_PARTS: u64 = 10_000;

impl S3 {
    pub(super) async fn create_multipart_upload(&self, request: &Request) -> Result<Output, Fault> {
        let (bucket, _) = self.bucket(request)?;
        check_key(request.key())?;
        let id = self.conditions.random.uuid().simple().to_string();
        let algorithm = request.text("ChecksumAlgorithm").map(str::to_owned);
        let upload = Upload {
            key: request.key().to_owned(),
            started: self.conditions.now(),
            attributes: Attributes::of(request)?,
            algorithm: algorithm.clone(),
            parts: BTreeMap::new(),
        };
        let created = self.uploads.change(|uploads| {
            uploads.put(&object_key(bucket, &id), upload);
            Ok(())
        });
        created.await?;
        let output = Output::of(json!({
            "Bucket": bucket,
            "Key": request.key(),
            "UploadId": id,
            "ServerSideEncryption": "AES256",
        }));
        let kind = algorithm.as_ref().map(|_| "COMPOSITE");
        Ok(output
            .with("ChecksumAlgorithm", algorithm)
            .with("ChecksumType", kind))
    }

    pub(super) async fn upload_part(&self, request: &Request) -> Result<Output, Fault> {
        self.upload(request)?;
        let checksum = Checksum::of(request)?;
        let part = Part {
            etag: format!("\"{}\"", hex::encode(md5(&request.body))),
            size: request.body.iter().map(|piece| piece.len()).sum(),
            modified: self.conditions.now(),
            checksum,
            body: self.keep(request.body.clone()).await?,
        };
        let output = Output::default().with_checksum(part.checksum.as_ref());
        let output = output
            .with("ETag", Some(part.etag.as_str()))
            .with("ServerSideEncryption", Some("AES256"));
        self.add_part(request, part).await?;
        let mut output = output;
        output.members.remove("ChecksumType");
        Ok(output)
    }

    pub(super) async fn upload_part_copy(&self, request: &Request) -> Result<Output, Fault> {
        self.upload(request)?;
        let (_, source) = self.source(request)?;
        let mut body = self.body(&source).await?;
        let asked = Request {
            operation: String::new(),
            input: json!({ "Range": request.input["CopySourceRange"] }),
            body: Vec::new(),
            scope: request.scope.clone(),
        };
        if let Some(range) = range(&asked, body.len())? {
            body = body.slice(range);
        }
        let part = Part {
            etag: format!("\"{}\"", hex::encode(md5(std::slice::from_ref(&body)))),
            size: body.len(),
            modified: self.conditions.now(),
            checksum: None,
            body: self.keep(vec![body]).await?,
        };
        let copied = json!({ "ETag": part.etag, "LastModified": clock::iso(part.modified) });
        self.add_part(request, part).await?;
        Ok(Output::of(json!({
            "CopyPartResult": copied,
            "ServerSideEncryption": "AES256",
        })))
    }

    async fn add_part(&self, request: &Request, part: Part) -> Result<(), Fault> {
        let number = match request.number("PartNumber") {
            Some(number @ 1..=MOST_PARTS) => u32::try_from(number).unwrap_or_default(),
            _ => {
                let message = "Part number must be an integer between 1 and 10000, inclusive";
                return Err(invalid_argument(message));
            }
        };
        let (key, body) = (upload_key(request), part.body.clone());
        let added = self.uploads.change(|uploads| {
            let mut upload = Upload::clone(uploads.get(&key).ok_or_else(no_such_upload)?);
            let replaced = upload.parts.insert(number, part);
            uploads.put(&key, upload);
            Ok(replaced.map(|part| part.body))
        });
        match added.await {
            Ok(replaced) => {
                self.discard(replaced);
                Ok(())
            }
            Err(fault) => {
                self.discard([body]);
                Err(fault)
            }
        }
    }

    pub(super) async fn complete_multipart_upload(
        &self,
        request: &Request,
    ) -> Result<Output, Fault> {
        let (bucket, held) = self.bucket(request)?;
        let upload = self.upload(request)?;
        let named = request.input["MultipartUpload"]["Parts"].as_array();
        let parts = chosen(&upload, named.map_or(&[][..], Vec::as_slice))?;
        let checksums: Vec<&Checksum> = { parts.iter() }
            .filter_map(|part| part.checksum.as_ref())
            .collect();
        let algorithm = upload
            .algorithm
            .as_deref()
            .filter(|_| checksums.len() == parts.len());
        let digests = parts
            .iter()
            .map(|part| hex::decode(part.etag.trim_matches('"')));
        let digests = digests
            .collect::<Result<Vec<_>, _>>()
            .unwrap_or_default()
            .concat();
        let etag = hex::encode(md5(&[digests.into()]));
        let mut object = Object {
            etag: format!("\"{etag}-{}\"", parts.len()),
            size: parts.iter().map(|part| part.size).sum(),
            modified: self.conditions.now(),
            attributes: upload.attributes.clone(),
            checksum: algorithm.and_then(|name| Checksum::of_parts(name, &checksums)),
            bodies: parts.iter().map(|part| part.body.clone()).collect(),
        };
        let full = request.text("ChecksumType") == Some("FULL_OBJECT");
        if object.checksum.is_none() || full {
            let name = upload.algorithm.as_deref().unwrap_or("CRC64NVME");
            let body = self.body(&object).await?;
            object.checksum = Checksum::full(name, &[body]);
        }
        let output = Output::of(json!({
            "Bucket": bucket,
            "Key": request.key(),
            "ETag": object.etag,
            "Location": format!("https://{bucket}.s3.{}.amazonaws.com/{}", held.region, request.key()),
            "ServerSideEncryption": "AES256",
        }));
        let output = output.with_checksum(object.checksum.as_ref());
        let used = object.bodies.clone();
        let key = upload_key(request);
        // Taken first, so that of two completions at once only one places the object.
        let taken = self.uploads.change(|uploads| {
            uploads.get(&key).ok_or_else(no_such_upload)?;
            uploads.remove(&key);
            Ok(())
        });
        taken.await?;
        self.place(request, object).await?;
        let all = upload.bodies().into_iter();
        self.discard(all.filter(|body| !used.contains(body)));
        Ok(output)
    }

    pub(super) async fn abort_multipart_upload(&self, request: &Request) -> Result<Output, Fault> {
        self.bucket(request)?;
        let key = upload_key(request);
        let removed = self.uploads.change(|uploads| {
            let bodies = uploads.get(&key).ok_or_else(no_such_upload)?.bodies();
            uploads.remove(&key);
            Ok(bodies)
        });
        self.discard(removed.await?);
        Ok(Output::default())
    }

    pub(super) fn list_parts(&self, request: &Request) -> Result<Output, Fault> {
        let upload = self.upload(request)?;
        let after = request.number("PartNumberMarker").unwrap_or_default();
        let size = page_size(request, "MaxParts");
        let mut parts: Vec<(u32, &Part)> = { upload.parts.iter() }
            .map(|(number, part)| (*number, part))
            .filter(|(number, _)| u64::from(*number) > after)
            .collect();
        let truncated = parts.len() > size;
        parts.truncate(size);
        let next = parts
            .last()
            .map(|(number, _)| *number)
            .filter(|_| truncated);
        let shown: Vec<Value> = { parts.iter() }
            .map(|(number, part)| {
                let mut shown = json!({
                    "ETag": part.etag,
                    "LastModified": clock::iso(part.modified),
                    "PartNumber": number,
                    "Size": part.size,
                });
                if let (Some(checksum), Value::Object(members)) = (&part.checksum, &mut shown) {
                    checksum.show(members);
                }
                shown
            })
            .collect();
        Ok(Output::of(json!({
            "Bucket": request.text("Bucket"),
            "Key": upload.key,
            "UploadId": request.text("UploadId"),
            "PartNumberMarker": after,
            "MaxParts": size,
            "IsTruncated": truncated,
            "Parts": shown,
            "StorageClass": "STANDARD",
        }))
        .with("NextPartNumberMarker", next))
    }

    pub(super) fn list_multipart_uploads(&self, request: &Request) -> Result<Output, Fault> {
        let (bucket, _) = self.bucket(request)?;
        let prefix = request.text("Prefix").unwrap_or_default();
        let skip = bucket.len() + 1;
        let uploads = self.uploads.list(&object_key(bucket, ""));
        let uploads = uploads.iter().map(|(key, upload)| (&key[skip..], upload));
        let mut uploads: Vec<(&str, &Arc<Upload>)> = uploads
            .filter(|(_, upload)| upload.key.starts_with(prefix))
            .collect();
        uploads.sort_by_key(|(id, upload)| (upload.key.as_str(), upload.started, *id));
        let size = page_size(request, "MaxUploads");
        let truncated = uploads.len() > size;
        uploads.truncate(size);
        let shown: Vec<Value> = { uploads.iter() }
            .map(|(id, upload)| {
                json!({
                    "Key": upload.key,
                    "UploadId": id,
                    "Initiated": clock::iso(upload.started),
                    "StorageClass": "STANDARD",
                })
            })
            .collect();
        Ok(Output::of(json!({
            "Bucket": bucket,
            "Prefix": prefix,
            "MaxUploads": size,
            "IsTruncated": truncated,
            "Uploads": shown,
        })))
    }

    fn upload(&self, request: &Request) -> Result<Arc<Upload>, Fault> {
        self.bucket(request)?;
        let upload = self.uploads.get(&upload_key(request));
        upload
            .filter(|upload| upload.key == request.key())
            .ok_or_else(no_such_upload)
    }
}

/// The parts that a completion names, if they are what was uploaded.
fn chosen<'a>(upload: &'a Upload, named: &[Value]) -> Result<Vec<&'a Part>, Fault> {
    let mut last = 0;
    let mut parts = Vec::new();
    for named in named {
        let number = match &named["PartNumber"] {
            Value::String(text) => text.parse().unwrap_or_default(),
            number => number.as_u64().unwrap_or_default(),
        };
        if number <= last {
            let message = "The list of parts was not in ascending order. The parts list must be specified in order by part number.";
            return Err(Fault::bad("InvalidPartOrder", message));
        }
        last = number;
        let bare = |etag: &str| etag.trim_matches('"').to_owned();
        let part = u32::try_from(number)
            .ok()
            .and_then(|number| upload.parts.get(&number));
        let etag = named["ETag"].as_str().unwrap_or_default();
        let part = part.filter(|part| bare(&part.etag) == bare(etag));
        parts.push(part.ok_or_else(|| {
            Fault::bad(
                "InvalidPart",
                "One or more of the specified parts could not be found. The part may not have been uploaded, or the \
                 specified entity tag may not match the part's entity tag.",
            )
        })?);
    }
    let Some((_, but_last)) = parts.split_last() else {
        let message = "The XML you provided was not well-formed or did not validate against our published schema";
        return Err(Fault::bad("MalformedXML", message));
    };
    if but_last.iter().any(|part| part.size < LEAST_PART) {
        let message = "Your proposed upload is smaller than the minimum allowed size";
        return Err(Fault::bad("EntityTooSmall", message));
    }
    Ok(parts)
}

fn page_size(request: &Request, member: &str) -> usize {
    let size = request.number(member).unwrap_or(1000).min(1000);
    usize::try_from(size).unwrap_or(1000)
}

fn upload_key(request: &Request) -> String {
    let bucket = request.text("Bucket").unwrap_or_default();
    object_key(bucket, request.text("UploadId").unwrap_or_default())
}

fn no_such_upload() -> Fault {
    let message = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or \
                   completed.";
    Fault::new(404, "NoSuchUpload", message)
}
