//! The conditions and the range of a request.

use std::ops::Range;

use super::{Object, Request};
use crate::clock::{self, Millis};
use crate::fault::Fault;

/// Refuses to read an object that does not fit the conditions of the request.
pub(super) fn check_read(request: &Request, object: &Object) -> Result<(), Fault> {
    let matches = |tags: &str| etag_matches(tags, &object.etag);
    // Dates in HTTP have no fractions.
    let modified = object.modified / 1000 * 1000;
    match request.text("IfMatch") {
        Some(tags) if !matches(tags) => return Err(precondition_failed("If-Match")),
        None if date(request, "IfUnmodifiedSince").is_some_and(|date| modified > date) => {
            return Err(precondition_failed("If-Unmodified-Since"));
        }
        _ => {}
    }
    let unchanged = match request.text("IfNoneMatch") {
        Some(tags) => matches(tags),
        None => date(request, "IfModifiedSince").is_some_and(|date| modified <= date),
    };
    match unchanged {
        true => Err(Fault::new(304, "NotModified", "Not Modified")),
        false => Ok(()),
    }
}

/// Refuses to write over an object that does not fit the conditions of the request.
pub(super) fn check_write(request: &Request, there: Option<&Object>) -> Result<(), Fault> {
    match (request.text("IfNoneMatch"), request.text("IfMatch"), there) {
        (Some("*"), _, Some(_)) => Err(precondition_failed("If-None-Match")),
        (_, Some(tags), Some(there)) if !etag_matches(tags, &there.etag) => {
            Err(precondition_failed("If-Match"))
        }
        (_, Some(_), None) => Err(super::no_such_key(request.key())),
        _ => Ok(()),
    }
}

/// The bytes that a request asks for, if not all.
pub(super) fn range(request: &Request, size: usize) -> Result<Option<Range<usize>>, Fault> {
    let Some(text) = request.text("Range") else {
        return Ok(None);
    };
    let bounds = text
        .strip_prefix("bytes=")
        .and_then(|text| text.split_once('-'));
    let (from, to) = match bounds {
        Some(("", last)) => match last.parse::<usize>() {
            Ok(last) => (size.saturating_sub(last), size),
            Err(_) => return Ok(None),
        },
        Some((from, to)) => match (from.parse::<usize>(), to.parse::<usize>()) {
            (Ok(from), Ok(to)) if from <= to => (from, to.saturating_add(1).min(size)),
            (Ok(from), Err(_)) if to.is_empty() => (from, size),
            _ => return Ok(None),
        },
        // As on AWS, a range that cannot be read asks for all.
        None => return Ok(None),
    };
    if from >= to {
        let fault = Fault::new(
            416,
            "InvalidRange",
            "The requested range is not satisfiable",
        );
        return Err(fault
            .with("RangeRequested", text)
            .with("ActualObjectSize", size.to_string()));
    }
    Ok(Some(from..to))
}

/// Whether one of `tags` is this one. Clients may leave out the quotes.
fn etag_matches(tags: &str, etag: &str) -> bool {
    let bare = |tag: &str| {
        tag.trim()
            .trim_start_matches("W/")
            .trim_matches('"')
            .to_owned()
    };
    tags.split(',')
        .any(|tag| tag.trim() == "*" || bare(tag) == bare(etag))
}

fn date(request: &Request, member: &str) -> Option<Millis> {
    clock::parse_date(request.text(member)?)
}

fn precondition_failed(condition: &str) -> Fault {
    let message = "At least one of the pre-conditions you specified did not hold";
    Fault::new(412, "PreconditionFailed", message).with("Condition", condition)
}
