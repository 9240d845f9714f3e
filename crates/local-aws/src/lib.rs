//! An embedded AWS: the IAM, Lambda, Step Functions, STS, CloudWatch Logs, EventBridge and DynamoDB subset that a
//! workflow needs, over HTTP.
//!
//! Clients are AWS's own: an SDK, the CLI or boto3, with this server's endpoint URL. They speak the real protocols.
//! Functions run as processes on this machine, state machines in `txflow-asl`.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use txflow_local_aws::{LocalAws, Options};
//!
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let aws = LocalAws::start(Options::new(".txflow/local", listener)).await?;
//! println!("export AWS_ENDPOINT_URL={}", aws.endpoint_url());
//! aws.shutdown().await?;
//! # Ok(())
//! # }
//! ```
//!
//! The region and the account of a call come from its SigV4 header: the region of the credential scope, and the access
//! key id if that is twelve digits. Any other key belongs to account [`DEFAULT_ACCOUNT`]. A call without the header is
//! refused, but the signature is not checked. Requests that a web page may have sent are refused as well.
//!
//! The server is deliberately as strict as AWS: about names, sizes, states, permissions, conflicts, error codes and
//! messages. It refuses what it does not implement by name, with status 501, which SDKs do not retry.
//!
//! A function has credentials of a session of its role, and may do what the role allows. All other callers may do
//! everything unless [`Options::caller_policy`] is set. Then each call needs the permissions that it
//! needs on AWS, including those to pass roles and to tag.
//!
//! # Implemented operations
//!
//! | service | operations |
//! |---|---|
//! | STS | GetCallerIdentity |
//! | IAM | CreateRole, GetRole, ListRoles, UpdateRole, UpdateRoleDescription, UpdateAssumeRolePolicy, DeleteRole; Put-, Get-, Delete- and ListRolePolicies; Attach- and DetachRolePolicy, ListAttachedRolePolicies; Put- and DeleteRolePermissionsBoundary; Create-, Get- and DeletePolicy, GetPolicyVersion; TagRole, UntagRole, ListRoleTags; ListInstanceProfilesForRole |
//! | Lambda | CreateFunction (a zip in the call), GetFunction, GetFunctionConfiguration, ListFunctions, UpdateFunctionCode, UpdateFunctionConfiguration, DeleteFunction; PublishVersion, ListVersionsByFunction; Create-, Get-, Update-, Delete- and ListAliases; Put-, Get- and DeleteFunctionConcurrency; TagResource, UntagResource, ListTags; GetAccountSettings, GetFunctionCodeSigningConfig, GetLayerVersionByArn; Invoke (RequestResponse, Event, DryRun, LogType=Tail) |
//! | Step Functions | Create-, Describe-, Update-, Delete- and ListStateMachines, ValidateStateMachineDefinition; PublishStateMachineVersion, List- and DeleteStateMachineVersion; Create-, Describe-, Update-, Delete- and ListStateMachineAliases; TagResource, UntagResource, ListTagsForResource; StartExecution, StartSyncExecution, DescribeExecution, DescribeStateMachineForExecution, ListExecutions, GetExecutionHistory, StopExecution, RedriveExecution; SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat; TestState |
//! | CloudWatch Logs | Create-, Delete- and DescribeLogGroups, Put- and DeleteRetentionPolicy; CreateLogStream, DescribeLogStreams, PutLogEvents, GetLogEvents, FilterLogEvents (patterns of words); TagResource, UntagResource, ListTagsForResource |
//! | EventBridge | Create-, Describe-, Delete- and ListEventBuses; PutRule (with an event pattern), Describe-, Delete-, Enable- and DisableRule, ListRules; PutTargets, RemoveTargets, ListTargetsByRule, ListRuleNamesByTarget; PutEvents; TestEventPattern; TagResource, UntagResource, ListTagsForResource |
//! | DynamoDB | Create-, Describe-, Update-, Delete- and ListTables; Put-, Get-, Update- and DeleteItem; Query, Scan; BatchGetItem, BatchWriteItem; TransactGetItems, TransactWriteItems; Update- and DescribeTimeToLive (nothing expires); TagResource, UntagResource, ListTagsOfResource |
//! | EventBridge Scheduler | Create-, Get-, Delete- and ListScheduleGroups; Create-, Get-, Update-, Delete- and ListSchedules; TagResource, UntagResource, ListTagsForResource |
//! | Secrets Manager | Create-, Update-, Describe-, Delete-, Restore- and ListSecrets; Get- and PutSecretValue; UpdateSecretVersionStage, ListSecretVersionIds; TagResource, UntagResource |
//! | Systems Manager | PutParameter, GetParameter, GetParameters, GetParametersByPath, GetParameterHistory, DescribeParameters; DeleteParameter, DeleteParameters; AddTagsToResource, RemoveTagsFromResource, ListTagsForResource |
//! | SQS | Create-, Delete- and ListQueues, GetQueueUrl, Get- and SetQueueAttributes, PurgeQueue, ListDeadLetterSourceQueues; SendMessage, ReceiveMessage, DeleteMessage, ChangeMessageVisibility, and their batches; TagQueue, UntagQueue, ListQueueTags |
//! | SNS | Create-, Delete- and ListTopics, Get- and SetTopicAttributes; Subscribe (queues and functions), Unsubscribe, ListSubscriptions, ListSubscriptionsByTopic, Get- and SetSubscriptionAttributes; Publish, PublishBatch; TagResource, UntagResource, ListTagsForResource |
//!
//! A schedule that is due and an event that a rule matches start executions, send to queues, topics and event buses, and
//! invoke functions, as their role allows; a schedule may also call any operation that is served here. Nothing is sent to
//! other targets. What cannot be delivered goes to the dead-letter queue, if there is one.
//!
//! A Task state calls functions, through `lambda:invoke` (with or without a task token) or by their ARN, and the operations
//! above. Any other integration fails its execution with `States.Runtime`; mock such states ([`Mocks`]).
//!
//! # Differences from AWS
//!
//! Layers, VPC settings, dead-letter targets and retention are stored and shown but have no effect. An execution that
//! the end of the server interrupts is `ABORTED`, and if it was redriven, its EXPRESS children start again, also those that
//! had succeeded. Items of an ItemReader that were not started are read again by a redrive. Policies of queues, topics and functions are kept, and not evaluated: a rule or a topic needs no right there.
//! Nothing is encrypted or signed for them, and text messages are only logged. At most 200 processes of a function version
//! run at once; further calls wait. Throughput of tables is stored and not enforced, and a table can be used as soon as it
//! is created.

