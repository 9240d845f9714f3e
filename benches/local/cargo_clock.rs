//! How long the `cargo build` inside of a deploy takes.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use tempfile::TempDir;

use txflow_test_support::txflow::Txflow;

/// Stands between txflow and cargo, and writes down how long each build takes.
pub struct CargoClock {
    directory: TempDir,
}

const SHIM: &str = r#"#!/bin/sh
began=$(date +%s%N)
@CARGO@ "$@"
code=$?
if [ "$1" = build ]; then echo $(($(date +%s%N) - began)) > @DIRECTORY@/nanoseconds; fi
exit $code
"#;

impl CargoClock {
    pub fn new() -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let shim = SHIM
            .replace("@CARGO@", env!("CARGO"))
            .replace("@DIRECTORY@", &directory.path().display().to_string());
        let path = directory.path().join("cargo");
        fs::write(&path, shim).expect("write the shim");
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("make it executable");
        Self { directory }
    }

    pub fn watch(&self, txflow: Txflow) -> Txflow {
        let shim = self.directory.path().join("cargo");
        txflow.env("CARGO", &shim.display().to_string())
    }

    pub fn build(&self) -> Duration {
        let nanoseconds = fs::read_to_string(self.directory.path().join("nanoseconds"));
        let nanoseconds = nanoseconds.expect("a build").trim().parse();
        Duration::from_nanos(nanoseconds.expect("a number"))
    }
}
