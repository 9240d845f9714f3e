//! Text from AWS, from handlers and from files that would like to be obeyed, in every field that a command shows.
//! Each command is run on a terminal, on a pipe, with `--json` and as a step of a GitHub job, and its bytes are read.

mod recorded;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use clap::{Command, CommandFactory as _};
use regex_lite::Regex;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use txflow::commands::Cli;

use crate::support::local_server::LocalServer;
use crate::support::project::Project;
use crate::support::txflow::{Outcome, Txflow};
use crate::support::wire::{Act, Rule, Wire};

/// Codes of terminals with seven bits and with eight, directions, characters that are not seen, and lines that look
/// like txflow's own or like commands of a runner.
const EVIL: &str = "\x1b[31;40mE\x1b]0;t\x07\x1b[2J\x1b]8;;https://evil.example\x1b\\\u{9b}2J\u{9d}0;x\u{9c}\x7f\x08\u{202e}\
                    \u{2066}\u{200f}\u{61c}\u{200b}\u{2028}\u{2029}\u{feff}\u{fdd0}\r\nPASS FORGED\n::error::FORGED\n\
                    ##[error]FORGED\n\u{85}error: FORGED";

const ARN: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:shop-dev";

/// A command, and whether something hostile must show in it: else the test would hold nothing.
struct Run {
    words: &'static [&'static str],
    options: &'static [&'static str],
    /// Whether AWS refuses its writes.
    refused: bool,
    shows: bool,
}

const fn run(
    words: &'static [&'static str],
    options: &'static [&'static str],
    refused: bool,
    shows: bool,
) -> Run {
    Run {
        words,
        options,
        refused,
        shows,
    }
}

/// Every command; those that change something last.
const RUNS: [Run; 31] = [
    run(&["test"], &["--junit", "target/junit.xml"], false, true),
    run(&["test"], &["--repeat", "2"], false, true),
    // What it measured is another definition than that which was tampered with.
    run(&["test"], &["--coverage"], false, false),
    run(&["test"], &[], true, true),
    run(
        &["start"],
        &["--wait", "--input", "{\"fail\": true}"],
        false,
        true,
    ),
    run(&["start"], &[], true, true),
    run(&["invoke"], &["buy"], false, true),
    run(&["test-state"], &["Buy"], false, true),
    run(&["test-state"], &["Buy"], true, true),
    run(&["plan"], &[], false, true),
    run(&["diff"], &[], false, true),
    run(&["status"], &[], false, true),
    run(&["logs"], &["--since", "1h"], false, true),
    run(&["logs"], &["--execution", "last"], false, true),
    run(
        &["graph"],
        &["--execution", "last", "--output", "-"],
        false,
        true,
    ),
    run(
        &["graph"],
        &["--execution", "last", "--format", "dot"],
        false,
        false,
    ),
    run(
        &["graph"],
        &["--execution", "last", "--format", "mermaid"],
        false,
        false,
    ),
    run(&["executions", "list"], &[], false, true),
    run(&["executions", "show"], &[], false, true),
    run(&["executions", "stop"], &["last"], true, false),
    run(&["executions", "redrive"], &["last"], true, true),
    // What is replayed the same is counted only.
    run(&["replay"], &["--allow"], false, false),
    // Only what is in files is known to it.
    run(&["explore"], &["--verbose"], false, false),
    run(&["init"], &["--from", ARN, "-C", "made"], false, false),
    run(&["validate"], &[], false, false),
    run(&["policy"], &[], false, false),
    run(&["schema"], &[], false, false),
    run(&["man"], &[], false, false),
    run(&["deploy"], &["--stage", "evil"], true, true),
    run(&["rollback"], &["--to", "1"], true, false),
    run(&["destroy"], &["--yes"], true, true),
];

/// The commands that are run in another way.
const ELSEWHERE: [&str; 8] = [
    "local",
    "ui",
    "completions",
    "canary status",
    "canary watch",
    "canary promote",
    "canary abort",
    "executions fork",
];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mode {
    Terminal,
    Pipe,
    Json,
    Job,
}

const MODES: [Mode; 4] = [Mode::Terminal, Mode::Pipe, Mode::Json, Mode::Job];

