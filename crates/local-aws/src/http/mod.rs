//! The wire: which service a request is for, and how answers and errors look in each of AWS's protocols.

pub(crate) mod accept;
pub(crate) mod answer;
pub(crate) mod api;
pub(crate) mod authorization;
mod body;

pub(crate) mod call;
pub(crate) mod client;
mod elsewhere;
pub(crate) mod guard;
mod index;
pub(crate) mod own;
pub(crate) mod query;
pub(crate) mod scope;
pub(crate) mod server;
pub(crate) mod xml;
