//! The reference of the commands: the definitions of the command line, as a page.

use std::fmt::Write as _;

use clap::builder::StyledStr;
use clap::{Arg, Command, CommandFactory as _};
use txflow::commands::Cli;

const HEAD: &str = "\
# Commands

Generated from the definitions of the command line, by `TXFLOW_BLESS=1 cargo test --workspace --test it book`. `txflow COMMAND --help` shows the
same in a terminal.

";

pub fn page() -> String {
    let mut txflow = Cli::command();
    txflow.build();
    let mut page = HEAD.to_owned();
    let _ = writeln!(page, "## Options of all commands\n");
    options(
        &mut page,
        txflow
            .get_arguments()
            .filter(|argument| argument.is_global_set()),
    );
    describe(&mut page, &txflow, "");
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

/// The commands below this one, each behind its parent.
fn describe(page: &mut String, parent: &Command, before: &str) {
    for command in parent
        .get_subcommands()
        .filter(|c| c.get_name() != "help" && !c.is_hide_set())
    {
        let path = [before, command.get_name()].concat();
        let _ = writeln!(page, "## txflow {path}\n\n{}.\n", text(command.get_about()));
        let usage = command.clone().render_usage().to_string();
        let usage = usage.trim_start_matches("Usage: ");
        let _ = writeln!(page, "```text\n{usage}\n```\n");
        options(page, command.get_positionals());
        let own = command.get_arguments();
        let own = own.filter(|option| !option.is_positional() && !option.is_global_set());
        options(page, own);
        after(page, &text(command.get_after_help()));
        describe(page, command, &format!("{path} "));
    }
}

fn options<'a>(page: &mut String, arguments: impl Iterator<Item = &'a Arg>) {
    let is_known = |argument: &&Arg| !["help", "version"].contains(&argument.get_id().as_str());
    let shown = arguments.filter(|argument| is_known(argument) && !argument.is_hide_set());
    let rows: Vec<String> = shown.map(row).collect();
    if !rows.is_empty() {
        let _ = writeln!(page, "| | |\n|---|---|\n{}\n", rows.join("\n"));
    }
}

fn row(argument: &Arg) -> String {
    let mut about = text(argument.get_help())
        .replace('|', "\\|")
        .replace('<', "&lt;");
    let values = argument.get_possible_values();
    let values = values.iter().filter(|value| !value.is_hide_set());
    let values: Vec<String> = values
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    if argument.get_action().takes_values() && !values.is_empty() {
        let _ = write!(about, ". One of {}", values.join(", "));
    }
    let defaults = argument.get_default_values().iter();
    let defaults: Vec<String> = defaults
        .map(|value| format!("`{}`", value.to_string_lossy()))
        .collect();
    if argument.get_action().takes_values() && !defaults.is_empty() {
        let _ = write!(about, " [default: {}]", defaults.join(", "));
    }
    if let Some(variable) = argument.get_env() {
        let _ = write!(about, " [variable: `{}`]", variable.to_string_lossy());
    }
    format!("| `{}` | {about} |", name(argument).replace('|', "\\|"))
}

/// As it is typed, with the names of its values.
fn name(argument: &Arg) -> String {
    let short = argument.get_short().map(|short| format!("-{short}"));
    let long = argument.get_long().map(|long| format!("--{long}"));
    let flags: Vec<String> = [short, long].into_iter().flatten().collect();
    let values = argument.get_value_names().unwrap_or_default();
    let values: Vec<String> = values.iter().map(|value| format!("<{value}>")).collect();
    let takes_values = argument.get_action().takes_values();
    match (flags.is_empty(), takes_values) {
        (true, _) => values.join(" "),
        (false, true) => format!("{} {}", flags.join(", "), values.join(" ")),
        (false, false) => flags.join(", "),
    }
}

/// Examples, which are indented, and text.
fn after(page: &mut String, help: &str) {
    for part in help.split("\n\n").filter(|part| !part.is_empty()) {
        match part.strip_prefix("Examples:\n") {
            Some(examples) => {
                let lines = examples.lines().map(str::trim_start);
                let lines: Vec<&str> = lines.collect();
                let _ = writeln!(page, "```sh\n{}\n```\n", lines.join("\n"));
            }
            None => {
                let _ = writeln!(page, "{part}\n");
            }
        }
    }
}

fn text(styled: Option<&StyledStr>) -> String {
    styled.map(ToString::to_string).unwrap_or_default()
}

#[test]
fn each_command_and_each_option_is_on_the_page() {
    let page = page();
    let mut txflow = Cli::command();
    txflow.build();
    let mut left: Vec<Command> = vec![txflow];
    let mut count = 0;
    while let Some(command) = left.pop() {
        let options = command
            .get_arguments()
            .filter(|argument| !argument.is_positional());
        for option in options.filter(|option| !option.is_hide_set()) {
            let long = option.get_long().expect("a long name");
            if ["help", "version"].contains(&long) {
                continue;
            }
            let rows = [format!("--{long}` |"), format!("--{long} <")];
            let found = rows.iter().any(|row| page.contains(row));
            assert!(found, "{long} of {}", command.get_name());
            count += 1;
        }
        let inner = command
            .get_subcommands()
            .filter(|c| c.get_name() != "help" && !c.is_hide_set());
        for inner in inner {
            let name = inner.get_bin_name().expect("a name");
            assert!(page.contains(&format!("## {name}\n")), "{name}");
            left.push(inner.clone());
        }
    }
    assert!(
        count > 100,
        "the options are not where they should be: {count}"
    );
}
