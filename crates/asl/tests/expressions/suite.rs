//! The test suite of JSONata, as the crate `jsonata-rs` packages it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::{Value, json};

use crate::Question;
use crate::answer::Answer;

/// Files whose cases differ for a reason that is known.
const EXPLAINED: &[(&str, &str)] = &[
    ("descendent-operator/case016", NO_DOCUMENT),
    ("encoding/case001", NO_DOCUMENT),
    ("encoding/case003", NO_DOCUMENT),
    ("function-string/case022", NO_DOCUMENT),
    ("function-trim/case002", NO_DOCUMENT),
    ("transform/case022", NO_DOCUMENT),
    ("function-millis/case001", ANY_TEXT),
    ("function-uuid/case000", ANY_TEXT),
    ("function-string/case002", NOT_JAVASCRIPT),
    ("function-string/case007", NOT_JAVASCRIPT),
    ("range-operator/case021", LIMIT),
    ("range-operator/case024", LIMIT),
    ("tail-recursion/case001", LIMIT),
    ("tail-recursion/case002", LIMIT),
    ("tail-recursion/case005", LIMIT),
    ("tail-recursion/case006", LIMIT),
];

const NO_DOCUMENT: &str =
    "there is no document; the input of a state may be null, but never nothing";
const ANY_TEXT: &str = "the result is a pattern";
const NOT_JAVASCRIPT: &str =
    "the package has changed the case: jsonata-js writes `1e+100` as JavaScript does";
const LIMIT: &str = "Step Functions has narrower limits, and words of its own";
const EVAL: &str = "Step Functions has no `$eval`";

#[test]
#[ignore = "needs the test suite of JSONata"]
fn the_suite_that_needs_its_cases() {
    let folder = env::var_os("TXFLOW_JSONATA_SUITE")
        .expect("TXFLOW_JSONATA_SUITE is not set to the folder that .ci/jsonata-suite prints");
    let suite = Suite {
        folder: PathBuf::from(folder),
    };
    let cases = suite.cases();
    let (mut same, all, mut differing) = (0, cases.len(), 0);
    let mut explained: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, case) in &cases {
        let ours = Answer::ours(&suite.question(case));
        let expected = Expected::of(case);
        if expected.is(&ours) {
            same += 1;
        } else if let Some(reason) = reason(name, case) {
            *explained.entry(reason).or_default() += 1;
        } else {
            differing += 1;
            println!(
                "{name}: {}\n  suite  {expected:?}\n  txflow {ours:?}",
                case["expr"]
            );
        }
    }
    for (reason, count) in explained {
        println!("differ {count} times: {reason}");
    }
    println!("jsonata suite: {same}/{all}");
    assert_eq!(differing, 0, "cases differ for no known reason");
}

fn reason(name: &str, case: &Value) -> Option<&'static str> {
    let expression = case["expr"].as_str().unwrap_or_default();
    if expression.contains("$eval(") {
        return Some(EVAL);
    }
    let mut known = EXPLAINED.iter();
    known
        .find(|(file, _)| name.trim_end_matches(".json").ends_with(file))
        .map(|(_, reason)| *reason)
}

struct Suite {
    folder: PathBuf,
}

impl Suite {
    /// Each with the name of its file.
    fn cases(&self) -> Vec<(String, Value)> {
        let mut files = Vec::new();
        // What another implementation does not pass is a case as well.
        for part in ["groups", "skip"] {
            json_files(&self.folder.join(part), &mut files);
        }
        files.sort();
        assert!(
            !files.is_empty(),
            "{} holds no suite",
            self.folder.display()
        );
        let cases = files.into_iter().flat_map(|file| {
            let name = file
                .strip_prefix(&self.folder)
                .unwrap()
                .display()
                .to_string();
            let cases = match read(&file) {
                Some(Value::Array(cases)) => cases,
                Some(case) => vec![case],
                // Half a surrogate pair is a text in JavaScript only.
                None => Vec::new(),
            };
            let folder = file.parent().unwrap().to_owned();
            cases.into_iter().map(move |mut case| {
                if let Some(file) = case["expr-file"].as_str() {
                    let text = fs::read_to_string(folder.join(file)).unwrap();
                    case["expr"] = text.into();
                }
                (name.clone(), case)
            })
        });
        cases.collect()
    }

    fn question(&self, case: &Value) -> Question {
        let document = match (case.get("data"), case["dataset"].as_str()) {
            (Some(data), _) => data.clone(),
            (None, Some(name)) => read(&self.folder.join(format!("datasets/{name}.json"))).unwrap(),
            (None, None) => Value::Null,
        };
        Question {
            expression: bound(case),
            document: document.to_string(),
        }
    }
}

/// The expression with its variables.
fn bound(case: &Value) -> String {
    let expression = case["expr"].as_str().unwrap_or_default();
    let bindings = case["bindings"].as_object();
    let bindings: String = bindings
        .into_iter()
        .flatten()
        .map(|(name, value)| format!("${name} := {value}; "))
        .collect();
    match bindings.is_empty() {
        true => expression.to_owned(),
        false => format!("({bindings}{expression})"),
    }
}

fn json_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            json_files(&path, files);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            files.push(path);
        }
    }
}

fn read(file: &Path) -> Option<Value> {
    serde_json::from_str(&fs::read_to_string(file).unwrap()).ok()
}

#[derive(Debug)]
enum Expected {
    Value(Value, bool),
    Nothing,
    Code(String),
}

impl Expected {
    fn of(case: &Value) -> Self {
        let code = case["code"]
            .as_str()
            .or_else(|| case["error"]["code"].as_str());
        if let Some(code) = code {
            return Self::Code(code.to_owned());
        }
        if case["undefinedResult"] == true {
            return Self::Nothing;
        }
        Self::Value(case["result"].clone(), case["unordered"] == true)
    }

    fn is(&self, ours: &Answer) -> bool {
        match (self, ours) {
            (Self::Nothing, Answer::Nothing) => true,
            (
                Self::Code(code),
                Answer::Refused(Some(found), _) | Answer::Failed(Some(found), _),
            ) => code == found,
            (Self::Value(value, unordered), Answer::Value(found)) => {
                let form = |value: &Value| match (unordered, floats(value)) {
                    (true, Value::Array(mut items)) => {
                        items.sort_by_key(Value::to_string);
                        Value::Array(items)
                    }
                    (_, value) => value,
                };
                form(value) == form(found)
            }
            // A function has no text.
            (Self::Value(value, _), Answer::Unsupported) => value.is_null(),
            _ => false,
        }
    }
}

/// All numbers as floats, and as exactly as the suite writes them.
fn floats(value: &Value) -> Value {
    match value {
        Value::Number(number) => {
            let number = number.as_f64().unwrap_or_default();
            json!(format!("{number:.10e}"))
        }
        Value::Array(items) => items.iter().map(floats).collect(),
        Value::Object(fields) => {
            let fields = fields.iter();
            fields
                .map(|(name, value)| (name.clone(), floats(value)))
                .collect()
        }
        value => value.clone(),
    }
}
