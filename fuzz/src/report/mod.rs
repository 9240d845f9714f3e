//! How values are written.

pub mod style;
