//! What executions cost, at list price.

use schemars::JsonSchema;
use serde::Serialize;
use txflow_asl::explore::Load;

use crate::config::{StateMachineKind, with_commas};

/// Where the prices stand, and when they were read there.
pub(super) const SOURCE: &str = "https://aws.amazon.com/step-functions/pricing/";
pub(super) const READ: &str = "2026-11-29";

/// The prices in us-east-1, in US dollars, beyond the free tier.
const OF_A_TRANSITION: f64 = 0.025 / 1000.0;
const OF_A_REQUEST: f64 = 1.0 / 1_000_000.0;
/// Of the first 1,000 GB-hours of a month; further ones cost less.
const OF_A_GB_SECOND: f64 = 0.06 / 3600.0;

/// What an EXPRESS execution takes at least, in bytes.
const OVERHEAD: u64 = 50 * 1_000_000;
const CHUNK: u64 = 64 * 1_000_000;

/// What a million executions cost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub(in crate::commands) struct Price {
    /// In US dollars.
    pub per_million: f64,
    /// What comes on top for each second that they take: EXPRESS executions are billed by time.
    pub per_million_seconds: Option<f64>,
}

impl Price {
    pub fn of(load: &Load, kind: StateMachineKind, definition_bytes: u64) -> Self {
        const MILLION: f64 = 1_000_000.0;
        match kind {
            StateMachineKind::Standard => Self {
                per_million: number(load.transitions) * OF_A_TRANSITION * MILLION,
                per_million_seconds: None,
            },
            StateMachineKind::Express => {
                // AWS's estimate: 50 MB, the definition, and the data of each step of a Map or a Parallel. Here all steps
                // count, so that it is rather too much.
                let data = load.largest.bytes.saturating_mul(load.transitions);
                let chunks = (OVERHEAD + definition_bytes)
                    .saturating_add(data)
                    .div_ceil(CHUNK);
                let gb = number(chunks) * 64.0 / 1024.0;
                Self {
                    per_million: OF_A_REQUEST * MILLION,
                    per_million_seconds: Some(gb * OF_A_GB_SECOND * MILLION),
                }
            }
        }
    }

    pub fn text(self) -> String {
        let seconds = self.per_million_seconds;
        let seconds = seconds.map(|each| format!(" + {} a second", dollars(each)));
        format!(
            "{}{}",
            dollars(self.per_million),
            seconds.unwrap_or_default()
        )
    }
}

/// Such as `$1,250.00`.
fn dollars(amount: f64) -> String {
    let text = format!("{amount:.2}");
    let (whole, cents) = text.split_once('.').unwrap_or((&text, "00"));
    match whole.parse() {
        Ok(whole) => format!("${}.{cents}", with_commas(whole)),
        Err(_) => format!("${text}"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of an execution")]
fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use txflow_asl::explore::Largest;

    use super::*;

    fn load(transitions: u64, bytes: u64) -> Load {
        Load {
            events: 1,
            events_of_child: None,
            transitions,
            largest: Largest {
                bytes,
                state: String::new(),
            },
        }
    }

    #[test]
    fn standard_is_billed_by_transitions_and_express_by_time_and_memory() {
        let standard = Price::of(&load(4, 100), StateMachineKind::Standard, 1000);
        assert_eq!(standard.text(), "$100.00");
        let many = Price::of(&load(50_001, 100), StateMachineKind::Standard, 1000);
        assert_eq!(many.text(), "$1,250,025.00");
        let express =
            |bytes| Price::of(&load(400, bytes), StateMachineKind::Express, 50_000).text();
        assert_eq!(express(32_000), "$1.00 + $1.04 a second");
        assert_eq!(express(64_000), "$1.00 + $2.08 a second");
    }
}
