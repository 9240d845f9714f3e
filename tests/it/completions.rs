//! What the tab key offers, asked as the scripts of the shells do.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::help::{bash, commands};
use crate::support::local_server::LocalServer;
use crate::support::project::Project;
use crate::support::txflow::{Txflow, binary};

/// The completions of the last word, as the shell reads them.
async fn asked(shell: &str, folder: &Path, typed: &str) -> Vec<String> {
    let words: Vec<&str> = typed.split(' ').collect();
    let index = (words.len() - 1).to_string();
    let ask = Txflow::without_account(folder, &[&["--"], &words[..]].concat())
        .env("COMPLETE", shell)
        .env("_CLAP_IFS", "\n")
        .env("_CLAP_COMPLETE_INDEX", &index);
    let answer = ask.run().await.succeeded();
    assert_eq!(answer.stderr, "", "{typed}");
    answer.stdout.lines().map(str::to_owned).collect()
}

/// Those that are no options.
async fn names(folder: &Path, typed: &str) -> Vec<String> {
    let offered = asked("bash", folder, typed).await;
    let mut names = offered;
    names.retain(|name| !name.starts_with('-'));
    names
}

fn project() -> Project {
    let charge = serde_json::json!({ "Type": "Task", "Resource": "${buy}", "Next": "Ship it" });
    let definition = serde_json::json!({
        "StartAt": "Charge", "States": { "Charge": charge, "Ship it": { "Type": "Succeed" } }
    });
    let beside =
        serde_json::json!({ "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } });
    let tests = "[tests.GOOD]\ninput = {}\n\n[tests.BAD]\ninput = { fail = true }\n\n[stages.prod]\n[stages.\"pr-*\"]\n";
    Project::new("shop")
        .handler("buy")
        .definition(definition)
        .beside("bill", beside)
        .settings(tests)
        .write()
}

#[tokio::test]
async fn the_names_in_the_project_are_offered() {
    let project = project();
    for (typed, expected) in [
        ("txflow status --stage ", &["dev", "prod"][..]),
        ("txflow test --type ", &["GOOD", "BAD"]),
        ("txflow test --type G", &["GOOD"]),
        ("txflow test --local --type=B", &["--type=BAD"]),
        ("txflow invoke ", &["buy"]),
        ("txflow logs b", &["buy"]),
        ("txflow start --state-machine ", &["bill"]),
        ("txflow test-state ", &["Charge", "Ship\\ it"]),
        ("txflow test-state --state-machine bill ", &["P"]),
        ("txflow policy --role ", &["state-machine", "buy", "bill"]),
        ("txflow executions show --state-machine ", &["bill"]),
        ("txflow graph --format mer", &["mermaid"]),
        ("txflow executions show ", &["last"]),
        ("txflow rollback --to ", &[]),
        ("txflow rollback --local --to ", &[]),
    ] {
        let offered = match typed.contains('=') {
            true => asked("bash", project.path(), typed).await,
            false => names(project.path(), typed).await,
        };
        assert_eq!(offered, expected, "{typed}");
    }
    let left = project.path().join(".txflow");
    assert!(!left.exists(), "a tab key makes no folder");
    // From elsewhere, with other shells, which quote for themselves.
    let elsewhere = TempDir::with_prefix("txflow-it-").expect("a temporary directory");
    let there = project.path().display();
    let typed = format!("txflow -C {there} test-state S");
    let offered = asked("fish", elsewhere.path(), &typed).await;
    assert_eq!(offered, ["Ship it"]);
    let typed = "txflow init ";
    fs::create_dir(elsewhere.path().join("orders")).expect("a folder");
    let offered = names(elsewhere.path(), typed).await;
    assert!(offered.contains(&"orders/".to_owned()), "{offered:?}");
}

#[tokio::test]
async fn what_cannot_be_known_has_no_completions() {
    let folder = TempDir::with_prefix("txflow-it-").expect("a temporary directory");
    let ask = async |typed: &str| names(folder.path(), typed).await;
    assert_eq!(ask("txflow test --type ").await, [""; 0]);
    fs::write(folder.path().join("deploy.toml"), "name = [").expect("write");
    assert_eq!(ask("txflow invoke ").await, [""; 0]);
    assert_eq!(ask("txflow status --stage ").await, [""; 0]);
    assert_eq!(ask("txflow exec").await, ["executions"]);
    // It is asked by scripts only.
    let usage = Txflow::without_account(folder.path(), &["validate"]);
    usage.env("COMPLETE", "bash").run().await.exits_with(2);
}

#[tokio::test]
async fn what_the_local_aws_holds_is_offered_whether_or_not_it_runs() {
    let project = project();
    let run = async |arguments: &[&str]| project.alone(arguments).run().await.succeeded();
    run(&["deploy", "--local"]).await;
    for name in ["order-1", "order-2", "other"] {
        run(&["start", "--local", "--name", name]).await;
    }
    let holds = async || {
        let ask = async |typed: &str| names(project.path(), typed).await;
        let shown = ask("txflow executions show --local o").await;
        assert_eq!(shown, ["other", "order-2", "order-1"]);
        let stopped = ask("txflow --local executions stop order-").await;
        assert_eq!(stopped, ["order-2", "order-1"]);
        assert_eq!(ask("txflow rollback --local --to ").await, ["1"]);
        assert_eq!(ask("txflow start --local --release ").await, ["1"]);
        let stage = "txflow graph --stage prod --local --execution o";
        assert_eq!(ask(stage).await, [""; 0]);
        assert_eq!(ask("txflow executions show o").await, [""; 0]);
    };
    holds().await;
    let shown = asked("fish", project.path(), "txflow executions show --local oth").await;
    let [shown] = shown.as_slice() else {
        panic!("{shown:?}");
    };
    assert!(shown.starts_with("other\tSUCCEEDED "), "{shown}");
    let _server = LocalServer::start(project.path(), &[]).await;
    holds().await;
}

#[tokio::test]
async fn each_command_is_offered_with_what_it_does() {
    let folder = TempDir::with_prefix("txflow-it-").expect("a temporary directory");
    for (path, command) in commands() {
        let Some((name, around)) = path.split_last().filter(|(_, around)| !around.is_empty())
        else {
            continue;
        };
        let about = command.get_about().expect("a description").to_string();
        let typed = format!("{} {name}", around.join(" "));
        let offered = asked("fish", folder.path(), &typed).await;
        let expected = format!("{name}\t{about}");
        assert!(offered.contains(&expected), "{expected}: {offered:?}");
    }
    let options = asked("bash", folder.path(), "txflow deploy --arch").await;
    assert_eq!(options, ["--architecture"]);
}

async fn script(shell: &str) -> String {
    let folder = TempDir::with_prefix("txflow-it-").expect("a temporary directory");
    let script = Txflow::without_account(folder.path(), &["completions", shell]);
    script.run().await.succeeded().stdout
}

#[tokio::test]
async fn the_script_of_a_shell_asks_txflow() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = script(shell).await;
        for word in ["COMPLETE", "txflow", "--"] {
            assert!(script.contains(word), "{shell}: {script}");
        }
    }
    assert!(script("zsh").await.starts_with("#compdef txflow"));
    // As other programs with such completions print it.
    let folder = TempDir::with_prefix("txflow-it-").expect("a temporary directory");
    let txflow = Txflow::without_account(folder.path(), &[]).env("COMPLETE", "/usr/bin/fish");
    assert_eq!(txflow.run().await.succeeded().stdout, script("fish").await);
}

#[tokio::test]
async fn bash_completes_after_it_has_read_the_script() {
    let project = project();
    let script = script("bash").await;
    assert_eq!(bash(&["-n"], &script), "");
    let program = binary();
    let folder = program.parent().expect("its folder").display();
    for (typed, expected) in [
        ("txflow dep", "deploy"),
        ("txflow executions re", "redrive"),
        ("txflow test --type GO", "GOOD"),
        ("txflow test-state Shi", "Ship\\ it"),
    ] {
        let words: Vec<&str> = typed.split(' ').collect();
        let ask = format!(
            "cd '{here}'; PATH='{folder}':$PATH\n{script}\nCOMP_WORDS=({typed}); COMP_CWORD={last}; COMP_TYPE=9\n\
             compopt() {{ :; }}\n_clap_complete_txflow txflow {current} {before}\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
            here = project.path().display(),
            last = words.len() - 1,
            current = words[words.len() - 1],
            before = words[words.len() - 2],
        );
        assert_eq!(bash(&["--norc", "-s"], &ask).trim(), expected, "{typed}");
    }
}
