//! Hints for a misspelled name.

pub(crate) use txflow_asl::nearest;

/// A list of more names does not help.
const LISTED: usize = 20;

/// Names in backticks, with a word such as `or` before the last.
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>, word: &str) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} {word} {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// `did you mean …`, or else a list of all names.
pub(crate) fn hint<'a>(
    name: &str,
    what: &str,
    candidates: impl IntoIterator<Item = &'a str> + Clone,
) -> Option<String> {
    if let Some(near) = nearest(name, candidates.clone()) {
        return Some(format!("did you mean `{near}`?"));
    }
    let mut others = candidates.clone().into_iter().skip(LISTED).peekable();
    let listed = candidates.into_iter().take(LISTED);
    if others.peek().is_some() {
        let names: Vec<String> = listed.map(|name| format!("`{name}`")).collect();
        let count = others.count();
        return Some(format!("{what} {} and {count} more", names.join(", ")));
    }
    let all = list(listed, "and");
    (!all.is_empty()).then(|| format!("{what} {all}"))
}
