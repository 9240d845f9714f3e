//! What the workflows, one of which `txflow init` writes, and the action may do with credentials and with the text of
//! strangers. Four rules, each also held to workflows that break it.

mod condition;
mod rules;

use std::fs;
use std::path::PathBuf;

use self::rules::{Rule, broken};
use crate::support::project::repository;

/// All that runs on GitHub, or is written to run there.
fn files() -> Vec<PathBuf> {
    let root = repository();
    let mut files = vec![root.join("action.yml")];
    let entries = fs::read_dir(root.join(".github/workflows")).expect("read the folder");
    let paths = entries.map(|entry| entry.expect("read the folder").path());
    files.extend(paths.filter(|path| path.extension().is_some_and(|end| end == "yml")));
    assert!(
        files.len() >= 4,
        "what is to be held is not there: {files:?}"
    );
    files
}

#[test]
fn the_workflows_and_the_action_hold_the_rules() {
    for file in files() {
        let text = fs::read_to_string(&file).expect("read the workflow");
        let broken = broken(&text);
        assert!(broken.is_empty(), "{}: {broken:?}", file.display());
    }
}

const GOOD: &str = r#"
on: { push: { branches: [main] }, pull_request: }
permissions: {}
jobs:
  deploy:
    if: github.event_name == 'push' || github.event.pull_request.head.repo.full_name == github.repository
    permissions: { contents: read, id-token: write }
    environment: prod
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2
      - uses: ./
        with: { role-to-assume: "${{ vars.ROLE }}" }
      - run: echo "$TITLE"
        env: { TITLE: "${{ github.event.pull_request.title }}" }
"#;

#[test]
fn each_rule_finds_what_breaks_it() {
    assert!(broken(GOOD).is_empty());
    let with = |old: &str, new: &str| {
        assert!(GOOD.contains(old), "{old}");
        broken(&GOOD.replace(old, new))
    };
    let condition = "    if: github.event_name == 'push' || github.event.pull_request.head.repo.full_name == github.repository\n";
    let token = "id-token: write";
    let pinned = "@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2";
    for (rule, found) in [
        (
            Rule::Token,
            with("permissions: {}", "permissions: { id-token: write }"),
        ),
        (
            Rule::Token,
            with("permissions: {}", "permissions: write-all"),
        ),
        (Rule::Token, with("permissions: {}\n", "")),
        (
            Rule::Token,
            with("with: { role-to-assume: \"${{ vars.ROLE }}\" }", "with: {}"),
        ),
        (
            Rule::Token,
            with("{ contents: read, id-token: write }", "write-all"),
        ),
        (Rule::Token, with("    environment: prod\n", "")),
        (Rule::Fork, with(condition, "")),
        (Rule::Fork, with(condition, "    if: vars.ROLE != ''\n")),
        (
            Rule::Fork,
            with("== github.repository", "!= github.repository"),
        ),
        (
            Rule::Fork,
            with("pull_request: }", "pull_request_target: }"),
        ),
        (Rule::Fork, with("pull_request: }", "workflow_run: }")),
        (Rule::Pin, with(pinned, "@v6.0.2")),
        (Rule::Pin, with(pinned, "@de0fac2 # v6.0.2")),
        (Rule::Pin, with(" # v6.0.2", "")),
        (
            Rule::Script,
            with("$TITLE", "${{ github.event.pull_request.title }}"),
        ),
        (Rule::Script, with("$TITLE", "${{github.head_ref}}")),
    ] {
        assert_eq!(found, [rule]);
    }
    // A job that has no token needs no condition.
    let harmless = GOOD.replace(token, "issues: read").replace(condition, "");
    let harmless = harmless.replace("with: { role-to-assume: \"${{ vars.ROLE }}\" }", "with: {}");
    assert!(broken(&harmless).is_empty());
}
