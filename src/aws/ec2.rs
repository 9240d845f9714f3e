//! EC2, of which txflow makes one call. Its SDK, with more than seven hundred operations, is larger than all others together.

use std::fmt;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{
    HttpStatusCodeClassifier, TransientErrorClassifier,
};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionResolverParams;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SigningName;
use aws_types::region::SigningRegion;
use aws_types::service_config::ServiceConfigKey;
use roxmltree::{Document, Node};

use super::error::{AwsError, failed};
use super::limits;
use super::retries::TellRetries;
use crate::config::{dns_suffix_of, partition_of};

const DESCRIBE: &str = "DescribeNetworkInterfaces";

/// A client of EC2.
#[derive(Clone)]
pub struct Ec2(Operation<Query, Page, ErrorMetadata>);

/// A network interface that Lambda has made for functions in a VPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkInterface {
    pub id: String,
    pub subnet_id: String,
    /// In order.
    pub security_group_ids: Vec<String>,
    /// Names the function for which it was made.
    pub description: String,
    /// Such as `in-use`.
    pub status: String,
}

/// What the descriptions of these interfaces begin with; the name of the function follows.
pub const DESCRIPTION: &str = "AWS Lambda VPC ENI-";

#[derive(Debug)]
struct Query {
    next_token: Option<String>,
}

#[derive(Debug)]
struct Page {
    interfaces: Vec<NetworkInterface>,
    next_token: Option<String>,
}

impl Ec2 {
    pub(super) fn new(config: &SdkConfig, region: &str, tell: TellRetries) -> Self {
        let operation = Operation::builder()
            .service_name("ec2")
            .operation_name(DESCRIBE)
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&endpoint(config, region))
            .standard_retry(&RetryConfig::standard().with_max_attempts(8))
            .retry_classifier(HttpStatusCodeClassifier::default())
            .retry_classifier(TransientErrorClassifier::<ErrorMetadata>::new())
            .retry_classifier(AwsErrorCodeClassifier::<ErrorMetadata>::new())
            .timeout_config(limits::of_calls())
            .interceptor(tell)
            .runtime_plugin(signed(config, region));
        let operation = match config.http_client() {
            Some(client) => operation.http_client(client),
            None => operation,
        };
        let operation = match config.sleep_impl() {
            Some(sleep) => operation.sleep_impl(sleep),
            None => operation,
        };
        let operation = match config.time_source() {
            Some(time) => operation.time_source(time),
            None => operation,
        };
        Self(operation.serializer(request).deserializer(answer).build())
    }

    /// All that Lambda has there for functions.
    ///
    /// # Errors
    ///
    /// If a call fails.
    pub async fn lambda_interfaces(&self) -> Result<Vec<NetworkInterface>, AwsError> {
        let mut all = Vec::new();
        let mut next_token = None;
        loop {
            let page = self.0.invoke(Query { next_token }).await;
            let page = page.map_err(failed(DESCRIBE))?;
            all.extend(page.interfaces);
            next_token = page.next_token;
            if next_token.is_none() {
                return Ok(all);
            }
        }
    }
}

impl fmt::Debug for Ec2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ec2")
    }
}

/// Where the clients of the SDK would call it.
fn endpoint(config: &SdkConfig, region: &str) -> String {
    custom_endpoint(config).unwrap_or_else(|| {
        let fips = config.use_fips().unwrap_or_default();
        let dual_stack = config.use_dual_stack().unwrap_or_default();
        own_endpoint(region, fips, dual_stack)
    })
}

/// An option counts before `AWS_ENDPOINT_URL_EC2`, and that before what is set for all services.
fn custom_endpoint(config: &SdkConfig) -> Option<String> {
    let of_all = config.endpoint_url().map(str::to_owned);
    if config.get_origin("endpoint_url").is_client_config() {
        return of_all;
    }
    let key = ServiceConfigKey::builder()
        .service_id("EC2")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build();
    let of_ec2 = config.service_config().zip(key.ok());
    let of_ec2 = of_ec2.and_then(|(config, key)| config.load_config(key));
    of_ec2.or(of_all)
}

