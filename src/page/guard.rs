//! Who is served: the browser that has opened the URL which was printed, and no other page in it.
//!
//! A browser names the host of a page in `Host`, also after DNS rebinding, where a foreign name leads to this machine, and the
//! page that asks in `Origin` and `Sec-Fetch-Site`. A page of another port of this machine is `same-site`, so a cookie alone
//! would not keep it out. The server of another port would even be sent the cookie, so that is for the path of this start alone;
//! a client that is no browser can forge the headers, but knows neither.

use hyper::header::{COOKIE, HOST, ORIGIN};
use hyper::{HeaderMap, Method, Request, StatusCode};

use super::access::Access;

/// What a request may do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It has the token of the URL, and gets the cookie.
    Admit,
    /// The same from another page, such as the file that `--open` gives to a browser.
    AdmitFromElsewhere,
    Serve,
}

/// Why a request is not served.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub status: StatusCode,
    pub why: &'static str,
}

/// Looks at a request before anything else of it is read.
pub(super) fn check<B>(request: &Request<B>, access: &Access) -> Result<Verdict, Refusal> {
    let headers = request.headers();
    let writes = match *request.method() {
        Method::GET => false,
        Method::POST => true,
        _ => {
            return refused(
                StatusCode::METHOD_NOT_ALLOWED,
                "This page answers to GET and POST only.",
            );
        }
    };
    let target = request.uri().authority().map(|host| host.as_str());
    let host = only(headers, HOST.as_str())?;
    if !host.is_some_and(|host| is_here(host, access.port))
        || !target.is_none_or(|host| is_here(host, access.port))
    {
        return refused(
            StatusCode::FORBIDDEN,
            "This page answers only to `127.0.0.1`, `localhost` and `[::1]` with its port, since any other name may be led to this \
             machine by somebody else.",
        );
    }
    let is_of_own_page = is_of_own_page(headers, access.port, writes)?;
    if let Some(token) = token(request.uri().query())
        && !writes
        && request.uri().path() == "/"
    {
        return match (access.is_token(&token), is_of_own_page) {
            (true, true) => Ok(Verdict::Admit),
            (true, false) => Ok(Verdict::AdmitFromElsewhere),
            (false, _) => refused(
                StatusCode::FORBIDDEN,
                "This token is that of another start of txflow. Open the URL that it printed last.",
            ),
        };
    }
    if !is_of_own_page {
        return refused(
            StatusCode::FORBIDDEN,
            "Another page sent this request, and other pages may not use this one. To open a link to it, paste the link into the \
             address bar.",
        );
    }
    let mut cookies = headers.get_all(COOKIE).iter();
    let is_within = access.within(request.uri().path()).is_some();
    if !is_within
        || !cookies.any(|cookies| {
            cookies
                .to_str()
                .is_ok_and(|cookies| access.is_session(cookies))
        })
    {
        return refused(
            StatusCode::UNAUTHORIZED,
            "Open the URL that txflow printed when it started: it holds the token that lets you in.",
        );
    }
    Ok(Verdict::Serve)
}

/// What is written must say which page it comes from; a browser that says nothing is too old for this.
fn is_of_own_page(headers: &HeaderMap, port: u16, writes: bool) -> Result<bool, Refusal> {
    let site = match only(headers, "sec-fetch-site")? {
        None | Some("same-origin") => true,
        // Typed, or a bookmark.
        Some("none") => !writes,
        Some(_) => false,
    };
    let origin = match only(headers, ORIGIN.as_str())? {
        None => !writes,
        Some(origin) => origin
            .strip_prefix("http://")
            .is_some_and(|host| is_here(host, port)),
    };
    Ok(site && origin)
}

/// The value of a header that may be there once.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let refusal = Refusal {
        status: StatusCode::BAD_REQUEST,
        why: "A header that says where this request comes from is not text, or is there twice.",
    };
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| refusal),
        _ => Err(refusal),
    }
}

/// Whether a host with its port is this server, by a name that nobody else decides on.
fn is_here(host: &str, port: u16) -> bool {
    let name = match host.rsplit_once(':') {
        // Not `parse`, which accepts `+80` and `080`.
        Some((name, given)) if given == port.to_string() => name,
        // The default port, which a URL leaves out.
        _ if port == 80 => host,
        _ => return false,
    };
    ["127.0.0.1", "[::1]"].contains(&name) || name.eq_ignore_ascii_case("localhost")
}

fn token(query: Option<&str>) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query?.as_bytes());
    let (_, token) = pairs.find(|(name, _)| name == "token")?;
    Some(token.into_owned())
}

fn refused<T>(status: StatusCode, why: &'static str) -> Result<T, Refusal> {
    Err(Refusal { status, why })
}

#[cfg(test)]
mod tests;
