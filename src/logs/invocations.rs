//! The invocations that a log shows. Pure.

use std::collections::HashMap;

use jiff::Timestamp;

use super::platform::Platform;
use super::{LogLine, Streams};

/// One invocation of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Invocation {
    pub request_id: String,
    pub function: String,
    /// `$LATEST` or a number.
    pub version: String,
    pub started: Timestamp,
    /// `None` while it runs, or if its END was not read.
    pub ended: Option<Timestamp>,
    /// The indexes of its lines.
    pub lines: Vec<usize>,
}

/// The invocations whose START is among the lines, which stand in time order. What a process wrote
/// while it started is of its first invocation.
pub(super) fn invocations(lines: &[LogLine]) -> Vec<Invocation> {
    let mut invocations: Vec<Invocation> = Vec::new();
    let mut by_id: HashMap<String, usize> = HashMap::new();
    let mut starting: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    let mut streams = Streams::default();
    for (index, line) in lines.iter().enumerate() {
        let stream = (line.function.as_str(), line.log_stream.as_str());
        let Some(request_id) = streams.request_id(line) else {
            starting.entry(stream).or_default().push(index);
            continue;
        };
        let platform = Platform::parse(&line.message);
        if let Some(Platform::Start { version, .. }) = platform
            && !by_id.contains_key(&request_id)
        {
            by_id.insert(request_id.clone(), invocations.len());
            invocations.push(Invocation {
                request_id: request_id.clone(),
                function: line.function.clone(),
                version: version.to_owned(),
                started: line.time,
                ended: None,
                lines: starting.remove(&stream).unwrap_or_default(),
            });
        }
        // The END of one that began before the first line.
        let Some(invocation) = by_id.get(&request_id).map(|at| &mut invocations[*at]) else {
            starting.remove(&stream);
            continue;
        };
        if let Some(Platform::End { .. }) = platform {
            invocation.ended = Some(line.time);
        }
        invocation.lines.push(index);
    }
    invocations
}

#[cfg(test)]
mod tests {
    use super::super::line::tests::line;
    use super::*;

    fn messages<'a>(lines: &'a [LogLine], invocation: &Invocation) -> Vec<&'a str> {
        let own = invocation.lines.iter().map(|index| &lines[*index]);
        own.filter(|line| !line.is_platform())
            .map(|line| line.message.as_str())
            .collect()
    }

    #[test]
    fn lines_of_invocations_that_overlap_are_told_apart_by_their_streams() {
        let lines = [
            line(1, "s", "START RequestId: a Version: 3"),
            line(2, "t", "START RequestId: b Version: 3"),
            line(3, "s", "one of a"),
            line(3, "t", "one of b"),
            line(4, "s", "two of a"),
            line(5, "t", "END RequestId: b"),
            line(6, "s", "END RequestId: a"),
            line(7, "s", "START RequestId: c Version: 3"),
            line(8, "s", "one of c"),
        ];
        let found = invocations(&lines);
        assert_eq!(messages(&lines, &found[0]), ["one of a", "two of a"]);
        assert_eq!(messages(&lines, &found[1]), ["one of b"]);
        assert_eq!(messages(&lines, &found[2]), ["one of c"]);
        let ends = found
            .iter()
            .map(|invocation| invocation.ended.map(Timestamp::as_millisecond));
        assert_eq!(ends.collect::<Vec<_>>(), [Some(6), Some(5), None]);
        assert_eq!(found[0].version, "3");
    }

    #[test]
    fn what_a_process_writes_while_it_starts_is_of_its_first_invocation() {
        let lines = [
            line(1, "s", "INIT_START Runtime Version: v"),
            line(2, "s", "connecting"),
            line(3, "s", "START RequestId: a Version: 1"),
            line(4, "s", "END RequestId: a"),
            line(5, "s", "after the answer"),
            line(6, "s", "INIT_START Runtime Version: v"),
            line(7, "s", "connecting again"),
            line(8, "s", "START RequestId: b Version: 1"),
        ];
        let found = invocations(&lines);
        assert_eq!(
            messages(&lines, &found[0]),
            ["connecting", "after the answer"]
        );
        assert_eq!(messages(&lines, &found[1]), ["connecting again"]);
    }

    #[test]
    fn the_rest_of_an_invocation_that_began_before_the_first_line_is_nobodys() {
        let lines = [
            line(1, "s", "the rest"),
            line(2, "s", "END RequestId: a"),
            line(3, "s", "START RequestId: b Version: 1"),
            line(4, "s", "one of b"),
        ];
        let found = invocations(&lines);
        assert_eq!(found.len(), 1);
        assert_eq!(messages(&lines, &found[0]), ["one of b"]);
    }
}
