//! The fields, and the kinds of fields, that states share with their parts.

use super::schema::{Field, Kind, Reference, both};

pub(super) const COMMENT: Field = both("Comment", Kind::Text);
pub(super) const QUERY_LANGUAGE: Field =
    both("QueryLanguage", Kind::OneOf(&["JSONPath", "JSONata"]));

/// The maximum number of seconds that the service accepts.
const MOST_SECONDS: i64 = 99_999_999;

pub(super) const fn seconds(min: i64) -> Kind {
    Kind::Integer {
        min,
        max: MOST_SECONDS,
        expression: true,
    }
}

pub(super) const fn count() -> Kind {
    Kind::Integer {
        min: 0,
        max: i64::MAX,
        expression: true,
    }
}

/// A reference path to a number or a timestamp.
pub(super) const VALUE_PATH: Kind = Kind::ReferencePath(Reference {
    null: false,
    context: true,
    variable: true,
});

/// The same in a Map state and its parts, in which the service rejects the context object.
pub(super) const COUNT_PATH: Kind = Kind::ReferencePath(Reference {
    null: false,
    context: false,
    variable: true,
});
