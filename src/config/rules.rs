//! What names, ids and ARNs look like.
//!
//! The patterns are AWS's if AWS documents one, with the shortest wording that helps.

use std::sync::LazyLock;

use regex_lite::Regex;

use super::rule::Rule;

/// What a name that the user chooses must be, if this one is invalid.
pub fn misnamed(name: &str) -> Option<&'static str> {
    (!Name::allows(name)).then_some(Name::EXPECTED)
}

macro_rules! hint {
    () => {
        None
    };
    ($hint:literal) => {
        Some($hint)
    };
}

macro_rules! rules {
    ($($(#[doc = $doc:literal])* $name:ident: $pattern:literal, $expected:literal $(, hint: $hint:literal)?;)*) => {
        $($(#[doc = $doc])*
        #[derive(Debug, Clone)]
        pub(super) struct $name;

        impl Rule for $name {
            const PATTERN: &'static str = $pattern;
            const EXPECTED: &'static str = $expected;
            const HINT: Option<&'static str> = hint!($($hint)?);

            fn allows(value: &str) -> bool {
                // Compiled once, since a table may have thousands of keys. A pattern that does not compile
                // would match nothing, so a test compiles them all.
                static REGEX: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new($pattern).ok());
                $pattern.is_empty() || REGEX.as_ref().is_some_and(|regex| regex.is_match(value))
            }
        })*

        #[cfg(test)]
        const PATTERNS: &[&str] = &[$($pattern),*];
    };
}

rules! {
    Anything: "", "a string";
    NotEmpty: "[\\s\\S]", "a string that is not empty";
    /// The part of a name that the user chooses. Functions, roles and state machines share it.
    Name: "^[A-Za-z][A-Za-z0-9_-]*$", "letters, digits, `-` and `_`, starting with a letter";
    /// The name of a stage, or a pattern for the names of several.
    StageName: "^[A-Za-z*][A-Za-z0-9_*-]*$",
        "letters, digits, `-` and `_`, starting with a letter, or a pattern such as `pr-*`";
    /// What a redaction can follow: names, indexes, `[*]` and `..`, and `~` for a name itself.
    RedactedPath: "^\\$(\\.{1,2}([A-Za-z_][A-Za-z0-9_-]*|\\*)|(\\.\\.)?\\[('[^']+'|\"[^\"]+\"|\\*|[0-9]+)\\])+~?$",
        "a JSON path of names, indexes, `[*]` and `..`, such as `$..card`; `~` behind it means the names that it finds";
    Region: "^[a-z]{2,4}(-[a-z]+)+-[0-9]+$", "a region such as `eu-central-1`";
    Account: "^[0-9]{12}$", "an account id of 12 digits";
    /// Lambda's own pattern asks for two characters.
    VariableName: "^[a-zA-Z][a-zA-Z0-9_]+$", "at least two letters, digits and `_`, starting with a letter";
    /// An environment variable of the process that runs txflow.
    ProcessVariable: "^[a-zA-Z_][a-zA-Z0-9_]*$", "the name of an environment variable";
    Feature: "^[A-Za-z0-9_][A-Za-z0-9_+.-]*$", "the name of a cargo feature";
    PackageFeature: "^[A-Za-z0-9_][A-Za-z0-9_+.-]*(/[A-Za-z0-9_][A-Za-z0-9_+.-]*)?$",
        "a cargo feature such as `tls` or `purchase-handler/tls`";
    Subnet: "^subnet-[0-9a-z]+$", "a subnet id such as `subnet-0a1b2c3d`",
        hint: "`aws ec2 describe-subnets` lists them";
    SecurityGroup: "^sg-[0-9a-zA-Z]+$", "a security group id such as `sg-0a1b2c3d`",
        hint: "`aws ec2 describe-security-groups` lists them";
    Layer: "^arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:layer:[A-Za-z0-9_-]+:[0-9]+$",
        "the ARN of a layer version",
        hint: "`aws lambda list-layer-versions --layer-name NAME` prints it, with the version at its end";
    AccessPoint: "^arn:[a-z-]+:elasticfilesystem:[a-z0-9-]+:[0-9]{12}:access-point/fsap-[a-f0-9]{17}$",
        "the ARN of an EFS access point, such as `arn:aws:elasticfilesystem:eu-central-1:123456789012:access-point/fsap-0123456789abcdef0`",
        hint: "`aws efs describe-access-points --file-system-id ID` lists those of a file system";
    MountPath: "^/mnt/[a-zA-Z0-9_.-]{1,155}$",
        "a path such as `/mnt/data`: `/mnt/` and up to 155 letters, digits and `_.-`";
    DeadLetterTarget: "^arn:[a-z-]+:(sqs|sns):[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]+$",
        "the ARN of an SQS queue or an SNS topic";
    QueueArn: "^arn:[a-z-]+:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,80}(\\.fifo)?$",
        "the ARN of an SQS queue, such as `arn:aws:sqs:eu-central-1:123456789012:lost`";
    /// AWS's own services alone send events whose source starts with `aws.`.
    EventSource: "^([^a]|a[^w]|aw[^s]|aws[^.]|.{1,3}$)", "a source that does not start with `aws.`";
    /// Also of a partner's, which has slashes.
    EventBus: "^[A-Za-z0-9_./-]{1,256}$", "the name of an event bus, with letters, digits and `_./-`";
    TableName: "^[A-Za-z0-9_.-]{3,255}$", "the name of a table, with 3 to 255 letters, digits and `_.-`";
    IndexName: "^[A-Za-z0-9_.-]{3,255}$", "the name of an index, with 3 to 255 letters, digits and `_.-`";
    QueueName: "^([A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\\.fifo)$",
        "the name of a queue, with up to 80 letters, digits and `_-`, and `.fifo` behind that of a FIFO queue";
    TopicName: "^([A-Za-z0-9_-]{1,256}|[A-Za-z0-9_-]{1,251}\\.fifo)$",
        "the name of a topic, with up to 256 letters, digits and `_-`, and `.fifo` behind that of a FIFO topic";
    BucketName: "^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
        "the name of a bucket, with 3 to 63 lower-case letters, digits and `.-`";
    SecretName: "^[A-Za-z0-9/_+=.@-]{1,512}$", "the name of a secret, with letters, digits and `/_+=.@-`";
    ParameterName: "^[A-Za-z0-9_./-]{1,1011}$", "the name of a parameter, with letters, digits and `_./-`";
    UpstreamService: "^[a-z0-9-]+$", "the name of a service, such as `bedrock`";
    Upstream: "^http://(127\\.[0-9]+\\.[0-9]+\\.[0-9]+|localhost|\\[::1\\])(:[0-9]{1,5})?/?$",
        "the URL of an emulator on this machine, such as `http://127.0.0.1:5000`",
        hint: "`txflow local --upstream SERVICE=URL` accepts one on another machine; a file that comes with a project must not send calls there";
    /// Of a managed policy: AWS's own, or one of an account.
    ManagedPolicy: "^arn:[a-z-]+:iam::(aws|[0-9]{12}):policy/([!-~]+/)?[A-Za-z0-9_+=,.@-]+$",
        "the ARN of a managed policy, such as `arn:aws:iam::123456789012:policy/boundary`",
        hint: "`aws iam list-policies --scope Local` prints those of the account";
    /// By its id: AWS reports no alias.
    KeyArn: "^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$",
        "the ARN of a KMS key, such as `arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab`",
        hint: "`aws kms describe-key --key-id alias/NAME --query KeyMetadata.Arn` prints the ARN of the key that an alias leads to";
    /// Of an account's own.
    RoleArn: "^arn:[a-z-]+:iam::[0-9]{12}:role/([!-~]+/)?[A-Za-z0-9_+=,.@-]+$",
        "the ARN of a role, such as `arn:aws:iam::123456789012:role/handlers`",
        hint: "`aws iam get-role --role-name NAME --query Role.Arn` prints it";
    RolePath: "^(/[A-Za-z0-9_+=,.@-]+)+/?$", "a path such as `/teams/payments`",
        hint: "begin it with `/`, and separate its parts with `/`";
    RolePrefix: "^[A-Za-z0-9_+=,.@-]{1,40}$", "up to 40 letters, digits and `_+=,.@-`",
        hint: "it stands before the names of all roles; for a path, use `path-prefix`";
    Action: "^(\\*|[a-z0-9-]+:[A-Za-z0-9*?]+)$", "an action such as `dynamodb:GetItem`";
    /// IAM refuses a policy with an ARN that lacks one of the six parts.
    Resource: "^(\\*|arn:[^:]+:[^:]+:[^:]*:[^:]*:.+)$", "an ARN or `*`";
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_pattern_compiles() {
        for pattern in super::PATTERNS {
            assert!(regex_lite::Regex::new(pattern).is_ok(), "{pattern}");
        }
    }
}
