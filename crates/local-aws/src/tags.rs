//! Tags: what the services agree on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::fault::Fault;

/// Key to value. Sorted, so that answers are stable.
pub(crate) type Tags = BTreeMap<String, String>;

/// A tag as most JSON services write it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Tag {
    key: String,
    value: String,
}

impl Tag {
    pub(crate) fn map(tags: Vec<Tag>) -> Tags {
        tags.into_iter().map(|tag| (tag.key, tag.value)).collect()
    }

    pub(crate) fn list(tags: &Tags) -> Vec<Tag> {
        let tags = tags.iter();
        tags.map(|(key, value)| Tag {
            key: key.clone(),
            value: value.clone(),
        })
        .collect()
    }
}

/// AWS's limit of tags on a resource.
pub(crate) const MAX_TAGS: usize = 50;

/// Refuses what all services refuse: empty or long keys, long values, other characters than letters, digits, spaces
/// and `_.:/=+-@`, the reserved prefix.
pub(crate) fn check<'a>(
    code: &'static str,
    tags: impl IntoIterator<Item = (&'a String, &'a String)>,
) -> Result<(), Fault> {
    for (key, value) in tags {
        let fault = |text: String| Err(Fault::bad(code, text));
        if key.is_empty() || key.chars().count() > 128 {
            return fault(format!(
                "Tag key '{key}' must be between 1 and 128 characters long"
            ));
        }
        if value.chars().count() > 256 {
            return fault(format!(
                "The value of tag '{key}' must be at most 256 characters long"
            ));
        }
        let known = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c);
        for (what, text) in [("key", key), ("value", value)] {
            if !text.chars().all(known) {
                return fault(format!(
                    "The tag {what} '{text}' must satisfy regular expression pattern: [\\p{{L}}\\p{{Z}}\\p{{N}}_.:/=+\\-@]*"
                ));
            }
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return fault("System tags cannot be added/updated by requester".to_owned());
        }
    }
    Ok(())
}
