//! How Step Functions waits for the end of a job: by a rule of EventBridge that it manages in the name of the state
//! machine's role, and by asking.
//!
//! Source: <https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html>

use serde_json::Value;
use txflow_asl::definition::{Pattern, Resource, ResourceKind};
use txflow_asl::walk;

use super::{SERVICE, States};
use crate::fault::Fault;
use crate::http::scope::Scope;

/// What the role must allow on a rule.
const ACTIONS: [&str; 3] = ["events:PutTargets", "events:PutRule", "events:DescribeRule"];

/// The rule for each action with `.sync`; the others are only asked about.
#[rustfmt::skip]
const RULES: &[(&str, &str, &str)] = &[
    ("batch", "submitJob", "StepFunctionsGetEventsForBatchJobsRule"),
    ("codebuild", "startBuild", "StepFunctionsGetEventForCodeBuildStartBuildRule"),
    ("codebuild", "retryBuildBatch", "StepFunctionsGetEventForCodeBuildStartBuildBatchRule"),
    ("codebuild", "startBuildBatch", "StepFunctionsGetEventForCodeBuildStartBuildBatchRule"),
    ("ecs", "runTask", "StepFunctionsGetEventsForECSTaskRule"),
    ("elasticmapreduce", "addStep", "StepFunctionsGetEventForEMRAddJobFlowStepsRule"),
    ("elasticmapreduce", "createCluster", "StepFunctionsGetEventForEMRRunJobFlowRule"),
    ("elasticmapreduce", "terminateCluster", "StepFunctionsGetEventForEMRTerminateJobFlowsRule"),
    ("emr-serverless", "cancelJobRun", "StepFunctionsGetEventsForEMRServerlessJobRule"),
    ("emr-serverless", "createApplication", "StepFunctionsGetEventsForEMRServerlessApplicationRule"),
    ("emr-serverless", "deleteApplication", "StepFunctionsGetEventsForEMRServerlessApplicationRule"),
    ("emr-serverless", "startApplication", "StepFunctionsGetEventsForEMRServerlessApplicationRule"),
    ("emr-serverless", "startJobRun", "StepFunctionsGetEventsForEMRServerlessJobRule"),
    ("emr-serverless", "stopApplication", "StepFunctionsGetEventsForEMRServerlessApplicationRule"),
    ("mediaconvert", "createJob", "StepFunctionsGetEventsForMediaConvertJobRule"),
    ("sagemaker", "createHyperParameterTuningJob", "StepFunctionsGetEventsForSageMakerTuningJobsRule"),
    ("sagemaker", "createLabelingJob", "StepFunctionsGetEventsForSageMakerLabelingJobsRule"),
    ("sagemaker", "createProcessingJob", "StepFunctionsGetEventsForSageMakerProcessingJobsRule"),
    ("sagemaker", "createTrainingJob", "StepFunctionsGetEventsForSageMakerTrainingJobsRule"),
    ("sagemaker", "createTransformJob", "StepFunctionsGetEventsForSageMakerTransformJobsRule"),
    ("states", "startExecution", "StepFunctionsGetEventsForStepFunctionsExecutionRule"),
];

/// What an integration needs besides its call: always, and if it waits for the end of the job. Step Functions makes these
/// calls on what the service answers, so no resource is known here. What stops a job is left out: it is called only if the
/// execution is stopped, and what becomes of it is not seen.
type Besides = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

