#!/usr/bin/env bash
# Packs a binary for a release: release/package.sh TARGET BINARY FOLDER
#
# Writes FOLDER/txflow-TARGET.tar.gz and its checksum. From the same binary, on the same system, always the same bytes.
set -euo pipefail

target=$1 binary=$(realpath "$2") out=$3
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$(dirname "$0")/.."

name=txflow-$target
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/$name"/{completions,man}
install -m 755 "$binary" "$folder/$name/txflow"
install -m 644 LICENSE README.md CHANGELOG.md "$folder/$name"
for shell in bash fish zsh; do
    "$binary" completions "$shell" >"$folder/$name/completions/txflow.$shell"
done
"$binary" man >"$folder/$name/man/txflow.1"

# Both kinds of tar can leave out who packed it and when; only GNU's sorts.
cd "$folder"
when=${SOURCE_DATE_EPOCH:-0}
find "$name" -exec touch -h -d "@$when" {} + 2>/dev/null || find "$name" -exec touch -h -t 197001010000 {} +
options=(--format ustar --uid 0 --gid 0 --uname '' --gname '')
if tar --version | grep -q GNU; then options=(--format ustar --owner 0 --group 0 --numeric-owner); fi
find "$name" -type f | LC_ALL=C sort | tar "${options[@]}" -cf - -T - | gzip -n -9 >"$out/$name.tar.gz"
cd "$out"
if command -v sha256sum >/dev/null; then sha256sum "$name.tar.gz"; else shasum -a 256 "$name.tar.gz"; fi >"$name.tar.gz.sha256"
echo "$out/$name.tar.gz"
