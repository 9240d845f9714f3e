//! The steps that a function needs.

use super::builder::Builder;
use super::roles::RoleSteps;
use super::settings::function_changes;
use super::{Action, CodeUpdate, ConfigurationUpdate, NewFunction, Reason, Resource, StepId};
use crate::desired::{Function, Stack};
use crate::observe::{FunctionState, FunctionVersion};

/// The version that the definition is to pin.
pub(super) enum Pin {
    /// It is published already.
    Version(String),
    /// The step publishes it.
    Published(StepId),
}

/// What the release needs of a function.
pub(super) struct FunctionSteps {
    pub pin: Pin,
    /// What must be over before callers may see the new version.
    pub ready: Vec<StepId>,
}

pub(super) fn function(
    builder: &mut Builder,
    stack: &Stack,
    desired: &Function,
    observed: Option<&FunctionState>,
    role: &RoleSteps,
    log_group: Option<&StepId>,
) -> FunctionSteps {
    let resource = Resource::Function(desired.name.clone());
    let mut steps = match observed {
        None => create(builder, &resource, desired, role, log_group),
        Some(observed) => update(builder, &resource, desired, observed, role),
    };
    let reserved = observed.and_then(|function| function.reserved_concurrency);
    if reserved != desired.reserved_concurrency {
        let name = desired.name.clone();
        let action = match desired.reserved_concurrency {
            Some(reserved) => Action::PutFunctionConcurrency { name, reserved },
            None => Action::DeleteFunctionConcurrency { name },
        };
        let reason = Reason::changed(
            "reserved concurrency",
            reserved,
            desired.reserved_concurrency,
        );
        // Lambda refuses it while another update is in progress.
        let after = steps.ready.clone();
        steps
            .ready
            .push(builder.add(&resource, action, after, vec![reason]));
    }
    if let Some(observed) = observed {
        let arn = stack.function_arn(&desired.handler);
        builder.tags(
            &resource,
            &observed.tags,
            &desired.tags,
            |tags| Action::TagFunction {
                arn: arn.clone(),
                tags,
            },
            |keys| Action::UntagFunction {
                arn: arn.clone(),
                keys,
            },
        );
    }
    steps
}

fn create(
    builder: &mut Builder,
    resource: &Resource,
    desired: &Function,
    role: &RoleSteps,
    log_group: Option<&StepId>,
) -> FunctionSteps {
    // Lambda tries out these permissions when it creates the function; the others are used later.
    let tried_out = desired.settings.vpc.is_some() || desired.settings.dead_letter_target.is_some();
    let role = if tried_out {
        &role.permitted
    } else {
        &role.assumable
    };
    let action = Action::CreateFunction(Box::new(NewFunction {
        handler: desired.handler.clone(),
        name: desired.name.clone(),
        artifact: desired.artifact.clone(),
        settings: desired.settings.clone(),
        tags: desired.tags.clone(),
    }));
    let after = role.iter().cloned().chain(log_group.cloned());
    let created = builder.add(resource, action, after, vec![Reason::Missing]);
    let ready = wait(builder, resource, desired, true, created.clone());
    FunctionSteps {
        pin: Pin::Published(created),
        ready: vec![ready],
    }
}

fn update(
    builder: &mut Builder,
    resource: &Resource,
    desired: &Function,
    observed: &FunctionState,
    role: &RoleSteps,
) -> FunctionSteps {
    let configuration = function_changes(&observed.latest.settings, &desired.settings);
    let code = code_changes(observed, desired);
    if configuration.is_empty() && code.is_empty() {
        return unchanged(builder, resource, desired, observed);
    }
    let mut after = role.permitted.clone();
    if !configuration.is_empty() {
        let action = Action::UpdateFunctionConfiguration(Box::new(ConfigurationUpdate {
            handler: desired.handler.clone(),
            name: desired.name.clone(),
            settings: desired.settings.clone(),
            revision_id: observed.revision_id.clone(),
        }));
        let updated = builder.add(resource, action, after, configuration);
        // Code and configuration are two calls, and the second conflicts while the first is in progress.
        after = vec![wait(builder, resource, desired, false, updated)];
    }
    let published = if code.is_empty() {
        let action = publish(desired);
        builder.add(resource, action, after, vec![Reason::NewVersion])
    } else {
        let action = Action::UpdateFunctionCode(Box::new(CodeUpdate {
            handler: desired.handler.clone(),
            name: desired.name.clone(),
            artifact: desired.artifact.clone(),
            architecture: desired.settings.architecture,
            revision_id: observed.revision_id.clone(),
        }));
        builder.add(resource, action, after, code)
    };
    let ready = wait(builder, resource, desired, true, published.clone());
    FunctionSteps {
        pin: Pin::Published(published),
        ready: vec![ready],
    }
}

fn code_changes(observed: &FunctionState, desired: &Function) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if observed.latest.code_sha256 != desired.artifact.sha256 {
        reasons.push(Reason::changed(
            "code",
            Some(&observed.latest.code_sha256),
            Some(&desired.artifact.sha256),
        ));
    }
    let (old, new) = (
        observed.latest.settings.architecture,
        desired.settings.architecture,
    );
    if old != new {
        reasons.push(Reason::changed(
            "architecture",
            Some(old.as_str()),
            Some(new.as_str()),
        ));
    }
    if let Some(cause) = &observed.failure {
        reasons.push(Reason::Failed {
            cause: cause.clone(),
        });
    }
    reasons
}

/// `$LATEST` is what it should be; usually the newest version is, too. It is not where a deploy was
/// cut off between an update and its publication.
fn unchanged(
    builder: &mut Builder,
    resource: &Resource,
    desired: &Function,
    observed: &FunctionState,
) -> FunctionSteps {
    let published = observed
        .versions
        .last()
        .filter(|version| holds(version, desired));
    if let Some(version) = published {
        return FunctionSteps {
            pin: Pin::Version(version.version.clone()),
            ready: Vec::new(),
        };
    }
    let published = builder.add(resource, publish(desired), [], vec![Reason::Unpublished]);
    let ready = wait(builder, resource, desired, true, published.clone());
    FunctionSteps {
        pin: Pin::Published(published),
        ready: vec![ready],
    }
}

fn holds(version: &FunctionVersion, desired: &Function) -> bool {
    version.code_sha256 == desired.artifact.sha256
        && version.settings.architecture == desired.settings.architecture
        && function_changes(&version.settings, &desired.settings).is_empty()
}

fn publish(desired: &Function) -> Action {
    Action::PublishVersion {
        handler: desired.handler.clone(),
        name: desired.name.clone(),
        code_sha256: desired.artifact.sha256.clone(),
    }
}

fn wait(
    builder: &mut Builder,
    resource: &Resource,
    desired: &Function,
    published: bool,
    after: StepId,
) -> StepId {
    let action = Action::WaitForFunction {
        handler: desired.handler.clone(),
        name: desired.name.clone(),
        published,
    };
    builder.add(resource, action, [after], vec![Reason::NotReadyAtOnce])
}