/// Whether a character does something other than to stand there. A line may end, and a tab may stand.
fn acts(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || "\u{61c}\u{200b}\u{200e}\u{200f}\u{2028}\u{2029}\u{feff}\u{fdd0}".contains(c)
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}

/// Without what txflow itself writes on a terminal: styles, links to AWS and to files, and where its spinners are drawn.
fn without_own(text: &str) -> String {
    let own = r"\x1b\[[0-9;]*m|\x1b\]8;;(https://[a-z0-9.-]*amazon[!-~]*|file://[!-~]*)?\x1b\\|\x1b\[[0-9]*[ABGHJK]|\x1b\[\?25[lh]|\r";
    Regex::new(own)
        .expect("a pattern")
        .replace_all(text, "")
        .into_owned()
}

/// Checks what was written: nothing acts, and no line passes for one of txflow's.
fn is_harmless(what: &str, text: &str, mode: Mode) {
    let text = match mode {
        Mode::Terminal => without_own(text),
        // Of colours only.
        Mode::Job => Regex::new(r"\x1b\[[0-9;]*m")
            .expect("a pattern")
            .replace_all(text, "")
            .into_owned(),
        Mode::Pipe | Mode::Json => text.to_owned(),
    };
    if let Some(at) = text.find(acts) {
        let begin = text[..at]
            .char_indices()
            .rev()
            .nth(200)
            .map_or(0, |(at, _)| at);
        panic!(
            "{what}: {:?} is written behind {:?}",
            text[at..].chars().next(),
            &text[begin..at]
        );
    }
    for line in text.lines() {
        let forged = ["PASS FORGED", "::error::FORGED", "##[", "error: FORGED"];
        let forges = forged.iter().any(|begin| line.starts_with(begin));
        assert!(!forges, "{what}: a line is forged: {line}\n{text}");
        if mode == Mode::Job {
            let command = line.trim_start().starts_with("::error::FORGED") || line.contains("##[");
            assert!(!command, "{what}: a runner would obey: {line}\n{text}");
        }
    }
}

async fn execute(what: &str, txflow: Txflow, mode: Mode, files: &Path) -> Outcome {
    let (summary, output) = (files.join("summary"), files.join("output"));
    let path = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    let txflow = txflow
        .env("TERM", "xterm-256color")
        .env("LANG", "C.UTF-8")
        .env("FORCE_HYPERLINK", "1")
        // What cargo itself draws is no concern of this.
        .env("CARGO_TERM_PROGRESS_WHEN", "never")
        .env("CARGO_TERM_HYPERLINKS", "false");
    let outcome = match mode {
        Mode::Terminal => txflow.run_on_terminal().await,
        Mode::Pipe | Mode::Json => txflow.run().await,
        Mode::Job => {
            let txflow = txflow.env("GITHUB_ACTIONS", "true");
            let txflow = txflow.env("GITHUB_STEP_SUMMARY", &path(&summary));
            txflow.env("GITHUB_OUTPUT", &path(&output)).run().await
        }
    };
    is_harmless(what, &outcome.stdout, mode);
    is_harmless(what, &outcome.stderr, mode);
    for file in [summary, output] {
        let text = fs::read_to_string(&file).unwrap_or_default();
        assert!(
            !text.contains(acts),
            "{what}: {} holds {text:?}",
            file.display()
        );
        let _ = fs::remove_file(file);
    }
    outcome
}

/// The commands that do something by themselves.
fn leaves(command: &Command, before: &str, all: &mut BTreeSet<String>) {
    for inner in command
        .get_subcommands()
        .filter(|inner| inner.get_name() != "help")
    {
        let words = format!("{before}{}", inner.get_name());
        if inner.has_subcommands() {
            leaves(inner, &format!("{words} "), all);
        } else {
            all.insert(words);
        }
    }
}

#[test]
fn every_command_is_tried_with_hostile_text() {
    let mut all = BTreeSet::new();
    leaves(&Cli::command(), "", &mut all);
    let tried = RUNS.iter().map(|run| run.words.join(" "));
    let tried: BTreeSet<String> = tried.chain(ELSEWHERE.map(str::to_owned)).collect();
    assert_eq!(tried, all);
}

