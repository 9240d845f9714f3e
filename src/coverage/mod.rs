//! What tests reached of the definitions of a stack, and the files that editors and pipelines read (pure).

mod cobertura;
mod figures;
mod item;
mod lcov;
mod lines;
mod missed;
mod painted;
#[cfg(test)]
mod tests;

pub use cobertura::cobertura;
pub use figures::{Figures, Kind, StackCoverage};
pub use item::{ItemCoverage, MachineCoverage, Unknown};
pub use lcov::lcov;
pub use missed::Missed;
pub use painted::painted;
