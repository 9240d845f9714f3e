//! Counts, which JSON and JSONata hold as numbers.

/// A number as a count: a negative one is 0, and a fraction is dropped.
pub(crate) fn count(number: f64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates"
    )]
    let count = number as usize;
    count
}

/// A count as a number.
pub(crate) fn of_count(count: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "less than 2^53")]
    let number = count as f64;
    number
}
