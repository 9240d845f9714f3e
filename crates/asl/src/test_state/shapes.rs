//! Checks a mocked result against the API that the task calls.

use std::borrow::Cow;
use std::sync::OnceLock;

use serde_json::Value;

use crate::definition::{Pattern, Resource, ResourceKind};

/// How a mocked result is checked against the API that the task calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldValidationMode {
    /// Required fields must be present, and the fields that are present must be valid.
    #[default]
    Strict,
    /// The fields that are present must be valid.
    Present,
    None,
}

/// The output shapes of APIs. `api-shapes/generate.py` generates and explains them.
static SHAPES: &str = include_str!("../../api-shapes/shapes.json");

fn shapes() -> &'static Value {
    static PARSED: OnceLock<Value> = OnceLock::new();
    PARSED.get_or_init(|| serde_json::from_str(SHAPES).unwrap_or_default())
}

/// Checks the mocked result of a task against the output of the API that it calls. Any result fits an unknown API.
///
/// # Errors
/// AWS's message about the first field that does not fit.
pub fn check(resource: &Resource, result: &Value, mode: FieldValidationMode) -> Result<(), String> {
    let Some(shape) = output_shape(resource).filter(|_| mode != FieldValidationMode::None) else {
        return Ok(());
    };
    let checker = Checker {
        strict: mode == FieldValidationMode::Strict,
    };
    let mut result = Cow::Borrowed(result);
    if resource.parses_output() {
        // The API has texts here, of which Step Functions makes JSON.
        for member in ["Input", "Output"] {
            if let Some(text) = result.to_mut().get_mut(member) {
                *text = "{}".into();
            }
        }
    }
    let checked = checker.value(shape, &result, "result", 0);
    checked.map_err(|problem| format!("Mock result schema validation error: {problem}"))
}

fn output_shape(resource: &Resource) -> Option<&'static Value> {
    let ResourceKind::Service {
        resource_type,
        resource,
        pattern,
    } = &resource.kind
    else {
        return None;
    };
    let service = resource_type
        .strip_prefix("aws-sdk:")
        .unwrap_or(resource_type);
    let action = resource.split('.').next().unwrap_or(resource);
    let called = format!("{service}:{action}");
    let operation = match pattern {
        Pattern::RequestResponse => called.as_str(),
        Pattern::Sync => polled(&called)?,
        // Whoever has the token decides on the result.
        Pattern::WaitForTaskToken => return None,
    };
    shape(shapes()["operations"].get(operation)?)
}

/// What Step Functions asks for the state of a job; its answer is the result of the task. It is named on the page of each
/// service in the developer guide, as a permission that `.sync` needs.
fn polled(called: &str) -> Option<&'static str> {
    Some(match called {
        "athena:startQueryExecution" => "athena:getQueryExecution",
        "batch:submitJob" => "batch:describeJobs",
        "bedrock:createModelCustomizationJob" => "bedrock:getModelCustomizationJob",
        "codebuild:startBuild" => "codebuild:batchGetBuilds",
        "codebuild:retryBuildBatch" | "codebuild:startBuildBatch" => {
            "codebuild:batchGetBuildBatches"
        }
        "databrew:startJobRun" => "databrew:listJobRuns",
        "ecs:runTask" => "ecs:describeTasks",
        "eks:createCluster" | "eks:deleteCluster" => "eks:describeCluster",
        "eks:createFargateProfile" | "eks:deleteFargateProfile" => "eks:describeFargateProfile",
        "eks:createNodegroup" | "eks:deleteNodegroup" => "eks:describeNodegroup",
        "elasticmapreduce:addStep" => "elasticmapreduce:describeStep",
        "elasticmapreduce:createCluster" | "elasticmapreduce:terminateCluster" => {
            "elasticmapreduce:describeCluster"
        }
        "emr-containers:deleteVirtualCluster" => "emr-containers:describeVirtualCluster",
        "emr-containers:startJobRun" => "emr-containers:describeJobRun",
        "emr-serverless:createApplication"
        | "emr-serverless:deleteApplication"
        | "emr-serverless:startApplication"
        | "emr-serverless:stopApplication" => "emr-serverless:getApplication",
        "emr-serverless:cancelJobRun" | "emr-serverless:startJobRun" => "emr-serverless:getJobRun",
        "glue:startJobRun" => "glue:getJobRun",
        "mediaconvert:createJob" => "mediaconvert:getJob",
        "sagemaker:createHyperParameterTuningJob" => "sagemaker:describeHyperParameterTuningJob",
        "sagemaker:createLabelingJob" => "sagemaker:describeLabelingJob",
        "sagemaker:createProcessingJob" => "sagemaker:describeProcessingJob",
        "sagemaker:createTrainingJob" => "sagemaker:describeTrainingJob",
        "sagemaker:createTransformJob" => "sagemaker:describeTransformJob",
        "states:startExecution" => "states:describeExecution",
        _ => return None,
    })
}

