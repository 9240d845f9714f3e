//! The Lambda functions of the recordings, by the key that says what each one does, called through `lambda:invoke` and
//! through the function's own ARN.

use serde_json::{Value, json};
use txflow_asl::definition::ResourceKind;
use txflow_asl::{Payload, TaskEnd, TaskError, TaskRequest, TaskResult};

pub struct Lambda {
    functions: Vec<Function>,
}

struct Function {
    name: String,
    arn: String,
    behavior: Behavior,
}

/// What a function of the recordings does, in the words of `lambda_stubs`.
enum Behavior {
    /// Returns its event.
    Echo,
    /// Prints its event and returns this.
    Fixed(Value),
    Bytes(String),
    Raises {
        error_type: String,
        message: String,
    },
    Sleeps,
}

/// What a Python function does with an invocation.
enum Answer {
    /// The bytes of the response.
    Returns(String),
    Raises {
        error_type: String,
        message: String,
        line: u32,
        statement: String,
    },
    Sleeps,
}

const REQUEST_ID: &str = "8c1ff4a7-2f3c-4a8e-9f55-1d2e3f405162";

impl Lambda {
    /// `Err` names a function that nobody here can play.
    pub fn of(row: &Value) -> Result<Self, String> {
        let stubs = row["lambda_stubs"].as_array().into_iter().flatten();
        let text = |stub: &Value, name: &str| stub[name].as_str().unwrap_or_default().to_owned();
        let functions = stubs.map(|stub| {
            let (name, behavior) = (text(stub, "function_name"), text(stub, "behavior"));
            let unknown = || format!("no function does `{behavior}`, as `{name}` did");
            Ok(Function {
                arn: text(stub, "function_arn"),
                behavior: Behavior::parse(&behavior).ok_or_else(unknown)?,
                name,
            })
        });
        let functions = functions.collect::<Result<_, String>>()?;
        Ok(Self { functions })
    }

    pub fn run(&self, request: &TaskRequest) -> TaskEnd {
        match &request.resource.kind {
            ResourceKind::LambdaFunction => {
                self.invoke(&request.resource.arn, request.parameters.value(), direct)
            }
            ResourceKind::Service { resource_type, .. } if resource_type == "lambda" => {
                let parameters = request.parameters.value();
                let name = parameters["FunctionName"].as_str().unwrap_or_default();
                let payload = match &parameters["Payload"] {
                    Value::Null => json!({}),
                    // A string is sent unchanged, and the function parses it as JSON.
                    Value::String(text) => match serde_json::from_str(text) {
                        Ok(payload) => payload,
                        Err(error) => return TaskEnd::Done(Err(not_parsed(&error))),
                    },
                    payload => payload.clone(),
                };
                if parameters["LogType"] == "Tail" {
                    return self.invoke(name, &payload, integrated_with_log);
                }
                self.invoke(name, &payload, integrated)
            }
            _ => TaskEnd::Never,
        }
    }

    fn invoke(
        &self,
        name: &str,
        payload: &Value,
        respond: fn(Result<String, Failure>) -> TaskResult,
    ) -> TaskEnd {
        let matches = |f: &&Function| f.arn == name || f.name == name;
        let Some(function) = self.functions.iter().find(matches) else {
            return TaskEnd::Done(Err(not_found(name)));
        };
        let answer = match function.answer(payload) {
            Answer::Sleeps => return TaskEnd::Never,
            Answer::Returns(bytes) => Ok(bytes),
            Answer::Raises {
                error_type,
                message,
                line,
                statement,
            } => {
                let frame = format!(
                    "  File \"/var/task/handler.py\", line {line}, in handler\n    {statement}\n"
                );
                let details = json!({
                    "errorMessage": message,
                    "errorType": error_type,
                    "requestId": REQUEST_ID,
                    "stackTrace": [frame],
                });
                Err(Failure {
                    error_type,
                    details,
                })
            }
        };
        TaskEnd::Done(respond(answer))
    }
}

struct Failure {
    error_type: String,
    details: Value,
}

/// A function's own ARN: the response unchanged, the error with Python's spacing.
fn direct(answer: Result<String, Failure>) -> TaskResult {
    match answer {
        Ok(bytes) => Payload::from_text(bytes).map_err(|error| not_parsed(&error)),
        Err(failure) => Err(TaskError {
            error: failure.error_type,
            cause: python_json(&failure.details),
        }),
    }
}

