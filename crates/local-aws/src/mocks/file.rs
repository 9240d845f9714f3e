//! The mock file of Step Functions Local.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{MockedResponse, MockedResponses, Mocks, Turn};

/// Why a mock file is refused.
#[derive(Debug, thiserror::Error)]
pub enum MockFileError {
    #[error("the mock file is not valid: {0}")]
    Syntax(#[from] serde_json::Error),
    #[error("`{state_machine}`, test case `{test_case}`: no mocked response is named `{response}`")]
    UnknownResponse {
        state_machine: String,
        test_case: String,
        response: String,
    },
    #[error(
        "mocked response `{response}`: attempt `{attempt}` is neither a number such as `0` nor a range such as `1-2` or `3-`"
    )]
    Attempt { response: String, attempt: String },
    #[error(
        "mocked response `{response}`: attempts start at 0 and leave no gap, but attempt {missing} is missing"
    )]
    Gap { response: String, missing: usize },
    #[error(
        "mocked response `{response}`: `{from}-` answers all attempts from {from} on, but attempt {other} is given as well"
    )]
    Overlap {
        response: String,
        from: usize,
        other: usize,
    },
    #[error("mocked response `{response}`: attempt {attempt} is answered twice")]
    Twice { response: String, attempt: usize },
}

/// The largest range of attempts: beyond any number of retries.
const MAX_ATTEMPTS: usize = 1000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct File {
    #[serde(default)]
    state_machines: BTreeMap<String, Machine>,
    #[serde(default)]
    mocked_responses: BTreeMap<String, BTreeMap<String, Response>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Machine {
    #[serde(default)]
    test_cases: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Deserialize, Clone)]
enum Response {
    Return(Value),
    Payload(Value),
    #[serde(rename_all = "PascalCase")]
    Throw {
        error: String,
        #[serde(default)]
        cause: String,
    },
}

impl Mocks {
    /// Reads the mock file format of AWS's Step Functions Local. Beyond that format, an attempt may have `Payload`
    /// instead of `Return` (see [`MockedResponse::Payload`]), and the last range of attempts may be open: `3-` (see
    /// [`MockedResponses::repeating_the_last`]).
    pub fn from_file_text(text: &str) -> Result<Mocks, MockFileError> {
        let file: File = serde_json::from_str(text)?;
        let mut responses = BTreeMap::new();
        for (name, attempts) in &file.mocked_responses {
            responses.insert(name.as_str(), Arc::new(in_order(name, attempts)?));
        }
        let mut mocks = Mocks::default();
        for (state_machine, machine) in &file.state_machines {
            for (test_case, states) in &machine.test_cases {
                let cases = mocks.machines.entry(state_machine.clone()).or_default();
                let mocked = cases.entry(test_case.clone()).or_default();
                for (state, response) in states {
                    let found = responses.get(response.as_str()).ok_or_else(|| {
                        MockFileError::UnknownResponse {
                            state_machine: state_machine.clone(),
                            test_case: test_case.clone(),
                            response: response.clone(),
                        }
                    })?;
                    mocked.insert(state.clone(), Arc::clone(found));
                }
            }
        }
        Ok(mocks)
    }

    /// The same as text, for [`Mocks::from_file_text`].
    pub fn to_file_text(&self) -> String {
        let (mut machines, mut responses) = (Map::new(), Map::new());
        for (machine, cases) in &self.machines {
            let mut shown = Map::new();
            for (case, states) in cases {
                let mut named = Map::new();
                for (state, answers) in states {
                    let name = format!("{machine}/{case}/{state}");
                    responses.insert(name.clone(), shown_responses(answers));
                    named.insert(state.clone(), json!(name));
                }
                shown.insert(case.clone(), Value::Object(named));
            }
            machines.insert(machine.clone(), json!({ "TestCases": shown }));
        }
        json!({ "StateMachines": machines, "MockedResponses": responses }).to_string()
    }
}

fn shown_responses(responses: &MockedResponses) -> Value {
    let mut shown = Map::new();
    let mut from = 0;
    let last = responses.attempts().saturating_sub(1);
    for turn in &responses.in_turn {
        let key = if responses.last_repeats && turn.to == last {
            format!("{from}-")
        } else if turn.to == from {
            from.to_string()
        } else {
            format!("{from}-{}", turn.to)
        };
        shown.insert(key, shown_response(&turn.response));
        from = turn.to + 1;
    }
    Value::Object(shown)
}

fn shown_response(response: &MockedResponse) -> Value {
    match response {
        MockedResponse::Return(value) => json!({ "Return": value }),
        MockedResponse::Payload(value) => json!({ "Payload": value }),
        MockedResponse::Throw { error, cause } => {
            json!({ "Throw": { "Error": error, "Cause": cause } })
        }
    }
}

