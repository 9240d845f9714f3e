use crate::definition::{DefinitionError, Dynamic, Fields};

/// Waits for a time or until a moment.
#[derive(Debug)]
pub enum Wait {
    Seconds(Dynamic<f64>),
    /// RFC 3339 with an offset: `2026-01-02T03:04:05Z`.
    Timestamp(Dynamic<String>),
}

impl Wait {
    pub(crate) fn parse(fields: &Fields) -> Result<Self, DefinitionError> {
        if let Some(seconds) = Dynamic::number(fields, "Seconds")? {
            return Ok(Self::Seconds(seconds));
        }
        if let Some(moment) = Dynamic::text(fields, "Timestamp")? {
            return Ok(Self::Timestamp(moment));
        }
        Err(fields.error(
            "",
            "One of these fields is required: [Seconds, SecondsPath, Timestamp, TimestampPath]",
        ))
    }
}
