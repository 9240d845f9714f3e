//! Builds for the machine that they run on, as with `--local`.

use std::fs;
use std::io::{Cursor, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::time::SystemTime;

use txflow::build::{Artifact, BuildError, BuildEvent, BuildRequest, Lacks, Purpose};
use txflow::config::Architecture;
use zip::{CompressionMethod, ZipArchive};

use crate::workspace::{Workspace, build, built, refused};

/// Says with what it was compiled.
const TELLING: &str =
    "fn main() { println!(\"{} {}\", std::env::consts::ARCH, cfg!(debug_assertions)); }";

fn telling() -> Workspace {
    Workspace::at("").package("handler", "", TELLING)
}

fn local(workspace: &Workspace) -> BuildRequest {
    let mut request = workspace.request(&["handler"]);
    request.purpose = Purpose::Local;
    request
}

/// What the handler says when it runs here.
fn said(artifact: &Artifact) -> String {
    let folder = tempfile::TempDir::new().unwrap();
    let mut archive = ZipArchive::new(Cursor::new(&artifact.zip[..])).unwrap();
    archive.extract(folder.path()).unwrap();
    let bootstrap = folder.path().join("bootstrap");
    let output = loop {
        match Command::new(&bootstrap).output() {
            // A process that another test starts just now may still have it open for writing.
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => std::thread::yield_now(),
            ended => break ended.unwrap(),
        }
    };
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn a_local_build_runs_here_whatever_lambdas_architecture_is() {
    let workspace = telling();
    for architecture in [Architecture::X86_64, Architecture::Arm64] {
        let mut request = local(&workspace);
        request.config.architecture = architecture;
        let artifacts = built(&request).await;
        assert_eq!(
            said(&artifacts[0]),
            format!("{} true", std::env::consts::ARCH)
        );
        let mut archive = ZipArchive::new(Cursor::new(&artifacts[0].zip[..])).unwrap();
        let entry = archive.by_name("bootstrap").unwrap();
        assert_eq!(entry.compression(), CompressionMethod::Stored);
    }
}

#[tokio::test]
async fn the_profile_of_the_workspace_comes_before_the_one_that_is_built_in() {
    let workspace = telling();
    let manifest = workspace.root.join("Cargo.toml");
    let mut text = fs::read_to_string(&manifest).unwrap();
    text.push_str("[profile.local]\ninherits = \"release\"\n");
    fs::write(&manifest, text).unwrap();
    let artifacts = built(&local(&workspace)).await;
    assert_eq!(
        said(&artifacts[0]),
        format!("{} false", std::env::consts::ARCH)
    );

    let mut request = local(&workspace);
    request.config.local_profile = "fast".to_owned();
    let error = refused(&request).await;
    let BuildError::Cargo {
        lacks: Some(Lacks::Profile(profile)),
        ..
    } = &error
    else {
        panic!("{error:?}");
    };
    assert_eq!(profile, "fast");
}

/// Programs that stand before all others in `PATH`.
fn programs(workspace: &Workspace, request: &mut BuildRequest, programs: &[(&str, &str)]) {
    let folder = workspace.root.join("bin");
    fs::create_dir_all(&folder).unwrap();
    for (name, script) in programs {
        let path = folder.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = request.environment.get("PATH").unwrap();
    let before = std::env::split_paths(path);
    let paths = std::env::join_paths(std::iter::once(folder).chain(before)).unwrap();
    request.environment.set("PATH", paths);
}

async fn linker(request: &BuildRequest) -> Option<&'static str> {
    let linker = Mutex::new(None);
    let on_event = |event: BuildEvent| {
        if let BuildEvent::Started { linker: with, .. } = event {
            *linker.lock().unwrap() = with;
        }
    };
    build(request, &on_event).await.unwrap();
    linker.into_inner().unwrap()
}

#[tokio::test]
async fn mold_links_if_the_compiler_knows_it_and_the_user_chose_nothing() {
    // Hands everything but the choice of the linker to the real compiler.
    let knows = "for argument in \"$@\"; do shift; case $argument in -fuse-ld=mold) ;; *) set -- \"$@\" \"$argument\";; esac; done\n\
        exec /usr/bin/cc \"$@\"";
    let does_not = "case \"$*\" in *mold*) exit 1;; esac\nexec /usr/bin/cc \"$@\"";
    let workspace = telling();
    let mut request = local(&workspace);
    programs(&workspace, &mut request, &[("mold", ""), ("cc", knows)]);
    assert_eq!(linker(&request).await, Some("mold"));

    let mut chosen = request.clone();
    chosen
        .environment
        .set("RUSTFLAGS", "-Clink-arg=-fuse-ld=bfd");
    assert_ne!(linker(&chosen).await, Some("mold"));

    programs(&workspace, &mut request, &[("cc", does_not)]);
    assert_ne!(linker(&request).await, Some("mold"));
}

#[tokio::test]
async fn checkouts_that_share_a_target_directory_share_its_dependencies() {
    let target = tempfile::TempDir::new().unwrap();
    let handler = "fn main() { cfg_if::cfg_if! { if #[cfg(unix)] { println!(\"unix\"); } } }";
    let mut times = Vec::new();
    for place in ["one", "another/place"] {
        let workspace = Workspace::at(place).package("handler", "cfg-if = \"1\"", handler);
        let mut request = workspace.request(&["handler"]);
        request.environment.set("CARGO_TARGET_DIR", target.path());
        built(&request).await;
        times.push(compiled(target.path(), "libcfg_if-"));
    }
    assert_eq!(times[0], times[1]);
}

/// When the only library with this prefix was compiled.
fn compiled(target: &Path, prefix: &str) -> SystemTime {
    let folders = fs::read_dir(target).unwrap();
    let libraries = folders.map(|folder| folder.unwrap().path().join("lambda/deps"));
    let files = libraries
        .filter(|folder| folder.is_dir())
        .flat_map(|folder| fs::read_dir(folder).unwrap());
    let files = files.map(Result::unwrap).filter(|file| {
        let name = file.file_name().into_string().unwrap();
        name.starts_with(prefix) && name.ends_with(".rlib")
    });
    let times: Vec<_> = files
        .map(|file| file.metadata().unwrap().modified().unwrap())
        .collect();
    let [time] = times[..] else {
        panic!("not one library: {times:?}");
    };
    time
}
