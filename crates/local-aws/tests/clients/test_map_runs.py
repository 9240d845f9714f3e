"""Distributed Maps with boto3: what they read from S3 and write to it, their Map Runs and their children."""

import gzip
import json
import time
import unittest

from botocore.exceptions import ClientError

from harness import STATES_TRUST, LocalAwsTest

ROWS = [{"n": "1"}, {"n": "2"}, {"n": "3"}]


class MapRuns(LocalAwsTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.iam, cls.s3, cls.states = (cls.server.client(name) for name in ["iam", "s3", "stepfunctions"])
        cls.role = cls.iam.create_role(RoleName="maps", AssumeRolePolicyDocument=STATES_TRUST)["Role"]["Arn"]
        cls.allow("*")
        cls.s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})

    @classmethod
    def allow(cls, action):
        statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
        cls.iam.put_role_policy(RoleName="maps", PolicyName="p",
                                PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statement}))

    def put(self, key, body):
        self.s3.put_object(Bucket="data", Key=key, Body=body if isinstance(body, (bytes, str)) else json.dumps(body))

    def reader(self, key, **config):
        return {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": config,
                "Parameters": {"Bucket": "data", "Key": key}}

    def start(self, item=None, input="{}", **fields):
        """Starts a state machine with one distributed Map."""
        kind = fields.pop("kind", "STANDARD")
        state = {
            "Type": "Map", "Label": "Each", "End": True, **fields,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind},
                "StartAt": "One", "States": {"One": item or {"Type": "Pass", "End": True}},
            },
        }
        type(self).count = getattr(type(self), "count", 0) + 1
        definition = json.dumps({"StartAt": "Map", "States": {"Map": state}})
        machine = self.retried("authorized to assume", self.states.create_state_machine,
                               name=f"m{self.count}", definition=definition, roleArn=self.role)
        return self.states.start_execution(stateMachineArn=machine["stateMachineArn"], input=input)["executionArn"]

    def ended(self, execution):
        return self.eventually(lambda: self.finished(execution))

    def finished(self, execution):
        shown = self.states.describe_execution(executionArn=execution)
        return shown if shown["status"] != "RUNNING" else None

    def eventually(self, what):
        end = time.monotonic() + 60
        while not (found := what()):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)
        return found

    def output(self, **fields):
        shown = self.ended(self.start(**fields))
        self.assertEqual(shown["status"], "SUCCEEDED", shown.get("cause"))
        return json.loads(shown["output"])

    def failure(self, **fields):
        shown = self.ended(self.start(**fields))
        self.assertEqual(shown["status"], "FAILED")
        return shown["error"], shown["cause"]

    def run_of(self, execution):
        [run] = self.states.list_map_runs(executionArn=execution)["mapRuns"]
        return self.states.describe_map_run(mapRunArn=run["mapRunArn"])

    def test_items_are_read_in_each_form(self):
        self.put("a.csv", "n\n1\n2\n3\n")
        self.put("given.csv", "1|x\n2|y\n3|z\n")
        self.put("a.json", ROWS)
        self.put("deep.json", {"a": {"b": ROWS}})
        self.put("a.jsonl", "\n".join(map(json.dumps, ROWS)))
        for reader in [
            self.reader("a.csv", InputType="CSV", CSVHeaderLocation="FIRST_ROW"),
            self.reader("given.csv", InputType="CSV", CSVHeaderLocation="GIVEN", CSVHeaders=["n"], CSVDelimiter="PIPE"),
            self.reader("a.json", InputType="JSON"),
            self.reader("deep.json", InputType="JSON", ItemsPointer="/a/b"),
            self.reader("a.jsonl", InputType="JSONL"),
        ]:
            self.assertEqual(self.output(ItemReader=reader), ROWS, reader)
            reader["ReaderConfig"]["MaxItemsPath"] = "$.most"
            self.assertEqual(self.output(ItemReader=reader, input='{"most": 2}'), ROWS[:2], reader)

    def test_manifests_name_the_objects_with_the_items(self):
        self.put("inventory/1.csv.gz", gzip.compress(b'"data","a%20b","7"\n'))
        self.put("inventory/2.csv", '"data","c","8"\n')
        self.put("inventory/manifest.json", {
            "fileFormat": "CSV", "fileSchema": "Bucket, Key, Size", "destinationBucket": "arn:aws:s3:::data",
            "files": [{"key": "inventory/1.csv.gz"}, {"key": "inventory/2.csv"}],
        })
        items = self.output(ItemReader=self.reader("inventory/manifest.json", InputType="MANIFEST"))
        self.assertEqual(items, [{"Bucket": "data", "Key": "a%20b", "Size": "7"}, {"Bucket": "data", "Key": "c", "Size": "8"}])
        self.put("athena.csv", "s3://data/athena/1.jsonl\ns3://data/athena/2.jsonl\n")
        self.put("athena/1.jsonl", '{"n": "1"}\n{"n": "2"}\n')
        self.put("athena/2.jsonl", '{"n": "3"}\n')
        reader = self.reader("athena.csv", InputType="JSONL", ManifestType="ATHENA_DATA")
        self.assertEqual(self.output(ItemReader=reader), ROWS)

    def test_a_prefix_lists_objects_or_what_is_in_them(self):
        self.put("list/1.json", ROWS[:2])
        self.put("list/2.json", ROWS[2:])
        reader = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "data", "Prefix": "list/", "MaxKeys": 1}}
        items = self.output(ItemReader=reader)
        self.assertEqual([item["Key"] for item in items], ["list/1.json", "list/2.json"])
        self.assertEqual(sorted(items[0]), ["Etag", "Key", "LastModified", "Size", "StorageClass"])
        self.assertIsInstance(items[0]["LastModified"], int)
        config = {"InputType": "JSON", "Transformation": "LOAD_AND_FLATTEN"}
        self.assertEqual(self.output(ItemReader={**reader, "ReaderConfig": config}), ROWS)

    def test_an_item_says_which_object_it_was_in(self):
        self.put("a.json", ROWS)
        self.put("list/1.json", ROWS[:2])
        self.put("list/2.json", ROWS[2:])
        self.put("athena.csv", "s3://data/athena/1.jsonl\n")
        self.put("athena/1.jsonl", '{"n": "1"}\n')
        listing = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "data", "Prefix": "list/"}}
        flattened = {**listing, "ReaderConfig": {"InputType": "JSON", "Transformation": "LOAD_AND_FLATTEN"}}
        for reader, sources in [
            (self.reader("a.json", InputType="JSON"), ["s3://data/a.json"] * 3),
            (listing, ["s3://data"] * 2),
            (flattened, ["s3://data/list/1.json"] * 2 + ["s3://data/list/2.json"]),
            (self.reader("athena.csv", InputType="JSONL", ManifestType="ATHENA_DATA"), ["s3://data/athena/1.jsonl"]),
        ]:
            items = self.output(ItemReader=reader, ItemSelector={"from.$": "$$.Map.Item.Source"})
            self.assertEqual([item["from"] for item in items], sources)

    def test_items_that_cannot_be_read_fail_the_map_run(self):
        for reader, cause in [
            (self.reader("none.json", InputType="JSON"), "The specified key does not exist."),
            (self.reader("object.json", InputType="JSON"), "Attempting to map over non-iterable node."),
            (self.reader("twice.csv", InputType="CSV", CSVHeaderLocation="FIRST_ROW"), "CSV headers cannot contain duplicates."),
        ]:
            self.put("object.json", {})
            self.put("twice.csv", "a,a\n1,2\n")
            execution = self.start(ItemReader=reader)
            shown = self.ended(execution)
            self.assertEqual(shown["error"], "States.ItemReaderFailed")
            self.assertTrue(shown["cause"].startswith(cause), shown["cause"])
            self.assertEqual(self.run_of(execution)["status"], "FAILED")
            types = [event["type"] for event in self.states.get_execution_history(executionArn=execution)["events"]]
            self.assertEqual(types[2:], ["MapStateStarted", "MapRunStarted", "MapRunFailed", "MapStateFailed", "ExecutionFailed"])

    def test_items_are_read_with_the_rights_of_the_role(self):
        self.put("a.json", ROWS)
        self.allow("states:*")
        try:
            error, cause = self.failure(ItemReader=self.reader("a.json", InputType="JSON"))
        finally:
            self.allow("*")
        self.assertEqual(error, "States.ItemReaderFailed")
        self.assertIn("is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::data/a.json", cause)

    def test_results_are_written_beside_a_manifest(self):
        writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "data", "Prefix": "out/"}}
        execution = self.start(ItemsPath="$", input="[1, 3]", ResultWriter=writer)
        output = json.loads(self.ended(execution)["output"])
        run = self.run_of(execution)
        self.assertEqual(output["MapRunArn"], run["mapRunArn"])
        self.assertEqual(run["itemCounts"]["resultsWritten"], 2)
        at = output["ResultWriterDetails"]
        folder = "out/" + run["mapRunArn"].rsplit(":", 1)[-1]
        self.assertEqual(at, {"Bucket": "data", "Key": f"{folder}/manifest.json"})
        manifest = self.read(at["Key"])
        [file] = manifest["ResultFiles"].pop("SUCCEEDED")
        self.assertEqual(manifest, {"DestinationBucket": "data", "MapRunArn": run["mapRunArn"],
                                    "ResultFiles": {"FAILED": [], "PENDING": []}})
        self.assertEqual(file["Key"], f"{folder}/SUCCEEDED_0.json")
        results = self.read(file["Key"])
        self.assertEqual([(result["Input"], result["Output"], result["Status"]) for result in results],
                         [("1", "1", "SUCCEEDED"), ("3", "3", "SUCCEEDED")])

    def read(self, key):
        return json.loads(self.s3.get_object(Bucket="data", Key=key)["Body"].read())

    def test_results_are_transformed(self):
        lines = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "data", "Prefix": "flat"},
                 "WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSONL"}}
        output = self.output(ItemsPath="$", input="[[1, 2], [3]]", ResultWriter=lines)
        manifest = self.read(output["ResultWriterDetails"]["Key"])
        key = manifest["ResultFiles"]["SUCCEEDED"][0]["Key"]
        self.assertEqual(self.s3.get_object(Bucket="data", Key=key)["Body"].read(), b"1\n2\n3\n")
        compact = {"WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSON"}}
        self.assertEqual(self.output(ItemsPath="$", input="[[1], [2]]", ResultWriter=compact), [[1], [2]])

    def test_results_that_cannot_be_written_fail_the_map_run(self):
        writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "no-such-bucket"}}
        error, cause = self.failure(ItemsPath="$", input="[1]", ResultWriter=writer)
        self.assertEqual(error, "States.ResultWriterFailed")
        self.assertIn("The specified bucket does not exist", cause)

    def test_children_are_executions_of_their_own(self):
        execution = self.start(ItemsPath="$", input="[1, 2, 3]",
                               item={"Type": "Pass", "Parameters": {"id.$": "$$.Execution.Id", "in.$": "$$.Execution.Input"}, "End": True})
        outputs = json.loads(self.ended(execution)["output"])
        run = self.run_of(execution)
        self.assertEqual((run["status"], run["itemCounts"]["succeeded"], run["executionCounts"]["total"]), ("SUCCEEDED", 3, 3))
        children = self.states.list_executions(mapRunArn=run["mapRunArn"])["executions"]
        self.assertEqual({child["mapRunArn"] for child in children}, {run["mapRunArn"]})
        self.assertEqual({child["executionArn"] for child in children}, {output["id"] for output in outputs})
        self.assertEqual([output["in"] for output in outputs], [1, 2, 3])
        for child in children:
            shown = self.states.describe_execution(executionArn=child["executionArn"])
            self.assertEqual((shown["status"], shown["mapRunArn"]), ("SUCCEEDED", run["mapRunArn"]))
            events = self.states.get_execution_history(executionArn=child["executionArn"])["events"]
            self.assertEqual([event["type"] for event in events],
                             ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"])
            self.assertEqual([event["id"] for event in events], [1, 2, 3, 4])

    def test_express_children_count_and_have_no_history(self):
        execution = self.start(ItemsPath="$", input="[1, 2, 3]", kind="EXPRESS", ItemBatcher={"MaxItemsPerBatch": 2})
        self.ended(execution)
        run = self.run_of(execution)
        self.assertEqual((run["itemCounts"]["succeeded"], run["executionCounts"]["succeeded"]), (3, 2))
        self.assertEqual(self.states.list_executions(mapRunArn=run["mapRunArn"])["executions"], [])

    def test_failures_are_tolerated_up_to_the_threshold(self):
        fails = {"Type": "Fail", "Error": "E"}
        execution = self.start(ItemsPath="$", input="[1, 2]", item=fails, ToleratedFailureCount=2)
        self.assertEqual(self.ended(execution)["output"], "[]")
        self.assertEqual(self.run_of(execution)["itemCounts"]["failed"], 2)
        execution = self.start(ItemsPath="$", input="[1, 2]", item=fails, ToleratedFailureCount=1, MaxConcurrency=1)
        shown = self.ended(execution)
        self.assertEqual(shown["error"], "States.ExceedToleratedFailureThreshold")
        self.assertEqual(shown["cause"], "The specified tolerated failure threshold was exceeded")
        run = self.run_of(execution)
        self.assertEqual((run["status"], run["toleratedFailureCount"], run["maxConcurrency"]), ("FAILED", 1, 1))

    def test_a_stopped_execution_stops_its_children(self):
        wait = {"Type": "Wait", "Seconds": 600, "End": True}
        execution = self.start(ItemsPath="$", input="[1, 2, 3]", item=wait, MaxConcurrency=2)
        self.eventually(lambda: self.states.list_map_runs(executionArn=execution)["mapRuns"])
        run = self.run_of(execution)
        self.assertEqual((run["executionCounts"]["running"], run["executionCounts"]["pending"]), (2, 1))
        self.states.update_map_run(mapRunArn=run["mapRunArn"], maxConcurrency=3, toleratedFailureCount=7)
        self.eventually(lambda: self.run_of(execution)["executionCounts"]["running"] == 3)
        self.assertEqual(self.run_of(execution)["toleratedFailureCount"], 7)
        self.states.stop_execution(executionArn=execution)
        run = self.run_of(execution)
        self.assertEqual((run["status"], run["executionCounts"]["aborted"]), ("ABORTED", 3))
        children = self.states.list_executions(mapRunArn=run["mapRunArn"], statusFilter="ABORTED")["executions"]
        self.assertEqual(len(children), 3)
        with self.assertRaises(ClientError):
            self.states.update_map_run(mapRunArn=run["mapRunArn"], maxConcurrency=1)
        with self.assertRaises(ClientError) as raised:
            self.states.describe_map_run(mapRunArn=run["mapRunArn"] + "0")
        self.assertEqual(raised.exception.response["Error"]["Code"], "ResourceNotFound")

    def test_a_killed_server_leaves_no_child_running(self):
        wait = {"Type": "Wait", "Seconds": 600, "End": True}
        execution = self.start(ItemsPath="$", input="[1, 2, 3]", item=wait, MaxConcurrency=2)
        self.eventually(lambda: self.states.list_map_runs(executionArn=execution)["mapRuns"])
        run = self.run_of(execution)["mapRunArn"]
        self.eventually(lambda: len(self.states.list_executions(mapRunArn=run)["executions"]) == 2)
        self.server.kill()
        self.server.start()
        for name, service in [("states", "stepfunctions"), ("s3", "s3"), ("iam", "iam")]:
            setattr(type(self), name, self.server.client(service))
        shown = self.states.describe_map_run(mapRunArn=run)
        self.assertEqual((shown["status"], shown["executionCounts"]["aborted"]), ("ABORTED", 3))
        children = self.states.list_executions(mapRunArn=run, statusFilter="ABORTED")["executions"]
        self.assertEqual(len(children), 2)
        history = self.states.get_execution_history(executionArn=children[0]["executionArn"])["events"]
        self.assertEqual(history[-1]["type"], "ExecutionAborted")


if __name__ == "__main__":
    unittest.main()
