//! The workflow as a picture: what a definition says, what an execution made of it, and the forms
//! that both are shown in. Pure: values in, text out.

mod card;
mod changes;
mod dot;
#[allow(clippy::module_inception)]
mod graph;
mod label;
mod layout;
mod mermaid;
mod overlay;
mod paint;
mod palette;
mod rail;
mod reached;
mod route;
mod rule;
mod shape;
mod style;
mod svg;
mod words;
mod xml;

#[cfg(test)]
mod tests;

pub use changes::{
    FieldDifference, GraphChange, Mark, StateDifference, machine_differences, state_differences,
};
pub use dot::dot;
pub use graph::{Edge, EdgeKind, End, Graph, Machine, Vertex};
pub use layout::CannotDraw;
pub use mermaid::{mermaid, mermaid_of_change, mermaid_of_coverage};
pub use paint::{Paint, StatePaint, places};
pub use reached::{Reached, StateReached};
pub use style::sheet as style_sheet;
pub use svg::{Drawing, inline_svg, inline_svg_of_coverage, svg, svg_of_coverage};
pub(crate) use xml::escaped;
