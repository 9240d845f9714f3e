//! Which binary a function runs, with which features, and what is said if there is no such binary.

use std::io::{Cursor, Read};

use tempfile::TempDir;
use txflow::build::{Artifact, BuildError};
use txflow::exit::Advice as _;

use crate::shown::{assert_shown, of_build};
use crate::workspace::{NO_DEPENDENCIES, Workspace, built, refused};

/// A `main.rs` whose binary can be told from others.
fn says(text: &str) -> String {
    format!("fn main() {{ println!(\"this is {text}\") }}")
}

/// Whether the artifact holds the binary that says the text.
fn is(artifact: &Artifact, text: &str) -> bool {
    let mut archive = zip::ZipArchive::new(Cursor::new(&artifact.zip[..])).unwrap();
    let mut binary = Vec::new();
    let mut entry = archive.by_name("bootstrap").unwrap();
    entry.read_to_end(&mut binary).unwrap();
    let text = format!("this is {text}");
    binary
        .windows(text.len())
        .any(|found| found == text.as_bytes())
}

const BOOTSTRAP: &str = "\n[[bin]]\nname = \"bootstrap\"\npath = \"src/main.rs\"\n";

#[tokio::test]
async fn binaries_of_one_name_are_refused_before_cargo_could_write_one_over_the_other() {
    let mut workspace = Workspace::at("");
    for name in ["buy", "sell", "refund"] {
        workspace = workspace.package(name, BOOTSTRAP, &says(name));
    }
    let error = refused(&workspace.request(&["buy", "sell", "refund"])).await;
    let BuildError::SharedName { name, places } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(name, "bootstrap");
    assert_eq!(
        *places,
        ["buy", "refund", "sell"].map(|name| format!("crates/{name}/Cargo.toml:8"))
    );
    assert_shown!("shared_name", of_build(&error));
    assert!(!workspace.root.join("target").exists(), "cargo has built");

    // One of them alone has nobody to collide with.
    let artifacts = built(&workspace.request(&["sell"])).await;
    assert!(is(&artifacts[0], "sell"));
}

