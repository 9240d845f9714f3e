//! Connections: what HTTP tasks authenticate with. Their secrets are told to nobody but those tasks.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::buses::ListRequest;
use super::{Events, invalid};
use crate::clock::{Millis, seconds};
use crate::conditions::Conditions;
use crate::fault::{Constraints, Fault};
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::http::scope::Scope;
use crate::page::page;
use crate::store::{Durable, Store, StoreError};

pub(crate) struct Connections {
    conditions: Arc<Conditions>,
    /// By `<account>/<region>/<name>`.
    all: Durable<Connection>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Connection {
    name: String,
    arn: String,
    created: Millis,
    description: Option<String>,
    kind: String,
    /// As they were sent.
    parameters: Value,
}

/// What a connection adds to a request.
#[derive(Debug, Default)]
pub(crate) struct Credentials {
    /// Where the token comes from that is added as well.
    pub(crate) oauth: Option<OAuth>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) query: Vec<(String, String)>,
    /// Members of a JSON body.
    pub(crate) body: Vec<(String, String)>,
}

/// How a client gets a token with its own credentials.
#[derive(Debug)]
pub(crate) struct OAuth {
    pub(crate) endpoint: String,
    pub(crate) method: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Vec<(String, String)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateConnection {
    name: String,
    description: Option<String>,
    #[serde(default)]
    authorization_type: String,
    #[serde(default)]
    auth_parameters: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    name: String,
}

impl Connections {
    pub(crate) fn load(
        store: &Arc<Store>,
        conditions: &Arc<Conditions>,
    ) -> Result<Connections, StoreError> {
        Ok(Connections {
            conditions: Arc::clone(conditions),
            all: Durable::load(store, conditions, "event-connection")?,
        })
    }

    /// What the connection with this ARN adds to a request. `None` if there is none.
    pub(crate) fn credentials(&self, arn: &str) -> Option<Credentials> {
        let scope = Scope::of_arn(arn);
        let name = arn.split(":connection/").nth(1)?.split('/').next()?;
        let connection = self.all.get(&key(&scope, name))?;
        (connection.arn == arn).then(|| connection.credentials())
    }
}

impl Events {
    pub(super) async fn create_connection(&self, call: &Call) -> Result<Answer, Fault> {
        let request: CreateConnection = call.json()?;
        let name = request.name;
        let known = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        Constraints::default()
            .length("name", &name, 1, 64)
            .pattern(
                "name",
                &name,
                "[\\.\\-_A-Za-z0-9]+",
                name.chars().all(known),
            )
            .one_of(
                "authorizationType",
                &request.authorization_type,
                &["BASIC", "OAUTH_CLIENT_CREDENTIALS", "API_KEY"],
            )
            .check("ValidationException")?;
        let connections = &self.connections;
        let id = connections.conditions.random.uuid();
        let connection = Connection {
            arn: { &call.scope }.arn("events", &format!("connection/{name}/{id}")),
            created: connections.conditions.now(),
            description: request.description,
            kind: request.authorization_type,
            parameters: request.auth_parameters,
            name,
        };
        if !connection.is_complete() {
            return Err(invalid(
                "Authorization parameters do not match the authorization type.",
            ));
        }
        let answer = json!({
            "ConnectionArn": connection.arn,
            "ConnectionState": "AUTHORIZED",
            "CreationTime": seconds(connection.created),
            "LastModifiedTime": seconds(connection.created),
        });
        let key = key(&call.scope, &connection.name);
        let created = connections.all.change(|all| {
            if all.get(&key).is_some() {
                let message = format!("Connection {} already exists.", connection.name);
                return Err(Fault::bad("ResourceAlreadyExistsException", message));
            }
            all.put(&key, connection);
            Ok(())
        });
        created.await?;
        Ok(Answer::json(answer))
    }

    pub(super) fn describe_connection(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Named = call.json()?;
        let found = self
            .connections
            .all
            .seen(&key(&call.scope, &request.name), call.view);
        let connection = found.ok_or_else(|| no_connection(&request.name))?;
        let mut answer = connection.listed();
        answer["AuthParameters"] = without_secrets(&connection.parameters);
        if let Some(description) = &connection.description {
            answer["Description"] = json!(description);
        }
        answer["SecretArn"] = json!(connection.secret_arn());
        Ok(Answer::json(answer))
    }

    pub(super) fn list_connections(&self, call: &Call) -> Result<Answer, Fault> {
        let request: ListRequest = call.json()?;
        let prefix = request.name_prefix.as_deref().unwrap_or_default();
        let all = self
            .connections
            .all
            .seen_list(&key(&call.scope, prefix), call.view);
        let size = request.limit.unwrap_or(100).clamp(1, 100);
        let (all, next) = page(all, request.next_token.as_deref(), size)
            .map_err(|_| invalid("The NextToken is not valid."))?;
        let all: Vec<Value> = all
            .iter()
            .map(|(_, connection)| connection.listed())
            .collect();
        Ok(Answer::json(
            json!({ "Connections": all, "NextToken": next }),
        ))
    }

