//! The names of the executions that `txflow test` starts.

use uuid::Uuid;

const BEGINNING: &str = "txflow-";

/// Unique, so that two runs of a test are two executions, and within AWS's 80 characters.
pub fn test_name(test: &str, id: Uuid) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let test: String = test.chars().map(plain).take(30).collect();
    format!("{BEGINNING}{test}-{id}")
}

/// Whether a test started an execution of this name. `txflow start` names no test.
pub fn is_of_test(name: &str) -> bool {
    test_of(name).is_some()
}

/// The test that started an execution of this name, as far as it is in it.
pub fn test_of(name: &str) -> Option<&str> {
    let rest = name.strip_prefix(BEGINNING)?;
    let (test, id) = rest.split_at_checked(rest.len().checked_sub(ID)?)?;
    Uuid::try_parse(id).ok()?;
    test.strip_suffix('-').filter(|test| !test.is_empty())
}

/// The characters of an id.
const ID: usize = 36;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_execution_of_a_test_is_known_by_its_name() {
        let id = Uuid::nil();
        let name = test_name("a test of a very long name, and more", id);
        assert_eq!(name, format!("txflow-a-test-of-a-very-long-name--an-{id}"));
        assert!(name.len() <= 80 && is_of_test(&name));
        assert_eq!(test_of(&name), Some("a-test-of-a-very-long-name--an"));
        for other in [
            format!("txflow-{id}"),
            format!("order-x-{id}"),
            "txflow-SALE-1".to_owned(),
        ] {
            assert!(!is_of_test(&other), "{other}");
        }
    }
}
