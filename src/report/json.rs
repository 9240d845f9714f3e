//! Events as JSON, one object a line.

use super::{Event, Reporter};
use crate::world::Stream;

pub struct JsonLines {
    pub stream: Stream,
}

impl Reporter for JsonLines {
    fn report(&self, event: &Event) {
        // Every event is made of strings and numbers, which serialize.
        if event.is_worth_a_line()
            && let Ok(line) = serde_json::to_string(event)
        {
            self.stream.json(&line);
        }
    }
}
