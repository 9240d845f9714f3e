//! The mock file of Step Functions Local.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{MockedResponse, Mocks};

/// Why a mock file is not read.
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
        "mocked response `{response}`: attempt `{attempt}` is neither a number such as `0` nor a range such as `1-2`"
    )]
    Attempt { response: String, attempt: String },
    #[error(
        "mocked response `{response}`: attempts start at 0 and leave no gap, but attempt {missing} is missing"
    )]
    Gap { response: String, missing: usize },
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
    /// Reads the mock file format of AWS's Step Functions Local. Beside `Return` and `Throw`, an attempt may have
    /// `Payload`, see [`MockedResponse::Payload`].
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
                    let attempts: Map<_, _> = answers
                        .iter()
                        .enumerate()
                        .map(|(attempt, answer)| (attempt.to_string(), shown_response(answer)))
                        .collect();
                    responses.insert(name.clone(), Value::Object(attempts));
                    named.insert(state.clone(), json!(name));
                }
                shown.insert(case.clone(), Value::Object(named));
            }
            machines.insert(machine.clone(), json!({ "TestCases": shown }));
        }
        json!({ "StateMachines": machines, "MockedResponses": responses }).to_string()
    }
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
) -> Result<Vec<MockedResponse>, MockFileError> {
    let mut by_attempt: BTreeMap<usize, MockedResponse> = BTreeMap::new();
    for (attempt, response) in attempts {
        let malformed = || MockFileError::Attempt {
            response: name.to_owned(),
            attempt: attempt.clone(),
        };
        let (from, to) = attempt.split_once('-').unwrap_or((attempt, attempt));
        let from: usize = from.trim().parse().map_err(|_| malformed())?;
        let to: usize = to.trim().parse().map_err(|_| malformed())?;
        if to < from || to >= MAX_ATTEMPTS {
            return Err(malformed());
        }
        for index in from..=to {
            by_attempt.insert(index, response.clone().into());
        }
    }
    let missing = (0..by_attempt.len()).find(|index| !by_attempt.contains_key(index));
    match missing {
        Some(missing) => Err(MockFileError::Gap {
            response: name.to_owned(),
            missing,
        }),
        None => Ok(by_attempt.into_values().collect()),
    }
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
        expected.add("Orders", "Retry", "Charge", vec![busy.clone(), busy, done]);
        assert_eq!(mocks, expected);
        assert_eq!(Mocks::from_file_text(&mocks.to_file_text()).unwrap(), mocks);
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
    }
}
