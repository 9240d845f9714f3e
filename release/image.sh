#!/usr/bin/env bash
# Makes the folder from which the container image is built: release/image.sh ARCHIVES CONTEXT
#
#   docker buildx build --platform linux/amd64,linux/arm64 CONTEXT
set -euo pipefail

archives=$(realpath "$1") context=$2
mkdir -p "$context"
install -m 644 "$(dirname "$0")/Containerfile" "$context/Dockerfile"
cd "$context"
unpack() {
    local name=txflow-$2-unknown-linux-gnu
    mkdir -p "$1"
    tar -xzf "$archives/$name.tar.gz" --strip-components 1 -C "$1" "$name/txflow"
}
unpack amd64 x86_64
unpack arm64 aarch64
