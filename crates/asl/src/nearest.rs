//! The name that a misspelled one was meant to be.

/// A comparison takes time and memory proportional to the product of the lengths, and nobody misspells a
/// longer name.
const LONGEST: usize = 200;

/// The candidate that `name` was most likely meant to be: one that differs only in case and separators, or
/// else the nearest within a third of its length, which is also the limit of rustc.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
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
