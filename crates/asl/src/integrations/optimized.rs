//! The optimized integrations: `arn:aws:states:::sqs:sendMessage.waitForTaskToken`.
//!
//! Source: <https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html> and the page of each service.

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Optimized {
    /// As in a `Resource`: `elasticmapreduce`.
    pub service: &'static str,
    /// As in a `Resource`: `addStep`.
    pub action: &'static str,
    /// What it calls, as an `aws-sdk` integration names it: `emr`, `AddJobFlowSteps`. Empty if that is not an operation of
    /// AWS's SDKs.
    pub operation: (&'static str, &'static str),
    /// What may follow: `.sync`, `.sync:2`, `.waitForTaskToken`.
    pub suffixes: &'static [&'static str],
    /// The fields that the service misses at creation.
    pub required: &'static [&'static str],
}

/// The optimized integration of a service and an action.
#[must_use]
pub fn optimized(service: &str, action: &str) -> Option<&'static Optimized> {
    let mut all = ALL.iter();
    all.find(|entry| (entry.service, entry.action) == (service, action))
}

/// All of them, by service.
#[must_use]
pub fn optimized_services() -> &'static [Optimized] {
    ALL
}

const CALL: &[&str] = &[];
const JOB: &[&str] = &[".sync"];
const TOKEN: &[&str] = &[".waitForTaskToken"];
const JOB_OR_TOKEN: &[&str] = &[".sync", ".waitForTaskToken"];
const CHILD: &[&str] = &[".sync", ".sync:2", ".waitForTaskToken"];

const fn entry(
    service: &'static str,
    action: &'static str,
    operation: (&'static str, &'static str),
    suffixes: &'static [&'static str],
    required: &'static [&'static str],
) -> Optimized {
    Optimized {
        service,
        action,
        operation,
        suffixes,
        required,
    }
}