/// A stack whose handler logs, answers and fails with hostile text.
fn shop() -> Project {
    let project = Project::shop().write();
    let source = project.path().join("lambdas/buy/src/main.rs");
    let handler = fs::read_to_string(&source).expect("read the handler");
    let escaped = |text: &str| -> String {
        let units = text.encode_utf16();
        units.map(|unit| format!("\\u{unit:04x}")).collect()
    };
    let said: String = EVIL.chars().flat_map(char::escape_default).collect();
    let handler = handler
        .replace(
            "println!(\"{NAME}",
            &format!("println!(\"{said}\\n{{NAME}}"),
        )
        .replace("the event says so", &escaped(EVIL))
        .replace(
            "\"handler\":\"{NAME}\"",
            &format!("\"handler\":\"{}\"", escaped(EVIL)).replace('{', "{{"),
        );
    fs::write(&source, handler).expect("write the handler");
    project
}

/// What AWS answers, with hostile text behind what it says anyway.
fn tampered(operation: &str, body: &str) -> String {
    match serde_json::from_str(body) {
        Ok(mut answer) => {
            tamper(operation, &mut answer);
            answer.to_string()
        }
        Err(_) => {
            // XML holds no C0 controls.
            let evil: String = EVIL
                .chars()
                .filter(|c| !c.is_ascii_control() && *c != '\u{fdd0}')
                .collect();
            let tag = format!("<member><Key>{evil}</Key><Value>{evil}</Value></member></Tags>");
            body.replace("</Tags>", &tag)
        }
    }
}

fn tamper(operation: &str, value: &mut Value) {
    const TOLD: [&str; 11] = [
        "description",
        "Description",
        "error",
        "cause",
        "message",
        "Message",
        "logStreamName",
        "LastUpdateStatusReason",
        "StateReason",
        "LastModified",
        "CodeSha256",
    ];
    let names = ["states.GetExecutionHistory", "states.ListExecutions"].contains(&operation);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| tamper(operation, item)),
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if name == "definition" => {
                        if let Ok(mut definition) = serde_json::from_str::<Value>(text) {
                            definition["Comment"] = EVIL.into();
                            *text = definition.to_string();
                        }
                    }
                    Value::String(text)
                        if TOLD.contains(&name.as_str()) || names && name == "name" =>
                    {
                        text.push_str(EVIL);
                    }
                    Value::Object(inner) if ["Variables", "Tags"].contains(&name.as_str()) => {
                        inner.insert(EVIL.to_owned(), EVIL.into());
                    }
                    Value::Array(tags) if name == "tags" => {
                        tags.push(json!({ "key": EVIL, "value": EVIL }));
                    }
                    inner => tamper(operation, inner),
                }
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn no_text_from_aws_or_from_a_handler_is_obeyed() {
    let project = shop();
    let server = LocalServer::start(project.path(), &[]).await;
    project
        .txflow(&server.url, &["deploy"])
        .run()
        .await
        .succeeded();
    let wire = Wire::in_front_of(&server.url).await;
    wire.tamper(tampered);
    let files = TempDir::with_prefix("txflow-it-").expect("a temporary directory");
    let manifest = project.path().join("Cargo.toml");
    let workspace = fs::read(&manifest).expect("a file");
    for Run {
        words,
        options,
        refused,
        shows,
    } in RUNS
    {
        for mode in MODES {
            if refused {
                wire.rule(
                    Rule::on_any_write(Act::Error(400, "ValidationException", EVIL_OF_XML))
                        .always(),
                );
            }
            // A new project joins the workspace.
            let _ = fs::remove_dir_all(project.path().join("made"));
            fs::write(&manifest, &workspace).expect("a file");
            let json: &[&str] = if mode == Mode::Json { &["--json"] } else { &[] };
            let arguments = [words, options, json].concat();
            let what = format!("txflow {} ({mode:?})", arguments.join(" "));
            let outcome = execute(
                &what,
                project.txflow(&wire.url(), &arguments),
                mode,
                files.path(),
            )
            .await;
            let told = outcome.stdout + &outcome.stderr;
            assert!(
                !shows || told.contains("FORGED"),
                "{what} shows nothing hostile:\n{told}"
            );
            wire.clear();
        }
    }
    let junit = fs::read_to_string(project.path().join("target/junit.xml")).expect("a report");
    assert!(
        junit.contains("FORGED") && !junit.contains(acts),
        "{junit:?}"
    );
    assert!(roxmltree::Document::parse(&junit).is_ok(), "{junit}");
}

