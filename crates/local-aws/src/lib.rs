//! An embedded AWS: the IAM, Lambda, Step Functions, STS and CloudWatch Logs subset that a workflow needs, over HTTP.
//!
//! Clients are AWS's own: an SDK, the CLI or boto3 with this server's endpoint URL. What passes here has gone over
//! the real protocols. Functions run as processes of this machine, definitions by `txflow-asl`.
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
//! Who calls is read from the SigV4 credential scope: its region, and its account where the access key id is twelve
//! digits; any other key belongs to account [`DEFAULT_ACCOUNT`]. A call without one is refused, but the signature in it
//! is not checked. What a web page may have sent is refused as well.
//!
//! Deliberately as strict as AWS: names, sizes, states, permissions, conflicts, error codes and texts. What it does
//! not serve it refuses by name with status 501, which SDKs do not retry.
//!
//! Callers may do everything, unless they are given a policy ([`Options::caller_policy`]): then each call needs what
//! it needs on AWS, also to pass roles and to tag.
//!
//! # What it serves
//!
//! | service | operations |
//! |---|---|
//! | STS | GetCallerIdentity |
//! | IAM | CreateRole, GetRole, ListRoles, UpdateRole, UpdateRoleDescription, UpdateAssumeRolePolicy, DeleteRole; Put-, Get-, Delete- and ListRolePolicies; Attach- and DetachRolePolicy, ListAttachedRolePolicies (AWS's own policies); TagRole, UntagRole, ListRoleTags; ListInstanceProfilesForRole |
//! | Lambda | CreateFunction (a zip in the call), GetFunction, GetFunctionConfiguration, ListFunctions, UpdateFunctionCode, UpdateFunctionConfiguration, DeleteFunction; PublishVersion, ListVersionsByFunction; Create-, Get-, Update-, Delete- and ListAliases; Put-, Get- and DeleteFunctionConcurrency; TagResource, UntagResource, ListTags; GetAccountSettings, GetFunctionCodeSigningConfig; Invoke (RequestResponse, Event, DryRun, LogType=Tail) |
//! | Step Functions | Create-, Describe-, Update-, Delete- and ListStateMachines, ValidateStateMachineDefinition; PublishStateMachineVersion, List- and DeleteStateMachineVersion; Create-, Describe-, Update-, Delete- and ListStateMachineAliases; TagResource, UntagResource, ListTagsForResource; StartExecution, StartSyncExecution, DescribeExecution, DescribeStateMachineForExecution, ListExecutions, GetExecutionHistory, StopExecution, RedriveExecution; SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat; TestState |
//! | CloudWatch Logs | Create-, Delete- and DescribeLogGroups, Put- and DeleteRetentionPolicy; CreateLogStream, DescribeLogStreams, PutLogEvents, GetLogEvents, FilterLogEvents (patterns of words); TagResource, UntagResource, ListTagsForResource |
//!
//! A Task calls functions, by `lambda:invoke` (also with a task token) or by their ARN. Any other integration fails
//! its execution with `States.Runtime` and says so; mock such states ([`Mocks`]).
//!
//! # What it does not
//!
//! Layers, VPC settings, dead-letter targets and retention are kept and shown, and have no effect. An execution that
//! was cut off by the server's end is `ABORTED`. A redriven execution runs a failed Parallel or Map state again as a
//! whole. A pool runs at most 200 processes of a version; further calls wait.

mod aws;
mod clock;
mod contained;
mod discovery;
mod fault;
mod http;
mod iam;
mod lambda;
mod local_aws;
mod logs;
mod mocks;
mod options;
mod page;
mod permissions;
mod private;
mod states;
mod store;
mod sts;
mod tags;

pub use self::contained::{Contained, Containment, Family, Group, Supervisor, supervise};
pub use self::discovery::{EndpointError, Joined};
pub use self::http::call::DEFAULT_ACCOUNT;
pub use self::iam::{CallerPolicy, PolicyError};
#[cfg(fuzzing)]
#[doc(hidden)]
pub use self::lambda::check_and_unpack;
pub use self::local_aws::{JoinedOrStarted, LocalAws, StartError};
pub use self::mocks::{MockFileError, MockedResponse, MockedResponses, Mocks};
pub use self::options::{CallLog, CallRecord, Delays, Options, Time};
pub use self::private::private_folder;
pub use self::store::{Damaged, StoreError};
