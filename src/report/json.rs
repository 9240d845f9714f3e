//! Events as JSON, one object a line.

use super::{Event, Reporter};
use crate::world::Stream;

pub struct JsonLines {
    pub stream: Stream,
}

impl Reporter for JsonLines {
    fn report(&self, event: &Event) {
        if event.is_worth_a_line() {
            // Every event is made of strings and numbers, which serialize; and a reader that has gone
            // away is not a reason to fail.
            let _ = self.stream.json_line(event);
        }
    }
}
