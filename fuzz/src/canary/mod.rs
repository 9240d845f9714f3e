//! What the configuration holds of a canary.

mod decimal;
mod rules;
mod shares;
mod step;

pub use decimal::Decimal;
pub use rules::Rules;
pub use shares::Shares;
pub use step::CanaryStart;
