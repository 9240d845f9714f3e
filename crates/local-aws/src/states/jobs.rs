//! The jobs of other emulators that a task waits for: what to ask after them, when they have ended, and how to stop them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::models::Operation;

/// The pause before a job is asked after for the first time; each one after doubles it, up to the longest.
pub(super) const PAUSE: Duration = Duration::from_millis(50);
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How the end of a job is known.
pub(super) struct Job {
    /// The service in its model, and the operation that starts the job.
    starts: (&'static str, &'static str),
    pub(super) describe: &'static str,
    /// The input of `describe`, made of the input and the output of the start.
    pub(super) ask: fn(&Value, &Value) -> Value,
    /// What stops the job, which is what the policies of Step Functions' documentation allow for it.
    pub(super) stop: &'static str,
    /// The input of `stop`, made of the same and of the reason.
    pub(super) stopping: fn(&Value, &Value, &str) -> Value,
    /// Where the job is in what describes it.
    job: &'static str,
    status: &'static str,
    /// The statuses of one that has ended, and which of these are a success.
    ended: &'static [&'static str],
    succeeded: fn(&str, &Value) -> bool,
    /// Where the result of the task is in what describes the job, with names as Step Functions has them.
    pub(super) result: &'static str,
}

/// What became of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Running,
    Succeeded,
    Failed,
}

#[rustfmt::skip]
const JOBS: &[Job] = &[
    Job {
        starts: ("Athena", "StartQueryExecution"), describe: "GetQueryExecution",
        ask: |_, started| json!({ "QueryExecutionId": started["QueryExecutionId"] }),
        stop: "StopQueryExecution", stopping: |_, started, _| json!({ "QueryExecutionId": started["QueryExecutionId"] }),
        job: "/QueryExecution", status: "/Status/State", ended: &["SUCCEEDED", "FAILED", "CANCELLED"], succeeded: is_success,
        result: "",
    },
    Job {
        starts: ("Batch", "SubmitJob"), describe: "DescribeJobs",
        ask: |_, started| json!({ "jobs": [started["jobId"]] }),
        stop: "TerminateJob", stopping: |_, started, reason| json!({ "jobId": started["jobId"], "reason": reason }),
        job: "/jobs/0", status: "/status", ended: &["SUCCEEDED", "FAILED"], succeeded: is_success,
        result: "/Jobs/0",
    },
    Job {
        starts: ("CodeBuild", "StartBuild"), describe: "BatchGetBuilds",
        ask: |_, started| json!({ "ids": [started["build"]["id"]] }),
        stop: "StopBuild", stopping: |_, started, _| json!({ "id": started["build"]["id"] }),
        job: "/builds/0", status: "/buildStatus", ended: &["SUCCEEDED", "FAILED", "FAULT", "TIMED_OUT", "STOPPED"],
        succeeded: is_success, result: "/Builds/0",
    },
    Job {
        starts: ("DataBrew", "StartJobRun"), describe: "DescribeJobRun",
        ask: |input, started| json!({ "Name": input["Name"], "RunId": started["RunId"] }),
        stop: "StopJobRun", stopping: |input, started, _| json!({ "Name": input["Name"], "RunId": started["RunId"] }),
        job: "", status: "/State", ended: &["SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT"], succeeded: is_success, result: "",
    },
    Job {
        starts: ("Ecs", "RunTask"), describe: "DescribeTasks",
        ask: |input, started| json!({ "cluster": input["cluster"], "tasks": [started["tasks"][0]["taskArn"]] }),
        stop: "StopTask",
        stopping: |input, started, reason| {
            json!({ "cluster": input["cluster"], "task": started["tasks"][0]["taskArn"], "reason": reason })
        },
        job: "/tasks/0", status: "/lastStatus", ended: &["STOPPED", "DELETED"], succeeded: exits_with_zero, result: "/Tasks/0",
    },
    Job {
        starts: ("Glue", "StartJobRun"), describe: "GetJobRun",
        ask: |input, started| json!({ "JobName": input["JobName"], "RunId": started["JobRunId"] }),
        stop: "BatchStopJobRun",
        stopping: |input, started, _| json!({ "JobName": input["JobName"], "JobRunIds": [started["JobRunId"]] }),
        job: "/JobRun", status: "/JobRunState", ended: &["SUCCEEDED", "FAILED", "ERROR", "STOPPED", "TIMEOUT"],
        succeeded: is_success, result: "/JobRun",
    },
    Job {
        starts: ("SageMaker", "CreateProcessingJob"), describe: "DescribeProcessingJob",
        ask: |input, _| json!({ "ProcessingJobName": input["ProcessingJobName"] }),
        stop: "StopProcessingJob", stopping: |input, _, _| json!({ "ProcessingJobName": input["ProcessingJobName"] }),
        job: "", status: "/ProcessingJobStatus", ended: SAGEMAKER, succeeded: is_completed, result: "",
    },
    Job {
        starts: ("SageMaker", "CreateTrainingJob"), describe: "DescribeTrainingJob",
        ask: |input, _| json!({ "TrainingJobName": input["TrainingJobName"] }),
        stop: "StopTrainingJob", stopping: |input, _, _| json!({ "TrainingJobName": input["TrainingJobName"] }),
        job: "", status: "/TrainingJobStatus", ended: SAGEMAKER, succeeded: is_completed, result: "",
    },
    Job {
        starts: ("SageMaker", "CreateTransformJob"), describe: "DescribeTransformJob",
        ask: |input, _| json!({ "TransformJobName": input["TransformJobName"] }),
        stop: "StopTransformJob", stopping: |input, _, _| json!({ "TransformJobName": input["TransformJobName"] }),
        job: "", status: "/TransformJobStatus", ended: SAGEMAKER, succeeded: is_completed, result: "",
    },
];