/// AWS's own, as in the endpoint rules of EC2.
fn own_endpoint(region: &str, fips: bool, dual_stack: bool) -> String {
    let partition = partition_of(region);
    // Its usual endpoint is one already.
    let is_fips_anyway = partition == "aws-us-gov" && !dual_stack;
    let service = if fips && !is_fips_anyway {
        "ec2-fips"
    } else {
        "ec2"
    };
    let suffix = match partition {
        "aws" | "aws-us-gov" if dual_stack => "api.aws",
        "aws-cn" if dual_stack => "api.amazonwebservices.com.cn",
        _ => dns_suffix_of(region),
    };
    format!("https://{service}.{region}.{suffix}")
}

/// Signs the calls with the credentials that all clients share.
fn signed(config: &SdkConfig, region: &str) -> StaticRuntimePlugin {
    let mut layer = Layer::new("ec2");
    layer.store_put(AuthSchemeOptionResolverParams::new(()));
    layer.store_put(SigV4OperationSigningConfig {
        region: Some(SigningRegion::from(aws_config::Region::new(
            region.to_owned(),
        ))),
        name: Some(SigningName::from_static("ec2")),
        ..SigV4OperationSigningConfig::default()
    });
    let options = StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID]);
    let mut components = RuntimeComponentsBuilder::new("ec2")
        .with_auth_scheme(SigV4AuthScheme::new())
        .with_auth_scheme_option_resolver(Some(options))
        .with_identity_cache(config.identity_cache());
    if let Some(credentials) = config.credentials_provider() {
        components = components.with_identity_resolver(SCHEME_ID, credentials);
    }
    StaticRuntimePlugin::new()
        .with_config(layer.freeze())
        .with_runtime_components(components)
}

fn request(query: Query) -> Result<HttpRequest, BoxError> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", DESCRIBE)
        .append_pair("Version", "2016-11-15")
        .append_pair("Filter.1.Name", "description")
        .append_pair("Filter.1.Value.1", &format!("{DESCRIPTION}*"));
    if let Some(token) = &query.next_token {
        form.append_pair("NextToken", token);
    }
    let mut request = HttpRequest::new(SdkBody::from(form.finish()));
    request.set_method("POST")?;
    request.set_uri("/")?;
    request
        .headers_mut()
        .insert("content-type", "application/x-www-form-urlencoded");
    Ok(request)
}

fn answer(response: &HttpResponse) -> Result<Page, OrchestratorError<ErrorMetadata>> {
    let body = response.body().bytes().unwrap_or_default();
    let text = String::from_utf8_lossy(body);
    let document = Document::parse(&text);
    if !response.status().is_success() {
        let error = document.map(|document| refusal(document.root_element()));
        // What is not from EC2 has no code.
        return Err(OrchestratorError::operation(error.unwrap_or_default()));
    }
    match document {
        Ok(document) => Ok(page(document.root_element())),
        Err(error) => Err(OrchestratorError::other(error)),
    }
}

fn refusal(root: Node<'_, '_>) -> ErrorMetadata {
    let mut error = ErrorMetadata::builder();
    if let Some(code) = descendant(root, "Code") {
        error = error.code(code);
    }
    if let Some(message) = descendant(root, "Message") {
        error = error.message(message);
    }
    error.build()
}

fn page(root: Node<'_, '_>) -> Page {
    let set = { root.children() }.find(|node| node.has_tag_name_of("networkInterfaceSet"));
    let items = set.into_iter().flat_map(|set| set.children());
    let items = items.filter(|node| node.has_tag_name_of("item"));
    let token = text(root, "nextToken");
    Page {
        interfaces: items.map(interface).collect(),
        next_token: token.filter(|token| !token.is_empty()),
    }
}

fn interface(item: Node<'_, '_>) -> NetworkInterface {
    let groups = { item.children() }.filter(|node| node.has_tag_name_of("groupSet"));
    let groups = groups.flat_map(|set| set.children());
    let mut security_group_ids: Vec<String> =
        groups.filter_map(|group| text(group, "groupId")).collect();
    security_group_ids.sort_unstable();
    let text = |name| text(item, name).unwrap_or_default();
    NetworkInterface {
        id: text("networkInterfaceId"),
        subnet_id: text("subnetId"),
        security_group_ids,
        description: text("description"),
        status: text("status"),
    }
}

/// The text of a child.
fn text(node: Node<'_, '_>, name: &str) -> Option<String> {
    let mut children = node.children();
    let child = children.find(|child| child.has_tag_name_of(name))?;
    Some(child.text().unwrap_or_default().to_owned())
}

