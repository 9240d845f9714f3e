//! The attributes of a message, and the MD5s that SDKs compare.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

use super::faults::{invalid, unfit};
use crate::fault::Fault;

pub(super) type Attributes = BTreeMap<String, Attribute>;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Attribute {
    #[serde(skip_serializing_if = "Option::is_none")]
    string_value: Option<String>,
    /// In base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    binary_value: Option<String>,
    #[serde(default)]
    data_type: String,
}

/// The most attributes of a message.
const MOST: usize = 10;

impl Attribute {
    fn bytes(&self) -> Option<Vec<u8>> {
        match &self.binary_value {
            Some(binary) => STANDARD.decode(binary).ok(),
            None => self.string_value.as_ref().map(|text| text.clone().into()),
        }
    }

    /// The value of a text.
    pub(super) fn text(&self) -> Option<&str> {
        self.string_value.as_deref()
    }

    fn check(&self, name: &str) -> Result<(), Fault> {
        let kind = self.data_type.split('.').next().unwrap_or_default();
        if !["String", "Number", "Binary"].contains(&kind) {
            return Err(invalid(format!(
                "The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."
            )));
        }
        let filled = match kind {
            "Binary" => self.binary_value.is_some() && self.string_value.is_none(),
            _ => self.string_value.is_some() && self.binary_value.is_none(),
        };
        let bytes = self.bytes().filter(|bytes| filled && !bytes.is_empty());
        if bytes.is_none() {
            return Err(invalid(format!(
                "The message attribute '{name}' must contain a non-empty value of type '{kind}'."
            )));
        }
        let number = self.string_value.as_deref().map(str::parse::<f64>);
        if kind == "Number" && number.is_none_or(|number| number.is_err()) {
            return Err(invalid(format!(
                "Can't cast the value of message (user) attribute '{name}' to a number."
            )));
        }
        Ok(())
    }

    fn size(&self) -> usize {
        self.data_type.len() + self.bytes().map_or(0, |bytes| bytes.len())
    }
}

pub(super) fn check(attributes: &Attributes) -> Result<(), Fault> {
    if attributes.len() > MOST {
        return Err(invalid(format!(
            "Number of message attributes [{}] exceeds the allowed maximum [{MOST}].",
            attributes.len()
        )));
    }
    for (name, attribute) in attributes {
        let known = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || name.len() > 256 || !name.chars().all(known) {
            return Err(unfit(
                "MessageAttributes",
                name,
                "The name of a message attribute has letters, digits, hyphens, underscores and periods, and at most 256 of them.",
            ));
        }
        attribute.check(name)?;
    }
    Ok(())
}

/// The bytes that count towards the size of a message.
pub(super) fn size(attributes: &Attributes) -> usize {
    let sizes = attributes.iter();
    sizes.map(|(name, one)| name.len() + one.size()).sum()
}

/// Those that a receiver asks for, by name, by the start of a name (`shop.*`), or all of them.
pub(super) fn chosen(attributes: &Attributes, names: &[String]) -> Attributes {
    let wanted = |name: &str| {
        names.iter().any(|wanted| match wanted.as_str() {
            "All" | ".*" => true,
            wanted => match wanted.strip_suffix(".*") {
                Some(start) => name.starts_with(start),
                None => name == wanted,
            },
        })
    };
    let chosen = attributes.iter().filter(|(name, _)| wanted(name));
    chosen
        .map(|(name, attribute)| (name.clone(), attribute.clone()))
        .collect()
}

pub(super) fn md5(text: &str) -> String {
    hex::encode(Md5::digest(text))
}

/// `None` if there are no attributes.
pub(super) fn md5_of(attributes: &Attributes) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut digest = Md5::new();
    for (name, attribute) in attributes {
        add(&mut digest, name.as_bytes());
        add(&mut digest, attribute.data_type.as_bytes());
        digest.update([if attribute.binary_value.is_some() {
            2
        } else {
            1
        }]);
        add(&mut digest, &attribute.bytes().unwrap_or_default());
    }
    Some(hex::encode(digest.finalize()))
}

/// Adds the length and the bytes.
fn add(digest: &mut Md5, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    digest.update(length.to_be_bytes());
    digest.update(bytes);
}
