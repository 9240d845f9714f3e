//! What a state waits for that is running.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::page::data_flow::{Waiting, WaitsFor};
use crate::report::style::{duration, rfc3339};

pub fn running(waiting: &Waiting) -> Markup {
    let until = waiting.until.map(point);
    let limit = html! { @if let Some(until) = &until { ", until " (until) " at the latest" } };
    html! {
        p.note {
            @match (&waiting.what, &until) {
                (WaitsFor::Time, Some(until)) => { "Waits until " (until) "." }
                (WaitsFor::Time, None) => "Waits until a time that follows from what only the execution has.",
                (WaitsFor::Attempt { number, .. }, None) => { "Attempt " (number) " follows." }
                (WaitsFor::Attempt { number, jitter }, Some(until)) => {
                    "Attempt " (number) " follows at " (until) @if *jitter { " at the latest" } "."
                }
                (WaitsFor::Token, _) => { "Waits for whoever has its task token" (limit) "." }
                (WaitsFor::Worker, _) => { "Waits for a worker of the activity" (limit) "." }
                (WaitsFor::Job { service }, _) if service == "states" => {
                    "Waits for the execution that it started" (limit) "."
                }
                (WaitsFor::Job { service }, _) => {
                    "Waits for what it started in " code { (service) } (limit) "."
                }
                (WaitsFor::Answer { attempt }, _) => { "Attempt " (attempt) " is running" (limit) "." }
            }
            @if let Some(heartbeat) = waiting.heartbeat {
                " A heartbeat is due every " (duration(heartbeat)) "."
            }
        }
    }
}

fn point(time: Timestamp) -> Markup {
    let text = time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    html! { time datetime=(rfc3339(time)) { (text) } }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::report::style::since_1970;

    fn shown(what: WaitsFor, until: Option<f64>, heartbeat: Option<u64>) -> String {
        let page = running(&Waiting {
            what,
            until: until.map(since_1970),
            heartbeat: heartbeat.map(Duration::from_secs),
        });
        let mut text = String::new();
        for part in page.0.split('<') {
            text.push_str(part.split_once('>').map_or(part, |(_, text)| text));
        }
        text
    }

    #[test]
    fn it_says_for_what_and_until_when() {
        let late = Some(90.0);
        let attempt = |jitter| WaitsFor::Attempt { number: 2, jitter };
        let job = |service: &str| WaitsFor::Job {
            service: service.to_owned(),
        };
        for (waiting, said) in [
            (
                shown(WaitsFor::Time, late, None),
                "Waits until 1970-01-01 00:01:30 UTC.",
            ),
            (
                shown(WaitsFor::Time, None, None),
                "Waits until a time that follows from what only the execution has.",
            ),
            (
                shown(attempt(false), late, None),
                "Attempt 2 follows at 1970-01-01 00:01:30 UTC.",
            ),
            (
                shown(attempt(true), late, None),
                "Attempt 2 follows at 1970-01-01 00:01:30 UTC at the latest.",
            ),
            (
                shown(WaitsFor::Token, late, Some(30)),
                "Waits for whoever has its task token, until 1970-01-01 00:01:30 UTC at the latest. A heartbeat is due every 30 s.",
            ),
            (
                shown(job("states"), None, None),
                "Waits for the execution that it started.",
            ),
            (
                shown(job("<glue>"), None, None),
                "Waits for what it started in &lt;glue&gt;.",
            ),
            (
                shown(WaitsFor::Answer { attempt: 1 }, None, None),
                "Attempt 1 is running.",
            ),
        ] {
            assert_eq!(waiting, said);
        }
    }
}
