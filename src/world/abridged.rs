//! Names that are too long to be any.

use std::borrow::Cow;

/// AWS has no longer names.
const LONGEST: usize = 256;

/// The name as it is, or if nothing has so long a name, its beginning and its end.
pub fn abridged(name: &str) -> Cow<'_, str> {
    let count = name.chars().count();
    if count <= LONGEST {
        return Cow::Borrowed(name);
    }
    let (first, last) = (LONGEST / 4, LONGEST / 8);
    let start = name.chars().take(first);
    let end = name.chars().skip(count - last);
    start.chain("…".chars()).chain(end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_name_is_as_long_as_keeps_its_beginning_and_its_end() {
        let name = "é".repeat(LONGEST);
        assert_eq!(abridged(&name), name);
        let long = format!("first{}last", "é".repeat(LONGEST));
        let short = abridged(&long);
        assert!(short.starts_with("firsté"), "{short}");
        assert!(short.contains("é…é"), "{short}");
        assert!(short.ends_with("élast"), "{short}");
        assert!(short.chars().count() < 100, "{short}");
    }
}
