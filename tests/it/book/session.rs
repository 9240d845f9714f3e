//! What pages show of a terminal: each command behind a `$` is run, and what stands below it is what the terminal shows.
//!
//! A page has a project of its own, which a comment on it may name: the repository's own workflow, `order-fulfilment`, or
//! `none`. The blocks of a page are one session. Keys of deploy.toml below `<!-- in deploy.toml -->` are added to the
//! project's. A line `…` stands for lines that are left out.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use regex_lite::Regex;
use tempfile::TempDir;

use super::page::{Page, pages};
use crate::shown::VARYING;
use crate::support::project::repository;
use crate::support::txflow::Txflow;

/// As most terminals are when they open; what scrolls away is shown as well.
const COLUMNS: u16 = 80;
const ROWS: u16 = 500;

/// For lines that are left out.
const LEFT_OUT: &str = "…";

const ADDED: &str = "in deploy.toml";

#[tokio::test]
async fn each_command_shows_what_the_pages_say() {
    let mut broken = String::new();
    let mut count = 0;
    for page in pages() {
        if page.blocks().iter().all(|block| block.kind() != "console") {
            continue;
        }
        let (shown, commands) = run(&page).await;
        count += commands;
        if std::env::var_os("TXFLOW_BLESS").is_some() {
            super::write(&repository().join(&page.name), &shown);
        } else if shown != page.text {
            let diff = similar::TextDiff::from_lines(&*page.text, &*shown);
            let diff = diff.unified_diff().context_radius(2).to_string();
            broken.push_str(&format!(
                "{} shows something else, run with TXFLOW_BLESS=1:\n{diff}",
                page.name
            ));
        }
    }
    assert!(broken.is_empty(), "{broken}");
    assert!(
        count > 20,
        "the commands are not where they should be: {count}"
    );
}

/// The page with what its commands show now, and how many commands it has.
async fn run(page: &Page) -> (String, usize) {
    let mut session = Session::of(page.setting("project").unwrap_or("transactions"));
    let mut text = page.text.clone();
    let mut commands = 0;
    // What is written into the page moves what comes behind it.
    let mut blocks = Vec::new();
    for block in page.blocks() {
        if block.kind() == "toml" && block.comment.as_deref() == Some(ADDED) {
            session.add(&block.text);
        } else if block.kind() == "console" {
            let mut shown = String::new();
            for step in steps(&block.text) {
                commands += 1;
                let now = session.run(step.command).await;
                let lines = kept(&step.output, &now);
                shown.push_str(&format!("$ {}\n", step.command));
                shown.extend(lines.iter().flat_map(|line| [*line, "\n"]));
            }
            blocks.push((block.range, shown));
        }
    }
    for (range, shown) in blocks.into_iter().rev() {
        text.replace_range(range, &shown);
    }
    (text, commands)
}

/// A command of a page, and what the page shows below it.
struct Step<'a> {
    command: &'a str,
    output: Vec<&'a str>,
}

fn steps(block: &str) -> Vec<Step<'_>> {
    let mut steps: Vec<Step<'_>> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push(Step {
                command,
                output: Vec::new(),
            }),
            (None, Some(step)) => step.output.push(line),
            (None, None) => panic!("a block begins with `{line}`"),
        }
    }
    steps
}

/// What is shown now, as the page says it if that is the same but for what varies, and without what the page leaves
/// out.
fn kept<'a>(page: &[&'a str], now: &'a str) -> Vec<&'a str> {
    let now: Vec<&str> = now.lines().map(str::trim_end).collect();
    let mut shown = Vec::new();
    let mut rest = now.as_slice();
    let mut parts = page.split(|line| line.trim() == LEFT_OUT).peekable();
    while let Some(part) = parts.next() {
        // Up to what is left out; the last part goes to the end.
        let end = match parts.peek() {
            Some(_) => part
                .last()
                .and_then(|last| position(rest, last))
                .map(|at| at + 1),
            None => Some(rest.len()),
        };
        // If that is gone, nothing more is left out.
        let Some(end) = end.or(part.is_empty().then_some(0)) else {
            break;
        };
        shown.extend(either(part, &rest[..end]));
        rest = &rest[end..];
        let Some(next) = parts.peek() else {
            return shown;
        };
        let begin = match next.first() {
            Some(first) => position(rest, first),
            None => Some(rest.len()),
        };
        let Some(begin) = begin else { break };
        shown.push(LEFT_OUT);
        rest = &rest[begin..];
    }
    shown.extend(rest);
    shown
}

/// The lines of the page if the others are the same, but for what varies.
fn either<'a>(page: &[&'a str], now: &[&'a str]) -> Vec<&'a str> {
    let is_same =
        page.len() == now.len() && page.iter().zip(now).all(|(page, now)| same(page, now));
    if is_same { page.to_vec() } else { now.to_vec() }
}

fn position(lines: &[&str], line: &str) -> Option<usize> {
    lines.iter().position(|other| same(other, line))
}

fn same(one: &str, other: &str) -> bool {
    steady(one) == steady(other)
}

/// A line without what varies.
fn steady(line: &str) -> String {
    let mut line = line.trim_end().to_owned();
    for (found, shown) in &*STEADY {
        line = found.replace_all(&line, *shown).into_owned();
    }
    line
}

static STEADY: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let own = [
        // Hashes of zips are those of a compiler, and columns are as wide as what is in them.
        (r"\b[0-9a-f]{7,64}\b", "[hash]"),
        // An ARN that is cut in its middle.
        (r"…[0-9a-f]*(-[0-9a-f]{4}){0,3}-\[hash\]", "…[uuid]"),
        (r"\b\d+(\.\d+)? (ms|s|min|MB)\b", "[amount]"),
        (r" {2,}", "  "),
    ];
    let all = VARYING.iter().chain(&own);
    let read = all.map(|(found, shown)| (Regex::new(found).expect("an expression"), *shown));
    read.collect()
});

