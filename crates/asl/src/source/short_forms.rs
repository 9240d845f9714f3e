//! The short forms of CloudFormation's functions in YAML, such as `!GetAtt`.

/// The key of the long form of a tag, `Fn::GetAtt` for `GetAtt`. `None` for a tag that is not CloudFormation's.
pub(super) fn long_form(tag: &str) -> Option<String> {
    match tag {
        "Ref" => Some(tag.to_owned()),
        _ => FUNCTIONS.contains(&tag).then(|| format!("Fn::{tag}")),
    }
}

/// Those whose long form begins with `Fn::`. That of `Condition` does not, but is the field of a choice in a definition, for
/// which nobody should take it.
const FUNCTIONS: [&str; 18] = [
    "And",
    "Base64",
    "Cidr",
    "Condition",
    "Equals",
    "FindInMap",
    "GetAZs",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Select",
    "Split",
    "Sub",
    "Transform",
];
