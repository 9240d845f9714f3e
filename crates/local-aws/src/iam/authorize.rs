//! Whether policies allow something.

use std::collections::BTreeSet;

use txflow_asl::Arn;

use super::context::Context;
use super::pattern::{Pattern, matches_in_any_case};
use super::policy::{Document, Matching, Statement};
use crate::clock::Millis;

/// A service that asks to assume a role.
pub(crate) struct Assumption<'a> {
    /// Such as `lambda.amazonaws.com`.
    pub(crate) service: &'a str,
    pub(crate) account: &'a str,
    /// The resource on whose behalf the service asks.
    pub(crate) source_arn: &'a str,
}

impl Document {
    pub(super) fn lets_assume(&self, assumption: &Assumption<'_>, now: Millis) -> bool {
        let context = assumption.context(now);
        let applies = |statement: &Statement| {
            let named = statement.principals.as_ref().is_some_and(|principals| {
                let named = principals.anyone
                    || principals
                        .services
                        .iter()
                        .any(|name| name == assumption.service);
                named != principals.negated
            });
            named
                && statement.actions.has_action("sts:AssumeRole")
                && statement.conditions_hold(&context)
        };
        weigh(
            self.statements
                .iter()
                .filter(|statement| applies(statement)),
        ) == Decision::Allowed
    }
}

impl Assumption<'_> {
    /// A service asks in its own name.
    fn context(&self, now: Millis) -> Context {
        let region = Arn::parse(self.source_arn).map_or("", |arn| arn.region);
        Context::at(now)
            .with("aws:SourceAccount", self.account)
            .with("aws:SourceArn", self.source_arn)
            .with("aws:PrincipalIsAWSService", "true")
            .with("aws:PrincipalServiceName", self.service)
            .with("aws:PrincipalServiceNamesList", self.service)
            .with("aws:RequestedRegion", region)
            .with("aws:ResourceAccount", self.account)
    }
}

/// What policies are asked about.
pub(super) struct Question<'a> {
    pub(super) action: &'a str,
    /// `None` if it is not known what the action is done on. Then anything that a statement allows it on will do, and
    /// only a denial of all counts.
    pub(super) resource: Option<&'a str>,
    pub(super) context: &'a Context,
}

/// The decision of a set of policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    Allowed,
    /// A statement denies the action, whatever others allow.
    Denied,
    NotAllowed,
}

/// The kind of policies that decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PolicyKind {
    Identity,
    Boundary,
}

impl Question<'_> {
    /// Why the documents together do not allow it, in AWS's words. A condition key that is otherwise on AWS is told.
    pub(super) fn refusal(&self, documents: &[Document], kind: PolicyKind) -> Option<String> {
        let decision = self.decide(documents);
        let action = self.action;
        let because = match (decision, kind) {
            (Decision::Allowed, _) => return None,
            (Decision::Denied, PolicyKind::Identity) => {
                "with an explicit deny in an identity-based policy".to_owned()
            }
            (Decision::Denied, PolicyKind::Boundary) => {
                "with an explicit deny in a permissions boundary".to_owned()
            }
            (Decision::NotAllowed, PolicyKind::Identity) => {
                format!("because no identity-based policy allows the {action} action")
            }
            (Decision::NotAllowed, PolicyKind::Boundary) => {
                format!("because no permissions boundary allows the {action} action")
            }
        };
        let notes = self.notes(documents, decision == Decision::NotAllowed);
        Some(match notes.is_empty() {
            true => because,
            false => format!("{because} ({})", Vec::from_iter(notes).join("; ")),
        })
    }

    fn decide(&self, documents: &[Document]) -> Decision {
        let statements = documents.iter().flat_map(|document| &document.statements);
        weigh(statements.filter(|statement| {
            self.is_about(statement) && statement.conditions_hold(self.context)
        }))
    }

    fn is_about(&self, statement: &Statement) -> bool {
        let resources = statement.resources.as_ref();
        let on_resource = resources.is_some_and(|resources| match self.resource {
            Some(resource) => resources.has_resource(resource, self.context),
            None => statement.allow || resources.has_resource("", self.context),
        });
        on_resource && statement.actions.has_action(self.action)
    }

    /// What the statements that allow it, or those that deny it, ask for and what is otherwise on AWS.
    fn notes(&self, documents: &[Document], allow: bool) -> BTreeSet<String> {
        let statements = documents.iter().flat_map(|document| &document.statements);
        let concerned = statements.filter(|statement| {
            let variables = { statement.resources.iter() }
                .flat_map(|resources| &resources.patterns)
                .any(|pattern| !pattern.variables().is_empty());
            statement.allow == allow
                && statement.actions.has_action(self.action)
                && (variables || self.is_about(statement))
        });
        let keys = concerned.flat_map(Statement::keys);
        keys.filter_map(|key| self.context.note(key)).collect()
    }
}

/// Of the statements that apply, at least one must allow and none may deny.
fn weigh<'a>(statements: impl Iterator<Item = &'a Statement>) -> Decision {
    let mut decision = Decision::NotAllowed;
    for statement in statements {
        if !statement.allow {
            return Decision::Denied;
        }
        decision = Decision::Allowed;
    }
    decision
}

impl Matching {
    fn has_action(&self, action: &str) -> bool {
        let mut patterns = self.patterns.iter();
        patterns.any(|pattern| matches_in_any_case(pattern.text(), action)) != self.negated
    }

    fn has_resource(&self, resource: &str, context: &Context) -> bool {
        let mut patterns = self.patterns.iter();
        patterns.any(|pattern| pattern.matches(resource, context)) != self.negated
    }
}

impl Statement {
    fn conditions_hold(&self, context: &Context) -> bool {
        self.conditions
            .iter()
            .all(|condition| condition.holds(context))
    }

    /// The keys that decide whether it applies.
    fn keys(&self) -> impl Iterator<Item = &str> {
        let conditions = self.conditions.iter();
        let of_conditions = conditions.clone().map(|condition| condition.key.as_str());
        let values = conditions.flat_map(|condition| &condition.values);
        let resources = self.resources.iter().flat_map(|it| &it.patterns);
        of_conditions.chain(resources.chain(values).flat_map(Pattern::variables))
    }
}

#[cfg(test)]
mod tests;
