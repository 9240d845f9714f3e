//! Amazon Resource Names.

use std::fmt;

/// `arn:partition:service:region:account:resource`, whatever the parts hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    pub partition: &'a str,
    pub service: &'a str,
    /// Empty for a service such as IAM that has none.
    pub region: &'a str,
    /// Twelve digits; `aws` for what AWS provides, and empty for a bucket.
    pub account: &'a str,
    /// `function:name:qualifier`, `role/path/name` or `bucket`: each service has a form of its own.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// `None` if a part is missing. Which parts may be empty depends on the service, so that is not checked.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, separator());
        if parts.next() != Some("arn") {
            return None;
        }
        Some(Self {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next()?,
        })
    }

    /// `function`, `stateMachine`, `role`; `None` for a service with one type of resource, such as a bucket.
    #[must_use]
    pub fn resource_type(&self) -> Option<&'a str> {
        Some(&self.resource[..self.end_of_type()?])
    }

    /// The name of the resource, without the path before and the qualifier after it.
    #[must_use]
    pub fn name(&self) -> &'a str {
        let id = self.id();
        let name = match self.has_path() {
            true => id.rsplit('/').next(),
            false => id.split(':').next(),
        };
        name.unwrap_or(id)
    }

    /// What stands between the type and the name, with the slashes around it: `/` for a resource without a path.
    #[must_use]
    pub fn path(&self) -> &'a str {
        match (self.has_path(), self.end_of_type()) {
            (true, Some(start)) => &self.resource[start..self.resource.len() - self.name().len()],
            _ => "/",
        }
    }

    /// What follows the name: a version or an alias, the name of an execution.
    #[must_use]
    pub fn qualifier(&self) -> Option<&'a str> {
        let (_, qualifier) = (!self.has_path()).then(|| self.id().split_once(':'))??;
        Some(qualifier)
    }

    /// The version that the qualifier names, unless it names an alias.
    #[must_use]
    pub fn version(&self) -> Option<u64> {
        self.qualifier()?.parse().ok()
    }

    /// The version that an ARN names, if `text` is one and names a version.
    #[must_use]
    pub fn version_in(text: &str) -> Option<u64> {
        Arn::parse(text)?.version()
    }

    /// The name of an execution: the last part of its ARN. A text that is not an ARN is a name already.
    #[must_use]
    pub fn execution_name(text: &'a str) -> &'a str {
        let resource = Self::parse(text).map_or(text, |arn| arn.resource);
        resource.rsplit(':').next().unwrap_or(resource)
    }

    /// The resource itself, without a version, an alias or what else follows its name.
    #[must_use]
    pub fn without_qualifier(self) -> Self {
        let end = match self.qualifier() {
            Some(qualifier) => self.resource.len() - qualifier.len() - 1,
            None => self.resource.len(),
        };
        self.with_resource(&self.resource[..end])
    }

    /// The same with another resource, in the same service, region and account.
    #[must_use]
    pub fn with_resource<'b>(self, resource: &'b str) -> Arn<'b>
    where
        'a: 'b,
    {
        Arn { resource, ..self }
    }

    /// What follows the type.
    fn id(&self) -> &'a str {
        self.end_of_type()
            .map_or(self.resource, |end| &self.resource[end + 1..])
    }

    /// Whether slashes divide the resource, as in IAM: most services divide by colons.
    #[must_use]
    pub fn has_path(&self) -> bool {
        self.end_of_type()
            .is_some_and(|end| self.resource[end..].starts_with('/'))
    }

    fn end_of_type(&self) -> Option<usize> {
        self.resource.find([':', '/'])
    }
}

impl fmt::Display for Arn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            partition,
            service,
            region,
            account,
            resource,
        } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

/// Whether this is the id of an account.
#[must_use]
pub fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Tells the colons that separate parts from those of a placeholder such as `${AWS::Region}`.
fn separator() -> impl FnMut(char) -> bool {
    let (mut previous, mut in_placeholder) = (' ', false);
    move |character| {
        in_placeholder = match character {
            '{' if previous == '$' => true,
            '}' => false,
            _ => in_placeholder,
        };
        previous = character;
        character == ':' && !in_placeholder
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSION: &str = "arn:aws-cn:states:cn-north-1:123456789012:stateMachine:orders:7";

    #[test]
    fn an_arn_has_six_parts_and_is_written_as_it_was_read() {
        let arn = Arn::parse(VERSION).unwrap();
        assert_eq!(
            arn,
            Arn {
                partition: "aws-cn",
                service: "states",
                region: "cn-north-1",
                account: "123456789012",
                resource: "stateMachine:orders:7",
            }
        );
        for text in [
            VERSION,
            "arn:aws:s3:::bucket",
            "arn:aws:iam::1:role/a/b",
            "arn:::::",
        ] {
            assert_eq!(Arn::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "arn",
            "orders",
            "arn:aws:s3",
            "arn:aws:states:r:1",
            "urn:a:b:c:d:e",
        ] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_resource_has_a_type_a_path_a_name_and_a_qualifier() {
        for (resource, expected) in [
            ("function:f", (Some("function"), "/", "f", None)),
            (
                "function:f:$LATEST",
                (Some("function"), "/", "f", Some("$LATEST")),
            ),
            (
                "log-group:/aws/a:*",
                (Some("log-group"), "/", "/aws/a", Some("*")),
            ),
            ("express:m:e:id", (Some("express"), "/", "m", Some("e:id"))),
            ("role/r", (Some("role"), "/", "r", None)),
            ("role/a/b/r", (Some("role"), "/a/b/", "r", None)),
            ("policy/", (Some("policy"), "/", "", None)),
            ("bucket", (None, "/", "bucket", None)),
            ("", (None, "/", "", None)),
        ] {
            let text = format!("arn:aws:x:r:1:{resource}");
            let arn = Arn::parse(&text).unwrap();
            let found = (arn.resource_type(), arn.path(), arn.name(), arn.qualifier());
            assert_eq!(found, expected, "{resource}");
            let bare = resource
                .strip_suffix(&arn.qualifier().map(|q| format!(":{q}")).unwrap_or_default());
            assert_eq!(Some(arn.without_qualifier().resource), bare);
        }
    }

    #[test]
    fn only_a_number_after_the_name_is_a_version() {
        let version = |resource| {
            Arn::parse(VERSION)
                .unwrap()
                .with_resource(resource)
                .version()
        };
        assert_eq!(version("stateMachine:orders:7"), Some(7));
        assert_eq!(version("stateMachine:orders:live"), None);
        assert_eq!(version("stateMachine:7"), None);
    }

    #[test]
    fn a_placeholder_is_not_divided() {
        let text = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:${queue}:a";
        let arn = Arn::parse(text).unwrap();
        assert_eq!(
            [
                arn.partition,
                arn.service,
                arn.region,
                arn.account,
                arn.resource
            ],
            [
                "${AWS::Partition}",
                "sqs",
                "${AWS::Region}",
                "${AWS::AccountId}",
                "${queue}:a"
            ]
        );
    }
}
