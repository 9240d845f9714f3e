//! The keys of `[local]`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::local::{KeyAttribute, TableKey, TableSeed};
use super::local_values::{ParameterItem, SecretItem};
use super::node::Node;
use super::resource_names::{Name, Named, resource_name};
use super::rules::{
    BucketName, EventBus, IndexName, ParameterName, QueueName, SecretName, TableName, TopicName,
    Upstream, UpstreamService,
};
use super::section::{self, Map, Required, section};
use super::seed;
use super::setting::{At, Definitions, Int, Json, List, Reader, Setting};
use super::template::Template;
use super::test_keys::from_file;
use super::text::{Literal, Text};

section! {
    /// What the local AWS has beside the stack, and which services are elsewhere. Only `--local` uses it: what is here is
    /// made when a deploy brings the stack up, and removed by `txflow destroy --local`. A name may be that of a
    /// substitution, such as `"${orders-table}"`, whose value is a name or an ARN.
    Local {
        /// DynamoDB tables, by name.
        tables: Named<TableName, TableItem>;
        /// SQS queues, by name. A name that ends in `.fifo` is that of a FIFO queue.
        queues: Named<QueueName, Queue>;
        /// SNS topics, by name.
        topics: Named<TopicName, Topic>;
        /// S3 buckets, by name.
        buckets: Named<BucketName, Bucket>;
        /// Secrets of Secrets Manager, by name.
        secrets: Named<SecretName, SecretItem>;
        /// Parameters of Systems Manager, by name.
        parameters: Named<ParameterName, ParameterItem>;
        /// Event buses, by name.
        buses: Named<EventBus, BusItem>;
        /// Other emulators, by the service whose calls they get, such as `bedrock = "http://127.0.0.1:5000"`.
        upstream: Map<UpstreamService, Text<Upstream>>;
    }
}

section! {
    /// A DynamoDB table.
    Table {
        /// The partition key: its name, or its name and type, such as `id:N`. The default type is `S`.
        partition_key: Required<KeyAttribute>;
        /// The sort key.
        sort_key: Option<KeyAttribute>;
        /// Global secondary indexes, by name. Each holds all attributes.
        indexes: Map<IndexName, Index>;
        /// The path of a JSON file with the items of a new table: an array of objects, as plain JSON or with DynamoDB's types.
        seed: Option<At<Literal>>;
    }
}

section! {
    /// A global secondary index.
    Index {
        /// The partition key of the index.
        partition_key: Required<KeyAttribute>;
        /// The sort key of the index.
        sort_key: Option<KeyAttribute>;
    }
}

section! {
    /// An SQS queue.
    Queue {
        /// For how many seconds a message that was received is hidden.
        visibility_timeout: Option<Int<0, 43_200>>;
        /// After how many seconds a message appears.
        delay: Option<Int<0, 900>>;
        /// For how many seconds messages are kept.
        retention: Option<Int<60, 1_209_600>>;
        /// For how many seconds a receiver waits for a message.
        receive_wait: Option<Int<0, 20>>;
        /// Whether messages of a FIFO queue are told apart by their content.
        content_based_deduplication: bool = false;
        /// The queue of `[local.queues]` that gets what was received too often.
        dead_letter_queue: Option<At<Name<QueueName>>>;
        /// How often a message is received before it goes to the dead-letter queue.
        max_receives: Int<1, 1000> = Int(3);
    }
}

section! {
    /// An SNS topic.
    Topic {
        /// What gets its messages: `queue:NAME` of `[local.queues]`, or `function:NAME` of `[functions]`.
        subscriptions: Option<List<At<Subscription>, 0, 100>>;
        /// Whether messages of a FIFO topic are told apart by their content.
        content_based_deduplication: bool = false;
    }
}

section! {
    /// A subscription.
    SubscriptionKeys {
        /// `queue:NAME` or `function:NAME`.
        to: Required<At<SubscriberKey>>;
        /// A filter policy.
        filter: Option<Json>;
        /// Whether the filter is about the message itself and not about its attributes.
        filter_body: bool = false;
        /// Whether a queue gets the message without what SNS writes around it.
        raw: bool = false;
    }
}

section! {
    /// An S3 bucket.
    Bucket {
        /// The folder whose files a new bucket gets, under their paths in it.
        folder: Option<At<Folder>>;
    }
}

impl Setting for KeyAttribute {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let text = Literal::read(node, reader)?.0;
        let (name, kind) = text.rsplit_once(':').unwrap_or((&text, "S"));
        if name.is_empty() || !["S", "N", "B"].contains(&kind) {
            let message = format!(
                "`{}` must be the name of an attribute, or a name and a type such as `id:N`, not `{text}`",
                node.path()
            );
            let hint = "the types of keys are `S` (string), `N` (number) and `B` (binary)";
            reader.error("invalid-value", node.place(), message, hint.to_owned());
            return None;
        }
        Some(Self {
            name: name.to_owned(),
            kind: kind.to_owned(),
        })
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string", "pattern": "^.+$" })
    }
}

