//! What is new in a log that is read again and again. Pure.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

use super::{LogLine, Window};

/// How long to wait between two reads.
pub const INTERVAL: Duration = Duration::from_millis(1500);

/// Lines become readable seconds after they were written, in no order: so much is read again.
const OVERLAP: Duration = Duration::from_secs(20);

/// Knows which lines were there before.
#[derive(Debug)]
pub struct Follower {
    window: Window,
    /// The times of lines by their event id, as far back as is read again.
    seen: HashMap<String, Timestamp>,
}

impl Follower {
    pub fn new(since: Timestamp) -> Self {
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
    pub fn new_lines(&mut self, lines: Vec<LogLine>) -> Vec<LogLine> {
        let newest = lines.iter().map(|line| line.time).max();
        let new: Vec<LogLine> = lines
            .into_iter()
            .filter(|line| self.seen.insert(line.event_id.clone(), line.time).is_none())
            .collect();
        if let Some(newest) = newest {
            self.window.from = self.window.from.max(newest - OVERLAP);
        }
        let from = self.window.from;
        self.seen.retain(|_, time| *time >= from);
        new
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::line::tests::line;
    use super::*;
    use crate::aws::of_millis;

    fn follow(follower: &mut Follower, all: &[LogLine]) -> Vec<String> {
        let from = follower.window().from;
        let window = all.iter().filter(|line| line.time >= from).cloned();
        let new = follower.new_lines(window.collect());
        new.into_iter().map(|line| line.message).collect()
    }

    #[test]
    fn a_late_line_is_shown_and_no_line_is_shown_twice() {
        let mut follower = Follower::new(Timestamp::UNIX_EPOCH);
        let mut all = vec![line(100_000, "s", "first"), line(130_000, "s", "second")];
        assert_eq!(follow(&mut follower, &all), ["first", "second"]);
        assert_eq!(follow(&mut follower, &all), [""; 0]);
        all.push(line(115_000, "t", "late"));
        all.push(line(131_000, "s", "third"));
        assert_eq!(follow(&mut follower, &all), ["late", "third"]);
        assert_eq!(follow(&mut follower, &all), [""; 0]);
    }

    /// A read begins with the millisecond that the wanted time is in.
    #[test]
    fn a_line_of_the_millisecond_in_which_it_begins_is_not_shown_twice() {
        let since = of_millis(100_000) + Duration::from_micros(500);
        let mut follower = Follower::new(since);
        let all = [line(100_000, "s", "first"), line(100_001, "s", "second")];
        let mut read = || {
            let from = follower.window().from.as_millisecond();
            let lines = { all.iter() }.filter(|line| line.time.as_millisecond() >= from);
            follower.new_lines(lines.cloned().collect()).len()
        };
        assert_eq!([read(), read(), read()], [2, 0, 0]);
    }

    #[test]
    fn what_is_read_again_does_not_grow() {
        let mut follower = Follower::new(Timestamp::UNIX_EPOCH);
        for second in 0..100 {
            follower.new_lines(vec![line(second * 1000, "s", "a line")]);
        }
        assert_eq!(follower.window().from, of_millis(79_000));
        assert!(follower.seen.len() <= 21, "{}", follower.seen.len());
    }

    #[test]
    fn nothing_before_the_wanted_time_is_read() {
        let since = Timestamp::UNIX_EPOCH + Duration::from_secs(100);
        let mut follower = Follower::new(since);
        follower.new_lines(vec![line(101_000, "s", "a line")]);
        assert_eq!(follower.window().from, of_millis(100_000));
    }
}