const SAGEMAKER: &[&str] = &["Completed", "Failed", "Stopped"];

/// The services whose jobs can be waited for, for people.
pub(super) const KNOWN: &str = "Athena, Batch, CodeBuild, DataBrew, ECS, Glue and SageMaker";

/// The job that an operation of a service starts, which is named as in Java.
pub(super) fn job(client: &str, operation: &Operation) -> Option<&'static Job> {
    let mut jobs = JOBS.iter();
    jobs.find(|job| job.starts == (client, operation.name))
}

impl Job {
    /// How the job is, by what describes it. One that is not described yet is running.
    pub(super) fn state(&self, described: &Value) -> State {
        let job = described.pointer(self.job).unwrap_or(&Value::Null);
        let status = job.pointer(self.status).and_then(Value::as_str);
        match status.filter(|status| self.ended.contains(status)) {
            None => State::Running,
            Some(status) if (self.succeeded)(status, job) => State::Succeeded,
            Some(_) => State::Failed,
        }
    }
}

fn is_success(status: &str, _: &Value) -> bool {
    status == "SUCCEEDED"
}

fn is_completed(status: &str, _: &Value) -> bool {
    status == "Completed"
}

/// A task of ECS fails if a container does, or if it never ran.
fn exits_with_zero(_: &str, task: &Value) -> bool {
    let containers = task["containers"].as_array();
    containers.is_some_and(|containers| {
        !containers.is_empty() && containers.iter().all(|one| one["exitCode"] == 0)
    })
}

#[cfg(test)]
mod tests {
    use txflow_asl::integrations;

    use super::*;
    use crate::models::{model, with_operation};

    #[test]
    fn each_job_is_an_operation_of_its_model() {
        for job in JOBS {
            let service = job.starts.0.to_ascii_lowercase();
            let model = model(&service).unwrap();
            assert_eq!(model.client, job.starts.0);
            for operation in [job.starts.1, job.describe, job.stop] {
                assert!(with_operation(&service, operation).is_some(), "{operation}");
            }
            assert!(KNOWN.to_ascii_lowercase().contains(&service), "{service}");
        }
    }

    /// What stops a job has all members that the operation requires, and no others.
    #[test]
    fn each_job_is_stopped_with_the_members_that_its_model_has() {
        for job in JOBS {
            let service = integrations::service(&job.starts.0.to_ascii_lowercase()).unwrap();
            let mut operations = integrations::operations(service);
            let stop = operations
                .find(|operation| operation.name == job.stop)
                .unwrap();
            let input = json!({
                "cluster": "c", "JobName": "j", "Name": "n",
                "ProcessingJobName": "p", "TrainingJobName": "t", "TransformJobName": "x",
            });
            let started = json!({
                "QueryExecutionId": "q", "jobId": "b", "build": { "id": "b" }, "RunId": "r", "JobRunId": "g",
                "tasks": [{ "taskArn": "t" }],
            });
            let stopping = (job.stopping)(&input, &started, "aborted");
            let given = stopping.as_object().unwrap();
            assert!(given.values().all(|value| !value.is_null()), "{stopping}");
            let capitalized = |name: &String| name[..1].to_ascii_uppercase() + &name[1..];
            let given: Vec<String> = given.keys().map(capitalized).collect();
            let members: Vec<_> = stop.members().collect();
            for member in members.iter().filter(|member| member.required) {
                assert!(
                    given.iter().any(|name| name == member.name),
                    "{}",
                    member.name
                );
            }
            for name in given {
                assert!(members.iter().any(|member| member.name == name), "{name}");
            }
        }
    }

    #[test]
    fn a_task_of_ecs_fails_with_its_containers() {
        let (_, operation) = with_operation("ecs", "RunTask").unwrap();
        let job = job("Ecs", operation).unwrap();
        let described = |status: &str, codes: &[i32]| {
            let containers: Vec<Value> = codes
                .iter()
                .map(|code| json!({ "exitCode": code }))
                .collect();
            json!({ "tasks": [{ "lastStatus": status, "containers": containers }] })
        };
        assert_eq!(job.state(&described("RUNNING", &[])), State::Running);
        assert_eq!(job.state(&json!({ "tasks": [] })), State::Running);
        assert_eq!(job.state(&described("STOPPED", &[0, 0])), State::Succeeded);
        assert_eq!(job.state(&described("STOPPED", &[0, 1])), State::Failed);
        assert_eq!(job.state(&described("STOPPED", &[])), State::Failed);
    }
}
