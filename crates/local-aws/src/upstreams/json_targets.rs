//! How services with the AWS JSON protocol are addressed, as botocore's models have it.

use txflow_asl::integrations;

/// The name in a `Resource`, what the target header starts with, the version of the protocol, and what calls are signed with.
#[rustfmt::skip]
const JSON_TARGETS: &[(&str, &str, &str, &str)] = &[
    ("acm", "CertificateManager", "1.1", "acm"),
    ("acmpca", "ACMPrivateCA", "1.1", "acm-pca"),
    ("applicationautoscaling", "AnyScaleFrontendService", "1.1", "application-autoscaling"),
    ("applicationdiscoveryservice", "AWSPoseidonService_V2015_11_01", "1.1", "discovery"),
    ("applicationinsights", "EC2WindowsBarleyService", "1.1", "applicationinsights"),
    ("apprunner", "AppRunner", "1.0", "apprunner"),
    ("appstream", "PhotonAdminProxyService", "1.1", "appstream"),
    ("arcregionswitch", "ArcRegionSwitch", "1.0", "arc-region-switch"),
    ("athena", "AmazonAthena", "1.1", "athena"),
    ("autoscalingplans", "AnyScaleScalingPlannerFrontendService", "1.1", "autoscaling-plans"),
    ("b2bi", "B2BI", "1.0", "b2bi"),
    ("backupgateway", "BackupOnPremises_v20210101", "1.0", "backup-gateway"),
    ("bcmdashboards", "AWSBCMDashboardsService", "1.0", "bcm-dashboards"),
    ("bcmdataexports", "AWSBillingAndCostManagementDataExports", "1.1", "bcm-data-exports"),
    ("bcmpricingcalculator", "AWSBCMPricingCalculator", "1.0", "bcm-pricing-calculator"),
    ("bcmrecommendedactions", "AWSBillingAndCostManagementRecommendedActions", "1.0", "bcm-recommended-actions"),
    ("bedrockdataautomationruntime", "AmazonBedrockKeystoneRuntimeService", "1.1", "bedrock"),
    ("billing", "AWSBilling", "1.0", "billing"),
    ("budgets", "AWSBudgetServiceGateway", "1.1", "budgets"),
    ("cloud9", "AWSCloud9WorkspaceManagementService", "1.1", "cloud9"),
    ("cloudcontrol", "CloudApiService", "1.0", "cloudcontrolapi"),
    ("cloudhsm", "CloudHsmFrontendService", "1.1", "cloudhsm"),
    ("cloudhsmv2", "BaldrApiService", "1.1", "cloudhsm"),
    ("cloudtrail", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101", "1.1", "cloudtrail"),
    ("cloudwatch", "GraniteServiceVersion20100801", "1.0", "monitoring"),
    ("cloudwatchlogs", "Logs_20140328", "1.1", "logs"),
    ("codebuild", "CodeBuild_20161006", "1.1", "codebuild"),
    ("codecommit", "CodeCommit_20150413", "1.1", "codecommit"),
    ("codeconnections", "com.amazonaws.codeconnections.CodeConnections_20231201", "1.0", "codeconnections"),
    ("codedeploy", "CodeDeploy_20141006", "1.1", "codedeploy"),
    ("codepipeline", "CodePipeline_20150709", "1.1", "codepipeline"),
    ("codestarconnections", "com.amazonaws.codestar.connections.CodeStar_connections_20191201", "1.0", "codestar-connections"),
    ("cognitoidentity", "AWSCognitoIdentityService", "1.1", "cognito-identity"),
    ("cognitoidentityprovider", "AWSCognitoIdentityProviderService", "1.1", "cognito-idp"),
    ("comprehend", "Comprehend_20171127", "1.1", "comprehend"),
    ("comprehendmedical", "ComprehendMedical_20181030", "1.1", "comprehendmedical"),
    ("computeoptimizer", "ComputeOptimizerService", "1.0", "compute-optimizer"),
    ("computeoptimizerautomation", "ComputeOptimizerAutomationService", "1.0", "aco-automation"),
    ("configservice", "StarlingDoveService", "1.1", "config"),
    ("costandusagereportservice", "AWSOrigamiServiceGatewayService", "1.1", "cur"),
    ("costexplorer", "AWSInsightsIndexService", "1.1", "ce"),
    ("costoptimizationhub", "CostOptimizationHubService", "1.0", "cost-optimization-hub"),
    ("databasemigrationservice", "AmazonDMSv20160101", "1.1", "dms"),
    ("datapipeline", "DataPipeline", "1.1", "datapipeline"),
    ("datasync", "FmrsService", "1.1", "datasync"),
    ("dax", "AmazonDAXV3", "1.1", "dax"),
    ("devicefarm", "DeviceFarm_20150623", "1.1", "devicefarm"),
    ("directconnect", "OvertureService", "1.1", "directconnect"),
    ("directoryservice", "DirectoryService_20150416", "1.1", "ds"),
    ("dynamodb", "DynamoDB_20120810", "1.0", "dynamodb"),
    ("dynamodbstreams", "DynamoDBStreams_20120810", "1.0", "dynamodb"),
    ("ec2instanceconnect", "AWSEC2InstanceConnectService", "1.1", "ec2-instance-connect"),
    ("ecr", "AmazonEC2ContainerRegistry_V20150921", "1.1", "ecr"),
    ("ecrpublic", "SpencerFrontendService", "1.1", "ecr-public"),
    ("ecs", "AmazonEC2ContainerServiceV20141113", "1.1", "ecs"),
    ("emr", "ElasticMapReduce", "1.1", "elasticmapreduce"),
    ("eventbridge", "AWSEvents", "1.1", "events"),
    ("evs", "AmazonElasticVMwareService", "1.0", "evs"),
    ("firehose", "Firehose_20150804", "1.1", "firehose"),
    ("fms", "AWSFMS_20180101", "1.1", "fms"),
    ("forecast", "AmazonForecast", "1.1", "forecast"),
    ("forecastquery", "AmazonForecastRuntime", "1.1", "forecast"),
    ("frauddetector", "AWSHawksNestServiceFacade", "1.1", "frauddetector"),
    ("freetier", "AWSFreeTierService", "1.0", "freetier"),
    ("fsx", "AWSSimbaAPIService_v20180301", "1.1", "fsx"),
    ("gamelift", "GameLift", "1.1", "gamelift"),
    ("globalaccelerator", "GlobalAccelerator_V20180706", "1.1", "globalaccelerator"),
    ("glue", "AWSGlue", "1.1", "glue"),
    ("health", "AWSHealth_20160804", "1.1", "health"),
    ("healthlake", "HealthLake", "1.0", "healthlake"),
    ("identitystore", "AWSIdentityStore", "1.1", "identitystore"),
    ("inspector", "InspectorService", "1.1", "inspector"),
    ("interconnect", "Interconnect", "1.0", "interconnect"),
    ("invoicing", "Invoicing", "1.0", "invoicing"),
    ("iotfleetwise", "IoTAutobahnControlPlane", "1.0", "iotfleetwise"),
    ("iotsecuretunneling", "IoTSecuredTunneling", "1.1", "IoTSecuredTunneling"),
    ("iotthingsgraph", "IotThingsGraphFrontEndService", "1.1", "iotthingsgraph"),
    ("kendra", "AWSKendraFrontendService", "1.1", "kendra"),
    ("kendraranking", "AWSKendraRerankingFrontendService", "1.0", "kendra-ranking"),
    ("keyspaces", "KeyspacesService", "1.0", "cassandra"),
    ("keyspacesstreams", "KeyspacesStreams", "1.0", "cassandra"),
    ("kinesis", "Kinesis_20131202", "1.1", "kinesis"),
    ("kinesisanalytics", "KinesisAnalytics_20150814", "1.1", "kinesisanalytics"),
    ("kinesisanalyticsv2", "KinesisAnalytics_20180523", "1.1", "kinesisanalytics"),
    ("kms", "TrentService", "1.1", "kms"),
    ("licensemanager", "AWSLicenseManager", "1.1", "license-manager"),
    ("lightsail", "Lightsail_20161128", "1.1", "lightsail"),
    ("lookoutequipment", "AWSLookoutEquipmentFrontendService", "1.0", "lookoutequipment"),
    ("machinelearning", "AmazonML_20141212", "1.1", "machinelearning"),
    ("mailmanager", "MailManagerSvc", "1.0", "ses"),
    ("marketplaceagreement", "AWSMPCommerceService_v20200301", "1.0", "aws-marketplace"),
    ("marketplacecommerceanalytics", "MarketplaceCommerceAnalytics20150701", "1.1", "marketplacecommerceanalytics"),
    ("marketplaceentitlementservice", "AWSMPEntitlementService", "1.1", "aws-marketplace"),
    ("marketplacemetering", "AWSMPMeteringService", "1.1", "aws-marketplace"),
    ("mediastore", "MediaStore_20170901", "1.1", "mediastore"),
    ("memorydb", "AmazonMemoryDB", "1.1", "memorydb"),
    ("migrationhub", "AWSMigrationHub", "1.1", "mgh"),
    ("migrationhubconfig", "AWSMigrationHubMultiAccountService", "1.1", "mgh"),
    ("mturk", "MTurkRequesterServiceV20170117", "1.1", "mturk-requester"),
    ("mwaaserverless", "AmazonMWAAServerless", "1.0", "airflow-serverless"),
    ("networkfirewall", "NetworkFirewall_20201112", "1.0", "network-firewall"),
    ("odb", "Odb", "1.0", "odb"),
    ("opensearchserverless", "OpenSearchServerless", "1.0", "aoss"),
    ("organizations", "AWSOrganizationsV20161128", "1.1", "organizations"),
    ("partnercentralaccount", "PartnerCentralAccount", "1.0", "partnercentral-account"),
    ("partnercentralbenefits", "PartnerCentralBenefitsService", "1.0", "partnercentral-benefits"),
    ("partnercentralchannel", "PartnerCentralChannel", "1.0", "partnercentral-channel"),
    ("partnercentralselling", "AWSPartnerCentralSelling", "1.0", "partnercentral-selling"),
    ("paymentcryptography", "PaymentCryptographyControlPlane", "1.0", "payment-cryptography"),
    ("pcs", "AWSParallelComputingService", "1.0", "pcs"),
    ("personalize", "AmazonPersonalize", "1.1", "personalize"),
    ("pi", "PerformanceInsightsv20180227", "1.1", "pi"),
    ("pinpointsmsvoicev2", "PinpointSMSVoiceV2", "1.0", "sms-voice"),
    ("pricing", "AWSPriceListService", "1.1", "pricing"),
    ("proton", "AwsProton20200720", "1.0", "proton"),
    ("redshiftdata", "RedshiftData", "1.1", "redshift-data"),
    ("redshiftserverless", "RedshiftServerless", "1.1", "redshift-serverless"),
    ("rekognition", "RekognitionService", "1.1", "rekognition"),
    ("resourcegroupstaggingapi", "ResourceGroupsTaggingAPI_20170126", "1.1", "tagging"),
    ("route53domains", "Route53Domains_v20140515", "1.1", "route53domains"),
    ("route53recoverycluster", "ToggleCustomerAPI", "1.0", "route53-recovery-cluster"),
    ("route53resolver", "Route53Resolver", "1.1", "route53resolver"),
    ("sagemaker", "SageMaker", "1.1", "sagemaker"),
    ("secretsmanager", "secretsmanager", "1.1", "secretsmanager"),
    ("servicecatalog", "AWS242ServiceCatalogService", "1.1", "servicecatalog"),
    ("servicediscovery", "Route53AutoNaming_v20170314", "1.1", "servicediscovery"),
    ("servicequotas", "ServiceQuotasV20190624", "1.1", "servicequotas"),
    ("sfn", "AWSStepFunctions", "1.0", "states"),
    ("shield", "AWSShield_20160616", "1.1", "shield"),
    ("snowball", "AWSIESnowballJobManagementService", "1.1", "snowball"),
    ("sqs", "AmazonSQS", "1.0", "sqs"),
    ("ssm", "AmazonSSM", "1.1", "ssm"),
    ("ssmcontacts", "SSMContacts", "1.1", "ssm-contacts"),
    ("ssoadmin", "SWBExternalService", "1.1", "sso"),
    ("storagegateway", "StorageGateway_20130630", "1.1", "storagegateway"),
    ("support", "AWSSupport_20130415", "1.1", "support"),
    ("swf", "SimpleWorkflowService", "1.0", "swf"),
    ("textract", "Textract", "1.1", "textract"),
    ("timestreaminfluxdb", "AmazonTimestreamInfluxDB", "1.0", "timestream-influxdb"),
    ("timestreamquery", "Timestream_20181101", "1.0", "timestream"),
    ("timestreamwrite", "Timestream_20181101", "1.0", "timestream"),
    ("transcribe", "Transcribe", "1.1", "transcribe"),
    ("transfer", "TransferService", "1.1", "transfer"),
    ("translate", "AWSShineFrontendService_20170701", "1.1", "translate"),
    ("verifiedpermissions", "VerifiedPermissions", "1.0", "verifiedpermissions"),
    ("voiceid", "VoiceID", "1.0", "voiceid"),
    ("waf", "AWSWAF_20150824", "1.1", "waf"),
    ("wafregional", "AWSWAF_Regional_20161128", "1.1", "waf-regional"),
    ("wafv2", "AWSWAF_20190729", "1.1", "wafv2"),
    ("workmail", "WorkMailService", "1.1", "workmail"),
    ("workspaces", "WorkspacesService", "1.1", "workspaces"),
    ("workspacesinstances", "EUCMIFrontendAPIService", "1.0", "workspaces-instances"),
];

/// Target, version and signing name of a service, by the prefix of its IAM actions or its signing name.
pub(super) fn json_target(service: &str) -> Option<(&'static str, &'static str, &'static str)> {
    let named = |name: &str| name == service;
    let of_prefix =
        |name: &str| integrations::service(name).is_some_and(|known| known.prefix == service);
    let mut rows = JSON_TARGETS.iter();
    let found = rows
        .find(|(name, _, _, _)| named(name))
        .or_else(|| JSON_TARGETS.iter().find(|(name, _, _, _)| of_prefix(name)))
        .or_else(|| {
            JSON_TARGETS
                .iter()
                .find(|(_, _, _, signing)| named(signing))
        })?;
    Some((found.1, found.2, found.3))
}

#[cfg(test)]
mod tests {
    use super::json_target;

    #[test]
    fn a_service_is_found_by_each_of_its_names() {
        for name in ["eventbridge", "events"] {
            assert_eq!(json_target(name), Some(("AWSEvents", "1.1", "events")));
        }
        assert_eq!(json_target("glue"), Some(("AWSGlue", "1.1", "glue")));
        assert_eq!(json_target("bedrock"), None);
    }
}
