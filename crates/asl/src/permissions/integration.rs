//! What optimized integrations need beside their call.
//!
//! Sources: the pages below <https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html>, each of which
//! has the policies that Step Functions writes for it. Where they say `*` and IAM can say less, the resources here are
//! those of IAM's reference: a job that a call starts is one of the kind that the request names, and its id is `*`, since
//! AWS makes it up.

/// One thing that an integration needs. A resource is a short ARN for [`super::arn_template::fill_short`].
#[derive(Clone, Copy, Debug)]
pub(super) enum Grant {
    /// For any call.
    Always(&'static str, &'static str),
    /// To wait for a job, or to stop it with the execution.
    Job(&'static str, &'static str),
    /// The same on what the call itself works on, as this action of it.
    Same(&'static str, &'static str),
    /// The managed rule of EventBridge by which Step Functions learns of the job's end.
    Rule(&'static str),
    /// The right to hand the role that a field names to a service.
    Pass(&'static str, &'static str),
}

use Grant::{Always, Job, Pass, Rule, Same};

pub(super) fn grants(service: &str, action: &str) -> &'static [Grant] {
    let mut all = ALL.iter();
    let found = all.find(|(name, actions, _)| *name == service && actions.contains(&action));
    found.map_or(&[], |(_, _, grants)| *grants)
}

const SAGEMAKER: &str = "sagemaker.amazonaws.com";

