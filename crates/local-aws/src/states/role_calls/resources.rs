//! What the parameters of a call name, as the ARNs of IAM's reference.

use percent_encoding::percent_decode_str;
use txflow_asl::integrations::{Operation, ResourceType, Service};
use txflow_asl::{Arn, FunctionReference};

use super::Task;

impl Task<'_> {
    /// What a call of API Gateway's control plane is about: its path.
    pub(super) fn api_path(&self, operation: &Operation) -> Option<String> {
        let mut path = operation.path()?.to_owned();
        while let Some((before, rest)) = path.split_once("${") {
            let (member, after) = rest.split_once('}')?;
            let value = self.text(member)?.replace(':', "%3A").replace('/', "%2F");
            path = format!("{before}{value}{after}");
        }
        let of_account = ["/domainnameaccessassociations", "/routingrules"];
        let account = match of_account.iter().any(|part| path.contains(part)) {
            true => &*self.scope.account,
            false => "",
        };
        Some(format!(
            "arn:aws:apigateway:{}:{account}:{path}",
            self.scope.region
        ))
    }

    /// What each of the required types is, or the most specific of those that the parameters name.
    pub(super) fn resources(&self, types: &[ResourceType]) -> Vec<Option<String>> {
        if types.is_empty() {
            return vec![Some("*".to_owned())];
        }
        let named: Vec<(bool, String)> = types
            .iter()
            .filter_map(|kind| Some((kind.required, self.resource(kind)?)))
            .collect();
        // An index stands for its table, an object for its bucket.
        let most = named.iter().max_by_key(|(_, arn)| arn.len());
        let part_of = |arn: &str| {
            most.is_some_and(|(_, most)| most.len() > arn.len() && most.starts_with(arn))
        };
        let required = named.iter().filter(|(required, _)| *required);
        let mut resources: Vec<Option<String>> = required
            .map(|(_, arn)| match most {
                Some((_, most)) if part_of(arn) => Some(most.clone()),
                _ => Some(arn.clone()),
            })
            .collect();
        if resources.is_empty() {
            resources.push(most.map(|(_, arn)| arn.clone()));
        }
        resources.dedup();
        resources
    }

    /// The ARN of this type that the parameters name.
    fn resource(&self, kind: &ResourceType) -> Option<String> {
        let (start, _) = kind.arn.split_once("${").unwrap_or((kind.arn, ""));
        debug_assert!(start.starts_with("arn:"), "{}", kind.arn);
        let form = Arn::parse(kind.arn)?;
        if let Some(whole) = self.whole(&form) {
            // An access point stands for a bucket.
            let key = self
                .text("Key")
                .filter(|_| kind.name == "accesspointobject");
            return Some(match key {
                Some(key) => format!("{whole}/object/{key}"),
                None => whole,
            });
        }
        let mut resource = String::new();
        let mut rest = form.resource;
        while let Some((text, variable)) = rest.split_once("${") {
            let (variable, behind) = variable.split_once('}')?;
            resource.push_str(text);
            resource.push_str(&self.part(form.service, variable)?);
            rest = behind;
        }
        resource.push_str(rest);
        let filled = |part: &str, value: &str| match part.starts_with("${") {
            true => value.to_owned(),
            false => part.to_owned(),
        };
        // The documents of AWS are in no account.
        let is_of_aws = form.service == "ssm"
            && kind.name == "document"
            && resource.to_ascii_lowercase().starts_with("document/aws");
        let account = if is_of_aws { "" } else { &*self.scope.account };
        let (region, account) = (
            filled(form.region, &self.scope.region),
            filled(form.account, account),
        );
        let arn = Arn {
            partition: "aws",
            service: form.service,
            region: &region,
            account: &account,
            resource: &resource,
        };
        Some(arn.to_string())
    }

    /// A parameter that is an ARN of that form.
    fn whole(&self, form: &Arn<'_>) -> Option<String> {
        let kind = form.resource.split("${").next().unwrap_or_default();
        let parameters = self.parameters.as_object()?;
        let mut texts = parameters.iter().filter_map(|(_, value)| value.as_str());
        let found = texts.find(|text| {
            let arn = Arn::parse(text);
            arn.is_some_and(|arn| arn.service == form.service && arn.resource.starts_with(kind))
        })?;
        // A statement names a state machine without the version or alias that is started.
        match Arn::parse(found) {
            Some(arn) if arn.service == "states" && arn.resource_type() == Some("stateMachine") => {
                Some(arn.without_qualifier().to_string())
            }
            // ECS and Batch run the latest revision of what has none.
            Some(arn)
                if ["task-definition/", "job-definition/"].contains(&kind)
                    && !arn.resource.contains(':') =>
            {
                Some(format!("{found}:1"))
            }
            _ => Some(found.to_owned()),
        }
    }

    /// The value of a part of an ARN: that of the member with its name, or with the one that the service gives it.
    fn part(&self, service: &str, variable: &str) -> Option<String> {
        let own = |member: &str| {
            let parameters = self.parameters.as_object()?;
            let mut members = parameters.iter();
            let (_, value) = members.find(|(name, _)| name.eq_ignore_ascii_case(member))?;
            value.as_str().map(str::to_owned)
        };
        match (service, variable) {
            ("s3", "BucketName") => own("Bucket"),
            ("s3", "ObjectName") => own("Key"),
            ("sqs", "QueueName") => {
                own("QueueUrl").map(|url| url.rsplit('/').next().unwrap_or_default().to_owned())
            }
            ("ssm", "ParameterNameWithoutLeadingSlash") => {
                own("Name").map(|name| name.trim_start_matches('/').to_owned())
            }
            // Secrets Manager adds six characters to the name.
            ("secretsmanager", "SecretId") => own("SecretId").map(|name| format!("{name}-a1B2c3")),
            ("athena", "WorkGroupName") => own("WorkGroup").or_else(|| Some("primary".to_owned())),
            ("ecs", "TaskDefinitionFamilyName") => {
                let definition = own("TaskDefinition")?;
                Some(definition.split(':').next().unwrap_or_default().to_owned())
            }
            ("ecs", "TaskDefinitionRevisionNumber") => {
                let definition = own("TaskDefinition")?;
                let revision = definition.split(':').nth(1);
                Some(revision.unwrap_or("1").to_owned())
            }
            ("batch", "JobDefinitionName") => {
                let definition = own("JobDefinition")?;
                Some(definition.split(':').next().unwrap_or_default().to_owned())
            }
            ("batch", "Revision") => {
                let definition = own("JobDefinition")?;
                let revision = definition.split(':').nth(1);
                Some(revision.unwrap_or("1").to_owned())
            }
            ("batch", "JobQueueName") => own("JobQueue"),
            _ => own(variable).or_else(|| own(variable.strip_suffix("Name")?)),
        }
    }

    /// The resources of a call that may name several.
    pub(super) fn several(&self, service: &Service, operation: &Operation) -> Option<Vec<String>> {
        match (service.name, operation.name) {
            ("dynamodb", "BatchGetItem" | "BatchWriteItem") => {
                let tables = self.parameters["RequestItems"].as_object()?;
                Some(tables.keys().map(|name| self.table(name)).collect())
            }
            ("bedrockruntime", _) => {
                let model = self
                    .text("ModelId")
                    .filter(|model| !model.starts_with("arn:"))?;
                // `us.anthropic.…` is a profile for the models of several regions.
                let (region, account) = (&self.scope.region, &self.scope.account);
                Some(match model.split_once('.') {
                    Some((place, base)) if place.len() <= 6 && base.contains('.') => vec![
                        format!(
                            "arn:aws:bedrock:{region}:{account}:inference-profile/{place}.{base}"
                        ),
                        format!("arn:aws:bedrock:{region}::foundation-model/{base}"),
                    ],
                    _ => vec![format!(
                        "arn:aws:bedrock:{region}::foundation-model/{model}"
                    )],
                })
            }
            ("glue", _) => self.schema(),
            ("eventbridge", "PutEvents") => {
                let entries = self.parameters["Entries"].as_array()?;
                let buses = entries.iter().map(|entry| {
                    let bus = entry["EventBusName"].as_str().unwrap_or("default");
                    match bus.starts_with("arn:") {
                        true => bus.to_owned(),
                        false => self.scope.arn("events", &format!("event-bus/{bus}")),
                    }
                });
                Some(buses.collect())
            }
            // A text message has no topic.
            ("sns", "Publish") if self.parameters.get("PhoneNumber").is_some() => {
                Some(vec!["*".to_owned()])
            }
            _ => None,
        }
    }

    /// A schema and its registry, in whose name the schema stands, though IAM's reference does not say so.
    fn schema(&self) -> Option<Vec<String>> {
        let id = &self.parameters["SchemaId"];
        let name = self
            .text("SchemaName")
            .or_else(|| id["SchemaName"].as_str())?;
        let mut registries = [id, &self.parameters["RegistryId"]].into_iter();
        let registry = registries.find_map(|holder| holder["RegistryName"].as_str());
        let registry = registry.unwrap_or("default-registry");
        let schema = format!("schema/{registry}/{name}");
        Some(vec![self.scope.arn("glue", &schema)])
    }

    /// The object that S3 copies, which stands behind its bucket.
    pub(super) fn copy_source(&self) -> Option<String> {
        let source = percent_decode_str(self.text("CopySource")?).decode_utf8_lossy();
        let source = source.split("?versionId=").next().unwrap_or_default();
        Some(match source.starts_with("arn:") {
            true => source.to_owned(),
            false => format!("arn:aws:s3:::{}", source.trim_start_matches('/')),
        })
    }

    pub(super) fn function(&self) -> Option<String> {
        let name = self.text("FunctionName")?;
        let arn = match Arn::parse(name) {
            Some(_) => name.to_owned(),
            None => {
                let function = FunctionReference::parse(name)?;
                let resource = match function.qualifier {
                    Some(qualifier) => format!("function:{}:{qualifier}", function.name),
                    None => format!("function:{}", function.name),
                };
                self.scope.arn("lambda", &resource)
            }
        };
        Some(match self.text("Qualifier") {
            Some(qualifier) => format!("{arn}:{qualifier}"),
            None => arn,
        })
    }

    /// `arn:aws:execute-api:<region>:<account>:<api>/<stage>/<method>/<path>`
    pub(super) fn gateway(&self) -> Option<String> {
        let api = self.text("ApiEndpoint")?.split('.').next()?;
        let stage = self.text("Stage").unwrap_or("$default");
        let method = self.text("Method")?;
        let path = self.text("Path").unwrap_or("/").trim_start_matches('/');
        let resource = format!("{api}/{stage}/{method}/{path}");
        Some(self.scope.arn("execute-api", &resource))
    }
}
