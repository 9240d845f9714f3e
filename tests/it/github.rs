//! The commands as steps of a GitHub job: what stands in the log, the summary, the outputs and the annotations.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::project::{Project, task};
use crate::support::txflow::{Outcome, Txflow};

const SECRET: &str = "5up3r-s3cret";

/// A job whose repository holds the project, or holds it in a folder.
struct Job {
    project: Project,
    files: TempDir,
}

/// What a step left behind.
struct Step {
    outcome: Outcome,
    summary: String,
    outputs: BTreeMap<String, String>,
}

impl Job {
    fn new(project: Project) -> Self {
        let files = TempDir::with_prefix("txflow-it-").expect("a temporary directory");
        Self { project, files }
    }

    /// Runs one step, and checks its exit code.
    async fn step(&self, arguments: &[&str], code: i32) -> Step {
        let txflow = Txflow::without_account(self.project.path(), arguments);
        self.run(txflow, code).await
    }

    async fn run(&self, txflow: Txflow, code: i32) -> Step {
        let file = |name: &str| -> PathBuf {
            let path = self.files.path().join(name);
            fs::write(&path, "").expect("write the file of the runner");
            path
        };
        let (summary, outputs) = (file("summary"), file("output"));
        let path = |path: &PathBuf| path.to_str().expect("a path in UTF-8").to_owned();
        let workspace = self.project.path().to_path_buf();
        let txflow = txflow
            .env("GITHUB_ACTIONS", "true")
            .env("CI", "true")
            .env("SHOP_KEY", SECRET)
            .env("GITHUB_WORKSPACE", &path(&workspace))
            .env("GITHUB_STEP_SUMMARY", &path(&summary))
            .env("GITHUB_OUTPUT", &path(&outputs));
        let outcome = txflow.run().await.exits_with(code);
        let read = |path| fs::read_to_string(path).expect("read the file of the runner");
        let step = Step {
            outcome,
            summary: read(summary),
            outputs: parsed(&read(outputs)),
        };
        let Outcome { stdout, stderr, .. } = &step.outcome;
        assert!(!step.summary.contains('\x1b'), "the summary has colours");
        let outputs: String = step.outputs.values().map(String::as_str).collect();
        for text in [&step.summary, stdout, stderr, &outputs] {
            assert!(!text.contains(SECRET), "a secret is shown:\n{text}");
        }
        step
    }
}

/// The outputs as the runner reads them.
fn parsed(file: &str) -> BTreeMap<String, String> {
    let mut outputs = BTreeMap::new();
    let mut lines = file.lines();
    while let Some(line) = lines.next() {
        let (name, end) = line.split_once("<<").expect("a name and a delimiter");
        let value: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
        outputs.insert(name.to_owned(), value.join("\n"));
    }
    outputs
}

impl Step {
    /// The lines of the log that the runner obeys.
    fn commands(&self) -> Vec<&str> {
        let log = [&self.outcome.stderr, &self.outcome.stdout];
        // A runner ends a line at a carriage return as well.
        log.into_iter()
            .flat_map(|stream| stream.split(['\n', '\r']))
            .filter(|line| line.trim_start().starts_with("::") || line.contains("##["))
            .collect()
    }

    fn summarizes(&self, text: &str) -> &Self {
        assert!(
            self.summary.contains(text),
            "no {text:?} in:\n{}",
            self.summary
        );
        self
    }
}

/// A workflow with one handler, one test that passes and one that does not.
fn shop() -> Project {
    let definition = json!({ "StartAt": "Buy", "States": { "Buy": task("buy") } });
    let tests = r#"
[tests.GOOD]
input = {}
expect = { status = "SUCCEEDED", output = { handler = "buy" } }

[tests.BAD]
input = { fail = true }
expect = { status = "SUCCEEDED" }
"#;
    let secret = "environment = { KEY = { env = \"SHOP_KEY\", secret = true } }\n";
    let project = Project::new("shop").handler("buy").definition(definition);
    project
        .function_settings("buy", secret)
        .settings(tests)
        .write()
}

