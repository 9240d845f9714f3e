#!/usr/bin/env bash
# Looks for a txflow that an earlier step of the job installed, and says what the caches are called.
set -euo pipefail

# Everything that goes into the binary, so that another version is not taken for this one.
made_of() {
    cd "$INPUT_SOURCE"
    find Cargo.toml Cargo.lock src crates -type f -print0 | LC_ALL=C sort -z | xargs -0 cat
    rustc -vV 2>/dev/null || true
}
hash() { sha256sum | cut -c -16; }
output() { echo "$1=$2" >>"$GITHUB_OUTPUT"; }

root=$RUNNER_TEMP/txflow-$(made_of | hash)
output root "$root"
output key "${root##*/}-$RUNNER_OS-$RUNNER_ARCH-${ImageOS:-container}"
if [ -x "$root/bin/txflow" ]; then output installed true; fi

# What the handlers are built from and with: cargo's registry, and the folder in which they are built. A plan that was kept
# needs neither.
case $INPUT_COMMAND in
    plan | build) ;;
    deploy) [ -z "$INPUT_PLAN" ] || exit 0 ;;
    *) exit 0 ;;
esac
cd "$INPUT_PROJECT"
manifest=$(cargo locate-project --workspace --message-format plain 2>/dev/null) || exit 0
workspace=${manifest%/Cargo.toml}
# The tables that say how it is built.
settings() { awk '/^\[/ { wanted = /^\[(build|profile)/ } wanted' "$manifest" deploy.toml 2>/dev/null || true; }
toolchain=$({ rustc -vV; settings; } | hash)
lock=$(hash <"$workspace/Cargo.lock" 2>/dev/null) || lock=none
prefix=txflow-handlers-$RUNNER_OS-$RUNNER_ARCH-$toolchain-
# A second use in a job finds there what the first has built.
once=$RUNNER_TEMP/$prefix$lock
[ ! -e "$once" ] || exit 0
touch "$once"
home=${CARGO_HOME:-$HOME/.cargo}
{
    echo "handlers-key=$prefix$lock"
    echo "handlers-prefix=$prefix"
    echo 'handlers<<EOF'
    printf '%s\n' "$home/registry/index" "$home/registry/cache" "$home/git/db" "${CARGO_TARGET_DIR:-$workspace/target}"
    echo EOF
} >>"$GITHUB_OUTPUT"
