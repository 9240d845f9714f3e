//! The syntax of JSONata: a text becomes tokens, a parse tree, and what is evaluated.

mod ancestry;
mod node;
mod parser;
mod process;
mod signature;
mod token;
mod tree;

pub(super) use node::{
    Call, Filter, Kind, Lambda, Literal, Node, Pairs, Stage, Term, Transform, Unary,
};
pub(super) use signature::{Parameter, Signature};

use super::fault::Fault;

/// What a text means.
pub(super) fn parse(source: &str) -> Result<Node, Fault> {
    let tree = parser::parse(source)?;
    process::process(tree)
}
