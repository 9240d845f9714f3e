#!/usr/bin/env bash
# Installs what was packed as a user does, and runs it: release/check.sh TARGET FOLDER
set -euo pipefail

target=$1 folder=$2
cd "$(dirname "$0")/.."
version=$(sed -n '/^version = /{ s/.*"\(.*\)"/\1/p; q; }' Cargo.toml)
installed=$(mktemp -d)
trap 'rm -rf "$installed"' EXIT

release/install.sh --target "$target" --version "$version" --from "$folder" --to "$installed"
"$installed/txflow" validate
