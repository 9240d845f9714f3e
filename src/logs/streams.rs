//! Which invocation a line belongs to. Pure.

use std::collections::HashMap;

use super::LogLine;
use super::platform::Platform;

/// The current invocation of each log stream. A stream is written by one process, which runs one invocation at a
/// time: what stands between the START and the next is of that invocation, whether it says so or not.
#[derive(Debug, Default)]
pub struct Streams {
    /// By function and stream.
    current: HashMap<(String, String), String>,
}

impl Streams {
    /// The request id of the invocation that wrote the next line. `None` if its START was not
    /// read, and for what a process writes while it starts.
    pub fn request_id(&mut self, line: &LogLine) -> Option<String> {
        let stream = (line.function.clone(), line.log_stream.clone());
        match Platform::parse(&line.message) {
            Some(Platform::Init) => {
                self.current.remove(&stream);
                None
            }
            Some(
                Platform::Start { request_id, .. }
                | Platform::End { request_id }
                | Platform::Report { request_id },
            ) => {
                self.current.insert(stream, request_id.to_owned());
                Some(request_id.to_owned())
            }
            None => self.current.get(&stream).cloned(),
        }
    }
}
