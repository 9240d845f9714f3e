//! The calls of EventBridge for rules.

use std::collections::BTreeSet;

use aws_sdk_eventbridge::error::BuildError;
use aws_sdk_eventbridge::types::{
    DeadLetterConfig, InputTransformer, RetryPolicy, RuleState as Status, Tag, Target,
};
use futures_util::future::BoxFuture;

use super::permissions::RULES;
use super::{Input, Rule, RuleState, TARGET, parts};
use crate::apply::{Executor, StepError};
use crate::aws::{Aws, AwsError, failed};
use crate::policy::{Command, Permission};
use crate::resources::alias::refuse_overtaken;
use crate::resources::operation::{Effect, Executed, Operation, Spec, Words};
use crate::resources::role::PASS_ROLE;
use crate::resources::tags::{Tagged, sent};
use crate::stack::Tags;

pub(super) const ALL: &[&Spec] = &[
    &PUT_NEW_RULE,
    &PUT_RULE,
    &PUT_TARGETS,
    &REMOVE_TARGETS,
    &TAG_RULE,
    &UNTAG_RULE,
    &DELETE_RULE,
];

#[derive(Debug)]
pub(crate) struct PutRule {
    pub rule: Rule,
    pub exists: bool,
}

static PUT_NEW_RULE: Spec = Spec {
    operation: "PutRule",
    effect: Effect::Create,
    words: Words::CREATE,
    part: None,
    permissions: &[PUT, TAG],
};

static PUT_RULE: Spec = Spec {
    operation: "PutRule",
    effect: Effect::Update,
    words: Words::UPDATE,
    part: None,
    permissions: &[PUT, TAG, TARGETS, PASS_ROLE],
};

const PUT: Permission = Permission::new("events:PutRule", &RULES, Command::WRITE);

/// A rule that is sent with tags needs it, too.
const TAG: Permission = Permission::new("events:TagResource", &RULES, Command::WRITE);

const TARGETS: Permission = Permission::new("events:PutTargets", &RULES, Command::WRITE);

impl Operation for PutRule {
    fn spec(&self) -> &'static Spec {
        if self.exists {
            &PUT_RULE
        } else {
            &PUT_NEW_RULE
        }
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(async move {
            let rule = &self.rule;
            // AWS ignores those of a rule that exists. One that was removed a moment ago may still have been shown: then
            // this creates another, which without its tags would be nobody's, and without its target starts nothing.
            let tags = sdk_tags(&rule.tags)?;
            let state = if rule.enabled {
                Status::Enabled
            } else {
                Status::Disabled
            };
            let request = executor.aws.events.put_rule();
            let request = request
                .name(&rule.name)
                .event_bus_name(&rule.bus)
                .event_pattern(rule.pattern.to_string())
                .state(state)
                .set_tags(Some(tags));
            let put = executor.call(self.spec(), || request.clone().send());
            put.await?;
            if self.exists {
                put_target(executor, rule).await?;
            }
            Ok(())
        })
    }
}

#[derive(Debug)]
pub(crate) struct PutTargets(pub Rule);

static PUT_TARGETS: Spec = Spec {
    operation: "PutTargets",
    effect: Effect::Update,
    words: Words::WRITE,
    part: Some("target"),
    permissions: &[TARGETS, PASS_ROLE],
};

impl Operation for PutTargets {
    fn spec(&self) -> &'static Spec {
        &PUT_TARGETS
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(put_target(executor, &self.0))
    }
}

async fn put_target(executor: &Executor, rule: &Rule) -> Result<(), StepError> {
    // From here on events start executions.
    executor.until_policies_apply().await?;
    let request = executor.aws.events.put_targets();
    let request = request
        .rule(&rule.name)
        .event_bus_name(&rule.bus)
        .targets(rule.target()?);
    let put = || async {
        let operation = PUT_TARGETS.operation;
        let answer = request.clone().send().await.map_err(failed(operation))?;
        let refused = answer.failed_entries().first();
        let refused = refused.map(|entry| (entry.error_code(), entry.error_message()));
        accepted(operation, refused)
    };
    executor.until_ready(&PUT_TARGETS, put).await
}

/// EventBridge answers with success and lists what it refused, such as what met another change of the rule.
fn accepted(
    operation: &'static str,
    refused: Option<(Option<&str>, Option<&str>)>,
) -> Result<(), AwsError> {
    match refused {
        None => Ok(()),
        Some((code, message)) => Err(AwsError::reported(operation, code, message)),
    }
}

impl Rule {
    fn target(&self) -> Result<Target, StepError> {
        let wanted = &self.target;
        let retry = RetryPolicy::builder()
            .maximum_retry_attempts(wanted.retries)
            .maximum_event_age_in_seconds(wanted.max_event_age);
        let queue = wanted.dead_letter_queue.as_ref();
        let queue = queue.map(|arn| DeadLetterConfig::builder().arn(arn).build());
        let target = Target::builder()
            .id(TARGET)
            .arn(&wanted.arn)
            .role_arn(&wanted.role)
            .retry_policy(retry.build())
            .set_dead_letter_config(queue);
        let target = match &wanted.input {
            Input::Event => target,
            Input::Constant(value) => target.input(value.to_string()),
            Input::Transformed { paths, template } => {
                let paths = paths.clone().into_iter().collect();
                let transformer = InputTransformer::builder()
                    .set_input_paths_map(Some(paths))
                    .input_template(template);
                target.input_transformer(transformer.build().map_err(|error| self.refused(&error))?)
            }
        };
        target.build().map_err(|error| self.refused(&error))
    }

