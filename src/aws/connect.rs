//! Credentials, region and endpoint → clients and the account they speak for.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_sdk_lambda::config::retry::RetryPartition;
use aws_sdk_sts::config::Credentials;
use aws_smithy_async::future::timeout::Timeout;
use aws_smithy_async::rt::sleep::{AsyncSleep as _, SharedAsyncSleep};
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use futures_util::future::BoxFuture;
use txflow_asl::Arn;
use txflow_local_aws::{Direct, Time};

use super::budget::Budgeted;
use super::ec2::Ec2;
use super::error::{AwsError, failed};
use super::http_client::http_client;
use super::limits;
use super::refused::UnlessRefused;
use super::request_change::RequestChange;
use super::retries::{OnRetry, TellRetries};
use crate::config::partition_of;
use crate::stack::Account;
use crate::world::{AwsAccess, Clock};

/// The clients of one run.
#[derive(Clone)]
pub struct Aws {
    pub account: Account,
    pub iam: aws_sdk_iam::Client,
    pub lambda: aws_sdk_lambda::Client,
    pub sfn: aws_sdk_sfn::Client,
    pub logs: aws_sdk_cloudwatchlogs::Client,
    pub scheduler: aws_sdk_scheduler::Client,
    pub events: aws_sdk_eventbridge::Client,
    pub ec2: Ec2,
    /// What every wait sleeps on, including those of the SDK.
    pub sleep: SharedAsyncSleep,
    pub now: Clock,
    /// How long a policy that was just written may not be in force.
    pub policy_propagation: Duration,
    /// How long it takes at least to create a function or to update one, less the way of the question.
    pub shortest_change: Duration,
    /// Whether the calls go to an endpoint other than AWS's own.
    pub custom_endpoint: bool,
    /// Takes code outside of calls.
    pub(super) handover: Option<Direct>,
}

const SHORTEST_CHANGE: Duration = Duration::from_millis(450);
/// The embedded AWS takes 50 ms in calm weather.
const EMBEDDED_CHANGE: Duration = Duration::from_millis(60);

pub struct ConnectOptions {
    /// Takes precedence over the environment and the profile.
    pub region: Option<String>,
    pub profile: Option<String>,
    pub endpoint_url: Option<String>,
    /// The only account that is allowed.
    pub account: Option<String>,
    pub sleep: SharedAsyncSleep,
    pub now: Clock,
    pub access: AwsAccess,
    /// Whether it is the embedded AWS, which takes any number of calls, unless it has weather, and then it may refuse some.
    pub embedded: bool,
    /// The embedded AWS, if it is the project's own.
    pub handover: Option<Direct>,
    /// How executions wait in it.
    pub time: Time,
    pub on_retry: OnRetry,
}

/// IAM is eventually consistent and gives no figure; a policy is usually in force within ten seconds.
const POLICY_PROPAGATION: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("no AWS region is set")]
    NoRegion,
    #[error("the credentials belong to account {found}, and deploy.toml allows only {allowed}")]
    OtherAccount { found: String, allowed: String },
    #[error("the endpoint `{endpoint}` is not a URL")]
    BadEndpoint { endpoint: String },
    #[error(transparent)]
    Aws(#[from] AwsError),
}

/// Refuses an endpoint without a scheme. The SDK ignores one that it finds in the environment, and would call AWS
/// instead.
///
/// # Errors
///
/// [`ConnectError::BadEndpoint`].
pub fn check_endpoint(endpoint: &str) -> Result<(), ConnectError> {
    let (scheme, rest) = endpoint.split_once("://").unwrap_or_default();
    let known = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    if known && !rest.is_empty() {
        return Ok(());
    }
    Err(ConnectError::BadEndpoint {
        endpoint: endpoint.to_owned(),
    })
}

/// A connection whose credentials nobody has looked at yet.
pub struct Connecting {
    /// Wherever it was named.
    pub region: String,
    /// Whether the calls go to an endpoint other than AWS's own.
    pub custom_endpoint: bool,
    /// What the connection is if the credentials belong to the only account that is allowed. Good for reads whose
    /// results are dropped if they do not.
    pub expected: Option<Aws>,
    /// Finds out which account the credentials belong to, in one round trip. Fails if they are missing, refused or too
    /// slow to load, or if the account is not the one that is allowed.
    pub identified: BoxFuture<'static, Result<Aws, ConnectError>>,
}

