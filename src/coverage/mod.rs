//! What tests reached of the definitions of a stack, and the files that editors and pipelines read (pure).

mod cobertura;
mod figures;
mod item;
mod kind;
mod lcov;
mod lines;
mod missed;
mod painted;
#[cfg(test)]
mod tests;

pub use cobertura::cobertura;
pub use figures::{Figures, StackCoverage};
pub use item::{ItemCoverage, MachineCoverage, Unknown};
pub use kind::Kind;
pub use lcov::lcov;
pub use missed::Missed;
pub use painted::painted;