#[rustfmt::skip]
const BESIDES: &[Besides] = &[
    ("athena", &["startQueryExecution"], &["athena:GetDataCatalog"], &["athena:GetQueryExecution"]),
    ("batch", &["submitJob"], &[], &["batch:DescribeJobs"]),
    ("bedrock", &["createModelCustomizationJob"], &[], &["bedrock:GetModelCustomizationJob"]),
    ("codebuild", &["startBuild"], &[], &["codebuild:BatchGetBuilds"]),
    ("codebuild", &["startBuildBatch"], &[], &["codebuild:BatchGetBuildBatches"]),
    ("databrew", &["startJobRun"], &[], &["databrew:ListJobRuns"]),
    ("ecs", &["runTask"], &[], &["ecs:DescribeTasks"]),
    ("eks", &["createCluster", "deleteCluster"], &[], &["eks:DescribeCluster"]),
    ("eks", &["createFargateProfile", "deleteFargateProfile"], &[], &["eks:DescribeFargateProfile"]),
    ("eks", &["createNodegroup"], &["ec2:DescribeSubnets", "iam:GetRole", "iam:ListAttachedRolePolicies"], &["eks:DescribeNodegroup"]),
    ("eks", &["deleteNodegroup"], &[], &["eks:DescribeNodegroup"]),
    ("elasticmapreduce", &["addStep"], &[], &["elasticmapreduce:DescribeStep"]),
    ("elasticmapreduce", &["createCluster", "terminateCluster"], &[], &["elasticmapreduce:DescribeCluster"]),
    ("elasticmapreduce", &["modifyInstanceFleetByName"], &["elasticmapreduce:ListInstanceFleets"], &[]),
    ("elasticmapreduce", &["modifyInstanceGroupByName"], &["elasticmapreduce:ListInstanceGroups"], &[]),
    ("emr-containers", &["createVirtualCluster"], &["iam:CreateServiceLinkedRole"], &[]),
    ("emr-containers", &["deleteVirtualCluster"], &[], &["emr-containers:DescribeVirtualCluster"]),
    ("emr-containers", &["startJobRun"], &[], &["emr-containers:DescribeJobRun"]),
    ("emr-serverless", &["createApplication"], &["iam:CreateServiceLinkedRole"], &["emr-serverless:GetApplication"]),
    ("emr-serverless", &["startApplication", "deleteApplication", "stopApplication"], &[], &["emr-serverless:GetApplication"]),
    ("emr-serverless", &["startJobRun", "cancelJobRun"], &[], &["emr-serverless:GetJobRun"]),
    ("glue", &["startJobRun"], &[], &["glue:GetJobRun"]),
    ("mediaconvert", &["createJob"], &[], &["mediaconvert:GetJob"]),
    ("sagemaker", &["createEndpoint", "createEndpointConfig", "createModel"], &["sagemaker:AddTags"], &[]),
    ("sagemaker", &["createHyperParameterTuningJob"], &["sagemaker:AddTags"], &["sagemaker:DescribeHyperParameterTuningJob"]),
    ("sagemaker", &["createLabelingJob"], &["sagemaker:AddTags"], &["sagemaker:DescribeLabelingJob"]),
    ("sagemaker", &["createProcessingJob"], &["sagemaker:AddTags"], &["sagemaker:DescribeProcessingJob"]),
    ("sagemaker", &["createTrainingJob"], &["sagemaker:AddTags"], &["sagemaker:DescribeTrainingJob"]),
    ("sagemaker", &["createTransformJob"], &["sagemaker:AddTags"], &["sagemaker:DescribeTransformJob"]),
    ("states", &["startExecution"], &[], &["states:DescribeExecution"]),
];

/// What an integration needs besides its call.
pub(super) fn besides(
    service: &str,
    action: &str,
    waits: bool,
) -> impl Iterator<Item = &'static str> {
    let mut all = BESIDES.iter();
    let found = all.find(|(of, actions, ..)| *of == service && actions.contains(&action));
    let (always, waiting) = found.map_or((&[][..], &[][..]), |(_, _, always, waiting)| {
        (always, if waits { waiting } else { &[] })
    });
    always.iter().chain(waiting).copied()
}

impl States {
    /// Step Functions makes the rules for jobs when it accepts a definition.
    pub(super) fn check_managed_rules(
        &self,
        scope: &Scope,
        role: &str,
        definition: &str,
    ) -> Result<(), Fault> {
        let definition: Value = serde_json::from_str(definition).unwrap_or_default();
        for (_, state) in walk::all_states(&definition) {
            let Some(rule) = state["Resource"].as_str().and_then(rule) else {
                continue;
            };
            let rule = scope.arn("events", &format!("rule/{rule}"));
            let mut actions = ACTIONS.iter();
            if actions.any(|action| self.iam.permits(SERVICE, role, action, &rule).is_err()) {
                return Err(Fault::bad(
                    "AccessDeniedException",
                    format!("'{role}' is not authorized to create managed-rule."),
                ));
            }
        }
        Ok(())
    }
}

fn rule(resource: &str) -> Option<&'static str> {
    let ResourceKind::Service {
        resource_type,
        resource,
        pattern: Pattern::Sync,
    } = Resource::parse(resource).kind
    else {
        return None;
    };
    let action = resource.split('.').next()?;
    let mut rules = RULES.iter();
    rules
        .find(|(of, named, _)| (*of, *named) == (resource_type.as_str(), action))
        .map(|(_, _, rule)| *rule)
}
