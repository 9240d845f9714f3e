"""A local AWS of its own for each test module, and what the tests share.

Run all: TXFLOW_SERVE=target/debug/examples/serve python3 -m unittest discover -s crates/local-aws/tests/clients
Needs boto3, and awscli for the tests of the CLI.
"""

import io
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
import zipfile

import boto3
import botocore.exceptions
from botocore.config import Config

SERVE = os.environ.get("TXFLOW_SERVE", "target/debug/examples/serve")
ACCOUNT = "000000000000"
REGION = "eu-central-1"

LAMBDA_TRUST = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
})
STATES_TRUST = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}],
})

# A handler on the Runtime API with nothing but Python's standard library. What it does, the event says.
BOOTSTRAP = f"""#!{sys.executable} -S
import json, os, sys, time, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/"
def post(path, body):
    request = urllib.request.Request(api + path, data=body, method="POST")
    try:
        urllib.request.urlopen(request).read()
    except urllib.error.HTTPError:
        pass
if os.environ.get("FAIL_INIT") == "exit":
    sys.exit(3)
if os.environ.get("FAIL_INIT") == "report":
    post("init/error", json.dumps({{"errorType": "Bad.Config", "errorMessage": "no table"}}).encode())
    time.sleep(1)
    sys.exit(1)
calls = 0
while True:
    with urllib.request.urlopen(api + "invocation/next") as response:
        id = response.headers["Lambda-Runtime-Aws-Request-Id"]
        headers = dict(response.headers)
        event = json.load(response)
    calls += 1
    do = event.get("do") if isinstance(event, dict) else None
    print("handling", do, flush=True)
    if do == "crash":
        sys.exit(7)
    if do == "exit":
        sys.exit(0)
    if do == "sleep":
        time.sleep(event["seconds"])
    if do == "raise":
        body = {{"errorType": event["type"], "errorMessage": event["message"], "stackTrace": []}}
        post("invocation/" + id + "/error", json.dumps(body).encode())
        continue
    if do == "big":
        post("invocation/" + id + "/response", b'"' + b"x" * event["bytes"] + b'"')
        continue
    if do == "hog":
        hog = bytearray(event["bytes"])
        time.sleep(2)
    if do == "environment":
        answer = dict(os.environ)
    elif do == "headers":
        answer = headers
    elif do == "calls":
        answer = {{"calls": calls, "pid": os.getpid(), "version": os.environ["AWS_LAMBDA_FUNCTION_VERSION"]}}
    else:
        answer = event
    post("invocation/" + id + "/response", json.dumps(answer).encode())
"""


def package(files=None, mode=0o755):
    """A zip whose entries have `mode`; by default with the bootstrap above."""
    files = {"bootstrap": BOOTSTRAP} if files is None else files
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o100000 | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return buffer.getvalue()


class Server:
    """The example server, in a directory of its own."""

    def __init__(self, directory, *arguments):
        self.command = [SERVE, directory, *arguments]
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            raise RuntimeError(f"{SERVE} did not start")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def client(self, service, region=REGION):
        return boto3.client(
            service, endpoint_url=self.url, region_name=region,
            aws_access_key_id="test", aws_secret_access_key="test",
            # A fault must reach the test, not be tried again.
            config=Config(retries={"max_attempts": 0}, inject_host_prefix=False, parameter_validation=False))


class LocalAwsTest(unittest.TestCase):
    arguments = ()

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory(prefix="txflow-clients-")
        cls.server = Server(cls.directory.name, *cls.arguments)
        cls.iam = cls.server.client("iam")
        cls.sts = cls.server.client("sts")
        cls.logs = cls.server.client("logs")
        cls.functions = cls.server.client("lambda")
        cls.states = cls.server.client("stepfunctions")

    @classmethod
    def tearDownClass(cls):
        cls.server.kill()
        cls.directory.cleanup()

    def refused(self, code, call, *args, **kwargs):
        """Calls, expects the error code, and gives the error's text."""
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            call(*args, **kwargs)
        self.assertEqual(caught.exception.response["Error"]["Code"], code, caught.exception)
        return caught.exception.response["Error"]["Message"]

    def until(self, condition, seconds=10):
        """Waits until `condition()` is true, and gives its value."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            value = condition()
            if value:
                return value
            time.sleep(0.005)
        self.fail("it did not come true in time")

    def retried(self, text, call, *args, **kwargs):
        """Calls again while AWS says `text`, as one does for a new role."""
        while True:
            try:
                return call(*args, **kwargs)
            except botocore.exceptions.ClientError as error:
                if text not in error.response["Error"]["Message"]:
                    raise
                time.sleep(0.01)

    def role(self, name, trust=LAMBDA_TRUST):
        """A role's ARN; made where it is missing."""
        try:
            return self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        except self.iam.exceptions.EntityAlreadyExistsException:
            return self.iam.get_role(RoleName=name)["Role"]["Arn"]

    def function(self, name, **settings):
        """An active function with the bootstrap above."""
        settings = {
            "Role": self.role("functions"), "Runtime": "provided.al2023", "Handler": "bootstrap",
            "Code": {"ZipFile": package()}, **settings,
        }
        created = self.retried(
            "cannot be assumed by Lambda", self.functions.create_function, FunctionName=name, **settings)
        self.functions.get_waiter("function_active_v2").wait(
            FunctionName=name, WaiterConfig={"Delay": 0.02, "MaxAttempts": 200})
        return created

    def updated(self, name):
        self.functions.get_waiter("function_updated_v2").wait(
            FunctionName=name, WaiterConfig={"Delay": 0.02, "MaxAttempts": 200})

    def invoke(self, name, event, **options):
        """The answer's payload, decoded, and the whole answer."""
        answer = self.functions.invoke(FunctionName=name, Payload=json.dumps(event), **options)
        payload = answer["Payload"].read()
        return json.loads(payload) if payload else None, answer