fn shape(index: &Value) -> Option<&'static Value> {
    let index = usize::try_from(index.as_u64()?).ok()?;
    shapes()["shapes"].get(index)
}

struct Checker {
    strict: bool,
}

/// Shapes may be recursive, so a hostile result may be nested deeply.
const MAX_DEPTH: usize = 64;

impl Checker {
    fn value(&self, shape: &Value, value: &Value, field: &str, depth: usize) -> Result<(), String> {
        if value.is_null() || depth > MAX_DEPTH {
            return Ok(());
        }
        let must_be = |what: &str| Err(format!("Field '{field}' must be {what}"));
        match (shape[0].as_str().unwrap_or_default(), value) {
            ("o", Value::Object(_)) => self.object(shape, value, depth),
            ("o", _) => must_be("an object"),
            ("m", Value::Object(map)) => self.each(
                &shape[1],
                map.iter().map(|(key, value)| (key.as_str(), value)),
                depth,
            ),
            ("m", _) => must_be("an object"),
            ("a", Value::Array(items)) => {
                self.each(&shape[1], items.iter().map(|item| (field, item)), depth)
            }
            ("a", _) => must_be("an array"),
            ("s", Value::String(text)) => string(shape, text, field),
            ("s", _) => must_be("a string"),
            ("n", Value::Number(number)) => in_range(shape, number.as_f64(), field),
            ("n", _) => must_be("a number"),
            ("b", Value::Bool(_)) => Ok(()),
            ("b", _) => must_be("a boolean"),
            _ => Ok(()),
        }
    }

    /// What is missing comes first. Fields that the API does not have are accepted.
    fn object(&self, shape: &Value, value: &Value, depth: usize) -> Result<(), String> {
        let required = shape[2].as_array().into_iter().flatten();
        let required = required.filter_map(Value::as_str);
        for name in required.filter(|_| self.strict) {
            if value.get(name).is_none() {
                return Err(format!("Required field '{name}' is missing"));
            }
        }
        for (name, value) in value.as_object().into_iter().flatten() {
            if let Some(shape) = shape[1].get(name).and_then(self::shape) {
                self.value(shape, value, name, depth + 1)?;
            }
        }
        Ok(())
    }

    fn each<'v>(
        &self,
        index: &Value,
        values: impl Iterator<Item = (&'v str, &'v Value)>,
        depth: usize,
    ) -> Result<(), String> {
        let Some(shape) = shape(index) else {
            return Ok(());
        };
        for (field, value) in values {
            self.value(shape, value, field, depth + 1)?;
        }
        Ok(())
    }
}

fn string(shape: &Value, text: &str, field: &str) -> Result<(), String> {
    let length = text.chars().count() as u64;
    if shape[1].as_u64().is_some_and(|least| length < least) {
        return Err(format!(
            "Field '{field}' is smaller than the minimum length"
        ));
    }
    if shape[2].as_u64().is_some_and(|most| length > most) {
        return Err(format!("Field '{field}' exceeds the maximum length"));
    }
    match shape[3].as_array() {
        Some(allowed) if !allowed.iter().any(|value| value == text) => {
            Err(format!("Field '{field}' is not an expected value"))
        }
        _ => Ok(()),
    }
}

fn in_range(shape: &Value, number: Option<f64>, field: &str) -> Result<(), String> {
    let Some(number) = number else {
        return Ok(());
    };
    if shape[1].as_f64().is_some_and(|least| number < least) {
        return Err(format!("Field '{field}' is less than the minimum value"));
    }
    if shape[2].as_f64().is_some_and(|most| number > most) {
        return Err(format!("Field '{field}' exceeds the maximum value"));
    }
    Ok(())
}
