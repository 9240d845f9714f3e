"""The AWS CLI: the road from a role to an execution's history, as one would type it."""

import contextlib
import functools
import importlib.util
import io
import json
import os
import pathlib
import tempfile
import unittest
import unittest.mock

from harness import LAMBDA_TRUST, REGION, STATES_TRUST, LocalAwsTest, package


@unittest.skipUnless(importlib.util.find_spec("awscli"), "the AWS CLI is not installed")
class Cli(LocalAwsTest):
    # The CLI's waiters ask at once, and then every few seconds: it finds everything done.
    arguments = ("--delay", "0")

    def aws(self, *arguments, fails=False):
        """What the CLI prints, decoded; with `fails`, what it says about the error.

        It runs inside this process, as to start it anew takes longer than all that it does.
        """
        environment = {
            "HOME": self.home.name, "AWS_ENDPOINT_URL": self.server.url,
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION,
            # The CLI would look for `sync-127.0.0.1`, as `txflow local` says.
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        }
        out, error = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with unittest.mock.patch.dict(os.environ, environment), \
                contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
            # The CLI's version 1 calls SQS where AWS has it, unless the option says otherwise.
            code = self.driver().main([*arguments, "--output", "json", "--endpoint-url", self.server.url])
            out.flush(), error.flush()
        printed, said = out.buffer.getvalue().decode(), error.buffer.getvalue().decode().strip()
        self.assertEqual(code != 0, fails, said)
        if fails:
            return said
        return json.loads(printed) if printed.strip() else None

    @classmethod
    @functools.cache
    def driver(cls):
        """One for all commands: it reads AWS's service models, which takes its time."""
        from awscli.clidriver import create_clidriver
        return create_clidriver()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.home = tempfile.TemporaryDirectory(prefix="txflow-cli-")

    @classmethod
    def tearDownClass(cls):
        cls.home.cleanup()
        super().tearDownClass()

    def test_from_a_role_to_a_history(self):
        folder = pathlib.Path(self.home.name)
        (folder / "echo.zip").write_bytes(package())
        role = self.aws("iam", "create-role", "--role-name", "functions", "--assume-role-policy-document", LAMBDA_TRUST)
        self.aws("lambda", "create-function", "--function-name", "echo", "--runtime", "provided.al2023",
                 "--handler", "bootstrap", "--role", role["Role"]["Arn"], "--zip-file", f"fileb://{folder}/echo.zip")
        self.aws("lambda", "wait", "function-active-v2", "--function-name", "echo")
        answer = folder / "answer.json"
        (folder / "event.json").write_text('{"hello": "cli"}')
        invoked = self.aws("lambda", "invoke", "--function-name", "echo", "--payload", f"fileb://{folder}/event.json", str(answer))
        self.assertEqual((invoked["StatusCode"], json.loads(answer.read_text())), (200, {"hello": "cli"}))

        role = self.aws("iam", "create-role", "--role-name", "workflows", "--assume-role-policy-document", STATES_TRUST)
        self.aws("iam", "put-role-policy", "--role-name", "workflows", "--policy-name", "invoke", "--policy-document",
                 '{"Statement":[{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"*"}]}')
        definition = json.dumps({"StartAt": "Echo", "States": {"Echo": {
            "Type": "Task", "Resource": f"arn:aws:lambda:{REGION}:000000000000:function:echo", "End": True}}})
        machine = self.aws("stepfunctions", "create-state-machine", "--name", "m", "--definition", definition,
                           "--role-arn", role["Role"]["Arn"])["stateMachineArn"]
        execution = self.aws("stepfunctions", "start-execution", "--state-machine-arn", machine, "--input", '{"a":1}')["executionArn"]
        self.until(lambda: self.states.describe_execution(executionArn=execution)["status"] != "RUNNING")
        self.assertEqual(self.aws("stepfunctions", "describe-execution", "--execution-arn", execution)["output"], '{"a": 1}')
        events = self.aws("stepfunctions", "get-execution-history", "--execution-arn", execution, "--page-size", "3")["events"]
        self.assertEqual([event["type"] for event in events], [
            "ExecutionStarted", "TaskStateEntered", "LambdaFunctionScheduled", "LambdaFunctionStarted",
            "LambdaFunctionSucceeded", "TaskStateExited", "ExecutionSucceeded"])
        lines = self.aws("logs", "filter-log-events", "--log-group-name", "/aws/lambda/echo", "--filter-pattern", "REPORT")
        self.assertEqual(len(lines["events"]), 2)
        refused = self.aws("iam", "delete-role", "--role-name", "workflows", fails=True)
        self.assertEqual(refused, "An error occurred (DeleteConflict) when calling the DeleteRole operation: "
                                  "Cannot delete entity, must delete policies first.")

    def test_one_state_is_tested(self):
        state = {"Type": "Map", "ItemsPath": "$.k", "ItemSelector": {"v.$": "$$.Map.Item.Value"}, "MaxConcurrency": 2,
                 "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 4}], "End": True,
                 "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Pass", "End": True}}}}
        test = functools.partial(self.aws, "stepfunctions", "test-state", "--definition", json.dumps(state),
                                 "--input", '{"k": [ 1 ]}', "--inspection-level", "DEBUG", "--mock")
        tested = test('{"result": "[2]"}')
        self.assertEqual((tested["status"], tested["output"]), ("SUCCEEDED", "[2]"))
        data = tested["inspectionData"]
        self.assertEqual((data["afterItemsPath"], data["afterItemSelector"], data["maxConcurrency"]), ("[ 1 ]", '[{"v":1}]', 2))
        failed = test('{"errorOutput": {"error": "Busy"}}')
        self.assertEqual(failed["inspectionData"]["errorDetails"], {"retryIndex": 0, "retryBackoffIntervalSeconds": 4})
        refused = test('{"result": "2"}', fails=True)
        self.assertEqual(refused, "An error occurred (ValidationException) when calling the TestState operation: "
                                  "Mocked result must be an array.")

    def test_a_folder_is_synchronized_with_a_bucket(self):
        self.s3("mb", "s3://cli-folder")
        with tempfile.TemporaryDirectory() as here:
            here = pathlib.Path(here)
            (here / "sub").mkdir()
            (here / "a.txt").write_text("one")
            (here / "sub" / "b.bin").write_bytes(os.urandom(9 * 1024 * 1024))
            self.s3("sync", str(here), "s3://cli-folder/data")
            listed = self.aws("s3api", "list-objects-v2", "--bucket", "cli-folder")
            self.assertEqual([entry["Key"] for entry in listed["Contents"]], ["data/a.txt", "data/sub/b.bin"])
            with tempfile.TemporaryDirectory() as there:
                there = pathlib.Path(there)
                self.s3("sync", "s3://cli-folder/data", str(there))
                for name in ["a.txt", "sub/b.bin"]:
                    self.assertEqual((there / name).read_bytes(), (here / name).read_bytes())
            (here / "a.txt").unlink()
            self.s3("sync", "--delete", str(here), "s3://cli-folder/data")
        listed = self.aws("s3api", "list-objects-v2", "--bucket", "cli-folder")
        self.assertEqual([entry["Key"] for entry in listed["Contents"]], ["data/sub/b.bin"])
        self.s3("rb", "--force", "s3://cli-folder")
        self.assertEqual(self.aws("s3api", "list-buckets")["Buckets"], [])

    def s3(self, *arguments):
        """The commands on files print lines, and no JSON."""
        environment = {
            "HOME": self.home.name, "AWS_ENDPOINT_URL": self.server.url,
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION,
        }
        said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with unittest.mock.patch.dict(os.environ, environment), \
                contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = self.driver().main(["s3", *arguments])
            said.flush()
        self.assertEqual(code, 0, said.buffer.getvalue().decode())

    def test_queues_topics_and_events(self):
        self.aws("sqs", "create-queue", "--queue-name", "orders", "--attributes", "VisibilityTimeout=5")
        url = self.aws("sqs", "get-queue-url", "--queue-name", "orders")["QueueUrl"]
        queue = self.aws("sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "QueueArn")["Attributes"]["QueueArn"]
        topic = self.aws("sns", "create-topic", "--name", "orders")["TopicArn"]
        self.aws("sns", "subscribe", "--topic-arn", topic, "--protocol", "sqs", "--notification-endpoint", queue,
                 "--attributes", json.dumps({"RawMessageDelivery": "true", "FilterPolicy": '{"kind": ["new"]}'}))
        for kind in ["old", "new"]:
            attributes = json.dumps({"kind": {"DataType": "String", "StringValue": kind}})
            self.aws("sns", "publish", "--topic-arn", topic, "--message", kind, "--message-attributes", attributes)
        message, = self.aws("sqs", "receive-message", "--queue-url", url, "--max-number-of-messages", "10")["Messages"]
        self.assertEqual(message["Body"], "new")
        self.aws("sqs", "delete-message", "--queue-url", url, "--receipt-handle", message["ReceiptHandle"])

        self.aws("events", "put-rule", "--name", "orders", "--event-pattern", '{"source": ["shop"]}')
        targets = json.dumps([{"Id": "queue", "Arn": queue, "InputPath": "$.detail"}])
        self.aws("events", "put-targets", "--rule", "orders", "--targets", targets)
        entries = json.dumps([{"Source": "shop", "DetailType": "Order", "Detail": '{"id": 1}'}])
        put = self.aws("events", "put-events", "--entries", entries)
        self.assertEqual(put["FailedEntryCount"], 0)
        message, = self.aws("sqs", "receive-message", "--queue-url", url, "--wait-time-seconds", "20")["Messages"]
        self.assertEqual(json.loads(message["Body"]), {"id": 1})
        refused = self.aws("sqs", "receive-message", "--queue-url", url + "x", fails=True)
        self.assertIn("(AWS.SimpleQueueService.NonExistentQueue)", refused)


if __name__ == "__main__":
    unittest.main()
