//! What `[local]` asks for, made in the embedded AWS and removed from it.
//!
//! What exists is kept with all that is in it. What differs from deploy.toml and cannot be changed is told.

mod contents;
mod messages;
mod tables;

use std::future::Future;

use serde_json::Value;
use txflow_local_aws::{Direct, DirectError};

use super::context::{Context, Session};
use super::embedded::Embedded;
use super::error::CommandError;
use crate::config::{LocalConfig, Template, named_resource};
use crate::stack::Stack;

/// Makes what the stack expects to exist, and says what is new and what is not as deploy.toml has it.
pub async fn make_local_resources(
    context: &Context,
    session: &Session,
) -> Result<(), CommandError> {
    let Some(embedded) = context.connection.embedded() else {
        return Ok(());
    };
    let config = &session.deployment.local;
    let mut maker = Local::new(calls(embedded, &session.stack), &session.stack);
    maker.make(config).await?;
    if !maker.new.is_empty() {
        context
            .printer
            .note(&format!("new in the local AWS: {}", maker.new.join(", ")));
    }
    for note in &maker.notes {
        context.printer.note(note);
    }
    Ok(())
}

/// Removes it. Returns what existed: its kind and its name.
pub async fn remove_local_resources(
    context: &Context,
    session: &Session,
) -> Result<Vec<(&'static str, String)>, CommandError> {
    let Some(embedded) = context.connection.embedded() else {
        return Ok(Vec::new());
    };
    let local = Local::new(calls(embedded, &session.stack), &session.stack);
    local.remove(&session.deployment.local).await
}

fn calls(embedded: &Embedded, stack: &Stack) -> Direct {
    embedded.direct(&stack.account.id, &stack.account.region)
}

/// Calls the services of the local AWS.
trait Calls {
    fn call(
        &self,
        service: &str,
        operation: &str,
        input: Value,
    ) -> impl Future<Output = Result<Value, DirectError>>;

    fn put_object(
        &self,
        bucket: &str,
        key: &str,
        body: Vec<u8>,
    ) -> impl Future<Output = Result<(), DirectError>>;
}

impl Calls for Direct {
    fn call(
        &self,
        service: &str,
        operation: &str,
        input: Value,
    ) -> impl Future<Output = Result<Value, DirectError>> {
        Direct::call(self, service, operation, input)
    }

    fn put_object(
        &self,
        bucket: &str,
        key: &str,
        body: Vec<u8>,
    ) -> impl Future<Output = Result<(), DirectError>> {
        Direct::put_object(self, bucket, key, body)
    }
}

struct Local<'a, C> {
    calls: C,
    stack: &'a Stack,
    /// What was made.
    new: Vec<String>,
    /// What is not as deploy.toml has it.
    notes: Vec<String>,
}

impl<'a, C: Calls> Local<'a, C> {
    fn new(calls: C, stack: &'a Stack) -> Self {
        Self {
            calls,
            stack,
            new: Vec::new(),
            notes: Vec::new(),
        }
    }

    async fn make(&mut self, config: &LocalConfig) -> Result<(), CommandError> {
        for table in &config.tables {
            self.make_table(table).await?;
        }
        self.make_queues(&config.queues).await?;
        for topic in &config.topics {
            self.make_topic(topic).await?;
        }
        for bucket in &config.buckets {
            self.make_bucket(bucket).await?;
        }
        for secret in &config.secrets {
            self.make_secret(secret).await?;
        }
        for parameter in &config.parameters {
            self.make_parameter(parameter).await?;
        }
        for bus in &config.buses {
            self.make_bus(bus).await?;
        }
        Ok(())
    }

    async fn remove(
        &self,
        config: &LocalConfig,
    ) -> Result<Vec<(&'static str, String)>, CommandError> {
        let mut named: Vec<(&'static str, &Template)> = Vec::new();
        named.extend(config.topics.iter().map(|topic| ("topic", &topic.name)));
        named.extend(config.queues.iter().map(|queue| ("queue", &queue.name)));
        named.extend(config.tables.iter().map(|table| ("table", &table.name)));
        named.extend(config.buckets.iter().map(|bucket| ("bucket", &bucket.name)));
        named.extend(config.secrets.iter().map(|secret| ("secret", &secret.name)));
        let parameters = config.parameters.iter();
        named.extend(parameters.map(|parameter| ("parameter", &parameter.name)));
        named.extend(config.buses.iter().map(|bus| ("event bus", bus)));
        let mut removed = Vec::new();
        for (kind, name) in named {
            let name = self.name(name);
            let done = match kind {
                "topic" => self.remove_topic(&name).await,
                "queue" => self.remove_queue(&name).await,
                "table" => self.remove_table(&name).await,
                "bucket" => self.remove_bucket(&name).await,
                "secret" => self.remove_secret(&name).await,
                "parameter" => self.remove_parameter(&name).await,
                _ => self.remove_bus(&name).await,
            };
            match done {
                Ok(()) => removed.push((kind, name)),
                // A service that is not served holds nothing.
                Err(DirectError::NotServed { .. }) => {}
                Err(error) if is_absent(&error) => {}
                Err(error) => return Err(failed(kind, &name)(error)),
            }
        }
        Ok(removed)
    }

    /// The name of a resource, with the account's values in place.
    fn name(&self, name: &Template) -> String {
        named_resource(&self.stack.account.fill(name)).to_owned()
    }

    /// What a read found, if it is there.
    async fn read(
        &self,
        service: &str,
        operation: &str,
        input: Value,
    ) -> Result<Option<Value>, DirectError> {
        match self.calls.call(service, operation, input).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Whether a service said that there is nothing of that name.
fn is_absent(error: &DirectError) -> bool {
    let words = ["NotFound", "DoesNotExist", "NonExistent", "NoSuch"];
    error
        .code()
        .is_some_and(|code| words.iter().any(|word| code.contains(word)))
}

fn failed(kind: &str, name: &str) -> impl Fn(DirectError) -> CommandError {
    let what = format!("the {kind} `{name}`");
    move |error| CommandError::LocalResource {
        what: what.clone(),
        cause: error.to_string(),
    }
}

#[cfg(test)]
mod tests;
