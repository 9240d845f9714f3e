//! Pages of others, and texts of others.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::Opened;
use crate::page::access::url_of;
use crate::support::project::{Project, task};
use crate::support::txflow::interrupt;

/// Something that would like to be markup, with a mark by which it is found.
fn evil(mark: &str) -> String {
    format!(
        "\"'><script>window.hit='{mark}'</script><img src=x onerror=window.hit='{mark}'>&lt;b&gt;\u{202e}\u{200b}{mark}"
    )
}

#[tokio::test]
#[ignore = "needs Chromium and Node.js, and Playwright in TXFLOW_BROWSER"]
async fn another_page_gets_nothing() {
    let project = Project::shop().write();
    let deploy = project.alone(&["deploy", "--local"]).run().await;
    deploy.succeeded();
    let opened = Opened::open(&project).await;
    let paths = [
        "/",
        "/dev/executions",
        "/dev/start",
        "/dev/live/executions",
        "/dev/services/buses/default",
        "/-/page.js",
    ];
    let given =
        json!({ "paths": paths, "list": "/dev/executions", "form": "/dev/services/buses/default" });
    opened.drive("foreign", given).await;
}

#[tokio::test]
#[ignore = "needs Chromium and Node.js, and Playwright in TXFLOW_BROWSER"]
async fn what_opens_the_browser_shows_the_token_to_nobody() {
    let project = Project::shop().write();
    let opened = Opened::open(&project).await;
    // In place of the program that knows the browser.
    let programs = tempfile::tempdir().expect("a folder");
    let program = programs.path().join("xdg-open");
    let script = "#!/bin/sh\necho \"$@\" > \"$0.new\"; mv \"$0.new\" \"$0.arguments\"\n";
    std::fs::write(&program, script).expect("write the program");
    let executable = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(&program, executable).expect("make it executable");
    let path = std::env::var("PATH").expect("a PATH");
    let path = format!("{}:{path}", programs.path().display());
    let ui = project.alone(&["ui", "--local", "--open", "--json"]);
    let mut ui = ui.env("PATH", &path).start_piped();
    let url = url_of(&mut ui).await;
    let arguments = programs.path().join("xdg-open.arguments");
    while !arguments.exists() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let arguments = std::fs::read_to_string(arguments).expect("its arguments");
    let (_, token) = url.split_once("token=").expect("a token");
    assert!(!arguments.contains(token), "{arguments}");
    let file = std::path::Path::new(arguments.trim_end());
    let metadata = file.metadata().expect("a file");
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    opened.drive("given_file", json!({ "file": file })).await;
    interrupt(&ui);
    ui.wait().await.expect("its end");
    assert!(!file.exists());
}

#[tokio::test]
#[ignore = "needs Chromium and Node.js, and Playwright in TXFLOW_BROWSER"]
async fn hostile_texts_show_as_text() {
    // As long as AWS allows, without a place to break it.
    let long = format!("{}LONGNAME", "x".repeat(72));
    let state = evil("STATENAME").chars().take(80).collect::<String>();
    let mut first = task("buy");
    first["End"] = Value::Null;
    first["Next"] = json!(long);
    first["Comment"] = json!(evil("COMMENT"));
    let mut first: Value = first;
    first.as_object_mut().expect("a state").remove("End");
    let project = Project::new("shop")
        .handler("buy")
        .definition(json!({
            "Comment": evil("DEFINITION"),
            "StartAt": state,
            "States": {
                &state: first,
                &long: { "Type": "Fail", "Error": evil("ERRORNAME"), "Cause": evil("CAUSE") }
            }
        }))
        .settings(&format!(
            "[tests.EVIL]\ninput = {{ text = {text} }}\nexpect = {{ status = \"FAILED\", error = {error} }}\n\n\
             [local.tables.orders]\npartition-key = \"id\"\nseed = \"seed.json\"\n\n\
             [local.queues.waiting]\n\n[local.topics.told]\n\n[local.buckets.files]\nfolder = \"files\"\n\n\
             [local.parameters.greeting]\nvalue = {parameter}\n",
            text = toml(&evil("INPUT")),
            error = toml(&evil("EXPECTED")),
            parameter = toml(&evil("PARAMETER")),
        ))
        .write();
    let file = |name: &str, text: &str| {
        let path = project.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("create the folder");
        std::fs::write(path, text).expect("write the file");
    };
    let item = json!([{ "id": evil("KEY"), "note": evil("ITEM") }]);
    file("seed.json", &item.to_string());
    file("files/a<b>'\"OBJECTKEY.txt", &evil("OBJECT"));
    let deploy = project.alone(&["deploy", "--local"]).run().await;
    deploy.succeeded();
    let opened = Opened::open(&project).await;
    let test = project
        .alone(&["test", "--local", "--coverage"])
        .run()
        .await;
    test.exits_with(3);
    let start = ["start", "--local", "--wait", "--input"];
    let input = json!({ "text": evil("STARTED"), "fail": true }).to_string();
    let start = project.alone(&[&start[..], &[&input]].concat()).run().await;
    start.exits_with(1);
    let marks = [
        "STATENAME",
        "LONGNAME",
        "COMMENT",
        "DEFINITION",
        "ERRORNAME",
        "CAUSE",
        "INPUT",
        "STARTED",
        "EXPECTED",
        "KEY",
        "ITEM",
        "OBJECTKEY",
        "OBJECT",
        "PARAMETER",
    ];
    opened.drive("hostile", json!({ "marks": marks })).await;
}

/// As a string of TOML.
fn toml(text: &str) -> String {
    let escaped: Vec<String> = text
        .chars()
        .map(|c| match c {
            '"' | '\\' => format!("\\{c}"),
            c if (c as u32) > 0x7e => format!("\\u{:04x}", c as u32),
            c => c.to_string(),
        })
        .collect();
    format!("\"{}\"", escaped.concat())
}
