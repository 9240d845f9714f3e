//! The tags of an existing resource: one call adds and changes, another removes.

use std::fmt;

use aws_smithy_runtime_api::client::result::SdkError;
use futures_util::future::BoxFuture;

use super::Resource;
use super::operation::{Executed, Operation, Spec};
use crate::apply::Executor;
use crate::aws::{Aws, AwsError, Response, ServiceError, failed};
use crate::plan::{Attribute, Reason, StepId, Steps};
use crate::stack::Tags;

/// A resource with tags: each service has its own calls for them.
pub trait Tagged: Clone + fmt::Debug + Send + Sync + 'static {
    const TAG: &Spec;
    const UNTAG: &Spec;

    fn tag<'a>(&'a self, aws: &'a Aws, tags: &'a Tags) -> BoxFuture<'a, Result<(), AwsError>>;

    fn untag<'a>(&'a self, aws: &'a Aws, keys: &'a [String])
    -> BoxFuture<'a, Result<(), AwsError>>;
}

/// The call of an operation on tags, whose answer holds nothing.
pub(super) fn sent<'a, T, E: ServiceError>(
    spec: &Spec,
    request: impl Future<Output = Result<T, SdkError<E, Response>>> + Send + 'a,
) -> BoxFuture<'a, Result<(), AwsError>> {
    let operation = spec.operation;
    Box::pin(async move { request.await.map(drop).map_err(failed(operation)) })
}

#[derive(Debug)]
pub struct Tag<T> {
    pub target: T,
    pub tags: Tags,
}

#[derive(Debug)]
pub struct Untag<T> {
    pub target: T,
    pub keys: Vec<String>,
}

impl<T: Tagged> Operation for Tag<T> {
    fn spec(&self) -> &'static Spec {
        T::TAG
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(executor.until_ready(T::TAG, || self.target.tag(&executor.aws, &self.tags)))
    }
}

impl<T: Tagged> Operation for Untag<T> {
    fn spec(&self) -> &'static Spec {
        T::UNTAG
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(executor.until_ready(T::UNTAG, || self.target.untag(&executor.aws, &self.keys)))
    }
}

/// Adds the steps that lead from the old tags to the new ones, once `after` is done.
pub(super) fn compare<T: Tagged>(
    steps: &mut Steps,
    resource: &Resource,
    target: &T,
    (old, new): (&Tags, &Tags),
    after: Vec<StepId>,
) {
    let tags: Tags = new
        .iter()
        .filter(|(key, value)| old.get(*key) != Some(value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if !tags.is_empty() {
        let reasons = tags.iter().map(|(key, value)| {
            Reason::changed(Attribute::Tag(key.clone()), old.get(key), Some(value))
        });
        let reasons = reasons.collect();
        let target = target.clone();
        steps.add(resource, Tag { target, tags }, after.clone(), reasons);
    }
    // `aws:` tags are AWS's own and cannot be removed.
    let removed = old.keys().filter(|key| !key.starts_with("aws:"));
    let keys: Vec<String> = removed
        .filter(|key| !new.contains_key(*key))
        .cloned()
        .collect();
    if !keys.is_empty() {
        let reasons = keys
            .iter()
            .map(|key| Reason::changed(Attribute::Tag(key.clone()), old.get(key), None::<String>));
        let reasons = reasons.collect();
        let target = target.clone();
        steps.add(resource, Untag { target, keys }, after, reasons);
    }
}
