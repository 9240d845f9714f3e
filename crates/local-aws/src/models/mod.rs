//! AWS's models of its services: the shapes of what they take and give, their errors, and how they are spoken to.
//!
//! `generate.py` makes `models.bin` of botocore's models and says what it holds. A service is inflated and read when it is
//! first asked for.

mod answer;
mod json;
mod mistyped;
mod query;
mod request;
mod xml;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use txflow_asl::integrations;

pub(crate) use self::answer::answered;
pub(crate) use self::mistyped::mistyped;
pub(crate) use self::request::{HttpRequest, request};

static FILE: &[u8] = include_bytes!("models.bin");

/// No block comes near it.
const LARGEST_BLOCK: usize = 1 << 20;

/// A service.
#[derive(Debug)]
pub(crate) struct Model {
    /// Its name in Java, with which Step Functions begins the names of errors: `DynamoDb`.
    pub(crate) client: &'static str,
    pub(crate) protocol: Protocol,
    /// What calls are signed for.
    pub(crate) signing: &'static str,
    /// The version of the API, or what the target header begins with in AWS JSON.
    version: &'static str,
    json_version: &'static str,
    namespace: &'static str,
    /// The exceptions in Java by the code of the error.
    exceptions: BTreeMap<&'static str, &'static str>,
    operations: BTreeMap<&'static str, Operation>,
    shapes: Vec<Shape>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Json,
    RestJson,
    RestXml,
    Query,
    /// The query protocol as EC2 has it.
    Ec2,
    /// Another one, which nothing here speaks.
    Other,
}

#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    pub(crate) input: Kind,
    pub(crate) output: Kind,
    method: &'static str,
    /// `/{Bucket}/{Key+}?uploads`
    path: &'static str,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Integer,
    Number,
    Boolean,
    /// In base64, if a value stands for it.
    Blob,
    Time(TimeFormat),
    /// Any JSON.
    Document,
    /// The number of a shape.
    Shape(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeFormat {
    /// That of the protocol.
    Usual,
    Iso,
    Seconds,
    HttpDate,
}

#[derive(Debug)]
pub(crate) enum Shape {
    Structure(Vec<Member>),
    List {
        of: Kind,
        /// The name of an item in XML; `!` if no element is around the items.
        item: &'static str,
    },
    Map {
        of: Kind,
        /// The name of an entry in XML; `!` if no element is around the entries.
        entry: &'static str,
        key: &'static str,
        value: &'static str,
    },
}

#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) wire: &'static str,
    location: Location,
    java: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Location {
    Body,
    Header,
    /// Headers with a prefix.
    Headers,
    Query,
    Path,
    Status,
    /// It is the body.
    Payload,
    Attribute,
}

/// The service with this name in a `Resource`.
pub(crate) fn model(service: &str) -> Option<&'static Model> {
    let block = blocks().get(service)?;
    Some(block.model.get_or_init(|| read(block.text())))
}

/// The operation of a service in REST with this method, on an object of S3 or not, and with this parameter in its path.
pub(crate) fn with_parameter(
    service: &str,
    method: &str,
    on_key: bool,
    parameter: &str,
) -> Option<&'static str> {
    let mut operations = model(service)?.operations.values();
    let found = operations.find(|operation| {
        let (path, query) = operation.path.split_once('?').unwrap_or_default();
        let names = query.split('&').next() == Some(parameter);
        operation.method == method && path.contains("{Key+}") == on_key && names
    });
    found.map(|operation| operation.name)
}

/// The protocol of the service for which calls are signed with this name.
pub(crate) fn protocol(signing: &str) -> Option<Protocol> {
    let mut names = blocks().keys();
    let found = names.find_map(|name| model(name).filter(|model| model.signing == signing));
    found.map(|model| model.protocol)
}

/// The service with this name, with this prefix of its IAM actions, or for which calls are signed with this name, that has
/// the operation.
pub(crate) fn with_operation(
    service: &str,
    operation: &str,
) -> Option<(&'static Model, &'static Operation)> {
    let of = |name: &str| {
        let model = model(name)?;
        Some((model, model.operations.get(operation)?))
    };
    let of_prefix = || {
        let services = integrations::services().iter();
        let mut named = services.filter(|known| known.prefix == service);
        named.find_map(|known| of(known.name))
    };
    let of_signing = || {
        let mut names = blocks().keys();
        names.find_map(|name| of(name).filter(|(model, _)| model.signing == service))
    };
    of(service).or_else(of_prefix).or_else(of_signing)
}

