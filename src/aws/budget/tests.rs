use jiff::SignedDuration;

use super::*;

fn request(method: &str, uri: &str, target: Option<&str>) -> HttpRequest {
    let mut request = HttpRequest::empty();
    request.set_method(method).unwrap();
    request.set_uri(uri.to_owned()).unwrap();
    if let Some(target) = target {
        request
            .headers_mut()
            .insert("x-amz-target", target.to_owned());
    }
    request
}

#[test]
fn a_request_tells_what_its_budget_depends_on() {
    let functions = "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions";
    for (method, path, named) in [
        ("GET", "/shop-dev-buy", "GetFunction"),
        ("GET", "/shop-dev-buy?Qualifier=7", "GetFunction"),
        ("GET", "/shop-dev-buy/versions?MaxItems=50", ""),
        ("DELETE", "/shop-dev-buy", ""),
        ("POST", "/shop-dev-buy/invocations", INVOKE),
        ("POST", "", ""),
    ] {
        let request = request(method, &format!("{functions}{path}"), None);
        assert_eq!(operation(&request), named, "{method} {path}");
    }
    let target = Some("Logs_20140328.ListTagsForResource");
    let request = request("POST", "https://logs.eu-west-1.amazonaws.com/", target);
    assert_eq!(operation(&request), "ListTagsForResource");
}

#[test]
fn what_runs_handlers_and_executions_has_no_budget() {
    assert!(find("lambda", INVOKE).is_none());
    assert!(find("states", "StartExecution").is_none());
    assert!(find("states", "StartSyncExecution").is_none());
    assert!(find("logs", "FilterLogEvents").is_none());
    let (line, bucket) = find("lambda", "").unwrap();
    assert!((line.rate, bucket) == (15.0, ""));
}

/// The reads of a deploy of three functions, and its writes, which come no sooner than the answers.
#[test]
fn three_functions_never_wait() {
    let began = Timestamp::UNIX_EPOCH;
    let reads = [
        ("iam", "", 17),
        ("lambda", "", 3),
        ("lambda", "GetFunction", 3),
    ];
    let reads = reads
        .into_iter()
        .chain([("logs", "ListTagsForResource", 4)]);
    for (service, operation, calls) in reads {
        let (line, _) = find(service, operation).unwrap();
        let bucket = Bucket::new(line, began);
        for _ in 0..calls {
            assert_eq!(bucket.take(began), Duration::ZERO, "{service} {operation}");
        }
    }
}

#[test]
fn a_burst_beyond_the_budget_is_spread_at_the_rate() {
    let (line, _) = find("lambda", "").unwrap();
    let began = Timestamp::UNIX_EPOCH;
    let bucket = Bucket::new(line, began);
    let waits: Vec<_> = (0..42).map(|_| bucket.take(began)).collect();
    assert!(waits[..12].iter().all(Duration::is_zero));
    assert_eq!(waits[12], Duration::from_secs_f64(1.0 / 15.0));
    assert_eq!(waits[41], Duration::from_secs(2));
    // Those who wait are served before anybody who comes later, and after a pause the whole burst is there again.
    let later = began + SignedDuration::from_secs(1);
    assert_eq!(bucket.take(later), Duration::from_secs_f64(16.0 / 15.0));
    let later = began + SignedDuration::from_secs(10);
    assert_eq!(bucket.take(later), Duration::ZERO);
    // A clock that is set back is not a reason to wait longer.
    assert_eq!(bucket.take(began), Duration::ZERO);
}
