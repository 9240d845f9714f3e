//! What a request needs an action on.
//!
//! IAM's reference says with which ARN a statement can name the resource; a field of the request fills each variable of
//! it. A field is found by its name: `TableName` for `${TableName}`, `Bucket` for `${BucketName}`, `InstanceIds` for
//! `${InstanceId}`. Services whose requests name resources otherwise, such as by a URL, have a function in [`super::named`].
//!
//! Each call is on one resource of each type that the reference requires, and on those of the optional types that it
//! names. If all types are optional and it names none, IAM asks for the action on `*`:
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>.

use super::argument::{Argument, Text, Unknown};
use super::arn_template::{any_of, fill, fits, variables};
use super::call::Call;
use super::name::{Name, is_about, is_alias_of, is_end_of, is_key_of, is_tail_of, means};
use super::named::named;
use super::required::EITHER;
use super::{NeededResource, Unlimited, api_gateway, ssm};
use crate::integrations::{self, ResourceType};

/// How the fields of a request begin that names what is copied, and its copy.
const COPIED: &str = "source";
const COPY: &str = "target";

impl Call<'_, '_> {
    pub(super) fn resources(&self) -> Vec<NeededResource> {
        let (action, request) = (self.action, self.request);
        let Some(known) = integrations::action(action) else {
            let because = format!("IAM's reference has no `{action}` that txflow knows");
            return vec![Unknown::new(because, request).resource()];
        };
        if known.types.is_empty() {
            return vec![NeededResource::Any(Unlimited::NoTypes)];
        }
        let types: Vec<ResourceType> = { known.types.into_iter() }
            .filter(|kind| !EITHER.contains(&(action, kind.name)))
            .collect();
        if let Some(mut found) = named(action, request) {
            found.extend(self.besides(&types));
            return distinct(found);
        }
        let path = self.operation.path();
        if let Some(path) = path.filter(|_| api_gateway::is_method(action)) {
            return distinct(api_gateway::resources(path, request));
        }
        if request.is_dynamic() {
            return vec![request.unknown().resource()];
        }
        self.of_types(&types)
    }

    /// The resources of a type that the request names, or all of them.
    pub(super) fn on(&self, kind: &ResourceType) -> Vec<NeededResource> {
        self.named(kind)
            .unwrap_or_else(|| any_of(kind.arn, &self.request.owner))
    }

    fn of_types(&self, types: &[ResourceType]) -> Vec<NeededResource> {
        let required = types.iter().any(|kind| kind.required);
        let mut found = Vec::new();
        for kind in types {
            match self.named(kind) {
                _ if kind.required && self.is_other_choice(kind, types) => {}
                Some(named) => found.extend(named),
                None if self.is_of_rds() || self.involves(kind) => {
                    found.extend(any_of(kind.arn, &self.request.owner));
                }
                None if kind.required => found.extend(self.specified(kind).unwrap_or_default()),
                None => {}
            }
        }
        if !found.is_empty() || required && self.asks_for_all() {
            found.extend(self.unnamed(types, &found));
            return distinct(found);
        }
        if !required {
            // The same one in all calls, such as the hub of an account.
            let fixed = types
                .iter()
                .filter(|kind| variables(kind.arn).next().is_none());
            let fixed = fixed.filter_map(|kind| fill(kind.arn, &self.request.owner, |_| None));
            let fixed: Vec<NeededResource> = fixed.flatten().collect();
            if !fixed.is_empty() && fixed.len() == types.len() {
                return distinct(fixed);
            }
            let fields = self.request.fields();
            let mut names = fields.iter().map(|(name, _)| Name::of(name));
            if !names.any(|name| types.iter().any(|kind| name.may_name(kind))) {
                return vec![NeededResource::Any(Unlimited::NoneNamed)];
            }
        }
        let kinds = types.iter().filter(|kind| kind.required == required);
        let kinds: Vec<String> = kinds
            .take(3)
            .map(|kind| format!("`{}`", kind.name))
            .collect();
        vec![self.unknown(&kinds.join(" or ")).resource()]
    }

