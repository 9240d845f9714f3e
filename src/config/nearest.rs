//! The name that a misspelled one was meant to be.

/// A comparison takes time and memory proportional to the product of the lengths, and nobody misspells a
/// longer name.
const LONGEST: usize = 200;

/// A list of more names does not help.
const LISTED: usize = 20;

/// The candidate that `name` was most likely meant to be: one that differs only in case and separators, or
/// else the nearest within a third of its length, which is also the limit of rustc.
pub(crate) fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    if name.len() > LONGEST {
        return None;
    }
    let limit = name.chars().count().max(3) / 3;
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST)
        .filter_map(|candidate| {
            let distance = if plain(candidate) == plain(name) {
                0
            } else {
                strsim::damerau_levenshtein(name, candidate)
            };
            (distance <= limit).then_some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

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

fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_its_name() {
        let names = ["memory", "timeout", "log-retention"];
        assert_eq!(nearest("memry", names), Some("memory"));
        assert_eq!(nearest("logRetention", names), Some("log-retention"));
        assert_eq!(nearest("tiemout", names), Some("timeout"));
        assert_eq!(nearest("layers", names), None);
    }
}