#[tokio::test]
async fn no_answer_to_who_is_asking_is_obeyed() {
    let project = shop();
    let server = LocalServer::start(project.path(), &[]).await;
    let wire = Wire::in_front_of(&server.url).await;
    let files = TempDir::with_prefix("txflow-it-").expect("a temporary directory");
    let deploy_toml = project.path().join("deploy.toml");
    let text = fs::read_to_string(&deploy_toml).expect("read deploy.toml");
    let refused = Act::Error(403, "ExpiredToken", EVIL_OF_XML);
    for (what, deploy_toml_text, answer) in [
        ("of a hostile account", text.clone(), None),
        (
            "of another account",
            format!("account = \"123456789012\"\n{text}"),
            None,
        ),
        ("of a hostile refusal", text.clone(), Some(refused)),
    ] {
        fs::write(&deploy_toml, deploy_toml_text).expect("write deploy.toml");
        wire.tamper(|operation, body| match operation {
            "sts.GetCallerIdentity" => {
                // A colon would end the account in an ARN, and what is made of it would be refused unseen.
                let evil = format!("{}</Account>", EVIL_OF_XML.replace(':', ""));
                body.replace("</Account>", &evil)
            }
            _ => body.to_owned(),
        });
        if let Some(refusal) = answer {
            wire.rule(Rule::on("sts.GetCallerIdentity", refusal).always());
        }
        for words in [
            &["status"][..],
            &["plan"],
            &["deploy"],
            &["test"],
            &["logs"],
        ] {
            for mode in MODES {
                let json: &[&str] = if mode == Mode::Json { &["--json"] } else { &[] };
                let arguments = [words, json].concat();
                let what = format!("txflow {} {what} ({mode:?})", arguments.join(" "));
                let txflow = project.txflow(&wire.url(), &arguments);
                let outcome = execute(&what, txflow, mode, files.path()).await;
                let told = outcome.stdout + &outcome.stderr;
                // Where nothing of this account is there, nobody names it.
                let shows = !what.contains("of a hostile account");
                assert!(
                    !shows || told.contains("FORGED"),
                    "{what} shows nothing hostile:\n{told}"
                );
            }
        }
    }
}

#[tokio::test]
async fn no_name_of_a_log_group_is_obeyed() {
    let project = shop();
    let server = LocalServer::start(project.path(), &[]).await;
    let deploy = project.txflow(&server.url, &["deploy"]).run().await;
    deploy.succeeded();
    let wire = Wire::in_front_of(&server.url).await;
    // The name comes from the ARN of the function that a state called.
    wire.tamper(|operation, body| match operation {
        "states.GetExecutionHistory" => {
            let evil = serde_json::to_string(EVIL).expect("JSON");
            body.replace(
                "shop-dev-buy",
                &format!("shop-dev-buy{}", evil.trim_matches('"')),
            )
        }
        _ => body.to_owned(),
    });
    let files = TempDir::with_prefix("txflow-it-").expect("a temporary directory");
    for words in [
        &["test"][..],
        &["logs", "--execution", "last"],
        &["executions", "show"],
    ] {
        for mode in MODES {
            let json: &[&str] = if mode == Mode::Json { &["--json"] } else { &[] };
            let arguments = [words, json].concat();
            let what = format!("txflow {} of a log group ({mode:?})", arguments.join(" "));
            let txflow = project.txflow(&wire.url(), &arguments);
            let outcome = execute(&what, txflow, mode, files.path()).await;
            let told = outcome.stdout + &outcome.stderr;
            let shows = words == ["test"];
            assert!(
                !shows || told.contains("FORGED"),
                "{what} shows nothing hostile:\n{told}"
            );
        }
    }
}

