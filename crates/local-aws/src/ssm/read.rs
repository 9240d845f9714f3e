//! Reading parameters.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Parameter, Ssm, Version, key, no_parameter, plain, validation};
use crate::clock::seconds;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::page::page;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetParameter {
    name: String,
    #[serde(default)]
    with_decryption: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetParameters {
    names: Vec<String>,
    #[serde(default)]
    with_decryption: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetParametersByPath {
    path: String,
    #[serde(default)]
    recursive: bool,
    #[serde(default)]
    with_decryption: bool,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeParameters {
    #[serde(default)]
    parameter_filters: Vec<Filter>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    key: String,
    option: Option<String>,
    #[serde(default)]
    values: Vec<String>,
}

impl Filter {
    fn admits(&self, parameter: &Parameter) -> bool {
        let kind = parameter.newest().map(|version| version.kind.as_str());
        let name = parameter.name.as_str();
        let is = |wanted: &String, text: &str| match self.option.as_deref() {
            Some("BeginsWith") => text.starts_with(wanted.as_str()),
            Some("Contains") => text.contains(wanted.as_str()),
            _ => text == wanted,
        };
        let mut wanted = self.values.iter();
        match self.key.as_str() {
            "Name" => wanted.any(|wanted| is(wanted, name)),
            "Type" => wanted.any(|wanted| kind == Some(wanted)),
            "Path" => {
                let recursive = self.option.as_deref() == Some("Recursive");
                wanted.any(|path| is_below(path, name, recursive))
            }
            key => match key.strip_prefix("tag:") {
                Some(tag) => match parameter.tags.get(tag) {
                    Some(value) => self.values.is_empty() || self.values.contains(value),
                    None => false,
                },
                None => true,
            },
        }
    }
}

impl Ssm {
    pub(super) fn get_parameter(&self, call: &Call) -> Result<Answer, Fault> {
        let request: GetParameter = call.json()?;
        let found = self.find(call, &request.name)?;
        let (parameter, version) = found.ok_or_else(no_parameter)?;
        let mut described = described(&parameter, &version, request.with_decryption);
        if let Some(selector) = selector(&request.name) {
            described["Selector"] = json!(selector);
        }
        Ok(Answer::json(json!({ "Parameter": described })))
    }

    pub(super) fn get_parameters(&self, call: &Call) -> Result<Answer, Fault> {
        let request: GetParameters = call.json()?;
        if !(1..=10).contains(&request.names.len()) {
            return Err(validation(
                "1 validation error detected: Value at 'names' failed to satisfy constraint: \
                 Member must have length between 1 and 10",
            ));
        }
        let (mut found, mut invalid) = (Vec::new(), Vec::new());
        for name in request.names {
            match self.find(call, &name).ok().flatten() {
                Some((parameter, version)) => {
                    found.push(described(&parameter, &version, request.with_decryption));
                }
                None => invalid.push(name),
            }
        }
        Ok(Answer::json(
            json!({ "Parameters": found, "InvalidParameters": invalid }),
        ))
    }

    pub(super) fn get_parameters_by_path(&self, call: &Call) -> Result<Answer, Fault> {
        let request: GetParametersByPath = call.json()?;
        if !request.path.starts_with('/') {
            return Err(validation(
                "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash \"/\".",
            ));
        }
        let mut all = self.parameters.seen_list(&key(&call.scope, ""), call.view);
        all.retain(|(_, parameter)| is_below(&request.path, &parameter.name, request.recursive));
        let size = request.max_results.unwrap_or(10).clamp(1, 10);
        let (all, next) = page(all, request.next_token.as_deref(), size).map_err(|_| no_token())?;
        let found = all.iter().filter_map(|(_, parameter)| {
            Some(described(
                parameter,
                parameter.newest()?,
                request.with_decryption,
            ))
        });
        let found: Vec<Value> = found.collect();
        Ok(with_next(json!({ "Parameters": found }), next))
    }

    pub(super) fn get_parameter_history(&self, call: &Call) -> Result<Answer, Fault> {
        let request: GetParameter = call.json()?;
        let found = self.find(call, &request.name)?;
        let (parameter, _) = found.ok_or_else(no_parameter)?;
        let versions = parameter.versions.iter();
        let history = versions.map(|version| {
            let mut entry = metadata(&parameter, version);
            entry["Value"] = json!(value(&parameter, version, request.with_decryption));
            entry["Labels"] = json!([]);
            entry
        });
        let history: Vec<Value> = history.collect();
        Ok(Answer::json(json!({ "Parameters": history })))
    }

    pub(super) fn describe_parameters(&self, call: &Call) -> Result<Answer, Fault> {
        let request: DescribeParameters = call.json()?;
        let mut all = self.parameters.seen_list(&key(&call.scope, ""), call.view);
        let filters = &request.parameter_filters;
        all.retain(|(_, parameter)| filters.iter().all(|filter| filter.admits(parameter)));
        let size = request.max_results.unwrap_or(50).clamp(1, 50);
        let (all, next) = page(all, request.next_token.as_deref(), size).map_err(|_| no_token())?;
        let found = all.iter();
        let found: Vec<Value> = found
            .filter_map(|(_, parameter)| Some(metadata(parameter, parameter.newest()?)))
            .collect();
        Ok(with_next(json!({ "Parameters": found }), next))
    }

    /// The parameter and the version that a reference names.
    fn find(&self, call: &Call, reference: &str) -> Result<Option<(Parameter, Version)>, Fault> {
        let found = self
            .parameters
            .seen(&key(&call.scope, plain(reference)), call.view);
        let Some(parameter) = found else {
            return Ok(None);
        };
        let version = match selector(reference) {
            None => parameter.newest(),
            Some(selector) => {
                let number: Option<u64> = selector[1..].parse().ok();
                let mut versions = parameter.versions.iter();
                let found = versions.find(|version| Some(version.version) == number);
                if found.is_none() {
                    let message = format!(
                        "Systems Manager could not find version {} of {}. Verify the version and try again.",
                        &selector[1..],
                        parameter.name
                    );
                    return Err(Fault::bad("ParameterVersionNotFound", message));
                }
                found
            }
        };
        let version = version.cloned();
        Ok(version.map(|version| (Parameter::clone(&parameter), version)))
    }
}

/// What follows the name in a reference, such as `:3`.
fn selector(reference: &str) -> Option<&str> {
    let after_arn = match reference.split_once(":parameter") {
        Some((_, name)) => name,
        None => reference,
    };
    after_arn.find(':').map(|at| &after_arn[at..])
}

fn is_below(path: &str, name: &str, recursive: bool) -> bool {
    let folder = format!("{}/", path.trim_end_matches('/'));
    let full = match name.starts_with('/') {
        true => name.to_owned(),
        false => format!("/{name}"),
    };
    let rest = full.strip_prefix(&folder);
    rest.is_some_and(|rest| recursive || !rest.contains('/'))
}

/// A secure string is shown encrypted unless its plain text is asked for.
fn value(parameter: &Parameter, version: &Version, decrypted: bool) -> String {
    if version.kind == "SecureString" && !decrypted {
        return format!("kms:{}:v{}", parameter.name, version.version);
    }
    version.value.clone()
}

fn described(parameter: &Parameter, version: &Version, decrypted: bool) -> Value {
    json!({
        "Name": parameter.name,
        "Type": version.kind,
        "Value": value(parameter, version, decrypted),
        "Version": version.version,
        "LastModifiedDate": seconds(version.modified),
        "ARN": parameter.arn,
        "DataType": version.data_type,
    })
}

fn metadata(parameter: &Parameter, version: &Version) -> Value {
    let mut metadata = json!({
        "Name": parameter.name,
        "ARN": parameter.arn,
        "Type": version.kind,
        "LastModifiedDate": seconds(version.modified),
        "LastModifiedUser": "",
        "Version": version.version,
        "Tier": version.tier,
        "Policies": [],
        "DataType": version.data_type,
    });
    let optional = [
        ("Description", &version.description),
        ("KeyId", &version.key_id),
        ("AllowedPattern", &version.allowed_pattern),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            metadata[name] = json!(value);
        }
    }
    metadata
}

fn with_next(mut answer: Value, next: Option<String>) -> Answer {
    if let Some(next) = next {
        answer["NextToken"] = json!(next);
    }
    Answer::json(answer)
}

fn no_token() -> Fault {
    Fault::bad("InvalidNextToken", "The specified token is not valid.")
}
