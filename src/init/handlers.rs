//! Names for the handlers of existing functions.

use std::collections::BTreeMap;

use super::name::fitting;

/// Names that cargo refuses for a binary, and the name that txflow reserves.
const TAKEN: [&str; 5] = ["build", "deps", "examples", "incremental", "state-machine"];

/// A function, and what it is called apart from what AWS adds.
pub(super) struct Called {
    pub function: String,
    pub called: String,
}

/// A name for the handler of each function, by the function's name: what it is called, without one of the `prefixes` and without
/// the `suffix` if all functions have it, and with no more characters than there is `room` for.
pub(super) fn handlers(
    functions: &[Called],
    prefixes: &[String],
    suffix: &str,
    room: usize,
) -> BTreeMap<String, String> {
    let names = || functions.iter().map(|function| function.called.as_str());
    let have_suffix = |name: &str| name.len() > suffix.len() && name.ends_with(suffix);
    let suffix = if names().all(have_suffix) { suffix } else { "" };
    let bare = |name: &'_ str| name.strip_suffix(suffix).unwrap_or(name).to_owned();
    let prefixes = prefixes.iter().map(String::as_str);
    let prefix = prefixes.chain([""]).find(|prefix| {
        names().all(|name| {
            let name = bare(name);
            name.len() > prefix.len() && name.starts_with(prefix)
        })
    });
    let mut handlers: BTreeMap<String, String> = BTreeMap::new();
    for Called { function, called } in functions {
        let bare = bare(called);
        let short = bare.strip_prefix(prefix.unwrap_or_default());
        let mut name = fitting(short.unwrap_or(&bare)).unwrap_or_else(|| "handler".to_owned());
        if TAKEN.contains(&name.as_str()) {
            name.push_str("-handler");
        }
        let mut handler = shortened(&name, room).to_owned();
        for n in 2.. {
            if !handlers
                .values()
                .any(|other| other.eq_ignore_ascii_case(&handler))
            {
                break;
            }
            let end = format!("-{n}");
            let start = shortened(&name, room.saturating_sub(end.len()));
            handler = format!("{start}{end}");
        }
        handlers.insert(function.clone(), handler);
    }
    handlers
}

/// Less than this says nothing.
const SHORTEST: usize = 8;

/// The start of a name, of whole words if they are most of what there is room for.
fn shortened(name: &str, room: usize) -> &str {
    let Some((start, rest)) = name.split_at_checked(room.max(SHORTEST)) else {
        return name;
    };
    if rest.is_empty() {
        return name;
    }
    let words = start.rfind('-').filter(|end| end * 2 > start.len());
    let start = match words {
        Some(end) if !rest.starts_with('-') => &start[..end],
        _ => start,
    };
    start.trim_end_matches(['-', '_'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(functions: &[&str]) -> Vec<String> {
        named_in(functions, 64)
    }

    fn named_in(functions: &[&str], room: usize) -> Vec<String> {
        let called = functions.iter().map(|name| Called {
            function: (*name).to_owned(),
            called: (*name).to_owned(),
        });
        let prefixes = ["shop-dev-".to_owned(), "shop-".to_owned()];
        let handlers = handlers(&called.collect::<Vec<_>>(), &prefixes, "-dev", room);
        let names = functions.iter().map(|name| handlers[*name].clone());
        names.collect()
    }

    #[test]
    fn a_long_name_is_cut_to_the_room_that_there_is() {
        for (function, handler) in [
            ("shop-charge-the-card", "charge-the-card"),
            ("charge-the-cards", "charge-the-cards"),
            ("charge-the-cards2", "charge-the"),
            ("charge-the-cards-later", "charge-the-cards"),
            ("pay-with-the_card__of-all", "pay-with-the_card"),
            ("pay-CustomersFavourite", "pay-CustomersFav"),
        ] {
            let room = if handler.len() > 16 { 17 } else { 16 };
            assert_eq!(named_in(&[function], room), [handler], "{function}");
        }
        let same = [
            "charge-the-cards-of-a",
            "charge-the-cards-of-b",
            "charge-the-cards-of-c",
        ];
        let handlers = ["charge-the-cards", "charge-the-2", "charge-the-3"];
        assert_eq!(named_in(&same, 16), handlers);
        assert_eq!(named_in(&["charge-the-card"], 0), ["charge"]);
    }

    #[test]
    fn a_prefix_goes_where_all_have_it() {
        assert_eq!(named(&["shop-dev-buy", "shop-dev-sell"]), ["buy", "sell"]);
        assert_eq!(named(&["shop-buy", "shop-dev-sell"]), ["buy", "dev-sell"]);
        assert_eq!(named(&["shop-buy", "sell"]), ["shop-buy", "sell"]);
        assert_eq!(named(&["shop-"]), ["shop"]);
        assert_eq!(named(&["shop-buy-dev", "shop-sell-dev"]), ["buy", "sell"]);
        assert_eq!(named(&["shop-buy-dev", "sell"]), ["shop-buy-dev", "sell"]);
    }

    #[test]
    fn each_name_is_its_own_and_one_that_a_crate_may_have() {
        assert_eq!(named(&["1-buy", "buy", "2"]), ["buy", "buy-2", "handler"]);
        assert_eq!(
            named(&["build", "My_Function"]),
            ["build-handler", "My_Function"]
        );
    }
}
