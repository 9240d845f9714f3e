//! For each integration: a workflow passes under the role that is derived from its definition, and fails if any one
//! statement is taken away. The embedded AWS judges by the actual parameters and shares no more with the derivation than
//! the tables of services.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use txflow::config;
use txflow::resources::{self, Because, Role};
use txflow::stack::{Account, Stack};
use txflow_asl::integrations::optimized_services;
use txflow_local_aws::{
    Behavior, Clock, HandlerCall, InMemoryAws, MockedResponse, MockedResponses, Mocks, Random,
};

const ACCOUNT: &str = "000000000000";
const NAME: &str = "shop-dev";

/// The buckets that a Distributed Map reads and writes.
const READ: &str = "orders";
const WRITTEN: &str = "invoices";

/// What an execution only calls if it is stopped, or is redriven by hand; then nothing of it is seen in the execution.
const NOT_WHILE_IT_RUNS: [&str; 4] = ["Stop", "Cancel", "Terminate", "Redrive"];

/// The optimized integrations, each with its parameters.
const OPTIMIZED: &[(&str, &str)] = &[
    (
        "apigateway:invoke",
        r#"{"ApiEndpoint":"abc123.execute-api.us-east-1.amazonaws.com","Method":"GET","Stage":"prod","Path":"/orders","AuthType":"IAM_ROLE"}"#,
    ),
    (
        "apigateway:invoke",
        r#"{"ApiEndpoint":"a1b2c3.execute-api.us-east-1.amazonaws.com","Method":"POST","Stage":"prod","Path":"/@connections/c1","AuthType":"IAM_ROLE"}"#,
    ),
    ("athena:getQueryExecution", r#"{"QueryExecutionId":"7b1f"}"#),
    ("athena:getQueryResults", r#"{"QueryExecutionId":"7b1f"}"#),
    (
        "athena:startQueryExecution.sync",
        r#"{"QueryString":"SELECT 1","WorkGroup":"primary","ResultConfiguration":{"OutputLocation":"s3://results/athena/"}}"#,
    ),
    (
        "athena:stopQueryExecution",
        r#"{"QueryExecutionId":"7b1f"}"#,
    ),
    (
        "batch:submitJob.sync",
        r#"{"JobName":"nightly","JobDefinition":"nightly:3","JobQueue":"spot"}"#,
    ),
    (
        "bedrock:createModelCustomizationJob.sync",
        r#"{"BaseModelIdentifier":"amazon.titan-text-express-v1","CustomModelName":"tuned","JobName":"tune","RoleArn":"arn:aws:iam::000000000000:role/bedrock","TrainingDataConfig":{"S3Uri":"s3://data/train"},"OutputDataConfig":{"S3Uri":"s3://data/out"},"HyperParameters":{}}"#,
    ),
    (
        "bedrockagentcore:invokeHarness",
        r#"{"HarnessArn":"arn:aws:bedrock-agentcore:us-east-1:000000000000:harness/support-AbCdEf0123","RuntimeSessionId":"session-of-at-least-thirty-three-characters","Messages":[]}"#,
    ),
    (
        "bedrock:invokeModel",
        r#"{"ModelId":"anthropic.claude-3-haiku-20240307-v1:0","Body":{"prompt":"hello"}}"#,
    ),
    ("codebuild:batchDeleteBuilds", r#"{"Ids":["site:7b1f"]}"#),
    (
        "codebuild:batchGetReports",
        r#"{"ReportArns":["arn:aws:codebuild:us-east-1:000000000000:report/site:7b1f"]}"#,
    ),
    ("codebuild:deleteBuildBatch", r#"{"Id":"site:7b1f"}"#),
    ("codebuild:retryBuildBatch.sync", r#"{"Id":"site:7b1f"}"#),
    ("codebuild:startBuild.sync", r#"{"ProjectName":"site"}"#),
    (
        "codebuild:startBuildBatch.sync",
        r#"{"ProjectName":"site"}"#,
    ),
    ("codebuild:stopBuild", r#"{"Id":"site:7b1f"}"#),
    ("codebuild:stopBuildBatch", r#"{"Id":"site:7b1f"}"#),
    ("databrew:startJobRun.sync", r#"{"Name":"clean"}"#),
    (
        "dynamodb:deleteItem",
        r#"{"TableName":"orders","Key":{"id":{"S":"1"}}}"#,
    ),
    (
        "dynamodb:getItem",
        r#"{"TableName":"arn:aws:dynamodb:us-east-1:111111111111:table/orders","Key":{"id":{"S":"1"}}}"#,
    ),
    (
        "dynamodb:putItem",
        r#"{"TableName":"orders","Item":{"id":{"S":"1"}}}"#,
    ),
    (
        "dynamodb:updateItem",
        r#"{"TableName":"orders","Key":{"id":{"S":"1"}}}"#,
    ),
    (
        "ecs:runTask.sync",
        r#"{"Cluster":"arn:aws:ecs:us-east-1:000000000000:cluster/main","TaskDefinition":"resize:4","LaunchType":"FARGATE","Overrides":{"TaskRoleArn":"arn:aws:iam::000000000000:role/task","ExecutionRoleArn":"arn:aws:iam::000000000000:role/pull"}}"#,
    ),
    (
        "eks:call",
        r#"{"ClusterName":"main","CertificateAuthority":"x","Endpoint":"https://example.com","Method":"GET","Path":"/api"}"#,
    ),
    (
        "eks:createCluster.sync",
        r#"{"Name":"main","ResourcesVpcConfig":{"SubnetIds":["subnet-1"]},"RoleArn":"arn:aws:iam::000000000000:role/eks"}"#,
    ),
    (
        "eks:createFargateProfile.sync",
        r#"{"ClusterName":"main","FargateProfileName":"pods","PodExecutionRoleArn":"arn:aws:iam::000000000000:role/pods"}"#,
    ),
    (
        "eks:createNodegroup.sync",
        r#"{"ClusterName":"main","NodegroupName":"nodes","NodeRole":"arn:aws:iam::000000000000:role/nodes","Subnets":["subnet-1"]}"#,
    ),
    ("eks:deleteCluster.sync", r#"{"Name":"main"}"#),
    (
        "eks:deleteFargateProfile.sync",
        r#"{"ClusterName":"main","FargateProfileName":"pods"}"#,
    ),
    (
        "eks:deleteNodegroup.sync",
        r#"{"ClusterName":"main","NodegroupName":"nodes"}"#,
    ),
    (
        "eks:runJob.sync",
        r#"{"ClusterName":"main","CertificateAuthority":"x","Endpoint":"https://example.com","Job":{}}"#,
    ),
    (
        "elasticmapreduce:addStep.sync",
        r#"{"ClusterId":"j-1","Step":{"Name":"count","HadoopJarStep":{"Jar":"command-runner.jar"}}}"#,
    ),
    (
        "elasticmapreduce:cancelStep",
        r#"{"ClusterId":"j-1","StepId":"s-1"}"#,
    ),
    (
        "elasticmapreduce:createCluster.sync",
        r#"{"Name":"count","ServiceRole":"emr","JobFlowRole":"emr-ec2","Instances":{}}"#,
    ),
    (
        "elasticmapreduce:modifyInstanceFleetByName",
        r#"{"ClusterId":"j-1","InstanceFleetName":"core","InstanceFleet":{}}"#,
    ),
    (
        "elasticmapreduce:modifyInstanceGroupByName",
        r#"{"ClusterId":"j-1","InstanceGroupName":"core","InstanceGroup":{}}"#,
    ),
    (
        "elasticmapreduce:setClusterTerminationProtection",
        r#"{"ClusterId":"j-1","TerminationProtected":true}"#,
    ),
    (
        "elasticmapreduce:terminateCluster.sync",
        r#"{"ClusterId":"j-1"}"#,
    ),
    (
        "emr-containers:createVirtualCluster",
        r#"{"Name":"spark","ContainerProvider":{"Id":"main","Type":"EKS"}}"#,
    ),
    (
        "emr-containers:deleteVirtualCluster.sync",
        r#"{"Id":"vc1"}"#,
    ),
    (
        "emr-containers:startJobRun.sync",
        r#"{"VirtualClusterId":"vc1","Name":"count","ExecutionRoleArn":"arn:aws:iam::000000000000:role/spark","ReleaseLabel":"emr-6.2.0-latest","JobDriver":{}}"#,
    ),
    (
        "emr-serverless:cancelJobRun.sync",
        r#"{"ApplicationId":"a1","JobRunId":"j1"}"#,
    ),
    (
        "emr-serverless:createApplication.sync",
        r#"{"Name":"spark","Type":"SPARK","ReleaseLabel":"emr-6.9.0"}"#,
    ),
    (
        "emr-serverless:deleteApplication.sync",
        r#"{"ApplicationId":"a1"}"#,
    ),
    (
        "emr-serverless:startApplication.sync",
        r#"{"ApplicationId":"a1"}"#,
    ),
    (
        "emr-serverless:startJobRun.sync",
        r#"{"ApplicationId":"a1","ExecutionRoleArn":"arn:aws:iam::000000000000:role/spark"}"#,
    ),
    (
        "emr-serverless:stopApplication.sync",
        r#"{"ApplicationId":"a1"}"#,
    ),
    (
        "events:putEvents",
        r#"{"Entries":[{"Detail":{},"DetailType":"order","EventBusName":"orders","Source":"shop"}]}"#,
    ),
    ("glue:startJobRun.sync", r#"{"JobName":"etl"}"#),
    (
        "http:invoke",
        r#"{"ApiEndpoint":"https://api.example.com/charges","Method":"POST","Authentication":{"ConnectionArn":"arn:aws:events:us-east-1:000000000000:connection/payments/7b1f"}}"#,
    ),
    (
        "lambda:invoke.waitForTaskToken",
        r#"{"FunctionName":"charge","Payload":{"token.$":"$$.Task.Token"}}"#,
    ),
    (
        "mediaconvert:createJob.sync",
        r#"{"Role":"arn:aws:iam::000000000000:role/media","Settings":{}}"#,
    ),
    (
        "sagemaker:createEndpoint",
        r#"{"EndpointName":"e","EndpointConfigName":"c"}"#,
    ),
    (
        "sagemaker:createEndpointConfig",
        r#"{"EndpointConfigName":"c","ProductionVariants":[]}"#,
    ),
    (
        "sagemaker:createHyperParameterTuningJob.sync",
        r#"{"HyperParameterTuningJobName":"t","HyperParameterTuningJobConfig":{},"TrainingJobDefinition":{"RoleArn":"arn:aws:iam::000000000000:role/sage"}}"#,
    ),
    (
        "sagemaker:createLabelingJob.sync",
        r#"{"LabelingJobName":"l","LabelAttributeName":"a","InputConfig":{},"OutputConfig":{"S3OutputPath":"s3://data/labels"},"RoleArn":"arn:aws:iam::000000000000:role/sage","HumanTaskConfig":{}}"#,
    ),
    (
        "sagemaker:createModel",
        r#"{"ModelName":"m","ExecutionRoleArn":"arn:aws:iam::000000000000:role/sage"}"#,
    ),
    (
        "sagemaker:createProcessingJob.sync",
        r#"{"ProcessingJobName":"p","AppSpecification":{},"ProcessingResources":{},"RoleArn":"arn:aws:iam::000000000000:role/sage"}"#,
    ),
    (
        "sagemaker:createTrainingJob.sync",
        r#"{"TrainingJobName":"t","AlgorithmSpecification":{},"OutputDataConfig":{},"ResourceConfig":{},"RoleArn":"arn:aws:iam::000000000000:role/sage","StoppingCondition":{}}"#,
    ),
    (
        "sagemaker:createTransformJob.sync",
        r#"{"TransformJobName":"t","ModelName":"m","TransformInput":{},"TransformOutput":{},"TransformResources":{}}"#,
    ),
    (
        "sagemaker:updateEndpoint",
        r#"{"EndpointName":"e","EndpointConfigName":"c"}"#,
    ),
    (
        "sns:publish",
        r#"{"TopicArn":"arn:aws:sns:us-east-1:000000000000:orders","Message":"paid"}"#,
    ),
    (
        "sqs:sendMessage.waitForTaskToken",
        r#"{"QueueUrl":"https://sqs.us-east-1.amazonaws.com/000000000000/orders","MessageBody":{"token.$":"$$.Task.Token"}}"#,
    ),
    (
        "states:startExecution.sync:2",
        r#"{"StateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:ship","Input":{}}"#,
    ),
];

/// Some of the calls through `aws-sdk`.
const SDK: &[(&str, &str)] = &[
    (
        "dynamodb:query",
        r#"{"TableName":"orders","IndexName":"by-day","KeyConditionExpression":"d = :d"}"#,
    ),
    (
        "dynamodb:transactWriteItems",
        r#"{"TransactItems":[{"Put":{"TableName":"orders","Item":{}}},{"Update":{"TableName":"stock","Key":{}}}]}"#,
    ),
    (
        "s3:getObject",
        r#"{"Bucket":"invoices","Key":"2026/1.pdf"}"#,
    ),
    ("s3:listObjectsV2", r#"{"Bucket":"invoices"}"#),
    (
        "secretsmanager:getSecretValue",
        r#"{"SecretId":"payments"}"#,
    ),
    ("ssm:getParameter", r#"{"Name":"/shop/limit"}"#),
    (
        "sfn:startExecution",
        r#"{"StateMachineArn":"arn:aws:states:us-east-1:000000000000:stateMachine:ship"}"#,
    ),
    (
        "sqs:deleteMessage",
        r#"{"QueueUrl":"https://sqs.us-east-1.amazonaws.com/000000000000/orders","ReceiptHandle":"x"}"#,
    ),
    (
        "kms:decrypt",
        r#"{"CiphertextBlob":"x","KeyId":"arn:aws:kms:us-east-1:000000000000:key/7b1f"}"#,
    ),
    (
        "cloudwatch:putMetricData",
        r#"{"Namespace":"shop","MetricData":[]}"#,
    ),
    (
        "eventbridge:putEvents",
        r#"{"Entries":[{"Detail":"{}","DetailType":"order","Source":"shop"}]}"#,
    ),
    (
        "rdsdata:executeStatement",
        r#"{"ResourceArn":"arn:aws:rds:us-east-1:000000000000:cluster:shop","SecretArn":"arn:aws:secretsmanager:us-east-1:000000000000:secret:db-a1B2c3","Sql":"SELECT 1"}"#,
    ),
    ("apigateway:getRestApi", r#"{"RestApiId":"a1"}"#),
    ("apigateway:getRestApis", "{}"),
    (
        "apigateway:tagResource",
        r#"{"ResourceArn":"arn:aws:apigateway:us-east-1::/restapis/a1","Tags":{"a":"b"}}"#,
    ),
    (
        "apigatewayv2:deleteRoute",
        r#"{"ApiId":"a1","RouteId":"r1"}"#,
    ),
    (
        "redshiftdata:executeStatement",
        r#"{"ClusterIdentifier":"reports","Database":"shop","DbUser":"reader","Sql":"SELECT 1"}"#,
    ),
    (
        "redshiftdata:listTables",
        r#"{"ClusterIdentifier":"reports","Database":"shop"}"#,
    ),
    (
        "redshiftdata:executeStatement",
        r#"{"WorkgroupName":"arn:aws:redshift-serverless:us-east-1:000000000000:workgroup/w1","Database":"shop","Sql":"SELECT 1"}"#,
    ),
    (
        "keyspaces:createTable",
        r#"{"KeyspaceName":"shop","TableName":"orders","SchemaDefinition":{"AllColumns":[]}}"#,
    ),
    (
        "glue:createSchema",
        r#"{"RegistryId":{"RegistryName":"events"},"SchemaName":"order","DataFormat":"AVRO"}"#,
    ),
    ("glue:getTables", r#"{"DatabaseName":"sales"}"#),
    (
        "workspaces:createWorkspaces",
        r#"{"Workspaces":[{"DirectoryId":"d-1","BundleId":"wsb-1","UserName":"alice"}]}"#,
    ),
    ("kms:encrypt", r#"{"KeyId":"alias/shop","Plaintext":"x"}"#),
    (
        "elasticloadbalancingv2:modifyListener",
        r#"{"ListenerArn":"arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/app/a/b/c","DefaultActions":[]}"#,
    ),
    (
        "ssm:sendCommand",
        r#"{"DocumentName":"AWS-RunShellScript","InstanceIds":["i-1"]}"#,
    ),
    (
        "iotjobsdataplane:describeJobExecution",
        r#"{"JobId":"j1","ThingName":"t1"}"#,
    ),
];

/// What a call needs beside its own action.
const SIDE: &[(&str, &str)] = &[
    (
        "s3:putObject",
        r#"{"Bucket":"b","Key":"k*","Body":"x","Tagging":"a=b","Acl":"private","ObjectLockLegalHoldStatus":"ON"}"#,
    ),
    (
        "s3:getObject",
        r#"{"Bucket":"b","Key":"k","VersionId":"1"}"#,
    ),
    (
        "s3:copyObject",
        r#"{"Bucket":"b","Key":"k","CopySource":"a/k?versionId=1","Tagging":"a=b"}"#,
    ),
    ("sqs:createQueue", r#"{"QueueName":"q","Tags":{"a":"b"}}"#),
    (
        "ec2:createVolume",
        r#"{"AvailabilityZone":"us-east-1a","Size":1,"TagSpecifications":[{"ResourceType":"volume","Tags":[{"Key":"a","Value":"b"}]}]}"#,
    ),
    (
        "workspaces:createWorkspaces",
        r#"{"Workspaces":[{"DirectoryId":"d-1","BundleId":"wsb-1","UserName":"alice","Tags":[{"Key":"a","Value":"b"}]}]}"#,
    ),
    (
        "sns:createTopic",
        r#"{"Name":"t","Tags":[{"Key":"a","Value":"b"}]}"#,
    ),
    (
        "dynamodb:createTable",
        r#"{"TableName":"t","Tags":[{"Key":"a","Value":"b"}]}"#,
    ),
    (
        "secretsmanager:createSecret",
        r#"{"Name":"s","SecretString":"x","Tags":[{"Key":"a","Value":"b"}],"KmsKeyId":"arn:aws:kms:us-east-1:000000000000:key/k1"}"#,
    ),
    (
        "bedrockruntime:invokeModel",
        r#"{"ModelId":"amazon.nova-lite-v1:0","GuardrailIdentifier":"g1","GuardrailVersion":"1","Body":{}}"#,
    ),
    (
        "ecs:runTask",
        r#"{"Cluster":"c","TaskDefinition":"arn:aws:ecs:us-east-1:000000000000:task-definition/t:1","Tags":[{"Key":"a","Value":"b"}]}"#,
    ),
];

fn task(resource: &str, parameters: &str) -> Value {
    let parameters: Value = serde_json::from_str(parameters).unwrap();
    json!({ "Type": "Task", "Resource": resource, "Parameters": parameters, "End": true })
}

/// Each state with a name that says what it calls.
pub fn cases() -> Vec<(String, Value)> {
    let of = |prefix: &str, entries: &[(&str, &str)]| -> Vec<(String, Value)> {
        let entries = entries.iter();
        entries
            .map(|(call, parameters)| {
                let resource = format!("arn:aws:states:::{prefix}{call}");
                (format!("{prefix}{call}"), task(&resource, parameters))
            })
            .collect()
    };
    let mut cases = of("", OPTIMIZED);
    cases.extend(of("aws-sdk:", SDK));
    cases.extend(of("aws-sdk:", SIDE));
    let foreign = "arn:aws:lambda:us-east-1:111111111111:function:charge:PROD";
    cases.push(("a function".to_owned(), task(foreign, "{}")));
    let activity = "arn:aws:states:us-east-1:000000000000:activity:approve";
    cases.push(("an activity".to_owned(), task(activity, "{}")));
    let mut elsewhere = task(
        "arn:aws:states:::aws-sdk:s3:getObject",
        r#"{"Bucket":"b","Key":"k"}"#,
    );
    elsewhere["Credentials"] = json!({ "RoleArn": "arn:aws:iam::111111111111:role/reader" });
    cases.push(("another account's role".to_owned(), elsewhere));
    let jsonata = json!({
        "Type": "Task",
        "QueryLanguage": "JSONata",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Arguments": {
            "QueueUrl": "{% 'https://sqs.us-east-1.amazonaws.com/' & '000000000000/orders' %}",
            "MessageBody": "{% $states.input %}",
        },
        "End": true,
    });
    cases.push(("JSONata".to_owned(), jsonata));
    cases.push((
        "a Distributed Map".to_owned(),
        json!({
            "Type": "Map",
            "ItemsPath": "$.items",
            "ItemProcessor": {
                "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
                "StartAt": "Each",
                "States": { "Each": { "Type": "Pass", "End": true } },
            },
            "End": true,
        }),
    ));
    let reading = |resource: &str, parameters: Value| {
        json!({
            "Type": "Map",
            "ItemReader": { "Resource": format!("arn:aws:states:::s3:{resource}"), "Parameters": parameters },
            "ItemProcessor": {
                "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
                "StartAt": "Each",
                "States": { "Each": { "Type": "Pass", "End": true } },
            },
            "ResultWriter": {
                "Resource": "arn:aws:states:::s3:putObject",
                "Parameters": { "Bucket": WRITTEN, "Prefix": "results" },
            },
            "End": true,
        })
    };
    let mut file = reading("getObject", json!({ "Bucket": READ, "Key": "items.json" }));
    file["ItemReader"]["ReaderConfig"] = json!({ "InputType": "JSON" });
    let list = reading("listObjectsV2", json!({ "Bucket": READ }));
    cases.push(("a Distributed Map over a file".to_owned(), file));
    cases.push(("a Distributed Map over objects".to_owned(), list));
    cases
}

#[test]
fn no_optimized_integration_is_left_out() {
    let called: Vec<&str> = { OPTIMIZED.iter() }
        .map(|(call, _)| call.split('.').next().unwrap())
        .collect();
    for entry in optimized_services() {
        let call = format!("{}:{}", entry.service, entry.action);
        assert!(called.contains(&call.as_str()), "{call} is left out");
    }
}

#[tokio::test(start_paused = true)]
async fn a_workflow_passes_under_its_derived_role_and_fails_without_any_one_statement() {
    let mut wrong = Vec::new();
    let mut taken_away = 0;
    for (case, state) in cases() {
        let definition = json!({ "StartAt": "Call", "States": { "Call": state } });
        let role = derived(&definition);
        let statements = role.policy["Statement"].as_array().unwrap();
        let cloud = Cloud::new();
        if let Err(why) = cloud.run(&definition, statements).await {
            wrong.push(format!("{case} does not pass: {why}\n  {:#}", role.policy));
            continue;
        }
        for (i, statement) in role.statements.iter().enumerate() {
            let declared = statement.because.contains(&Because::Declared);
            let only_later = statement.actions.iter().all(|action| {
                let mut verbs = NOT_WHILE_IT_RUNS.iter();
                verbs.any(|verb| {
                    action.contains(&format!(":{verb}"))
                        || action.contains(&format!(":Batch{verb}"))
                })
            });
            let of_map = case.starts_with("a Distributed Map")
                && statement.actions[0].starts_with("states:")
                && !statement
                    .actions
                    .iter()
                    .any(|action| action.contains("Start"));
            let is_the_call =
                case.contains(":stop") || case.contains(":cancel") || case.contains(":terminate");
            // A job that Batch is about to make has an id that no parameter tells.
            let of_new_jobs = case.starts_with("batch:") && { statement.resources.iter() }
                .all(|resource| resource.ends_with(":job/*"));
            // Athena asks Lake Formation while the query runs, which is not this task's own call.
            let of_athena = statement.actions == ["lakeformation:GetDataAccess"];
            if declared || of_map || of_new_jobs || of_athena || (only_later && !is_the_call) {
                continue;
            }
            let mut fewer = statements.clone();
            fewer.remove(i);
            taken_away += 1;
            if Cloud::new().run(&definition, &fewer).await.is_ok() {
                wrong.push(format!("{case} passes without {statement:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(taken_away > 100, "{taken_away}");
}

#[tokio::test(start_paused = true)]
async fn a_call_with_tags_or_a_guardrail_or_a_version_fails_without_any_one_action() {
    let mut wrong = Vec::new();
    for (call, parameters) in SIDE {
        let state = task(&format!("arn:aws:states:::aws-sdk:{call}"), parameters);
        let definition = json!({ "StartAt": "Call", "States": { "Call": state } });
        let role = derived(&definition);
        let statements = role.policy["Statement"].as_array().unwrap();
        let mut actions = 0;
        for (i, statement) in statements.iter().enumerate() {
            // Which roles a task definition has is not in the request.
            let listed = statement["Action"].as_array().unwrap().iter();
            for action in listed.filter(|action| *action != "iam:PassRole") {
                actions += 1;
                let mut fewer = statements.clone();
                let left = fewer[i]["Action"].as_array_mut().unwrap();
                left.retain(|other| other != action);
                if left.is_empty() {
                    fewer.remove(i);
                }
                if Cloud::new().run(&definition, &fewer).await.is_ok() {
                    wrong.push(format!("{call} passes without {action}"));
                }
            }
        }
        assert!(actions > 1, "{call}: {:#}", role.policy);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The role that txflow derives. What only an execution would know is declared, as a user must.
pub fn derived(definition: &Value) -> Role {
    let bare = role(definition, "");
    let needs = txflow_asl::permissions::needs(
        definition,
        &txflow_asl::permissions::Owner {
            partition: "aws",
            region: "us-east-1",
            account: ACCOUNT,
            state_machine: NAME,
        },
    );
    let unknown: Vec<&str> = { needs.iter() }
        .filter(|need| {
            let resource = &need.resource;
            matches!(
                resource,
                txflow_asl::permissions::NeededResource::Unknown { .. }
            )
        })
        .map(|need| need.action.as_str())
        .collect();
    if unknown.is_empty() {
        return bare;
    }
    let declared = format!(
        "[[state-machine.statements]]\nactions = {}\nresources = [\"*\"]\n",
        json!(unknown)
    );
    role(definition, &declared)
}

fn role(definition: &Value, declared: &str) -> Role {
    let dir = tempfile::tempdir().unwrap();
    let toml = format!("name = \"shop\"\nregion = \"us-east-1\"\n{declared}");
    fs::write(dir.path().join("deploy.toml"), toml).unwrap();
    fs::write(
        dir.path().join("definition.asl.json"),
        definition.to_string(),
    )
    .unwrap();
    let deployment = config::load(dir.path(), "dev", &|_| None)
        .unwrap_or_else(|found| panic!("{found}\n{definition:#}"));
    let account = Account {
        partition: "aws".to_owned(),
        id: ACCOUNT.to_owned(),
        region: "us-east-1".to_owned(),
    };
    let stack = Stack::of(&deployment.stack_config(), account);
    let mut roles = resources::roles(&deployment, &stack);
    roles
        .remove(&stack.state_machine_role(&txflow::config::MachineName::Main))
        .unwrap()
}

struct Cloud(InMemoryAws);

impl Cloud {
    /// All that is called is mocked.
    fn new() -> Self {
        let mut mocks = Mocks::default();
        let response = MockedResponse::Return(json!({}));
        let responses = MockedResponses::repeating_the_last(vec![response]);
        mocks.add(NAME, "Mocked", "Call", responses);
        let started = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let behavior = Behavior {
            clock: Clock::following_tokio(started),
            random: Random::seeded(7),
            mocks,
            ..Behavior::default()
        };
        let handlers = Arc::new(|_: &HandlerCall<'_>| Ok(json!({})));
        Self(InMemoryAws::start(behavior, handlers).unwrap())
    }

    /// What a Distributed Map reads, and where it writes.
    async fn make_buckets(&self) -> Result<(), String> {
        for (path, body) in [
            (READ.to_owned(), ""),
            (format!("{READ}/items.json"), r#"[{"id":1}]"#),
            (WRITTEN.to_owned(), ""),
        ] {
            let url = format!("{}/{path}", InMemoryAws::endpoint_url());
            self.call("s3", hyper::Request::put(url), body.to_owned())
                .await?;
        }
        Ok(())
    }

    /// Creates the state machine with a role of these statements, and runs it. The error says why it did not succeed.
    async fn run(&self, definition: &Value, statements: &[Value]) -> Result<(), String> {
        let trust = json!({ "Statement": {
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "Service": "states.amazonaws.com" },
        } });
        let trust = trust.to_string();
        let role = [
            ("RoleName", "r"),
            ("AssumeRolePolicyDocument", trust.as_str()),
        ];
        self.iam("CreateRole", &role).await?;
        if !statements.is_empty() {
            let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
            let put = [
                ("RoleName", "r"),
                ("PolicyName", "p"),
                ("PolicyDocument", policy.as_str()),
            ];
            self.iam("PutRolePolicy", &put).await?;
        }
        self.make_buckets().await?;
        // Until Step Functions knows the role and its policy.
        tokio::time::sleep(Duration::from_secs(60)).await;
        let input = json!({
            "name": NAME,
            "definition": definition.to_string(),
            "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/r"),
        });
        let created = self.states("CreateStateMachine", input).await?;
        let arn = created["stateMachineArn"].as_str().unwrap();
        let input = json!({
            "stateMachineArn": format!("{arn}#Mocked"),
            "input": json!({ "items": [1] }).to_string(),
        });
        let started = self.states("StartExecution", input).await?;
        loop {
            let input = json!({ "executionArn": started["executionArn"] });
            let found = self.states("DescribeExecution", input).await?;
            match found["status"].as_str().unwrap() {
                "SUCCEEDED" => return Ok(()),
                "RUNNING" => tokio::time::sleep(Duration::from_millis(10)).await,
                _ => return Err(format!("{} {}", found["error"], found["cause"])),
            }
        }
    }

    async fn iam(&self, action: &str, parameters: &[(&str, &str)]) -> Result<(), String> {
        let all = [("Action", action), ("Version", "2010-05-08")];
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let body: Vec<String> = { all.iter().chain(parameters) }
            .map(|(key, value)| format!("{key}={}", encoded(value)))
            .collect();
        let request = hyper::Request::post(InMemoryAws::endpoint_url())
            .header("content-type", "application/x-www-form-urlencoded");
        self.call("iam", request, body.join("&")).await.map(|_| ())
    }

    async fn states(&self, operation: &str, input: Value) -> Result<Value, String> {
        let request = hyper::Request::post(InMemoryAws::endpoint_url())
            .header("x-amz-target", format!("AWSStepFunctions.{operation}"));
        let answer = self.call("states", request, input.to_string()).await?;
        Ok(serde_json::from_str(&answer).unwrap())
    }

    async fn call(
        &self,
        service: &str,
        request: hyper::http::request::Builder,
        body: String,
    ) -> Result<String, String> {
        let credential = format!(
            "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
        );
        let request = request
            .header("authorization", credential)
            .body(body.into())
            .unwrap();
        let answer = self.0.call(request).await.unwrap();
        let text = String::from_utf8_lossy(answer.body()).into_owned();
        if answer.status().is_success() {
            Ok(text)
        } else {
            Err(text)
        }
    }
}
