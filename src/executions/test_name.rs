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
    let named = || {
        let rest = name.strip_prefix(BEGINNING)?;
        let (test, id) = rest.split_at_checked(rest.len().checked_sub(ID)?)?;
        let is_id = Uuid::try_parse(id).is_ok();
        Some(is_id && test.len() > 1 && test.ends_with('-'))
    };
    named().unwrap_or(false)
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
        for other in [
            format!("txflow-{id}"),
            format!("order-x-{id}"),
            "txflow-SALE-1".to_owned(),
        ] {
            assert!(!is_of_test(&other), "{other}");
        }
    }
}
