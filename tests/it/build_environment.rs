//! What the code that a build runs gets to see of the environment: no credentials and no secrets.

use std::collections::BTreeMap;
use std::fs;

use crate::support::txflow::Txflow;
use crate::workspace::{NO_DEPENDENCIES, Workspace, build, built};

/// Found in what a process sees, it should not be there.
const KEPT: &str = "k3pt-from-bu1lds";

const DEFINITION: &str = r#"{
    "StartAt": "Handle",
    "States": { "Handle": { "Type": "Task", "Resource": "${handler}", "End": true } }
}"#;

const DEPLOY_TOML: &str = r#"
name = "shop"
[build]
pass-environment = ["GH_TOKEN", "GIVEN_BACK"]
[functions.handler.environment]
TOKEN = { env = "SHOP_TOKEN", secret = true }
BACK = { env = "GIVEN_BACK", secret = true }
[stages.prod.functions.handler.environment]
KEY = { env = "PROD_KEY", secret = true }
"#;

/// Rust that writes the variables of its process down.
fn writes_down(name: &str) -> String {
    format!(
        r#"
        let seen: String = std::env::vars().map(|(name, value)| format!("{{name}}={{value}}\n")).collect();
        let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap();
        std::fs::write(format!("{{folder}}/../../seen/{name}"), seen).unwrap();
        "#
    )
}

/// A build script, a procedural macro, and `cargo` and `rustc` that write down how they are called
/// and what they see. The condition in the configuration makes txflow ask `rustc` for its `cfg`.
fn curious() -> Workspace {
    let build_script = format!("fn main() {{ {} }}", writes_down("build-script"));
    let spy = "[package]\nname = \"spy\"\nedition = \"2024\"\n[lib]\nproc-macro = true\n";
    let procedural_macro = format!(
        "#[proc_macro] pub fn look(_: proc_macro::TokenStream) -> proc_macro::TokenStream {{ {} Default::default() }}",
        writes_down("macro")
    );
    let workspace = Workspace::at("")
        .package(
            "handler",
            "spy = { path = \"../spy\" }\n",
            "spy::look!(); fn main() {}",
        )
        .file("crates/handler/build.rs", &build_script)
        .file("crates/spy/Cargo.toml", spy)
        .file("crates/spy/src/lib.rs", &procedural_macro)
        .file(
            ".cargo/config.toml",
            "[target.'cfg(unix)']\nrustflags = [\"--cfg\", \"curious\"]\n",
        )
        .file("deploy.toml", DEPLOY_TOML)
        .file("definition.asl.json", DEFINITION);
    fs::create_dir(workspace.root.join("seen")).unwrap();
    workspace
}

/// A program in the place of cargo's or rustc's.
fn in_place_of(workspace: &Workspace, program: &str, name: &str) -> String {
    let seen = workspace.root.join("seen");
    let seen = seen.display();
    let text =
        format!("{{ echo \"called with $*\"; env; }} > {seen}/{name}-$$\nexec '{program}' \"$@\"");
    workspace.script(name, &text).display().to_string()
}

#[tokio::test]
async fn no_process_of_a_build_sees_credentials_or_secrets() {
    let workspace = curious();
    let cargo = std::env::var("CARGO").unwrap();
    let rustc = cargo.replace("cargo", "rustc");
    let rustc = if fs::exists(&rustc).unwrap() {
        &rustc
    } else {
        "rustc"
    };
    let mut plan = Txflow::without_account(&workspace.root, &["plan", "--local"])
        .env("CARGO", &in_place_of(&workspace, &cargo, "cargo"))
        .env("RUSTC", &in_place_of(&workspace, rustc, "rustc"))
        .env("CARGO_NET_OFFLINE", "true")
        .env("GIVEN_BACK", "seen-by-choice")
        .env("GH_TOKEN", "seen-by-choice")
        .env("HARMLESS", "seen-by-all");
    for name in [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "ACTIONS_RUNTIME_TOKEN",
        "GITHUB_TOKEN",
        "GITHUB_ENV",
        "GITHUB_PATH",
        "SHOP_TOKEN",
        "PROD_KEY",
    ] {
        plan = plan.env(name, KEPT);
    }
    plan.run().await.succeeded();

    let seen: BTreeMap<String, String> = fs::read_dir(workspace.root.join("seen"))
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read_to_string(entry.path()).unwrap())
        })
        .collect();
    for (process, environment) in &seen {
        assert!(!environment.contains(KEPT), "{process} sees {environment}");
        // A command that hosts handlers has little in its own environment, which the reader of cargo's configuration
        // hands on.
        let of_the_reader = environment.starts_with("called with --print cfg --target");
        assert!(
            of_the_reader || environment.contains("HARMLESS=seen-by-all"),
            "{process}"
        );
    }
    for process in ["build-script", "macro"] {
        let environment = &seen[process];
        for name in ["GIVEN_BACK", "GH_TOKEN"] {
            let given = format!("{name}=seen-by-choice\n");
            assert!(environment.contains(&given), "{process}: {environment}");
        }
    }
    // Those that txflow starts, and one that the reader of cargo's configuration does.
    for call in ["metadata", "build", "-vV", "--print cfg --target"] {
        let call = format!("called with {call}");
        assert!(seen.values().any(|seen| seen.starts_with(&call)), "{call}");
    }
}

#[tokio::test]
async fn a_hash_does_not_depend_on_a_variable_that_is_kept_from_the_build() {
    let handler =
        "fn main() { println!(\"{:?} {}\", option_env!(\"SHOP_TOKEN\"), env!(\"SEEN\")); }";
    let build_script = "fn main() {
        println!(\"cargo::rerun-if-env-changed=AWS_SESSION_TOKEN\");
        println!(\"cargo::rustc-env=SEEN={}\", std::env::var(\"AWS_SESSION_TOKEN\").unwrap_or_default());
    }";
    let workspace = Workspace::at("")
        .package("handler", "", handler)
        .file("crates/handler/build.rs", build_script);
    let request = |value: &str| {
        let mut request = workspace.request(&["handler"]);
        request.secrets = ["SHOP_TOKEN".to_owned()].into();
        for name in ["AWS_SESSION_TOKEN", "SHOP_TOKEN"] {
            request.environment.set(name, value);
        }
        request
    };
    let first = built(&request("one")).await;
    let events = std::sync::Mutex::new(Vec::new());
    let second = build(&request("two"), &|event| events.lock().unwrap().push(event))
        .await
        .unwrap();
    assert_eq!(first[0].sha256, second[0].sha256);
    let events = format!("{:?}", events.into_inner().unwrap());
    assert!(events.contains("compiled: false"), "{events}");

    // What deploy.toml gives back counts.
    let mut passed = request("two");
    passed.config.pass_environment = vec!["AWS_SESSION_TOKEN".to_owned()];
    let third = built(&passed).await;
    assert_ne!(first[0].sha256, third[0].sha256);
}

#[tokio::test]
async fn the_compiler_is_asked_without_its_wrapper() {
    let workspace = Workspace::at("").package("handler", "", NO_DEPENDENCIES);
    // As sccache does, which takes a compiler and nothing else.
    let wrapper = workspace.script("wrapper", "case $1 in *rustc*) exec \"$@\";; esac; exit 3");
    let mut request = workspace.request(&["handler"]);
    request.environment.set("RUSTC_WRAPPER", wrapper);
    built(&request).await;
}
