//! What is new in a log that is read again and again. Pure.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use super::{LogLine, Window};

/// How long to wait between two reads.
pub const INTERVAL: Duration = Duration::from_millis(1500);

/// Lines become readable seconds after they were written, in no order: as much is read again, in
/// milliseconds.
const OVERLAP: i64 = 20_000;

/// Knows which lines were there before.
#[derive(Debug)]
pub struct Follower {
    window: Window,
    /// The times of lines by their event id, as far back as is read again.
    seen: HashMap<String, i64>,
}

impl Follower {
    pub fn new(since: SystemTime) -> Self {
        Self {
            window: Window::since(since),
            seen: HashMap::new(),
        }
    }

    /// What to read next.
    pub fn window(&self) -> Window {
        self.window
    }

    /// Those of the lines of the window that were not read before.
    pub fn news(&mut self, lines: Vec<LogLine>) -> Vec<LogLine> {
        let newest = lines.iter().map(|line| line.time).max();
        let news: Vec<LogLine> = lines
            .into_iter()
            .filter(|line| self.seen.insert(line.event_id.clone(), line.time).is_none())
            .collect();
        if let Some(newest) = newest {
            self.window.from = self.window.from.max(newest - OVERLAP);
        }
        let from = self.window.from;
        self.seen.retain(|_, time| *time >= from);
        news
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::super::line::tests::line;
    use super::*;

    fn follow(follower: &mut Follower, all: &[LogLine]) -> Vec<String> {
        let from = follower.window().from;
        let window = all.iter().filter(|line| line.time >= from).cloned();
        let news = follower.news(window.collect());
        news.into_iter().map(|line| line.message).collect()
    }

    #[test]
    fn a_line_that_comes_late_is_told_and_none_is_told_twice() {
        let mut follower = Follower::new(UNIX_EPOCH);
        let mut all = vec![line(100_000, "s", "first"), line(130_000, "s", "second")];
        assert_eq!(follow(&mut follower, &all), ["first", "second"]);
        assert_eq!(follow(&mut follower, &all), [""; 0]);
        all.push(line(115_000, "t", "late"));
        all.push(line(131_000, "s", "third"));
        assert_eq!(follow(&mut follower, &all), ["late", "third"]);
        assert_eq!(follow(&mut follower, &all), [""; 0]);
    }

    #[test]
    fn what_is_read_again_does_not_grow() {
        let mut follower = Follower::new(UNIX_EPOCH);
        for second in 0..100 {
            follower.news(vec![line(second * 1000, "s", "a line")]);
        }
        assert_eq!(follower.window().from, 79_000);
        assert!(follower.seen.len() <= 21, "{}", follower.seen.len());
    }

    #[test]
    fn nothing_before_the_wanted_time_is_read() {
        let since = UNIX_EPOCH + Duration::from_secs(100);
        let mut follower = Follower::new(since);
        follower.news(vec![line(101_000, "s", "a line")]);
        assert_eq!(follower.window().from, 100_000);
    }
}
