//! The operations on buckets.

use serde_json::{Value, json};

use super::{Bucket, Output, Request, S3, object_key};
use crate::clock;
use crate::fault::Fault;

/// The region whose buckets have no location, and may be created again by their owner.
const FIRST_REGION: &str = "us-east-1";

impl S3 {
    pub(super) fn list_buckets(&self) -> Output {
        let buckets = self.buckets.list("").into_iter();
        let buckets: Vec<Value> = buckets
            .map(|(name, bucket)| {
                json!({ "Name": name, "CreationDate": clock::iso(bucket.created) })
            })
            .collect();
        let owner = json!({ "DisplayName": "local", "ID": OWNER });
        Output::of(json!({ "Buckets": buckets, "Owner": owner }))
    }

    pub(super) async fn create_bucket(&self, request: &Request) -> Result<Output, Fault> {
        let name = request.text("Bucket").unwrap_or_default();
        if !is_name(name) {
            let fault = Fault::bad("InvalidBucketName", "The specified bucket is not valid.");
            return Err(fault.with("BucketName", name));
        }
        let wanted = &request.input["CreateBucketConfiguration"]["LocationConstraint"];
        let region = match wanted.as_str() {
            Some("EU") => "eu-west-1",
            Some(region) => region,
            None => request.scope.region.as_str(),
        };
        let bucket = Bucket {
            region: region.to_owned(),
            account: request.scope.account.clone(),
            created: self.conditions.now(),
        };
        let created = self.buckets.change(|buckets| {
            if let Some(there) = buckets.get(name) {
                if there.account != bucket.account {
                    let message = "The requested bucket name is not available. The bucket namespace is shared by all users \
                                   of the system. Please select a different name and try again.";
                    return Err(Fault::new(409, "BucketAlreadyExists", message));
                }
                if there.region != FIRST_REGION || bucket.region != FIRST_REGION {
                    let message =
                        "Your previous request to create the named bucket succeeded and you already own it.";
                    return Err(Fault::new(409, "BucketAlreadyOwnedByYou", message));
                }
                return Ok(());
            }
            buckets.put(name, bucket);
            Ok(())
        });
        created.await?;
        Ok(Output::of(json!({ "Location": format!("/{name}") })))
    }

    pub(super) fn head_bucket(&self, request: &Request) -> Result<Output, Fault> {
        let (_, bucket) = self.bucket(request)?;
        Ok(Output::of(json!({ "BucketRegion": bucket.region })))
    }

    pub(super) async fn delete_bucket(&self, request: &Request) -> Result<Output, Fault> {
        let (name, _) = self.bucket(request)?;
        let content = object_key(name, "");
        if !self.objects.list(&content).is_empty() {
            let message = "The bucket you tried to delete is not empty";
            let fault = Fault::new(409, "BucketNotEmpty", message);
            return Err(fault.with("BucketName", name));
        }
        let uploads = self.uploads.list(&content);
        let removed = self.uploads.change(|all| {
            uploads.iter().for_each(|(key, _)| all.remove(key));
            Ok(())
        });
        removed.await?;
        self.discard(uploads.iter().flat_map(|(_, upload)| upload.bodies()));
        let removed = self.buckets.change(|buckets| {
            buckets.remove(name);
            Ok(())
        });
        removed.await?;
        Ok(Output::default())
    }

    pub(super) fn get_bucket_location(&self, request: &Request) -> Result<Output, Fault> {
        let (_, bucket) = self.bucket(request)?;
        let region = Some(bucket.region.as_str()).filter(|region| *region != FIRST_REGION);
        Ok(Output::of(json!({ "LocationConstraint": region })))
    }
}

/// The owner of all buckets.
const OWNER: &str = "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a";

/// Letters, digits, dots and hyphens, which begin and end with a letter or a digit.
fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = [name.bytes().next(), name.bytes().next_back()];
    (3..=63).contains(&name.len())
        && ends.into_iter().flatten().all(plain)
        && name
            .bytes()
            .all(|byte| plain(byte) || byte == b'.' || byte == b'-')
        && !name.contains("..")
        && name.parse::<std::net::Ipv4Addr>().is_err()
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn the_name_of_a_bucket_is_one_of_a_host() {
        for good in ["abc", "a.b-c", "1ab", &"a".repeat(63)] {
            assert!(is_name(good), "{good}");
        }
        for bad in [
            "ab",
            "Abc",
            "-abc",
            "abc-",
            "a..b",
            "a/b",
            "a_b",
            "127.0.0.1",
            &"a".repeat(64),
        ] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