/// `lambda:invoke`: the response of the Lambda API, the error as compact JSON.
fn integrated(answer: Result<String, Failure>) -> TaskResult {
    let bytes = answer.map_err(|failure| TaskError {
        error: failure.error_type,
        cause: failure.details.to_string(),
    })?;
    let length = bytes.len().to_string();
    let payload: Value = serde_json::from_str(&bytes).unwrap_or(Value::String(bytes));
    let headers = [
        ("X-Amz-Executed-Version", "$LATEST"),
        ("x-amzn-Remapped-Content-Length", "0"),
        ("Connection", "keep-alive"),
        ("x-amzn-RequestId", REQUEST_ID),
        ("Content-Length", &length),
        ("Date", "Thu, 01 Jan 2026 00:00:00 GMT"),
        (
            "X-Amzn-Trace-Id",
            "Root=1-00000000-000000000000000000000000",
        ),
        ("Content-Type", "application/json"),
    ];
    let object = |value: fn(&str) -> Value| -> Value {
        headers
            .iter()
            .map(|(name, text)| ((*name).to_owned(), value(text)))
            .collect()
    };
    Ok(Payload::from(json!({
        "ExecutedVersion": "$LATEST",
        "Payload": payload,
        "SdkHttpMetadata": {
            "AllHttpHeaders": object(|text| json!([text])),
            "HttpHeaders": object(|text| json!(text)),
            "HttpStatusCode": 200,
        },
        "SdkResponseMetadata": { "RequestId": REQUEST_ID },
        "StatusCode": 200,
    })))
}

/// `lambda:invoke` with `LogType` `Tail`.
fn integrated_with_log(answer: Result<String, Failure>) -> TaskResult {
    const LOG: &str = "U1RBUlQ=";
    let mut response = integrated(answer)?.into_value();
    response["LogResult"] = LOG.into();
    let metadata = &mut response["SdkHttpMetadata"];
    metadata["AllHttpHeaders"]["X-Amz-Log-Result"] = json!([LOG]);
    metadata["HttpHeaders"]["X-Amz-Log-Result"] = LOG.into();
    Ok(response.into())
}

/// No recording shows what AWS makes of such bytes.
fn not_parsed(error: &serde_json::Error) -> TaskError {
    TaskError {
        error: "Lambda.InvalidRequestContentException".into(),
        cause: format!("Could not parse request body into json: {error}"),
    }
}

fn not_found(name: &str) -> TaskError {
    let error = "ResourceNotFoundException";
    TaskError {
        error: format!("Lambda.{error}"),
        cause: format!(
            "Function not found: {name}:$LATEST (Service: AWSLambda; Status Code: 404; \
             Error Code: {error}; Request ID: {REQUEST_ID}; Proxy: null)"
        ),
    }
}

impl Function {
    fn answer(&self, event: &Value) -> Answer {
        match &self.behavior {
            Behavior::Echo => Answer::Returns(python_json(event)),
            Behavior::Fixed(value) => Answer::Returns(python_json(value)),
            Behavior::Bytes(bytes) => Answer::Returns(bytes.clone()),
            Behavior::Sleeps => Answer::Sleeps,
            Behavior::Raises {
                error_type,
                message,
            } => {
                // A custom exception needs a class above the handler.
                let line = if error_type == "Exception" { 2 } else { 9 };
                let quoted = match message.is_empty() {
                    true => String::new(),
                    false => format!("\"{message}\""),
                };
                Answer::Raises {
                    statement: format!("raise {error_type}({quoted})"),
                    error_type: error_type.clone(),
                    message: message.clone(),
                    line,
                }
            }
        }
    }
}

impl Behavior {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "echo_event" => Self::Echo,
            "echo_event(print)" => Self::Fixed(json!({ "Return": "HelloWorld" })),
            "return bytes > 256KiB" => Self::Bytes(format!("\"{}\"", "ä".repeat(200_000))),
            _ if text.starts_with("sleep ") => Self::Sleeps,
            _ => match text.strip_prefix("return b'") {
                Some(bytes) => Self::Bytes(bytes.strip_suffix('\'')?.to_owned()),
                None => {
                    let (error_type, message) = raised(text)?;
                    Self::Raises {
                        error_type: error_type.to_owned(),
                        message: message.to_owned(),
                    }
                }
            },
        })
    }
}

/// `raise Name('text')`.
fn raised(behavior: &str) -> Option<(&str, &str)> {
    let call = behavior.strip_prefix("raise ")?.strip_suffix(')')?;
    let (name, argument) = call.split_once('(')?;
    Some((name, argument.trim_matches('\'')))
}

/// JSON as Python's `json.dumps` writes it: a space after each comma and colon.
pub fn python_json(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(python_json).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let fields = fields.iter();
            let fields: Vec<String> = fields
                .map(|(name, value)| {
                    format!("{}: {}", Value::from(name.as_str()), python_json(value))
                })
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        value => value.to_string(),
    }
}
