//! What IAM accepts in the statements of a policy: resources, condition operators and the values that these compare.
//!
//! Held to IAM's answers to `PutRolePolicy`, as cdk-preflight recorded them (2026-09-07, its folder `rules/iam`).

use std::net::IpAddr;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use regex::Regex;

/// Why IAM refuses a part of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// In IAM's words.
    pub by_iam: String,
    /// What is wrong, for the one who wrote it.
    pub message: String,
    pub hint: &'static str,
}

/// A condition operator, such as `ForAnyValue:StringNotLikeIfExists`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operator {
    pub quantifier: Option<Quantifier>,
    pub comparison: Comparison,
    /// Whether it holds if the comparison does not.
    pub negated: bool,
    /// Whether it holds for a key that a request does not have.
    pub if_exists: bool,
}

/// Which of the values of a key count, if it has several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    ForAllValues,
    ForAnyValue,
}

/// How an operator compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    StringEquals,
    StringEqualsIgnoreCase,
    StringLike,
    Numeric(Order),
    Date(Order),
    Bool,
    Binary,
    IpAddress,
    /// `ArnEquals` and `ArnLike`, which are the same.
    Arn,
    /// Whether the key is missing.
    Null,
}

/// How the value of a request is to relate to that of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Equal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// All operators, without quantifiers and `IfExists`.
pub const OPERATORS: [&str; 27] = [
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "BinaryEquals",
    "Bool",
    "DateEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateNotEquals",
    "IpAddress",
    "NotIpAddress",
    "Null",
    "NumericEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericNotEquals",
    "StringEquals",
    "StringEqualsIgnoreCase",
    "StringLike",
    "StringNotEquals",
    "StringNotEqualsIgnoreCase",
    "StringNotLike",
];

const PARTITIONS: [&str; 8] = [
    "aws",
    "aws-cn",
    "aws-us-gov",
    "aws-eusc",
    "aws-iso",
    "aws-iso-b",
    "aws-iso-e",
    "aws-iso-f",
];

const LEGACY: &str = "The policy failed legacy parsing";

/// Checks a resource of a statement: an ARN, or `*`. Of partitions any that AWS has will do.
///
/// # Errors
///
/// What IAM refuses.
pub fn check_resource(resource: &str) -> Result<(), Refusal> {
    let refuse = |by_iam: String, message: String, hint| {
        Err(Refusal {
            by_iam,
            message,
            hint,
        })
    };
    if resource == "*" {
        return Ok(());
    }
    if !resource.starts_with("arn:") {
        return refuse(
            format!("Resource {resource} must be in ARN format or \"*\"."),
            format!("`{resource}` is not an ARN"),
            "write an ARN, or `*`",
        );
    }
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    let [_, partition, service, region, account, name] = parts.as_slice() else {
        return refuse(
            LEGACY.to_owned(),
            format!("the ARN `{resource}` lacks some of its six parts"),
            "an ARN is `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`; parts in the middle may be empty",
        );
    };
    if !is_pattern(partition) && !PARTITIONS.contains(partition) {
        return refuse(
            format!("Partition \"{partition}\" is not valid for resource \"{resource}\"."),
            format!("AWS has no partition `{partition}`"),
            "write `aws`, or `${AWS::Partition}` for that of the account",
        );
    }
    if is_pattern(service) {
        return refuse(
            "Resource vendor must be fully qualified and cannot contain regexes.".to_owned(),
            format!("the service in `{resource}` is a pattern"),
            "name the service; patterns may stand in the parts after it",
        );
    }
    let is_bucket = *service == "s3" && !name.contains('/');
    let is_set = |part: &str| !part.chars().all(|c| "*?".contains(c));
    if (is_bucket || ["iam", "route53"].contains(service)) && is_set(region) {
        return refuse(
            format!("Resource {resource} can not contain region information."),
            format!("`{resource}` has a region, and what it names has none"),
            "leave that part empty, as in `arn:aws:s3:::bucket`",
        );
    }
    if is_bucket && is_set(account) {
        return refuse(
            format!("Resource {resource} cannot contain an account id."),
            format!("`{resource}` has an account, and a bucket has none"),
            "leave that part empty, as in `arn:aws:s3:::bucket`",
        );
    }
    Ok(())
}

fn is_pattern(part: &str) -> bool {
    part.contains(['*', '?'])
}