    pub(super) async fn delete_connection(&self, call: &Call) -> Result<Answer, Fault> {
        let request: Named = call.json()?;
        let key = key(&call.scope, &request.name);
        let deleted = self.connections.all.change(|all| {
            let found = all.get(&key).cloned();
            let found = found.ok_or_else(|| no_connection(&request.name))?;
            all.remove(&key);
            Ok(found)
        });
        let mut answer = deleted.await?.listed();
        answer["ConnectionState"] = json!("DELETING");
        Ok(Answer::json(answer))
    }
}

impl Connection {
    fn listed(&self) -> Value {
        json!({
            "ConnectionArn": self.arn,
            "Name": self.name,
            "ConnectionState": "AUTHORIZED",
            "AuthorizationType": self.kind,
            "CreationTime": seconds(self.created),
            "LastModifiedTime": seconds(self.created),
            "LastAuthorizedTime": seconds(self.created),
        })
    }

    /// EventBridge keeps the parameters in a secret of this name.
    fn secret_arn(&self) -> String {
        let id = self.arn.split(":connection/").nth(1).unwrap_or_default();
        Scope::of_arn(&self.arn).arn(
            "secretsmanager",
            &format!("secret:events!connection/{id}-a1B2c3"),
        )
    }

    fn text(&self, holder: &str, member: &str) -> Option<&str> {
        self.parameters[holder][member].as_str()
    }

    fn header(&self) -> Option<(String, String)> {
        match self.kind.as_str() {
            "OAUTH_CLIENT_CREDENTIALS" => None,
            "BASIC" => {
                let part = |member| self.text("BasicAuthParameters", member);
                let pair = format!("{}:{}", part("Username")?, part("Password")?);
                Some((
                    "Authorization".to_owned(),
                    format!("Basic {}", STANDARD.encode(pair)),
                ))
            }
            _ => {
                let part = |member| self.text("ApiKeyAuthParameters", member);
                Some((
                    part("ApiKeyName")?.to_owned(),
                    part("ApiKeyValue")?.to_owned(),
                ))
            }
        }
    }

    fn oauth(&self) -> Option<OAuth> {
        if self.kind != "OAUTH_CLIENT_CREDENTIALS" {
            return None;
        }
        let parameters = &self.parameters["OAuthParameters"];
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let more = &parameters["OAuthHttpParameters"];
        Some(OAuth {
            endpoint: text(&parameters["AuthorizationEndpoint"])?,
            method: text(&parameters["HttpMethod"])?,
            client_id: text(&parameters["ClientParameters"]["ClientID"])?,
            client_secret: text(&parameters["ClientParameters"]["ClientSecret"])?,
            headers: pairs(&more["HeaderParameters"]),
            query: pairs(&more["QueryStringParameters"]),
            body: pairs(&more["BodyParameters"]),
        })
    }

    fn is_complete(&self) -> bool {
        self.header().is_some() || self.oauth().is_some()
    }

    fn credentials(&self) -> Credentials {
        let more = &self.parameters["InvocationHttpParameters"];
        let mut headers = pairs(&more["HeaderParameters"]);
        headers.extend(self.header());
        Credentials {
            oauth: self.oauth(),
            headers,
            query: pairs(&more["QueryStringParameters"]),
            body: pairs(&more["BodyParameters"]),
        }
    }
}

fn pairs(list: &Value) -> Vec<(String, String)> {
    let list = list.as_array().into_iter().flatten();
    let pairs = list.filter_map(|pair| {
        let key = pair["Key"].as_str()?;
        Some((key.to_owned(), pair["Value"].as_str()?.to_owned()))
    });
    pairs.collect()
}

/// What DescribeConnection shows of the parameters.
fn without_secrets(parameters: &Value) -> Value {
    match parameters {
        Value::Array(items) => items.iter().map(without_secrets).collect(),
        Value::Object(members) => {
            let secret = members.get("IsValueSecret") == Some(&json!(true));
            let is_secret = |name: &str| match name {
                "ApiKeyValue" | "Password" | "ClientSecret" => true,
                name => secret && name == "Value",
            };
            let shown = members.iter().filter(|(name, _)| !is_secret(name));
            let shown = shown.map(|(name, value)| (name.clone(), without_secrets(value)));
            Value::Object(shown.collect())
        }
        value => value.clone(),
    }
}

fn key(scope: &Scope, name: &str) -> String {
    format!("{}/{}/{name}", scope.account, scope.region)
}

fn no_connection(name: &str) -> Fault {
    let message = format!("Connection '{name}' does not exist.");
    Fault::bad("ResourceNotFoundException", message)
}
