import datetime
import json
import unittest

from harness import ACCOUNT, REGION, STATES_TRUST, LocalAwsTest

GROUP = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group"
RULE = f"arn:aws:events:{REGION}:{ACCOUNT}:rule"
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine"
PASS = json.dumps({"StartAt": "Only", "States": {"Only": {"Type": "Pass", "End": True}}})


def trust(service):
    return json.dumps({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]})


class TriggersTest(LocalAwsTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.scheduler = cls.server.client("scheduler")
        cls.events = cls.server.client("events")
        cls.sqs = cls.server.client("sqs")

    def machine(self, name):
        role = self.role("workflows", STATES_TRUST)
        return self.retried("authorized to assume the provided role", self.states.create_state_machine,
                            name=name, definition=PASS, roleArn=role)["stateMachineArn"]

    def starter(self, service, actions=("states:StartExecution",)):
        name = service.split(".")[0]
        arn = self.role(name, trust(service))
        self.iam.put_role_policy(RoleName=name, PolicyName="start", PolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}))
        return arn

    def schedule(self, name, expression, **settings):
        settings = {
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {"Arn": f"{MACHINE}:none", "RoleArn": self.starter("scheduler.amazonaws.com")},
            **settings}
        return self.retried("must allow AWS EventBridge Scheduler", self.scheduler.create_schedule,
                            Name=name, ScheduleExpression=expression, **settings)

    def executions(self, machine):
        found = self.states.list_executions(stateMachineArn=machine)["executions"]
        return [self.states.describe_execution(executionArn=one["executionArn"]) for one in found]

    def started(self, machine):
        """The only execution of a state machine."""
        found, = self.until(lambda: self.executions(machine))
        return found