#[rustfmt::skip]
const ALL: &[Optimized] = &[
    entry("apigateway", "invoke", ("", ""), TOKEN, &[]),
    entry("athena", "getQueryExecution", ("athena", "GetQueryExecution"), CALL, &[]),
    entry("athena", "getQueryResults", ("athena", "GetQueryResults"), CALL, &[]),
    entry("athena", "startQueryExecution", ("athena", "StartQueryExecution"), JOB, &[]),
    entry("athena", "stopQueryExecution", ("athena", "StopQueryExecution"), CALL, &[]),
    entry("batch", "submitJob", ("batch", "SubmitJob"), JOB, &[]),
    entry("bedrock", "createModelCustomizationJob", ("bedrock", "CreateModelCustomizationJob"), JOB_OR_TOKEN, &[]),
    entry("bedrock", "invokeModel", ("bedrockruntime", "InvokeModel"), TOKEN, &[]),
    entry("bedrockagentcore", "invokeHarness", ("", ""), CALL, &[]),
    entry("codebuild", "batchDeleteBuilds", ("codebuild", "BatchDeleteBuilds"), CALL, &[]),
    entry("codebuild", "batchGetReports", ("codebuild", "BatchGetReports"), CALL, &[]),
    entry("codebuild", "deleteBuildBatch", ("codebuild", "DeleteBuildBatch"), CALL, &[]),
    entry("codebuild", "retryBuildBatch", ("codebuild", "RetryBuildBatch"), JOB, &[]),
    entry("codebuild", "startBuild", ("codebuild", "StartBuild"), JOB, &[]),
    entry("codebuild", "startBuildBatch", ("codebuild", "StartBuildBatch"), JOB, &[]),
    entry("codebuild", "stopBuild", ("codebuild", "StopBuild"), CALL, &[]),
    entry("codebuild", "stopBuildBatch", ("codebuild", "StopBuildBatch"), CALL, &[]),
    entry("databrew", "startJobRun", ("databrew", "StartJobRun"), JOB, &[]),
    entry("dynamodb", "deleteItem", ("dynamodb", "DeleteItem"), CALL, &[]),
    entry("dynamodb", "getItem", ("dynamodb", "GetItem"), CALL, &["TableName", "Key"]),
    entry("dynamodb", "putItem", ("dynamodb", "PutItem"), CALL, &["TableName", "Item"]),
    entry("dynamodb", "updateItem", ("dynamodb", "UpdateItem"), CALL, &[]),
    entry("ecs", "runTask", ("ecs", "RunTask"), JOB_OR_TOKEN, &["TaskDefinition"]),
    entry("eks", "call", ("", ""), JOB_OR_TOKEN, &[]),
    entry("eks", "createCluster", ("eks", "CreateCluster"), JOB_OR_TOKEN, &[]),
    entry("eks", "createFargateProfile", ("eks", "CreateFargateProfile"), JOB_OR_TOKEN, &[]),
    entry("eks", "createNodegroup", ("eks", "CreateNodegroup"), JOB_OR_TOKEN, &[]),
    entry("eks", "deleteCluster", ("eks", "DeleteCluster"), JOB_OR_TOKEN, &[]),
    entry("eks", "deleteFargateProfile", ("eks", "DeleteFargateProfile"), JOB_OR_TOKEN, &[]),
    entry("eks", "deleteNodegroup", ("eks", "DeleteNodegroup"), JOB_OR_TOKEN, &[]),
    entry("eks", "runJob", ("", ""), JOB_OR_TOKEN, &[]),
    entry("elasticmapreduce", "addStep", ("emr", "AddJobFlowSteps"), JOB, &[]),
    entry("elasticmapreduce", "cancelStep", ("emr", "CancelSteps"), CALL, &[]),
    entry("elasticmapreduce", "createCluster", ("emr", "RunJobFlow"), JOB, &[]),
    entry("elasticmapreduce", "modifyInstanceFleetByName", ("emr", "ModifyInstanceFleet"), CALL, &[]),
    entry("elasticmapreduce", "modifyInstanceGroupByName", ("emr", "ModifyInstanceGroups"), CALL, &[]),
    entry("elasticmapreduce", "setClusterTerminationProtection", ("emr", "SetTerminationProtection"), CALL, &[]),
    entry("elasticmapreduce", "terminateCluster", ("emr", "TerminateJobFlows"), JOB, &[]),
    entry("emr-containers", "createVirtualCluster", ("emrcontainers", "CreateVirtualCluster"), CALL, &[]),
    entry("emr-containers", "deleteVirtualCluster", ("emrcontainers", "DeleteVirtualCluster"), JOB, &[]),
    entry("emr-containers", "startJobRun", ("emrcontainers", "StartJobRun"), JOB, &[]),
    entry("emr-serverless", "cancelJobRun", ("emrserverless", "CancelJobRun"), JOB, &[]),
    entry("emr-serverless", "createApplication", ("emrserverless", "CreateApplication"), JOB, &[]),
    entry("emr-serverless", "deleteApplication", ("emrserverless", "DeleteApplication"), JOB, &[]),
    entry("emr-serverless", "startApplication", ("emrserverless", "StartApplication"), JOB, &[]),
    entry("emr-serverless", "startJobRun", ("emrserverless", "StartJobRun"), JOB, &[]),
    entry("emr-serverless", "stopApplication", ("emrserverless", "StopApplication"), JOB, &[]),
    entry("events", "putEvents", ("eventbridge", "PutEvents"), TOKEN, &["Entries"]),
    entry("glue", "startJobRun", ("glue", "StartJobRun"), JOB, &["JobName"]),
    entry("http", "invoke", ("", ""), CALL, &[]),
    entry("lambda", "invoke", ("lambda", "Invoke"), TOKEN, &["FunctionName"]),
    entry("mediaconvert", "createJob", ("mediaconvert", "CreateJob"), JOB, &[]),
    entry("sagemaker", "createEndpoint", ("sagemaker", "CreateEndpoint"), CALL, &[]),
    entry("sagemaker", "createEndpointConfig", ("sagemaker", "CreateEndpointConfig"), CALL, &[]),
    entry("sagemaker", "createHyperParameterTuningJob", ("sagemaker", "CreateHyperParameterTuningJob"), JOB, &[]),
    entry("sagemaker", "createLabelingJob", ("sagemaker", "CreateLabelingJob"), JOB, &[]),
    entry("sagemaker", "createModel", ("sagemaker", "CreateModel"), CALL, &[]),
    entry("sagemaker", "createProcessingJob", ("sagemaker", "CreateProcessingJob"), JOB, &[]),
    entry("sagemaker", "createTrainingJob", ("sagemaker", "CreateTrainingJob"), JOB, &[]),
    entry("sagemaker", "createTransformJob", ("sagemaker", "CreateTransformJob"), JOB, &[]),
    entry("sagemaker", "updateEndpoint", ("sagemaker", "UpdateEndpoint"), CALL, &[]),
    entry("sns", "publish", ("sns", "Publish"), TOKEN, &["Message"]),
    entry("sqs", "sendMessage", ("sqs", "SendMessage"), TOKEN, &["QueueUrl", "MessageBody"]),
    entry("states", "startExecution", ("sfn", "StartExecution"), CHILD, &["StateMachineArn"]),
];