#[rustfmt::skip]
const ALL: &[(&str, &[&str], &[Grant])] = &[
    // connect-athena.html; the data of a query are in `super::athena`.
    ("athena", &["startQueryExecution"], &[
        Always("lakeformation:GetDataAccess", "*"),
        Always("athena:GetDataCatalog", "athena:datacatalog/${QueryExecutionContext.Catalog=AwsDataCatalog}"),
        Job("athena:GetQueryExecution", "athena:workgroup/${WorkGroup=primary}"),
        Job("athena:StopQueryExecution", "athena:workgroup/${WorkGroup=primary}"),
    ]),
    // connect-batch.html
    ("batch", &["submitJob"], &[
        Job("batch:DescribeJobs", "*"),
        Job("batch:TerminateJob", "batch:job/*"),
        Rule("StepFunctionsGetEventsForBatchJobsRule"),
    ]),
    // connect-bedrock.html
    ("bedrock", &["createModelCustomizationJob"], &[
        Pass("RoleArn", "bedrock.amazonaws.com"),
        Job("bedrock:GetModelCustomizationJob", "bedrock:model-customization-job/*"),
        Job("bedrock:StopModelCustomizationJob", "bedrock:model-customization-job/*"),
    ]),
    // connect-bedrockagentcore.html
    ("bedrockagentcore", &["invokeHarness"], &[
        Always("bedrock-agentcore:InvokeHarness", "${HarnessArn}"),
        Always("bedrock-agentcore:InvokeAgentRuntime", "${HarnessArn}"),
    ]),
    // connect-codebuild.html
    ("codebuild", &["startBuild"], &[
        Job("codebuild:BatchGetBuilds", "codebuild:project/${ProjectName}"),
        Job("codebuild:StopBuild", "codebuild:project/${ProjectName}"),
        Rule("StepFunctionsGetEventForCodeBuildStartBuildRule"),
    ]),
    ("codebuild", &["startBuildBatch"], &[
        Job("codebuild:BatchGetBuildBatches", "codebuild:project/${ProjectName}"),
        Job("codebuild:StopBuildBatch", "codebuild:project/${ProjectName}"),
        Rule("StepFunctionsGetEventForCodeBuildStartBuildBatchRule"),
    ]),
    ("codebuild", &["retryBuildBatch"], &[
        Same("codebuild:BatchGetBuildBatches", "codebuild:RetryBuildBatch"),
        Same("codebuild:StopBuildBatch", "codebuild:RetryBuildBatch"),
        Rule("StepFunctionsGetEventForCodeBuildStartBuildBatchRule"),
    ]),
    // connect-databrew.html
    ("databrew", &["startJobRun"], &[
        Job("databrew:ListJobRuns", "databrew:job/${Name}"),
        Job("databrew:StopJobRun", "databrew:job/${Name}"),
    ]),
    // connect-ecs.html; the roles of a task are in `super::ecs`.
    ("ecs", &["runTask"], &[
        Job("ecs:DescribeTasks", "ecs:task/${name:Cluster=default}/*"),
        Job("ecs:StopTask", "ecs:task/${name:Cluster=default}/*"),
        Rule("StepFunctionsGetEventsForECSTaskRule"),
    ]),
    // connect-eks.html; Kubernetes itself grants `call` and `runJob`.
    ("eks", &["createCluster"], &[
        Pass("RoleArn", "eks.amazonaws.com"),
        Job("eks:DescribeCluster", "eks:cluster/${Name}"),
        Job("eks:DeleteCluster", "eks:cluster/${Name}"),
    ]),
    ("eks", &["deleteCluster"], &[
        Job("eks:DescribeCluster", "eks:cluster/${Name}"),
    ]),
    ("eks", &["createFargateProfile"], &[
        Pass("PodExecutionRoleArn", "eks-fargate-pods.amazonaws.com"),
        Job("eks:DescribeFargateProfile", "eks:fargateprofile/${ClusterName}/${FargateProfileName}/*"),
        Job("eks:DeleteFargateProfile", "eks:fargateprofile/${ClusterName}/${FargateProfileName}/*"),
    ]),
    ("eks", &["deleteFargateProfile"], &[
        Job("eks:DescribeFargateProfile", "eks:fargateprofile/${ClusterName}/${FargateProfileName}/*"),
    ]),
    ("eks", &["createNodegroup"], &[
        Always("ec2:DescribeSubnets", "*"),
        Always("iam:GetRole", "${NodeRole}"),
        Always("iam:ListAttachedRolePolicies", "${NodeRole}"),
        Pass("NodeRole", "eks.amazonaws.com"),
        Job("eks:DescribeNodegroup", "eks:nodegroup/${ClusterName}/${NodegroupName}/*"),
        Job("eks:DeleteNodegroup", "eks:nodegroup/${ClusterName}/${NodegroupName}/*"),
    ]),
    ("eks", &["deleteNodegroup"], &[
        Job("eks:DescribeNodegroup", "eks:nodegroup/${ClusterName}/${NodegroupName}/*"),
    ]),
    // connect-emr.html
    ("elasticmapreduce", &["addStep"], &[
        Job("elasticmapreduce:DescribeStep", "elasticmapreduce:cluster/${ClusterId}"),
        Job("elasticmapreduce:CancelSteps", "elasticmapreduce:cluster/${ClusterId}"),
        Rule("StepFunctionsGetEventForEMRAddJobFlowStepsRule"),
    ]),
    ("elasticmapreduce", &["createCluster"], &[
        Pass("ServiceRole", ""),
        Pass("JobFlowRole", ""),
        Pass("AutoScalingRole", ""),
        Job("elasticmapreduce:DescribeCluster", "elasticmapreduce:cluster/*"),
        Job("elasticmapreduce:TerminateJobFlows", "elasticmapreduce:cluster/*"),
        Rule("StepFunctionsGetEventForEMRRunJobFlowRule"),
    ]),
    ("elasticmapreduce", &["modifyInstanceFleetByName"], &[
        Always("elasticmapreduce:ListInstanceFleets", "elasticmapreduce:cluster/${ClusterId}"),
    ]),
    ("elasticmapreduce", &["modifyInstanceGroupByName"], &[
        Always("elasticmapreduce:ListInstanceGroups", "elasticmapreduce:cluster/${ClusterId}"),
    ]),
    ("elasticmapreduce", &["terminateCluster"], &[
        Job("elasticmapreduce:DescribeCluster", "elasticmapreduce:cluster/${ClusterId}"),
        Rule("StepFunctionsGetEventForEMRTerminateJobFlowsRule"),
    ]),
    // connect-emr-eks.html
    ("emr-containers", &["createVirtualCluster"], &[
        Always("iam:CreateServiceLinkedRole", "arn:${Partition}:iam::${Account}:role/aws-service-role/emr-containers.amazonaws.com/AWSServiceRoleForAmazonEMRContainers"),
    ]),
    ("emr-containers", &["deleteVirtualCluster"], &[
        Job("emr-containers:DescribeVirtualCluster", "emr-containers:/virtualclusters/${Id}"),
    ]),
    ("emr-containers", &["startJobRun"], &[
        Job("emr-containers:DescribeJobRun", "emr-containers:/virtualclusters/${VirtualClusterId}/jobruns/*"),
        Job("emr-containers:CancelJobRun", "emr-containers:/virtualclusters/${VirtualClusterId}/jobruns/*"),
    ]),
    // connect-emr-serverless.html
    ("emr-serverless", &["createApplication"], &[
        Always("iam:CreateServiceLinkedRole", "arn:${Partition}:iam::${Account}:role/aws-service-role/ops.emr-serverless.amazonaws.com/AWSServiceRoleForAmazonEMRServerless"),
        Job("emr-serverless:GetApplication", "emr-serverless:/applications/*"),
        Job("emr-serverless:DeleteApplication", "emr-serverless:/applications/*"),
        Rule("StepFunctionsGetEventsForEMRServerlessApplicationRule"),
    ]),
    ("emr-serverless", &["startApplication"], &[
        Job("emr-serverless:GetApplication", "emr-serverless:/applications/${ApplicationId}"),
        Job("emr-serverless:StopApplication", "emr-serverless:/applications/${ApplicationId}"),
        Rule("StepFunctionsGetEventsForEMRServerlessApplicationRule"),
    ]),
    ("emr-serverless", &["deleteApplication", "stopApplication"], &[
        Job("emr-serverless:GetApplication", "emr-serverless:/applications/${ApplicationId}"),
        Rule("StepFunctionsGetEventsForEMRServerlessApplicationRule"),
    ]),
    ("emr-serverless", &["startJobRun"], &[
        Pass("ExecutionRoleArn", "emr-serverless.amazonaws.com"),
        Job("emr-serverless:GetJobRun", "emr-serverless:/applications/${ApplicationId}/jobruns/*"),
        Job("emr-serverless:CancelJobRun", "emr-serverless:/applications/${ApplicationId}/jobruns/*"),
        Rule("StepFunctionsGetEventsForEMRServerlessJobRule"),
    ]),
    ("emr-serverless", &["cancelJobRun"], &[
        Job("emr-serverless:GetJobRun", "emr-serverless:/applications/${ApplicationId}/jobruns/${JobRunId}"),
        Rule("StepFunctionsGetEventsForEMRServerlessJobRule"),
    ]),
    // connect-glue.html
    ("glue", &["startJobRun"], &[
        Job("glue:GetJobRun", "glue:job/${JobName}"),
        Job("glue:GetJobRuns", "glue:job/${JobName}"),
        Job("glue:BatchStopJobRun", "glue:job/${JobName}"),
    ]),
    // connect-mediaconvert.html
    ("mediaconvert", &["createJob"], &[
        Pass("Role", "mediaconvert.amazonaws.com"),
        Job("mediaconvert:GetJob", "mediaconvert:jobs/*"),
        Job("mediaconvert:CancelJob", "mediaconvert:jobs/*"),
        Rule("StepFunctionsGetEventsForMediaConvertJobRule"),
    ]),
    // connect-sagemaker.html; Step Functions tags the jobs that it starts, and reads the tags.
    ("sagemaker", &["createEndpoint"], &[
        Always("sagemaker:AddTags", "sagemaker:endpoint/${EndpointName}"),
    ]),
    ("sagemaker", &["createEndpointConfig"], &[
        Always("sagemaker:AddTags", "sagemaker:endpoint-config/${EndpointConfigName}"),
    ]),
    ("sagemaker", &["createHyperParameterTuningJob"], &[
        Always("sagemaker:AddTags", "sagemaker:hyper-parameter-tuning-job/${HyperParameterTuningJobName}"),
        Always("sagemaker:ListTags", "sagemaker:hyper-parameter-tuning-job/${HyperParameterTuningJobName}"),
        Pass("TrainingJobDefinition.RoleArn", SAGEMAKER),
        Job("sagemaker:DescribeHyperParameterTuningJob", "sagemaker:hyper-parameter-tuning-job/${HyperParameterTuningJobName}"),
        Job("sagemaker:StopHyperParameterTuningJob", "sagemaker:hyper-parameter-tuning-job/${HyperParameterTuningJobName}"),
        Rule("StepFunctionsGetEventsForSageMakerTuningJobsRule"),
    ]),
    ("sagemaker", &["createLabelingJob"], &[
        Always("sagemaker:AddTags", "sagemaker:labeling-job/${LabelingJobName}"),
        Always("sagemaker:ListTags", "sagemaker:labeling-job/${LabelingJobName}"),
        Pass("RoleArn", SAGEMAKER),
        Job("sagemaker:DescribeLabelingJob", "sagemaker:labeling-job/${LabelingJobName}"),
        Job("sagemaker:StopLabelingJob", "sagemaker:labeling-job/${LabelingJobName}"),
        Rule("StepFunctionsGetEventsForSageMakerLabelingJobsRule"),
    ]),
    ("sagemaker", &["createModel"], &[
        Always("sagemaker:AddTags", "sagemaker:model/${ModelName}"),
        Pass("ExecutionRoleArn", SAGEMAKER),
    ]),
    ("sagemaker", &["createProcessingJob"], &[
        Always("sagemaker:AddTags", "sagemaker:processing-job/${ProcessingJobName}"),
        Always("sagemaker:ListTags", "sagemaker:processing-job/${ProcessingJobName}"),
        Pass("RoleArn", SAGEMAKER),
        Job("sagemaker:DescribeProcessingJob", "sagemaker:processing-job/${ProcessingJobName}"),
        Job("sagemaker:StopProcessingJob", "sagemaker:processing-job/${ProcessingJobName}"),
        Rule("StepFunctionsGetEventsForSageMakerProcessingJobsRule"),
    ]),
    ("sagemaker", &["createTrainingJob"], &[
        Always("sagemaker:AddTags", "sagemaker:training-job/${TrainingJobName}"),
        Always("sagemaker:ListTags", "sagemaker:training-job/${TrainingJobName}"),
        Pass("RoleArn", SAGEMAKER),
        Job("sagemaker:DescribeTrainingJob", "sagemaker:training-job/${TrainingJobName}"),
        Job("sagemaker:StopTrainingJob", "sagemaker:training-job/${TrainingJobName}"),
        Rule("StepFunctionsGetEventsForSageMakerTrainingJobsRule"),
    ]),
    ("sagemaker", &["createTransformJob"], &[
        Always("sagemaker:AddTags", "sagemaker:transform-job/${TransformJobName}"),
        Always("sagemaker:ListTags", "sagemaker:transform-job/${TransformJobName}"),
        Job("sagemaker:DescribeTransformJob", "sagemaker:transform-job/${TransformJobName}"),
        Job("sagemaker:StopTransformJob", "sagemaker:transform-job/${TransformJobName}"),
        Rule("StepFunctionsGetEventsForSageMakerTransformJobsRule"),
    ]),
    // connect-stepfunctions.html; the executions are in `super::task`.
    ("states", &["startExecution"], &[
        Rule("StepFunctionsGetEventsForStepFunctionsExecutionRule"),
    ]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integrations::optimized;

    #[test]
    fn each_belongs_to_an_integration_that_can_wait_if_it_says_how() {
        for (service, actions, grants) in ALL {
            for action in *actions {
                let entry = optimized(service, action).unwrap();
                let waits = grants
                    .iter()
                    .any(|grant| matches!(grant, Job(..) | Same(..) | Rule(_)));
                assert_eq!(
                    entry.suffixes.contains(&".sync"),
                    waits,
                    "{service}:{action}"
                );
            }
        }
    }
}