mod aws;
mod call_log;
mod clock;
mod conditions;
mod contained;
mod delivery;
mod direct;
mod discovery;
mod dynamodb;
mod ec2;
mod events;
mod fault;
mod http;
mod iam;
mod in_memory;
mod lambda;
mod local_aws;
mod logs;
mod mocks;
mod models;
mod options;
mod page;
mod peers;
mod permission;
mod private;
mod quotas;
mod random;
mod recent;
mod s3;
mod scheduler;
mod secretsmanager;
mod service;
mod services;
mod session;
mod sns;
mod sqs;
mod ssm;
mod states;
mod store;
mod sts;
mod subject;
mod tags;
mod target_call;
mod ticker;
mod timing;
mod trouble;
mod upstreams;
mod weather;

pub use self::call_log::{CallLog, CallRecord, EndedExecution, OnEnd, OnUndelivered, Undelivered};
pub use self::clock::Clock;
pub use self::contained::{Contained, Containment, Family, Group, Supervisor, supervise};
pub use self::direct::{Direct, DirectError};
pub use self::discovery::{EndpointError, Joined};
pub use self::http::scope::DEFAULT_ACCOUNT;
pub use self::http::server::Cut;
pub use self::iam::{CallerPolicy, PolicyError};
pub use self::in_memory::InMemoryAws;
#[cfg(fuzzing)]
#[doc(hidden)]
pub use self::lambda::check_and_unpack;
pub use self::lambda::{HANDED_OVER_HEADER, HandlerCall, Handlers};
pub use self::local_aws::{JoinedOrStarted, LocalAws, StartError};
pub use self::mocks::{MockFileError, MockedResponse, MockedResponses, Mocks};
pub use self::options::{Behavior, Options};
pub use self::private::private_folder;
pub use self::random::Random;
pub use self::store::{Damaged, StoreError};
pub use self::timing::Time;
pub use self::weather::{ChildSource, Failures, Lag, Span, Weather};
