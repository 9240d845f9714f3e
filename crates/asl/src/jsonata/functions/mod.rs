//! The functions of JSONata, and those that Step Functions adds.

mod arguments;
mod dates;
mod encoding;
mod format_number;
mod higher_order;
mod lists;
mod matching;
mod numbers;
mod objects;
mod service;
mod strings;

use std::sync::OnceLock;

pub(super) use matching::{find_match, matching_text};

use super::evaluate::Evaluator;
use super::fault::Fault;
use super::syntax::Signature;
use super::value::Value;

type Run = fn(&mut Evaluator<'_>, &[Value]) -> Result<Value, Fault>;

pub(super) struct Native {
    pub(super) name: &'static str,
    /// How many arguments higher-order functions pass at most.
    pub(super) arity: usize,
    /// Empty if the function checks its arguments by itself.
    written: &'static str,
    signature: OnceLock<Option<Signature>>,
    pub(super) run: Run,
}

impl std::fmt::Debug for Native {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Native {
    const fn new(name: &'static str, arity: usize, written: &'static str, run: Run) -> Self {
        Self {
            name,
            arity,
            written,
            signature: OnceLock::new(),
            run,
        }
    }

    pub(super) fn signature(&self) -> Option<&Signature> {
        let parse = || match self.written {
            "" => None,
            written => Signature::parse(written).ok(),
        };
        self.signature.get_or_init(parse).as_ref()
    }
}

pub(super) fn find(name: &str) -> Option<&'static Native> {
    let found = NATIVES.binary_search_by_key(&name, |native| native.name);
    found.ok().map(|at| &NATIVES[at])
}

/// The names of all functions.
pub(super) fn names<'a>() -> impl Iterator<Item = &'a str> {
    NATIVES.iter().map(|native| native.name)
}

/// By name.
static NATIVES: [Native; 69] = [
    Native::new("abs", 1, "<n-:n>", numbers::abs),
    Native::new("append", 2, "<xx:a>", lists::append),
    Native::new("assert", 2, "<bs?:x>", objects::assert),
    Native::new("average", 1, "<a<n>:n>", numbers::average),
    Native::new("base64decode", 1, "<s-:s>", encoding::base64decode),
    Native::new("base64encode", 1, "<s-:s>", encoding::base64encode),
    Native::new("boolean", 1, "<x-:b>", objects::boolean),
    Native::new("ceil", 1, "<n-:n>", numbers::ceil),
    Native::new("clone", 1, "<(oa)-:o>", objects::clone),
    Native::new("contains", 2, "<s-(sf):b>", matching::contains),
    Native::new("count", 1, "<a:n>", lists::count),
    Native::new("decodeUrl", 1, "<s-:s>", encoding::decode_url),
    Native::new(
        "decodeUrlComponent",
        1,
        "<s-:s>",
        encoding::decode_url_component,
    ),
    Native::new("distinct", 1, "<x:x>", lists::distinct),
    Native::new("each", 2, "<o-f:a>", higher_order::each),
    Native::new("encodeUrl", 1, "<s-:s>", encoding::encode_url),
    Native::new(
        "encodeUrlComponent",
        1,
        "<s-:s>",
        encoding::encode_url_component,
    ),
    Native::new("error", 1, "<s?:x>", objects::error),
    Native::new("exists", 1, "<x:b>", objects::exists),
    Native::new("filter", 2, "<af>", higher_order::filter),
    Native::new("floor", 1, "<n-:n>", numbers::floor),
    Native::new("formatBase", 2, "<n-n?:s>", numbers::format_base),
    Native::new("formatInteger", 2, "<n-s:s>", dates::format_integer),
    Native::new("formatNumber", 3, "<n-so?:s>", format_number::format_number),
    Native::new("fromMillis", 3, "<n-s?s?:s>", dates::from_millis),
    Native::new("hash", 2, "", service::hash),
    Native::new("join", 2, "<a<s>s?:s>", strings::join),
    Native::new("keys", 1, "<x-:a<s>>", objects::keys),
    Native::new("length", 1, "<s-:n>", strings::length),
    Native::new("lookup", 2, "<x-s:x>", objects::lookup),
    Native::new("lowercase", 1, "<s-:s>", strings::lowercase),
    Native::new("map", 2, "<af>", higher_order::map),
    Native::new("match", 3, "<s-f<s:o>n?:a<o>>", matching::matches),
    Native::new("max", 1, "<a<n>:n>", numbers::max),
    Native::new("merge", 1, "<a<o>:o>", objects::merge),
    Native::new("millis", 0, "<:n>", dates::millis),
    Native::new("min", 1, "<a<n>:n>", numbers::min),
    Native::new("not", 1, "<x-:b>", objects::not),
    Native::new("now", 2, "<s?s?:s>", dates::now),
    Native::new("number", 1, "<(nsb)-:n>", numbers::number),
    Native::new("pad", 3, "<s-ns?:s>", strings::pad),
    Native::new("parse", 1, "", service::parse),
    Native::new("parseInteger", 2, "<s-s:n>", dates::parse_integer),
    Native::new("partition", 2, "", service::partition),
    Native::new("power", 2, "<n-n:n>", numbers::power),
    Native::new("random", 1, "", service::random),
    Native::new("range", 3, "", service::range),
    Native::new("reduce", 3, "<afj?:j>", higher_order::reduce),
    Native::new("replace", 4, "<s-(sf)(sf)n?:s>", matching::replace),
    Native::new("reverse", 1, "<a:a>", lists::reverse),
    Native::new("round", 2, "<n-n?:n>", numbers::round),
    Native::new("shuffle", 1, "<a:a>", lists::shuffle),
    Native::new("sift", 2, "<o-f?:o>", higher_order::sift),
    Native::new("single", 2, "<af?>", higher_order::single),
    Native::new("sort", 2, "<af?:a>", higher_order::sort),
    Native::new("split", 3, "<s-(sf)n?:a<s>>", matching::split),
    Native::new("spread", 1, "<x-:a<o>>", objects::spread),
    Native::new("sqrt", 1, "<n-:n>", numbers::sqrt),
    Native::new("string", 1, "<x-b?:s>", strings::string),
    Native::new("substring", 3, "<s-nn?:s>", strings::substring),
    Native::new("substringAfter", 2, "<s-s:s>", strings::substring_after),
    Native::new("substringBefore", 2, "<s-s:s>", strings::substring_before),
    Native::new("sum", 1, "<a<n>:n>", numbers::sum),
    Native::new("toMillis", 2, "<s-s?:n>", dates::to_millis),
    Native::new("trim", 1, "<s-:s>", strings::trim),
    Native::new("type", 1, "<x:s>", objects::kind),
    Native::new("uppercase", 1, "<s-:s>", strings::uppercase),
    Native::new("uuid", 0, "", service::uuid),
    Native::new("zip", 0, "<a+>", lists::zip),
];

#[cfg(test)]
mod tests {
    use super::{find, names};

    #[test]
    fn each_function_is_found_by_its_name() {
        for name in names() {
            assert_eq!(find(name).map(|native| native.name), Some(name));
        }
    }
}
