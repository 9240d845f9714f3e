//! The Lambda calls.

use aws_sdk_lambda::types::{
    Architecture as LambdaArchitecture, FunctionCode, FunctionConfiguration as Reported,
};
use futures_util::future::BoxFuture;

use super::FunctionConfiguration;
use super::concurrency::{DELETE_FUNCTION_CONCURRENCY, PUT_FUNCTION_CONCURRENCY};
use super::contents::Contents;
use super::deletion::{DELETE_FUNCTION, DELETE_FUNCTION_VERSION, LEAVE_VPC};
use super::interfaces::WAIT_FOR_INTERFACES;
use super::permissions::{CREATE, FUNCTIONS, UPDATE_CONFIGURATION};
use super::ready::{WAIT_FOR_FUNCTION, answered, function, is_busy, revised};
use super::settings::with_configuration;
use super::unused::CHECK_UNUSED;
use crate::apply::{Backoff, Executor, Found, StepError};
use crate::aws::{Aws, AwsError, Class, failed, limits};
use crate::build::Artifact;
use crate::config::Architecture;
use crate::policy::{Command, Permission};
use crate::resources::operation::{Effect, Executed, Operation, Spec, Words};
use crate::resources::tags::{Tagged, sent};
use crate::stack::Tags;

pub(super) const ALL: &[&Spec] = &[
    &CREATE_FUNCTION,
    &UPDATE_FUNCTION_CONFIGURATION,
    &LEAVE_VPC,
    &UPDATE_FUNCTION_CODE,
    &PUBLISH_VERSION,
    &WAIT_FOR_FUNCTION,
    &PUT_FUNCTION_CONCURRENCY,
    &DELETE_FUNCTION_CONCURRENCY,
    &TAG_FUNCTION,
    &UNTAG_FUNCTION,
    &DELETE_FUNCTION_VERSION,
    &CHECK_UNUSED,
    &DELETE_FUNCTION,
    &WAIT_FOR_INTERFACES,
];

/// Publishes version 1 in the same call.
#[derive(Debug)]
pub(crate) struct CreateFunction {
    pub handler: String,
    pub name: String,
    pub artifact: Artifact,
    pub configuration: FunctionConfiguration,
    pub tags: Tags,
}

static CREATE_FUNCTION: Spec = Spec {
    operation: "CreateFunction",
    effect: Effect::Create,
    words: Words::CREATE,
    part: None,
    permissions: CREATE,
};

impl Operation for CreateFunction {
    fn spec(&self) -> &'static Spec {
        &CREATE_FUNCTION
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(async move {
            let configuration = &self.configuration;
            let operation = CREATE_FUNCTION.operation;
            let upload = executor.aws.upload(operation, &self.artifact.zip).await?;
            let code = FunctionCode::builder().zip_file(upload.zip.clone());
            let request = executor
                .aws
                .lambda
                .create_function()
                .function_name(&self.name)
                .code(code.build())
                .architectures(architecture(configuration.architecture))
                .set_tags(Some(self.tags.clone().into_iter().collect()))
                .publish(true);
            let request = with_configuration!(request, configuration);
            let send = || {
                let header = upload.header.clone();
                let call = request.clone().customize().config_override(upload_limits());
                call.mutate_request(move |request| header.add_to(request))
                    .send()
            };
            let role = &configuration.role_arn;
            match executor.call_with_role(&CREATE_FUNCTION, role, send).await {
                Ok(answer) => {
                    let busy = is_busy(answer.state(), answer.last_update_status());
                    answered(executor, &self.handler, busy);
                    published(executor, &self.handler, &CREATE_FUNCTION, answer.version())
                }
                Err(StepError::Aws(error)) if error.class == Class::AlreadyExists => {
                    let read = || self.found(&executor.aws);
                    executor.accept_own(&self.name, &self.tags, read).await?;
                    let (name, sha256) = (&self.name, &self.artifact.sha256);
                    publish(executor, &self.handler, name, sha256).await
                }
                Err(error) => Err(error),
            }
        })
    }
}

impl CreateFunction {
    async fn found(&self, aws: &Aws) -> Result<Found, AwsError> {
        let answer = aws.lambda.get_function().function_name(&self.name);
        let answer = answer.send().await.map_err(failed("GetFunction"))?;
        let configuration = answer.configuration();
        let code = configuration.and_then(|found| found.code_sha256());
        Ok(Found {
            as_wanted: code == Some(&self.artifact.sha256),
            tags: answer.tags.unwrap_or_default().into_iter().collect(),
        })
    }
}

/// What an update of `$LATEST` is based on: it must not overwrite anything else.
#[derive(Debug, Clone)]
pub(crate) struct Basis {
    pub revision_id: Option<String>,
    pub contents: Contents,
}

#[derive(Debug)]
pub(crate) struct UpdateFunctionConfiguration {
    pub handler: String,
    pub name: String,
    pub configuration: FunctionConfiguration,
    /// Instead of the present one.
    pub description: Option<String>,
    pub basis: Basis,
}

