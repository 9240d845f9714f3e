//! What `deploy.toml` says of the local AWS: what is beside the stack, and which services are elsewhere.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map as Object, Value};

use super::template::Template;

/// `[local]`. Only `--local` uses it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LocalConfig {
    pub tables: Vec<LocalTable>,
    pub queues: Vec<LocalQueue>,
    pub topics: Vec<LocalTopic>,
    pub buckets: Vec<LocalBucket>,
    pub secrets: Vec<LocalSecret>,
    pub parameters: Vec<LocalParameter>,
    /// The names of event buses.
    pub buses: Vec<Template>,
    /// Other emulators, by the service that they serve: the URL.
    pub upstreams: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct LocalTable {
    pub name: Template,
    pub key: TableKey,
    /// Global secondary indexes, by name.
    pub indexes: BTreeMap<String, TableKey>,
    pub seed: Option<TableSeed>,
}

/// The key of a table or of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableKey {
    pub partition: KeyAttribute,
    pub sort: Option<KeyAttribute>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyAttribute {
    pub name: String,
    /// `S`, `N` or `B`.
    pub kind: String,
}

impl TableKey {
    pub fn attributes(&self) -> impl Iterator<Item = &KeyAttribute> {
        [&self.partition].into_iter().chain(&self.sort)
    }
}

/// The items that a new table gets.
#[derive(Debug, Clone, PartialEq)]
pub struct TableSeed {
    /// As deploy.toml names it.
    pub file: String,
    /// As DynamoDB has them: each attribute with its type.
    pub items: Vec<Object<String, Value>>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct LocalQueue {
    pub name: Template,
    /// As `CreateQueue` takes them.
    pub attributes: BTreeMap<&'static str, String>,
    /// The name of the queue that gets what was received too often, and how often that is.
    pub dead_letter_queue: Option<(Template, i64)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct LocalTopic {
    pub name: Template,
    pub attributes: BTreeMap<&'static str, String>,
    pub subscriptions: Vec<LocalSubscription>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct LocalSubscription {
    pub to: Subscriber,
    /// A filter policy.
    pub filter: Option<Value>,
    /// Whether the filter is about the message's body.
    pub filter_body: bool,
    /// Whether the message is delivered without what SNS writes around it.
    pub raw: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subscriber {
    Queue(Template),
    /// By its name in deploy.toml.
    Function(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalBucket {
    pub name: Template,
    /// The folder of the objects that a new bucket gets.
    pub folder: Option<PathBuf>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalSecret {
    pub name: Template,
    pub value: LocalValue,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalParameter {
    pub name: Template,
    pub value: LocalValue,
    /// `String`, `StringList` or `SecureString`.
    pub kind: &'static str,
}

/// A value that is in the file, in another one, or in the environment.
#[derive(Clone, PartialEq, Eq)]
pub enum LocalValue {
    Text(Template),
    File(String),
    /// What is in the variable now is a secret. Only a local run needs it.
    Env {
        variable: String,
        value: Option<String>,
    },
}

/// The value of a variable and of a file is not shown.
impl std::fmt::Debug for LocalValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => std::fmt::Debug::fmt(text, f),
            Self::File(_) => f.write_str("(from a file)"),
            Self::Env { variable, .. } => write!(f, "({variable})"),
        }
    }
}

impl LocalConfig {
    /// The values that come from the environment.
    pub(super) fn secret_values(&self) -> impl Iterator<Item = &str> {
        let values = self.secrets.iter().map(|secret| &secret.value);
        let parameters = self.parameters.iter().map(|parameter| &parameter.value);
        values.chain(parameters).filter_map(|value| match value {
            LocalValue::Env { value, .. } => value.as_deref(),
            LocalValue::Text(_) | LocalValue::File(_) => None,
        })
    }
}

/// The name of a resource that a text names in any of AWS's ways: by its name, its ARN or, of a queue, its URL.
pub fn named_resource(text: &str) -> &str {
    let of_arn = |arn: &str| arn.splitn(6, ':').count() == 6;
    if text.starts_with("https://") || text.starts_with("http://") {
        return text.rsplit('/').next().unwrap_or(text);
    }
    if !text.starts_with("arn:") || !of_arn(text) {
        return text;
    }
    let resource = text.splitn(6, ':').nth(5).unwrap_or(text);
    let kinds = ["table/", "event-bus/", "secret:", "parameter/"];
    let mut kinds = kinds.iter();
    kinds
        .find_map(|kind| resource.strip_prefix(kind))
        .unwrap_or(resource)
}

#[cfg(test)]
mod tests {
    use super::named_resource;

    #[test]
    fn a_name_an_arn_and_a_url_name_the_same() {
        for text in [
            "orders",
            "arn:aws:sns:us-east-1:123456789012:orders",
            "arn:aws:dynamodb:us-east-1:123456789012:table/orders",
            "arn:aws:events:us-east-1:123456789012:event-bus/orders",
            "https://sqs.us-east-1.amazonaws.com/123456789012/orders",
        ] {
            assert_eq!(named_resource(text), "orders", "{text}");
        }
        assert_eq!(named_resource("shop/db"), "shop/db");
        assert_eq!(named_resource("arn:short"), "arn:short");
    }
}
