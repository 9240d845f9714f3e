//! `txflow man`.

use anyhow::Result;
use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::context::Context;
use crate::exit::Exit;

const ENVIRONMENT: [(&str, &str); 6] = [
    ("TXFLOW_STAGE", "The stage, unless --stage is given."),
    (
        "NO_COLOR",
        "If set, nothing is colored unless --color says so.",
    ),
    (
        "CI",
        "If set, progress is printed as plain lines, and the build uses Cargo.lock as it is.",
    ),
    (
        "GITHUB_ACTIONS",
        "If true, results are also written for the GitHub Actions job.",
    ),
    (
        "AWS_PROFILE, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_ENDPOINT_URL",
        "The credentials, region and endpoint, as with the AWS CLI. With --local none of them is used.",
    ),
    (
        "CARGO, CARGO_TARGET_DIR, RUSTFLAGS",
        "How the handlers are built, as with cargo.",
    ),
];

const FILES: [(&str, &str); 4] = [
    (
        "deploy.toml",
        "What to deploy. txflow schema prints its keys.",
    ),
    (
        "definition.asl.json",
        "The definition of the state machine, unless deploy.toml names another file.",
    ),
    ("lambdas/", "The crates of the handlers, in a new project."),
    (
        ".txflow/",
        "The state of --local. It may be removed while txflow is not running.",
    ),
];

/// Prints the manual page, in roff: all commands on one page.
pub fn man(context: &Context, txflow: Command) -> Result<Exit> {
    let page = page(txflow)?;
    context.printer.print(page.trim_end())?;
    Ok(Exit::Done)
}

fn page(mut txflow: Command) -> Result<String> {
    txflow.build();
    let man = Man::new(txflow.clone());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    heading("COMMANDS").to_writer(&mut page)?;
    for command in commands(&txflow) {
        describe(command, &mut page)?;
    }
    let codes = Exit::MEANINGS.map(|(exit, meaning)| ((exit as u8).to_string(), meaning));
    let codes = codes
        .each_ref()
        .map(|(code, meaning)| (code.as_str(), *meaning));
    for (title, entries) in [
        ("EXIT STATUS", &codes[..]),
        ("ENVIRONMENT", &ENVIRONMENT),
        ("FILES", &FILES),
    ] {
        heading(title).to_writer(&mut page)?;
        for (term, text) in entries {
            let mut entry = Roff::new();
            entry.control("TP", []);
            entry.text([bold(*term)]).text([roman(*text)]);
            entry.to_writer(&mut page)?;
        }
    }
    heading("EXAMPLES").to_writer(&mut page)?;
    examples(&txflow).to_writer(&mut page)?;
    Ok(String::from_utf8(page)?)
}

/// All commands in the order of `--help`, including subcommands.
fn commands(command: &Command) -> Vec<&Command> {
    command
        .get_subcommands()
        .filter(|command| command.get_name() != "help")
        .flat_map(|command| [vec![command], commands(command)].concat())
        .collect()
}

/// A command with its own arguments: those of all commands are listed once.
fn describe(command: &Command, page: &mut Vec<u8>) -> Result<()> {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let man = Man::new(command.clone().mut_args(|argument| {
        let everywhere = ["help", "version"].contains(&argument.get_id().as_str());
        let hide = everywhere || argument.is_global_set();
        argument.hide(hide)
    }));
    let mut title = Roff::new();
    title.control("SS", [name]);
    title.to_writer(page)?;
    let about = command.get_about().map(ToString::to_string);
    let mut text = Roff::new();
    text.text([roman(about.unwrap_or_default())]);
    text.control("PP", []);
    text.to_writer(page)?;
    page.extend(without_heading(|page| man.render_synopsis_section(page))?);
    page.extend(without_heading(|page| man.render_options_section(page))?);
    examples(command).to_writer(page)?;
    notes(command).to_writer(page)?;
    Ok(())
}

/// A section of the page of one command, as a part of the combined page.
fn without_heading(render: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> Result<Vec<u8>> {
    let mut section = Vec::new();
    render(&mut section)?;
    let text = String::from_utf8(section)?;
    let lines = text.lines().filter(|line| !line.starts_with(".SH "));
    Ok(lines
        .flat_map(|line| [line, "\n"])
        .collect::<String>()
        .into())
}

/// The example lines of a command's help, as the user types them.
fn examples(command: &Command) -> Roff {
    let help = command.get_after_help().map(ToString::to_string);
    let help = help.unwrap_or_default();
    let mut roff = Roff::new();
    roff.control("PP", []);
    roff.control("EX", []);
    for line in help.lines().filter(|line| line.starts_with("  ")) {
        roff.text([roman(line)]);
    }
    roff.control("EE", []);
    roff
}

/// The paragraphs below the examples.
fn notes(command: &Command) -> Roff {
    let help = command.get_after_help().map(ToString::to_string);
    let help = help.unwrap_or_default();
    let mut roff = Roff::new();
    for note in help.split("\n\n").skip(1) {
        roff.control("PP", []);
        roff.text([roman(note)]);
    }
    roff
}

fn heading(title: &str) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [title]);
    roff
}
