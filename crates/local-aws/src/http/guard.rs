//! Keeps web pages out. Whoever can reach this server can run programs as its user, and a browser on this machine can
//! reach it on behalf of any page.
//!
//! A browser names the page's host in `Host` (also after DNS rebinding, where a foreign name leads to this machine),
//! and the page in `Origin` or `Sec-Fetch-Site`. Requests from other programs have neither a foreign host nor these
//! headers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use hyper::header::{HOST, ORIGIN};
use hyper::{HeaderMap, Method, Request};

/// Refuses a request that a web page may have sent, and says why. Call this before anything else of the request is
/// read. `local` is the address on which its connection was accepted.
pub(crate) fn check<B>(request: &Request<B>, local: SocketAddr) -> Result<(), String> {
    not_of_a_page(request)?;
    let headers = request.headers();
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return refused("it does not have exactly one `Host` header");
    };
    let target = request.uri().authority().map(|host| host.as_str());
    for host in [host.to_str().ok(), target].into_iter().flatten() {
        if !is_here(without_prefix(host, headers), local) {
            return refused(&format!(
                "it is for the host `{}`, and this server answers only to `127.0.0.1`, `localhost` (also behind the name of a bucket) and `[::1]` with port {}, \
                 since a web page can make any other name lead to this machine",
                shortened(host),
                local.port()
            ));
        }
    }
    if host.to_str().is_err() {
        return refused("its `Host` header is not text");
    }
    Ok(())
}

fn not_of_a_page<B>(request: &Request<B>) -> Result<(), String> {
    if request.method() == Method::OPTIONS {
        return refused(
            "with `OPTIONS`, a browser asks what a web page may send, and no web page may use this server",
        );
    }
    for header in ["origin", "sec-fetch-site"] {
        for value in request.headers().get_all(header) {
            if header == ORIGIN || value != "none" {
                let value = value.to_str().unwrap_or("(not text)");
                return refused(&format!(
                    "its header `{header}: {}` says that a web page sent it, and web pages may not use this server",
                    shortened(value)
                ));
            }
        }
    }
    Ok(())
}

fn refused(why: &str) -> Result<(), String> {
    Err(format!("The local AWS refused this request: {why}."))
}

/// SDKs put a prefix before the host for these two operations.
fn without_prefix<'a>(host: &'a str, headers: &HeaderMap) -> &'a str {
    let target = headers.get("x-amz-target").map(|target| target.as_bytes());
    match target {
        Some(b"AWSStepFunctions.StartSyncExecution" | b"AWSStepFunctions.TestState") => {
            host.strip_prefix("sync-").unwrap_or(host)
        }
        _ => host,
    }
}

/// Whether a `Host` names this machine in a way that nobody else controls. `<bucket>.localhost` does: browsers and
/// resolvers keep all names that end so on this machine (RFC 6761).
fn is_here(host: &str, local: SocketAddr) -> bool {
    let Some((name, port)) = split(host) else {
        return false;
    };
    if port != local.port() {
        return false;
    }
    let Some(address) = literal(name) else {
        let name = name.to_ascii_lowercase();
        return name == "localhost" || bucket_of_host(&name).is_some();
    };
    // A server that is bound to another address on purpose is also reached there: a page cannot redirect an address.
    match address {
        IpAddr::V4(address) if address.is_loopback() => true,
        IpAddr::V6(Ipv6Addr::LOCALHOST) => true,
        address => address == local.ip().to_canonical() && !address.is_unspecified(),
    }
}

/// The bucket that a host is named after: `<bucket>.localhost`.
pub(super) fn bucket_of_host(host: &str) -> Option<&str> {
    let (name, _) = split(host)?;
    let bucket = name.strip_suffix(".localhost")?;
    let fits =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte);
    (!bucket.is_empty() && bucket.bytes().all(fits)).then_some(bucket)
}

