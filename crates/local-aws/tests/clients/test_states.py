import json
import time
import unittest

from harness import ACCOUNT, LAMBDA_TRUST, REGION, STATES_TRUST, LocalAwsTest

PREFIX = f"arn:aws:states:{REGION}:{ACCOUNT}"


def definition(**states):
    """A definition whose first state is the first argument."""
    return json.dumps({"StartAt": next(iter(states)), "States": states})


PASS = definition(Only={"Type": "Pass", "End": True})
WAIT = definition(Wait={"Type": "Wait", "Seconds": 60, "Next": "End"}, End={"Type": "Succeed"})


class StatesTest(LocalAwsTest):
    def machine(self, name, text=PASS, **settings):
        """A state machine's ARN. Its role may invoke every function and send to every queue."""
        role = self.role("workflows", STATES_TRUST)
        self.iam.put_role_policy(RoleName="workflows", PolicyName="invoke", PolicyDocument=json.dumps({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": ["lambda:InvokeFunction", "logs:CreateLogDelivery", "glue:StartJobRun"], "Resource": "*"}]}))
        created = self.retried("authorized to assume the provided role", self.states.create_state_machine,
                               **{"name": name, "definition": text, "roleArn": role, **settings})
        return created["stateMachineArn"]

    def ended(self, arn):
        """The description of an execution that has ended."""
        def look():
            found = self.states.describe_execution(executionArn=arn)
            return found if found["status"] != "RUNNING" else None
        return self.until(look)

    def run_to_end(self, machine, event=None, **options):
        started = self.states.start_execution(stateMachineArn=machine, input=json.dumps(event or {}), **options)
        return self.ended(started["executionArn"])

    def events(self, arn, **options):
        pages = self.states.get_paginator("get_execution_history").paginate(executionArn=arn, **options)
        return [event for page in pages for event in page["events"]]

    def types(self, arn):
        return [event["type"] for event in self.events(arn)]


class ControlPlane(StatesTest):
    def test_a_state_machine_lives_and_dies(self):
        arn = self.machine("lives", tags=[{"key": "a", "value": "1"}])
        self.assertEqual(arn, f"{PREFIX}:stateMachine:lives")
        found = self.states.describe_state_machine(stateMachineArn=arn)
        self.assertEqual((found["status"], found["type"], found["definition"]), ("ACTIVE", "STANDARD", PASS))
        self.assertEqual(found["loggingConfiguration"], {"level": "OFF", "includeExecutionData": False})
        self.assertNotIn("revisionId", found)
        updated = self.states.update_state_machine(stateMachineArn=arn, definition=WAIT)
        self.assertEqual(self.states.describe_state_machine(stateMachineArn=arn)["revisionId"], updated["revisionId"])
        again = self.states.update_state_machine(stateMachineArn=arn, definition=WAIT)
        self.assertEqual(again["revisionId"], updated["revisionId"])
        self.states.tag_resource(resourceArn=arn, tags=[{"key": "b", "value": "2"}])
        self.states.untag_resource(resourceArn=arn, tagKeys=["a"])
        self.assertEqual(self.states.list_tags_for_resource(resourceArn=arn)["tags"], [{"key": "b", "value": "2"}])
        self.states.delete_state_machine(stateMachineArn=arn)
        self.states.delete_state_machine(stateMachineArn=arn)
        def gone():
            arns = [machine["stateMachineArn"] for machine in self.states.list_state_machines()["stateMachines"]]
            return arn not in arns
        self.until(gone)
        message = self.refused("StateMachineDoesNotExist", self.states.describe_state_machine, stateMachineArn=arn)
        self.assertEqual(message, f"State Machine Does Not Exist: '{arn}'")
        self.machine("lives")

    def test_creating_the_same_again_gives_the_same(self):
        arn = self.machine("again")
        other_role = self.role("other-workflows", STATES_TRUST)
        self.retried("authorized to assume", self.states.create_state_machine, name="again", definition=PASS, roleArn=other_role)
        self.assertNotEqual(self.states.describe_state_machine(stateMachineArn=arn)["roleArn"], other_role)
        message = self.refused("StateMachineAlreadyExists", self.states.create_state_machine,
                               name="again", definition=WAIT, roleArn=other_role)
        self.assertEqual(message, f"State Machine Already Exists: '{arn}'")

    def test_versions(self):
        arn = self.machine("versioned", publish=True, versionDescription="first")
        version = self.states.describe_state_machine(stateMachineArn=arn + ":1")
        self.assertEqual((version["description"], version["stateMachineArn"]), ("first", arn + ":1"))
        self.assertEqual(self.states.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"], arn + ":1")
        updated = self.states.update_state_machine(stateMachineArn=arn, definition=WAIT, publish=True, versionDescription="second")
        self.assertEqual(updated["stateMachineVersionArn"], arn + ":2")
        message = self.refused("ConflictException", self.states.publish_state_machine_version,
                               stateMachineArn=arn, revisionId="other")
        self.assertEqual(message, "Failed to publish the State Machine version for revision other. "
                                  f"The current State Machine revision is {updated['revisionId']}.")
        versions = self.states.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
        self.assertEqual([version["stateMachineVersionArn"] for version in versions], [arn + ":2", arn + ":1"])
        self.assertEqual(self.states.describe_state_machine(stateMachineArn=arn + ":1")["definition"], PASS)
        self.states.delete_state_machine_version(stateMachineVersionArn=arn + ":2")
        self.states.delete_state_machine_version(stateMachineVersionArn=arn + ":2")
        self.states.update_state_machine(stateMachineArn=arn, definition=PASS)
        self.assertEqual(self.states.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"], arn + ":3")
        self.refused("ValidationException", self.states.create_state_machine, name="v", definition=PASS,
                     roleArn=self.role("workflows"), versionDescription="without publish")

    def test_aliases(self):
        arn = self.machine("aliased", publish=True)
        route = lambda *pairs: [{"stateMachineVersionArn": f"{arn}:{number}", "weight": weight} for number, weight in pairs]
        create = lambda **changes: self.states.create_state_machine_alias(
            **{"name": "live", "routingConfiguration": route((1, 100)), **changes})
        alias = create()["stateMachineAliasArn"]
        self.assertEqual((alias, create()["stateMachineAliasArn"]), (arn + ":live", arn + ":live"))
        self.refused("ConflictException", create, description="other")
        self.states.update_state_machine(stateMachineArn=arn, definition=WAIT, publish=True)
        self.states.update_state_machine_alias(stateMachineAliasArn=alias, routingConfiguration=route((1, 50), (2, 50)))
        found = self.states.describe_state_machine_alias(stateMachineAliasArn=alias)
        self.assertEqual(found["routingConfiguration"], route((1, 50), (2, 50)))
        message = self.refused("ConflictException", self.states.delete_state_machine_version, stateMachineVersionArn=arn + ":1")
        self.assertIn("Current list of aliases referencing this version: [live]", message)
        for routes, text in [
            (route((1, 70), (2, 29)), "Sum of routing configuration weights must equal 100. Received: [70, 29]"),
            (route((1, 50), (1, 50)), "must contain distinct state machine version ARNs"),
            ([{"stateMachineVersionArn": arn, "weight": 100}], "must contain state machine version ARNs"),
            (route((1, 101)), "Member must have value less than or equal to 100"),
            (route((1, 40), (2, 30), (3, 30)), "Member must have length less than or equal to 2"),
        ]:
            self.assertIn(text, self.refused("ValidationException", create, name="bad", routingConfiguration=routes))
        self.refused("ValidationException", create, name="123")
        self.refused("ResourceNotFound", create, name="missing", routingConfiguration=route((9, 100)))
        self.refused("ResourceNotFound", self.states.update_state_machine_alias,
                     stateMachineAliasArn=arn + ":none", description="d")
        self.assertEqual(len(self.states.list_state_machine_aliases(stateMachineArn=arn)["stateMachineAliases"]), 1)
        self.states.delete_state_machine_alias(stateMachineAliasArn=alias)
        self.states.delete_state_machine_alias(stateMachineAliasArn=alias)
        self.assertEqual(self.states.list_state_machine_aliases(stateMachineArn=arn)["stateMachineAliases"], [])

    def test_what_aws_refuses_is_refused(self):
        self.machine("exists")
        role = self.role("workflows")
        def refused(code, **changes):
            request = {"name": "refused", "definition": PASS, "roleArn": role, **changes}
            return self.refused(code, self.states.create_state_machine, **request)
        self.assertEqual(refused("InvalidName", name="a b"), "Invalid Name: 'a b'")
        refused("ValidationException", name="x" * 81)
        self.assertTrue(refused("InvalidDefinition", definition="{").startswith(
            "Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: "))
        self.assertEqual(refused("InvalidDefinition", definition='{"StartAt": "S"}'),
                         "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'")
        message = refused("InvalidDefinition", definition=definition(A={"Type": "Pass", "Next": "Nowhere"}))
        self.assertIn("MISSING_TRANSITION_TARGET", message)
        self.assertEqual(refused("InvalidArn", roleArn="role"), "Invalid Arn: 'Invalid ARN prefix: role'")
        neither = ("Neither the global service principal states.amazonaws.com, nor the regional one is authorized to "
                   "assume the provided role.")
        self.assertEqual(refused("AccessDeniedException", roleArn=f"arn:aws:iam::{ACCOUNT}:role/none"), neither)
        self.assertEqual(refused("AccessDeniedException", roleArn=self.role("for-functions", LAMBDA_TRUST)), neither)
        self.assertIn("Must specify exactly one Log Destination",
                      refused("InvalidLoggingConfiguration", loggingConfiguration={"level": "ALL"}))
        destination = {"cloudWatchLogsLogGroup": {"logGroupArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:none:*"}}
        message = refused("AccessDeniedException", loggingConfiguration={"level": "ALL", "destinations": [destination]})
        self.assertEqual(message, "The state machine IAM Role is not authorized to access the Log Destination")
        self.refused("StateMachineDoesNotExist", self.states.update_state_machine,
                     stateMachineArn=f"{PREFIX}:stateMachine:none", definition=PASS)
        self.refused("MissingRequiredParameter", self.states.update_state_machine,
                     stateMachineArn=f"{PREFIX}:stateMachine:exists")
        self.refused("InvalidArn", self.states.describe_state_machine, stateMachineArn="not_a_valid_arn")

    def test_an_activity_is_done_by_a_worker(self):
        activity = self.states.create_activity(name="pack")["activityArn"]
        self.assertEqual(activity, f"{PREFIX}:activity:pack")
        self.assertEqual(self.states.describe_activity(activityArn=activity)["name"], "pack")
        self.assertIn(activity, [found["activityArn"] for found in self.states.list_activities()["activities"]])
        arn = self.machine("packs", definition(Pack={"Type": "Task", "Resource": activity, "End": True}))
        started = self.states.start_execution(stateMachineArn=arn, input='{"box":1}')["executionArn"]
        task = self.states.get_activity_task(activityArn=activity, workerName="w")
        self.assertEqual(task["input"], '{"box":1}')
        self.states.send_task_success(taskToken=task["taskToken"], output='"packed"')
        self.assertEqual(self.ended(started)["output"], '"packed"')
        self.assertIn("ActivityStarted", self.types(started))
        self.states.delete_activity(activityArn=activity)
        self.refused("ActivityDoesNotExist", self.states.describe_activity, activityArn=activity)

    def test_a_definition_is_validated(self):
        answer = self.states.validate_state_machine_definition(definition=PASS)
        self.assertEqual((answer["result"], answer["diagnostics"]), ("OK", []))
        answer = self.states.validate_state_machine_definition(definition=definition(A={"Type": "Pass", "Next": "B"}))
        self.assertEqual(answer["result"], "FAIL")
        self.assertIn("MISSING_TRANSITION_TARGET", [found["code"] for found in answer["diagnostics"]])


class Executions(StatesTest):
    def test_an_execution_is_told_from_start_to_end(self):
        arn = self.machine("told", definition(
            First={"Type": "Pass", "Result": {"a": 1}, "ResultPath": "$.first", "Next": "Second"}, Second={"Type": "Succeed"}))
        found = self.run_to_end(arn, {"in": True}, name="one")
        self.assertEqual(found["executionArn"], f"{PREFIX}:execution:told:one")
        self.assertEqual((found["status"], json.loads(found["output"])), ("SUCCEEDED", {"in": True, "first": {"a": 1}}))
        self.assertEqual(found["redriveStatus"], "NOT_REDRIVABLE")
        self.assertEqual(self.types(found["executionArn"]), [
            "ExecutionStarted", "PassStateEntered", "PassStateExited", "SucceedStateEntered", "SucceedStateExited",
            "ExecutionSucceeded"])
        events = self.events(found["executionArn"], reverseOrder=True, PaginationConfig={"PageSize": 2})
        self.assertEqual([event["id"] for event in events], [6, 5, 4, 3, 2, 1])
        page = self.states.get_execution_history(executionArn=found["executionArn"], includeExecutionData=False)
        self.assertNotIn("input", page["events"][0]["executionStartedEventDetails"])
        used = self.states.describe_state_machine_for_execution(executionArn=found["executionArn"])
        self.assertEqual(used["stateMachineArn"], arn)
        self.refused("InvalidToken", self.states.get_execution_history, executionArn=found["executionArn"], nextToken="x")

    def test_a_name_is_used_once(self):
        arn = self.machine("named", WAIT)
        start = lambda text: self.states.start_execution(stateMachineArn=arn, name="n", input=text)
        first = start('{"a": 1}')
        self.assertEqual(start('{"a": 1}')["executionArn"], first["executionArn"])
        message = self.refused("ExecutionAlreadyExists", start, '{"a": 2}')
        self.assertEqual(message, f"Execution Already Exists: '{first['executionArn']}'")
        stopped = self.states.stop_execution(executionArn=first["executionArn"], error="Enough", cause="of it")
        found = self.states.describe_execution(executionArn=first["executionArn"])
        self.assertEqual((found["status"], found["error"], found["cause"]), ("ABORTED", "Enough", "of it"))
        self.assertEqual(found["stopDate"], stopped["stopDate"])
        self.refused("ExecutionAlreadyExists", start, '{"a": 1}')
        self.states.stop_execution(executionArn=first["executionArn"])

    def test_lists_are_filtered_and_paged(self):
        arn = self.machine("listed", publish=True)
        names = [f"e{index}" for index in range(7)]
        for name in names:
            self.run_to_end(arn, name=name)
        self.run_to_end(arn + ":1", name="of-version")
        running = self.machine("listed-waiting", WAIT)
        self.states.start_execution(stateMachineArn=running)
        pages = self.states.get_paginator("list_executions").paginate(stateMachineArn=arn, PaginationConfig={"PageSize": 3})
        found = [execution["name"] for page in pages for execution in page["executions"]]
        self.assertEqual(sorted(found), sorted(names + ["of-version"]))
        self.assertEqual(found[0], "of-version")
        of_version = self.states.list_executions(stateMachineArn=arn + ":1")["executions"]
        self.assertEqual([execution["name"] for execution in of_version], ["of-version"])
        self.assertEqual(self.states.list_executions(stateMachineArn=arn, statusFilter="FAILED")["executions"], [])
        self.assertEqual(len(self.states.list_executions(stateMachineArn=running, statusFilter="RUNNING")["executions"]), 1)

    def test_what_aws_refuses_is_refused(self):
        arn = self.machine("strict")
        start = lambda text: self.states.start_execution(stateMachineArn=arn, input=text)
        self.assertIn("Unrecognized token 'not'", self.refused("InvalidExecutionInput", start, "not json"))
        self.refused("ValidationException", start, json.dumps("x" * 262144))
        self.refused("StateMachineDoesNotExist", self.states.start_execution, stateMachineArn=arn + "-none")
        self.refused("StateMachineDoesNotExist", self.states.start_execution, stateMachineArn=arn + ":9")
        self.refused("InvalidName", self.states.start_execution, stateMachineArn=arn, name="a b")
        missing = f"{PREFIX}:execution:strict:none"
        message = self.refused("ExecutionDoesNotExist", self.states.describe_execution, executionArn=missing)
        self.assertEqual(message, f"Execution Does Not Exist: '{missing}'")
        self.refused("ExecutionDoesNotExist", self.states.stop_execution, executionArn=missing)
        self.refused("ExecutionDoesNotExist", self.states.redrive_execution, executionArn=missing)
        done = self.run_to_end(arn)["executionArn"]
        self.assertEqual(self.refused("ExecutionNotRedrivable", self.states.redrive_execution, executionArn=done),
                         "Execution is SUCCEEDED and cannot be redriven")
        self.refused("StateMachineTypeNotSupported", self.states.start_sync_execution, stateMachineArn=arn)

    def test_a_state_machine_goes_once_its_executions_have_ended(self):
        arn = self.machine("doomed", WAIT)
        execution = self.states.start_execution(stateMachineArn=arn, name="e")["executionArn"]
        self.states.delete_state_machine(stateMachineArn=arn)
        self.assertEqual(self.states.describe_state_machine(stateMachineArn=arn)["status"], "DELETING")
        self.assertEqual(self.states.describe_execution(executionArn=execution)["status"], "RUNNING")
        self.states.stop_execution(executionArn=execution)
        def gone():
            try:
                self.states.describe_execution(executionArn=execution)
                return False
            except self.states.exceptions.ExecutionDoesNotExist:
                return True
        self.until(gone)


class Express(StatesTest):
    def test_an_express_execution_is_waited_for(self):
        arn = self.machine("express", definition(Only={"Type": "Pass", "Result": {"done": True}, "End": True}), type="EXPRESS")
        answer = self.states.start_sync_execution(stateMachineArn=arn, name="n", input='{"a":1}')
        self.assertEqual((answer["status"], json.loads(answer["output"])), ("SUCCEEDED", {"done": True}))
        self.assertTrue(answer["executionArn"].startswith(f"{PREFIX}:express:express:n:"))
        self.assertEqual(answer["billingDetails"]["billedMemoryUsedInMB"], 64)
        failing = self.machine("express-fails", definition(Only={"Type": "Fail", "Error": "No", "Cause": "why"}), type="EXPRESS")
        answer = self.states.start_sync_execution(stateMachineArn=failing)
        self.assertEqual((answer["status"], answer["error"], answer["cause"]), ("FAILED", "No", "why"))
        started = self.states.start_execution(stateMachineArn=arn)["executionArn"]
        message = self.refused("InvalidArn", self.states.describe_execution, executionArn=started)
        self.assertEqual(message, "Invalid Arn: 'Resource type not valid in this context: express'")
        self.refused("StateMachineTypeNotSupported", self.states.list_executions, stateMachineArn=arn)

    def test_its_events_are_logged(self):
        self.logs.create_log_group(logGroupName="/aws/vendedlogs/states/logged")
        group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/vendedlogs/states/logged:*"
        arn = self.machine("logged", type="EXPRESS", loggingConfiguration={
            "level": "ALL", "includeExecutionData": True,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}]})
        answer = self.states.start_sync_execution(stateMachineArn=arn, input='{"a":1}')
        events = self.logs.filter_log_events(logGroupName="/aws/vendedlogs/states/logged")["events"]
        lines = [json.loads(event["message"]) for event in events]
        self.assertEqual([line["type"] for line in lines],
                         ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"])
        self.assertEqual((lines[0]["execution_arn"], lines[0]["details"]["input"]), (answer["executionArn"], '{"a":1}'))


class Tasks(StatesTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.arn = cls().function("f", Timeout=2)["FunctionArn"]

    def invoke_state(self, **changes):
        state = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
                 "Parameters": {"FunctionName": self.arn, "Payload.$": "$"}, "End": True}
        return {**state, **changes}

    def test_a_function_is_invoked(self):
        arn = self.machine("invokes", definition(Call=self.invoke_state()))
        found = self.run_to_end(arn, {"x": [1, 2]})
        output = json.loads(found["output"])
        self.assertEqual((output["Payload"], output["StatusCode"], output["ExecutedVersion"]), ({"x": [1, 2]}, 200, "$LATEST"))
        self.assertEqual(output["SdkHttpMetadata"]["HttpHeaders"]["Content-Length"], "13")
        self.assertEqual(self.types(found["executionArn"]), [
            "ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited",
            "ExecutionSucceeded"])

    def test_a_functions_arn_is_a_resource_too(self):
        arn = self.machine("direct", definition(Call={"Type": "Task", "Resource": self.arn, "End": True}))
        found = self.run_to_end(arn, {"x": 1})
        self.assertEqual(found["output"], '{"x": 1}')
        self.assertIn("LambdaFunctionSucceeded", self.types(found["executionArn"]))

    def test_errors_are_retried_and_caught(self):
        arn = self.machine("retries", definition(
            Call=self.invoke_state(
                Retry=[{"ErrorEquals": ["Oops"], "IntervalSeconds": 1, "MaxAttempts": 1}],
                Catch=[{"ErrorEquals": ["Oops"], "ResultPath": "$.error", "Next": "Caught"}]),
            Caught={"Type": "Pass", "End": True}))
        found = self.run_to_end(arn, {"do": "raise", "type": "Oops", "message": "it broke"})
        error = json.loads(found["output"])["error"]
        self.assertEqual(error["Error"], "Oops")
        self.assertEqual(json.loads(error["Cause"])["errorMessage"], "it broke")
        self.assertEqual(self.types(found["executionArn"]).count("TaskFailed"), 2)

    def test_crashes_timeouts_and_missing_functions_fail_as_on_aws(self):
        arn = self.machine("fails", definition(Call=self.invoke_state(Parameters={
            "FunctionName.$": "$.function", "Payload.$": "$.event"})))
        run = lambda function, event: self.run_to_end(arn, {"function": function, "event": event})
        self.assertEqual(run("f", {"do": "crash"})["error"], "Runtime.ExitError")
        self.assertEqual(run("f", {"do": "sleep", "seconds": 9})["error"], "Sandbox.Timedout")
        found = run("none", {})
        self.assertEqual(found["error"], "Lambda.ResourceNotFoundException")
        self.assertRegex(found["cause"], rf"^Function not found: arn:aws:lambda:{REGION}:{ACCOUNT}:function:none:\$LATEST "
                         r"\(Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; Request ID: [0-9a-f-]{36}; Proxy: null\)$")

    def test_the_role_must_be_allowed_to_invoke(self):
        role = self.role("powerless", STATES_TRUST)
        arn = self.retried("authorized to assume the provided role", self.states.create_state_machine,
                           name="powerless", definition=definition(Call=self.invoke_state()), roleArn=role)["stateMachineArn"]
        found = self.run_to_end(arn, name="e1")
        self.assertEqual(found["error"], "Lambda.AWSLambdaException")
        self.assertIn(f"User: arn:aws:sts::{ACCOUNT}:assumed-role/powerless/e1 is not authorized to perform: "
                      f"lambda:InvokeFunction on resource: {self.arn}", found["cause"])

    def test_what_is_not_served_fails_by_name(self):
        arn = self.machine("other-service", definition(Send={
            "Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun",
            "Parameters": {"JobName": "j"},
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}], "End": True}, Caught={"Type": "Pass", "End": True}))
        found = self.run_to_end(arn)
        self.assertEqual((found["status"], found["error"]), ("FAILED", "States.Runtime"))
        self.assertIn("does not implement `arn:aws:states:::glue:startJobRun`", found["cause"])

    def test_a_callback_is_waited_for(self):
        arn = self.machine("callback", definition(Ask=self.invoke_state(
            Resource="arn:aws:states:::lambda:invoke.waitForTaskToken", HeartbeatSeconds=30,
            Parameters={"FunctionName": self.arn, "Payload": {"token.$": "$$.Task.Token"}})))
        def token_of(execution):
            def look():
                for event in self.events(execution):
                    if event["type"] == "TaskScheduled":
                        return json.loads(event["taskScheduledEventDetails"]["parameters"])["Payload"]["token"]
            return self.until(look)
        start = lambda: self.states.start_execution(stateMachineArn=arn)["executionArn"]
        first = start()
        token = token_of(first)
        self.until(lambda: "TaskSubmitted" in self.types(first))
        self.states.send_task_heartbeat(taskToken=token)
        self.refused("InvalidOutput", self.states.send_task_success, taskToken=token, output="{")
        self.states.send_task_success(taskToken=token, output='{"answer":42}')
        self.assertEqual(self.ended(first)["output"], '{"answer":42}')
        message = self.refused("TaskTimedOut", self.states.send_task_success, taskToken=token, output="{}")
        self.assertEqual(message, "Task Timed Out: 'Provided task does not exist anymore'")
        self.refused("InvalidToken", self.states.send_task_success, taskToken="no token", output="{}")
        second = start()
        self.states.send_task_failure(taskToken=token_of(second), error="Refused", cause="by hand")
        found = self.ended(second)
        self.assertEqual((found["status"], found["error"], found["cause"]), ("FAILED", "Refused", "by hand"))

    def test_a_function_is_finished_though_its_execution_was_stopped(self):
        arn = self.machine("stopped-early", definition(Call=self.invoke_state()))
        event = {"do": "sleep", "seconds": 1.5}
        execution = self.states.start_execution(stateMachineArn=arn, input=json.dumps(event))["executionArn"]
        self.until(lambda: "TaskStarted" in self.types(execution))
        reports = lambda: len(self.logs.filter_log_events(logGroupName="/aws/lambda/f", filterPattern="REPORT")["events"])
        before = reports()
        self.states.stop_execution(executionArn=execution)
        self.assertEqual(self.types(execution)[-1], "ExecutionAborted")
        self.until(lambda: reports() > before)
        self.assertEqual(self.invoke("f", {"still": "there"})[0], {"still": "there"})

    def test_a_failed_execution_is_redriven_where_it_failed(self):
        arn = self.machine("redriven", definition(
            First={"Type": "Pass", "Result": {"do": "calls"}, "Next": "Call"}, Call=self.invoke_state(
                Parameters={"FunctionName": "later", "Payload.$": "$"})))
        found = self.run_to_end(arn)
        self.assertEqual((found["error"], found["redriveStatus"]), ("Lambda.ResourceNotFoundException", "REDRIVABLE"))
        execution = found["executionArn"]
        before = self.events(execution)
        self.function("later")
        self.states.redrive_execution(executionArn=execution)
        found = self.ended(execution)
        self.assertEqual((found["status"], found["redriveCount"]), ("SUCCEEDED", 1))
        events = self.events(execution)
        self.assertEqual(events[:len(before)], before)
        self.assertEqual([event["type"] for event in events[len(before):]], [
            "ExecutionRedriven", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded"])
        self.assertEqual([event["id"] for event in events], list(range(1, len(events) + 1)))


class VirtualTime(StatesTest):
    arguments = ("--fast",)

    def test_a_wait_takes_no_time(self):
        arn = self.machine("waits", WAIT)
        started = time.monotonic()
        found = self.run_to_end(arn)
        self.assertLess(time.monotonic() - started, 20)
        self.assertGreaterEqual((found["stopDate"] - found["startDate"]).total_seconds(), 60)


class Restart(StatesTest):
    def test_a_kill_loses_nothing_that_was_acknowledged(self):
        function = self.function("kept", Tags={"a": "b"})
        self.functions.publish_version(FunctionName="kept")
        arn = self.machine("kept", WAIT, publish=True)
        quick = self.machine("quick", definition(Call={"Type": "Task", "Resource": function["FunctionArn"], "End": True}))
        done = self.run_to_end(quick, {"x": 1})
        history = self.events(done["executionArn"])
        cut_off = self.states.start_execution(stateMachineArn=arn)["executionArn"]
        self.server.kill()
        self.server.start()
        for name, service in [("functions", "lambda"), ("states", "stepfunctions"), ("iam", "iam"), ("logs", "logs")]:
            setattr(type(self), name, self.server.client(service))
        self.assertEqual(self.states.describe_execution(executionArn=done["executionArn"])["output"], done["output"])
        self.assertEqual(self.events(done["executionArn"]), history)
        found = self.states.describe_execution(executionArn=cut_off)
        self.assertEqual((found["status"], found["error"]), ("ABORTED", "LocalAws.Stopped"))
        self.assertEqual(found["cause"], "The local AWS was stopped while the execution ran")
        self.assertEqual(self.types(cut_off)[-1], "ExecutionAborted")
        self.assertEqual(self.functions.list_tags(Resource=function["FunctionArn"])["Tags"], {"a": "b"})
        self.assertEqual(self.invoke("kept:1", {"y": 2})[0], {"y": 2})
        self.assertEqual(json.loads(self.run_to_end(quick, {"z": 3})["output"]), {"z": 3})


if __name__ == "__main__":
    unittest.main()