/// Makes the clients. AWS is first asked when `identified` is awaited.
///
/// # Errors
///
/// If no region is set, or if the profile is too slow to load.
pub async fn connect(options: ConnectOptions) -> Result<Connecting, ConnectError> {
    let mut limit = options.sleep.sleep(limits::IDENTITY);
    let late = || AwsError::late("GetCallerIdentity", limits::IDENTITY);
    let config = Timeout::new(load(&options), &mut limit).await;
    let config = config.map_err(|_| late())?;
    let Some(region) = config.region().map(ToString::to_string) else {
        return Err(ConnectError::NoRegion);
    };
    let named = region.clone();
    let custom_endpoint = is_custom(&options, &config);
    let allowed = options.account.clone();
    let expected = allowed.clone().map(|id| {
        let partition = partition_of(&region).to_owned();
        let region = region.clone();
        aws(
            &options,
            &config,
            Account {
                partition,
                id,
                region,
            },
        )
    });
    let identified = async move {
        let identity = Timeout::new(identify(&options, &config, region), limit).await;
        // Credentials may come through a chain of programs and servers, each with its own time limits.
        let account = identity.map_err(|_| late())??;
        match allowed.filter(|allowed| *allowed != account.id) {
            Some(allowed) => {
                let found = account.id;
                Err(ConnectError::OtherAccount { found, allowed })
            }
            None => Ok(aws(&options, &config, account)),
        }
    };
    Ok(Connecting {
        region: named,
        custom_endpoint,
        expected,
        identified: Box::pin(identified),
    })
}

async fn identify(
    options: &ConnectOptions,
    config: &SdkConfig,
    region: String,
) -> Result<Account, ConnectError> {
    // Nothing has begun yet, so an endpoint that does not answer is reported early.
    let sts = aws_sdk_sts::config::Builder::from(config)
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .interceptor(TellRetries(options.on_retry.clone()));
    let identity = aws_sdk_sts::Client::from_conf(sts.build())
        .get_caller_identity()
        .send()
        .await
        .map_err(failed("GetCallerIdentity"))?;
    Ok(Account {
        partition: partition(identity.arn()),
        id: identity.account().unwrap_or_default().to_owned(),
        region,
    })
}

/// `AWS_ENDPOINT_URL` and the profile may also name an endpoint.
fn is_custom(options: &ConnectOptions, config: &SdkConfig) -> bool {
    options.endpoint_url.is_some() || config.endpoint_url().is_some()
}

