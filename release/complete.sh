#!/usr/bin/env bash
# Adds what a release has beside its archives, and refuses one that is not whole: release/complete.sh TAG FOLDER
#
# Prints what has changed, for the notes of the release.
set -euo pipefail

tag=$1
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$2"
fail() {
    echo "error: $1" >&2
    exit 1
}

version=$(sed -n '/^version = /{ s/.*"\(.*\)"/\1/p; q; }' "$root/Cargo.toml")
[ "$tag" = "v$version" ] || fail "the tag is $tag, and Cargo.toml says version $version"
for target in {x86_64,aarch64}-{unknown-linux-gnu,unknown-linux-musl,apple-darwin}; do
    archive=txflow-$target.tar.gz
    sha256sum --check --quiet "$archive.sha256" || fail "$archive is missing or damaged"
done
[ -s txflow.cdx.json ] || fail 'the SBOM is missing'
cp "$root/release/install.sh" .
cat ./*.sha256 >SHA256SUMS
# The part of this version, or of what is not released yet.
awk -v version="$version" '/^## / { wanted = index($0, version) || /Unreleased/ } wanted' "$root/CHANGELOG.md"
