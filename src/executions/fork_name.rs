//! The names of executions that were forked. Nothing else of an execution says that it is a fork once its version is gone.

/// What Step Functions accepts.
const LONGEST: usize = 80;

const MARK: &str = "_fork-";

/// How many digits follow.
const DIGITS: usize = 6;

/// The name of a fork: that of the execution, or as much of it as there is room for, and some random digits.
pub fn fork_name(of: &str, random: &str) -> String {
    let digits: String = random.chars().filter(char::is_ascii_hexdigit).collect();
    let digits: String = digits.chars().take(DIGITS).collect();
    format!("{}{MARK}{digits}", beginning(of))
}

/// Whether an execution is a fork.
pub fn is_fork(name: &str) -> bool {
    parts(name).is_some()
}

/// Whether an execution is a fork of this one, or of one whose long name begins like it.
pub fn is_fork_of(name: &str, of: &str) -> bool {
    parts(name).is_some_and(|of_this| of_this == beginning(of))
}

fn parts(name: &str) -> Option<&str> {
    let (of, digits) = name.rsplit_once(MARK)?;
    let is_hex = |c: char| c.is_ascii_hexdigit();
    (digits.len() == DIGITS && digits.chars().all(is_hex)).then_some(of)
}

fn beginning(name: &str) -> String {
    name.chars().take(LONGEST - MARK.len() - DIGITS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fork_is_known_by_its_name() {
        let name = fork_name("order-17", "3f9a2c1b-0000");
        assert_eq!(name, "order-17_fork-3f9a2c");
        assert!(is_fork(&name) && is_fork_of(&name, "order-17"));
        assert!(!is_fork("order-17") && !is_fork("order_fork-17") && !is_fork_of(&name, "order-1"));
        let again = fork_name(&name, "abcdef");
        assert!(is_fork_of(&again, &name) && !is_fork_of(&again, "order-17"));
        let long = "x".repeat(80);
        assert_eq!(fork_name(&long, "abcdef").len(), 80);
        assert!(is_fork_of(&fork_name(&long, "abcdef"), &long));
    }
}
