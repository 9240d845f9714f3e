#!/usr/bin/env bash
# Lists all crates of the binary, with their versions and licenses, as CycloneDX: release/sbom.sh FOLDER
set -euo pipefail

mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
cargo cyclonedx --quiet --format json --describe binaries --no-build-deps --manifest-path Cargo.toml
mv txflow_bin.cdx.json "$out/txflow.cdx.json"
# It writes one beside each manifest of the workspace.
find . -name '*.cdx.json' -not -path './target/*' -not -path "$out/*" -delete