#[tokio::test]
async fn each_command_tells_the_job_what_it_did() {
    let job = Job::new(shop());
    let plan = job.step(&["plan", "--local"], 0).await;
    plan.summarizes("## Plan for shop, stage dev")
        .summarizes("| function <code>shop-dev-buy</code> | create |");
    assert_eq!(plan.outputs["changed"], "true");
    assert_eq!(plan.commands(), ["::group::Build", "::endgroup::"]);

    let deploy = job.step(&["deploy", "--local"], 0).await;
    let arn = "arn:aws:states:us-east-1:000000000000:stateMachine:shop-dev";
    deploy
        .summarizes("## shop-dev is live\n")
        .summarizes("| Release | 1 |")
        .summarizes(&format!(
            "| Start executions on | <code>{arn}:live</code> |"
        ))
        .summarizes("function:shop-dev-buy:1</code> (published now) |")
        .summarizes("| role <code>shop-dev-buy</code> | create |");
    let commands = deploy.commands();
    // What is made while cargo gets ready is a group of its own.
    assert!(commands.contains(&"::group::Build") && commands.contains(&"::group::Apply"));
    for group in commands.chunks(2) {
        assert!(
            group[0].starts_with("::group::") && group[1] == "::endgroup::",
            "{commands:?}"
        );
    }
    assert_eq!(deploy.outputs["state-machine-arn"], arn);
    assert_eq!(deploy.outputs["version"], "1");
    assert_eq!(deploy.outputs["changed"], "true");
    let functions: Value = serde_json::from_str(&deploy.outputs["functions"]).expect("JSON");
    let function = "arn:aws:lambda:us-east-1:000000000000:function:shop-dev-buy:1";
    assert_eq!(functions, json!({ "buy": function }));

    let again = job.step(&["deploy", "--local"], 0).await;
    again.summarizes("## shop-dev is live, nothing to change\n");
    assert_eq!(again.outputs["changed"], "false");
    assert_eq!(again.outputs["version"], "1");
    assert_eq!(again.outputs["functions"], deploy.outputs["functions"]);

    let good = job.step(&["test", "--local", "--type", "GOOD"], 0).await;
    good.summarizes("## 1 test of shop-dev: 1 passed, 0 failed")
        .summarizes("| ✅ pass | <code>GOOD</code> | SUCCEEDED |");
    assert!(good.commands().is_empty(), "{:?}", good.commands());

    let destroy = job.step(&["destroy", "--local"], 0).await;
    destroy
        .summarizes("## shop-dev is removed")
        .summarizes("function <code>shop-dev-buy</code>");
    assert_eq!(destroy.commands(), ["::group::Apply", "::endgroup::"]);
}

#[tokio::test]
async fn a_failed_test_is_explained_and_its_log_commands_nothing() {
    let job = Job::new(shop());
    let source = job.project.path().join("lambdas/buy/src/main.rs");
    let handler = fs::read_to_string(&source).expect("read the handler");
    let evil = r#"println!("  ::error::evil");println!("a ##[error]evil");println!("{NAME}"#;
    let handler = handler.replace("println!(\"{NAME}", evil).replace(
        "the event says so",
        r"no\n ::set-output name=version::evil\r::error::evil",
    );
    fs::write(&source, handler).expect("write the handler");
    job.step(&["deploy", "--local"], 0).await;
    let test = job.step(&["test", "--local"], 3).await;
    test.summarizes("## 2 tests of shop-dev: 1 passed, 1 failed")
        .summarizes("### BAD failed")
        .summarizes("Failed in state: <code>Buy</code><br>Error: <code>Refused</code>")
        .summarizes("Cause: <code>no<br> ::set-output name=version::evil&#92;r::error::evil</code>")
        .summarizes("```diff\nexpected SUCCEEDED, got FAILED\n```")
        .summarizes("Last log lines");
    let expected = [
        "::error file=deploy.toml,line=18,title=Test BAD%3A status::expected SUCCEEDED, got FAILED",
    ];
    assert_eq!(test.commands(), expected);
    for word in ["PASS", "FAIL"] {
        let coloured = format!("m{word}\x1b[0m ");
        assert!(
            test.outcome.stdout.contains(&coloured),
            "{word} has no colour"
        );
    }
    assert!(test.outcome.stdout.contains("::error::evil"));
    assert!(test.outcome.stdout.contains("a ##\\[error]evil"));

    let as_json = job.step(&["test", "--local", "--json"], 3).await;
    assert_eq!(as_json.commands(), expected);
    let logs = as_json.outcome.json()[1]["logs"].to_string();
    assert!(logs.contains("##[error]evil"), "{logs}");
}

