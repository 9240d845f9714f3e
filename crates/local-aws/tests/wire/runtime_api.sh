#!/bin/bash
connect() { exec 3<>"/dev/tcp/${AWS_LAMBDA_RUNTIME_API/:/\/}" || exit; }
next() {
  connect
  printf 'GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$AWS_LAMBDA_RUNTIME_API" >&3
  length=0
  while IFS= read -r line <&3 && line=${line%$'\r'} && [ -n "$line" ]; do
    case ${line,,} in
      lambda-runtime-aws-request-id:*) id=${line#*: } ;;
      content-length:*) length=${line#*: } ;;
    esac
  done
  IFS= read -r -N "$length" event <&3
  exec 3>&-
}
answer() {
  connect
  printf 'POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s' "$id" "$AWS_LAMBDA_RUNTIME_API" "${#1}" "$1" >&3
  cat <&3 >/dev/null
  exec 3>&-
}
