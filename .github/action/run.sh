#!/usr/bin/env bash
# Runs txflow in the place of this shell.
set -euo pipefail

refuse() {
    echo "::error title=txflow action::$1"
    exit 2
}
output() { echo "$1=$2" >>"$GITHUB_OUTPUT"; }

txflow=$INPUT_ROOT/bin/txflow
read -r -d '' -a arguments <<<"$INPUT_ARGUMENTS" || true
[ -z "$INPUT_STAGE" ] || arguments=(--stage "$INPUT_STAGE" "${arguments[@]}")

if [ -n "$INPUT_PLAN" ]; then
    case $INPUT_COMMAND in
        plan) arguments+=(--out "$INPUT_PLAN") ;;
        deploy) arguments+=(--plan "$INPUT_PLAN") ;;
        *) refuse "\`plan\` is for the commands \`plan\`, which writes the file, and \`deploy\`, which applies it" ;;
    esac
    case $INPUT_PLAN in
        /*) output plan-file "$INPUT_PLAN" ;;
        *) output plan-file "$PWD/$INPUT_PLAN" ;;
    esac
fi

# Values of deploy.toml that no other step needs to see.
line=0
while IFS= read -r variable; do
    line=$((line + 1))
    [ -n "$variable" ] || continue
    name=${variable%%=*}
    # A value may be a secret, so the line is named only.
    [[ $variable == *=* && $name =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] ||
        refuse "line $line of \`environment\` is not \`NAME=value\`; pass values of several lines by the step's own \`env\`"
    export "$name=${variable#*=}"
done <<<"$INPUT_ENVIRONMENT"

command=$INPUT_COMMAND markdown=
case $INPUT_COMMENT in
    true)
        [ "$command" = plan ] || refuse "\`comment\` is for the command \`plan\`"
        arguments+=(--markdown)
        markdown=$RUNNER_TEMP/txflow-$RANDOM$RANDOM.md
        output markdown "$markdown"
        ;;
    false | '') ;;
    *) refuse "\`comment\` is \`true\` or \`false\`" ;;
esac

# Neither txflow nor what it starts has a use for them.
for name in "${!INPUT_@}"; do unset "$name"; done
# A runner that cancels the job signals only the shell of the step.
[ -z "$markdown" ] || exec "$txflow" "$command" "${arguments[@]}" >"$markdown"
exec "$txflow" "$command" "${arguments[@]}"