static UPDATE_FUNCTION_CONFIGURATION: Spec = Spec {
    operation: "UpdateFunctionConfiguration",
    effect: Effect::Update,
    words: Words::UPDATE,
    part: Some("configuration"),
    permissions: UPDATE_CONFIGURATION,
};

impl Operation for UpdateFunctionConfiguration {
    fn spec(&self) -> &'static Spec {
        &UPDATE_FUNCTION_CONFIGURATION
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(async move {
            let configuration = &self.configuration;
            let request = executor
                .aws
                .lambda
                .update_function_configuration()
                .function_name(&self.name)
                .set_description(self.description.clone());
            let request = with_configuration!(request, configuration);
            let wanted = Contents {
                configuration: FunctionConfiguration {
                    architecture: self.basis.contents.configuration.architecture,
                    ..configuration.clone()
                },
                code_sha256: self.basis.contents.code_sha256.clone(),
            };
            let done = |now: &Reported| {
                let described = |wanted| now.description() == Some(wanted);
                Contents::of(now).are(&wanted) && self.description.as_deref().is_none_or(described)
            };
            let mut update = Update::new(executor, &self.handler, &self.name, &self.basis);
            loop {
                let request = request.clone().set_revision_id(update.revision.clone());
                let spec = &UPDATE_FUNCTION_CONFIGURATION;
                let (role, send) = (&configuration.role_arn, || request.clone().send());
                match executor.call_with_role(spec, role, send).await {
                    Ok(answer) => {
                        let busy = is_busy(answer.state(), answer.last_update_status());
                        answered(executor, &self.handler, busy);
                        revised(executor, &self.handler, answer.revision_id());
                        return Ok(());
                    }
                    Err(error) => match update.refused(error, done).await? {
                        Refused::DoneBefore => return Ok(()),
                        Refused::SendAgain => {}
                    },
                }
            }
        })
    }
}

/// Publishes a version in the same call.
#[derive(Debug)]
pub(crate) struct UpdateFunctionCode {
    pub handler: String,
    pub name: String,
    pub artifact: Artifact,
    /// Always sent: without it Lambda takes x86_64.
    pub architecture: Architecture,
    pub basis: Basis,
}

static UPDATE_FUNCTION_CODE: Spec = Spec {
    operation: "UpdateFunctionCode",
    effect: Effect::Update,
    words: Words::UPDATE,
    part: Some("code"),
    permissions: &[Permission::new(
        "lambda:UpdateFunctionCode",
        &FUNCTIONS,
        Command::WRITE,
    )],
};

impl Operation for UpdateFunctionCode {
    fn spec(&self) -> &'static Spec {
        &UPDATE_FUNCTION_CODE
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(async move {
            let operation = UPDATE_FUNCTION_CODE.operation;
            let upload = executor.aws.upload(operation, &self.artifact.zip).await?;
            let request = executor
                .aws
                .lambda
                .update_function_code()
                .function_name(&self.name)
                .zip_file(upload.zip.clone())
                .architectures(architecture(self.architecture))
                .publish(true);
            let spec = &UPDATE_FUNCTION_CODE;
            let wanted = Contents {
                configuration: FunctionConfiguration {
                    architecture: self.architecture,
                    ..self.basis.contents.configuration.clone()
                },
                code_sha256: self.artifact.sha256.clone(),
            };
            let done = |now: &Reported| Contents::of(now).are(&wanted);
            let mut update = Update::new(executor, &self.handler, &self.name, &self.basis);
            loop {
                let request = request.clone().set_revision_id(update.revision.clone());
                let send = || {
                    let header = upload.header.clone();
                    let call = request.clone().customize().config_override(upload_limits());
                    call.mutate_request(move |request| header.add_to(request))
                        .send()
                };
                match executor.call(spec, send).await {
                    Ok(answer) => {
                        let busy = is_busy(answer.state(), answer.last_update_status());
                        answered(executor, &self.handler, busy);
                        return published(executor, &self.handler, spec, answer.version());
                    }
                    Err(error) => match update.refused(error, done).await? {
                        Refused::DoneBefore => {
                            let sha256 = &self.artifact.sha256;
                            return publish(executor, &self.handler, &self.name, sha256).await;
                        }
                        Refused::SendAgain => {}
                    },
                }
            }
        })
    }
}

/// An update of `$LATEST`, which states the revision that it is based on.
///
/// Lambda refuses an update that is based on another revision than the latest. A tag, the end of an update and that of the
/// creation make a new revision as well, so only what has changed says whether somebody else is at work.
struct Update<'a> {
    executor: &'a Executor,
    name: &'a str,
    basis: &'a Basis,
    revision: Option<String>,
    backoff: Backoff,
}

/// What to do about a refused update.
enum Refused {
    /// `$LATEST` holds what is wanted: the answer to an earlier attempt was lost.
    DoneBefore,
    /// Only the revision has changed.
    SendAgain,
}

