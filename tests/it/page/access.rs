//! Who gets in, and what stays out.

use rustix::process::Signal;

use super::Opened;
use super::client::{Client, between};
use crate::support::local_server::{LocalServer, signal};
use crate::support::project::Project;

#[tokio::test]
async fn only_the_browser_that_opened_the_url_gets_anything() {
    let project = Project::transactions().write();
    let mut server = LocalServer::start(project.path(), &[]).await;
    let client = Client::of(&mut server).await;
    let home = client.get("/").await;
    assert_eq!(home.location(), "/dev/executions");
    let page = client.page("/dev/executions").await;
    assert!(page.contains("<h1>Executions</h1>"), "{page}");
    for asset in ["page.css", "graph.css", "page.js"] {
        assert!(!client.page(&format!("/-/{asset}")).await.is_empty());
    }

    let stranger = Client::stranger(client.host());
    for path in ["/", "/dev/executions", "/-/page.js", "/dev/live/executions"] {
        let refused = stranger.get(path).await;
        assert_eq!(refused.status, 401, "{refused:?}");
        assert!(
            refused.body.contains("Open the URL that txflow printed"),
            "{refused:?}"
        );
    }
    // Whoever has got the cookie alone, as the server of another port once did.
    let thief = client.without_place();
    for path in ["/", "/dev/executions", "/-/page.js", "/dev/start"] {
        let refused = thief.get(path).await;
        assert_eq!(
            (refused.status, refused.body.contains('<')),
            (401, false),
            "{refused:?}"
        );
    }
    // With the cookie, but from another page: of another site, and of another port of this machine.
    for site in ["cross-site", "same-site"] {
        let headers = [("Sec-Fetch-Site", site)];
        let refused = client.send("GET", "/dev/executions", &headers, "").await;
        assert_eq!(refused.status, 403, "{refused:?}");
        assert!(!refused.body.contains("Executions"), "{refused:?}");
    }
    let token = between(
        &client.page("/dev/services/buses/default").await,
        "name=\"form\" value=\"",
        "\"",
    )
    .to_owned();
    let form = format!("form={token}&input=%7B%7D");
    let headers = [
        ("Origin", "http://evil.example"),
        ("Content-Type", "application/x-www-form-urlencoded"),
    ];
    let refused = client.send("POST", "/dev/start", &headers, &form).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    // The embedded AWS itself stays closed to pages.
    let aws = Client::stranger(server.url.trim_start_matches("http://"));
    let headers = [("Origin", &*format!("http://{}", client.host()))];
    let refused = aws.send("GET", "/", &headers, "").await;
    assert_eq!(refused.status, 403, "{refused:?}");
}

#[tokio::test]
async fn what_does_not_exist_is_said_and_nothing_else_happens() {
    let opened = Opened::deployed(super::orders()).await;
    for path in [
        "/dev/nothing",
        "/-/nothing.css",
        "/dev/executions/orders-dev/nobody",
        "/dev/executions/orders-dev/nobody/states/0",
        "/dev/executions/other/nobody/fork",
        "/dev/start?machine=other",
        "/dev/start?test=other",
    ] {
        let answer = opened.client.get(path).await;
        assert!([200, 404].contains(&answer.status), "{path}: {answer:?}");
        assert!(answer.body.contains("Error: "), "{path}: {answer:?}");
    }
    let broken = opened.project.path().join("deploy.toml");
    std::fs::write(broken, "name = 7").expect("a file");
    // Of this stage nothing is known yet.
    let answer = opened.client.get("/other/executions").await;
    assert_eq!(answer.status, 400, "{answer:?}");
    assert!(answer.body.contains("deploy.toml"), "{answer:?}");
}

#[tokio::test]
async fn ui_serves_the_aws_of_a_running_local_and_ends_with_ctrl_c() {
    let opened = Opened::deployed(super::orders()).await;
    opened
        .ran("order-17", &serde_json::json!({ "kind": "ORDER" }))
        .await;
    let ui = opened.project.alone(&["ui", "--local", "--json"]);
    let mut ui = ui.start_piped();
    let url = url_of(&mut ui).await;
    let client = Client::open(&url).await;
    let page = client.page("/dev/executions").await;
    assert!(page.contains(">order-17</a>"), "{page}");
    // Its cookie is its own.
    let other = Client::stranger(opened.client.host()).with_cookie_of(&client);
    assert_eq!(other.get("/").await.status, 401);
    signal(ui.id().expect("it runs"), Signal::INT);
    assert_eq!(ui.wait().await.expect("its end").code(), Some(0));
}

/// What `txflow ui --json` prints first.
pub async fn url_of(ui: &mut tokio::process::Child) -> String {
    use tokio::io::AsyncReadExt as _;
    let mut stdout = ui.stdout.take().expect("a pipe");
    let mut said = Vec::new();
    let mut buffer = [0; 1024];
    loop {
        if let Ok(json) = serde_json::from_slice::<serde_json::Value>(&said) {
            return json["url"].as_str().expect("a URL").to_owned();
        }
        let read = stdout.read(&mut buffer).await.expect("its output");
        assert!(read > 0, "{said:?}");
        said.extend_from_slice(&buffer[..read]);
    }
}
