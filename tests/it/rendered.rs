//! The comment of a plan and the summaries of a job, drawn in a browser by a renderer of Markdown and by Mermaid itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;
use tempfile::TempDir;

use crate::support::project::{Project, task};
use crate::support::txflow::Txflow;

/// Draws the Markdown in `markdown`, and says in the document what could not be drawn.
const SCRIPT: &str = r#"
document.body.innerHTML = marked.parse(markdown);
document.querySelectorAll('details').forEach(details => details.open = true);
mermaid.initialize({ startOnLoad: false });
(async () => {
    let number = 0;
    for (const block of document.querySelectorAll('code.language-mermaid')) {
        const figure = document.createElement('figure');
        try {
            await mermaid.parse(block.textContent);
            figure.innerHTML = (await mermaid.render('drawn' + number++, block.textContent)).svg;
        } catch (error) {
            figure.innerHTML = '<pre class="not-drawn"></pre>';
            figure.firstChild.textContent = error;
        }
        block.parentElement.replaceWith(figure);
    }
    document.body.dataset.drawn = number;
})();
"#;

/// The document once all of it is drawn. The page stays in the folder of the tests, to be looked at.
fn drawn(name: &str, markdown: &str) -> String {
    let libraries = std::env::var("TXFLOW_MARKDOWN");
    let libraries = PathBuf::from(libraries.expect("TXFLOW_MARKDOWN is set by `.ci/run`"));
    let text = json!(markdown).to_string().replace("</", "<\\/");
    let library = |file: &str| libraries.join(file).display().to_string();
    let page = format!(
        "<!doctype html><meta charset=utf-8><style>body {{ font: 14px sans-serif; width: 980px; margin: 20px }} \
         table {{ border-collapse: collapse }} td, th {{ border: 1px solid #ccc; padding: 4px 8px }}</style><body>\n\
         <script src=\"file://{}\"></script><script src=\"file://{}\"></script>\n\
         <script>const markdown = {text};{SCRIPT}</script>\n",
        library("marked.js"),
        library("mermaid.js"),
    );
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.html"));
    fs::write(&path, page).expect("write the page");
    let profile = TempDir::with_prefix("txflow-it-").expect("a temporary directory");
    let output = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
        ])
        .args(["--disable-background-networking", "--disable-dev-shm-usage"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(["--virtual-time-budget=120000", "--dump-dom"])
        .arg(format!("file://{}", path.display()))
        .env("HOME", profile.path())
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .expect("`chromium` is installed");
    let document = String::from_utf8(output.stdout).expect("UTF-8");
    // What stands in the script is not what was drawn.
    let body = document.find("data-drawn=").map(|at| &document[at..]);
    body.unwrap_or_else(|| panic!("nothing was drawn of {}:\n{document}", path.display()))
        .to_owned()
}

/// Checks that as many graphs were drawn, and each of these texts is in one or beside it.
fn assert_drawn(document: &str, graphs: usize, texts: &[&str]) {
    let failed = document.split("class=\"not-drawn\"").nth(1);
    assert_eq!(failed.map(|rest| &rest[..rest.len().min(400)]), None);
    let count = format!("data-drawn=\"{graphs}\"");
    assert!(document.starts_with(&count), "{}", &document[..40]);
    for text in texts {
        assert!(document.contains(text), "no {text:?} in {document}");
    }
}

/// States with names that mean something in Mermaid, in HTML or in Markdown.
fn before() -> Project {
    let next = |handler: &str, next: &str| {
        let mut state = task(handler);
        let state_fields = state.as_object_mut().expect("a state");
        state_fields.remove("End");
        state_fields.insert("Next".to_owned(), json!(next));
        state
    };
    Project::new("shop")
        .handler("buy")
        .definition(json!({
            "StartAt": "Buy | \"end\" <b>",
            "States": {
                "Buy | \"end\" <b>": next("buy", "subgraph `x`; %% [y]"),
                "subgraph `x`; %% [y]": { "Type": "Choice", "Choices": [
                    { "Variable": "$.a", "StringEquals": "</script>--> |x|", "Next": "end" }
                ], "Default": "Each" },
                "Each": { "Type": "Map", "Next": "end", "ItemProcessor": { "StartAt": "In", "States": {
                    "In": { "Type": "Pass", "End": true }
                } } },
                "end": { "Type": "Succeed" }
            }
        }))
        .settings("[tests.GOOD]\ninput = { a = [] }\n\n[tests.BAD]\ninput = { fail = true }\n")
}

#[tokio::test]
#[ignore = "needs Chromium, and Mermaid in TXFLOW_MARKDOWN"]
async fn a_plan_and_the_summary_of_a_failed_test_are_drawn() {
    let project = before().write();
    let summary = project.path().join("summary.md");
    let run = |project: &Project, arguments: &[&str]| -> Txflow {
        let summary = summary.to_str().expect("UTF-8");
        let command = project.alone(&[arguments, &["--local"]].concat());
        command
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_STEP_SUMMARY", summary)
    };
    run(&project, &["deploy"]).run().await.succeeded();
    run(&project, &["test"]).run().await.exits_with(3);
    let written = fs::read_to_string(&summary).expect("the summary");
    let document = drawn("summary", &written);
    assert_drawn(
        &document,
        written.matches("```mermaid").count(),
        &["shop-dev is live", "BAD failed", "Buy | \"end\" &lt;b&gt;"],
    );
    assert!(written.contains("```mermaid"));

    let definition = json!({
        "StartAt": "Buy | \"end\" <b>",
        "States": {
            "Buy | \"end\" <b>": task("buy"),
            "Wait <i>": { "Type": "Wait", "Seconds": 1, "End": true }
        }
    });
    let definition = {
        let mut definition = definition;
        let first = definition["States"]["Buy | \"end\" <b>"]
            .as_object_mut()
            .expect("a state");
        first.remove("End");
        first.insert("Next".to_owned(), json!("Wait <i>"));
        definition
    };
    let project = project.definition(definition).write();
    let plan = run(&project, &["plan", "--markdown"])
        .run()
        .await
        .succeeded();
    assert_eq!(plan.stdout.matches("```mermaid").count(), 2);
    assert_drawn(
        &drawn("plan", &plan.stdout),
        2,
        &[
            "Plan for shop, stage dev",
            "Wait &lt;i&gt;",
            "removed",
            "added",
        ],
    );
}

#[test]
#[ignore = "needs Chromium, and Mermaid in TXFLOW_MARKDOWN"]
fn what_mermaid_cannot_parse_is_found() {
    let document = drawn("broken", "```mermaid\nflowchart TD\n  a[x --> b\n```\n");
    assert!(document.contains("class=\"not-drawn\""), "{document}");
}