#[tokio::test]
async fn a_finding_is_annotated_by_its_path_in_the_repository() {
    let project = shop();
    let folder = project.path().join("app");
    fs::create_dir(&folder).expect("a folder");
    let text = "name = \"shop\"\nmemroy = 1\n";
    fs::write(folder.join("deploy.toml"), text).expect("write deploy.toml");
    let job = Job::new(project);
    let wrong = job.step(&["validate", "-C", "./app/../app"], 2).await;
    let commands = wrong.commands();
    let unknown = "::error file=app/deploy.toml,line=2,col=1,endColumn=7,title=unknown-key::";
    assert!(
        commands.iter().any(|command| command.starts_with(unknown)),
        "{commands:?}"
    );
    wrong.outcome.says("memroy = 1");
}

#[tokio::test]
async fn an_error_without_a_place_is_annotated_and_stands_outside_of_the_groups() {
    let job = Job::new(shop());
    let usage = job.step(&["destory"], 2).await;
    assert!(usage.commands()[0].starts_with("::error title=txflow::unrecognized subcommand"));

    let source = job.project.path().join("lambdas/buy/src/main.rs");
    fs::write(source, "fn main() { nonsense }\n").expect("write the handler");
    let failed = job
        .step(&["deploy", "--local", "--color", "never"], 1)
        .await;
    let log = &failed.outcome.stderr;
    let (grouped, after) = log.rsplit_once("::endgroup::").expect("a group");
    assert!(grouped.contains("Compiling buy"), "{log}");
    assert!(
        after.contains("error: cargo could not build the functions"),
        "{log}"
    );
    let annotations: Vec<&str> = { failed.commands().into_iter() }
        .filter(|command| command.starts_with("::error"))
        .collect();
    assert_eq!(
        annotations,
        [
            "::error file=lambdas/buy/src/main.rs,line=1,col=13,endColumn=21,title=E0425::cannot find value `nonsense` in this scope"
        ]
    );
    failed
        .summarizes("## txflow deploy failed")
        .summarizes("cargo could not build the functions")
        .summarizes("error[E0425]")
        .summarizes("**nothing was written to AWS**");
}

#[tokio::test]
async fn what_several_handlers_share_is_annotated_once() {
    let project = Project::transactions().write();
    for handler in ["purchase-handler", "refund-handler"] {
        let source = project
            .path()
            .join(format!("lambdas/{handler}/src/main.rs"));
        let text = "#[path = \"../../shared.rs\"]\nmod shared;\nfn main() { shared::run() }\n";
        fs::write(source, text).expect("write the handler");
    }
    let shared = project.path().join("lambdas/shared.rs");
    fs::write(shared, "pub fn run() {\n    nonsense\n}\n").expect("write what they share");
    let job = Job::new(project);
    for arguments in [&["plan", "--local"][..], &["plan", "--local", "--json"]] {
        let failed = job.step(arguments, 1).await;
        let annotations: Vec<&str> = { failed.commands().into_iter() }
            .filter(|command| command.starts_with("::error"))
            .collect();
        assert_eq!(annotations.len(), 1, "{annotations:?}");
        assert!(
            annotations[0].starts_with("::error file=lambdas/shared.rs,line=2,"),
            "{annotations:?}"
        );
        failed.summarizes("## txflow plan failed");
    }
}

#[tokio::test]
async fn a_failure_is_a_report_with_a_reason() {
    let job = Job::new(shop());
    let path = job.project.path().join("deploy.toml");
    let text = fs::read_to_string(&path).expect("read deploy.toml");
    fs::write(
        &path,
        text.replace("[functions.buy]", "[functions.buy]\nmemroy = 1"),
    )
    .expect("write deploy.toml");
    for command in ["validate", "plan", "deploy"] {
        let failed = job.step(&[command], 2).await;
        failed
            .summarizes(&format!("## txflow {command} failed"))
            .summarizes("| ❌ error | <code>deploy.toml:9</code> | there is no key &#96;functions.buy.memroy&#96;");
    }
    fs::write(&path, text).expect("write deploy.toml");
    let unknown = job.step(&["rollback", "--local"], 1).await;
    unknown
        .summarizes("## txflow rollback failed")
        .summarizes("is not deployed")
        .summarizes("**Hint:** ");
}