impl<'a> Update<'a> {
    fn new(executor: &'a Executor, handler: &str, name: &'a str, basis: &'a Basis) -> Self {
        Self {
            executor,
            name,
            basis,
            revision: revision(executor, handler, basis.revision_id.as_ref()),
            backoff: Backoff::visible(),
        }
    }

    async fn refused(
        &mut self,
        error: StepError,
        done: impl Fn(&Reported) -> bool,
    ) -> Result<Refused, StepError> {
        let StepError::Aws(refusal) = &error else {
            return Err(error);
        };
        if refusal.class != Class::ChangedMeanwhile {
            return Err(error);
        }
        let read = || function(&self.executor.aws, self.name, None);
        let now = self.executor.until_ready(&WAIT_FOR_FUNCTION, read).await?;
        if done(&now) {
            return Ok(Refused::DoneBefore);
        }
        let held = Contents::of(&now);
        let pause = self.backoff.next();
        let Some(pause) = pause.filter(|_| held.are(&self.basis.contents)) else {
            return Err(error.changed_meanwhile(self.name));
        };
        self.revision = now.revision_id;
        // AWS may still show a revision from before.
        self.executor.pause(pause, || error.to_string()).await?;
        Ok(Refused::SendAgain)
    }
}

/// Publishes `$LATEST`, which must hold the code with this hash. AWS returns the newest version if nothing has
/// changed since.
#[derive(Debug)]
pub(crate) struct PublishVersion {
    pub handler: String,
    pub name: String,
    pub code_sha256: String,
}

static PUBLISH_VERSION: Spec = Spec {
    operation: "PublishVersion",
    effect: Effect::Update,
    words: Words::PUBLISH,
    part: Some("a version"),
    permissions: &[Permission::new(
        "lambda:PublishVersion",
        &FUNCTIONS,
        Command::WRITE,
    )],
};

impl Operation for PublishVersion {
    fn spec(&self) -> &'static Spec {
        &PUBLISH_VERSION
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(publish(
            executor,
            &self.handler,
            &self.name,
            &self.code_sha256,
        ))
    }
}

async fn publish(
    executor: &Executor,
    handler: &str,
    name: &str,
    code_sha256: &str,
) -> Result<(), StepError> {
    let request = executor.aws.lambda.publish_version();
    let request = request.function_name(name).code_sha256(code_sha256);
    let answer = executor.call(&PUBLISH_VERSION, || request.clone().send());
    let answer = answer
        .await
        .map_err(|error| error.changed_meanwhile(name))?;
    let busy = is_busy(answer.state(), answer.last_update_status());
    answered(executor, handler, busy);
    published(executor, handler, &PUBLISH_VERSION, answer.version())
}

static TAG_FUNCTION: Spec = Spec::tag(
    "TagResource",
    &[Permission::new(
        "lambda:TagResource",
        &FUNCTIONS,
        Command::WRITE,
    )],
);

static UNTAG_FUNCTION: Spec = Spec::untag(
    "UntagResource",
    &[Permission::new(
        "lambda:UntagResource",
        &FUNCTIONS,
        Command::WRITE,
    )],
);

/// A function, by its ARN.
#[derive(Debug, Clone)]
pub(crate) struct TaggedFunction(pub String);

impl Tagged for TaggedFunction {
    const TAG: &Spec = &TAG_FUNCTION;
    const UNTAG: &Spec = &UNTAG_FUNCTION;

    fn tag<'a>(&'a self, aws: &'a Aws, tags: &'a Tags) -> BoxFuture<'a, Result<(), AwsError>> {
        let request = aws.lambda.tag_resource().resource(&self.0);
        let request = request.set_tags(Some(tags.clone().into_iter().collect()));
        sent(Self::TAG, request.send())
    }

    fn untag<'a>(
        &'a self,
        aws: &'a Aws,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<(), AwsError>> {
        let request = aws.lambda.untag_resource().resource(&self.0);
        let request = request.set_tag_keys(Some(keys.to_vec()));
        sent(Self::UNTAG, request.send())
    }
}

/// The revision that the next change is based on: the one that the last change of this apply
/// left, or else the one that was observed.
fn revision(executor: &Executor, handler: &str, observed: Option<&String>) -> Option<String> {
    let outputs = executor.outputs.lock();
    outputs.revisions.get(handler).or(observed).cloned()
}

fn published(
    executor: &Executor,
    handler: &str,
    spec: &Spec,
    version: Option<&str>,
) -> Result<(), StepError> {
    let version = version.ok_or(StepError::IncompleteAnswer {
        operation: spec.operation,
        field: "Version",
    })?;
    let mut outputs = executor.outputs.lock();
    outputs
        .versions
        .insert(handler.to_owned(), version.to_owned());
    Ok(())
}

/// With the time limit of a call that carries code.
fn upload_limits() -> aws_sdk_lambda::config::Builder {
    aws_sdk_lambda::Config::builder().timeout_config(limits::of_uploads())
}

fn architecture(architecture: Architecture) -> LambdaArchitecture {
    LambdaArchitecture::from(architecture.as_str())
}