fn descendant(node: Node<'_, '_>, name: &str) -> Option<String> {
    let mut all = node.descendants();
    let found = all.find(|one| one.has_tag_name_of(name))?;
    Some(found.text().unwrap_or_default().to_owned())
}

trait Named {
    /// In whatever namespace.
    fn has_tag_name_of(&self, name: &str) -> bool;
}

impl Named for Node<'_, '_> {
    fn has_tag_name_of(&self, name: &str) -> bool {
        self.is_element() && self.tag_name().name() == name
    }
}

#[cfg(test)]
mod tests {
    use aws_types::origin::Origin;
    use aws_types::service_config::LoadServiceConfig;

    use super::*;

    /// The environment of a run in which these are set.
    #[derive(Debug)]
    struct Set(&'static str);

    impl LoadServiceConfig for Set {
        fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
            let asked = (key.service_id(), key.env(), key.profile());
            assert_eq!(asked, ("EC2", "AWS_ENDPOINT_URL", "endpoint_url"));
            Some(self.0.to_owned())
        }
    }

    #[test]
    fn the_endpoint_is_found_as_the_sdk_finds_it() {
        let region = "eu-west-1";
        let of = |config: SdkConfig| endpoint(&config, region);
        let own = "https://ec2.eu-west-1.amazonaws.com";
        assert_eq!(of(SdkConfig::builder().build()), own);
        let all = || SdkConfig::builder().endpoint_url("http://all.example");
        assert_eq!(of(all().build()), "http://all.example");
        let mut set = all();
        set.set_service_config(Some(Set("http://ec2.example")));
        assert_eq!(of(set.build()), "http://ec2.example");
        let mut option = all();
        option.set_service_config(Some(Set("http://ec2.example")));
        option.insert_origin("endpoint_url", Origin::shared_config());
        assert_eq!(of(option.build()), "http://all.example");
    }

    #[test]
    fn its_own_endpoints_are_those_of_the_rules_of_ec2() {
        for (region, fips, dual_stack, expected) in [
            ("us-east-1", true, false, "ec2-fips.us-east-1.amazonaws.com"),
            ("us-east-1", false, true, "ec2.us-east-1.api.aws"),
            ("us-east-1", true, true, "ec2-fips.us-east-1.api.aws"),
            (
                "us-gov-west-1",
                true,
                false,
                "ec2.us-gov-west-1.amazonaws.com",
            ),
            (
                "us-gov-west-1",
                true,
                true,
                "ec2-fips.us-gov-west-1.api.aws",
            ),
            (
                "cn-north-1",
                false,
                true,
                "ec2.cn-north-1.api.amazonwebservices.com.cn",
            ),
        ] {
            let found = own_endpoint(region, fips, dual_stack);
            assert_eq!(found, format!("https://{expected}"));
        }
    }

    /// The shape of the answers in the API reference of EC2.
    #[test]
    fn answers_and_refusals_are_read() {
        let answered = |status: u16, body: &str| {
            let body = SdkBody::from(body);
            answer(&HttpResponse::new(status.try_into().unwrap(), body))
        };
        let found = answered(
            200,
            r#"<DescribeNetworkInterfacesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId>
            <networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId><subnetId>subnet-1</subnetId>
            <description>AWS Lambda VPC ENI-f-2</description><status>in-use</status><groupSet>
            <item><groupId>sg-2</groupId><groupName>b</groupName></item><item><groupId>sg-1</groupId></item></groupSet>
            <attachment><status>attached</status></attachment></item></networkInterfaceSet>
            <nextToken>t</nextToken></DescribeNetworkInterfacesResponse>"#,
        );
        let page = found.unwrap();
        assert_eq!(page.next_token.as_deref(), Some("t"));
        let interface = NetworkInterface {
            id: "eni-1".to_owned(),
            subnet_id: "subnet-1".to_owned(),
            security_group_ids: vec!["sg-1".to_owned(), "sg-2".to_owned()],
            description: "AWS Lambda VPC ENI-f-2".to_owned(),
            status: "in-use".to_owned(),
        };
        assert_eq!(page.interfaces, [interface]);
        let refused = answered(
            403,
            "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized to perform this \
             operation.</Message></Error></Errors><RequestID>1</RequestID></Response>",
        );
        let refused = format!("{:?}", refused.unwrap_err());
        assert!(refused.contains("UnauthorizedOperation"), "{refused}");
        assert!(answered(200, "<html>").is_err());
    }
}