#[tokio::test]
async fn a_binary_that_no_function_runs_is_in_the_way_as_well() {
    let workspace = Workspace::at("")
        .package("auth", "", &says("auth"))
        .file("crates/auth/src/bin/login.rs", &says("another login"))
        .package("login", "", &says("login"));
    let error = refused(&workspace.request(&["auth", "login"])).await;
    let BuildError::SharedName { places, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(
        *places,
        ["crates/auth/src/bin/login.rs", "crates/login/src/main.rs"]
    );
}

#[tokio::test]
async fn a_function_may_be_one_of_several_binaries_of_a_package() {
    let second = "\n[[bin]]\nname = \"logout\"\npath = \"src/leave.rs\"\n";
    let workspace = Workspace::at("")
        .package("auth", second, &says("auth"))
        .file("crates/auth/src/leave.rs", &says("logout"))
        .file("crates/auth/src/bin/login.rs", &says("login"));
    let functions = ["logout", "auth", "login"];
    let artifacts = built(&workspace.request(&functions)).await;
    for (artifact, function) in artifacts.iter().zip(functions) {
        assert_eq!(artifact.function, function);
        assert!(is(artifact, function), "{function}");
    }
}

#[tokio::test]
async fn two_functions_may_run_one_binary() {
    let only = "\n[[bin]]\nname = \"login\"\npath = \"src/main.rs\"\n";
    let workspace = Workspace::at("").package("auth", only, &says("login"));
    let artifacts = built(&workspace.request(&["auth", "login"])).await;
    assert_eq!(artifacts.len(), 2);
    assert_eq!(artifacts[0].sha256, artifacts[1].sha256);
}

#[tokio::test]
async fn a_package_of_the_functions_name_comes_before_a_binary_of_that_name() {
    let workspace = Workspace::at("")
        .package("login", "", &says("the package"))
        .package("auth", "", NO_DEPENDENCIES)
        .file("crates/auth/src/bin/login.rs", &says("the binary"));
    let artifacts = built(&workspace.request(&["login"])).await;
    assert!(is(&artifacts[0], "the package"));

    // A library runs nothing, so it stands in nobody's way.
    std::fs::rename(
        workspace.root.join("crates/login/src/main.rs"),
        workspace.root.join("crates/login/src/lib.rs"),
    )
    .unwrap();
    let artifacts = built(&workspace.request(&["login"])).await;
    assert!(is(&artifacts[0], "the binary"));
}

#[tokio::test]
async fn a_binary_name_in_two_packages_is_refused_with_both_places() {
    let workspace = Workspace::at("")
        .package("auth", "", NO_DEPENDENCIES)
        .package("web", "", NO_DEPENDENCIES)
        .file("crates/auth/src/bin/login.rs", NO_DEPENDENCIES)
        .file("crates/web/src/bin/login.rs", NO_DEPENDENCIES);
    let error = refused(&workspace.request(&["login"])).await;
    let BuildError::AmbiguousBinary { places, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(
        *places,
        ["auth", "web"].map(|name| format!("crates/{name}/src/bin/login.rs"))
    );
    assert_shown!("ambiguous_binary", of_build(&error));
}

/// Two packages with the feature `tls`, of which one also has `sso`.
fn with_features() -> Workspace {
    let handler = "
        #[cfg(feature = \"tls\")] const TLS: &str = \"this is tls\";
        #[cfg(not(feature = \"tls\"))] const TLS: &str = \"this is plain\";
        fn main() { println!(\"{TLS}\") }
    ";
    let required = "\n[[bin]]\nname = \"buy\"\npath = \"src/main.rs\"\nrequired-features = [\"sso\", \"extra\"]\n";
    let features = "\n[features]\ndefault = [\"extra\"]\nextra = []\ntls = []\nsso = []\n";
    Workspace::at("")
        .package("buy", &format!("{features}{required}"), handler)
        .package("sell", "\n[features]\ntls = []\n", handler)
}

#[tokio::test]
async fn features_are_for_all_crates_or_for_that_of_one_function() {
    let workspace = with_features();
    let mut request = workspace.request(&["buy", "sell"]);
    request.functions[0].features = vec!["sso".to_owned()];
    let plain = built(&request).await;
    assert!(is(&plain[0], "plain") && is(&plain[1], "plain"));

    request.functions[0].features.push("tls".to_owned());
    let one = built(&request).await;
    assert!(is(&one[0], "tls") && is(&one[1], "plain"));

    // In each crate that has it.
    request.config.features = vec!["tls".to_owned(), "buy/sso".to_owned()];
    request.functions[0].features.clear();
    let all = built(&request).await;
    assert!(is(&all[0], "tls") && is(&all[1], "tls"));
}

#[tokio::test]
async fn a_required_feature_that_is_missing_is_named_with_the_place_for_it() {
    let workspace = with_features();
    let error = refused(&workspace.request(&["buy", "sell"])).await;
    assert!(
        error.to_string().contains("requires the features: "),
        "{error}"
    );
    let hint = error.hint().unwrap();
    assert_eq!(
        hint,
        "the binary of `buy` requires `sso`: add `features = [\"sso\"]` below `[functions.buy]` in deploy.toml"
    );
}

#[tokio::test]
async fn a_feature_that_no_crate_has_is_told_in_cargos_words() {
    let workspace = with_features();
    let mut request = workspace.request(&["sell"]);
    request.config.features = vec!["tsl".to_owned()];
    let error = refused(&request).await;
    assert!(error.to_string().contains("tsl"), "{error}");
    assert!(error.hint().is_some(), "{error:?}");
}

/// What is said, and the hint.
async fn told(workspace: &Workspace) -> (String, String) {
    let error = refused(&workspace.request(&["handler"])).await;
    (error.to_string(), error.hint().unwrap_or_default())
}

#[tokio::test]
async fn a_broken_workspace_is_told_in_cargos_words_with_a_hint_that_fits() {
    let workspace = || Workspace::at("").package("handler", "", NO_DEPENDENCIES);

    let empty = workspace();
    std::fs::create_dir(empty.root.join("crates/empty")).unwrap();
    let (said, hint) = told(&empty).await;
    assert!(
        said.contains("failed to load manifest for workspace member"),
        "{said}"
    );
    assert!(
        hint.contains("crates/empty`") && hint.contains("`workspace.exclude`"),
        "{hint}"
    );

    let gone = workspace();
    std::fs::remove_dir_all(gone.root.join("crates")).unwrap();
    let (_, hint) = told(&gone).await;
    assert!(
        hint.starts_with("no folder matches `") && hint.contains("`deploy.toml`"),
        "{hint}"
    );

    let lost = "shared = { path = \"../../shard\" }\n";
    let lost = Workspace::at("").package("handler", lost, NO_DEPENDENCIES);
    let (said, hint) = told(&lost).await;
    assert!(
        said.contains("failed to load manifest for dependency `shared`"),
        "{said}"
    );
    assert!(said.contains("shard/Cargo.toml`"), "{said}");
    assert!(hint.contains("`path` of the dependency `shared`"), "{hint}");

    let sourceless = workspace().file(
        "crates/blank/Cargo.toml",
        "[package]\nname = \"blank\"\nedition = \"2024\"\n",
    );
    let (said, hint) = told(&sourceless).await;
    assert!(
        said.contains("no targets specified in the manifest"),
        "{said}"
    );
    assert!(hint.contains("`src/main.rs`"), "{hint}");

    let unclosed = workspace().file("crates/handler/Cargo.toml", "[package\n");
    let (said, _) = told(&unclosed).await;
    assert!(said.contains("unclosed table"), "{said}");
}

#[tokio::test]
async fn a_missing_toolchain_is_told_in_rustups_words() {
    let workspace = Workspace::at("").package("handler", "", NO_DEPENDENCIES);
    let rustup = "error: toolchain '1.99.0-x86_64-unknown-linux-gnu' is not installed";
    let proxy = workspace.script("proxy", &format!("echo \"{rustup}\" >&2; exit 1"));
    for program in ["CARGO", "RUSTC"] {
        let mut request = workspace.request(&["handler"]);
        request.environment.set(program, &proxy);
        let error = refused(&request).await;
        assert!(error.to_string().contains(rustup), "{error}");
        assert_eq!(
            error.hint().unwrap(),
            "run `rustup toolchain install 1.99.0-x86_64-unknown-linux-gnu`"
        );
    }
}

#[tokio::test]
async fn without_cargo_the_error_says_where_it_comes_from() {
    let workspace = Workspace::at("").package("handler", "", NO_DEPENDENCIES);
    let empty = TempDir::new().unwrap();
    let mut request = workspace.request(&["handler"]);
    for name in ["CARGO", "RUSTC", "RUSTUP_HOME", "CARGO_HOME"] {
        request.environment.remove(name);
    }
    request.environment.set("PATH", empty.path());
    let error = refused(&request).await;
    assert_shown!("no_cargo", of_build(&error));
}
