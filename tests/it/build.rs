//! `build::build` against real cargo, on workspaces that compile in seconds.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::Mutex;

use tempfile::TempDir;
use txflow::build::{BuildError, BuildEvent};
use txflow::exit::Advice as _;

use crate::shown::{assert_shown, of_build};
use crate::workspace::{NO_DEPENDENCIES, Workspace, build, built};

/// Panic messages from the handler, a crate beside it, a crate of the registry, generated code
/// and the standard library: all that could hold a path.
fn talkative(subdirectory: &str) -> Workspace {
    Workspace::at(subdirectory)
        .package("handler", "bytes = \"1\"\nshared = { path = \"../shared\" }\n", r#"
            include!(concat!(env!("OUT_DIR"), "/generated.rs"));
            fn main() {
                let mut arguments: Vec<String> = std::env::args().collect();
                let all = bytes::Bytes::from(arguments.remove(0));
                println!("{:?} {} {} {}", all.slice(3..7), shared::checked(all.len()), file!(), generated(all.len()));
            }
        "#)
        .file("crates/handler/build.rs", r#"
            fn main() {
                let path = std::path::Path::new(&std::env::var_os("OUT_DIR").unwrap()).join("generated.rs");
                let code = "fn generated(n: usize) -> usize { assert!(n < 9000, \"{}\", file!()); n }";
                std::fs::write(path, code).unwrap();
            }
        "#)
        .package("shared", "", NO_DEPENDENCIES)
        .file("crates/shared/src/lib.rs", r#"
            pub fn checked(n: usize) -> usize { n.checked_sub(2).expect("too few") }
        "#)
}

#[tokio::test]
async fn the_same_source_gives_the_same_zip_from_anywhere() {
    let here = talkative("a");
    let there = talkative("a/much/longer/path");

    let mut elsewhere = there.request(&["handler"]);
    let cargo_home = TempDir::new().unwrap();
    let own_home = elsewhere.environment.cargo_home().unwrap();
    symlink(
        own_home.join("registry"),
        cargo_home.path().join("registry"),
    )
    .unwrap();
    let cargo = elsewhere.environment.cargo().to_string_lossy().into_owned();
    let strict = there.script("cargo", &format!("umask 077\nexec '{cargo}' \"$@\""));
    elsewhere.environment.set("CARGO", strict);
    elsewhere.environment.set("CARGO_HOME", cargo_home.path());
    elsewhere
        .environment
        .set("CARGO_TARGET_DIR", there.root.join("../output"));
    elsewhere.environment.set("TZ", "Pacific/Auckland");
    // As `cargo run` would leave it.
    elsewhere
        .environment
        .set("CARGO_MANIFEST_DIR", "/somewhere");

    let first = built(&here.request(&["handler"])).await;
    let second = built(&elsewhere).await;
    assert_eq!(first[0].sha256, second[0].sha256);
    assert_eq!(first[0].zip, second[0].zip);
}

#[tokio::test]
async fn a_finished_handler_is_packaged_while_another_compiles() {
    // `slow` compiles only after the artifact of `quick` is there.
    let workspace = Workspace::at("")
        .package("quick", "", NO_DEPENDENCIES)
        .package("slow", "", NO_DEPENDENCIES)
        .file("crates/slow/build.rs", &waits_for("quick-is-packaged"));
    let signal = workspace.root.join("quick-is-packaged");
    let events = Mutex::new(Vec::new());
    let on_event = |event: BuildEvent| {
        if matches!(&event, BuildEvent::Finished { function, .. } if function == "quick") {
            fs::write(&signal, "").unwrap();
        }
        events.lock().unwrap().push(event);
    };
    let request = workspace.request(&["slow", "quick"]);
    let artifacts = build(&request, &on_event).await.unwrap();

    let names: Vec<_> = artifacts
        .iter()
        .map(|artifact| artifact.function.as_str())
        .collect();
    assert_eq!(names, ["slow", "quick"], "in the order of the request");
    let events = events.into_inner().unwrap();
    assert!(matches!(
        events[0],
        BuildEvent::Started {
            functions: 2,
            linker: None,
            ..
        }
    ));
    let finished = events[1..].iter().map(|event| match event {
        BuildEvent::Finished {
            function,
            sha256,
            size,
            compiled,
            ..
        } => (function.as_str(), sha256.as_str(), *size, *compiled),
        other => panic!("unexpected {other:?}"),
    });
    let expected = [&artifacts[1], &artifacts[0]].map(|artifact| {
        (
            artifact.function.as_str(),
            artifact.sha256.as_str(),
            artifact.zip.len(),
            true,
        )
    });
    assert_eq!(finished.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_second_build_compiles_nothing_and_gives_the_same() {
    let workspace = Workspace::at("").package("handler", "", NO_DEPENDENCIES);
    let request = workspace.request(&["handler"]);
    let first = built(&request).await;
    let compiled = Mutex::new(Vec::new());
    let on_event = |event: BuildEvent| {
        if let BuildEvent::Finished {
            compiled: again, ..
        } = event
        {
            compiled.lock().unwrap().push(again);
        }
    };
    let second = build(&request, &on_event).await.unwrap();
    assert_eq!(second[0].sha256, first[0].sha256);
    assert_eq!(compiled.into_inner().unwrap(), [false]);
}

#[tokio::test]
async fn dropping_the_build_kills_cargo() {
    let workspace = Workspace::at("")
        .package("handler", "", NO_DEPENDENCIES)
        .file("crates/handler/build.rs", &waits_for("the-end"));
    let mut request = workspace.request(&["handler"]);
    let cargo = request.environment.cargo().to_string_lossy().into_owned();
    let script = workspace.script(
        "cargo",
        &format!("[ $1 = build ] && echo $$ > pid\nexec '{cargo}' \"$@\""),
    );
    request.environment.set("CARGO", script);

    let pid = tokio::select! {
        result = build(&request, &|_| {}) => panic!("it ended: {result:?}"),
        pid = soon(|| fs::read_to_string(workspace.root.join("pid")).ok().filter(|pid| pid.ends_with('\n'))) => pid,
    };
    let process = PathBuf::from(format!("/proc/{}/cmdline", pid.trim()));
    // Empty once it is dead, gone once it is reaped.
    soon(|| {
        fs::read(&process)
            .unwrap_or_default()
            .is_empty()
            .then_some(())
    })
    .await;
    fs::write(workspace.root.join("the-end"), "").unwrap();
}

#[tokio::test]
async fn what_cargo_says_about_an_error_comes_back_when_it_is_captured() {
    let workspace = Workspace::at("").package("handler", "", "fn main() { unknown() }");
    let error = build(&workspace.request(&["handler"]), &|_| {})
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cargo could not build the functions"),
        "{error}"
    );
    let BuildError::Cargo {
        captured: Some(said),
        ..
    } = error
    else {
        panic!("{error:?}")
    };
    assert!(said.contains("cannot find function `unknown`"), "{said}");
    assert!(said.contains("crates/handler/src/main.rs:1:13"), "{said}");
}

#[tokio::test]
async fn a_profile_that_the_workspace_lacks_is_shown_how_to_add() {
    let workspace = Workspace::at("").package("handler", "", NO_DEPENDENCIES);
    let mut request = workspace.request(&["handler"]);
    request.config.profile = "tiny".to_owned();
    let error = build(&request, &|_| {}).await.unwrap_err();
    assert!(
        error
            .hint()
            .is_some_and(|hint| hint.contains("no `[profile.tiny]`")),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_workflow_without_functions_builds_nothing() {
    let workspace = Workspace::at("").package("handler", "", "fn main() { unknown() }");
    assert!(built(&workspace.request(&[])).await.is_empty());
}

#[tokio::test]
async fn the_users_own_flags_reach_the_compiler_from_where_cargo_would_take_them() {
    let handler = "fn main() {} #[cfg(not(from_config))] compile_error!(\"no flag\");";
    let config = "[build]\nrustflags = [\"--cfg\", \"from_config\"]\n";
    let workspace = Workspace::at("")
        .package("handler", "", handler)
        .file(".cargo/config.toml", config);
    let mut request = workspace.request(&["handler"]);
    built(&request).await;

    // The variable replaces what the file says.
    request
        .environment
        .set("RUSTFLAGS", "--cfg from_the_environment");
    let error = build(&request, &|_| {}).await.unwrap_err();
    assert!(matches!(error, BuildError::Cargo { .. }), "{error:?}");
}

#[tokio::test]
async fn a_pipeline_builds_what_was_committed() {
    // The lock file of this repository has more than this workspace needs: cargo would change it.
    let workspace = Workspace::at("").package("handler", "", NO_DEPENDENCIES);
    let mut request = workspace.request(&["handler"]);
    request.environment.set("CI", "true");
    let error = build(&request, &|_| {}).await.unwrap_err();
    let BuildError::Cargo {
        captured: Some(said),
        ..
    } = error
    else {
        panic!("{error:?}")
    };
    assert!(said.contains("--locked"), "{said}");

    request.environment.remove("CI");
    built(&request).await;
}

#[tokio::test]
async fn a_function_without_a_binary_of_its_own_is_an_error_with_a_way_out() {
    let two = "[[bin]]\nname = \"one\"\npath = \"src/main.rs\"\n[[bin]]\nname = \"two\"\npath = \"src/main.rs\"\n";
    let library = "[package]\nname = \"library\"\nedition = \"2024\"\n";
    let workspace = Workspace::at("")
        .package("handler", "", NO_DEPENDENCIES)
        .package("several", two, NO_DEPENDENCIES)
        .file("crates/library/Cargo.toml", library)
        .file("crates/library/src/lib.rs", "");
    let mut told = String::new();
    for function in ["handlr", "library", "several"] {
        let error = build(&workspace.request(&[function]), &|_| {})
            .await
            .unwrap_err();
        told += &of_build(&error);
        told.push('\n');
    }
    assert_shown!("no_binary", told);
}

#[tokio::test]
async fn without_cargo_or_without_a_workspace_the_error_says_what_to_do() {
    let workspace = Workspace::at("").package("handler", "", NO_DEPENDENCIES);
    let mut request = workspace.request(&["handler"]);
    request.environment.set("CARGO", "/nowhere/cargo");
    let error = build(&request, &|_| {}).await.unwrap_err();
    assert_shown!("cargo_is_nowhere", of_build(&error));

    let nothing = TempDir::new().unwrap();
    let mut request = workspace.request(&["handler"]);
    request.root = nothing.path().to_owned();
    let error = build(&request, &|_| {}).await.unwrap_err();
    assert!(
        error.to_string().contains("could not find `Cargo.toml`"),
        "{error}"
    );
    assert!(
        error
            .hint()
            .is_some_and(|hint| hint.contains("`deploy.toml`"))
    );
}

/// A build script that ends once a file is there.
fn waits_for(file: &str) -> String {
    format!(
        "fn main() {{ while !std::path::Path::new(\"../../{file}\").exists() {{ \
         std::thread::sleep(std::time::Duration::from_millis(5)) }} }}"
    )
}

/// Waits until there is an answer, for a minute at most.
async fn soon<T>(answer: impl Fn() -> Option<T>) -> T {
    for _ in 0..12_000 {
        if let Some(answer) = answer() {
            return answer;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("nothing happened for a minute");
}
