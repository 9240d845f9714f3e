//! Calls of HTTP APIs: any one with a connection of EventBridge, or one of API Gateway.

use super::argument::{Argument, Text, Unknown};
use super::collector::Collector;
use super::each::{each, known};
use super::{Condition, NeededResource, Unlimited};
use crate::Arn;

/// Source: <https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html>.
pub(super) fn http(needs: &mut Collector<'_>, place: &str, request: &Argument<'_>) {
    let mut conditions = Vec::new();
    if let Some(methods) = request.known_texts("Method") {
        conditions.push(condition("StringEquals", "states:HTTPMethod", methods));
    }
    match endpoints(request) {
        Ok(endpoints) => {
            let operator = match endpoints.iter().any(|endpoint| endpoint.contains('*')) {
                true => "StringLike",
                false => "StringEquals",
            };
            conditions.push(condition(operator, "states:HTTPEndpoint", endpoints));
            let any = vec![NeededResource::Any(Unlimited::NoTypes)];
            needs.add_if(place, "states:InvokeHTTPEndpoint", any, &conditions);
        }
        Err(unknown) => {
            let unknown = vec![unknown.resource()];
            needs.add_if(place, "states:InvokeHTTPEndpoint", unknown, &conditions);
        }
    }
    let connections = connections(request);
    needs.add(
        place,
        "events:RetrieveConnectionCredentials",
        connections.clone(),
    );
    let secrets: Vec<_> = connections.into_iter().map(secret).collect();
    for action in [
        "secretsmanager:GetSecretValue",
        "secretsmanager:DescribeSecret",
    ] {
        needs.add(place, action, secrets.clone());
    }
}

/// The URLs. If only the start of one is known, and with it the host, any path below that may be called.
fn endpoints(request: &Argument<'_>) -> Result<Vec<String>, Unknown> {
    let field = request
        .field("ApiEndpoint")
        .ok_or_else(|| request.without("ApiEndpoint"))?;
    let texts = field.texts().into_iter();
    texts
        .map(|text| match text {
            Text::Known(url) => Ok(url),
            Text::Starts(start, _) if has_host(&start) => Ok(format!("{start}*")),
            Text::Starts(_, reason) | Text::Unknown(reason) => Err(reason),
        })
        .collect()
}

fn has_host(start: &str) -> bool {
    let path = start
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('/'));
    path.is_some_and(|(host, _)| !host.is_empty())
}

/// `Authentication` in older definitions, `InvocationConfig` in newer ones.
fn connections(request: &Argument<'_>) -> Vec<NeededResource> {
    let holder = ["Authentication", "InvocationConfig"]
        .into_iter()
        .find_map(|field| request.field(field));
    let Some(holder) = holder else {
        return vec![request.without("Authentication").resource()];
    };
    each(&holder, "ConnectionArn", |name| {
        let because = format!("`{name}` is not an ARN");
        vec![Unknown::new(because, &holder).resource()]
    })
}

/// EventBridge keeps what a connection needs in a secret of its own.
fn secret(connection: NeededResource) -> NeededResource {
    let NeededResource::Arn(connection) = connection else {
        return connection;
    };
    let Some(arn) = Arn::parse(&connection) else {
        return NeededResource::Arn(connection);
    };
    let name = arn.resource.split('/').nth(1).unwrap_or("*");
    let secret = format!("secret:events!connection/{name}/*");
    let secret = Arn {
        service: "secretsmanager",
        ..arn.with_resource(&secret)
    };
    NeededResource::Arn(secret.to_string())
}

/// Source: <https://docs.aws.amazon.com/step-functions/latest/dg/connect-api-gateway.html>. Without `AuthType`, nobody
/// asks who calls.
pub(super) fn api_gateway(needs: &mut Collector<'_>, place: &str, request: &Argument<'_>) {
    if !request.is_dynamic() {
        match request.known_texts("AuthType") {
            None if request.field("AuthType").is_none() => return,
            Some(types) if types.iter().all(|kind| kind == "NO_AUTH") => return,
            _ => {}
        }
    }
    let stages = parts(request, "Stage", "*");
    let methods = parts(request, "Method", "*");
    let paths = parts(request, "Path", "/").into_iter();
    let (connections, others): (Vec<_>, Vec<_>) = paths.partition(|path| is_connection(path));
    for (action, paths) in [
        ("execute-api:Invoke", others),
        ("execute-api:ManageConnections", connections),
    ] {
        if paths.is_empty() {
            continue;
        }
        let resources = request.field("ApiEndpoint").map_or_else(
            || vec![request.without("ApiEndpoint").resource()],
            |endpoint| {
                known(&endpoint, |host| {
                    apis(request, host, &stages, &methods, &paths)
                })
            },
        );
        needs.add(place, action, resources);
    }
}

/// Whether a path is that of a client of a WebSocket API, which IAM has an action of its own for:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-control-access-iam.html>.
fn is_connection(path: &str) -> bool {
    path.trim_start_matches('/').starts_with("@connections")
}

fn apis(
    request: &Argument<'_>,
    host: &str,
    stages: &[String],
    methods: &[String],
    paths: &[String],
) -> Vec<NeededResource> {
    let labels: Vec<&str> = host.split('.').collect();
    let [api, "execute-api", region, ..] = labels[..] else {
        let because = format!("`{host}` does not say which API it is");
        return vec![Unknown::new(because, request).resource()];
    };
    let mut found = Vec::new();
    for stage in stages {
        for method in methods {
            for path in paths {
                let owner = request.owner;
                let path = path.trim_start_matches('/');
                found.push(NeededResource::Arn(format!(
                    "arn:{}:execute-api:{region}:{}:{api}/{stage}/{method}/{path}",
                    owner.partition, owner.account,
                )));
            }
        }
    }
    found
}

/// What a part of the API's ARN may be; what is not known is any of this API.
fn parts(request: &Argument<'_>, field: &str, default: &str) -> Vec<String> {
    match request.field(field) {
        None => vec![default.to_owned()],
        Some(field) => field
            .texts()
            .into_iter()
            .map(|text| match text {
                Text::Known(text) => text,
                Text::Starts(start, _) => format!("{start}*"),
                Text::Unknown(_) => "*".to_owned(),
            })
            .collect(),
    }
}

fn condition(operator: &'static str, key: &'static str, values: Vec<String>) -> Condition {
    Condition {
        operator,
        key,
        values,
    }
}
