//! The operators of a filter.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    GreaterOrEqual,
    LessOrEqual,
    NotEqual,
    Less,
    Greater,
    Matches,
}

impl Operator {
    /// The first one that occurs anywhere in a test is its operator.
    pub(super) const BY_SYMBOL: [(&'static str, Self); 7] = [
        ("==", Self::Equal),
        (">=", Self::GreaterOrEqual),
        ("<=", Self::LessOrEqual),
        ("!=", Self::NotEqual),
        ("<", Self::Less),
        (">", Self::Greater),
        ("=~", Self::Matches),
    ];
}
