//! How long to wait for AWS, and when to give up.

use std::time::Duration;

/// The pauses between attempts. They are finite: "attempts exhausted" is the caller's error.
pub struct Backoff {
    next: Duration,
    longest: Duration,
    /// The longest pause once a minute has passed.
    later: Duration,
    waited: Duration,
    limit: Duration,
}

const MINUTE: Duration = Duration::from_secs(60);

impl Backoff {
    /// For a role that is not assumable everywhere yet, and for a change in progress: 0.1 s, doubling to 2 s, up to
    /// 120 s in total. It usually takes seconds, sometimes a minute.
    pub fn until_ready() -> Self {
        Self {
            next: Duration::from_millis(100),
            longest: Duration::from_secs(2),
            later: Duration::from_secs(2),
            waited: Duration::ZERO,
            limit: Duration::from_secs(120),
        }
    }

    /// For a function that is being created or updated: 0.3 s, doubling to 1 s, and 5 s after a minute, up to 10 min in
    /// total. Functions in a VPC take minutes.
    pub fn function() -> Self {
        Self {
            next: Duration::from_millis(300),
            longest: Duration::from_secs(1),
            later: Duration::from_secs(5),
            limit: Duration::from_secs(600),
            ..Self::until_ready()
        }
    }

    /// For what AWS has accepted and does not show yet: 0.1 s, doubling to 2 s, up to 10 s in total.
    pub fn visible() -> Self {
        Self {
            limit: Duration::from_secs(10),
            ..Self::until_ready()
        }
    }

    /// For a state machine that is being deleted: up to 5 min, since it exists until its executions have
    /// ended, and those are being stopped.
    pub fn deletion() -> Self {
        Self {
            later: Duration::from_secs(5),
            limit: Duration::from_secs(300),
            ..Self::until_ready()
        }
    }

    /// For network interfaces that Lambda removes: up to 45 min. AWS says that it takes up to 20 min; it was seen to take
    /// twice as long.
    pub fn interfaces() -> Self {
        Self {
            later: Duration::from_secs(10),
            limit: Duration::from_secs(2700),
            ..Self::until_ready()
        }
    }

    /// The sum of the pauses so far.
    pub fn waited(&self) -> Duration {
        self.waited
    }
}

impl Iterator for Backoff {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let left = self.limit.saturating_sub(self.waited);
        if left.is_zero() {
            return None;
        }
        let pause = self.next.min(left);
        self.waited += pause;
        let longest = if self.waited < MINUTE {
            self.longest
        } else {
            self.later
        };
        self.next = (self.next * 2).min(longest);
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_for_a_role_starts_short_and_ends_after_two_minutes() {
        let pauses: Vec<Duration> = Backoff::until_ready().collect();
        let first: Vec<u128> = pauses.iter().take(7).map(Duration::as_millis).collect();
        assert_eq!(first, [100, 200, 400, 800, 1600, 2000, 2000]);
        assert_eq!(pauses.iter().sum::<Duration>(), Duration::from_secs(120));
    }

    #[test]
    fn a_function_that_takes_minutes_is_asked_less_often() {
        let pauses: Vec<Duration> = Backoff::function().collect();
        let first: Vec<u128> = pauses.iter().take(4).map(Duration::as_millis).collect();
        assert_eq!(first, [300, 600, 1000, 1000]);
        assert_eq!(pauses.get(10), Some(&Duration::from_secs(1)));
        assert_eq!(pauses.get(100), Some(&Duration::from_secs(5)));
        assert_eq!(pauses.iter().sum::<Duration>(), Duration::from_secs(600));
    }
}