impl Model {
    pub(crate) fn operation(&self, name: &str) -> Option<&Operation> {
        self.operations.get(name)
    }

    /// The name of the exception for a code, without that of the service. `None` if the model does not have it.
    pub(crate) fn exception(&self, code: &str) -> Option<&'static str> {
        self.exceptions.get(code).copied()
    }

    /// The shape of what is not a scalar.
    pub(crate) fn shape(&self, kind: Kind) -> Option<&Shape> {
        match kind {
            Kind::Shape(number) => self.shapes.get(number),
            _ => None,
        }
    }

    fn members(&self, kind: Kind) -> &[Member] {
        match self.shape(kind) {
            Some(Shape::Structure(members)) => members,
            _ => &[],
        }
    }
}

impl Member {
    /// As the AWS SDK for Java 2.x, and so Step Functions, spells it, with a capital.
    pub(crate) fn java(&self) -> String {
        match self.java {
            "" => capitalized(self.name),
            java => java.to_owned(),
        }
    }
}

pub(crate) fn capitalized(name: &str) -> String {
    let (first, rest) = name.split_at_checked(1).unwrap_or_default();
    first.to_ascii_uppercase() + rest
}

struct Block {
    bytes: &'static [u8],
    text: OnceLock<String>,
    model: OnceLock<Model>,
}

