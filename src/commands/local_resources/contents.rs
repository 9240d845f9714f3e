//! Buckets, secrets and parameters.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use txflow_local_aws::DirectError;

use super::made::{Obtained, Wanted};
use super::{Calls, Kind, Local, failed};
use crate::commands::error::CommandError;
use crate::config::{LocalBucket, LocalParameter, LocalSecret, LocalValue};
use crate::report::counted;

impl<C: Calls> Local<'_, C> {
    pub(super) async fn make_bucket(&mut self, bucket: &LocalBucket) -> Result<(), CommandError> {
        let name = self.name(&bucket.name);
        let failed = failed("bucket", &name);
        let read = self.read("s3", "HeadBucket", json!({ "Bucket": name }));
        let exists = read.await.map_err(&failed)?.is_some();
        let input = json!({ "Bucket": name });
        let wanted = Wanted::to_fill(Kind::Bucket, &name);
        let obtained = self.obtain(wanted, exists, ("s3", "CreateBucket"), input);
        let is_new = obtained.await.map_err(&failed)? == Obtained::New;
        if !is_new && !self.made.is_unfinished(Kind::Bucket, &name) {
            return Ok(());
        }
        let mut made = format!("bucket `{name}`");
        if let Some(folder) = &bucket.folder {
            let unreadable = |error: io::Error| CommandError::LocalResource {
                what: format!("the bucket `{name}`"),
                done: "made",
                cause: format!("the folder `{}` cannot be read: {error}", folder.display()),
            };
            let objects = objects(folder).map_err(unreadable)?;
            for (key, path) in &objects {
                let body = content(path).map_err(unreadable)?;
                let put = self.calls.put_object(&name, key, body);
                put.await.map_err(&failed)?;
            }
            made += &format!(" with {}", counted(objects.len(), "object"));
        }
        let remembered = self.remember(Kind::Bucket, &name, true);
        remembered.await.map_err(&failed)?;
        self.new.push(made);
        Ok(())
    }

    /// With all that is in it.
    pub(super) async fn remove_bucket(&self, name: &str) -> Result<(), DirectError> {
        loop {
            let input = json!({ "Bucket": name });
            let listed = self.calls.call("s3", "ListObjectsV2", input).await?;
            let objects = listed["Contents"].as_array().cloned().unwrap_or_default();
            for object in &objects {
                let input = json!({ "Bucket": name, "Key": object["Key"] });
                self.calls.call("s3", "DeleteObject", input).await?;
            }
            if objects.is_empty() {
                break;
            }
        }
        let input = json!({ "Bucket": name });
        self.calls.call("s3", "DeleteBucket", input).await?;
        Ok(())
    }

    pub(super) async fn make_secret(&mut self, secret: &LocalSecret) -> Result<(), CommandError> {
        let name = self.name(&secret.name);
        let failed = failed("secret", &name);
        let value = self.value("secret", &name, &secret.value)?;
        let input = json!({ "SecretId": name });
        let read = self.read("secretsmanager", "GetSecretValue", input);
        let found = read.await.map_err(&failed)?;
        let differs = |found: &Value| found["SecretString"] != value;
        if found.as_ref().is_some_and(differs) {
            self.keeps("secret", &name);
        }
        let input = json!({
            "Name": name,
            "SecretString": value,
            "ClientRequestToken": uuid::Uuid::new_v4().to_string(),
        });
        let wanted = Wanted::empty(Kind::Secret, &name);
        let call = ("secretsmanager", "CreateSecret");
        let obtained = self.obtain(wanted, found.is_some(), call, input);
        if obtained.await.map_err(&failed)? == Obtained::New {
            self.new.push(format!("secret `{name}`"));
        }
        Ok(())
    }

    pub(super) async fn remove_secret(&self, name: &str) -> Result<(), DirectError> {
        // A deletion by force succeeds for a secret that does not exist.
        let input = json!({ "SecretId": name });
        let read = self.calls.call("secretsmanager", "DescribeSecret", input);
        read.await?;
        let input = json!({ "SecretId": name, "ForceDeleteWithoutRecovery": true });
        let deleted = self.calls.call("secretsmanager", "DeleteSecret", input);
        deleted.await?;
        Ok(())
    }

    pub(super) async fn make_parameter(
        &mut self,
        parameter: &LocalParameter,
    ) -> Result<(), CommandError> {
        let name = self.name(&parameter.name);
        let failed = failed("parameter", &name);
        let value = self.value("parameter", &name, &parameter.value)?;
        let input = json!({ "Name": name, "WithDecryption": true });
        let read = self.read("ssm", "GetParameter", input);
        let found = read.await.map_err(&failed)?;
        let differs = |found: &Value| found["Parameter"]["Value"] != value;
        if found.as_ref().is_some_and(differs) {
            self.keeps("parameter", &name);
        }
        let input = json!({ "Name": name, "Value": value, "Type": parameter.kind });
        let wanted = Wanted::empty(Kind::Parameter, &name);
        let obtained = self.obtain(wanted, found.is_some(), ("ssm", "PutParameter"), input);
        if obtained.await.map_err(&failed)? == Obtained::New {
            self.new.push(format!("parameter `{name}`"));
        }
        Ok(())
    }

    pub(super) async fn remove_parameter(&self, name: &str) -> Result<(), DirectError> {
        let input = json!({ "Name": name });
        self.calls.call("ssm", "DeleteParameter", input).await?;
        Ok(())
    }

    fn value(&self, kind: &str, name: &str, value: &LocalValue) -> Result<String, CommandError> {
        match value {
            LocalValue::Text(text) => Ok(self.stack.account.fill(text)),
            LocalValue::File(text) => Ok(text.clone()),
            LocalValue::Env { variable, value } => {
                value.clone().ok_or_else(|| CommandError::LocalVariable {
                    what: format!("the {kind} `{name}`"),
                    variable: variable.clone(),
                })
            }
        }
    }

    fn keeps(&mut self, kind: &str, name: &str) {
        self.notes.push(format!(
            "the {kind} `{name}` has another value than deploy.toml says and keeps it; `txflow destroy --local` \
             makes room for the new one"
        ));
    }
}

/// The files below a folder, by the keys that they have in a bucket. Links are not followed.
#[expect(
    clippy::disallowed_methods,
    reason = "reads a folder that deploy.toml names"
)]
fn objects(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    let mut folders = vec![(String::new(), folder.to_owned())];
    while let Some((prefix, folder)) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let key = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push((format!("{key}/"), entry.path()));
            } else if kind.is_file() {
                found.push((key, entry.path()));
            }
        }
    }
    found.sort();
    Ok(found)
}

#[expect(
    clippy::disallowed_methods,
    reason = "reads a file of a folder that deploy.toml names"
)]
fn content(path: &Path) -> io::Result<Vec<u8>> {
    fs::read(path)
}
