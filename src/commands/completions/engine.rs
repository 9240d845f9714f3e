//! Answers a shell that asks for completions.

use std::ffi::OsString;
use std::sync::{Arc, Mutex, PoisonError};

use clap::{Command, CommandFactory as _};
use clap_complete::env::{EnvCompleter, Shells};
use clap_complete::{ArgValueCandidates, CompletionCandidate};

use super::names::Names;
use super::project::{Name, Project};
use super::{VARIABLE, registration};
use crate::commands::Cli;
use crate::exit::Exit;
use crate::world::World;

/// The shell that asks for completions, if one does. The script passes `--` and the words of the command line; without
/// any argument it is asked for the script itself.
pub fn shell_that_asks(arguments: &[OsString], world: &World) -> Option<&'static dyn EnvCompleter> {
    let asks = match arguments {
        [_] => true,
        [_, dashes, ..] => dashes == "--",
        [] => false,
    };
    let shell = world.variable(VARIABLE).filter(|_| asks)?;
    let shell = shell.rsplit('/').next().unwrap_or(&shell);
    let mut shells = Shells::builtins().0.iter();
    shells.find(|known| known.is(shell)).copied()
}

/// Prints the completions of the word at the cursor. What is not known has none: a shell shows no errors.
pub async fn complete(shell: &dyn EnvCompleter, arguments: &[OsString], world: &World) -> Exit {
    let words = arguments.get(2..).unwrap_or_default();
    let written = match words {
        [] => script(shell),
        words => completions(shell, words, world).await,
    };
    // A shell that has gone away needs none.
    let _ = world.stdout.verbatim(&written.unwrap_or_default());
    Exit::Done
}

fn script(shell: &dyn EnvCompleter) -> Option<String> {
    let shell = shell.name().parse().ok()?;
    registration(shell, "txflow").ok()
}

/// The engine looks for candidates in the middle of its work, and some of them take calls. So it is run twice: to learn
/// what it looks for, and with what was found.
async fn completions(
    shell: &dyn EnvCompleter,
    words: &[OsString],
    world: &World,
) -> Option<String> {
    let asked: Arc<Mutex<Option<Names>>> = Arc::default();
    let ask = Arc::clone(&asked);
    let without = run(shell, words, world, move |names| {
        *ask.lock().unwrap_or_else(PoisonError::into_inner) = Some(names);
        Vec::new()
    });
    let asked = *asked.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(names) = asked else {
        return without;
    };
    let found = Project::of(words, world).names(names).await;
    let quotes = shell.name() == "bash";
    run(shell, words, world, move |_| {
        // A name may hold anything, and a terminal would obey it.
        let safe = |found: &&Name| !found.name.chars().any(char::is_control);
        let candidate = |Name { name, about }: &Name| {
            let name = if quotes { escaped(name) } else { name.clone() };
            CompletionCandidate::new(name).help(about.clone().map(Into::into))
        };
        found.iter().filter(safe).map(candidate).collect()
    })
}

fn run(
    shell: &dyn EnvCompleter,
    words: &[OsString],
    world: &World,
    candidates: impl Fn(Names) -> Vec<CompletionCandidate> + Send + Sync + 'static,
) -> Option<String> {
    let mut txflow = offering(Cli::command(), &Arc::new(candidates));
    txflow.build();
    let mut written = Vec::new();
    let here = world.dir.join(".");
    shell
        .write_complete(&mut txflow, words.to_vec(), Some(&here), &mut written)
        .ok()?;
    String::from_utf8(written).ok()
}

/// The command, whose arguments that name something have candidates.
fn offering<F>(command: Command, candidates: &Arc<F>) -> Command
where
    F: Fn(Names) -> Vec<CompletionCandidate> + Send + Sync + 'static,
{
    let command = command.mut_args(|argument| match argument.get::<Names>().copied() {
        Some(names) => {
            let candidates = Arc::clone(candidates);
            argument.add(ArgValueCandidates::new(move || candidates(names)))
        }
        None => argument,
    });
    command.mut_subcommands(|inner| offering(inner, candidates))
}

/// As it is typed: bash inserts a completion as it is, and compares it with what was typed.
fn escaped(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for c in name.chars() {
        if !c.is_alphanumeric() && !"_./:=@%+,-".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bash_gets_names_as_they_are_typed() {
        assert_eq!(escaped("order-17"), "order-17");
        assert_eq!(escaped("Charge the $card"), "Charge\\ the\\ \\$card");
    }

    #[test]
    fn each_kind_of_name_is_the_value_of_an_argument() {
        fn collect(command: &Command, found: &mut Vec<Names>) {
            let arguments = command.get_arguments();
            found.extend(arguments.filter_map(|argument| argument.get::<Names>().copied()));
            for inner in command.get_subcommands() {
                collect(inner, found);
            }
        }
        let mut found = Vec::new();
        collect(&Cli::command(), &mut found);
        for names in [
            Names::Stages,
            Names::Tests,
            Names::Functions,
            Names::StateMachines,
            Names::States,
            Names::Roles,
            Names::Releases,
            Names::Executions,
        ] {
            assert!(found.contains(&names), "{names:?}");
        }
    }
}