#[tokio::test]
async fn no_text_of_a_mock_is_obeyed() {
    let escaped: String = EVIL
        .encode_utf16()
        .map(|unit| format!("\\u{unit:04x}"))
        .collect();
    let tests = format!(
        "\n[tests.RESULT]\ninput = {{}}\nexpect = {{ output = 1 }}\nmock.Buy.result = \"{escaped}\"\n\
         [tests.ERROR]\ninput = {{}}\nmock.Buy = {{ error = \"{escaped}\", cause = \"{escaped}\" }}\n"
    );
    let project = Project::shop().settings(&tests).write();
    let deploy = project.alone(&["deploy", "--local"]).run().await;
    deploy.succeeded();
    let files = TempDir::with_prefix("txflow-it-").expect("a temporary directory");
    for mode in MODES {
        let json: &[&str] = if mode == Mode::Json { &["--json"] } else { &[] };
        let test = ["test", "--local", "--type", "RESULT", "--type", "ERROR"];
        let arguments = [&test[..], json].concat();
        let what = format!("txflow test of mocks ({mode:?})");
        let outcome = execute(&what, project.alone(&arguments), mode, files.path()).await;
        assert_eq!(outcome.code, Some(3), "{what}: {outcome:?}");
        let told = outcome.stdout + &outcome.stderr;
        assert!(told.matches("FORGED").count() >= 2, "{what}:\n{told}");
    }
}

#[tokio::test]
async fn no_text_of_a_recording_is_obeyed() {
    let definition = json!({ "StartAt": "Buy", "States": { "Buy": { "Type": "Succeed" } } });
    let project = Project::new("shop").handler("buy").definition(definition);
    let project = project.write();
    let events = json!([
        { "id": 1, "type": "ExecutionStarted", "executionStartedEventDetails": { "input": "{}" } },
        { "id": 2, "type": "PassStateEntered", "stateEnteredEventDetails": { "name": EVIL, "input": "{}" } },
        { "id": 3, "type": "ExecutionFailed", "previousEventId": 2, "executionFailedEventDetails": { "error": EVIL, "cause": EVIL } },
    ]);
    let output = json!([
        { "id": 1, "type": "ExecutionStarted", "executionStartedEventDetails": { "input": "{}" } },
        { "id": 2, "type": "SucceedStateEntered", "stateEnteredEventDetails": { "name": "Buy", "input": "{}" } },
        { "id": 3, "type": "SucceedStateExited", "previousEventId": 2, "stateExitedEventDetails": { "name": "Buy", "output": json!({ EVIL: EVIL }).to_string() } },
        { "id": 4, "type": "ExecutionSucceeded", "previousEventId": 3, "executionSucceededEventDetails": { "output": json!({ EVIL: EVIL }).to_string() } },
    ]);
    let recordings = [events, output].map(|events| {
        let recording = json!({ "name": EVIL, "executionArn": EVIL, "events": events });
        format!("{recording}\n")
    });
    fs::write(project.path().join("evil.jsonl"), recordings.concat()).expect("write");
    let files = TempDir::with_prefix("txflow-it-").expect("a temporary directory");
    for mode in MODES {
        let json: &[&str] = if mode == Mode::Json { &["--json"] } else { &[] };
        let arguments = [&["replay", "--from", "evil.jsonl"][..], json].concat();
        let what = format!("txflow replay of a file ({mode:?})");
        let outcome = execute(&what, project.alone(&arguments), mode, files.path()).await;
        assert_eq!(outcome.code, Some(3), "{what}: {outcome:?}");
        assert!(outcome.stdout.contains("FORGED"), "{what}: {outcome:?}");
    }
}

#[tokio::test]
async fn nothing_is_obeyed_by_who_watches_or_follows() {
    let project = shop();
    let on_terminal = |txflow: Txflow| {
        let txflow = txflow.env("TERM", "xterm-256color").env("LANG", "C.UTF-8");
        txflow.env("CARGO_TERM_PROGRESS_WHEN", "never")
    };
    // The name of a file that changes is shown as well.
    let name = EVIL.replace("https://", "").replace('\u{7}', "");
    let file = project.path().join("lambdas/buy/src").join(name);
    let change = tokio::spawn(async move {
        // Any time will do: before the watch begins there is nothing to see, so it is done again and again.
        for count in 0.. {
            fs::write(&file, format!("{count}")).expect("write a file");
            tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        }
    });
    let watch = on_terminal(project.alone(&["test", "--local", "--watch"]));
    let shown = watch
        .run_until(&["FAIL", "FORGED", " lambdas/buy/src/\\u{1b}"])
        .await;
    change.abort();
    is_harmless("txflow test --watch", &shown, Mode::Terminal);

    let deploy = project.alone(&["deploy", "--local"]).run().await;
    deploy.succeeded();
    project
        .alone(&["test", "--local"])
        .run()
        .await
        .exits_with(3);
    let follow = ["logs", "--local", "--follow", "--since", "1h"];
    let shown = on_terminal(project.alone(&follow))
        .run_until(&["FORGED"])
        .await;
    is_harmless("txflow logs --follow", &shown, Mode::Terminal);
}