    fn refused(&self, error: &BuildError) -> StepError {
        refused(&self.name, error)
    }
}

fn refused(name: &str, error: &BuildError) -> StepError {
    StepError::Request {
        name: name.to_owned(),
        cause: error.to_string(),
    }
}

#[derive(Debug)]
pub(crate) struct RemoveTargets {
    pub bus: String,
    pub name: String,
    pub ids: Vec<String>,
    /// In a deploy: the alias, whose release may be another one by then that has the rule.
    pub alias: Option<String>,
}

static REMOVE_TARGETS: Spec = Spec {
    operation: "RemoveTargets",
    effect: Effect::Update,
    words: Words::new("Removing", "Removed"),
    part: Some("targets"),
    permissions: &[Permission::new(
        "events:RemoveTargets",
        &RULES,
        Command::REMOVE,
    )],
};

impl Operation for RemoveTargets {
    fn spec(&self) -> &'static Spec {
        &REMOVE_TARGETS
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(async move {
            if let Some(alias) = &self.alias {
                refuse_overtaken(executor, alias).await?;
            }
            let request = executor.aws.events.remove_targets();
            let request = request
                .rule(&self.name)
                .event_bus_name(&self.bus)
                .set_ids(Some(self.ids.clone()));
            let remove = || async {
                let operation = REMOVE_TARGETS.operation;
                let answer = request.clone().send().await.map_err(failed(operation))?;
                let refused = answer.failed_entries().first();
                let refused = refused.map(|entry| (entry.error_code(), entry.error_message()));
                accepted(operation, refused)
            };
            executor.until_removed(remove).await
        })
    }
}

#[derive(Debug)]
pub(crate) struct DeleteRule {
    pub bus: String,
    pub name: String,
}

static DELETE_RULE: Spec = Spec {
    operation: "DeleteRule",
    effect: Effect::Delete,
    words: Words::DELETE,
    part: None,
    permissions: &[Permission::new(
        "events:DeleteRule",
        &RULES,
        Command::REMOVE,
    )],
};

impl Operation for DeleteRule {
    fn spec(&self) -> &'static Spec {
        &DELETE_RULE
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        let request = executor.aws.events.delete_rule();
        let request = request.name(&self.name).event_bus_name(&self.bus);
        executor.run_removal(self, move || request.clone().send())
    }
}

/// What removes a rule, by its qualified name. It cannot go before its targets.
pub(in crate::resources) fn removal_of(
    qualified: &str,
    rule: &RuleState,
    alias: Option<String>,
) -> (RemoveTargets, DeleteRule) {
    let (bus, name) = parts(qualified);
    let (bus, name) = (bus.to_owned(), name.to_owned());
    // What was written a moment ago may not be listed yet.
    let mut ids: BTreeSet<String> = rule.targets.keys().cloned().collect();
    ids.insert(TARGET.to_owned());
    let targets = RemoveTargets {
        bus: bus.clone(),
        name: name.clone(),
        ids: ids.into_iter().collect(),
        alias,
    };
    (targets, DeleteRule { bus, name })
}

#[derive(Debug, Clone)]
pub(crate) struct TaggedRule(pub String);

static TAG_RULE: Spec = Spec::tag(
    "TagResource",
    &[Permission::new(
        "events:TagResource",
        &RULES,
        Command::WRITE,
    )],
);

static UNTAG_RULE: Spec = Spec::untag(
    "UntagResource",
    &[Permission::new(
        "events:UntagResource",
        &RULES,
        Command::WRITE,
    )],
);

impl Tagged for TaggedRule {
    const TAG: &Spec = &TAG_RULE;
    const UNTAG: &Spec = &UNTAG_RULE;

    fn tag<'a>(&'a self, aws: &'a Aws, tags: &'a Tags) -> BoxFuture<'a, Result<(), AwsError>> {
        let request = aws.events.tag_resource().resource_arn(&self.0);
        // A key and a value are all that a tag needs.
        let request = request.set_tags(sdk_tags(tags).ok());
        sent(Self::TAG, request.send())
    }

    fn untag<'a>(
        &'a self,
        aws: &'a Aws,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<(), AwsError>> {
        let request = aws.events.untag_resource().resource_arn(&self.0);
        let request = request.set_tag_keys(Some(keys.to_vec()));
        sent(Self::UNTAG, request.send())
    }
}

fn sdk_tags(tags: &Tags) -> Result<Vec<Tag>, StepError> {
    let built = tags.iter().map(|(key, value)| {
        let tag = Tag::builder().key(key).value(value).build();
        tag.map_err(|error| refused(key, &error))
    });
    built.collect()
}
