//! How kind the cloud is: how long things take, how late changes are seen, and how often calls fail.

use std::time::Duration;

/// A description of AWS's unkindness. Everything that it leaves to chance depends on the seed, the call, and how many
/// such calls there were before, so the same sequence of calls meets the same weather.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weather {
    pub seed: u64,

    /// From a role's creation until a service can assume it. Differs between roles and between services.
    pub role_propagation: Span,
    /// From a change of a role's policies until they are in force. Differs between roles and between services.
    pub policy_propagation: Span,
    /// From CreateFunction until the function is `Active`.
    pub function_creation: Span,
    /// From UpdateFunctionCode or UpdateFunctionConfiguration until `LastUpdateStatus` is `Successful`.
    pub function_update: Span,
    /// From when no version of a function uses a network interface any more until Lambda removes it.
    pub network_interface_removal: Span,
    /// Before a failed event is retried; twice as long before the second and last retry.
    pub event_retry: Duration,
    /// From DeleteStateMachine until the state machine is gone.
    pub state_machine_deletion: Span,
    /// How long a call takes, besides its work.
    pub latency: Span,

    /// A read, or a call that refers to something, does not find what was created shortly before.
    pub late_creations: Lag,
    /// A read shows what something was shortly before.
    pub stale_reads: Lag,
    /// A list shows what there was shortly before.
    pub stale_lists: Lag,
    /// An execution runs the definition, or the version, from before a change of its state machine or alias.
    pub late_routing: Lag,

    /// Whether calls are throttled at AWS's documented rates.
    pub throttling: bool,
    /// The chance that Lambda is throttled by EC2 when a function enters a VPC.
    pub throttled_by_ec2: f64,
    /// The chance that the creation of a function ends with a failure.
    pub failed_creations: f64,
    /// The chance that an update of a function ends with a failure.
    pub failed_updates: f64,
    /// Whether an execution of a version or an alias assumes its role with that ARN as its source, rather than with the
    /// state machine's. AWS does not say which.
    pub qualified_source: bool,
    /// For which ARN the child executions of a Distributed Map assume their role.
    pub child_source: ChildSource,
    /// After how long without an invocation a function is `Inactive`. `None` for never.
    pub inactive_after: Option<Duration>,
    pub failures: Failures,
}

/// The source of a child execution of a Distributed Map, as the trust policy of its role sees it. AWS does not say which it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChildSource {
    /// That of the execution that has started it.
    Parent,
    /// The state machine with the label of the Map: `stateMachine:<name>/<label>`.
    Label,
    /// Its Map Run.
    MapRun,
    /// The child execution itself.
    Execution,
    /// One of these for each Map Run.
    Any,
}

/// A duration, chosen anew for each use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub least: Duration,
    pub most: Duration,
}

/// Something that happens with a chance, and then concerns the last while.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lag {
    /// From 0 to 1.
    pub chance: f64,
    pub span: Span,
}

/// The chances, from 0 to 1, that a call fails although nothing is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Failures {
    /// A 5xx answer; nothing was done.
    pub before: f64,
    /// A 5xx answer, although the call was served.
    pub after: f64,
    /// The connection is cut; nothing was done.
    pub cut_before: f64,
    /// The connection is cut instead of an answer.
    pub cut_after: f64,
}

impl Weather {
    /// Short delays of what clients are meant to wait for, so that one that does not fails here as it would in production,
    /// and nothing else. No status tells when a role can be assumed, so that takes no time.
    pub fn calm() -> Weather {
        Weather {
            role_propagation: Span::NONE,
            ..Weather::constant(Duration::from_millis(50))
        }
    }

    /// The same delay for all background operations, and nothing else.
    pub fn constant(delay: Duration) -> Weather {
        let span = Span::exactly(delay);
        Weather {
            seed: 0,
            role_propagation: span,
            policy_propagation: Span::NONE,
            function_creation: span,
            function_update: span,
            network_interface_removal: span,
            event_retry: delay,
            state_machine_deletion: span,
            latency: Span::NONE,
            late_creations: Lag::NEVER,
            stale_reads: Lag::NEVER,
            stale_lists: Lag::NEVER,
            late_routing: Lag::NEVER,
            throttling: false,
            throttled_by_ec2: 0.0,
            failed_creations: 0.0,
            failed_updates: 0.0,
            qualified_source: false,
            child_source: ChildSource::Parent,
            inactive_after: None,
            failures: Failures::default(),
        }
    }

    /// About what AWS does on a bad day.
    pub fn realistic(seed: u64) -> Weather {
        let day = Duration::from_hours(24);
        Weather {
            seed,
            role_propagation: Span::millis(1_000, 20_000),
            policy_propagation: Span::millis(500, 15_000),
            function_creation: Span::millis(300, 5_000),
            function_update: Span::millis(200, 4_000),
            network_interface_removal: Span::millis(60_000, 20 * 60_000),
            event_retry: Duration::from_mins(1),
            state_machine_deletion: Span::millis(2_000, 30_000),
            latency: Span::millis(15, 120),
            late_creations: Lag::new(0.25, Span::millis(100, 4_000)),
            stale_reads: Lag::new(0.1, Span::millis(100, 2_000)),
            stale_lists: Lag::new(0.25, Span::millis(100, 5_000)),
            late_routing: Lag::new(0.5, Span::millis(100, 4_000)),
            throttling: true,
            throttled_by_ec2: 0.2,
            failed_creations: 0.01,
            failed_updates: 0.01,
            qualified_source: true,
            child_source: ChildSource::Any,
            inactive_after: Some(14 * day),
            failures: Failures {
                before: 0.005,
                after: 0.005,
                cut_before: 0.0025,
                cut_after: 0.0025,
            },
        }
    }

    /// Whether a call can meet anything but the delays of background operations.
    pub(crate) fn varies(&self) -> bool {
        let lags = [self.late_creations, self.stale_reads, self.stale_lists];
        lags.iter().any(|lag| lag.chance > 0.0)
            || self.latency != Span::NONE
            || self.throttling
            || self.failures != Failures::default()
    }

    /// The longest time that something is seen late.
    pub(crate) fn memory(&self) -> Duration {
        let lags = [
            self.late_creations,
            self.stale_reads,
            self.stale_lists,
            self.late_routing,
        ];
        let lags = lags.into_iter().filter(|lag| lag.chance > 0.0);
        let spans = lags.map(|lag| lag.span).chain([self.policy_propagation]);
        spans.map(|span| span.most).max().unwrap_or_default()
    }
}

impl Default for Weather {
    fn default() -> Weather {
        Weather::calm()
    }
}

impl Span {
    pub const NONE: Span = Span::exactly(Duration::ZERO);

    pub const fn exactly(duration: Duration) -> Span {
        Span {
            least: duration,
            most: duration,
        }
    }

    pub const fn millis(least: u64, most: u64) -> Span {
        Span {
            least: Duration::from_millis(least),
            most: Duration::from_millis(most),
        }
    }
}

impl Lag {
    pub const NEVER: Lag = Lag::new(0.0, Span::NONE);

    pub const fn new(chance: f64, span: Span) -> Lag {
        Lag { chance, span }
    }
}
