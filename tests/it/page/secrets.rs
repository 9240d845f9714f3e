//! No page shows a secret, whatever it holds, and none hides its own words.

use std::collections::{BTreeSet, VecDeque};

use serde_json::json;

use super::client::{Client, between, shown};
use super::{Opened, orders};
use crate::support::local_server::LocalServer;

/// Would end a text of JSON, TOML, HTML and an attribute.
const HOSTILE: &str = "q\"u\\o&t<e>'s/5up3r";
/// Is in addresses and words of the page.
const SHORT: &str = "test";
const WORD: &str = "Executions";
const BUCKET: &str = "a b/5up3r+s3cret";

#[tokio::test]
async fn no_page_shows_a_secret_or_hides_its_own_words() {
    let secrets = [HOSTILE, SHORT, WORD, BUCKET];
    let declared = secrets.iter().enumerate().map(|(at, secret)| {
        let text = json!(secret);
        format!("S{at} = {{ value = {text}, secret = true }}\n")
    });
    let declared: String = declared.collect();
    let everything = format!("a {HOSTILE} b {SHORT} c {WORD} d {BUCKET} e");
    let text = json!(everything);
    let project = orders().settings(&format!(
        "[functions.charge.environment]\n{declared}\n\
         [tests.GOOD]\ninput = {{ kind = \"ORDER\", note = {text} }}\nexpect = {{ output = {{ note = {text}, no = {text} }} }}\n\n\
         [local.tables.items]\npartition-key = \"id\"\nseed = \"seed.json\"\n\n\
         [local.queues.parcels]\n\n[local.buckets.files]\nfolder = \"files\"\n\n\
         [local.parameters.greeting]\nvalue = {text}\n"
    ));
    let root = project.path().to_owned();
    let write = |name: &str, text: &str| {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    // The line of an item is cut within the secret.
    let long = format!("{}{HOSTILE}", "x".repeat(100));
    let items = json!([{ "id": everything, "note": everything }, { "id": "1", "a": long }]);
    write("seed.json", &items.to_string());
    write("files/plain.txt", &everything);
    let inner = json!({ "inner": json!({ "text": everything }).to_string() });
    write("files/nested.json", &inner.to_string());
    let opened = Opened::deployed(project).await;
    let input = json!({ "kind": "ORDER", "fail": true, "note": everything });
    opened.ran("order-17", &input).await;
    opened.ran(&format!("order-{WORD}"), &input).await;
    opened.project.alone(&["test", "--local"]).run().await;
    let client = &opened.client;
    let queue = "/dev/services/queues/parcels";
    let page = client.page(queue).await;
    let sent = client
        .submit(&page, queue, &[("body", &inner.to_string())])
        .await;
    assert_eq!(sent.location(), format!("{queue}?sent=message"));

    let mut seen = BTreeSet::new();
    let mut waiting = VecDeque::from(["/dev/executions".to_owned()]);
    let mut masked = 0;
    while let Some(path) = waiting.pop_front() {
        if seen.len() == 80 || !seen.insert(path.clone()) {
            continue;
        }
        let answer = client.get(&path).await;
        // What a secret names has no page.
        let names_one = path.contains("%2A%2A%2A");
        assert!(answer.status == 200 || names_one, "{path}: {answer:?}");
        let body = &answer.body;
        for section in ["executions", "workflow", "tests", "services"] {
            assert!(
                body.contains(&format!("href=\"/dev/{section}\"")),
                "{path}: {body}"
            );
        }
        for own in [
            "href=\"/-/page.css\"",
            ">Executions<",
            ">Tests<",
            "name=\"viewport\"",
        ] {
            assert!(body.contains(own), "{path}: {own} in {body}");
        }
        let text = shown(body).replace("&#39;", "'");
        let decoded = percent(&text) + &percent(body);
        for secret in [HOSTILE, BUCKET, "q\\\"u", "u\\\\o", "5up3r", "5UP3R"] {
            let is_there = text.contains(secret) || decoded.contains(secret);
            assert!(!is_there, "{path}: {secret} in {body}");
        }
        for around in ["b test", "test c", "c Executions", "Executions d"] {
            assert!(!text.contains(around), "{path}: {around} in {body}");
        }
        masked += usize::from(text.contains("b *** c *** d *** e"));
        let links = body.split(" href=\"").skip(1);
        for link in links.filter_map(|link| link.split(['"', '#']).next()) {
            if link.starts_with("/dev/") {
                waiting.push_back(link.replace("&amp;", "&"));
            }
        }
    }
    // Else this would hold nothing.
    assert!(masked >= 8, "{masked} of {seen:#?}");
    for part in [
        "/states/1",
        "/fork",
        "/dev/start",
        "/items",
        "/parcels",
        "/nested.json",
        "/dev/tests",
    ] {
        assert!(
            seen.iter().any(|path| path.contains(part)),
            "{part}: {seen:#?}"
        );
    }
    // A form that nobody edits sends what was there.
    let form = client.page("/dev/start?test=GOOD").await;
    let input = shown(between(&form, "required>", "</textarea>")).replace("&#39;", "'");
    let begun = client
        .submit(&form, "/dev/start", &[("test", "GOOD"), ("input", &input)])
        .await;
    opened.until(begun.location(), "SUCCEEDED").await;
}

fn percent(text: &str) -> String {
    let mut decoded = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escape = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let escape = escape.and_then(|two| u8::from_str_radix(two, 16).ok());
        match (first, escape) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                rest = &after[2..];
            }
            (byte, _) => {
                decoded.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[tokio::test]
async fn a_page_says_which_secrets_it_cannot_hide() {
    let project = orders().settings(
        "[functions.charge.environment]\nTOKEN = { env = \"CHARGE_TOKEN\", secret = true }\n",
    );
    let project = project.write();
    let deploy = project.alone(&["deploy", "--local"]);
    let deploy = deploy.env("CHARGE_TOKEN", "5up3r-s3cret").run().await;
    deploy.succeeded();
    let says = async |variables: &[(&str, &str)]| {
        let mut server = LocalServer::start_with(project.path(), &[], variables).await;
        let page = Client::of(&mut server).await.page("/dev/executions").await;
        shown(&page).contains(
            "secrets are not known here, so they are shown wherever they appear: TOKEN of charge",
        )
    };
    assert!(says(&[]).await);
    assert!(!says(&[("CHARGE_TOKEN", "5up3r-s3cret")]).await);
}
