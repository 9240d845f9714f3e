#!/usr/bin/env bash
# Shows a plan as a comment of the pull request: the first time as a new one, from then on in the same.
set -euo pipefail

api=$API_URL/repos/$REPOSITORY

not_shown() {
    echo "::notice title=txflow action::The plan is not shown as a comment, $1. The summary of the job has it."
    exit 0
}

# Calls GitHub, leaves the answer in a file, and prints the status.
call() {
    local method=$1 url=$2
    shift 2
    curl --silent --show-error --retry 3 --connect-timeout 20 --config - --request "$method" "$@" \
        --header 'Accept: application/vnd.github+json' --header 'X-GitHub-Api-Version: 2022-11-28' \
        --output "$folder/answer.json" --write-out '%{http_code}' "$url" \
        <<<"header = \"Authorization: Bearer $GH_TOKEN\""
}

# Whether that status is a success. A pull request from a fork has a token that may only read.
answered() {
    local status=$1
    case $status in
        2??) return 0 ;;
        401 | 403 | 404) [ "$HEAD_REPOSITORY" = "$REPOSITORY" ] || not_shown 'since a pull request from a fork may not write one' ;;
    esac
    echo "::error title=txflow action::GitHub answered with status $status: $(jq -r '.message // empty' "$folder/answer.json" || true). \
A job with \`comment: true\` needs the permission \`pull-requests: write\`."
    exit 1
}

# Sets `id` to the comment that an earlier job has written, if there is one. Whoever writes the marker into a comment of
# theirs could change that later, so only the workflow's own count.
find_earlier() {
    local page=1 count=100
    id=
    while [ -z "$id" ] && [ "$count" -eq 100 ]; do
        answered "$(call GET "$api/issues/$NUMBER/comments?per_page=100&page=$page")"
        id=$(jq -r --arg marker "$marker" \
            '[.[] | select(.user.login == "github-actions[bot]" and (.body | startswith($marker))) | .id][0] // empty' \
            "$folder/answer.json")
        count=$(jq length "$folder/answer.json")
        page=$((page + 1))
    done
}

[ -n "$NUMBER" ] || not_shown 'since this job is not for a pull request'
[ -n "$GH_TOKEN" ] || not_shown 'since the job has no token'

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
footer=$(printf '\n<sub>Commit %s, [job](%s)</sub>' "$COMMIT" "$JOB")

# Without a plan, an earlier comment must not be taken for the one of this commit.
if [ ! -s "${MARKDOWN:-}" ]; then
    name=$(sed -n 's/^name *= *"\([^"]*\)".*/\1/p' "$PROJECT/deploy.toml" | head -n 1)
    stage=${STAGE:-${TXFLOW_STAGE:-dev}}
    marker="<!-- txflow plan: $name, stage $stage -->"
    find_earlier
    [ -n "$id" ] || exit 0
    printf '%s\n## Plan for %s, stage %s\n\nThe plan of this commit failed, as the [job](%s) shows.\n%s\n' \
        "$marker" "$name" "$stage" "$JOB" "$footer" >"$folder/body.md"
    jq -n --rawfile body "$folder/body.md" '{ body: $body }' >"$folder/body.json"
    answered "$(call PATCH "$api/issues/comments/$id" --data "@$folder/body.json")"
    echo "The comment with the earlier plan says now that this one failed"
    exit 0
fi
marker=$(head -n 1 "$MARKDOWN")
# GitHub takes 65,536 characters.
if [ "$(wc -m <"$MARKDOWN")" -lt 65000 ]; then
    cp "$MARKDOWN" "$folder/body.md"
else
    # Without the documents, which stand in the end.
    head -c 60000 "$MARKDOWN" | sed '/^<details>/,$d' >"$folder/body.md"
    printf '\nThe plan is too long for a comment. The summary of the [job](%s) has all of it.\n' "$JOB" >>"$folder/body.md"
fi
printf '%s\n' "$footer" >>"$folder/body.md"
jq -n --rawfile body "$folder/body.md" '{ body: $body }' >"$folder/body.json"

find_earlier
if [ -n "$id" ]; then
    answered "$(call PATCH "$api/issues/comments/$id" --data "@$folder/body.json")"
else
    answered "$(call POST "$api/issues/$NUMBER/comments" --data "@$folder/body.json")"
fi
echo "The plan is shown as $(jq -r .html_url "$folder/answer.json")"