impl Operator {
    /// Reads an operator. `None` if IAM does not have it, which it calls a syntax error.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (quantifier, bare) = match text.split_once(':') {
            Some(("ForAllValues", bare)) => (Some(Quantifier::ForAllValues), bare),
            Some(("ForAnyValue", bare)) => (Some(Quantifier::ForAnyValue), bare),
            Some(_) => return None,
            None => (None, text),
        };
        let (bare, if_exists) = match bare.strip_suffix("IfExists") {
            // It asks whether a key exists, so it cannot depend on that.
            Some("Null") => return None,
            Some(bare) => (bare, true),
            None => (bare, false),
        };
        if !OPERATORS.contains(&bare) {
            return None;
        }
        let order = |name: &str| match name {
            "LessThan" => Order::Less,
            "LessThanEquals" => Order::AtMost,
            "GreaterThan" => Order::Greater,
            "GreaterThanEquals" => Order::AtLeast,
            _ => Order::Equal,
        };
        let positive = bare.replace("Not", "");
        let comparison = match positive.as_str() {
            "StringEquals" => Comparison::StringEquals,
            "StringEqualsIgnoreCase" => Comparison::StringEqualsIgnoreCase,
            "StringLike" => Comparison::StringLike,
            "ArnEquals" | "ArnLike" => Comparison::Arn,
            "Bool" => Comparison::Bool,
            "BinaryEquals" => Comparison::Binary,
            "IpAddress" => Comparison::IpAddress,
            "Null" => Comparison::Null,
            other => match (other.strip_prefix("Date"), other.strip_prefix("Numeric")) {
                (Some(name), _) => Comparison::Date(order(name)),
                (_, name) => Comparison::Numeric(order(name?)),
            },
        };
        Some(Self {
            quantifier,
            comparison,
            negated: positive != bare,
            if_exists,
        })
    }

    /// Checks a value of a policy.
    ///
    /// # Errors
    ///
    /// What IAM refuses.
    pub fn check(&self, value: &str) -> Result<(), Refusal> {
        let (fits, what, hint, by_iam) = match self.comparison {
            Comparison::Numeric(_) => (
                number(value).is_some(),
                "a number",
                "write a number such as `10`, or compare with `StringEquals`",
                LEGACY,
            ),
            Comparison::Date(_) => (
                date(value).is_some(),
                "a date",
                "write a date such as `2027-01-31T09:00:00Z`, or seconds since 1970; a policy variable cannot stand here",
                LEGACY,
            ),
            Comparison::IpAddress => (
                Block::parse(value).is_some(),
                "an IP address or a block of these",
                "such as `203.0.113.0/24`",
                LEGACY,
            ),
            Comparison::Arn => (
                value == "*" || (value.starts_with("arn:") && value.splitn(6, ':').count() == 6),
                "an ARN",
                "write an ARN, in which `*` may stand, or compare with `StringLike`",
                LEGACY,
            ),
            Comparison::Binary => (
                STANDARD.decode(value).is_ok_and(|bytes| !bytes.is_empty()),
                "Base64",
                "encode the value, with its padding",
                "Syntax errors in policy.",
            ),
            _ => return Ok(()),
        };
        if fits {
            return Ok(());
        }
        Err(Refusal {
            by_iam: by_iam.to_owned(),
            message: format!("`{value}` is not {what}"),
            hint,
        })
    }
}

impl Order {
    /// Whether the value of a request relates so to that of a policy.
    #[must_use]
    pub fn holds(self, actual: f64, wanted: f64) -> bool {
        match self {
            Self::Equal => (actual - wanted).abs() == 0.0,
            Self::Less => actual < wanted,
            Self::AtMost => actual <= wanted,
            Self::Greater => actual > wanted,
            Self::AtLeast => actual >= wanted,
        }
    }
}

/// A number as IAM reads it: decimal, without space around it.
#[must_use]
pub fn number(text: &str) -> Option<f64> {
    static NUMBER: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$").ok());
    let fits = NUMBER.as_ref().is_some_and(|form| form.is_match(text));
    fits.then(|| text.parse().ok())?
}

/// The seconds since 1970 of a date as IAM reads it: one of ISO 8601, which may end early, or those seconds.
#[must_use]
pub fn date(text: &str) -> Option<f64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // Four digits are a year.
    if digits && text.len() != 4 {
        return text.parse().ok();
    }
    let day = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        10 => text.to_owned(),
        _ => return time(text),
    };
    let day = NaiveDate::parse_from_str(&day, "%Y-%m-%d").ok()?;
    Some(seconds(day.and_hms_opt(0, 0, 0)?))
}

/// A date with a time, in UTC unless it says otherwise.
fn time(text: &str) -> Option<f64> {
    // `2027-01-31T09:00`, then seconds and an offset, of which both may be missing.
    let text = text.replacen(' ', "T", 1);
    let (minutes, rest) = (text.get(..16)?, text.get(16..)?);
    let full = match rest.starts_with(':') {
        true => text,
        false => format!("{minutes}:00{rest}"),
    };
    if let Ok(local) = NaiveDateTime::parse_from_str(&full, "%Y-%m-%dT%H:%M:%S%.f") {
        return Some(seconds(local));
    }
    let zoned = DateTime::parse_from_str(&full.replace('Z', "+00:00"), "%Y-%m-%dT%H:%M:%S%.f%:z");
    let zoned = zoned.or_else(|_| DateTime::parse_from_str(&full, "%Y-%m-%dT%H:%M:%S%.f%z"));
    Some(seconds(zoned.ok()?.naive_utc()))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the milliseconds of any date are fewer than 2^53"
)]
fn seconds(at: NaiveDateTime) -> f64 {
    at.and_utc().timestamp_millis() as f64 / 1000.0
}

/// IP addresses that begin alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    first: IpAddr,
    bits: u32,
}

impl Block {
    /// Reads an address, or a block such as `203.0.113.0/24`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let first: IpAddr = address.parse().ok()?;
        let most = if first.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) if bits.bytes().all(|byte| byte.is_ascii_digit()) => bits.parse().ok()?,
            Some(_) => return None,
            None => most,
        };
        (bits <= most).then_some(Self { first, bits })
    }

    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let begins_alike = |a: u128, b: u128, length: u32| {
            let rest = length - self.bits;
            a.checked_shr(rest).unwrap_or(0) == b.checked_shr(rest).unwrap_or(0)
        };
        match (self.first, address) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                begins_alike(a.to_bits().into(), b.to_bits().into(), 32)
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => begins_alike(a.to_bits(), b.to_bits(), 128),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
