#!/usr/bin/env bash
# Builds txflow from the source of this action.
set -euo pipefail

# There, txflow's own toolchain applies, not the one of the project.
cd "$INPUT_SOURCE"
echo "::group::Build txflow from source, which takes some minutes"
# Not in the project's folder for builds, which is kept in a cache.
CARGO_TARGET_DIR=$RUNNER_TEMP/txflow-build cargo install --locked --no-track --path . --root "$INPUT_ROOT"
echo '::endgroup::'
