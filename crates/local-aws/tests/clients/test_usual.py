"""What a user of boto3 tries first in a served service: reads of settings that nothing here has, and small conveniences."""

import unittest

from harness import REGION, LocalAwsTest


class Usual(LocalAwsTest):
    def test_dynamodb_tells_its_limits(self):
        dynamodb = self.server.client("dynamodb")
        self.assertEqual(dynamodb.describe_limits()["TableMaxReadCapacityUnits"], 40000)
        self.refused("ResourceNotFoundException", dynamodb.describe_continuous_backups, TableName="none")
        dynamodb.create_table(
            TableName="usual", BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "n", "AttributeType": "N"}])
        backups = dynamodb.describe_continuous_backups(TableName="usual")["ContinuousBackupsDescription"]
        self.assertEqual(backups["ContinuousBackupsStatus"], "ENABLED")

    def test_dynamodb_pages_and_transactions(self):
        dynamodb = self.server.client("dynamodb")
        dynamodb.create_table(
            TableName="pages", BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "n", "AttributeType": "N"}])
        item = lambda n, **more: {"id": {"S": "a"}, "n": {"N": str(n)}, **more}
        for n in range(7):
            dynamodb.put_item(TableName="pages", Item=item(n))
        query = {"TableName": "pages", "KeyConditionExpression": "id = :id", "ExpressionAttributeValues": {":id": {"S": "a"}}}
        first = dynamodb.query(**query, Limit=3)
        self.assertEqual((first["Count"], first["LastEvaluatedKey"]), (3, item(2)))
        for paginator, arguments in (("query", query), ("scan", {"TableName": "pages"})):
            pages = list(dynamodb.get_paginator(paginator).paginate(**arguments, PaginationConfig={"PageSize": 3}))
            self.assertEqual([entry["n"]["N"] for page in pages for entry in page["Items"]], [str(n) for n in range(7)])
            self.assertEqual(len(pages), 3)
        # A limit counts what is read, before the filter.
        filtered = dynamodb.query(**query, FilterExpression="attribute_exists(nowhere)", Limit=2)
        self.assertEqual((filtered["ScannedCount"], filtered["Count"]), (2, 0))
        # 1 MB a page.
        for n in range(4):
            dynamodb.put_item(TableName="pages", Item={"id": {"S": "big"}, "n": {"N": str(n)}, "x": {"S": "x" * 300_000}})
        big = dynamodb.query(TableName="pages", KeyConditionExpression="id = :id",
                             ExpressionAttributeValues={":id": {"S": "big"}})
        self.assertEqual(big["Count"], 3)
        self.assertIn("LastEvaluatedKey", big)
        put = {"Put": {"TableName": "pages", "Item": item(100)}}
        fails = {"ConditionCheck": {"TableName": "pages", "Key": item(1), "ConditionExpression": "attribute_not_exists(id)"}}
        with self.assertRaises(dynamodb.exceptions.TransactionCanceledException) as canceled:
            dynamodb.transact_write_items(TransactItems=[put, fails])
        reasons = [reason["Code"] for reason in canceled.exception.response["CancellationReasons"]]
        self.assertEqual(reasons, ["None", "ConditionalCheckFailed"])
        self.assertNotIn("Item", dynamodb.get_item(TableName="pages", Key=item(100)))
        self.assertIn("Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]",
                      str(canceled.exception))
        message = self.refused("ValidationException", dynamodb.transact_write_items, TransactItems=[put, put])
        self.assertEqual(message, "Transaction request cannot include multiple operations on one item")

    def test_s3_says_what_is_not_set(self):
        s3 = self.server.client("s3")
        s3.create_bucket(Bucket="usual", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket="usual", Key="k", Body=b"1")
        for code, call in (
            ("NoSuchTagSet", s3.get_bucket_tagging), ("NoSuchBucketPolicy", s3.get_bucket_policy),
            ("NoSuchCORSConfiguration", s3.get_bucket_cors),
            ("NoSuchPublicAccessBlockConfiguration", s3.get_public_access_block),
        ):
            self.refused(code, call, Bucket="usual")
        self.assertEqual(s3.get_object_tagging(Bucket="usual", Key="k")["TagSet"], [])
        self.refused("NoSuchKey", s3.get_object_tagging, Bucket="usual", Key="none")

    def test_s3_signs_urls(self):
        import urllib.request
        s3 = self.server.client("s3")
        s3.create_bucket(Bucket="signed", CreateBucketConfiguration={"LocationConstraint": REGION})
        place = {"Bucket": "signed", "Key": "a b"}
        put = urllib.request.Request(s3.generate_presigned_url("put_object", place), data=b"text", method="PUT")
        self.assertEqual(urllib.request.urlopen(put).status, 200)
        url = s3.generate_presigned_url("get_object", {**place, "ResponseContentType": "text/x"})
        answer = urllib.request.urlopen(url)
        self.assertEqual((answer.read(), answer.headers["content-type"]), (b"text", "text/x"))

    def test_secrets_are_read_together_and_passwords_made(self):
        secrets = self.server.client("secretsmanager")
        for name in ("one", "two"):
            secrets.create_secret(Name=name, SecretString=name.upper())
        found = secrets.batch_get_secret_value(SecretIdList=["one", "two", "three"])
        self.assertEqual([value["SecretString"] for value in found["SecretValues"]], ["ONE", "TWO"])
        self.assertEqual([error["ErrorCode"] for error in found["Errors"]], ["ResourceNotFoundException"])
        found = secrets.batch_get_secret_value(Filters=[{"Key": "name", "Values": ["t"]}])
        self.assertEqual([value["Name"] for value in found["SecretValues"]], ["two"])
        password = secrets.get_random_password(PasswordLength=20, ExcludePunctuation=True)["RandomPassword"]
        self.assertEqual(len(password), 20)
        self.assertTrue(password.isalnum() and any(map(str.isdigit, password)) and not password.islower(), password)
        self.assertEqual(secrets.get_resource_policy(SecretId="one")["Name"], "one")

    def test_small_things_of_other_services(self):
        self.logs.create_log_group(logGroupName="usual")
        self.logs.create_log_stream(logGroupName="usual", logStreamName="s")
        self.logs.delete_log_stream(logGroupName="usual", logStreamName="s")
        self.assertEqual(self.logs.describe_log_streams(logGroupName="usual")["logStreams"], [])
        self.refused("ResourceNotFoundException", self.logs.delete_log_stream, logGroupName="usual", logStreamName="s")
        self.assertEqual(self.functions.list_event_source_mappings()["EventSourceMappings"], [])
        self.function("usual")
        for call in (self.functions.get_policy, self.functions.get_function_url_config,
                     self.functions.get_function_event_invoke_config):
            self.refused("ResourceNotFoundException", call, FunctionName="usual")
        events = self.server.client("events")
        events.put_rule(Name="r", EventPattern='{"source":["a"]}')
        target = f"arn:aws:sqs:{REGION}:000000000000:q"
        events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": target}])
        self.assertEqual(events.list_rule_names_by_target(TargetArn=target)["RuleNames"], ["r"])

    def test_services_that_are_not_served_are_refused_in_words_that_boto3_reads(self):
        for service, call in (
            ("ec2", "describe_vpcs"), ("cloudformation", "list_stacks"), ("route53", "list_hosted_zones"),
            ("cloudwatch", "list_metrics"), ("kinesis", "list_streams"), ("batch", "describe_jobs"),
            ("apigateway", "get_rest_apis"),
        ):
            with self.subTest(service):
                client = self.server.client(service)
                said = self.refused("NotImplemented", getattr(client, call))
                self.assertIn("to another emulator with `upstream`", said)


if __name__ == "__main__":
    unittest.main()
