# A function of the recordings on the Runtime API; `BEHAVIOR` says what it does.
import json, os, time, urllib.request

API = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
BEHAVIOR = os.environ["BEHAVIOR"]


def post(path, body):
    urllib.request.urlopen(urllib.request.Request(API + path, data=body.encode(), method="POST")).read()


def answer(event):
    if BEHAVIOR.startswith("sleep "):
        time.sleep(float(BEHAVIOR.split()[1]))
    if BEHAVIOR.startswith("return b'"):
        return BEHAVIOR[len("return b'"):].rstrip("'")
    if BEHAVIOR == "return bytes > 256KiB":
        return '"' + "\u00e4" * 200_000 + '"'
    if BEHAVIOR == "echo_event(print)":
        return json.dumps({"Return": "HelloWorld"})
    return json.dumps(event)


def failure(request_id):
    name, _, message = BEHAVIOR.removeprefix("raise ").rstrip(")").partition("(")
    message = message.strip("'")
    # An exception of its own needs a class above the handler.
    line = 2 if name == "Exception" else 9
    statement = f'raise {name}("{message}")' if message else f"raise {name}()"
    frame = f'  File "/var/task/handler.py", line {line}, in handler\n    {statement}\n'
    return json.dumps({"errorMessage": message, "errorType": name, "requestId": request_id, "stackTrace": [frame]})


while True:
    with urllib.request.urlopen(API + "next") as response:
        request_id, event = response.headers["Lambda-Runtime-Aws-Request-Id"], json.load(response)
    if BEHAVIOR.startswith("raise "):
        post(request_id + "/error", failure(request_id))
    else:
        post(request_id + "/response", answer(event))
