//! Events as JSON, one object a line.

use super::{Event, Reporter};
use crate::world::Stream;

pub struct JsonLines {
    pub stream: Stream,
    /// Whether only findings and notes are wanted.
    pub quiet: bool,
}

impl Reporter for JsonLines {
    fn report(&self, event: &Event) {
        let wanted = !self.quiet || event.is_told_always();
        if wanted && event.is_worth_a_line() {
            // Every event is made of strings and numbers, which serialize; and a reader that has gone
            // away is not a reason to fail.
            let _ = self.stream.json_line(event);
        }
    }
}
