//! Addresses of this page.

use std::fmt;
use std::rc::Rc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const IN_A_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Before a part that is not itself in an address.
const ESCAPE: char = '~';

/// A path and a query, whatever the names hold that they are made of. Each begins with the root of the server, so none leads out
/// of the place that its start has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// With a slash, or empty.
    place: Rc<str>,
    path: String,
    query: String,
}

impl Url {
    /// The root of a server, by the first part of all of its paths.
    pub(super) fn root(place: &str) -> Self {
        Self {
            place: format!("/{place}").into(),
            path: String::new(),
            query: String::new(),
        }
    }

    /// With other parts of the path.
    #[must_use]
    pub fn at_all<'a>(self, parts: impl IntoIterator<Item = &'a str>) -> Self {
        parts.into_iter().fold(self, Self::at)
    }

    /// With another part of the path.
    #[must_use]
    pub fn at(mut self, part: &str) -> Self {
        self.path.push('/');
        // A browser would leave these out, also encoded.
        if matches!(part, "." | "..") || part.starts_with(ESCAPE) {
            self.path.push(ESCAPE);
        }
        self.path.extend(utf8_percent_encode(part, IN_A_PATH));
        self
    }

    /// What `at` was given, by the part that a browser sends, decoded.
    pub(super) fn part(sent: &str) -> &str {
        sent.strip_prefix(ESCAPE).unwrap_or(sent)
    }

    /// With a field of the query.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        let pair = form_urlencoded::Serializer::new(String::new())
            .append_pair(name, value)
            .finish();
        if !self.query.is_empty() {
            self.query.push('&');
        }
        self.query.push_str(&pair);
        self
    }

    /// With a field of the query, if it has a value.
    #[must_use]
    pub fn with_any(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)?;
        f.write_str(if self.path.is_empty() {
            "/"
        } else {
            &self.path
        })?;
        match self.query.is_empty() {
            true => Ok(()),
            false => write!(f, "?{}", self.query),
        }
    }
}

#[cfg(test)]
impl Url {
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let root = Self {
            place: "".into(),
            ..Self::root("")
        };
        root.at_all(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_name_holds_stays_one_part() {
        let url = Url::of(["dev", "a/b?c#d", "%2e", "ü \"<"]).with("q", "x&y=z");
        let said = "/dev/a%2Fb%3Fc%23d/%252e/%C3%BC%20%22%3C?q=x%26y%3Dz";
        assert_eq!(url.to_string(), said);
        for name in [".", "..", "~", "~.", "...", "%2E"] {
            let url = Url::of([name]).to_string();
            assert!(!["/.", "/.."].contains(&&*url), "{url}");
            let sent = percent_encoding::percent_decode_str(&url[1..]);
            assert_eq!(Url::part(&sent.decode_utf8().unwrap()), name);
        }
        assert_eq!(Url::of([]).to_string(), "/");
        // A browser sends the cookie only behind the slash.
        let root = Url::root("0a");
        assert_eq!(root.to_string(), "/0a/");
        assert_eq!(root.at("dev").with("q", "x").to_string(), "/0a/dev?q=x");
    }
}
