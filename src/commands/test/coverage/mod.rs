//! What the tests reached: measured, reported, written to files.

mod collector;
mod covered_release;
mod files;
mod options;
mod other_definition;
mod report;
mod text;

pub use collector::Collector;
pub use covered_release::covered_release;
pub use files::write;
pub use options::CoverageOptions;
pub use other_definition::differs;
pub use report::CoverageReport;
