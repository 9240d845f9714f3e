//! The name of a stack.

use std::path::Path;

use super::InitError;
use crate::config::{NAME_LIMIT, misnamed};

/// The name that was asked for, or one derived from the folder's name.
///
/// # Errors
///
/// If deploy.toml does not accept the name.
pub fn stack_name(asked: Option<&str>, root: &Path) -> Result<String, InitError> {
    match asked {
        Some(name) => match misnamed(name) {
            Some(expected) => Err(InitError::BadName {
                name: name.to_owned(),
                expected,
            }),
            None => Ok(name.to_owned()),
        },
        None => {
            let folder = folder_name(root);
            fitting(&folder).ok_or(InitError::NoName { folder })
        }
    }
}

/// Stages that many names end with.
const STAGES: [&str; 14] = [
    "dev",
    "development",
    "test",
    "testing",
    "qa",
    "uat",
    "int",
    "stage",
    "staging",
    "preprod",
    "prod",
    "production",
    "live",
    "sandbox",
];

/// A name without the stage that it ends with, and how it ends: txflow adds the stage itself.
pub(super) fn without_stage<'a>(name: &'a str, stage: &str) -> (&'a str, &'a str) {
    let end = name.rfind(['-', '_']).filter(|end| *end > 0);
    let Some((start, end)) = end.map(|end| name.split_at(end)) else {
        return (name, "");
    };
    let said = &end[1..];
    let mut stages = STAGES.into_iter().chain([stage]);
    if stages.any(|stage| said.eq_ignore_ascii_case(stage)) {
        (start, end)
    } else {
        (name, "")
    }
}

/// Checks that AWS accepts the names of a stage of the stack, as is checked for deploy.toml.
///
/// # Errors
///
/// The first name that is too long.
pub(super) fn fits<'a>(
    name: &str,
    stage: &str,
    handlers: impl IntoIterator<Item = &'a str>,
) -> Result<(), InitError> {
    // The state machine's role has the longest of these.
    for last in handlers.into_iter().chain(["state-machine"]) {
        let name = format!("{name}-{stage}-{last}");
        if name.len() > NAME_LIMIT {
            let limit = NAME_LIMIT;
            return Err(InitError::NameTooLong { name, limit });
        }
    }
    Ok(())
}

/// How long the name of a handler may be.
pub(super) fn room(name: &str, stage: &str) -> usize {
    NAME_LIMIT.saturating_sub(format!("{name}-{stage}-").len())
}

/// The part of a text that deploy.toml accepts as a name.
pub(super) fn fitting(text: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.split(|c| !allowed(c)).filter(|word| !word.is_empty());
    let name = words.collect::<Vec<_>>().join("-");
    let name = name.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    (!name.is_empty()).then(|| name.to_owned())
}

/// Also of `.`, and of a folder that does not exist yet.
#[expect(clippy::disallowed_methods, reason = "asks for the name of the folder")]
fn folder_name(root: &Path) -> String {
    let path = root.canonicalize().or_else(|_| std::path::absolute(root));
    let path = path.unwrap_or_else(|_| root.to_owned());
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_folder_is_made_fit() {
        for (folder, name) in [
            ("orders", Some("orders")),
            ("My Orders (new)", Some("My-Orders-new")),
            ("2026-orders", Some("orders")),
            ("bestellung_é", Some("bestellung_")),
            ("123", None),
        ] {
            let found = stack_name(None, &Path::new("/nowhere").join(folder)).ok();
            assert_eq!(found.as_deref(), name, "{folder}");
            assert_eq!(name.and_then(misnamed), None, "{folder}");
        }
    }

    #[test]
    fn a_name_that_is_asked_for_is_taken_or_refused_as_it_is() {
        let root = Path::new("/nowhere");
        assert!(matches!(stack_name(Some("a_B-1"), root), Ok(name) if name == "a_B-1"));
        for name in ["1a", "a b", "", "ä"] {
            let refused = stack_name(Some(name), root);
            assert!(matches!(refused, Err(InitError::BadName { .. })), "{name}");
        }
    }

    #[test]
    fn a_stage_at_the_end_of_a_name_is_left_out() {
        for (name, stack, end) in [
            ("orders-dev", "orders", "-dev"),
            ("orders_Prod", "orders", "_Prod"),
            ("shop-orders-blue", "shop-orders", "-blue"),
            ("orders-device", "orders-device", ""),
            ("prod", "prod", ""),
            ("-prod", "-prod", ""),
        ] {
            assert_eq!(without_stage(name, "blue"), (stack, end), "{name}");
        }
    }

    #[test]
    fn a_name_leaves_room_for_the_stage_and_the_longest_handler() {
        let handler = "a".repeat(40);
        assert!(fits(&"n".repeat(46), "dev", []).is_ok());
        assert!(fits(&"n".repeat(47), "dev", []).is_err());
        assert!(fits(&"n".repeat(47), "dev", [handler.as_str()]).is_err());
    }
}