impl Block {
    fn text(&'static self) -> &'static str {
        self.text.get_or_init(|| inflate(self.bytes))
    }
}

/// By the name of the service.
fn blocks() -> &'static BTreeMap<&'static str, Block> {
    static BLOCKS: OnceLock<BTreeMap<&'static str, Block>> = OnceLock::new();
    static CONTENTS: OnceLock<String> = OnceLock::new();
    BLOCKS.get_or_init(|| {
        let (length, file) = FILE.split_at_checked(4).unwrap_or_default();
        let length = length.try_into().map_or(0, u32::from_le_bytes);
        let (first, mut rest) = split(file, length);
        let lines = CONTENTS.get_or_init(|| inflate(first)).lines();
        let lines = lines.filter_map(|line| line.strip_prefix("b\t")?.split_once('\t'));
        let blocks = lines.map(|(name, length)| {
            let (bytes, behind) = split(rest, length.parse().unwrap_or_default());
            rest = behind;
            let block = Block {
                bytes,
                text: OnceLock::new(),
                model: OnceLock::new(),
            };
            (name, block)
        });
        blocks.collect()
    })
}

fn split(bytes: &'static [u8], length: u32) -> (&'static [u8], &'static [u8]) {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    bytes.split_at_checked(length).unwrap_or_default()
}

/// A test reads all blocks, so none is damaged.
fn inflate(bytes: &[u8]) -> String {
    use std::io::Read;
    let mut text = String::new();
    let limit = LARGEST_BLOCK as u64;
    let mut inflating = flate2::read::DeflateDecoder::new(bytes).take(limit);
    match inflating.read_to_string(&mut text) {
        Ok(_) => text,
        Err(_) => String::new(),
    }
}

fn read(text: &'static str) -> Model {
    let mut model = Model {
        client: "",
        protocol: Protocol::Other,
        signing: "",
        version: "",
        json_version: "",
        namespace: "",
        exceptions: BTreeMap::new(),
        operations: BTreeMap::new(),
        shapes: Vec::new(),
    };
    for line in text.lines() {
        let mut words = line.split('\t');
        let kind = words.next();
        let mut next = || words.next().unwrap_or_default();
        match kind {
            Some("w") => {
                model.client = next();
                model.protocol = match next() {
                    "json" => Protocol::Json,
                    "rest-json" => Protocol::RestJson,
                    "rest-xml" => Protocol::RestXml,
                    "query" => Protocol::Query,
                    "ec2" => Protocol::Ec2,
                    _ => Protocol::Other,
                };
                model.signing = next();
                model.version = next();
                model.json_version = next();
                model.namespace = next();
            }
            Some("e") => {
                model.exceptions.insert(next(), next());
            }
            Some("o") => {
                let operation = Operation {
                    name: next(),
                    input: kind_of(next()),
                    output: kind_of(next()),
                    method: or(next(), "POST"),
                    path: or(next(), "/"),
                };
                model.operations.insert(operation.name, operation);
            }
            Some("s") => model
                .shapes
                .push(Shape::Structure(words.map(member).collect())),
            Some("l") => model.shapes.push(Shape::List {
                of: kind_of(next()),
                item: next(),
            }),
            Some("m") => model.shapes.push(Shape::Map {
                of: kind_of(next()),
                entry: next(),
                key: next(),
                value: next(),
            }),
            _ => {}
        }
    }
    model
}

fn member(text: &'static str) -> Member {
    let mut words = text.split(',');
    let mut next = || words.next().unwrap_or_default();
    let (name, kind, wire) = (next(), kind_of(next()), next());
    Member {
        name,
        kind,
        wire: or(wire, name),
        location: match next() {
            "h" => Location::Header,
            "H" => Location::Headers,
            "q" => Location::Query,
            "u" => Location::Path,
            "s" => Location::Status,
            "p" => Location::Payload,
            "a" => Location::Attribute,
            _ => Location::Body,
        },
        java: next(),
    }
}

fn kind_of(word: &str) -> Kind {
    match word {
        "" => Kind::Text,
        "i" => Kind::Integer,
        "f" => Kind::Number,
        "b" => Kind::Boolean,
        "x" => Kind::Blob,
        "d" => Kind::Document,
        "t" => Kind::Time(TimeFormat::Usual),
        "T" => Kind::Time(TimeFormat::Iso),
        "U" => Kind::Time(TimeFormat::Seconds),
        "H" => Kind::Time(TimeFormat::HttpDate),
        number => number.parse().map_or(Kind::Document, Kind::Shape),
    }
}

fn or(word: &'static str, otherwise: &'static str) -> &'static str {
    match word {
        "" => otherwise,
        word => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_can_be_read() {
        let mut operations = 0;
        for name in blocks().keys() {
            let model = model(name).unwrap();
            assert!(!model.client.is_empty(), "{name}");
            operations += model.operations.len();
            let kinds = model.operations.values();
            for kind in kinds.flat_map(|operation| [operation.input, operation.output]) {
                let known = kind == Kind::Text || model.shape(kind).is_some();
                assert!(known, "{name}: {kind:?}");
            }
        }
        assert!(operations > 15_000, "{operations}");
        for service in integrations::services() {
            let offered = integrations::operations(service).next().is_some();
            assert!(
                !offered || model(service.name).is_some(),
                "{}",
                service.name
            );
        }
    }

    #[test]
    fn names_are_those_of_java() {
        let java = |service, operation, member: &str| {
            let model = model(service).unwrap();
            let members = model.members(model.operation(operation).unwrap().input);
            members
                .iter()
                .find(|known| known.name == member)
                .unwrap()
                .java()
        };
        let database = java("rds", "CreateDBInstance", "DBInstanceIdentifier");
        assert_eq!(database, "DbInstanceIdentifier");
        let authentication = java("rds", "CreateDBInstance", "EnableIAMDatabaseAuthentication");
        assert_eq!(authentication, "EnableIAMDatabaseAuthentication");
        assert_eq!(java("s3", "PutObject", "ChecksumCRC32"), "ChecksumCRC32");
        assert_eq!(java("s3", "PutObject", "SSEKMSKeyId"), "SsekmsKeyId");
        assert_eq!(java("ecs", "RunTask", "taskDefinition"), "TaskDefinition");
    }

    #[test]
    fn a_service_is_found_by_each_of_its_names() {
        for name in ["eventbridge", "events"] {
            let (model, _) = with_operation(name, "PutEvents").unwrap();
            assert_eq!((model.client, model.version), ("EventBridge", "AWSEvents"));
        }
        let (model, _) = with_operation("bedrock", "InvokeModel").unwrap();
        assert_eq!(model.client, "BedrockRuntime");
        let (model, _) = with_operation("monitoring", "PutMetricData").unwrap();
        assert_eq!(model.client, "CloudWatch");
        assert!(with_operation("glue", "InvokeModel").is_none());
    }
}
