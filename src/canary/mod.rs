//! A canary: a new release gets a share of the executions, and is judged by them against the old one (pure).

mod decimal;
mod evidence;
mod figures;
mod population;
mod rules;
mod shares;
#[cfg(test)]
mod simulation;
mod step;
mod verdict;

pub use decimal::Decimal;
pub use figures::{Figures, Look};
pub use population::{Sample, Samples};
pub use rules::Rules;
pub use shares::{Share, Shares};
pub use step::{Canary, CanaryStart};
pub use verdict::{Missing, Verdict, Why, judge};
