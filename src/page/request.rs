//! A request as the pages see it: decoded, and of a page that may ask.

use bytes::Bytes;
use percent_encoding::percent_decode_str;

use super::Url;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

/// A request that was let through.
#[derive(Debug)]
pub struct Request {
    pub method: Method,
    /// The parts of the path behind the place of this start, without those that are empty.
    pub path: Vec<String>,
    pub query: Fields,
    /// What a form sent.
    pub form: Fields,
    /// The path and the query as they were sent, which lead here again.
    pub target: String,
}

impl Request {
    /// `None` if a part of the path is not UTF-8.
    pub(super) fn new(
        method: Method,
        uri: &hyper::Uri,
        within: &str,
        body: &Bytes,
    ) -> Option<Self> {
        let parts = within.split('/').filter(|part| !part.is_empty());
        let parts = parts.map(|part| {
            let decoded = percent_decode_str(part).decode_utf8().ok()?;
            Some(Url::part(&decoded).to_owned())
        });
        Some(Self {
            method,
            path: parts.collect::<Option<_>>()?,
            query: Fields::read(uri.query().unwrap_or_default().as_bytes()),
            form: Fields::read(body),
            target: { uri.path_and_query() }
                .map_or_else(|| "/".to_owned(), |target| target.as_str().to_owned()),
        })
    }
}

/// The fields of a query or a form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    fn read(encoded: &[u8]) -> Self {
        let fields = form_urlencoded::parse(encoded);
        Self(fields.into_owned().collect())
    }

    /// The first field of this name, unless it is empty: a form sends all of its fields.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut fields = self.0.iter();
        let (_, value) = fields.find(|(key, _)| key == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// The first field of this name as a number.
    pub fn number(&self, name: &str) -> Option<usize> {
        self.get(name)?.parse().ok()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}

#[cfg(test)]
impl Fields {
    pub fn of(query: &str) -> Self {
        Self::read(query.as_bytes())
    }
}