    /// Why the resource of some types is not known.
    fn unknown(&self, kinds: &str) -> Unknown {
        let members = self.operation.members().filter(|member| member.required);
        let required: Vec<(Name, Argument<'_>)> = members
            .filter_map(|member| Some((Name::of(member.name), self.request.field(member.name)?)))
            .filter(|(name, _)| !name.stem.ends_with("role"))
            .collect();
        let has_suffix = |(name, _): &&(Name, Argument<'_>)| !name.suffix.is_empty();
        let is_bare = |(name, _): &&(Name, Argument<'_>)| {
            name.suffix.is_empty() && matches!(&*name.stem, "name" | "id" | "arn")
        };
        let fields: Vec<_> = match required.iter().any(|field| has_suffix(&field)) {
            true => required.iter().filter(has_suffix).collect(),
            false => required.iter().filter(is_bare).collect(),
        };
        match fields[..] {
            [(_, field)] => Unknown::new(
                format!("`{}` does not say the ARN of the {kinds}", field.key()),
                field,
            ),
            _ => {
                let because = format!("no field of the request names the {kinds}");
                Unknown::new(because, self.request)
            }
        }
    }

    /// The resources of a type that the request names; `None` if it names none.
    pub(super) fn named(&self, kind: &ResourceType) -> Option<Vec<NeededResource>> {
        if let Some(arns) = self.arn_field(kind) {
            return Some(arns);
        }
        if let Some(documents) = ssm::documents(kind, self.request) {
            return Some(documents);
        }
        if let Some(targets) = ssm::targets(self.action, kind, self.request) {
            return Some(targets);
        }
        // A type whose ARN is the same in all calls is not one that the call names.
        if variables(kind.arn).next().is_none() {
            return match kind.required {
                true => fill(kind.arn, &self.request.owner, |_| None),
                false => None,
            };
        }
        let named = variables(kind.arn).any(|variable| self.values(variable, kind).is_some());
        if !named {
            return None;
        }
        fill(kind.arn, &self.request.owner, |variable| {
            match self.values(variable, kind) {
                Some(values) => Some(values),
                // AWS makes it up, or it follows from the others.
                None if !self.can_name(variable, kind) => Some(vec![Text::Known("*".to_owned())]),
                None => None,
            }
        })
    }

    /// The values of a variable.
    pub(super) fn values(&self, variable: &str, kind: &ResourceType) -> Option<Vec<Text>> {
        let fields = self.request.fields();
        let by = |fits: &dyn Fn(&str) -> bool| fields.iter().find(|(name, _)| fits(name));
        let found = by(&|name| means(name, variable))
            .or_else(|| by(&|name| self.is_own(name, variable, kind)))
            .or_else(|| {
                by(&|name| {
                    is_key_of(name, variable, kind)
                        && !self.is_beside_id(&Name::of(name), variable, kind)
                })
            })
            .or_else(|| by(&|name| is_alias_of(name, variable, kind)))
            .or_else(|| by(&|name| kind.required && is_tail_of(name, variable)));
        let found: Vec<&Argument<'_>> = match found {
            Some((_, field)) => vec![field],
            None if self.copies(variable, kind) => {
                let ends = fields.iter().filter(|(name, _)| {
                    let mut ends = [COPIED, COPY].into_iter();
                    ends.any(|end| is_end_of(end, name, variable, kind))
                });
                ends.map(|(_, field)| field).collect()
            }
            None => Vec::new(),
        };
        let values = found.into_iter();
        let values = values.flat_map(|field| inside(field, variable, kind));
        let values = values.filter(|text| !self.is_of_other(text, variable, kind));
        let values: Vec<Text> = match variable.ends_with("WithPath") {
            true => values.flat_map(with_any_path).collect(),
            false => values.collect(),
        };
        Some(values).filter(|values| !values.is_empty())
    }

    /// Whether a text that would end the ARN is that of another type: `ListenerArn` may name a listener of any kind.
    pub(super) fn is_of_other(&self, text: &Text, variable: &str, kind: &ResourceType) -> bool {
        let Text::Known(arn) = text else {
            return false;
        };
        if !arn.starts_with("arn:") || variables(kind.arn).last() != Some(variable) {
            return false;
        }
        let types = integrations::action(self.action).map(|action| action.types);
        let mut others = types.into_iter().flatten();
        !fits(kind.arn, arn) && others.any(|other| fits(other.arn, arn))
    }

    /// Whether a request names both what is copied and its copy, both of which IAM is asked for:
    /// `SourceDBSnapshotIdentifier` and `TargetDBSnapshotIdentifier`.
    fn copies(&self, variable: &str, kind: &ResourceType) -> bool {
        let mut members = self.operation.members();
        members.any(|member| is_end_of(COPY, member.name, variable, kind))
    }

    /// Whether a field `Name` or `Id` is the value of a variable.
    fn is_own(&self, field: &str, variable: &str, kind: &ResourceType) -> bool {
        let variable = Name::of(variable);
        let same = match field {
            // What the call makes gets an id beside its name.
            "Name" if variable.stem == "resource" => !self.is_made(kind),
            "Name" => variable.suffix != "id",
            "Id" => variable.suffix != "name",
            _ => false,
        };
        same && (variable.stem == Name::of(kind.name).stem || variable.stem == "resource")
            && (is_about(self.action, kind) || self.is_all(field))
    }

    /// Whether a field names what the call makes, which gets an id beside its name.
    pub(super) fn is_beside_id(&self, field: &Name, variable: &str, kind: &ResourceType) -> bool {
        field.suffix == "name" && Name::of(variable).suffix == "id" && self.is_made(kind)
    }

    /// Whether a field is all that a request must have, so that nothing else names what it is about.
    fn is_all(&self, field: &str) -> bool {
        let required = self.operation.members().filter(|member| member.required);
        required.map(|member| member.name).eq([field])
    }

    /// Whether a request of the operation can have a value for a variable.
    fn can_name(&self, variable: &str, kind: &ResourceType) -> bool {
        self.operation.members().any(|member| {
            means(member.name, variable)
                || is_key_of(member.name, variable, kind)
                || self.is_own(member.name, variable, kind)
        })
    }

    /// Whether a call is on a resource of a type that it makes.
    fn involves(&self, kind: &ResourceType) -> bool {
        (kind.required || kind.name == "volume") && self.makes(kind)
    }

    /// Whether the service asks for each of the types: what a launch does not name is that of its template, or of the VPC,
    /// and what a new database does not name is a default, such as its parameter group:
    /// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html> and
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/security_iam_id-based-policy-examples.html>.
    pub(super) fn asks_for_all(&self) -> bool {
        ["ec2:", "rds:"]
            .iter()
            .any(|service| self.action.starts_with(service))
    }

    /// Whether the call makes a resource of a type, and AWS its id: no field could name it.
    fn makes(&self, kind: &ResourceType) -> bool {
        let stem = Name::of(kind.name).stem;
        let members = self.operation.members().map(|member| Name::of(member.name));
        let mut members = members.filter(|member| {
            // What is copied is not what is made.
            let mut variables = variables(kind.arn);
            !member.stem.starts_with(COPIED)
                && !variables.any(|variable| self.is_beside_id(member, variable, kind))
        });
        self.is_made(kind)
            && !members.any(|member| {
                member.stem.ends_with(&stem)
                    || member.suffix == "arn" && stem.ends_with(&member.stem)
            })
    }

    /// Whether the action says that it makes a resource of a type: `CreateSnapshot` makes a `snapshot`.
    pub(super) fn is_made(&self, kind: &ResourceType) -> bool {
        // An instance has an interface and a volume, even if the request says nothing of them.
        let besides = match self.action {
            "ec2:RunInstances" => matches!(kind.name, "network-interface" | "volume"),
            "elasticmapreduce:RunJobFlow" => kind.name == "cluster",
            _ => false,
        };
        let stem = Name::of(kind.name).stem;
        let made = self.made();
        let alike = |made: &str| made.ends_with(&stem) || !made.is_empty() && stem.ends_with(made);
        besides || made.is_some_and(|made| alike(&made))
    }

    /// Whether the action has the name of the type that it makes: `CreateSnapshot`, but not `CreateDBSnapshot`.
    pub(super) fn is_called_after(&self, kind: &ResourceType) -> bool {
        self.made()
            .is_some_and(|made| made == Name::of(kind.name).stem)
    }

    /// `snapshot` of `CreateSnapshots`.
    fn made(&self) -> Option<String> {
        const VERBS: [&str; 8] = [
            "Create", "Run", "Start", "Submit", "Copy", "Import", "Allocate", "Request",
        ];
        let name = self.action.split(':').nth(1).unwrap_or_default();
        let made = VERBS.iter().find_map(|verb| name.strip_prefix(verb))?;
        Some(made.trim_end_matches('s').to_ascii_lowercase())
    }

    /// RDS asks for a call without an identifier on `db:*`, for each type that it may list.
    fn is_of_rds(&self) -> bool {
        self.action.starts_with("rds:Describe")
    }

    /// A field that holds the whole ARN: `TopicArn`, `ResourceArn`, or any that has one of the right form.
    fn arn_field(&self, kind: &ResourceType) -> Option<Vec<NeededResource>> {
        let fields = self.request.fields();
        let fields = fields.iter().map(|(name, field)| (*name, texts(field)));
        let of_form = |text: &Text| matches!(text, Text::Known(text) if is_of(kind, text));
        let (_, texts) = fields.clone().find(|(name, texts)| {
            let parsed = Name::of(name);
            let any_kind = matches!(*name, "ResourceArn" | "ResourceARN" | "Arn");
            let is_arn =
                any_kind || parsed.stem == Name::of(kind.name).stem && parsed.suffix == "arn";
            let is_own = is_arn && !any_kind && texts.iter().any(is_any_arn);
            let open = texts.iter().any(|text| !matches!(text, Text::Known(_)));
            texts.iter().any(of_form) || is_own || is_arn && open
        })?;
        Some(
            texts
                .into_iter()
                .map(|text| match text {
                    Text::Known(text) => NeededResource::Arn(text),
                    Text::Starts(_, reason) | Text::Unknown(reason) => reason.resource(),
                })
                .collect(),
        )
    }
}

/// The texts of a field, which may be an object that names the resource in one of its own: `"LaunchTemplate":
/// { "LaunchTemplateId": … }`.
fn inside(field: &Argument<'_>, variable: &str, kind: &ResourceType) -> Vec<Text> {
    let fields = field.fields().into_iter();
    let named = fields.filter(|(name, _)| {
        means(name, variable) || is_key_of(name, variable, kind) || is_tail_of(name, variable)
    });
    let found: Vec<Text> = named.flat_map(|(_, field)| texts(&field)).collect();
    match found.is_empty() {
        true => texts(field),
        false => found,
    }
}

fn is_any_arn(text: &Text) -> bool {
    matches!(text, Text::Known(text) if text.starts_with("arn:"))
}

/// Whether a text is an ARN of a type, in whatever account.
fn is_of(kind: &ResourceType, text: &str) -> bool {
    text.starts_with("arn:") && fits(kind.arn, text)
}

/// IAM's ARNs have a path before the name, which requests have not.
fn with_any_path(text: Text) -> Vec<Text> {
    match text {
        Text::Known(name) if !name.starts_with("arn:") => {
            let below = format!("*/{name}");
            vec![Text::Known(name), Text::Known(below)]
        }
        text => vec![text],
    }
}

fn distinct(mut found: Vec<NeededResource>) -> Vec<NeededResource> {
    found.sort();
    found.dedup();
    found
}

fn texts(field: &Argument<'_>) -> Vec<Text> {
    field.items().iter().flat_map(Argument::texts).collect()
}
