//! The required types of resources that no field of a request names as the type is named.
//!
//! AWS asks for the action on one resource of each required type:
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>.
//! So each is derived: from a specification inside of the request, from the ARN of another resource that contains it, or as
//! all resources of the type, which a statement then says. IAM's reference marks types as required, too, of which a call is
//! on one or the other; those are left out once a field names one of them.

use super::argument::{Argument, Text};
use super::arn_template::{fill, fits, values_in, variables};
use super::call::Call;
use super::name::{Name, is_key_of, is_prefixed, means};
use super::{NeededResource, Owner};
use crate::Arn;
use crate::integrations::ResourceType;

/// Types beside those that a request names in a way of its own.
const BESIDES: &[(&str, &str)] = &[
    ("batch:SubmitJob", "job"),
    ("kms:DeleteAlias", "key"),
    ("lambda:PutFunctionCodeSigningConfig", "code-signing-config"),
    ("ses:SendBulkEmail", "template"),
];

/// Types of which each call is on one, though its field does not say so.
pub(super) const EITHER: &[(&str, &str)] = &[("states:DescribeExecution", "express")];

/// Variables that other types use for something else.
const VAGUE: &[&str] = &["arn", "id", "identifier", "name", "resource"];

impl Call<'_, '_> {
    /// What the call is on of the required types that it does not name, when it names `found`.
    pub(super) fn unnamed(
        &self,
        types: &[ResourceType],
        found: &[NeededResource],
    ) -> Vec<NeededResource> {
        let is_found = |kind: &ResourceType| {
            let mut arns = found.iter().filter_map(NeededResource::arn);
            arns.any(|arn| fits(kind.arn, arn))
        };
        let unnamed = types.iter().filter(|kind| kind.required && !is_found(kind));
        let unnamed = unnamed.filter(|kind| self.named(kind).is_none());
        let unnamed =
            unnamed.filter(|kind| self.asks_for_all() || !self.is_alternative(kind, types));
        unnamed
            .map(|kind| self.contained(kind, types, found))
            .collect()
    }

    /// What a call is on whose request names other resources in a way of its own.
    pub(super) fn besides(&self, types: &[ResourceType]) -> Vec<NeededResource> {
        let mut found = Vec::new();
        for kind in types {
            if BESIDES.contains(&(self.action, kind.name)) {
                let named = self.named(kind).or_else(|| self.specified(kind));
                found.extend(named.unwrap_or_else(|| vec![self.contained(kind, types, &[])]));
            }
        }
        found
    }

    /// What a specification inside of the request names: `"Workspaces": [{ "DirectoryId": … }]`; or a field that says what
    /// it is for: `PrimaryReplicationGroupId`.
    pub(super) fn specified(&self, kind: &ResourceType) -> Option<Vec<NeededResource>> {
        let mut found = Vec::new();
        for object in self.request.objects() {
            found.extend(self.specified_in(&object, kind).unwrap_or_default());
        }
        (!found.is_empty()).then_some(found)
    }

    fn specified_in(
        &self,
        object: &Argument<'_>,
        kind: &ResourceType,
    ) -> Option<Vec<NeededResource>> {
        let fields = object.fields();
        let arns = fields.iter().flat_map(|(_, field)| field.items());
        let arns = arns.filter(|item| !item.is_dynamic());
        let arns = arns.flat_map(|item| item.texts());
        let arns: Vec<NeededResource> = { arns }
            .filter_map(|text| match text {
                Text::Known(text) if text.starts_with("arn:") && fits(kind.arn, &text) => {
                    Some(NeededResource::Arn(text))
                }
                _ => None,
            })
            .collect();
        if !arns.is_empty() {
            return Some(arns);
        }
        let values = |variable: &str| -> Option<Vec<Text>> {
            let named = fields.iter().filter(|(name, _)| {
                let is_key = || {
                    is_key_of(name, variable, kind)
                        && !self.is_beside_id(&Name::of(name), variable, kind)
                };
                means(name, variable)
                    || is_key()
                    || !self.is_made(kind) && is_prefixed(name, variable, kind)
            });
            let texts = named.flat_map(|(_, field)| field.items());
            let texts: Vec<Text> = { texts.flat_map(|item| item.texts()) }
                .filter(|text| !self.is_of_other(text, variable, kind))
                .collect();
            Some(texts).filter(|texts| !texts.is_empty())
        };
        if !variables(kind.arn).any(|variable| values(variable).is_some()) {
            return None;
        }
        fill(kind.arn, &self.request.owner, |variable| {
            let known = values(variable).or_else(|| self.values(variable, kind));
            Some(known.unwrap_or_else(any))
        })
    }

