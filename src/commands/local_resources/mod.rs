//! What `[local]` asks for, made in the embedded AWS and removed from it.
//!
//! What exists is kept with all that is in it. What differs from deploy.toml and cannot be changed is reported.

mod contents;
mod made;
mod messages;
mod tables;

use std::future::Future;

use serde_json::Value;
use txflow_local_aws::{Direct, DirectError};

use self::made::Made;
use super::context::{Context, Session};
use super::error::CommandError;
use crate::config::{LocalConfig, Template, named_resource};
use crate::services::is_absent;
use crate::stack::Stack;

/// Makes what the stack expects to exist, and says what is new and what is not as deploy.toml has it.
pub async fn make_local_resources(
    context: &Context,
    session: &Session,
) -> Result<(), CommandError> {
    let Some(mut maker) = local(context, session) else {
        return Ok(());
    };
    let config = &session.deployment.local;
    let made = maker.make(config).await;
    // What was made before something failed is there as well.
    if !maker.new.is_empty() {
        context
            .printer
            .note(&format!("new in the local AWS: {}", maker.new.join(", ")));
    }
    for note in &maker.notes {
        context.printer.note(note);
    }
    made
}

/// What goes with this stage: the kind and the name of each.
pub async fn made_local_resources<D>(
    context: &Context,
    session: &Session<D>,
) -> Result<Vec<(&'static str, String)>, CommandError> {
    let Some(mut local) = local(context, session) else {
        return Ok(Vec::new());
    };
    Ok(worded(local.only_own().await.map_err(forgotten)?))
}

/// Removes it. What was there before, or what another stage uses as well, stays. Returns what existed.
pub async fn remove_local_resources<D>(
    context: &Context,
    session: &Session<D>,
) -> Result<Vec<(&'static str, String)>, CommandError> {
    let Some(mut local) = local(context, session) else {
        return Ok(Vec::new());
    };
    let removed = local.remove().await;
    for note in &local.notes {
        context.printer.note(note);
    }
    Ok(worded(removed?))
}

fn worded(all: Vec<(Kind, String)>) -> Vec<(&'static str, String)> {
    let all = all.into_iter();
    all.map(|(kind, name)| (kind.word(), name)).collect()
}

/// `None` if the stack is on AWS.
fn local<'s, D>(context: &Context, session: &'s Session<D>) -> Option<Local<'s, Direct>> {
    let embedded = context.connection.embedded()?;
    let Session { config, stack, .. } = session;
    let calls = embedded.direct(&stack.account.id, &stack.account.region);
    let functions = config.handlers.iter();
    Some(Local {
        functions: functions
            .map(|handler| stack.function_arn(handler))
            .collect(),
        ..Local::new(calls, stack)
    })
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

/// The kinds of things that `[local]` has, in the order in which they are removed: a subscription goes with its topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Topic,
    Queue,
    Table,
    Bucket,
    Secret,
    Parameter,
    Bus,
}

impl Kind {
    const ALL: [Kind; 7] = [
        Kind::Topic,
        Kind::Queue,
        Kind::Table,
        Kind::Bucket,
        Kind::Secret,
        Kind::Parameter,
        Kind::Bus,
    ];

