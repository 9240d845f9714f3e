//! What there is: the names of all tables, queues and so on.

use futures_util::future::{join_all, try_join_all};
use serde_json::{Value, json};
use txflow_local_aws::DirectError;

use super::kind::ServiceKind;
use super::{ListCall, Reader, text};
use crate::report::counted;

/// All of a kind.
pub struct Listing {
    pub kind: ServiceKind,
    pub held: Result<Vec<Held>, DirectError>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub name: String,
    /// What is in it, in short.
    pub facts: String,
}

/// Parameters below it are txflow's own.
const OWN_PARAMETERS: &str = "/txflow/";

impl Reader {
    /// All kinds, in the order of [`ServiceKind::ALL`].
    pub async fn list(&self) -> Vec<Listing> {
        let listings = ServiceKind::ALL.into_iter().map(async |kind| Listing {
            kind,
            held: self.held(kind).await,
        });
        join_all(listings).await
    }

    async fn held(&self, kind: ServiceKind) -> Result<Vec<Held>, DirectError> {
        match kind {
            ServiceKind::Table => self.tables().await,
            ServiceKind::Queue => self.queues().await,
            ServiceKind::Topic => self.topics().await,
            ServiceKind::Bucket => self.buckets().await,
            ServiceKind::Bus => self.buses().await,
            ServiceKind::Secret => self.secrets().await,
            ServiceKind::Parameter => self.parameters().await,
        }
    }

    async fn tables(&self) -> Result<Vec<Held>, DirectError> {
        let names = self.all(ListCall {
            next: "LastEvaluatedTableName",
            from: "ExclusiveStartTableName",
            ..ListCall::new("dynamodb", "ListTables", json!({}), "TableNames")
        });
        let names = names.await?;
        let tables = names.iter().filter_map(Value::as_str).map(async |name| {
            let input = json!({ "TableName": name });
            let described = self.call("dynamodb", "DescribeTable", input).await?;
            let items = described["Table"]["ItemCount"].as_u64().unwrap_or_default();
            Ok(Held {
                name: name.to_owned(),
                facts: counted(usize::try_from(items).unwrap_or(usize::MAX), "item"),
            })
        });
        try_join_all(tables).await
    }

    async fn queues(&self) -> Result<Vec<Held>, DirectError> {
        let urls = self.all(ListCall::new(
            "sqs",
            "ListQueues",
            json!({ "MaxResults": 1000 }),
            "QueueUrls",
        ));
        let urls = urls.await?;
        let queues = urls.iter().filter_map(Value::as_str).map(async |url| {
            let counts = self.queue_counts(url).await?;
            let name = url.rsplit('/').next().unwrap_or(url);
            Ok(Held {
                name: name.to_owned(),
                facts: counts.to_string(),
            })
        });
        try_join_all(queues).await
    }

    async fn topics(&self) -> Result<Vec<Held>, DirectError> {
        let listing = ListCall::new("sns", "ListTopics", json!({}), "Topics");
        let subscriptions = ListCall::new("sns", "ListSubscriptions", json!({}), "Subscriptions");
        let (topics, subscriptions) =
            futures_util::future::try_join(self.all(listing), self.all(subscriptions)).await?;
        let topics = topics.iter().map(|topic| {
            let arn = text(topic, "TopicArn");
            let own = subscriptions.iter();
            let own = own.filter(|one| one["TopicArn"] == topic["TopicArn"]);
            Held {
                name: last_part(&arn),
                facts: counted(own.count(), "subscription"),
            }
        });
        Ok(topics.collect())
    }

    async fn buckets(&self) -> Result<Vec<Held>, DirectError> {
        let listed = self.call("s3", "ListBuckets", json!({})).await?;
        let buckets = listed["Buckets"].as_array().into_iter().flatten();
        let buckets = buckets.map(async |bucket| {
            let name = text(bucket, "Name");
            let input = json!({ "Bucket": name });
            let objects = self.call("s3", "ListObjectsV2", input).await?;
            let count = objects["Contents"].as_array().map_or(0, Vec::len);
            let more = objects["IsTruncated"] == true;
            let facts = match more {
                true => format!("more than {}", counted(count, "object")),
                false => counted(count, "object"),
            };
            Ok(Held { name, facts })
        });
        try_join_all(buckets).await
    }

    async fn buses(&self) -> Result<Vec<Held>, DirectError> {
        let listing = ListCall::new("events", "ListEventBuses", json!({}), "EventBuses");
        let buses = self.all(listing).await?;
        let buses = buses.iter().map(async |bus| {
            let name = text(bus, "Name");
            let rules = self.rules(&name).await?;
            Ok(Held {
                name,
                facts: counted(rules.len(), "rule"),
            })
        });
        try_join_all(buses).await
    }

    /// Their values are shown nowhere.
    async fn secrets(&self) -> Result<Vec<Held>, DirectError> {
        let listing = ListCall::new("secretsmanager", "ListSecrets", json!({}), "SecretList");
        let secrets = self.all(listing).await?;
        let secrets = secrets.iter().map(|secret| Held {
            name: text(secret, "Name"),
            facts: "value not shown".to_owned(),
        });
        Ok(secrets.collect())
    }

    async fn parameters(&self) -> Result<Vec<Held>, DirectError> {
        let listing = ListCall::new("ssm", "DescribeParameters", json!({}), "Parameters");
        let found = self.all(listing).await?;
        let own = |one: &&Value| !text(one, "Name").starts_with(OWN_PARAMETERS);
        let parameters = found.iter().filter(own).map(async |one| {
            let name = text(one, "Name");
            if one["Type"] == "SecureString" {
                let facts = "value not shown".to_owned();
                return Ok(Held { name, facts });
            }
            let read = self.call("ssm", "GetParameter", json!({ "Name": name }));
            let read = read.await?;
            let facts = text(&read["Parameter"], "Value");
            Ok(Held { name, facts })
        });
        try_join_all(parameters).await
    }
}

fn last_part(arn: &str) -> String {
    arn.rsplit(':').next().unwrap_or(arn).to_owned()
}
