//! How long to wait for AWS, and when to give up.

use std::time::Duration;

/// The pauses between attempts. They are finite: "attempts exhausted" is the caller's error.
pub struct Backoff {
    next: Duration,
    longest: Duration,
    left: Duration,
}

impl Backoff {
    /// For a role that is not assumable everywhere yet, and for a change in progress: 0.25 s, 0.5 s,
    /// 1 s, then 2 s, up to 120 s in total. It usually takes seconds, sometimes a minute.
    pub fn until_ready() -> Self {
        Self {
            next: Duration::from_millis(250),
            longest: Duration::from_secs(2),
            left: Duration::from_secs(120),
        }
    }

    /// For a function that is being created or updated: every second at first, then every 5 s, up to
    /// 10 min in total. Functions in a VPC take minutes.
    pub fn function() -> Self {
        Self {
            next: Duration::from_secs(1),
            longest: Duration::from_secs(5),
            left: Duration::from_secs(600),
        }
    }

    /// For a change that AWS has accepted but does not show yet: 0.25 s, 0.5 s, 1 s, then 2 s, up to
    /// 10 s in total.
    pub fn visible() -> Self {
        Self {
            left: Duration::from_secs(10),
            ..Self::until_ready()
        }
    }

    /// For a state machine that is being deleted: up to 5 min, since it exists until its executions have
    /// ended, and those are being stopped.
    pub fn deletion() -> Self {
        Self {
            next: Duration::from_millis(250),
            longest: Duration::from_secs(2),
            left: Duration::from_secs(300),
        }
    }
}

impl Iterator for Backoff {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        if self.left.is_zero() {
            return None;
        }
        let pause = self.next.min(self.left);
        self.left -= pause;
        self.next = (self.next * 2).min(self.longest);
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_for_a_role_starts_short_and_ends_after_two_minutes() {
        let pauses: Vec<Duration> = Backoff::until_ready().collect();
        let first: Vec<u128> = pauses.iter().take(5).map(Duration::as_millis).collect();
        assert_eq!(first, [250, 500, 1000, 2000, 2000]);
        assert_eq!(pauses.iter().sum::<Duration>(), Duration::from_secs(120));
    }
}
