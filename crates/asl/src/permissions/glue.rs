//! Schemas of Glue, which are named behind their registry.

use super::NeededResource;
use super::argument::{Argument, Text, Unknown};
use super::each::{arns, each, known};
use super::name::is_on;

/// Where a schema is whose registry is not named.
const DEFAULT: &str = "default-registry";

/// What a request is on that names a registry or a schema; `None` for others. IAM's reference leaves out that the ARN of a
/// schema has its registry in it: <https://docs.aws.amazon.com/glue/latest/dg/schema-registry-gs.html>.
pub(super) fn schemas(action: &str, request: &Argument<'_>) -> Option<Vec<NeededResource>> {
    let (of_schema, of_registry) = (is_on(action, "schema"), is_on(action, "registry"));
    if request.is_dynamic() || !(of_schema || of_registry) {
        return None;
    }
    let holders = ["SchemaId", "RegistryId"].into_iter();
    let holder = holders.filter_map(|field| request.field(field)).next();
    if holder.is_none() && request.field("SchemaName").is_none() {
        return None;
    }
    let holder = holder.unwrap_or_else(|| request.clone());
    if holder.is_dynamic() {
        return Some(vec![holder.unknown().resource()]);
    }
    let mut found = Vec::new();
    if holder.field("SchemaArn").is_some() {
        let schemas = each(&holder, "SchemaArn", |name| {
            let because = format!("`{name}` is not an ARN");
            vec![Unknown::new(because, request).resource()]
        });
        if of_registry {
            found.extend(schemas.iter().map(registry_of));
        }
        if of_schema {
            found.extend(schemas);
        }
        return Some(found);
    }
    for registry in registries(&holder) {
        let registry = match registry {
            Text::Known(registry) => registry,
            Text::Starts(_, reason) | Text::Unknown(reason) => {
                found.push(reason.resource());
                continue;
            }
        };
        if of_registry {
            found.extend(arns(request, "glue", "registry/", &registry));
        }
        if of_schema {
            let kind = format!("schema/{registry}/");
            let name = holder
                .field("SchemaName")
                .or_else(|| request.field("SchemaName"));
            found.extend(match name {
                Some(name) => known(&name, |name| arns(request, "glue", &kind, name)),
                None => arns(request, "glue", &kind, "*"),
            });
        }
    }
    Some(found)
}

fn registries(holder: &Argument<'_>) -> Vec<Text> {
    let named = holder.field("RegistryName");
    match named.or_else(|| holder.field("RegistryArn")) {
        None => vec![Text::Known(DEFAULT.to_owned())],
        Some(field) => {
            let texts = field.texts().into_iter();
            texts
                .map(|text| match text {
                    Text::Known(text) => {
                        let name = text.rsplit('/').next().unwrap_or_default();
                        Text::Known(name.to_owned())
                    }
                    text => text,
                })
                .collect()
        }
    }
}

fn registry_of(schema: &NeededResource) -> NeededResource {
    match schema {
        NeededResource::Arn(schema) => {
            let registry = schema.replacen(":schema/", ":registry/", 1);
            let registry = registry
                .rsplit_once('/')
                .map_or(&*registry, |(start, _)| start);
            NeededResource::Arn(registry.to_owned())
        }
        other => other.clone(),
    }
}
