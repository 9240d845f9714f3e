//! Which API operation a request on the wire is.

use hyper::Method;
use hyper::http::request::Parts;

/// The operation as `service.Operation`, such as `lambda.CreateFunction`; the services are `iam`, `lambda`, `logs`,
/// `states` and `sts`. A request that is none of theirs is named by method and path.
pub fn name(parts: &Parts, body: &[u8]) -> String {
    json_rpc(parts)
        .or_else(|| query(body))
        .or_else(|| lambda(&parts.method, parts.uri.path()))
        .unwrap_or_else(|| format!("{} {}", parts.method, parts.uri.path()))
}

/// Whether the operation changes something in AWS, or starts something there.
pub fn is_write(operation: &str) -> bool {
    let verb = operation.split('.').next_back().unwrap_or_default();
    let reads = ["Get", "List", "Describe", "Filter", "Validate"];
    !operation.starts_with("GET ") && !reads.iter().any(|read| verb.starts_with(read))
}

/// Step Functions and CloudWatch Logs name the operation in a header.
fn json_rpc(parts: &Parts) -> Option<String> {
    let target = parts.headers.get("x-amz-target")?.to_str().ok()?;
    let (service, operation) = target.split_once('.')?;
    let service = match service {
        "AWSStepFunctions" => "states",
        "Logs_20140328" => "logs",
        other => other,
    };
    Some(format!("{service}.{operation}"))
}

/// IAM and STS name the operation in a form, and only the API version tells one from the other.
fn query(body: &[u8]) -> Option<String> {
    let form = std::str::from_utf8(body).ok()?;
    let field = |name: &str| {
        form.split('&')
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    };
    let service = match field("Version")? {
        "2010-05-08" => "iam",
        "2011-06-15" => "sts",
        other => other,
    };
    Some(format!("{service}.{}", field("Action")?))
}

/// Lambda has a path and a method for each operation.
fn lambda(method: &Method, path: &str) -> Option<String> {
    let mut segments = path.trim_matches('/').split('/').skip(1);
    let collection = segments.next()?;
    let resource = segments.next();
    let part = segments.next();
    let operation = match (collection, resource, part, method.as_str()) {
        ("functions", None, None, "POST") => "CreateFunction",
        ("functions", None, None, "GET") => "ListFunctions",
        ("functions", Some(_), None, "GET") => "GetFunction",
        ("functions", Some(_), None, "DELETE") => "DeleteFunction",
        ("functions", Some(_), Some("configuration"), "GET") => "GetFunctionConfiguration",
        ("functions", Some(_), Some("configuration"), "PUT") => "UpdateFunctionConfiguration",
        ("functions", Some(_), Some("code"), "PUT") => "UpdateFunctionCode",
        ("functions", Some(_), Some("versions"), "GET") => "ListVersionsByFunction",
        ("functions", Some(_), Some("versions"), "POST") => "PublishVersion",
        ("functions", Some(_), Some("invocations"), "POST") => "Invoke",
        ("functions", Some(_), Some("concurrency"), "GET") => "GetFunctionConcurrency",
        ("functions", Some(_), Some("concurrency"), "PUT") => "PutFunctionConcurrency",
        ("functions", Some(_), Some("concurrency"), "DELETE") => "DeleteFunctionConcurrency",
        ("layers", None, None, "GET") => "GetLayerVersionByArn",
        ("tags", Some(_), None, "GET") => "ListTags",
        ("tags", Some(_), None, "POST") => "TagResource",
        ("tags", Some(_), None, "DELETE") => "UntagResource",
        _ => return None,
    };
    Some(format!("lambda.{operation}"))
}
