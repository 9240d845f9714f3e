//! The list of services. A new one is a folder of its own and a line in [`load`].

use std::sync::Arc;

use crate::call_log::{OnEnd, OnUndelivered};
use crate::conditions::Conditions;
use crate::delivery::Deliveries;
use crate::dynamodb::DynamoDb;
use crate::ec2::Ec2;
use crate::events::{Connections, Events};
use crate::iam::Iam;
use crate::lambda::{self, Lambda, Running};
use crate::logs::Logs;
use crate::mocks::MockStore;
use crate::peers::Peers;
use crate::s3::S3;
use crate::scheduler::Scheduler;
use crate::secretsmanager::SecretsManager;
use crate::service::Service;
use crate::sns::{self, Sns};
use crate::sqs::Sqs;
use crate::ssm::Ssm;
use crate::states::{self, States};
use crate::store::{Store, StoreError};
use crate::sts::Sts;
use crate::timing::Time;

/// What services are made from.
pub(crate) struct Parts<'a> {
    pub(crate) store: &'a Arc<Store>,
    pub(crate) conditions: &'a Arc<Conditions>,
    pub(crate) time: Time,
    pub(crate) on_end: Option<OnEnd>,
    pub(crate) on_undelivered: Option<OnUndelivered>,
    pub(crate) mocks: &'a Arc<MockStore>,
    /// What clients are given as the endpoint URL.
    pub(crate) endpoint_url: &'a str,
    /// What runs functions.
    pub(crate) running: Running,
    /// Whether callers have a policy.
    pub(crate) limited: bool,
}

/// All services, and those of them that the server's own routes use.
pub(crate) struct Services {
    pub(crate) all: Vec<Arc<dyn Service>>,
    pub(crate) iam: Arc<Iam>,
    pub(crate) lambda: Arc<Lambda>,
    pub(crate) peers: Arc<Peers>,
}

/// Creates the services. Each is given what it needs and nothing else.
pub(crate) fn load(parts: Parts<'_>) -> Result<Services, StoreError> {
    let (store, conditions) = (parts.store, parts.conditions);
    let peers = Arc::new(Peers::default());
    let iam = Arc::new(Iam::load(store, conditions)?);
    let logs = Arc::new(Logs::load(store, conditions)?);
    let lambda = Arc::new(Lambda::load(lambda::Parts {
        store: Arc::clone(store),
        iam: Arc::clone(&iam),
        logs: Arc::clone(&logs),
        conditions: Arc::clone(conditions),
        endpoint_url: parts.endpoint_url.to_owned(),
        running: parts.running,
    })?);
    let s3 = Arc::new(S3::load(store, conditions)?);
    let connections = Arc::new(Connections::load(store, conditions)?);
    let states = Arc::new(States::load(states::Parts {
        objects: Arc::clone(&s3),
        store: Arc::clone(store),
        iam: Arc::clone(&iam),
        logs: Arc::clone(&logs),
        functions: Arc::clone(&lambda),
        peers: Arc::clone(&peers),
        connections: Arc::clone(&connections),
        mocks: Arc::clone(parts.mocks),
        conditions: Arc::clone(conditions),
        time: parts.time,
        on_end: parts.on_end,
    })?);
    let deliveries = Arc::new(Deliveries::new(
        conditions,
        &iam,
        &peers,
        parts.on_undelivered,
    ));
    let all: Vec<Arc<dyn Service>> = vec![
        iam.clone(),
        lambda.clone(),
        logs.clone(),
        states,
        Arc::new(Scheduler::load(store, conditions, &iam, &deliveries)?),
        Arc::new(Events::load(store, conditions, &deliveries, &connections)?),
        Arc::new(DynamoDb::load(store, conditions)?),
        Arc::new(Ec2::new(&lambda)),
        Arc::new(Sns::load(sns::Parts {
            store,
            conditions,
            peers: &peers,
            logs: &logs,
            endpoint_url: parts.endpoint_url,
        })?),
        Arc::new(Sqs::load(store, conditions, parts.endpoint_url)?),
        s3,
        Arc::new(SecretsManager::load(store, conditions)?),
        Arc::new(Ssm::load(store, conditions)?),
        Arc::new(Sts::new(parts.limited)),
    ];
    peers.introduce(&all);
    Ok(Services {
        all,
        iam,
        lambda,
        peers,
    })
}
