use super::*;
use txflow_local_aws::Random;

const HERE: &str = "127.0.0.1:4580";

fn access() -> Access {
    Access::new(&Random::seeded(1), 4580)
}

fn cookie() -> String {
    let set = access().set_cookie();
    set.split(';').next().unwrap().to_owned()
}

/// What becomes of a request with these headers and the cookie, within the place of this start.
fn checked(method: &str, path: &str, headers: &[(&str, &str)]) -> Result<Verdict, StatusCode> {
    let cookie = cookie();
    with_cookie(method, &within(path), headers, &cookie)
}

fn within(path: &str) -> String {
    path.replacen('/', &access().root().to_string(), 1)
}

fn with_cookie(
    method: &str,
    uri: &str,
    headers: &[(&str, &str)],
    cookie: &str,
) -> Result<Verdict, StatusCode> {
    let mut request = Request::builder()
        .method(method)
        .uri(uri)
        .header(COOKIE, cookie);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let checked = check(&request.body(()).unwrap(), &access());
    checked.map_err(|refusal| refusal.status)
}

const ORIGIN_HERE: (&str, &str) = ("origin", "http://127.0.0.1:4580");

#[test]
fn the_token_of_the_url_is_exchanged_and_no_other() {
    let url = access().url();
    let path = url.strip_prefix("http://127.0.0.1:4580").unwrap();
    let host = [("host", HERE)];
    assert_eq!(with_cookie("GET", path, &host, ""), Ok(Verdict::Admit));
    let forbidden = Err(StatusCode::FORBIDDEN);
    assert_eq!(with_cookie("GET", "/?token=x", &host, ""), forbidden);
    let elsewhere = [("host", HERE), ("sec-fetch-site", "cross-site")];
    let admitted = with_cookie("GET", path, &elsewhere, "");
    assert_eq!(admitted, Ok(Verdict::AdmitFromElsewhere));
    assert_eq!(with_cookie("GET", "/?token=x", &elsewhere, ""), forbidden);
    assert_eq!(with_cookie("POST", path, &elsewhere, ""), forbidden);
    let cut = &path[..path.len() - 1];
    assert_eq!(with_cookie("GET", cut, &host, ""), forbidden);
    // It lets in at one place only, where nothing else is.
    let unknown = Err(StatusCode::UNAUTHORIZED);
    for place in ["/dev/executions", &within("/"), &within("/dev/executions")] {
        let elsewhere = path.replacen("/?", &format!("{place}?"), 1);
        assert_eq!(with_cookie("GET", &elsewhere, &host, ""), unknown);
    }
}

#[test]
fn without_the_cookie_of_this_start_nothing_is_served() {
    let host = [("host", HERE)];
    let own = cookie();
    let several = format!("a=b; {own}; c=d");
    for good in [own.as_str(), several.as_str()] {
        assert_eq!(
            with_cookie("GET", &within("/"), &host, good),
            Ok(Verdict::Serve)
        );
    }
    let cut = &own[..own.len() - 1];
    let of_another = own.replacen("txflow", "txflow2", 1);
    for bad in ["", "txflow=", cut, &of_another, "txflow"] {
        let refused = with_cookie("GET", &within("/"), &host, bad);
        assert_eq!(refused, Err(StatusCode::UNAUTHORIZED), "{bad}");
    }
}

#[test]
fn the_cookie_is_good_in_the_place_of_this_start_only() {
    let place = access().root().to_string();
    let host = [("host", HERE)];
    let other = place.replace(&place[1..2], if &place[1..2] == "0" { "1" } else { "0" });
    let cut = format!("{}/", &place[..place.len() - 2]);
    let without_slash = &place[..place.len() - 1];
    let doubled = format!("/{place}dev/executions");
    let encoded = format!("/%{:02x}{}", place.as_bytes()[1], &place[2..]);
    let paths = [
        "/",
        "/dev/executions",
        "/-/page.js",
        "/dev/start",
        without_slash,
    ];
    for path in paths.into_iter().chain([&*other, &cut, &doubled, &encoded]) {
        for (method, headers) in [("GET", &[][..]), ("POST", &[ORIGIN_HERE])] {
            let headers = [&host, headers].concat();
            let refused = with_cookie(method, path, &headers, &cookie());
            assert_eq!(refused, Err(StatusCode::UNAUTHORIZED), "{method} {path}");
        }
    }
    assert_eq!(
        with_cookie("GET", &place, &host, &cookie()),
        Ok(Verdict::Serve)
    );
}

