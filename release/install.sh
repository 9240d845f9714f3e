#!/bin/sh
# Installs txflow from a release, after its checksum was verified, and its provenance if `gh` is there and logged in.
#
#   curl -fsSL https://github.com/txflow/txflow/releases/latest/download/install.sh | sh
#
#   --version VERSION      this release; by default the latest
#   --to FOLDER            where the binary goes; by default ~/.local/bin
#   --repository NAME      whose releases; by default txflow/txflow
#   --from URL             the folder with the files of the release, on a server or on this machine
#   --target TARGET        the binary for this system; by default the one that fits this machine
#
# Exits with 3 if there is no binary for this release and machine.
set -eu

repository=txflow/txflow
version=
to=${HOME:-.}/.local/bin
from=
target=

say() { printf 'txflow: %s\n' "$1" >&2; }
fail() {
    say "$1"
    exit "${2:-1}"
}

while [ $# -gt 0 ]; do
    [ $# -gt 1 ] || fail "\`$1\` needs a value" 2
    case $1 in
        --version) version=${2#v} ;;
        --to) to=$2 ;;
        --repository) repository=$2 ;;
        --from) from=$2 ;;
        --target) target=$2 ;;
        *) fail "there is no option \`$1\`" 2 ;;
    esac
    shift 2
done

if [ -z "$from" ]; then
    from=https://github.com/$repository/releases/latest/download
    [ -z "$version" ] || from=https://github.com/$repository/releases/download/v$version
fi

# The binaries with glibc were linked against that of the build machine, and run with it or a newer one.
glibc_needed=35

libc() {
    found=$(getconf GNU_LIBC_VERSION 2>/dev/null || true)
    minor=${found#glibc 2.}
    case $minor in
        '' | *[!0-9]*) echo musl ;;
        *) [ "$minor" -ge "$glibc_needed" ] && echo gnu || echo musl ;;
    esac
}

this_machine() {
    case $(uname -m) in
        x86_64 | amd64) machine=x86_64 ;;
        aarch64 | arm64) machine=aarch64 ;;
        *) return 1 ;;
    esac
    case $(uname -s) in
        Linux) echo "$machine-unknown-linux-$(libc)" ;;
        Darwin) echo "$machine-apple-darwin" ;;
        *) return 1 ;;
    esac
}

# Neither a redirect nor a typing mistake leads to a connection that others can change.
protocols=https
case $from in
    http://127.0.0.1:*/* | http://localhost:*/*) protocols=http ;;
esac

fetch() {
    case $from in
        *://*)
            status=$(curl --silent --show-error --location --proto "=$protocols" --retry 3 --connect-timeout 20 \
                --output "$folder/$1" --write-out '%{http_code}' "$from/$1") || fail "\`$from/$1\` could not be read"
            case $status in
                200) ;;
                404) fail "there is no \`$from/$1\`" 3 ;;
                *) fail "\`$from/$1\` was answered with status $status" ;;
            esac
            ;;
        *)
            [ -e "$from/$1" ] || fail "there is no \`$from/$1\`" 3
            cp "$from/$1" "$folder/$1"
            ;;
    esac
}

sha256() {
    if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi <"$1" | cut -d ' ' -f 1
}

# GitHub signs which workflow of which repository built a file.
verify_provenance() {
    if ! command -v gh >/dev/null || ! gh attestation --help >/dev/null 2>&1; then
        say "its provenance was not verified: \`gh\` is not installed, or too old"
    elif [ -z "${GH_TOKEN:-}" ] && ! gh auth status >/dev/null 2>&1; then
        say "its provenance was not verified: \`gh\` is not logged in"
    else
        gh attestation verify "$folder/$archive" --repo "$repository" \
            --signer-workflow "$repository/.github/workflows/release.yml" >"$folder/provenance" 2>&1 || {
            cat "$folder/provenance" >&2
            fail "\`$archive\` was not built by the release workflow of $repository; nothing was installed"
        }
        say "its provenance is verified: built by the release workflow of $repository"
    fi
}

[ -n "$target" ] || target=$(this_machine) || fail "there is no binary for $(uname -s) on $(uname -m)" 3
name=txflow-$target
archive=$name.tar.gz
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fetch "$archive.sha256"
fetch "$archive"
expected=$(cut -d ' ' -f 1 <"$folder/$archive.sha256")
actual=$(sha256 "$folder/$archive")
[ "$actual" = "$expected" ] ||
    fail "\`$archive\` has the checksum $actual, and the release says $expected; nothing was installed"
say "the checksum of \`$archive\` is verified"
verify_provenance

tar -xzf "$folder/$archive" -C "$folder"
binary=$folder/$name/txflow
found=$("$binary" --version) || fail "\`$archive\` does not run on this machine; nothing was installed"
case $found in
    "txflow ${version:-}"*) ;;
    *) fail "\`$archive\` contains $found, not version $version; nothing was installed" ;;
esac
mkdir -p "$to"
# Whoever runs the old one keeps it.
cp "$binary" "$to/.txflow.new"
mv -f "$to/.txflow.new" "$to/txflow"
say "installed $found in \`$to\`"
