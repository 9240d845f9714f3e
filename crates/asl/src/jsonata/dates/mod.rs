//! Dates and numbers by picture, as in XPath.

mod calendar;
mod format;
mod integer;
mod iso;
mod parse;
mod picture;
mod words;

pub(super) use calendar::Date;
pub(super) use format::format;
pub(super) use integer::{Format, gcd};
pub(super) use iso::{PICTURE, looks_like, parse as parse_iso};
pub(super) use parse::parse;
