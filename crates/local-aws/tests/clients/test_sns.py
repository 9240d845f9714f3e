import json
import unittest

from harness import ACCOUNT, REGION, LocalAwsTest

TOPICS = f"arn:aws:sns:{REGION}:{ACCOUNT}"


class Topics(LocalAwsTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sns = cls.server.client("sns")
        cls.sqs = cls.server.client("sqs")

    def topic(self, name, **attributes):
        return self.sns.create_topic(Name=name, Attributes=attributes)["TopicArn"]

    def queue(self, name, **attributes):
        """Its URL and its ARN."""
        url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url, f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"

    def subscribed(self, topic, name, **attributes):
        url, arn = self.queue(name, **({"FifoQueue": "true"} if name.endswith(".fifo") else {}))
        made = self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes, ReturnSubscriptionArn=True)
        return url, made["SubscriptionArn"]

    def received(self, url):
        return self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"]).get("Messages", [])

    def test_a_topic_lives_and_dies(self):
        made = self.sns.create_topic(Name="lives", Attributes={"DisplayName": "<a & b>"}, Tags=[{"Key": "a", "Value": "1"}])
        arn = made["TopicArn"]
        self.assertEqual(arn, f"{TOPICS}:lives")
        self.assertEqual(self.topic("lives"), arn)
        self.refused("InvalidParameter", self.topic, "lives", DisplayName="other")
        found = self.sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        self.assertEqual((found["DisplayName"], found["Owner"], found["SubscriptionsConfirmed"]), ("<a & b>", ACCOUNT, "0"))
        self.sns.set_topic_attributes(TopicArn=arn, AttributeName="DisplayName", AttributeValue="c")
        self.assertEqual(self.sns.get_topic_attributes(TopicArn=arn)["Attributes"]["DisplayName"], "c")
        self.sns.tag_resource(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
        self.sns.untag_resource(ResourceArn=arn, TagKeys=["a"])
        self.assertEqual(self.sns.list_tags_for_resource(ResourceArn=arn)["Tags"], [{"Key": "b", "Value": "2"}])
        self.assertIn({"TopicArn": arn}, self.sns.list_topics()["Topics"])
        self.sns.delete_topic(TopicArn=arn)
        self.assertEqual(self.refused("NotFound", self.sns.publish, TopicArn=arn, Message="m"), "Topic does not exist")
        with self.assertRaises(self.sns.exceptions.NotFoundException):
            self.sns.get_topic_attributes(TopicArn=arn)

    def test_topics_come_in_pages(self):
        for number in range(101):
            self.topic(f"paged-{number:03}")
        pages = list(self.sns.get_paginator("list_topics").paginate())
        self.assertGreater(len(pages), 1)
        names = [topic["TopicArn"] for page in pages for topic in page["Topics"]]
        self.assertEqual(len([name for name in names if "paged" in name]), 101)

    def test_a_subscription_lives_and_dies(self):
        topic = self.topic("subscribed")
        _, arn = self.subscribed(topic, "subscriber", FilterPolicy='{"a": ["b"]}')
        self.assertTrue(arn.startswith(topic + ":"))
        self.assertEqual(self.subscribed(topic, "subscriber")[1], arn)
        found = self.sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
        self.assertEqual(
            (found["Protocol"], found["FilterPolicyScope"], found["RawMessageDelivery"], found["TopicArn"]),
            ("sqs", "MessageAttributes", "false", topic))
        self.sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="RawMessageDelivery", AttributeValue="true")
        self.assertEqual(self.sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["RawMessageDelivery"], "true")
        listed, = self.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        self.assertEqual((listed["SubscriptionArn"], listed["Owner"]), (arn, ACCOUNT))
        self.assertIn(listed, self.sns.list_subscriptions()["Subscriptions"])
        self.sns.unsubscribe(SubscriptionArn=arn)
        self.assertEqual(self.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"], [])
        refused = self.refused("InvalidParameter", self.sns.subscribe, TopicArn=topic, Protocol="sqs", Endpoint="no")
        self.assertEqual(refused, "Invalid parameter: SQS endpoint ARN")
        self.refused("NotImplemented", self.sns.subscribe, TopicArn=topic, Protocol="email", Endpoint="a@b.c")

    def test_a_queue_gets_an_envelope_or_the_message_itself(self):
        topic = self.topic("both")
        wrapped, _ = self.subscribed(topic, "wrapped")
        raw, _ = self.subscribed(topic, "raw", RawMessageDelivery="true")
        attributes = {
            "text": {"DataType": "String", "StringValue": "ü"},
            "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
        }
        published = self.sns.publish(TopicArn=topic, Message="<körper>", Subject="About", MessageAttributes=attributes)
        message, = self.received(wrapped)
        body = json.loads(message["Body"])
        self.assertEqual(
            (body["Type"], body["Message"], body["Subject"], body["TopicArn"], body["MessageId"]),
            ("Notification", "<körper>", "About", topic, published["MessageId"]))
        self.assertEqual(body["MessageAttributes"]["text"], {"Type": "String", "Value": "ü"})
        self.assertEqual(body["MessageAttributes"]["bytes"], {"Type": "Binary", "Value": "AP8="})
        self.assertLessEqual({"Timestamp", "SignatureVersion", "Signature", "SigningCertURL", "UnsubscribeURL"}, set(body))
        message, = self.received(raw)
        self.assertEqual((message["Body"], message["MessageAttributes"]), ("<körper>", attributes))

    def test_a_message_may_differ_by_protocol(self):
        topic = self.topic("structured")
        url, _ = self.subscribed(topic, "structure", RawMessageDelivery="true")
        self.sns.publish(TopicArn=topic, MessageStructure="json", Message=json.dumps({"default": "d", "sqs": "for queues"}))
        message, = self.received(url)
        self.assertEqual(message["Body"], "for queues")
        for wrong in ["no", '{"sqs": "s"}']:
            text = self.refused("InvalidParameter", self.sns.publish, TopicArn=topic, MessageStructure="json", Message=wrong)
            self.assertIn("Message Structure", text)

    def test_a_filter_lets_through_what_it_says(self):
        topic = self.topic("filtered")
        url, arn = self.subscribed(topic, "filter", RawMessageDelivery="true", FilterPolicy='{"kind": ["a"]}')
        for kind in ["a", "b"]:
            attributes = {"kind": {"DataType": "String", "StringValue": kind}}
            self.sns.publish(TopicArn=topic, Message=kind, MessageAttributes=attributes)
        self.assertEqual([message["Body"] for message in self.received(url)], ["a"])
        for name, value in [("FilterPolicyScope", "MessageBody"), ("FilterPolicy", '{"n": [{"numeric": [">", 5]}]}')]:
            self.sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName=name, AttributeValue=value)
        for body in ['{"n": 5}', '{"n": 6}', "text"]:
            self.sns.publish(TopicArn=topic, Message=body)
        self.assertEqual([message["Body"] for message in self.received(url)], ['{"n": 6}'])
        self.refused("InvalidParameter", self.sns.set_subscription_attributes,
                     SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue='{"n": 5}')

    def test_a_batch_fails_entry_by_entry(self):
        topic = self.topic("batch")
        url, _ = self.subscribed(topic, "batched", RawMessageDelivery="true")
        entries = [{"Id": "a", "Message": "1"}, {"Id": "b", "Message": ""}, {"Id": "c", "Message": "3"}]
        published = self.sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
        self.assertEqual([entry["Id"] for entry in published["Successful"]], ["a", "c"])
        failed, = published["Failed"]
        self.assertEqual((failed["Id"], failed["Code"], failed["SenderFault"]), ("b", "InvalidParameter", True))
        self.assertEqual([message["Body"] for message in self.received(url)], ["1", "3"])
        self.refused("EmptyBatchRequest", self.sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=[])

    def test_a_fifo_topic_keeps_the_order(self):
        topic = self.topic("order.fifo", FifoTopic="true")
        url, _ = self.subscribed(topic, "order.fifo", RawMessageDelivery="true")
        refused = self.refused("InvalidParameter", self.sns.publish, TopicArn=topic, Message="m")
        self.assertEqual(refused, "Invalid parameter: The MessageGroupId parameter is required for FIFO topics")
        publish = lambda n: self.sns.publish(TopicArn=topic, Message=n, MessageGroupId="g", MessageDeduplicationId=n)
        numbers = [publish(n)["SequenceNumber"] for n in "123"]
        self.assertEqual(numbers, sorted(numbers))
        self.assertEqual(publish("2")["SequenceNumber"], numbers[1])
        received = self.received(url)
        self.assertEqual([message["Body"] for message in received], ["1", "2", "3"])
        self.assertEqual(received[0]["Attributes"]["MessageGroupId"], "g")

    def test_what_cannot_be_delivered_is_a_dead_letter(self):
        topic = self.topic("undelivered")
        dead, arn = self.queue("undelivered-dead")
        gone, _ = self.subscribed(topic, "gone", RedrivePolicy=json.dumps({"deadLetterTargetArn": arn}))
        self.sqs.delete_queue(QueueUrl=gone)
        self.sns.publish(TopicArn=topic, Message="lost")
        message, = self.received(dead)
        self.assertEqual(json.loads(message["Body"])["Message"], "lost")
        self.assertEqual(message["MessageAttributes"]["ErrorCode"]["StringValue"], "QueueDoesNotExist")

    def test_a_function_is_invoked_with_the_message(self):
        self.function("listener")
        topic = self.topic("listened")
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:listener"
        self.sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
        self.sns.publish(TopicArn=topic, Message="m")

        def handled():
            try:
                events = self.logs.filter_log_events(logGroupName="/aws/lambda/listener")["events"]
            except self.logs.exceptions.ResourceNotFoundException:
                return []
            return [event for event in events if "handling" in event["message"]]
        self.assertEqual(len(self.until(handled)), 1)

    def test_a_text_message_is_only_logged(self):
        published = self.sns.publish(PhoneNumber="+15550100", Message="m")
        group = f"sns/{REGION}/{ACCOUNT}/DirectPublishToPhoneNumber"
        event, = self.logs.filter_log_events(logGroupName=group)["events"]
        told = json.loads(event["message"])
        self.assertEqual(told["notification"]["messageId"], published["MessageId"])
        self.assertEqual(told["delivery"]["providerResponse"], "The local AWS sends no text messages")


if __name__ == "__main__":
    unittest.main()