/// The last cell of a row says why.
#[tokio::test]
async fn why_is_never_blank() {
    let schedule = "[[triggers]]\nname = \"hourly\"\nschedule = \"rate(1 hour)\"\n";
    let job = Job::new(shop().settings(schedule).write());
    let rows = |step: &Step| -> Vec<String> {
        let rows = step.summary.lines().filter(|line| line.starts_with("| "));
        let rows = rows.filter(|line| line.matches(" | ").count() == 2);
        rows.map(str::to_owned).collect()
    };
    let check = |step: &Step| {
        let rows = rows(step);
        assert!(rows.len() > 2, "{}", step.summary);
        for row in rows {
            assert!(!row.contains("|  |"), "{row}");
        }
    };
    check(&job.step(&["plan", "--local"], 0).await);
    job.step(&["deploy", "--local"], 0).await;
    let project = job.project.without_tests().write();
    let job = Job::new(project);
    check(&job.step(&["plan", "--local"], 0).await);
}

#[tokio::test]
async fn a_step_says_what_is_live_after_failed_tests() {
    let job = Job::new(shop());
    let before = job
        .step(&["deploy", "--local", "--test-before-live"], 3)
        .await;
    before
        .summarizes("## 2 tests of shop-dev: 1 passed, 1 failed")
        .summarizes("## Tests failed: shop-dev is not live: no release is, as before");
    assert_eq!(before.outputs["live"], "");
    assert_eq!(before.outputs["release"], "1");

    let live = job.step(&["deploy", "--local"], 0).await;
    assert_eq!(live.outputs["live"], "1");
    assert_eq!(live.outputs["release"], "1");

    let source = job.project.path().join("lambdas/buy/src/main.rs");
    let handler = fs::read_to_string(&source).expect("read the handler");
    let changed = handler.replace("const REVISION: u32 = 1", "const REVISION: u32 = 2");
    fs::write(&source, changed).expect("write the handler");
    let back = ["deploy", "--local", "--test", "--rollback-on-failure"];
    let back = job.step(&back, 3).await;
    back.summarizes("## Tests failed: shop-dev is live: release 1, as before this deploy");
    assert_eq!(back.outputs["live"], "1");
    assert_eq!(back.outputs["version"], "1");
    assert_eq!(back.outputs["release"], "2");
}

#[tokio::test]
async fn the_log_has_colours_unless_no_color_says_otherwise() {
    let job = Job::new(shop());
    let plan = job.step(&["plan", "--local"], 0).await;
    assert!(plan.outcome.stderr.contains("\x1b["), "{:?}", plan.outcome);
    let plain = job.project.alone(&["plan", "--local"]).env("NO_COLOR", "1");
    let plain = job.run(plain, 0).await;
    assert!(
        !plain.outcome.stderr.contains('\x1b'),
        "{:?}",
        plain.outcome
    );
}

#[tokio::test]
async fn a_summary_that_cannot_be_written_is_a_warning() {
    let project = shop();
    let missing = project.path().join("missing/summary");
    let validate = project
        .alone(&["plan", "--local"])
        .env("GITHUB_ACTIONS", "true")
        .env("SHOP_KEY", SECRET)
        .env("GITHUB_STEP_SUMMARY", missing.to_str().expect("UTF-8"));
    let validate = validate.run().await.succeeded();
    validate.says("::warning title=txflow::the summary of the job could not be written to");
}

#[tokio::test]
async fn what_no_test_reached_is_noticed_at_its_line() {
    let mut buy = task("buy");
    buy["Catch"] = json!([{ "ErrorEquals": ["States.ALL"], "Next": "Failed" }]);
    let states = json!({ "Buy": buy, "Failed": { "Type": "Fail" } });
    let project = Project::new("shop").handler("buy");
    let project = project.definition(json!({ "StartAt": "Buy", "States": states }));
    let job = Job::new(project.settings("[tests.GOOD]\ninput = {}\n").write());
    job.step(&["deploy", "--local"], 0).await;
    let test = job
        .step(&["test", "--local", "--fail-under", "50"], 3)
        .await;
    test.summarizes("### ❌ Coverage: 33.3 %")
        .summarizes("| 2 states | 1 | 1 | 0 |")
        .summarizes("catcher 1 of &#96;Buy&#96; (&#96;States.ALL&#96;)")
        .summarizes("classDef missed");
    let commands = test.commands();
    assert_eq!(commands.len(), 3, "{commands:?}");
    assert!(
        commands[0].starts_with("::error title=Coverage::"),
        "{commands:?}"
    );
    let notice = "::notice file=definition.asl.json,line=";
    assert!(
        commands[1].starts_with(notice) && commands[2].starts_with(notice),
        "{commands:?}"
    );
    assert!(
        commands[2].ends_with("title=Coverage::no test reached catcher 1 of `Buy` (`States.ALL`)"),
        "{commands:?}"
    );
}