/// In an error, which for IAM is XML: without what that cannot hold.
const EVIL_OF_XML: &str = "\u{9b}2J\u{9d}0;x\u{9c}\u{202e}\u{2066}\u{2028}\nPASS FORGED\n::error::FORGED\n##[error]FORGED\nerror: FORGED";

#[tokio::test]
async fn no_text_of_a_file_or_of_its_name_is_obeyed() {
    let top = TempDir::with_prefix("txflow-it-").expect("a temporary directory");
    let files = TempDir::with_prefix("txflow-it-").expect("a temporary directory");
    // A path has no slash, and a name no more than 255 bytes.
    let name = EVIL.replace("https://", "");
    let folder = top.path().join(&name);
    fs::create_dir(&folder).expect("a folder");
    let escaped: String = EVIL
        .encode_utf16()
        .map(|unit| format!("\\u{unit:04x}"))
        .collect();
    let text = format!(
        "name = \"{escaped}\" # \u{9b}2J \u{202e} \u{2028}\nregion = \"\u{202e}\u{9b}\"\n\"{escaped}\" = 1 # \u{202e}\u{9b}\n\
         [tags]\n\"{escaped}\" = \"{escaped}\"\n[functions.\"{escaped}\"]\nenvironment = {{ \"{escaped}\" = \"x\" }}\n"
    );
    fs::write(folder.join("deploy.toml"), text).expect("write deploy.toml");
    for Run { words, options, .. } in RUNS {
        if ["init", "schema", "man"].contains(&words[0]) {
            continue;
        }
        for mode in MODES {
            let json: &[&str] = if mode == Mode::Json { &["--json"] } else { &[] };
            let arguments = [words, options, json, &["--local", "-C", &name]].concat();
            let what = format!("txflow {} in a hostile folder ({mode:?})", words.join(" "));
            let txflow = Txflow::without_account(top.path(), &arguments);
            let outcome = execute(&what, txflow, mode, files.path()).await;
            assert_eq!(outcome.code, Some(2), "{what}: {outcome:?}");
            let told = outcome.stdout + &outcome.stderr;
            assert!(
                told.contains("FORGED"),
                "{what} shows nothing hostile:\n{told}"
            );
        }
    }
}

#[tokio::test]
async fn no_argument_is_obeyed_where_an_error_repeats_it() {
    let files = TempDir::with_prefix("txflow-it-").expect("a temporary directory");
    let long = format!("--{EVIL}");
    for arguments in [
        &[EVIL][..],
        &["deploy", &long],
        &["test", "--repeat", EVIL],
        &["completions", EVIL],
    ] {
        for mode in MODES {
            let what = format!("txflow {arguments:?} ({mode:?})");
            let txflow = Txflow::without_account(files.path(), arguments);
            let outcome = execute(&what, txflow, mode, files.path()).await;
            assert_eq!(outcome.code, Some(2), "{what}: {outcome:?}");
            assert!(
                (outcome.stdout + &outcome.stderr).contains("FORGED"),
                "{what}"
            );
        }
    }
}

#[tokio::test]
async fn no_request_to_the_local_aws_is_obeyed_in_its_log() {
    let project = shop();
    let server = LocalServer::start(project.path(), &[]).await;
    let address = server.url.trim_start_matches("http://");
    let action: String = EVIL.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let body = format!("Action={action}&Version=2010-05-08");
    let mut stream = tokio::net::TcpStream::connect(address)
        .await
        .expect("connect");
    let request = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request, \
         SignedHeaders=host, Signature=0\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.expect("send");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    let mut server = server;
    server.signal(rustix::process::Signal::INT).await;
    let log = server.calls().join("\n");
    is_harmless("txflow local", &log, Mode::Pipe);
    assert!(log.contains("FORGED"), "{log}");
}
