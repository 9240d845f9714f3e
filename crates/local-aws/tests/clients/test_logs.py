import time
import unittest

from harness import ACCOUNT, REGION, LocalAwsTest


class Groups(LocalAwsTest):
    def test_a_group_lives_and_dies(self):
        self.logs.create_log_group(logGroupName="/aws/lambda/f", tags={"a": "1"})
        self.refused("ResourceAlreadyExistsException", self.logs.create_log_group, logGroupName="/aws/lambda/f")
        self.logs.put_retention_policy(logGroupName="/aws/lambda/f", retentionInDays=14)
        group, = self.logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/")["logGroups"]
        arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/f"
        self.assertEqual((group["arn"], group["logGroupArn"], group["retentionInDays"]), (arn + ":*", arn, 14))
        self.logs.delete_retention_policy(logGroupName="/aws/lambda/f")
        group, = self.logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/")["logGroups"]
        self.assertNotIn("retentionInDays", group)
        self.logs.tag_resource(resourceArn=arn, tags={"b": "2"})
        self.logs.untag_resource(resourceArn=arn, tagKeys=["a"])
        self.assertEqual(self.logs.list_tags_for_resource(resourceArn=arn)["tags"], {"b": "2"})
        self.logs.delete_log_group(logGroupName="/aws/lambda/f")
        message = self.refused("ResourceNotFoundException", self.logs.delete_log_group, logGroupName="/aws/lambda/f")
        self.assertEqual(message, "The specified log group does not exist.")

    def test_what_aws_refuses_is_refused(self):
        self.logs.create_log_group(logGroupName="refusing")
        self.refused("InvalidParameterException", self.logs.create_log_group, logGroupName="a b")
        self.refused("InvalidParameterException", self.logs.put_retention_policy, logGroupName="refusing", retentionInDays=2)
        self.refused("ResourceNotFoundException", self.logs.put_retention_policy, logGroupName="none", retentionInDays=1)
        self.refused("NotImplemented", self.logs.put_metric_filter, logGroupName="refusing", filterName="f",
                     filterPattern="", metricTransformations=[])

    def test_regions_are_apart(self):
        self.logs.create_log_group(logGroupName="regional")
        elsewhere = self.server.client("logs", region="us-west-2")
        self.assertEqual(elsewhere.describe_log_groups(logGroupNamePrefix="regional")["logGroups"], [])

    def test_groups_come_in_pages(self):
        names = [f"paged-{index:03}" for index in range(60)]
        for name in names:
            self.logs.create_log_group(logGroupName=name)
        pages = self.logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix="paged-")
        self.assertEqual([group["logGroupName"] for page in pages for group in page["logGroups"]], names)


class Events(LocalAwsTest):
    def test_events_are_read_by_stream_and_across_streams(self):
        self.logs.create_log_group(logGroupName="g")
        now = int(time.time() * 1000)
        for stream in ("one", "two"):
            self.logs.create_log_stream(logGroupName="g", logStreamName=stream)
            events = [{"timestamp": now + index, "message": f"{stream} {index}"} for index in range(5)]
            self.logs.put_log_events(logGroupName="g", logStreamName=stream, logEvents=events)
        page = self.logs.get_log_events(logGroupName="g", logStreamName="one", limit=3, startFromHead=True)
        self.assertEqual([event["message"] for event in page["events"]], ["one 0", "one 1", "one 2"])
        page = self.logs.get_log_events(logGroupName="g", logStreamName="one", nextToken=page["nextForwardToken"])
        self.assertEqual([event["message"] for event in page["events"]], ["one 3", "one 4"])
        end = self.logs.get_log_events(logGroupName="g", logStreamName="one", nextToken=page["nextForwardToken"])
        self.assertEqual((end["events"], end["nextForwardToken"]), ([], page["nextForwardToken"]))
        latest = self.logs.get_log_events(logGroupName="g", logStreamName="one", limit=2)
        self.assertEqual([event["message"] for event in latest["events"]], ["one 3", "one 4"])

        pages = self.logs.get_paginator("filter_log_events").paginate(
            logGroupName="g", filterPattern='?"one" ?two -0', startTime=now, endTime=now + 3,
            PaginationConfig={"PageSize": 3})
        found = [(event["logStreamName"], event["message"]) for page in pages for event in page["events"]]
        self.assertEqual(sorted(found), [("one", "one 1"), ("one", "one 2"), ("two", "two 1"), ("two", "two 2")])
        streams = self.logs.describe_log_streams(logGroupName="g", orderBy="LastEventTime", descending=True)["logStreams"]
        self.assertEqual({stream["logStreamName"] for stream in streams}, {"one", "two"})
        self.assertEqual(streams[0]["lastEventTimestamp"], now + 4)
        self.refused("ResourceNotFoundException", self.logs.get_log_events, logGroupName="g", logStreamName="none")


if __name__ == "__main__":
    unittest.main()
