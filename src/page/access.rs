//! The secrets of one start of the server.

use subtle::ConstantTimeEq as _;
use txflow_local_aws::Random;

use super::url::Url;

/// Each start has its own, for another path.
const COOKIE: &str = "txflow";

/// Who may use the page: whoever has the URL that was printed, which is exchanged for a cookie.
pub struct Access {
    pub port: u16,
    /// The first part of each path. A browser sends a cookie to all ports of a host, but only below its path, which no server
    /// of another port knows.
    place: String,
    /// In the URL.
    token: String,
    /// In the cookie, so that what a browser keeps is not what stands in a terminal.
    session: String,
    /// In each form, so that no other page can send one.
    form: String,
}

impl Access {
    pub fn new(random: &Random, port: u16) -> Self {
        // 244 bits of chance.
        let secret = || format!("{}{}", random.uuid().simple(), random.uuid().simple());
        Self {
            port,
            place: random.uuid().simple().to_string(),
            token: secret(),
            session: secret(),
            form: secret(),
        }
    }

    /// What a user opens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/?token={}", self.port, self.token)
    }

    /// What all addresses of this start are behind.
    pub fn root(&self) -> Url {
        Url::root(&self.place)
    }

    /// What is behind the place of this start in a path. `None` if it is elsewhere.
    pub(super) fn within<'a>(&self, path: &'a str) -> Option<&'a str> {
        let (place, within) = path.strip_prefix('/')?.split_once('/')?;
        same(&self.place, place).then_some(within)
    }

    /// What each form holds.
    pub fn form(&self) -> &str {
        &self.form
    }

    pub(super) fn is_token(&self, token: &str) -> bool {
        same(&self.token, token)
    }

    pub(super) fn is_form(&self, form: &str) -> bool {
        same(&self.form, form)
    }

    /// Whether one of these cookies is that of the session.
    pub(super) fn is_session(&self, cookies: &str) -> bool {
        let mut pairs = cookies
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='));
        pairs.any(|(key, value)| key == COOKIE && same(&self.session, value))
    }

    /// No script reads it, no page of another site sends it, no other server gets it, and it ends with the browser.
    pub(super) fn set_cookie(&self) -> String {
        let (session, path) = (&self.session, self.root());
        format!("{COOKIE}={session}; Path={path}; HttpOnly; SameSite=Strict")
    }
}

/// In a time that does not tell where they differ.
fn same(secret: &str, given: &str) -> bool {
    secret.as_bytes().ct_eq(given.as_bytes()).into()
}
