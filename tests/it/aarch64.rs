//! A real build for arm64 on another machine, by a toolchain that rustup does not manage, and a
//! run of what comes out: Debian's compiler and standard library, the GNU cross linker, qemu.

use std::collections::BTreeSet;
use std::io::{Cursor, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};
use txflow::build::{Artifact, BuildRequest, CargoOutput, Environment, Purpose, RequestedFunction};
use txflow::config::{Architecture, BuildConfig, Linker};
use txflow_local_aws::Containment;

use crate::workspace::build;
use runtime_api::{Answer, RuntimeApi};

mod runtime_api;

const HANDLERS: [&str; 3] = ["purchase-handler", "refund-handler", "result-handler"];

/// What the README promises for each zip.
const MAX_ZIP: usize = 600_000;

const CARGO: &str = "/usr/bin/cargo";
const RUSTC: &str = "/usr/bin/rustc";
const QEMU: &str = "/usr/bin/qemu-aarch64-static";

/// What the test needs, and the Debian package that brings it.
const NEEDED: [(&str, &str); 6] = [
    (CARGO, "cargo-web"),
    (RUSTC, "rustc-web"),
    (QEMU, "qemu-user-static"),
    (
        "/usr/lib/rustlib/aarch64-unknown-linux-gnu/lib",
        "libstd-rust-web-dev:arm64",
    ),
    ("/usr/bin/aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu"),
    ("/usr/aarch64-linux-gnu/lib/crt1.o", "libc6-dev-arm64-cross"),
];

#[tokio::test]
#[ignore = "needs a cross toolchain for arm64 and qemu"]
async fn the_handlers_build_for_arm64_and_run_there() {
    tools_are_there();
    let artifacts = build(&request(), &|_| {})
        .await
        .unwrap_or_else(|error| panic!("{error}: {error:?}"));
    for artifact in &artifacts {
        let size = artifact.zip.len();
        assert!(
            size < MAX_ZIP,
            "the zip of `{}` has {size} bytes",
            artifact.function
        );
    }

    let folder = TempDir::new().unwrap();
    let bootstrap = unpack(&artifacts[0], folder.path());
    let mut api = RuntimeApi::start().await;
    let mut handler = run(&bootstrap, &api);

    let purchase = json!({
        "type": "PURCHASE", "transactionId": "tx-1001", "customerId": "cus-42",
        "amount": "19.99", "currency": "EUR",
    });
    let Answer::Response(outcome) = api.invoke(purchase.clone()).await else {
        panic!("the purchase failed: {}", logs(handler).await);
    };
    assert_eq!(outcome["transactionId"], "tx-1001");
    assert_eq!(outcome["amount"], "19.99");
    // An event that is delivered again is answered as before.
    assert_eq!(api.invoke(purchase).await, Answer::Response(outcome));

    let Answer::Error(error) = api
        .invoke(json!({ "type": "GIFT", "transactionId": "tx-7" }))
        .await
    else {
        panic!("a gift was taken for a transaction");
    };
    assert_eq!(error["errorType"], "InvalidTransaction");

    handler.start_kill().unwrap();
    let logs = logs(handler).await;
    let lines: Vec<Value> = logs
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    let about = |id: &str| {
        lines
            .iter()
            .filter(|line| line["transactionId"] == id)
            .count()
    };
    assert_eq!((about("tx-1001"), about("tx-7")), (2, 1), "{logs}");
}

fn tools_are_there() {
    let missing = NEEDED.iter().filter(|(path, _)| !Path::new(path).exists());
    let missing: Vec<_> = missing.map(|(_, package)| *package).collect();
    assert!(missing.is_empty(), "not installed: {}", missing.join(" "));
}

fn request() -> BuildRequest {
    let mut environment = std::env::vars_os().collect::<Environment>();
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTUP_TOOLCHAIN"] {
        environment.remove(name);
    }
    environment.set("CARGO", CARGO);
    environment.set("RUSTC", RUSTC);
    environment.set(
        "CARGO_TARGET_DIR",
        concat!(env!("CARGO_TARGET_TMPDIR"), "/aarch64"),
    );
    BuildRequest {
        root: PathBuf::from(env!("CARGO_MANIFEST_DIR")),
        functions: HANDLERS
            .map(|name| RequestedFunction {
                name: name.to_owned(),
                features: Vec::new(),
            })
            .to_vec(),
        config: BuildConfig {
            architecture: Architecture::Arm64,
            profile: "lambda".to_owned(),
            local_profile: "local".to_owned(),
            linker: Linker::Gcc,
            features: Vec::new(),
            pass_environment: Vec::new(),
        },
        environment,
        secrets: BTreeSet::new(),
        output: CargoOutput::Inherit,
        containment: Containment::default(),
        purpose: Purpose::Lambda,
    }
}

fn unpack(artifact: &Artifact, folder: &Path) -> PathBuf {
    let mut archive = zip::ZipArchive::new(Cursor::new(&artifact.zip[..])).unwrap();
    let mut binary = Vec::new();
    archive
        .by_name("bootstrap")
        .unwrap()
        .read_to_end(&mut binary)
        .unwrap();
    let path = folder.join("bootstrap");
    std::fs::write(&path, binary).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn run(bootstrap: &Path, api: &RuntimeApi) -> Child {
    Command::new(QEMU)
        .arg(bootstrap)
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", api.address.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "purchase-handler")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// Everything that the handler wrote to standard output until its end.
async fn logs(handler: Child) -> String {
    let mut logs = String::new();
    handler
        .stdout
        .unwrap()
        .read_to_string(&mut logs)
        .await
        .unwrap();
    logs
}
