//! The files of a release, and how they are installed.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;
use toml::Table;

use crate::runner::github::GitHub;
use crate::runner::write_executable;
use crate::support::project::repository;
use crate::support::txflow::binary;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const TARGET: &str = "x86_64-unknown-linux-gnu";

fn folder() -> TempDir {
    TempDir::with_prefix("txflow-it-").expect("a temporary directory")
}

fn run(script: &str, arguments: &[&str]) -> Output {
    let path = repository().join("release").join(script);
    let mut command = Command::new(path);
    // What `gh` says of a file that no workflow built is up to another test.
    let bin = folder();
    write_executable(&bin.path().join("gh"), "#!/bin/sh\nexit 1\n");
    let path = std::env::var("PATH").expect("a path");
    command.env("PATH", format!("{}:{path}", bin.path().display()));
    command.args(arguments).output().expect("start it")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn succeeded(output: &Output) -> String {
    let shown = [&output.stdout[..], &output.stderr[..]].concat();
    let shown = String::from_utf8_lossy(&shown).into_owned();
    assert!(output.status.success(), "{shown}");
    shown
}

fn refused(output: &Output, code: i32, says: &str) {
    let shown = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{shown}");
    assert!(shown.contains(says), "no {says:?} in {shown}");
}

/// Packs a script that says it is txflow.
fn packed(version: &str) -> TempDir {
    let release = folder();
    let script = release.path().join("script");
    write_executable(&script, &format!("#!/bin/sh\necho txflow {version}\n"));
    succeeded(&run(
        "package.sh",
        &[TARGET, text(&script), text(release.path())],
    ));
    release
}

fn install(from: &str, to: &Path, more: &[&str]) -> Output {
    let arguments = ["--from", from, "--to", text(to), "--target", TARGET];
    run("install.sh", &[&arguments, more].concat())
}

#[test]
fn the_binary_is_packed_with_its_manual_and_installs_and_runs() {
    let release = folder();
    succeeded(&run(
        "package.sh",
        &[TARGET, text(&binary()), text(release.path())],
    ));
    let archive = release.path().join(format!("txflow-{TARGET}.tar.gz"));
    let list = Command::new("tar").arg("-tzf").arg(archive).output();
    let list = succeeded(&list.expect("tar"));
    let files = [
        "CHANGELOG.md",
        "LICENSE",
        "README.md",
        "completions/txflow.bash",
        "completions/txflow.fish",
        "completions/txflow.zsh",
        "man/txflow.1",
        "txflow",
    ];
    let files = files.map(|file| format!("txflow-{TARGET}/{file}"));
    assert_eq!(list.lines().collect::<Vec<_>>(), files);
    // The step of the release workflow that tries each archive.
    let shown = succeeded(&run("check.sh", &[TARGET, text(release.path())]));
    assert!(
        shown.contains(&format!("installed txflow {VERSION}")),
        "{shown}"
    );
}

#[test]
fn the_same_binary_is_packed_to_the_same_bytes() {
    let [one, other] = [packed(VERSION), packed(VERSION)];
    let archive =
        |folder: &TempDir| fs::read(folder.path().join(format!("txflow-{TARGET}.tar.gz")));
    assert_eq!(
        archive(&one).expect("an archive"),
        archive(&other).expect("an archive")
    );
}

#[tokio::test]
async fn an_archive_is_installed_from_a_server_only_if_its_checksum_fits() {
    let release = packed(VERSION);
    let github = GitHub::start(release.path().to_owned()).await;
    let url = format!("{}/txflow/txflow/releases/download/v{VERSION}", github.url);
    let to = folder();
    let install = async |more: &[&str]| {
        let (url, to, more) = (
            url.clone(),
            to.path().to_owned(),
            more.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>(),
        );
        let install = move || {
            let more: Vec<&str> = more.iter().map(String::as_str).collect();
            install(&url, &to, &more)
        };
        tokio::task::spawn_blocking(install).await.expect("it ends")
    };
    succeeded(&install(&["--version", VERSION]).await);
    let installed = to.path().join("txflow");
    let shown = succeeded(&Command::new(&installed).output().expect("it runs"));
    assert_eq!(shown.trim(), format!("txflow {VERSION}"));

    fs::remove_file(&installed).expect("remove it");
    refused(
        &install(&["--version", "9.9.9"]).await,
        1,
        "not version 9.9.9",
    );
    refused(
        &install(&["--version"]).await,
        2,
        "`--version` needs a value",
    );
    refused(
        &install(&["--verison", "1"]).await,
        2,
        "no option `--verison`",
    );
    let checksum = release
        .path()
        .join(format!("txflow-{TARGET}.tar.gz.sha256"));
    let other = "0".repeat(64);
    fs::write(&checksum, format!("{other}  txflow-{TARGET}.tar.gz\n")).expect("write it");
    refused(&install(&[]).await, 1, "nothing was installed");
    fs::remove_file(&checksum).expect("remove it");
    refused(&install(&[]).await, 3, "there is no `");
    assert!(!installed.exists());
}

#[test]
fn a_release_that_is_not_whole_is_refused() {
    let release = folder();
    let script = release.path().join("script");
    write_executable(&script, "#!/bin/sh\necho txflow\n");
    let systems = ["unknown-linux-gnu", "unknown-linux-musl", "apple-darwin"];
    let dist = release.path().join("dist");
    for machine in ["x86_64", "aarch64"] {
        for system in systems {
            let target = format!("{machine}-{system}");
            succeeded(&run("package.sh", &[&target, text(&script), text(&dist)]));
        }
    }
    let tag = format!("v{VERSION}");
    let complete = |tag: &str| run("complete.sh", &[tag, text(&dist)]);
    refused(&complete(&tag), 1, "the SBOM is missing");
    fs::write(dist.join("txflow.cdx.json"), "{}").expect("write it");
    refused(&complete("v9.9.9"), 1, "the tag is v9.9.9");
    let notes = succeeded(&complete(&tag));
    assert!(notes.contains("### Added"), "{notes}");
    let sums = fs::read_to_string(dist.join("SHA256SUMS")).expect("the checksums");
    assert_eq!(sums.lines().count(), 6);
    assert!(dist.join("install.sh").exists());
    let context = release.path().join("context");
    succeeded(&run("image.sh", &[text(&dist), text(&context)]));
    let definition = fs::read_to_string(context.join("Dockerfile")).expect("the definition");
    for platform in ["amd64", "arm64"] {
        assert!(context.join(platform).join("txflow").exists());
    }
    assert!(definition.contains("COPY --chmod=755 ${TARGETARCH}/txflow "));
    fs::write(dist.join("txflow-x86_64-apple-darwin.tar.gz"), "").expect("write it");
    refused(
        &complete(&tag),
        1,
        "txflow-x86_64-apple-darwin.tar.gz is missing or damaged",
    );
}

#[test]
fn cargo_binstall_finds_what_is_released() {
    let manifest = fs::read_to_string(repository().join("Cargo.toml")).expect("the manifest");
    let manifest: Table = manifest.parse().expect("TOML");
    let package = &manifest["package"];
    let binstall = &package["metadata"]["binstall"];
    let filled = |key: &str| {
        let template = binstall[key].as_str().expect("a text");
        let values = [
            ("repo", "https://github.com/txflow/txflow"),
            ("version", VERSION),
            ("target", TARGET),
            ("bin", "txflow"),
        ];
        values
            .iter()
            .fold(template.to_owned(), |text, (name, value)| {
                text.replace(&format!("{{ {name} }}"), value)
            })
    };
    assert_eq!(
        package["repository"].as_str(),
        Some("https://github.com/txflow/txflow")
    );
    let url = format!(
        "https://github.com/txflow/txflow/releases/download/v{VERSION}/txflow-{TARGET}.tar.gz"
    );
    assert_eq!(filled("pkg-url"), url);
    let release = packed(VERSION);
    let archive = release.path().join(url.rsplit('/').next().expect("a name"));
    let list = Command::new("tar").arg("-tzf").arg(archive).output();
    let list = succeeded(&list.expect("tar"));
    assert!(list.lines().any(|file| file == filled("bin-dir")), "{list}");
}

/// The workflow and the scripts name the same systems.
#[test]
fn each_system_of_the_release_workflow_is_expected_and_can_be_installed() {
    let read = |path: &str| fs::read_to_string(repository().join(path)).expect("a file");
    let workflow = crate::runner::parse(&read(".github/workflows/release.yml"));
    let built = workflow["jobs"]["build"]["strategy"]["matrix"]["include"].as_array();
    let mut built: Vec<&str> = built
        .expect("a list")
        .iter()
        .map(|one| one["target"].as_str().expect("a target"))
        .collect();
    built.sort_unstable();
    let mut known = Vec::new();
    for machine in ["aarch64", "x86_64"] {
        for system in ["apple-darwin", "unknown-linux-gnu", "unknown-linux-musl"] {
            known.push(format!("{machine}-{system}"));
        }
    }
    assert_eq!(built, known);
    let complete = read("release/complete.sh");
    assert!(
        complete.contains("{x86_64,aarch64}-{unknown-linux-gnu,unknown-linux-musl,apple-darwin}")
    );
}
