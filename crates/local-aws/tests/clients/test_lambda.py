import base64
import hashlib
import json
import os
import unittest
import unittest.mock
import urllib.request

from harness import ACCOUNT, LAMBDA_TRUST, REGION, STATES_TRUST, LocalAwsTest, package


class Transitions(LocalAwsTest):
    # Long enough that no test misses a state, however busy the machine is.
    arguments = ("--delay", "800")

    def test_a_function_is_pending_then_active(self):
        role = self.role("functions")
        create = dict(FunctionName="pending", Role=role, Runtime="provided.al2023", Handler="bootstrap",
                      Code={"ZipFile": package()}, Timeout=5, Tags={"a": "b"}, Environment={"Variables": {"KEY": "v"}})
        created = self.retried("cannot be assumed by Lambda", self.functions.create_function, **create)
        self.assertEqual((created["State"], created["StateReasonCode"]), ("Pending", "Creating"))
        self.assertEqual(created["CodeSha256"], base64.b64encode(hashlib.sha256(package()).digest()).decode())
        self.refused("ResourceConflictException", self.functions.update_function_configuration,
                     FunctionName="pending", Timeout=6)
        message = self.refused("ResourceConflictException", self.functions.invoke, FunctionName="pending")
        self.assertIn("currently in the following state: Pending", message)
        self.functions.get_waiter("function_active_v2").wait(
            FunctionName="pending", WaiterConfig={"Delay": 0.02, "MaxAttempts": 100})
        found = self.functions.get_function(FunctionName="pending")
        self.assertEqual(found["Configuration"]["LastUpdateStatus"], "Successful")
        self.assertEqual(found["Configuration"]["Environment"], {"Variables": {"KEY": "v"}})
        self.assertEqual(found["Tags"], {"a": "b"})
        with urllib.request.urlopen(found["Code"]["Location"]) as response:
            self.assertEqual(response.read(), package())
        message = self.refused("ResourceConflictException", self.functions.create_function, **create)
        self.assertEqual(message, "Function already exist: pending")

    def test_an_update_under_way_conflicts_and_revisions_are_checked(self):
        self.function("updated")
        before = self.functions.get_function_configuration(FunctionName="updated")
        other = package({"bootstrap": "#!/bin/sh\nexit 1\n"})
        dry = self.functions.update_function_code(FunctionName="updated", ZipFile=other, DryRun=True)
        self.assertEqual(self.functions.get_function_configuration(FunctionName="updated"), {**before, "ResponseMetadata": unittest.mock.ANY})
        self.assertEqual(dry["FunctionName"], "updated")
        message = self.refused("PreconditionFailedException", self.functions.update_function_code,
                               FunctionName="updated", ZipFile=other, RevisionId="00000000-0000-0000-0000-000000000000")
        self.assertIn("RevisionId provided does not match", message)
        changed = self.functions.update_function_code(
            FunctionName="updated", ZipFile=other, RevisionId=before["RevisionId"], Architectures=["arm64"])
        self.assertEqual((changed["LastUpdateStatus"], changed["Architectures"]), ("InProgress", ["arm64"]))
        message = self.refused("ResourceConflictException", self.functions.update_function_configuration,
                               FunctionName="updated", MemorySize=256)
        self.assertEqual(message, "The operation cannot be performed at this time. An update is in progress for resource: "
                                  f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:updated")
        self.refused("ResourceConflictException", self.functions.publish_version, FunctionName="updated")
        self.updated("updated")
        self.assertNotEqual(self.functions.get_function_configuration(FunctionName="updated")["RevisionId"], changed["RevisionId"])
        changed = self.functions.update_function_configuration(FunctionName="updated", MemorySize=256)
        self.assertEqual((changed["MemorySize"], changed["Timeout"]), (256, 3))
        self.updated("updated")

    def test_a_new_role_is_not_yet_assumable(self):
        role = self.iam.create_role(RoleName="brand-new", AssumeRolePolicyDocument=LAMBDA_TRUST)["Role"]["Arn"]
        message = self.refused("InvalidParameterValueException", self.functions.create_function, FunctionName="early",
                               Role=role, Runtime="provided.al2023", Handler="bootstrap", Code={"ZipFile": package()})
        self.assertEqual(message, "The role defined for the function cannot be assumed by Lambda.")


class ControlPlane(LocalAwsTest):
    def test_publishing_what_has_not_changed_gives_the_same_version(self):
        self.function("published")
        first = self.functions.publish_version(FunctionName="published", Description="one")
        self.assertEqual((first["Version"], first["Description"]), ("1", "one"))
        self.assertTrue(first["FunctionArn"].endswith(":published:1"))
        self.assertEqual(self.functions.publish_version(FunctionName="published")["Version"], "1")
        self.functions.update_function_configuration(FunctionName="published", Timeout=9)
        self.updated("published")
        self.assertEqual(self.functions.publish_version(FunctionName="published")["Version"], "2")
        self.refused("InvalidParameterValueException", self.functions.publish_version,
                     FunctionName="published", CodeSha256="other")
        pages = self.functions.get_paginator("list_versions_by_function").paginate(FunctionName="published")
        versions = [version["Version"] for page in pages for version in page["Versions"]]
        self.assertEqual(versions, ["$LATEST", "1", "2"])
        self.assertEqual(self.functions.get_function_configuration(FunctionName="published", Qualifier="1")["Timeout"], 3)
        self.functions.delete_function(FunctionName="published", Qualifier="1")
        self.refused("ResourceNotFoundException", self.functions.get_function, FunctionName="published", Qualifier="1")
        message = self.refused("InvalidParameterValueException", self.functions.delete_function,
                               FunctionName="published", Qualifier="$LATEST")
        self.assertEqual(message, "$LATEST version cannot be deleted without deleting the function.")
        self.functions.delete_function(FunctionName="published")
        message = self.refused("ResourceNotFoundException", self.functions.get_function, FunctionName="published")
        self.assertEqual(message, f"Function not found: arn:aws:lambda:{REGION}:{ACCOUNT}:function:published")

    def test_aliases_point_to_versions_that_exist(self):
        self.function("aliased")
        self.functions.publish_version(FunctionName="aliased")
        self.refused("ResourceNotFoundException", self.functions.create_alias,
                     FunctionName="aliased", Name="live", FunctionVersion="9")
        self.functions.create_alias(FunctionName="aliased", Name="live", FunctionVersion="1")
        self.refused("ResourceConflictException", self.functions.create_alias,
                     FunctionName="aliased", Name="live", FunctionVersion="1")
        payload, answer = self.invoke("aliased", {"do": "calls"}, Qualifier="live")
        self.assertEqual((payload["version"], answer["ExecutedVersion"]), ("1", "1"))
        message = self.refused("ResourceConflictException", self.functions.delete_function,
                               FunctionName="aliased", Qualifier="1")
        self.assertIn("aliases reference it: [live]", message)
        self.functions.update_alias(FunctionName="aliased", Name="live", FunctionVersion="$LATEST", Description="d")
        self.assertEqual(self.functions.get_alias(FunctionName="aliased", Name="live")["Description"], "d")
        self.assertEqual(len(self.functions.list_aliases(FunctionName="aliased")["Aliases"]), 1)
        self.functions.delete_alias(FunctionName="aliased", Name="live")
        self.refused("ResourceNotFoundException", self.functions.get_alias, FunctionName="aliased", Name="live")

    def test_concurrency_and_tags(self):
        arn = self.function("tagged")["FunctionArn"]
        self.functions.put_function_concurrency(FunctionName="tagged", ReservedConcurrentExecutions=0)
        self.assertEqual(self.functions.get_function_concurrency(FunctionName="tagged")["ReservedConcurrentExecutions"], 0)
        message = self.refused("TooManyRequestsException", self.functions.invoke, FunctionName="tagged")
        self.assertEqual(message, "Rate Exceeded.")
        self.functions.delete_function_concurrency(FunctionName="tagged")
        self.refused("InvalidParameterValueException", self.functions.put_function_concurrency,
                     FunctionName="tagged", ReservedConcurrentExecutions=901)
        self.functions.tag_resource(Resource=arn, Tags={"x": "1", "y": "2"})
        self.functions.untag_resource(Resource=arn, TagKeys=["x"])
        self.assertEqual(self.functions.list_tags(Resource=arn)["Tags"], {"y": "2"})
        self.refused("ResourceNotFoundException", self.functions.list_tags, Resource=arn + "-none")

    def test_what_aws_refuses_is_refused(self):
        role = self.role("functions")
        self.function("exists")
        good = dict(FunctionName="refused", Role=role, Runtime="provided.al2023", Handler="bootstrap",
                    Code={"ZipFile": package()})
        def refused(code, **changes):
            return self.refused(code, self.functions.create_function, **{**good, **changes})
        refused("ValidationException", FunctionName="a b")
        refused("ValidationException", FunctionName="x" * 65)
        message = refused("ValidationException", MemorySize=64)
        self.assertEqual(message, "1 validation error detected: Value '64' at 'memorySize' failed to satisfy constraint: "
                                  "Member must have value greater than or equal to 128")
        self.assertTrue(refused("ValidationException", Timeout=901, MemorySize=1).startswith("2 validation errors detected: "))
        refused("ValidationException", Role="no-arn")
        refused("ValidationException", Architectures=["mips"])
        refused("InvalidParameterValueException", Runtime="provided.al2099")
        refused("InvalidParameterValueException", Handler=None)
        refused("InvalidParameterValueException", Code={"ZipFile": b"no zip"})
        refused("InvalidParameterValueException", Code={"ZipFile": package({})})
        refused("InvalidParameterValueException", Code={"ZipFile": package({"../../escape": "x"})})
        refused("InvalidParameterValueException", Environment={"Variables": {"AWS_REGION": "x"}})
        message = refused("InvalidParameterValueException", Environment={"Variables": {"BIG": "x" * 5000}})
        self.assertIn("exceeded the 4KB limit", message)
        message = refused("InvalidParameterValueException", Role=f"arn:aws:iam::{ACCOUNT}:role/none")
        self.assertEqual(message, "The role defined for the function cannot be assumed by Lambda.")
        wrong = self.role("trusts-states", STATES_TRUST)
        refused("InvalidParameterValueException", Role=wrong)
        refused("NotImplemented", Code={"S3Bucket": "b", "S3Key": "k"})
        self.refused("ResourceNotFoundException", self.functions.get_function, FunctionName="refused")

    def test_functions_are_listed(self):
        for index in range(3):
            self.function(f"listed-{index}")
        pages = self.functions.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2})
        names = [function["FunctionName"] for page in pages for function in page["Functions"]]
        self.assertLessEqual({f"listed-{index}" for index in range(3)}, set(names))