/// A shell in a project.
struct Session {
    _folder: TempDir,
    root: PathBuf,
    current: PathBuf,
}

impl Session {
    fn of(project: &str) -> Self {
        let folder = TempDir::with_prefix("txflow-it-").expect("a temporary directory");
        let root = folder.path().canonicalize().expect("the folder");
        let repository = repository();
        match project {
            "none" => {}
            "transactions" => {
                for name in ["deploy.toml", "definition.asl.json", "lambdas"] {
                    copy(&repository.join(name), &root.join(name));
                }
                let manifest = fs::read_to_string(repository.join("Cargo.toml"));
                let manifest = manifest.expect("the manifest");
                fs::write(root.join("Cargo.toml"), of_handlers(&manifest))
                    .expect("write the manifest");
            }
            example => copy(&repository.join("examples").join(example), &root),
        }
        Self {
            current: root.clone(),
            root,
            _folder: folder,
        }
    }

    /// Adds keys to deploy.toml, as the page says.
    fn add(&self, keys: &str) {
        let file = self.current.join("deploy.toml");
        let text = fs::read_to_string(&file).expect("deploy.toml");
        fs::write(file, format!("{text}\n{keys}")).expect("write deploy.toml");
    }

    /// What the terminal shows.
    async fn run(&mut self, line: &str) -> String {
        let own = line.replacen("cargo run -- ", "txflow ", 1);
        let words = shlex::split(&own).unwrap_or_default();
        match words.first().map(String::as_str) {
            Some("cd") => {
                let folder = self.current.join(&words[1]).canonicalize();
                self.current = folder.unwrap_or_else(|error| panic!("`{line}`: {error}"));
                String::new()
            }
            Some("txflow") => {
                lock(&self.root);
                let arguments: Vec<&str> = words[1..].iter().map(String::as_str).collect();
                let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("book");
                let txflow = Txflow::without_account(&self.current, &arguments)
                    .env("LANG", "C.UTF-8")
                    .env("CARGO_NET_OFFLINE", "true")
                    .env("CARGO_TARGET_DIR", &target.to_string_lossy());
                let shown = txflow.run_on_screen(ROWS, COLUMNS).await.stdout;
                shown.replace(&*self.root.to_string_lossy(), "/home/ada")
            }
            _ => {
                let mut shell = Command::new("sh");
                let output = shell.args(["-c", line]).current_dir(&self.current).output();
                let output = output.expect("sh runs");
                assert!(output.status.success(), "`{line}`: {output:?}");
                String::from_utf8(output.stdout).expect("text")
            }
        }
    }
}

/// The handlers alone are the workspace, so that a build reads nothing else.
fn of_handlers(manifest: &str) -> String {
    let mut manifest: toml::Table = manifest.parse().expect("a manifest");
    for key in [
        "package",
        "lints",
        "dependencies",
        "dev-dependencies",
        "target",
        "test",
        "bench",
    ] {
        manifest.remove(key);
    }
    let workspace = manifest["workspace"].as_table_mut().expect("a workspace");
    workspace.insert("members".to_owned(), vec!["lambdas/*"].into());
    workspace.remove("dependencies");
    let profiles = manifest["profile"].as_table_mut().expect("profiles");
    profiles.remove("dev");
    manifest.to_string()
}

/// What the repository builds with is there without a network.
fn lock(folder: &Path) {
    if folder.join("Cargo.toml").is_file() && !folder.join("Cargo.lock").exists() {
        let lock = repository().join("Cargo.lock");
        fs::copy(lock, folder.join("Cargo.lock")).expect("copy the lock");
    }
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.join("deploy.toml").is_file() {
            lock(&path);
        }
    }
}

fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        fs::copy(from, to).expect("copy a file");
        return;
    }
    fs::create_dir_all(to).expect("create a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name");
        if ![OsStr::new("target"), OsStr::new(".txflow")].contains(&name) {
            copy(&path, &to.join(name));
        }
    }
}

#[test]
fn what_is_left_out_stays_left_out_and_what_varies_stays_as_it_is() {
    let now = "PASS A 0.12 s\na\nb\nPASS B 0.34 s\n2 tests\n";
    for (page, shown) in [
        // The same.
        (
            &["PASS A 0.07 s", "…", "2 tests"][..],
            &["PASS A 0.07 s", "…", "2 tests"][..],
        ),
        (&["…", "2 tests"], &["…", "2 tests"]),
        (&["PASS A 0.07 s", "…"], &["PASS A 0.07 s", "…"]),
        // Something else.
        (
            &["PASS A 0.07 s", "a", "…", "3 tests"],
            &["PASS A 0.07 s", "a", "b", "PASS B 0.34 s", "2 tests"],
        ),
        (
            &["PASS C 0.07 s", "…", "2 tests"],
            &["PASS A 0.12 s", "a", "b", "PASS B 0.34 s", "2 tests"],
        ),
        (
            &["PASS A 0.07 s", "c", "b", "…", "2 tests"],
            &["PASS A 0.12 s", "a", "b", "…", "2 tests"],
        ),
        (
            &[],
            &["PASS A 0.12 s", "a", "b", "PASS B 0.34 s", "2 tests"],
        ),
    ] {
        assert_eq!(kept(page, now), shown, "{page:?}");
    }
}
