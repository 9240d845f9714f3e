//! What pages show to be copied: keys of deploy.toml, definitions, workflows of GitHub and lines for a shell.

use std::fs;
use std::path::Path;

use clap::{CommandFactory as _, Parser as _};
use serde_json::Value;
use tempfile::TempDir;
use txflow::commands::Cli;
use txflow::config;

use super::page::{Block, Page, pages};
use crate::support::project::repository;

/// What blocks may hold. `console` is run by [`super::session`].
const KINDS: [&str; 5] = ["console", "json", "sh", "toml", "yaml"];

/// What is neither typed nor copied: pages that are generated, a picture, and what the architecture explains.
const WITH_TEXT: [&str; 4] = [
    "README.md",
    "docs/src/reference/commands.md",
    "docs/src/reference/errors.md",
    "ARCHITECTURE.md",
];

/// Code of txflow itself.
const WITH_CODE: [&str; 2] = ["ARCHITECTURE.md", "CONTRIBUTING.md"];

#[test]
fn each_snippet_is_valid() {
    let mut broken = Vec::new();
    let mut count = 0;
    for page in pages() {
        for block in page.blocks() {
            count += 1;
            if let Err(what) = check(&page.name, &block) {
                broken.push(format!("{}: {what}\n{}", page.name, block.text));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(
        count > 50,
        "the snippets are not where they should be: {count}"
    );
}

fn check(page: &str, block: &Block) -> Result<(), String> {
    match block.kind() {
        "toml" => keys(&block.text),
        "json" => definition(&block.text),
        "yaml" => steps(&block.text),
        "sh" => lines(&block.text),
        "console" => Ok(()),
        "text" if WITH_TEXT.contains(&page) => Ok(()),
        "rust" if WITH_CODE.contains(&page) => Ok(()),
        kind => Err(format!("`{kind}` is not one of {KINDS:?}")),
    }
}

/// A project with what the snippets of the book name.
fn project() -> TempDir {
    let project = TempDir::with_prefix("txflow-it-").expect("a temporary directory");
    copy(&repository().join("tests/it/fixtures/book"), project.path());
    project
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("create a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let to = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).expect("copy a file");
        }
    }
}

/// A part of deploy.toml, in the place of the same part of a whole one.
fn keys(part: &str) -> Result<(), String> {
    let part: toml::Table = part.parse().map_err(|error| format!("{error}"))?;
    let project = project();
    let file = project.path().join("deploy.toml");
    let whole = fs::read_to_string(&file).expect("deploy.toml");
    let mut whole: toml::Table = whole.parse().expect("TOML");
    merge(&mut whole, part);
    fs::write(&file, whole.to_string()).expect("write deploy.toml");
    load(&project)
}

fn merge(whole: &mut toml::Table, part: toml::Table) {
    for (key, value) in part {
        match (whole.get_mut(&key), value) {
            (Some(toml::Value::Table(whole)), toml::Value::Table(part)) => merge(whole, part),
            (_, value) => {
                whole.insert(key, value);
            }
        }
    }
}

fn load(project: &TempDir) -> Result<(), String> {
    let set = |_: &str| Some("a value".to_owned());
    for stage in ["dev", "prod"] {
        let loaded = config::load(project.path(), stage, &set);
        loaded.map_err(|findings| format!("{findings:?}"))?;
    }
    Ok(())
}

/// A definition is one that a project can have.
fn definition(text: &str) -> Result<(), String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if value.get("States").is_none() {
        return Ok(());
    }
    let project = project();
    let file = project.path().join("deploy.toml");
    let mut whole: toml::Table = fs::read_to_string(&file)
        .expect("deploy.toml")
        .parse()
        .expect("TOML");
    // They name states of another definition.
    whole.remove("tests");
    fs::write(&file, whole.to_string()).expect("write deploy.toml");
    fs::write(project.path().join("definition.asl.json"), text).expect("write the definition");
    load(&project)
}

/// Steps that use txflow's action give it inputs that it has.
fn steps(text: &str) -> Result<(), String> {
    let action = fs::read_to_string(repository().join("action.yml")).expect("the action");
    let (inputs, _) = action.split_once("\noutputs:").expect("outputs");
    let mut inputs_are_next = false;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        let Some((key, value)) = line.trim_start_matches(['-', ' ']).split_once(':') else {
            return Err(format!("`{line}` is not a line of a step"));
        };
        match key {
            "uses" if !value.trim().starts_with("txflow/txflow@v") => {
                return Err(format!("{value} is another action"));
            }
            "uses" => {}
            "with" => inputs_are_next = true,
            _ if !inputs_are_next || indent < 4 => return Err(format!("`{key}` is unknown")),
            "command" => {
                let command = Cli::command();
                let known = command.find_subcommand(value.trim()).is_some();
                known
                    .then_some(())
                    .ok_or_else(|| format!("there is no command{value}"))?;
            }
            _ if !inputs.contains(&format!("\n  {key}:\n")) => {
                return Err(format!("the action has no input `{key}`"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Lines that a shell understands; txflow understands its own.
fn lines(text: &str) -> Result<(), String> {
    let whole = text.replace("\\\n", " ");
    for line in whole.lines().filter(|line| !line.trim().is_empty()) {
        let words = shlex::split(line).ok_or_else(|| format!("`{line}` has an open quote"))?;
        // Cargo installs it by its name.
        if line.starts_with("cargo binstall ") {
            continue;
        }
        // What the line does with its streams is the shell's.
        let own = words.iter().position(|word| word == "txflow");
        let Some(begin) = own else { continue };
        let own = words[begin..].iter();
        let own = own.take_while(|word| !["|", ">", ">>", "<"].contains(&word.as_str()));
        Cli::try_parse_from(own).map_err(|error| format!("`{line}`: {error}"))?;
    }
    Ok(())
}

#[test]
fn what_is_wrong_in_a_snippet_is_told() {
    let block = |kind: &str, text: &str| Block {
        info: kind.to_owned(),
        text: text.to_owned(),
        range: 0..0,
        comment: None,
    };
    for (kind, text) in [
        ("toml", "[functions.purchase-handler]\nmemroy = 128\n"),
        (
            "toml",
            "[tests.X]\ninput = {}\nmock.Nowhere = { result = 1 }\n",
        ),
        ("toml", "name = \n"),
        (
            "json",
            r#"{ "StartAt": "A", "States": { "A": { "Type": "Pass" } } }"#,
        ),
        (
            "yaml",
            "- uses: txflow/txflow@v0.1.0\n  with:\n    comand: deploy\n",
        ),
        (
            "yaml",
            "- uses: txflow/txflow@v0.1.0\n  with:\n    command: desploy\n",
        ),
        ("sh", "txflow deploy --stgae prod"),
        ("sh", "cat x | txflow test --imput -"),
        ("", "anything"),
        ("text", "anything"),
    ] {
        assert!(
            check("docs/src/test.md", &block(kind, text)).is_err(),
            "{text}"
        );
    }
    assert_eq!(check("README.md", &block("text", "a picture")), Ok(()));
    let sound = Page::read("docs/src/triggers.md");
    assert!(
        sound
            .blocks()
            .iter()
            .all(|block| check(&sound.name, block).is_ok())
    );
}