class Invoke(LocalAwsTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls().function("f", Timeout=1, Environment={"Variables": {"OWN": "yes"}})

    def test_a_warm_process_is_reused(self):
        first, _ = self.invoke("f", {"do": "calls"})
        second, _ = self.invoke("f", {"do": "calls"})
        self.assertEqual((second["pid"], second["calls"]), (first["pid"], first["calls"] + 1))

    def test_the_environment_is_lambdas_and_not_the_servers(self):
        os.environ["TXFLOW_SECRET_OF_THE_TEST"] = "x"
        environment, _ = self.invoke("f", {"do": "environment"})
        self.assertEqual(environment["OWN"], "yes")
        self.assertEqual(environment["AWS_LAMBDA_FUNCTION_NAME"], "f")
        self.assertEqual(environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"], "128")
        self.assertEqual(environment["AWS_REGION"], REGION)
        self.assertEqual(environment["AWS_ENDPOINT_URL"], self.server.url)
        for name in ("HOME", "USER", "TXFLOW_SERVE", "TXFLOW_SECRET_OF_THE_TEST"):
            self.assertNotIn(name, environment)

    def test_a_call_carries_its_context(self):
        context = base64.b64encode(b'{"a":1}').decode()
        headers, answer = self.invoke("f", {"do": "headers"}, ClientContext=context)
        headers = {name.lower(): value for name, value in headers.items()}
        self.assertEqual(headers["lambda-runtime-invoked-function-arn"], f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f")
        self.assertRegex(headers["lambda-runtime-trace-id"], "^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$")
        self.assertEqual(headers["lambda-runtime-client-context"], context)
        self.assertEqual(answer["ExecutedVersion"], "$LATEST")

    def test_errors_are_lambdas_own(self):
        payload, answer = self.invoke("f", {"do": "raise", "type": "Oops", "message": "it broke"})
        self.assertEqual(answer["FunctionError"], "Unhandled")
        self.assertEqual((payload["errorType"], payload["errorMessage"]), ("Oops", "it broke"))
        payload, _ = self.invoke("f", {"do": "crash"})
        self.assertEqual(payload["errorType"], "Runtime.ExitError")
        self.assertRegex(payload["errorMessage"], "^RequestId: .* Error: Runtime exited with error: exit status 7$")
        payload, _ = self.invoke("f", {"do": "exit"})
        self.assertRegex(payload["errorMessage"], "Error: Runtime exited without providing a reason$")
        payload, _ = self.invoke("f", {"do": "sleep", "seconds": 30})
        self.assertEqual(payload["errorType"], "Sandbox.Timedout")
        self.assertRegex(payload["errorMessage"], "^RequestId: .* Error: Task timed out after 1.00 seconds$")
        payload, _ = self.invoke("f", {"do": "big", "bytes": 6_300_000})
        self.assertEqual(payload["errorType"], "Function.ResponseSizeTooLarge")
        payload, _ = self.invoke("f", {"do": "hog", "bytes": 300_000_000})
        self.assertEqual(payload["errorType"], "Runtime.OutOfMemory")
        payload, _ = self.invoke("f", {"fine": True})
        self.assertEqual(payload, {"fine": True})

    def test_a_failed_initialisation_is_told(self):
        for how, error in [("exit", "Runtime.ExitError"), ("report", "Bad.Config")]:
            self.function("init-" + how, Environment={"Variables": {"FAIL_INIT": how}})
            payload, answer = self.invoke("init-" + how, {})
            self.assertEqual((payload["errorType"], answer["FunctionError"]), (error, "Unhandled"))
        self.function("no-exec", Code={"ZipFile": package(mode=0o644)})
        payload, _ = self.invoke("no-exec", {})
        self.assertEqual(payload["errorType"], "Runtime.InvalidEntrypoint")
        self.assertIn("permission denied", payload["errorMessage"])
        self.function("no-bootstrap", Code={"ZipFile": package({"other": "x"})})
        self.assertIn("Couldn't find valid bootstrap(s)", self.invoke("no-bootstrap", {})[0]["errorMessage"])
        self.function("other-machine", Code={"ZipFile": package({"bootstrap": "\x7fELF not for this machine"})})
        self.assertIn("exec format error", self.invoke("other-machine", {})[0]["errorMessage"])

    def test_logs_reach_their_stream_and_the_tail(self):
        _, answer = self.invoke("f", {"do": "echo"}, LogType="Tail")
        tail = base64.b64decode(answer["LogResult"]).decode()
        request_id = tail.split("START RequestId: ")[1].split(" ")[0]
        lines = tail.splitlines()
        self.assertTrue(any(line.startswith(f"START RequestId: {request_id} Version: $LATEST") for line in lines))
        self.assertIn("handling echo", lines)
        report = f"REPORT RequestId: {request_id}\tDuration: "
        self.assertTrue(lines[-1].startswith(report), tail)
        self.assertLess(lines.index("handling echo"), lines.index(f"END RequestId: {request_id}"))
        events = self.logs.filter_log_events(logGroupName="/aws/lambda/f", filterPattern=f'"{request_id}"')["events"]
        self.assertEqual([event["message"].split(" ")[0] for event in events], ["START", "END", "REPORT"])
        self.assertRegex(events[0]["logStreamName"], r"^\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}$")

    def test_events_and_dry_runs_answer_at_once(self):
        answer = self.functions.invoke(FunctionName="f", InvocationType="Event", Payload=json.dumps({"do": "marker-of-event"}))
        self.assertEqual(answer["StatusCode"], 202)
        self.until(lambda: self.logs.filter_log_events(
            logGroupName="/aws/lambda/f", filterPattern='"marker-of-event"')["events"])
        self.assertEqual(self.functions.invoke(FunctionName="f", InvocationType="DryRun")["StatusCode"], 204)

    def test_what_aws_refuses_is_refused(self):
        message = self.refused("ResourceNotFoundException", self.functions.invoke, FunctionName="none")
        self.assertEqual(message, f"Function not found: arn:aws:lambda:{REGION}:{ACCOUNT}:function:none")
        message = self.refused("InvalidRequestContentException", self.functions.invoke, FunctionName="f", Payload=b"{")
        self.assertIn("Could not parse request body into json", message)
        message = self.refused("RequestTooLargeException", self.functions.invoke, FunctionName="f",
                               Payload=b'"' + b"x" * 6_291_455 + b'"')
        self.assertIn("byte payload is too large for the RequestResponse invocation type (limit 6291456 bytes)", message)
        self.refused("ValidationException", self.functions.invoke, FunctionName="f", InvocationType="Later")

    def test_calls_run_side_by_side(self):
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(4) as threads:
            answers = list(threads.map(lambda _: self.invoke("f", {"do": "sleep", "seconds": 0.4}), range(4)))
        self.assertTrue(all("FunctionError" not in answer for _, answer in answers))


if __name__ == "__main__":
    unittest.main()
