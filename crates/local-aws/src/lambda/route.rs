//! Lambda's API: the operation of each method and path.

use hyper::Method;

use crate::http::api::{Api, Protocol};
use crate::http::call::Call;

pub(super) const API: Api = Api {
    name: "lambda",
    protocol: Protocol::Rest {
        owns: starts_with_date,
        route,
    },
};

/// The function name or ARN that the path holds.
pub(super) fn subject(call: &Call) -> &str {
    call.path.get(2).map(String::as_str).unwrap_or_default()
}

/// The alias that the path holds.
pub(super) fn alias(call: &Call) -> &str {
    call.path.get(4).map(String::as_str).unwrap_or_default()
}

fn route(method: &Method, path: &[&str]) -> Option<&'static str> {
    let (get, post) = (*method == Method::GET, *method == Method::POST);
    let (put, delete) = (*method == Method::PUT, *method == Method::DELETE);
    let pick = |choices: &[(bool, &'static str)]| {
        let (_, operation) = choices.iter().find(|(holds, _)| *holds)?;
        Some(*operation)
    };
    match path {
        ["2015-03-31", "functions"] => pick(&[(post, "CreateFunction"), (get, "ListFunctions")]),
        ["2015-03-31", "functions", _] => pick(&[(get, "GetFunction"), (delete, "DeleteFunction")]),
        ["2015-03-31", "functions", _, "configuration"] => pick(&[
            (get, "GetFunctionConfiguration"),
            (put, "UpdateFunctionConfiguration"),
        ]),
        ["2015-03-31", "functions", _, "code"] => pick(&[(put, "UpdateFunctionCode")]),
        ["2015-03-31", "functions", _, "versions"] => {
            pick(&[(post, "PublishVersion"), (get, "ListVersionsByFunction")])
        }
        ["2015-03-31", "functions", _, "aliases"] => {
            pick(&[(post, "CreateAlias"), (get, "ListAliases")])
        }
        ["2015-03-31", "functions", _, "aliases", _] => pick(&[
            (get, "GetAlias"),
            (put, "UpdateAlias"),
            (delete, "DeleteAlias"),
        ]),
        ["2015-03-31", "functions", _, "invocations"] => pick(&[(post, "Invoke")]),
        ["2017-10-31" | "2019-09-30", "functions", _, "concurrency"] => pick(&[
            (put, "PutFunctionConcurrency"),
            (get, "GetFunctionConcurrency"),
            (delete, "DeleteFunctionConcurrency"),
        ]),
        ["2017-03-31", "tags", _] => pick(&[
            (post, "TagResource"),
            (get, "ListTags"),
            (delete, "UntagResource"),
        ]),
        ["2015-03-31", "event-source-mappings"] => pick(&[(get, "ListEventSourceMappings")]),
        ["2015-03-31", "functions", _, "policy"] => pick(&[(get, "GetPolicy")]),
        ["2019-09-25", "functions", _, "event-invoke-config"] => {
            pick(&[(get, "GetFunctionEventInvokeConfig")])
        }
        ["2021-10-31", "functions", _, "url"] => pick(&[(get, "GetFunctionUrlConfig")]),
        ["2016-08-19", "account-settings"] => pick(&[(get, "GetAccountSettings")]),
        ["2018-10-31", "layers"] => pick(&[(get, "GetLayerVersionByArn")]),
        ["2020-06-30", "functions", _, "code-signing-config"] => {
            pick(&[(get, "GetFunctionCodeSigningConfig")])
        }
        _ => None,
    }
}

/// Lambda's paths start with the date of an API version.
fn starts_with_date(path: &str) -> bool {
    let first = path
        .trim_start_matches('/')
        .split('/')
        .next()
        .unwrap_or_default();
    first.len() == 10 && first.starts_with("20") && first.split('-').count() == 3
}