/// What gets the messages of a topic.
#[derive(Debug, Clone)]
pub(super) enum SubscriberKey {
    Queue(Template),
    Function(String),
}

impl Setting for SubscriberKey {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let text = Literal::read(node, reader)?.0;
        match text.split_once(':') {
            Some(("queue", name)) => {
                let name = resource_name::<QueueName>(name, node.span(), reader)?;
                Some(Self::Queue(name))
            }
            Some(("function", name)) => Some(Self::Function(name.to_owned())),
            _ => {
                let message = format!(
                    "`{}` must be `queue:NAME` or `function:NAME`, not `{text}`",
                    node.path()
                );
                reader.error("invalid-value", node.span(), message, None);
                None
            }
        }
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string", "pattern": "^(queue|function):.+$" })
    }
}

/// A subscriber, or a table that says more.
#[derive(Debug, Clone)]
pub(super) struct Subscription(pub SubscriptionKeys);

impl Setting for Subscription {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        if node.value().is_table() {
            return SubscriptionKeys::read(&node.top(), reader).map(Self);
        }
        let to = At::read(node, reader)?;
        Some(Self(SubscriptionKeys {
            to: Required(Some(to)),
            filter: None,
            filter_body: false,
            raw: false,
        }))
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [SubscriberKey::schema(definitions), SubscriptionKeys::schema(definitions)] })
    }
}

/// A folder that exists.
#[derive(Debug, Clone)]
pub(super) struct Folder(pub PathBuf);

impl Setting for Folder {
    #[expect(
        clippy::disallowed_methods,
        reason = "looks whether a folder exists that deploy.toml names"
    )]
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let path = Literal::read(node, reader)?.0;
        let folder = reader.files.root.join(Path::new(&path));
        if reader.files.is_packed() {
            return Some(Self(folder)); // it was checked when the files were packed
        }
        if !folder.is_dir() {
            let message = format!("the folder `{path}` does not exist");
            let hint = "a path is relative to the folder of `deploy.toml`";
            reader.error("no-file", node.span(), message, hint.to_owned());
            return None;
        }
        // What lies outside would be read and copied without the user having looked at it.
        let real = |path: &Path| path.canonicalize().ok();
        let inside = match (real(&folder), real(&reader.files.root)) {
            (Some(folder), Some(root)) => folder.starts_with(root),
            _ => false,
        };
        if !inside {
            let message = format!("the folder `{path}` is not in the folder of `deploy.toml`");
            let hint = "copy what the bucket needs into the project";
            reader.error("invalid-value", node.span(), message, hint.to_owned());
            return None;
        }
        Some(Self(folder))
    }

    fn schema(definitions: &mut Definitions) -> Value {
        Literal::schema(definitions)
    }
}

/// A table whose seed fits its key.
#[derive(Debug, Clone)]
pub(super) struct TableItem {
    pub key: TableKey,
    pub indexes: BTreeMap<String, TableKey>,
    pub seed: Option<TableSeed>,
}

impl Setting for TableItem {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let table = Table::read(node, reader)?;
        let key = TableKey {
            partition: table.partition_key.0?,
            sort: table.sort_key,
        };
        let indexes = table.indexes.by_name(|index| {
            Some(TableKey {
                partition: index.partition_key.0?,
                sort: index.sort_key,
            })
        })?;
        let seed = match table.seed {
            Some(file) => Some(seed(file, &key, reader)?),
            None => None,
        };
        Some(Self { key, indexes, seed })
    }

    fn schema(definitions: &mut Definitions) -> Value {
        Table::schema(definitions)
    }
}

fn seed(file: At<Literal>, key: &TableKey, reader: &mut Reader<'_>) -> Option<TableSeed> {
    let (path, span) = (file.value.0, file.span);
    let json = from_file(&path, "seed", span.clone(), reader)?;
    match seed::items(&json, key) {
        Ok(items) => Some(TableSeed { file: path, items }),
        Err(what) => {
            let hint = "a seed is an array of objects, each with the key of the table";
            let message = format!("the seed `{path}`: {what}");
            reader.error("invalid-seed", span, message, hint.to_owned());
            None
        }
    }
}

/// An event bus, which has no keys.
#[derive(Debug, Clone)]
pub(super) struct BusItem;

impl Setting for BusItem {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(fields) = node.fields() else {
            reader.wrong_type(node, "a table");
            return None;
        };
        section::refuse_unknown(fields, reader);
        Some(Self)
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "object", "additionalProperties": false })
    }
}