fn aws(options: &ConnectOptions, config: &SdkConfig, account: Account) -> Aws {
    let custom_endpoint = is_custom(options, config);
    let tell = TellRetries(options.on_retry.clone());
    let ec2 = Ec2::new(config, &account.region, tell.clone());
    let pace = paces();
    let mut iam = aws_sdk_iam::config::Builder::from(config)
        .interceptor(tell.clone())
        .retry_partition(pace("iam"));
    let mut lambda = aws_sdk_lambda::config::Builder::from(config)
        .interceptor(tell.clone())
        .retry_partition(pace("lambda"));
    let mut logs = aws_sdk_cloudwatchlogs::config::Builder::from(config)
        .interceptor(tell.clone())
        .retry_partition(pace("logs"));
    let mut scheduler = aws_sdk_scheduler::config::Builder::from(config)
        .interceptor(tell.clone())
        .retry_partition(pace("scheduler"));
    let mut events = aws_sdk_eventbridge::config::Builder::from(config)
        .interceptor(tell.clone())
        .retry_partition(pace("events"));
    let mut sfn = aws_sdk_sfn::config::Builder::from(config)
        .interceptor(tell)
        .retry_partition(pace("states"));
    if let Some(client) = config.http_client().filter(|_| !options.embedded) {
        let of = |service| {
            let (now, sleep) = (options.now.clone(), options.sleep.clone());
            Budgeted::new(service, client.clone(), now, sleep)
        };
        iam = iam.http_client(of("iam"));
        lambda = lambda.http_client(of("lambda"));
        logs = logs.http_client(of("logs"));
        scheduler = scheduler.http_client(of("scheduler"));
        events = events.http_client(of("events"));
        sfn = sfn.http_client(of("states"));
    }
    if options.embedded {
        iam = iam.retry_classifier(UnlessRefused);
        lambda = lambda.retry_classifier(UnlessRefused);
        logs = logs.retry_classifier(UnlessRefused);
        sfn = sfn.retry_classifier(UnlessRefused);
    }
    if options.embedded && options.time == Time::Virtual {
        sfn = sfn.interceptor(RequestChange::VirtualTime);
        events = events.interceptor(RequestChange::VirtualTime);
    }
    if custom_endpoint {
        sfn = sfn.interceptor(RequestChange::WithoutHostPrefix);
    }
    Aws {
        account,
        iam: aws_sdk_iam::Client::from_conf(iam.build()),
        lambda: aws_sdk_lambda::Client::from_conf(lambda.build()),
        sfn: aws_sdk_sfn::Client::from_conf(sfn.build()),
        logs: aws_sdk_cloudwatchlogs::Client::from_conf(logs.build()),
        scheduler: aws_sdk_scheduler::Client::from_conf(scheduler.build()),
        events: aws_sdk_eventbridge::Client::from_conf(events.build()),
        ec2,
        sleep: options.sleep.clone(),
        now: options.now.clone(),
        policy_propagation: options
            .access
            .policy_propagation
            .unwrap_or(if custom_endpoint {
                // Other endpoints apply a policy at once.
                Duration::ZERO
            } else {
                POLICY_PROPAGATION
            }),
        shortest_change: if options.embedded {
            EMBEDDED_CHANGE
        } else {
            SHORTEST_CHANGE
        },
        custom_endpoint,
        handover: options.handover.clone(),
    }
}

/// The SDK slows down all clients of a partition once one of their calls is throttled. Each run has its own, and its own
/// clock.
fn paces() -> impl Fn(&str) -> RetryPartition {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let run = RUNS.fetch_add(1, Ordering::Relaxed);
    move |service| RetryPartition::new(format!("{service}-{run}"))
}

/// The clock of the run, for the SDK.
struct Now(Clock);

impl fmt::Debug for Now {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Now")
    }
}

impl TimeSource for Now {
    fn now(&self) -> SystemTime {
        // The platform counts from a later year than jiff; no clock shows one in between.
        SystemTime::try_from((self.0)()).unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

async fn load(options: &ConnectOptions) -> SdkConfig {
    // Throttling is common while many resources are created at once: adaptive retries slow down for
    // it, and eight attempts outlast a burst.
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .retry_config(RetryConfig::adaptive().with_max_attempts(8))
        .timeout_config(limits::of_calls())
        // A request that waits for its turn sends nothing, but has not stalled. An upload that has is ended by the limits of calls.
        .stalled_stream_protection(
            StalledStreamProtectionConfig::enabled()
                .upload_enabled(false)
                .build(),
        )
        .sleep_impl(options.sleep.clone())
        .time_source(SharedTimeSource::new(Now(options.now.clone())));
    if let Ok(name) = AppName::new("txflow") {
        loader = loader.app_name(name);
    }
    if let Some(region) = &options.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(endpoint_url) = &options.endpoint_url {
        loader = loader.endpoint_url(endpoint_url);
    }
    let client = options.access.http_client.clone();
    loader = loader.http_client(client.unwrap_or_else(|| http_client(options.embedded)));
    if let Some(id) = &options.access.access_key_id {
        let credentials = Credentials::new(id, "local", None, None, "txflow --local");
        loader = loader.credentials_provider(credentials);
    }
    loader.load().await
}

/// The partition of an ARN, `aws` if there is none.
fn partition(arn: Option<&str>) -> String {
    arn.and_then(Arn::parse)
        .map(|arn| arn.partition)
        .filter(|partition| !partition.is_empty())
        .unwrap_or("aws")
        .to_owned()
}
