//! The names of tests that txflow writes for `deploy.toml`.

/// A name of these parts, such as `PURCHASE_NOT_RETRIED_CHARGE`; with a number behind it if that is taken.
pub(super) fn new_test_name<'a>(
    parts: impl IntoIterator<Item = &'a str>,
    is_taken: impl Fn(&str) -> bool,
) -> String {
    let parts: Vec<&str> = parts.into_iter().collect();
    let words = parts.join("_");
    let words = words.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<String> = { words.filter(|word| !word.is_empty()) }
        .map(str::to_ascii_uppercase)
        .collect();
    let name = match words.join("_") {
        none if none.is_empty() => "TEST".to_owned(),
        name if name.starts_with(|first: char| first.is_ascii_alphabetic()) => name,
        name => format!("T_{name}"),
    };
    let numbered = (2_usize..).map(|number| format!("{name}_{number}"));
    let mut names = std::iter::once(name.clone()).chain(numbered);
    names.find(|name| !is_taken(name)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_plain_characters_begins_with_a_letter_and_is_a_new_one() {
        let name = |parts: &[&str], taken: &[&str]| {
            new_test_name(parts.iter().copied(), |name| taken.contains(&name))
        };
        assert_eq!(name(&["Sale", "not-retried"], &[]), "SALE_NOT_RETRIED");
        assert_eq!(name(&["17 é"], &[]), "T_17");
        assert_eq!(name(&["支付", "FAILED", "检查"], &[]), "FAILED");
        assert_eq!(name(&["支付"], &["TEST"]), "TEST_2");
        assert_eq!(name(&["a"], &["A", "A_2"]), "A_3");
    }
}
