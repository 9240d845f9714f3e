//! Values that must not be seen in what txflow prints.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::visible::one_line;

/// What a secret is replaced by.
pub const MASK: &str = "***";

/// A secret with fewer characters is not masked: it would match much that has nothing to do with it.
pub const SHORTEST: usize = 4;

/// The same for a line of a secret with several lines, since some say little, such as a brace.
const SHORTEST_LINE: usize = 8;

/// An encoding of a text. How it encodes a part of a text must not depend on the rest.
pub type Form = fn(&str) -> String;

/// The values that were declared secret, as far as they are known. Clones share them.
#[derive(Clone, Default)]
pub struct Secrets(Arc<RwLock<BTreeSet<String>>>);

impl Secrets {
    /// Adds values, in each form in which they may appear: those that handlers are known to write, and `forms`.
    pub fn add<'a>(&self, values: impl IntoIterator<Item = &'a str>, forms: &[Form]) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for value in values {
            let long = |text: &str, least: usize| text.chars().count() >= least;
            let lines = value.lines().map(str::trim);
            let lines = lines.filter(|line| long(line, SHORTEST_LINE));
            let whole = [value.trim()].into_iter();
            for secret in whole.filter(|whole| long(whole, SHORTEST)).chain(lines) {
                known.extend(
                    encoded(secret)
                        .into_iter()
                        .filter(|form| long(form, SHORTEST)),
                );
                known.extend(forms.iter().map(|form| form(secret)));
            }
        }
    }

    /// Whether there is nothing to mask.
    pub fn is_empty(&self) -> bool {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.is_empty()
    }

    /// The text with each secret masked.
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let found = self.found(text);
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut masked = String::with_capacity(text.len());
        let mut end = 0;
        for secret in found {
            masked.push_str(&text[end..secret.start]);
            masked.push_str(MASK);
            end = secret.end;
        }
        masked.push_str(&text[end..]);
        Cow::Owned(masked)
    }

    /// Masks each secret in a text.
    pub fn mask_text(&self, text: &mut String) {
        if let Cow::Owned(masked) = self.mask(text) {
            *text = masked;
        }
    }

    /// Masks each secret in a text that may be a JSON document, which stays one.
    pub fn mask_document(&self, text: &mut String) {
        match serde_json::from_str::<Value>(text) {
            // Read, since a document may write any character of a secret as an escape.
            Ok(document) => {
                let mut masked = document.clone();
                self.mask_json(&mut masked);
                if masked != document {
                    *text = masked.to_string();
                }
            }
            Err(_) => self.mask_text(text),
        }
    }

    /// Masks each secret in the strings, names and numbers of a document, which stays valid JSON.
    pub fn mask_json(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.mask_text(text),
            Value::Number(number) => {
                if let Cow::Owned(masked) = self.mask(&number.to_string()) {
                    *value = Value::String(masked);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.mask_json(item)),
            Value::Object(members) => {
                let masked = std::mem::take(members)
                    .into_iter()
                    .map(|(name, mut value)| {
                        self.mask_json(&mut value);
                        (self.mask(&name).into_owned(), value)
                    });
                *members = masked.collect();
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// The ranges that hold secrets, in order. Ranges that overlap are joined.
    fn found(&self, text: &str) -> Vec<Range<usize>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<Range<usize>> = Vec::new();
        for secret in known.iter() {
            let places = text.match_indices(secret);
            found.extend(places.map(|(at, _)| at..at + secret.len()));
        }
        found.sort_by_key(|secret| secret.start);
        found.dedup_by(|next, secret| {
            let overlap = next.start <= secret.end;
            if overlap {
                secret.end = secret.end.max(next.end);
            }
            overlap
        });
        found
    }
}

/// A text in each form in which handlers may write it, itself included.
pub fn encoded(text: &str) -> Vec<String> {
    let forms = FORMS.iter().map(|form| form(text));
    forms.chain(base64(text.as_bytes())).collect()
}

/// How handlers encode what they return and log, and how txflow encodes what it shows of it.
const FORMS: [Form; 20] = [
    str::to_owned,
    |text| one_line(text).into_owned(),
    json,
    // The cause of a failure is JSON in a string of JSON.
    |text| json(&json(text)),
    |text| json(&json(&json(text))),
    debug,
    |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string(),
    |text| utf8_percent_encode(text, UNRESERVED).to_string(),
    |text| utf8_percent_encode(text, COMPONENT).to_string(),
    // A web form.
    |text| {
        utf8_percent_encode(text, UNRESERVED)
            .to_string()
            .replace("%20", "+")
    },
    // A path.
    |text| utf8_percent_encode(text, PATH).to_string(),
    |text| utf8_percent_encode(text, URI).to_string(),
    |text| lower_escapes(&utf8_percent_encode(text, PATH).to_string()),
    |text| lower_escapes(&utf8_percent_encode(text, URI).to_string()),
    |text| lower_escapes(&utf8_percent_encode(text, UNRESERVED).to_string()),
    |text| lower_escapes(&utf8_percent_encode(text, COMPONENT).to_string()),
    ascii_json,
    xml,
    |text| hex::encode(text),
    // A list of bytes, as Rust and JSON write it.
    |text| {
        let bytes: Vec<String> = text.bytes().map(|byte| byte.to_string()).collect();
        bytes.join(", ")
    },
];

/// The characters that RFC 3986 never escapes.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// As `encodeURIComponent` in JavaScript does.
const COMPONENT: &AsciiSet = &UNRESERVED
    .remove(b'!')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// As `urllib.parse.quote` in Python does, and whatever else encodes a path.
const PATH: &AsciiSet = &UNRESERVED.remove(b'/');

/// As `encodeURI` in JavaScript does.
const URI: &AsciiSet = &COMPONENT
    .remove(b'/')
    .remove(b'?')
    .remove(b':')
    .remove(b'@')
    .remove(b'&')
    .remove(b'=')
    .remove(b'+')
    .remove(b'$')
    .remove(b',')
    .remove(b';')
    .remove(b'#');

fn json(text: &str) -> String {
    unquoted(&Value::from(text).to_string()).to_owned()
}

/// As encoders that write only ASCII do.
fn ascii_json(text: &str) -> String {
    let mut ascii = String::new();
    for c in json(text).chars() {
        if c.is_ascii() {
            ascii.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                ascii.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    ascii
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// With `%2f` instead of `%2F`.
fn lower_escapes(text: &str) -> String {
    let mut parts = text.split('%');
    let mut lower = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (escape, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        lower.extend(["%", &escape.to_ascii_lowercase(), rest]);
    }
    lower
}

fn debug(text: &str) -> String {
    unquoted(&format!("{text:?}")).to_owned()
}

fn unquoted(text: &str) -> &str {
    let text = text.strip_prefix('"').unwrap_or(text);
    text.strip_suffix('"').unwrap_or(text)
}

/// How these bytes appear in the Base64 of a text that contains them: in one of three ways, depending on what
/// comes before. The letters at the edges, which depend on the neighbouring bytes as well, are left out.
fn base64(secret: &[u8]) -> impl Iterator<Item = String> + '_ {
    const ALPHABETS: [GeneralPurpose; 2] = [
        GeneralPurpose::new(&alphabet::STANDARD, NO_PAD),
        GeneralPurpose::new(&alphabet::URL_SAFE, NO_PAD),
    ];
    let ways = ALPHABETS
        .iter()
        .flat_map(|alphabet| (0..3).map(move |before| (alphabet, before)));
    ways.map(move |(alphabet, before)| {
        let text = alphabet.encode([&vec![0; before], secret].concat());
        let first = (before * 8).div_ceil(6);
        let end = (before + secret.len()) * 8 / 6;
        text[first..end].to_owned()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TOKEN: &str = "5up3r/s3cret \"ü\"\t?";

    fn secrets(values: &[&str]) -> Secrets {
        let secrets = Secrets::default();
        secrets.add(values.iter().copied(), &[]);
        secrets
    }

    #[test]
    fn a_secret_is_masked_within_a_larger_text_and_beside_another() {
        let secrets = secrets(&["hunter22", "22-more"]);
        assert_eq!(secrets.mask("a hunter22, b hunter22-more"), "a ***, b ***");
        assert_eq!(secrets.mask("hunter2"), "hunter2");
    }

    #[test]
    fn a_secret_is_masked_in_each_form_in_which_it_may_come() {
        let secrets = secrets(&[TOKEN]);
        let document = json!({ "token": TOKEN }).to_string();
        let base64 = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
        for (form, rest) in [
            (format!("<{TOKEN}>"), "<***>".to_owned()),
            (format!("{TOKEN:?}"), "\"***\"".to_owned()),
            (document.clone(), r#"{"token":"***"}"#.to_owned()),
            (
                json!(document).to_string(),
                r#""{\"token\":\"***\"}""#.to_owned(),
            ),
            (
                "k=5up3r%2Fs3cret%20%22%C3%BC%22%09%3F&a".to_owned(),
                "k=***&a".to_owned(),
            ),
            // As Python's `quote` and JavaScript's `encodeURI` write it, and with small letters.
            (
                "k=5up3r/s3cret%20%22%C3%BC%22%09%3F&a".to_owned(),
                "k=***&a".to_owned(),
            ),
            (
                "k=5up3r/s3cret%20%22%c3%bc%22%09%3f&a".to_owned(),
                "k=***&a".to_owned(),
            ),
            (
                "k=5up3r/s3cret%20%22%C3%BC%22%09?&a".to_owned(),
                "k=***&a".to_owned(),
            ),
            (
                "k=5up3r%2Fs3cret+%22%C3%BC%22%09%3F&a".to_owned(),
                "k=***&a".to_owned(),
            ),
        ] {
            assert_eq!(secrets.mask(&form), rest);
        }
        for before in ["", "a", "ab", "abc"] {
            let text = base64(&format!("{before}{TOKEN}:z"));
            let masked = secrets.mask(&text);
            assert!(
                masked.contains("***") && masked.len() < 12,
                "{text} became {masked}"
            );
        }
    }

    #[test]
    fn the_lines_of_a_long_secret_are_masked_each() {
        let key = "-----BEGIN KEY-----\nAAAABBBBCCCC\n}\nDDDDEEEEFFFF\n-----END KEY-----\n";
        let secrets = secrets(&[key]);
        assert_eq!(secrets.mask(key), "***\n");
        assert_eq!(secrets.mask("at DDDDEEEEFFFF\n}"), "at ***\n}");
        assert_eq!(secrets.mask(&json!(key).to_string()), "\"***\\n\"");
    }

    #[test]
    fn a_value_that_is_too_short_is_in_too_much_to_be_masked() {
        let secrets = secrets(&["", "  ", "dev"]);
        assert_eq!(secrets.mask("dev is live"), "dev is live");
    }

    #[test]
    fn a_document_stays_one() {
        let secrets = secrets(&["123456", "a\":\"b"]);
        let mut document = json!({ "a": "b", "n": 9_123_456, "123456": [true, null, "x123456"] });
        secrets.mask_json(&mut document);
        assert_eq!(
            document,
            json!({ "a": "b", "n": "9***", "***": [true, null, "x***"] })
        );
    }
}