fn in_order(
    name: &str,
    attempts: &BTreeMap<String, Response>,
) -> Result<MockedResponses, MockFileError> {
    let response = || name.to_owned();
    let mut ranges = Vec::with_capacity(attempts.len());
    for (attempt, answer) in attempts {
        let (from, to) = range(attempt).ok_or_else(|| MockFileError::Attempt {
            response: response(),
            attempt: attempt.clone(),
        })?;
        ranges.push((from, to, answer));
    }
    ranges.sort_by_key(|(from, to, _)| (*from, to.unwrap_or(usize::MAX)));
    let mut in_turn: Vec<Turn> = Vec::with_capacity(ranges.len());
    let mut open_from = None;
    for (from, to, answer) in ranges {
        let next = in_turn.last().map_or(0, |turn| turn.to + 1);
        let overlap = match open_from {
            Some(open) => Some((open, to.unwrap_or(from))),
            None if to.is_none() && from < next => Some((from, next - 1)),
            None => None,
        };
        if let Some((from, other)) = overlap {
            return Err(MockFileError::Overlap {
                response: response(),
                from,
                other,
            });
        }
        if from > next {
            return Err(MockFileError::Gap {
                response: response(),
                missing: next,
            });
        }
        if from < next {
            return Err(MockFileError::Twice {
                response: response(),
                attempt: from,
            });
        }
        if to.is_none() {
            open_from = Some(from);
        }
        in_turn.push(Turn {
            to: to.unwrap_or(from),
            response: answer.clone().into(),
        });
    }
    Ok(MockedResponses {
        in_turn,
        last_repeats: open_from.is_some(),
    })
}

/// The attempts that `0`, `1-2` or `3-` stands for. An open range covers all attempts from its first on.
fn range(text: &str) -> Option<(usize, Option<usize>)> {
    let number = |text: &str| {
        let number = text.trim().parse().ok();
        number.filter(|number| *number < MAX_ATTEMPTS)
    };
    let Some((from, to)) = text.split_once('-') else {
        let only = number(text)?;
        return Some((only, Some(only)));
    };
    let from = number(from)?;
    if to.trim().is_empty() {
        return Some((from, None));
    }
    let to = number(to)?;
    (from <= to).then_some((from, Some(to)))
}

impl From<Response> for MockedResponse {
    fn from(response: Response) -> MockedResponse {
        match response {
            Response::Return(value) => MockedResponse::Return(value),
            Response::Payload(value) => MockedResponse::Payload(value),
            Response::Throw { error, cause } => MockedResponse::Throw { error, cause },
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const FILE: &str = r#"{
        "StateMachines": {"Orders": {"TestCases": {"Retry": {"Charge": "ChargeTwice"}}}},
        "MockedResponses": {"ChargeTwice": {
            "0-1": {"Throw": {"Error": "Busy", "Cause": "later"}},
            "2": {"Return": {"StatusCode": 200, "Payload": {"ok": true}}}
        }}
    }"#;

    #[test]
    fn awss_format_is_read_and_written() {
        let mocks = Mocks::from_file_text(FILE).unwrap();
        let busy = MockedResponse::Throw {
            error: "Busy".into(),
            cause: "later".into(),
        };
        let done = MockedResponse::Return(json!({"StatusCode": 200, "Payload": {"ok": true}}));
        let mut expected = Mocks::default();
        let attempts = vec![busy.clone(), busy.clone(), done];
        expected.add(
            "Orders",
            "Retry",
            "Charge",
            MockedResponses::exactly(attempts),
        );
        assert_eq!(mocks, expected);
        let always = MockedResponses::repeating_the_last(vec![busy]);
        expected.add("Orders", "Never", "Charge", always);
        assert_eq!(
            Mocks::from_file_text(&expected.to_file_text()).unwrap(),
            expected
        );
    }

    #[test]
    fn a_range_is_one_answer_however_long_it_is() {
        let file = FILE.replace("0-1", "0-998").replace("\"2\"", "\"999\"");
        let mocks = Mocks::from_file_text(&file).unwrap();
        let answers = &mocks.machines["Orders"]["Retry"]["Charge"];
        assert_eq!(answers.in_turn.len(), 2);
        for (attempt, expected) in [(0, 0), (998, 0), (999, 1)] {
            let answer = answers.to(attempt);
            assert_eq!(
                answer,
                Some(&answers.in_turn[expected].response),
                "{attempt}"
            );
        }
        assert_eq!(answers.to(1000), None);
        let written = mocks.to_file_text();
        assert!(
            written.contains("\"0-998\"") && written.contains("\"999\""),
            "{written}"
        );
        assert_eq!(Mocks::from_file_text(&written).unwrap(), mocks);
    }

    #[test]
    fn mistakes_are_named() {
        let message = |from: &str, to: &str| {
            Mocks::from_file_text(&FILE.replace(from, to))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            message("\"Charge\": \"ChargeTwice\"", "\"Charge\": \"Nothing\""),
            "`Orders`, test case `Retry`: no mocked response is named `Nothing`"
        );
        assert!(message("0-1", "1-0").contains("attempt `1-0` is neither"));
        assert!(message("0-1", "1-1").contains("attempt 0 is missing"));
        assert!(message("0-1", "0-").contains("from 0 on, but attempt 2 is given"));
        assert!(message("0-1", "0-2").contains("attempt 2 is answered twice"));
        assert!(
            message("\"2\"", "\"0-\"")
                .contains("`0-` answers all attempts from 0 on, but attempt 1 is given")
        );
    }
}
