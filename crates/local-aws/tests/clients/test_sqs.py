import hashlib
import struct
import threading
import time
import unittest

from harness import ACCOUNT, REGION, LocalAwsTest


def md5_of(attributes):
    """As SDKs that verify it compute it: names in order, each part after its length."""
    digest = hashlib.md5()

    def add(part):
        digest.update(struct.pack("!I", len(part)) + part)
    for name, attribute in sorted(attributes.items()):
        add(name.encode())
        add(attribute["DataType"].encode())
        binary = attribute.get("BinaryValue")
        digest.update(b"\x01" if binary is None else b"\x02")
        add(attribute["StringValue"].encode() if binary is None else binary)
    return digest.hexdigest()


class Queues(LocalAwsTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sqs = cls.server.client("sqs")

    def queue(self, name, **attributes):
        return self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    def receive(self, url, **more):
        more = {"MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"], **more}
        return self.sqs.receive_message(QueueUrl=url, **more).get("Messages", [])

    def test_a_queue_lives_and_dies(self):
        made = self.sqs.create_queue(QueueName="lives", Attributes={"DelaySeconds": "3"}, tags={"a": "1"})["QueueUrl"]
        self.assertEqual(made, f"{self.server.url}/{ACCOUNT}/lives")
        self.assertEqual(self.sqs.get_queue_url(QueueName="lives")["QueueUrl"], made)
        self.assertIn(made, self.sqs.list_queues(QueueNamePrefix="liv")["QueueUrls"])
        found = self.sqs.get_queue_attributes(QueueUrl=made, AttributeNames=["All"])["Attributes"]
        self.assertEqual(
            (found["QueueArn"], found["DelaySeconds"], found["VisibilityTimeout"], found["MaximumMessageSize"]),
            (f"arn:aws:sqs:{REGION}:{ACCOUNT}:lives", "3", "30", "1048576"))
        self.sqs.set_queue_attributes(QueueUrl=made, Attributes={"VisibilityTimeout": "7"})
        found = self.sqs.get_queue_attributes(QueueUrl=made, AttributeNames=["VisibilityTimeout"])["Attributes"]
        self.assertEqual(found, {"VisibilityTimeout": "7"})
        self.sqs.tag_queue(QueueUrl=made, Tags={"b": "2"})
        self.sqs.untag_queue(QueueUrl=made, TagKeys=["a"])
        self.assertEqual(self.sqs.list_queue_tags(QueueUrl=made)["Tags"], {"b": "2"})
        # AWS's own URL names the same queue.
        self.sqs.send_message(QueueUrl=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/lives", MessageBody="m", DelaySeconds=0)
        self.sqs.purge_queue(QueueUrl=made)
        self.refused("AWS.SimpleQueueService.PurgeQueueInProgress", self.sqs.purge_queue, QueueUrl=made)
        self.assertEqual(self.receive(made), [])
        self.sqs.delete_queue(QueueUrl=made)
        code = "AWS.SimpleQueueService.NonExistentQueue"
        self.refused(code, self.sqs.get_queue_url, QueueName="lives")
        with self.assertRaises(self.sqs.exceptions.QueueDoesNotExist):
            self.sqs.send_message(QueueUrl=made, MessageBody="m")

    def test_queues_come_in_pages(self):
        for number in range(5):
            self.queue(f"paged-{number}")
        pages = self.sqs.get_paginator("list_queues").paginate(QueueNamePrefix="paged-", PaginationConfig={"PageSize": 2})
        names = [url.rsplit("/")[-1] for page in pages for url in page["QueueUrls"]]
        self.assertEqual(names, [f"paged-{number}" for number in range(5)])

    def test_a_message_comes_as_it_was_sent(self):
        url = self.queue("sent")
        attributes = {
            "text": {"DataType": "String", "StringValue": "ü"},
            "label": {"DataType": "Number.int", "StringValue": "7"},
            "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
        }
        sent = self.sqs.send_message(
            QueueUrl=url, MessageBody="körper <&>", MessageAttributes=attributes,
            MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-a-b"}})
        message, = self.receive(url, VisibilityTimeout=0)
        self.assertEqual((message["Body"], message["MessageId"]), ("körper <&>", sent["MessageId"]))
        self.assertEqual(message["MessageAttributes"], attributes)
        for answer in [sent, message]:
            self.assertEqual(answer["MD5OfMessageAttributes"], md5_of(attributes))
        md5 = hashlib.md5("körper <&>".encode()).hexdigest()
        self.assertEqual((sent["MD5OfMessageBody"], message["MD5OfBody"]), (md5, md5))
        self.assertEqual(message["Attributes"]["AWSTraceHeader"], "Root=1-a-b")
        message, = self.receive(url, MessageAttributeNames=["te.*"], MessageSystemAttributeNames=[], VisibilityTimeout=0)
        self.assertEqual(message["MD5OfMessageAttributes"], md5_of({"text": attributes["text"]}))
        self.assertEqual(list(message["MessageAttributes"]), ["text"])
        self.assertNotIn("Attributes", message)

    def test_batches_fail_entry_by_entry(self):
        url = self.queue("batches")
        entries = [{"Id": "a", "MessageBody": "1"}, {"Id": "b", "MessageBody": ""}, {"Id": "c", "MessageBody": "3"}]
        sent = self.sqs.send_message_batch(QueueUrl=url, Entries=entries)
        self.assertEqual([entry["Id"] for entry in sent["Successful"]], ["a", "c"])
        failed, = sent["Failed"]
        self.assertEqual((failed["Id"], failed["Code"], failed["SenderFault"]), ("b", "MissingParameter", True))
        received = self.receive(url)
        self.assertEqual([message["Body"] for message in received], ["1", "3"])
        handles = [{"Id": message["Body"], "ReceiptHandle": message["ReceiptHandle"]} for message in received]
        changed = self.sqs.change_message_visibility_batch(
            QueueUrl=url, Entries=[{**entry, "VisibilityTimeout": 0} for entry in handles])
        self.assertEqual(len(changed["Successful"]), 2)
        again = self.receive(url)
        deleted = self.sqs.delete_message_batch(
            QueueUrl=url, Entries=[{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(again)])
        self.assertEqual(len(deleted["Successful"]), 2)
        twice = [{"Id": "a", "MessageBody": "1"}] * 2
        self.refused("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", self.sqs.send_message_batch, QueueUrl=url, Entries=twice)

    def test_a_long_poll_ends_with_the_message(self):
        url = self.queue("polled")
        self.assertEqual(self.receive(url, WaitTimeSeconds=0), [])
        began = time.monotonic()
        sender = threading.Timer(0.3, self.server.client("sqs").send_message, kwargs={"QueueUrl": url, "MessageBody": "m"})
        sender.start()
        message, = self.receive(url, WaitTimeSeconds=20)
        sender.join()
        self.assertEqual(message["Body"], "m")
        self.assertLess(time.monotonic() - began, 10)

    def test_a_fifo_queue_numbers_its_messages(self):
        url = self.queue("order.fifo", FifoQueue="true")
        numbers = [
            self.sqs.send_message(QueueUrl=url, MessageBody=str(n), MessageGroupId="g", MessageDeduplicationId=str(n))["SequenceNumber"]
            for n in range(12)]
        self.assertEqual(numbers, sorted(numbers))
        received = self.receive(url)
        self.assertEqual([message["Body"] for message in received], [str(n) for n in range(10)])
        self.assertEqual(received[0]["Attributes"]["SequenceNumber"], numbers[0])

    def test_what_is_sent_survives_the_server(self):
        url = self.queue("survives", RedrivePolicy="")
        self.sqs.send_message(QueueUrl=url, MessageBody="kept")
        self.server.kill()
        self.server.start()
        sqs = type(self).sqs = self.server.client("sqs")
        url = sqs.get_queue_url(QueueName="survives")["QueueUrl"]
        message, = sqs.receive_message(QueueUrl=url)["Messages"]
        self.assertEqual(message["Body"], "kept")


if __name__ == "__main__":
    unittest.main()