    fn word(self) -> &'static str {
        match self {
            Kind::Topic => "topic",
            Kind::Queue => "queue",
            Kind::Table => "table",
            Kind::Bucket => "bucket",
            Kind::Secret => "secret",
            Kind::Parameter => "parameter",
            Kind::Bus => "event bus",
        }
    }

    fn named(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// What became of a thing that a stage gives up.
enum Removed {
    Done,
    /// It did not exist any more.
    Absent,
    /// It stays for this stage.
    UsedBy(String),
}

struct Local<'a, C> {
    calls: C,
    stack: &'a Stack,
    /// The ARNs of the stage's functions.
    functions: Vec<String>,
    made: Made,
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
            functions: Vec::new(),
            made: Made::default(),
            new: Vec::new(),
            notes: Vec::new(),
        }
    }

    async fn make(&mut self, config: &LocalConfig) -> Result<(), CommandError> {
        self.recall().await.map_err(forgotten)?;
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
        let named = self.named(config);
        let stale = self.made.all().into_iter();
        let stale = stale.filter(|one| !named.contains(one));
        for (kind, name) in stale.collect::<Vec<_>>() {
            let told = match self.remove_one(kind, &name).await? {
                Removed::Done => {
                    "was removed from the local AWS, with all that was in it".to_owned()
                }
                Removed::UsedBy(stage) => {
                    format!("stays in the local AWS, since {stage} uses it")
                }
                Removed::Absent => continue,
            };
            let word = kind.word();
            let note = format!("the {word} `{name}` is no longer in `[local]` and {told}");
            self.notes.push(note);
        }
        Ok(())
    }

    /// What no other stage uses.
    async fn only_own(&mut self) -> Result<Vec<(Kind, String)>, DirectError> {
        self.recall().await?;
        let mut own = Vec::new();
        for (kind, name) in self.made.all() {
            if self.other_user(kind, &name).await?.is_none() {
                own.push((kind, name));
            }
        }
        Ok(own)
    }

    /// Removes what was made, and returns what of it existed.
    async fn remove(&mut self) -> Result<Vec<(Kind, String)>, CommandError> {
        self.recall().await.map_err(forgotten)?;
        let mut removed = Vec::new();
        for (kind, name) in self.made.all() {
            match self.remove_one(kind, &name).await? {
                Removed::Done => removed.push((kind, name)),
                Removed::Absent => {}
                Removed::UsedBy(stage) => self.notes.push(format!(
                    "the {} `{name}` stays in the local AWS, since {stage} uses it as well",
                    kind.word()
                )),
            }
        }
        Ok(removed)
    }

    /// What deploy.toml names.
    fn named(&self, config: &LocalConfig) -> Vec<(Kind, String)> {
        let mut named: Vec<(Kind, &Template)> = Vec::new();
        named.extend(config.topics.iter().map(|it| (Kind::Topic, &it.name)));
        named.extend(config.queues.iter().map(|it| (Kind::Queue, &it.name)));
        named.extend(config.tables.iter().map(|it| (Kind::Table, &it.name)));
        named.extend(config.buckets.iter().map(|it| (Kind::Bucket, &it.name)));
        named.extend(config.secrets.iter().map(|it| (Kind::Secret, &it.name)));
        named.extend(
            config
                .parameters
                .iter()
                .map(|it| (Kind::Parameter, &it.name)),
        );
        named.extend(config.buses.iter().map(|bus| (Kind::Bus, bus)));
        let named = named.into_iter();
        named.map(|(kind, name)| (kind, self.name(name))).collect()
    }

    /// Removes a thing unless another stage uses it.
    async fn remove_one(&mut self, kind: Kind, name: &str) -> Result<Removed, CommandError> {
        let failed = not_done(kind.word(), name, "removed");
        let other = self.give_up(kind, name).await.map_err(&failed)?;
        let done = match (kind, &other) {
            (Kind::Topic, Some(_)) => self.unsubscribe_own(name).await,
            (_, Some(_)) => Ok(()),
            (Kind::Topic, None) => self.remove_topic(name).await,
            (Kind::Queue, None) => self.remove_queue(name).await,
            (Kind::Table, None) => self.remove_table(name).await,
            (Kind::Bucket, None) => self.remove_bucket(name).await,
            (Kind::Secret, None) => self.remove_secret(name).await,
            (Kind::Parameter, None) => self.remove_parameter(name).await,
            (Kind::Bus, None) => self.remove_bus(name).await,
        };
        let existed = match done {
            Ok(()) => true,
            // A service that is not served holds nothing.
            Err(DirectError::NotServed { .. }) => false,
            Err(error) if is_absent(&error) => false,
            Err(error) => return Err(failed(error)),
        };
        self.forget(kind, name).await.map_err(&failed)?;
        Ok(match other {
            Some(stage) => Removed::UsedBy(stage),
            None if existed => Removed::Done,
            None => Removed::Absent,
        })
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

fn forgotten(error: DirectError) -> CommandError {
    CommandError::LocalResource {
        what: "the list of what was made".to_owned(),
        done: "read",
        cause: error.to_string(),
    }
}

fn failed(kind: &str, name: &str) -> impl Fn(DirectError) -> CommandError {
    not_done(kind, name, "made")
}

fn not_done(kind: &str, name: &str, done: &'static str) -> impl Fn(DirectError) -> CommandError {
    let what = format!("the {kind} `{name}`");
    move |error| CommandError::LocalResource {
        what: what.clone(),
        done,
        cause: error.to_string(),
    }
}

#[cfg(test)]
mod tests;