    /// All resources of a type, or as few as the ARNs of others tell: a portal's id is in the ARNs of what it contains.
    fn contained(
        &self,
        kind: &ResourceType,
        types: &[ResourceType],
        found: &[NeededResource],
    ) -> NeededResource {
        let mut known = Vec::new();
        let mut owner = self.request.owner;
        for arn in found.iter().filter_map(NeededResource::arn) {
            let others = types.iter().filter(|other| other.name != kind.name);
            let values = others.filter_map(|other| values_in(other.arn, arn));
            let values = values.flatten().filter(|(variable, value)| {
                let name = Name::of(variable);
                !value.contains('*') && !VAGUE.contains(&&*name.stem)
            });
            let values: Vec<(&str, &str)> = values.collect();
            let tells = |variable| values.iter().any(|(name, _)| *name == variable);
            if variables(kind.arn).any(tells)
                && let Some(arn) = Arn::parse(arn)
            {
                owner = of_arn(owner, arn);
            }
            known.extend(values);
        }
        let mut open = false;
        let mut arn = String::new();
        let mut rest = kind.arn;
        while let Some((text, variable)) = rest.split_once("${") {
            let Some((variable, behind)) = variable.split_once('}') else {
                break;
            };
            arn.push_str(text);
            let of_fields = self.values(variable, kind).unwrap_or_default();
            let told = known.iter().find(|(name, _)| *name == variable);
            arn.push_str(match (variable, told, &of_fields[..]) {
                ("Partition", ..) => owner.partition,
                ("Region", ..) => owner.region,
                ("Account", ..) => owner.account,
                (_, Some((_, value)), _) => value,
                (_, None, [Text::Known(value)]) => value,
                _ => {
                    open = true;
                    "*"
                }
            });
            rest = behind;
        }
        arn.push_str(rest);
        // AWS makes the id up.
        match open && !self.is_made(kind) {
            true => NeededResource::OfType {
                arn,
                kind: kind.name,
            },
            false => NeededResource::Arn(arn),
        }
    }

    /// Whether the call is on another required type instead: a field names that, and could name this one as well, as
    /// `ResourceArn` or `ListenerArn` could.
    fn is_alternative(&self, kind: &ResourceType, types: &[ResourceType]) -> bool {
        if self.is_other_choice(kind, types) {
            return true;
        }
        let own = Name::of(kind.name).stem;
        let others = || types.iter().filter(|other| other.name != kind.name);
        let fields = self.request.fields();
        fields.iter().any(|(name, field)| {
            let items = field.items();
            let known = items.iter().filter(|item| !item.is_dynamic());
            let arns: Vec<String> = { known.flat_map(Argument::texts) }
                .filter_map(|text| match text {
                    Text::Known(text) if text.starts_with("arn:") => Some(text),
                    _ => None,
                })
                .collect();
            let stem = Name::of(name).stem;
            // A field `DetectorId` names no `detector-version`, but `ListenerArn` a `listener/net`.
            let could = |other: &ResourceType| {
                own.ends_with(&stem) || own.contains(&stem) && Name::of(other.name).stem != stem
            };
            others().any(|other| match arns.iter().any(|arn| fits(other.arn, arn)) {
                true => could(other) || is_general(name, other),
                false => {
                    let mut variables = variables(other.arn);
                    could(other)
                        && variables.any(|one| means(name, one) || is_key_of(name, one, other))
                }
            })
        })
    }
}

impl Call<'_, '_> {
    /// Whether the request has one of two fields, none of which it must have, and this type is that of the other one:
    /// `StateMachineArn` or `MapRunArn`.
    pub(super) fn is_other_choice(&self, kind: &ResourceType, types: &[ResourceType]) -> bool {
        if self.asks_for_all() {
            return false;
        }
        let is_named = |kind: &ResourceType, given: bool| {
            let stem = Name::of(kind.name).stem;
            self.operation.members().any(|member| {
                let name = Name::of(member.name);
                let is_it = !name.suffix.is_empty() && name.stem == stem;
                !member.required && is_it && self.request.field(member.name).is_some() == given
            })
        };
        let mut others = types
            .iter()
            .filter(|other| other.required && other.name != kind.name);
        is_named(kind, false) && others.any(|other| is_named(other, true))
    }
}

/// Whether the name of a field does not say which type it names.
fn is_general(field: &str, kind: &ResourceType) -> bool {
    let (field, kind) = (Name::of(field).stem, Name::of(kind.name).stem);
    !kind.contains(&field) && !field.contains(&kind)
}

fn any() -> Vec<Text> {
    vec![Text::Known("*".to_owned())]
}

fn of_arn<'a>(owner: Owner<'a>, arn: Arn<'a>) -> Owner<'a> {
    let or = |part: &'a str, default| if part.is_empty() { default } else { part };
    Owner {
        partition: arn.partition,
        region: or(arn.region, owner.region),
        account: or(arn.account, owner.account),
        ..owner
    }
}
