//! What a terminal of 80 columns gets: lines that fit, broken between words, so that none goes on in the middle of one.

use crate::support::project::Project;
use crate::support::pseudo_terminal::PseudoTerminal;
use crate::support::txflow::Txflow;

const COLUMNS: usize = 80;

/// How far what goes on in a next line is indented at most.
const INDENT: usize = 14;

/// With a failing test, a function that nothing calls, permissions, and long names.
fn project() -> Project {
    Project::transactions()
        .handler("a-handler-with-a-long-name-that-no-state-calls")
        .function_settings(
            "purchase-handler",
            r#"
environment.ORDERS_TABLE = "orders-of-all-customers"
statements = [
    { actions = ["dynamodb:GetItem", "dynamodb:PutItem"], resources = ["arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/orders-of-all-customers"] },
]"#,
        )
        .settings(
            "[tests.FAILS]\ninput = { type = \"OTHER\" }\nexpect = { status = \"SUCCEEDED\", path = [\"Choose\", \"Purchase\"], output = { a = \"value that is rather long and does not come\" } }\n",
        )
}

/// What a terminal gets: no line is drawn again, since a pipeline reads it as well.
async fn shown(project: &Project, arguments: &[&str]) -> String {
    let txflow: Txflow = project.alone(arguments);
    let txflow = [
        ("TERM", "xterm"),
        ("LANG", "C.UTF-8"),
        ("NO_COLOR", "1"),
        ("CI", "true"),
    ]
    .iter()
    .fold(txflow, |txflow, (name, value)| txflow.env(name, value));
    let terminal = PseudoTerminal::of_width(COLUMNS as u16);
    txflow.run_on(terminal).await.stdout.replace('\r', "")
}

/// A line that is too long ends in a word that fits into none, quotes a file, or is a command to run next, which is copied.
fn misfits(text: &str) -> Vec<&str> {
    let is_quoted = |line: &str| {
        let line = line.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit());
        line.starts_with('|') || line.starts_with("-->")
    };
    let is_next = |line: &str| {
        let command = line.trim_start().trim_start_matches("next:");
        command.trim_start().starts_with("txflow ")
    };
    let last_word = |line: &str| {
        line.rsplit(' ')
            .next()
            .map_or(0, |word| word.chars().count())
    };
    text.lines()
        .filter(|line| line.chars().count() > COLUMNS && !is_next(line))
        .filter(|line| !is_quoted(line) && last_word(line) + INDENT <= COLUMNS)
        .collect()
}

#[tokio::test]
async fn no_command_writes_lines_that_a_terminal_breaks_within_words() {
    let project = project().write();
    // Cargo breaks no lines of its own.
    project.alone(&["plan", "--local"]).run().await.succeeded();
    let mut broken = String::new();
    for arguments in [
        // Not deployed yet.
        &["validate"][..],
        &["plan", "--local"],
        &["status", "--local"],
        &["executions", "list", "--local"],
        &[
            "status",
            "--local",
            "--stage",
            "a-stage-that-nobody-has-declared",
        ],
        &["deploy", "--local", "--test"],
        &["deploy", "--local"],
        &["plan", "--local"],
        &["status", "--local"],
        &["test", "--local"],
        &["test", "--local", "--type", "PURCHASES"],
        &["test", "--local", "--fast", "--coverage", "--type", "FAILS"],
        &["test", "--local", "--repeat", "20", "--type", "REFUND"],
        &["start", "--local", "--input", "{}"],
        &["executions", "list", "--local"],
        &["executions", "show", "last", "--local"],
        &[
            "executions",
            "show",
            "no-such-execution-of-this-workflow",
            "--local",
        ],
        &["executions", "redrive", "last", "--local"],
        &["executions", "fork", "last", "--local"],
        &["rollback", "--local"],
        &["rollback", "--local", "--to", "17"],
        &["canary", "status", "--local"],
        &["diff", "1", "--local"],
        &["replay", "--local"],
        &["explore"],
        &["invoke", "purchase-handlers", "--local"],
        &["test-state", "Purchases", "--local", "--input", "{}"],
        &["policy", "--role", "nobody"],
        &["policy", "--boundary", "--stage", "prod"],
        &["graph", "-o", "graph.gif"],
        &["logs", "no-such-handler", "--local"],
        &["plan", "--local", "--out", "/no/such/folder/a.plan"],
        &["deploy", "--local", "--plan", "deploy.toml"],
        &["destroy", "--local"],
        &["destroy", "--local", "--yes"],
        &["init", "."],
        &["--help"],
        &["deploy", "--help"],
        &["deploy", "--canary", "--test"],
    ] {
        let text = shown(&project, arguments).await;
        assert!(!text.trim().is_empty(), "{arguments:?} says nothing");
        for line in misfits(&text) {
            broken.push_str(&format!("txflow {}\n  {line}\n", arguments.join(" ")));
        }
    }
    assert!(broken.is_empty(), "{broken}");
}