class Schedules(TriggersTest):
    def test_a_group_lives_and_dies(self):
        made = self.scheduler.create_schedule_group(Name="lives", Tags=[{"Key": "a", "Value": "1"}])
        arn = made["ScheduleGroupArn"]
        self.assertEqual(arn, f"{GROUP}/lives")
        message = self.refused("ConflictException", self.scheduler.create_schedule_group, Name="lives")
        self.assertIn("already exists", message)
        found = self.scheduler.get_schedule_group(Name="lives")
        self.assertEqual((found["Arn"], found["State"]), (arn, "ACTIVE"))
        self.assertIsInstance(found["CreationDate"], datetime.datetime)
        self.scheduler.tag_resource(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
        self.scheduler.untag_resource(ResourceArn=arn, TagKeys=["a"])
        tags = self.scheduler.list_tags_for_resource(ResourceArn=arn)["Tags"]
        self.assertEqual(tags, [{"Key": "b", "Value": "2"}])
        self.schedule("inside", "rate(1 hour)", GroupName="lives", State="DISABLED")
        names = [group["Name"] for group in self.scheduler.list_schedule_groups()["ScheduleGroups"]]
        self.assertEqual(sorted(names), ["default", "lives"])
        self.scheduler.delete_schedule_group(Name="lives")
        self.refused("ResourceNotFoundException", self.scheduler.get_schedule_group, Name="lives")
        self.refused("ResourceNotFoundException", self.scheduler.get_schedule, Name="inside", GroupName="lives")

    def test_a_schedule_lives_and_dies(self):
        made = self.schedule("lives", "cron(0 9 ? * MON-FRI *)", ScheduleExpressionTimezone="Europe/Berlin")
        self.assertEqual(made["ScheduleArn"], f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/lives")
        found = self.scheduler.get_schedule(Name="lives")
        self.assertEqual(
            (found["ScheduleExpression"], found["ScheduleExpressionTimezone"], found["State"], found["GroupName"]),
            ("cron(0 9 ? * MON-FRI *)", "Europe/Berlin", "ENABLED", "default"))
        retry = {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}
        self.assertEqual(found["Target"]["RetryPolicy"], retry)
        self.scheduler.update_schedule(
            Name="lives", ScheduleExpression="rate(1 day)", State="DISABLED",
            FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5}, Target=found["Target"])
        found = self.scheduler.get_schedule(Name="lives")
        # What is left out takes its default.
        self.assertEqual(
            (found["ScheduleExpression"], found["ScheduleExpressionTimezone"], found["State"]),
            ("rate(1 day)", "UTC", "DISABLED"))
        listed, = self.scheduler.list_schedules(GroupName="default", NamePrefix="live")["Schedules"]
        self.assertEqual((listed["Name"], listed["State"]), ("lives", "DISABLED"))
        self.scheduler.delete_schedule(Name="lives")
        self.refused("ResourceNotFoundException", self.scheduler.delete_schedule, Name="lives")

    def test_schedules_come_in_pages(self):
        self.scheduler.create_schedule_group(Name="paged")
        for number in range(7):
            self.schedule(f"s-{number}", "rate(1 day)", GroupName="paged", State="DISABLED")
        pages = self.scheduler.get_paginator("list_schedules").paginate(GroupName="paged", PaginationConfig={"PageSize": 3})
        names = [schedule["Name"] for page in pages for schedule in page["Schedules"]]
        self.assertEqual(names, [f"s-{number}" for number in range(7)])

    def test_what_aws_refuses_is_refused(self):
        for expression in ["rate(5 fortnights)", "cron(0 9 * * *)", "at(tomorrow)"]:
            self.refused("ValidationException", self.schedule, "bad", expression)
        self.refused("ValidationException", self.schedule, "bad", "rate(1 day)", ScheduleExpressionTimezone="Mars/Olympus")
        self.refused("ValidationException", self.schedule, "bad", "rate(1 day)", FlexibleTimeWindow={"Mode": "FLEXIBLE"})
        self.refused("ResourceNotFoundException", self.schedule, "bad", "rate(1 day)", GroupName="none")
        self.refused("ValidationException", self.schedule, "a b", "rate(1 day)")

    def test_a_schedule_starts_an_execution(self):
        machine = self.machine("by-schedule")
        role = self.starter("scheduler.amazonaws.com")
        self.schedule("starts", "rate(1 day)", Target={"Arn": machine, "RoleArn": role, "Input": json.dumps({"n": 1})})
        self.assertEqual(json.loads(self.started(machine)["input"]), {"n": 1})


class Events(TriggersTest):
    def rule(self, name, pattern, **more):
        return self.events.put_rule(Name=name, EventPattern=json.dumps(pattern), **more)["RuleArn"]

    def test_a_rule_lives_and_dies(self):
        self.events.create_event_bus(Name="shop")
        arn = self.rule("lives", {"source": ["shop"]}, EventBusName="shop", Tags=[{"Key": "a", "Value": "1"}])
        self.assertEqual(arn, f"{RULE}/shop/lives")
        found = self.events.describe_rule(Name="lives", EventBusName="shop")
        self.assertEqual((found["State"], json.loads(found["EventPattern"])), ("ENABLED", {"source": ["shop"]}))
        self.events.disable_rule(Name="lives", EventBusName="shop")
        listed, = self.events.list_rules(NamePrefix="liv", EventBusName="shop")["Rules"]
        self.assertEqual((listed["Arn"], listed["State"]), (arn, "DISABLED"))
        self.events.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "2"}])
        self.events.untag_resource(ResourceARN=arn, TagKeys=["a"])
        tags = self.events.list_tags_for_resource(ResourceARN=arn)["Tags"]
        self.assertEqual(tags, [{"Key": "b", "Value": "2"}])
        target = {"Id": "one", "Arn": f"{MACHINE}:none", "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/r"}
        put = self.events.put_targets(Rule="lives", EventBusName="shop", Targets=[target])
        self.assertEqual(put["FailedEntryCount"], 0)
        self.assertEqual(self.events.list_targets_by_rule(Rule="lives", EventBusName="shop")["Targets"], [target])
        self.refused("ValidationException", self.events.delete_rule, Name="lives", EventBusName="shop")
        self.events.remove_targets(Rule="lives", EventBusName="shop", Ids=["one"])
        self.events.delete_rule(Name="lives", EventBusName="shop")
        self.refused("ResourceNotFoundException", self.events.describe_rule, Name="lives", EventBusName="shop")
        names = [bus["Name"] for bus in self.events.list_event_buses()["EventBuses"]]
        self.assertEqual(names, ["default", "shop"])
        self.events.delete_event_bus(Name="shop")

    def test_what_aws_refuses_is_refused(self):
        for pattern in [{"source": "shop"}, {"source": [{"prefx": "a"}]}, {}]:
            self.refused("InvalidEventPatternException", self.rule, "bad", pattern)
        self.refused("ResourceNotFoundException", self.rule, "bad", {"source": ["a"]}, EventBusName="none")
        self.rule("targets", {"source": ["a"]})
        without_role = {"Id": "one", "Arn": f"{MACHINE}:none"}
        self.refused("ValidationException", self.events.put_targets, Rule="targets", Targets=[without_role])
        self.refused("ValidationException", self.events.put_rule, Name="timed", ScheduleExpression="every day")

    def test_a_pattern_is_tried_out(self):
        event = {"id": "1", "source": "shop", "detail": {"total": 5}}
        for pattern, expected in [({"detail": {"total": [{"numeric": [">", 4]}]}}, True), ({"source": ["else"]}, False)]:
            tried = self.events.test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(event))
            self.assertEqual(tried["Result"], expected)

    def test_an_event_starts_an_execution(self):
        machine = self.machine("by-event")
        role = self.starter("events.amazonaws.com")
        self.rule("starts", {"source": ["shop"], "detail": {"total": [{"numeric": [">", 10]}]}})
        self.events.put_targets(Rule="starts", Targets=[{"Id": "one", "Arn": machine, "RoleArn": role}])

        def entry(source, total):
            return {"Source": source, "DetailType": "Order", "Detail": json.dumps({"total": total})}

        def put():
            put = self.events.put_events(Entries=[entry("shop", 10), entry("else", 11), entry("shop", 11)])
            self.assertEqual(put["FailedEntryCount"], 0)
            ids.append(put["Entries"][2]["EventId"])
            return self.executions(machine)
        # A new role takes its time, and what may not be started is not tried again.
        ids = []
        *_, found = self.until(put)
        event = json.loads(found["input"])
        self.assertIn(event["id"], ids)
        self.assertEqual((event["source"], event["detail"], event["region"]), ("shop", {"total": 11}, REGION))
        self.assertTrue(found["name"].startswith(event["id"] + "_"))

    def test_an_entry_that_is_wrong_fails_alone(self):
        good = {"Source": "a", "DetailType": "b", "Detail": "{}"}
        put = self.events.put_events(Entries=[good, {**good, "Detail": "no"}, {**good, "Source": "aws.s3"}])
        self.assertEqual(put["FailedEntryCount"], 2)
        codes = [entry.get("ErrorCode") for entry in put["Entries"]]
        self.assertEqual(codes, [None, "MalformedDetail", "NotAuthorizedForSourceException"])

    def test_what_cannot_be_started_is_in_the_dead_letter_queue(self):
        role = self.starter("events.amazonaws.com", ["states:StartExecution", "sqs:SendMessage"])
        self.rule("lost", {"source": ["lost"]})
        queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:lost"
        url = self.sqs.create_queue(QueueName="lost")["QueueUrl"]
        target = {"Id": "one", "Arn": f"{MACHINE}:gone", "RoleArn": role, "DeadLetterConfig": {"Arn": queue}}
        self.events.put_targets(Rule="lost", Targets=[target])
        self.events.put_events(Entries=[{"Source": "lost", "DetailType": "b", "Detail": "{}"}])
        message, = self.until(lambda: self.sqs.receive_message(
            QueueUrl=url, MessageAttributeNames=["All"], WaitTimeSeconds=1).get("Messages"))
        self.assertEqual(json.loads(message["Body"])["source"], "lost")
        attributes = message["MessageAttributes"]
        self.assertEqual(attributes["ERROR_CODE"]["StringValue"], "StateMachineDoesNotExist")
        self.assertEqual(attributes["RULE_ARN"]["StringValue"], f"{RULE}/lost")


if __name__ == "__main__":
    unittest.main()
