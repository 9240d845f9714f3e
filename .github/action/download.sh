#!/usr/bin/env bash
# Downloads the binary of the release that this action belongs to. `downloaded` is false if there is none.
set -euo pipefail

source_instead() {
    echo "$1, so txflow is built from source."
    echo 'downloaded=false' >>"$GITHUB_OUTPUT"
    exit 0
}

# The commit that a tag, a branch or a hash stands for.
commit() {
    curl --silent --show-error --fail --retry 3 --connect-timeout 20 --config - \
        --header 'Accept: application/vnd.github.sha' "$API_URL/repos/$repository/commits/$1" \
        <<<"${GH_TOKEN:+header = \"Authorization: Bearer $GH_TOKEN\"}"
}

# The runner unpacks an action into `_actions/OWNER/NAME/REF`. The context names another action if this one is used by one.
case $INPUT_SOURCE in
    */_actions/*/*/*) ;;
    *) source_instead 'The action is part of the checkout' ;;
esac
path=${INPUT_SOURCE##*/_actions/}
ref=${path#*/*/}
repository=${path%/"$ref"}
version=$(sed -n '/^version = /{ s/.*"\(.*\)"/\1/p; q; }' "$INPUT_SOURCE/Cargo.toml")
tag=v$version

# A hash or a branch may be ahead of the release whose version it still has.
if [ "$ref" != "$tag" ]; then
    released=$(commit "$tag") || source_instead "There is no release $tag of $repository"
    wanted=$(commit "$ref") || source_instead "\`$ref\` could not be compared with $tag"
    [ "$wanted" = "$released" ] || source_instead "\`$ref\` is not the commit of $tag"
fi

status=0
"$INPUT_SOURCE/release/install.sh" --version "$version" --to "$INPUT_ROOT/bin" --repository "$repository" \
    --from "$SERVER_URL/$repository/releases/download/$tag" || status=$?
case $status in
    0) echo 'downloaded=true' >>"$GITHUB_OUTPUT" ;;
    3) source_instead "Release $tag has no binary for this runner" ;;
    # A binary that is not what was released is no reason to go on, and neither is a network that fails.
    *) exit "$status" ;;
esac
