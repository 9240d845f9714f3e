//! Names for the handlers of existing functions.

use std::collections::BTreeMap;

use super::name::fitting;

/// Names that cargo refuses for a binary, and the name that txflow reserves.
const TAKEN: [&str; 5] = ["build", "deps", "examples", "incremental", "state-machine"];

/// A name for the handler of each function, by the function's name: the same, without one of the `prefixes` and without
/// the `suffix` if all functions have it.
pub(super) fn handlers(
    functions: &[String],
    prefixes: &[String],
    suffix: &str,
) -> BTreeMap<String, String> {
    let have_suffix =
        |function: &String| function.len() > suffix.len() && function.ends_with(suffix);
    let suffix = if functions.iter().all(have_suffix) {
        suffix
    } else {
        ""
    };
    let bare = |function: &'_ str| function.strip_suffix(suffix).unwrap_or(function).to_owned();
    let prefixes = prefixes.iter().map(String::as_str);
    let prefix = prefixes.chain([""]).find(|prefix| {
        let mut functions = functions.iter();
        functions.all(|function| {
            let function = bare(function);
            function.len() > prefix.len() && function.starts_with(prefix)
        })
    });
    let mut handlers: BTreeMap<String, String> = BTreeMap::new();
    for function in functions {
        let bare = bare(function);
        let short = bare.strip_prefix(prefix.unwrap_or_default());
        let mut handler = fitting(short.unwrap_or(&bare)).unwrap_or_else(|| "handler".to_owned());
        if TAKEN.contains(&handler.as_str()) {
            handler.push_str("-handler");
        }
        while handlers.values().any(|other| *other == handler) {
            handler.push_str("-2");
        }
        handlers.insert(function.clone(), handler);
    }
    handlers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(functions: &[&str]) -> Vec<String> {
        let functions: Vec<String> = functions.iter().map(|name| (*name).to_owned()).collect();
        let prefixes = ["shop-dev-".to_owned(), "shop-".to_owned()];
        let handlers = handlers(&functions, &prefixes, "-dev");
        functions
            .iter()
            .map(|name| handlers[name].clone())
            .collect()
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