/// Name and port.
fn split(host: &str) -> Option<(&str, u16)> {
    let name_ends = match host.strip_prefix('[') {
        Some(_) => host.find(']')? + 1,
        None => host.find(':').unwrap_or(host.len()),
    };
    let (name, rest) = host.split_at(name_ends);
    let port = match rest.strip_prefix(':') {
        // `parse` alone would accept a sign.
        Some(port) if port.bytes().all(|digit| digit.is_ascii_digit()) => port.parse().ok()?,
        Some(_) => return None,
        None if rest.is_empty() => 80,
        None => return None,
    };
    Some((name, port))
}

fn literal(name: &str) -> Option<IpAddr> {
    match name.strip_prefix('[') {
        Some(rest) => rest
            .strip_suffix(']')?
            .parse::<Ipv6Addr>()
            .ok()
            .map(Into::into),
        None => name.parse::<Ipv4Addr>().ok().map(Into::into),
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(host: &str, local: &str) -> Result<(), String> {
        let request = Request::builder().uri("/").header(HOST, host);
        check(&request.body(()).unwrap(), local.parse().unwrap())
    }

    #[test]
    fn only_names_of_this_machine_that_nobody_else_decides_on_are_served() {
        for good in [
            "127.0.0.1:4566",
            "127.9.8.7:4566",
            "localhost:4566",
            "LocalHost:4566",
            "[::1]:4566",
            "my.own-bucket.localhost:4566",
            "[0:0:0:0:0:0:0:1]:4566",
        ] {
            assert_eq!(host(good, "127.0.0.1:4566"), Ok(()), "{good}");
        }
        for bad in [
            "",
            ":4566",
            "evil.example",
            "evil.example:4566",
            "127.0.0.1",
            "127.0.0.1:80",
            "127.0.0.1:+4566",
            "127.0.0.1:4566:4566",
            "127.0.0.1:4566 ",
            "127.1:4566",
            "0x7f.0.0.1:4566",
            "2130706433:4566",
            "127.0.0.1.evil.example:4566",
            "127.0.0.1.:4566",
            "localhost.:4566",
            "localhost.evil.example:4566",
            ".localhost:4566",
            "sub.localhost.:4566",
            "a/b.localhost:4566",
            "user@127.0.0.1:4566",
            "0.0.0.0:4566",
            "[::]:4566",
            "[::1]4566",
            "[::1:4566",
            "::1:4566",
            "[::1%25lo]:4566",
            "[::ffff:127.0.0.1]:4566",
            "192.168.1.5:4566",
            "sync-127.0.0.1:4566",
            "sync-localhost:4566",
        ] {
            let refusal = host(bad, "127.0.0.1:4566").unwrap_err();
            assert!(refusal.contains(&format!("the host `{bad}`")), "{refusal}");
        }
        // The default port, which a URL leaves out.
        assert_eq!(host("localhost", "127.0.0.1:80"), Ok(()));
    }

    #[test]
    fn a_server_on_another_address_is_reached_by_that_address() {
        assert_eq!(host("192.168.1.5:4566", "192.168.1.5:4566"), Ok(()));
        assert_eq!(
            host("192.168.1.5:4566", "[::ffff:192.168.1.5]:4566"),
            Ok(())
        );
        assert_eq!(host("[fd00::5]:4566", "[fd00::5]:4566"), Ok(()));
        assert!(host("192.168.1.6:4566", "192.168.1.5:4566").is_err());
        assert!(host("laptop.lan:4566", "192.168.1.5:4566").is_err());
    }

    #[test]
    fn the_prefix_of_an_operation_goes_with_that_operation() {
        for (operation, host, served) in [
            ("StartSyncExecution", "sync-127.0.0.1:4566", true),
            ("TestState", "sync-localhost:4566", true),
            ("TestState", "sync-[::1]:4566", true),
            ("TestState", "sync-evil.example:4566", false),
            ("StartExecution", "sync-localhost:4566", false),
        ] {
            let request = Request::builder()
                .header(HOST, host)
                .header("x-amz-target", format!("AWSStepFunctions.{operation}"));
            let local = "127.0.0.1:4566".parse().unwrap();
            let checked = check(&request.body(()).unwrap(), local);
            assert_eq!(checked.is_ok(), served, "{operation} {host}");
        }
    }
}