#[test]
fn a_name_that_somebody_else_decides_on_is_refused() {
    for good in [HERE, "localhost:4580", "LOCALHOST:4580", "[::1]:4580"] {
        assert_eq!(
            checked("GET", "/", &[("host", good)]),
            Ok(Verdict::Serve),
            "{good}"
        );
    }
    for bad in [
        "evil.example",
        "evil.example:4580",
        "127.0.0.1",
        "127.0.0.1:4581",
        "127.0.0.1:04580",
        "127.0.0.1:+4580",
        "127.0.0.1.evil.example:4580",
        "localhost.evil.example:4580",
        "0.0.0.0:4580",
        "a@127.0.0.1:4580",
        "",
    ] {
        let refused = checked("GET", "/", &[("host", bad)]);
        assert_eq!(refused, Err(StatusCode::FORBIDDEN), "{bad}");
    }
    assert_eq!(checked("GET", "/", &[]), Err(StatusCode::FORBIDDEN));
    let twice = [("host", HERE), ("host", HERE)];
    assert_eq!(checked("GET", "/", &twice), Err(StatusCode::BAD_REQUEST));
    // The address in the request line counts as well.
    let target = format!("http://evil.example:4580{}", within("/"));
    let refused = with_cookie("GET", &target, &[("host", HERE)], &cookie());
    assert_eq!(refused, Err(StatusCode::FORBIDDEN));
}

#[test]
fn another_page_gets_nothing() {
    let get = |headers: &[(&str, &str)]| {
        let headers = [&[("host", HERE)], headers].concat();
        checked("GET", "/dev/executions", &headers).is_ok()
    };
    assert!(get(&[]));
    assert!(get(&[("sec-fetch-site", "none")]));
    assert!(get(&[("sec-fetch-site", "same-origin")]));
    assert!(get(&[ORIGIN_HERE]));
    // Another port of this machine is the same site.
    for other in ["cross-site", "same-site", "x", ""] {
        assert!(!get(&[("sec-fetch-site", other)]), "{other}");
    }
    for other in [
        "null",
        "http://127.0.0.1:4581",
        "https://127.0.0.1:4580",
        "http://evil.example",
    ] {
        assert!(!get(&[("origin", other)]), "{other}");
    }
}

#[test]
fn what_writes_must_say_that_this_page_sent_it() {
    let post = |headers: &[(&str, &str)]| {
        let headers = [&[("host", HERE)], headers].concat();
        checked("POST", "/dev/executions", &headers).is_ok()
    };
    assert!(post(&[ORIGIN_HERE]));
    assert!(post(&[ORIGIN_HERE, ("sec-fetch-site", "same-origin")]));
    assert!(!post(&[]));
    assert!(!post(&[("sec-fetch-site", "same-origin")]));
    assert!(!post(&[ORIGIN_HERE, ("sec-fetch-site", "none")]));
    assert!(!post(&[ORIGIN_HERE, ("sec-fetch-site", "same-site")]));
    assert!(!post(&[
        ("origin", "null"),
        ("sec-fetch-site", "same-origin")
    ]));
    for method in ["PUT", "DELETE", "OPTIONS", "HEAD", "CONNECT", "X"] {
        let headers = [("host", HERE), ORIGIN_HERE];
        let refused = checked(method, "/", &headers);
        assert_eq!(refused, Err(StatusCode::METHOD_NOT_ALLOWED), "{method}");
    }
}
