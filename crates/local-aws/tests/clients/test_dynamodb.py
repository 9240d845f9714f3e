import decimal
import unittest

import boto3
import boto3.dynamodb.conditions

from harness import ACCOUNT, REGION, LocalAwsTest

TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table"


def keys(*names):
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"))]


def attributes(**types):
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]


class DynamoDbTest(LocalAwsTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dynamodb = cls.server.client("dynamodb")

    def table(self, name, *key, **types):
        types = types or {attribute: "S" for attribute in key}
        self.dynamodb.create_table(TableName=name, KeySchema=keys(*key), AttributeDefinitions=attributes(**types),
                                   BillingMode="PAY_PER_REQUEST")
        self.dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 0.02})
        return name

    def item(self, table, **key):
        return self.dynamodb.get_item(TableName=table, Key=key).get("Item")


class Tables(DynamoDbTest):
    def test_a_table_lives_and_dies(self):
        made = self.dynamodb.create_table(
            TableName="lives", KeySchema=keys("id"), AttributeDefinitions=attributes(id="S"),
            BillingMode="PAY_PER_REQUEST", Tags=[{"Key": "a", "Value": "1"}])["TableDescription"]
        self.assertEqual((made["TableStatus"], made["TableArn"]), ("CREATING", f"{TABLE}/lives"))
        found = self.dynamodb.describe_table(TableName="lives")["Table"]
        self.assertEqual((found["TableStatus"], found["TableId"]), ("ACTIVE", made["TableId"]))
        self.assertEqual(found["CreationDateTime"], made["CreationDateTime"])
        self.assertIn("lives", self.dynamodb.list_tables()["TableNames"])
        message = self.refused("ResourceInUseException", self.dynamodb.create_table, TableName="lives",
                               KeySchema=keys("id"), AttributeDefinitions=attributes(id="S"),
                               BillingMode="PAY_PER_REQUEST")
        self.assertEqual(message, "Table already exists: lives")
        self.dynamodb.delete_table(TableName="lives")
        self.dynamodb.get_waiter("table_not_exists").wait(TableName="lives", WaiterConfig={"Delay": 0.02})
        self.refused("ResourceNotFoundException", self.dynamodb.delete_table, TableName="lives")

    def test_tags_and_time_to_live(self):
        self.table("tagged", "id")
        arn = f"{TABLE}/tagged"
        self.dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
        self.dynamodb.untag_resource(ResourceArn=arn, TagKeys=["a"])
        self.assertEqual(self.dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"], [{"Key": "b", "Value": "2"}])
        self.dynamodb.update_time_to_live(
            TableName="tagged", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"})
        described = self.dynamodb.describe_time_to_live(TableName="tagged")["TimeToLiveDescription"]
        self.assertEqual(described, {"TimeToLiveStatus": "ENABLED", "AttributeName": "until"})

    def test_an_index_is_added_and_removed(self):
        self.table("indexed", "id")
        self.dynamodb.put_item(TableName="indexed", Item={"id": {"S": "1"}, "city": {"S": "Kiel"}})
        create = {"IndexName": "by-city", "KeySchema": keys("city"), "Projection": {"ProjectionType": "ALL"}}
        self.dynamodb.update_table(TableName="indexed", AttributeDefinitions=attributes(city="S"),
                                   GlobalSecondaryIndexUpdates=[{"Create": create}])
        index, = self.dynamodb.describe_table(TableName="indexed")["Table"]["GlobalSecondaryIndexes"]
        self.assertEqual((index["IndexStatus"], index["IndexArn"]), ("ACTIVE", f"{TABLE}/indexed/index/by-city"))
        found = self.dynamodb.query(TableName="indexed", IndexName="by-city", KeyConditionExpression="city = :c",
                                    ExpressionAttributeValues={":c": {"S": "Kiel"}})
        self.assertEqual(found["Count"], 1)
        self.dynamodb.update_table(TableName="indexed",
                                   GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-city"}}])
        self.assertNotIn("GlobalSecondaryIndexes", self.dynamodb.describe_table(TableName="indexed")["Table"])

    def test_regions_have_tables_of_their_own(self):
        self.table("here", "id")
        elsewhere = self.server.client("dynamodb", region="eu-west-1")
        self.assertEqual(elsewhere.list_tables()["TableNames"], [])
        self.refused("ResourceNotFoundException", elsewhere.describe_table, TableName="here")

    def test_tables_outlive_a_server_that_is_killed(self):
        self.table("kept", "id")
        self.dynamodb.put_item(TableName="kept", Item={"id": {"S": "1"}, "n": {"N": "1.50"}})
        self.server.kill()
        self.server.start()
        again = self.server.client("dynamodb")
        type(self).dynamodb = again
        self.assertEqual(again.get_item(TableName="kept", Key={"id": {"S": "1"}})["Item"],
                         {"id": {"S": "1"}, "n": {"N": "1.5"}})


class Items(DynamoDbTest):
    def test_an_item_lives_and_dies(self):
        self.table("items", "id")
        item = {
            "id": {"S": "1"}, "number": {"N": "12.5"}, "bytes": {"B": b"\x00\xff"}, "yes": {"BOOL": True},
            "nothing": {"NULL": True}, "list": {"L": [{"S": "a"}, {"N": "1"}]}, "map": {"M": {"a": {"S": "b"}}},
            "texts": {"SS": ["a", "b"]}, "numbers": {"NS": ["1", "2"]}, "blobs": {"BS": [b"a", b"b"]},
        }
        self.assertNotIn("Attributes", self.dynamodb.put_item(TableName="items", Item=item))
        self.assertEqual(self.item("items", id={"S": "1"}), item)
        replaced = self.dynamodb.put_item(TableName="items", Item={"id": {"S": "1"}}, ReturnValues="ALL_OLD")
        self.assertEqual(replaced["Attributes"], item)
        gone = self.dynamodb.delete_item(TableName="items", Key={"id": {"S": "1"}}, ReturnValues="ALL_OLD")
        self.assertEqual(gone["Attributes"], {"id": {"S": "1"}})
        self.assertIsNone(self.item("items", id={"S": "1"}))

    def test_an_update_changes_parts_of_an_item(self):
        self.table("updated", "id")
        self.dynamodb.put_item(TableName="updated", Item={
            "id": {"S": "1"}, "count": {"N": "1"}, "list": {"L": [{"S": "a"}]}, "map": {"M": {"x": {"N": "1"}}},
            "tags": {"SS": ["a", "b"]}, "gone": {"S": ""}})
        updated = self.dynamodb.update_item(
            TableName="updated", Key={"id": {"S": "1"}}, ReturnValues="ALL_NEW",
            UpdateExpression="SET #c = #c + :two, #l = list_append(#l, :more), #m.y = if_not_exists(#m.y, :two) "
                             "REMOVE gone ADD paid :two DELETE tags :a",
            ExpressionAttributeNames={"#c": "count", "#l": "list", "#m": "map"},
            ExpressionAttributeValues={":two": {"N": "2"}, ":more": {"L": [{"S": "b"}]}, ":a": {"SS": ["a"]}})
        self.assertEqual(updated["Attributes"], {
            "id": {"S": "1"}, "count": {"N": "3"}, "list": {"L": [{"S": "a"}, {"S": "b"}]},
            "map": {"M": {"x": {"N": "1"}, "y": {"N": "2"}}}, "tags": {"SS": ["b"]}, "paid": {"N": "2"}})
        message = self.refused(
            "ValidationException", self.dynamodb.update_item, TableName="updated", Key={"id": {"S": "2"}},
            UpdateExpression="SET a.b = :v", ExpressionAttributeValues={":v": {"S": "x"}})
        self.assertEqual(message, "The document path provided in the update expression is invalid for update")

    def test_a_condition_that_fails_says_what_there_is(self):
        self.table("conditions", "id")
        item = {"id": {"S": "1"}, "version": {"N": "3"}}
        self.dynamodb.put_item(TableName="conditions", Item=item)
        for condition in ("attribute_not_exists(id)", "version BETWEEN :four AND :five", "NOT version IN (:three)",
                          "begins_with(id, :text)", "attribute_type(version, :s)", "size(id) > :four"):
            values = {":four": {"N": "4"}, ":five": {"N": "5"}, ":three": {"N": "3.0"}, ":text": {"S": "2"},
                      ":s": {"S": "S"}}
            used = {name: value for name, value in values.items() if name in condition}
            with self.assertRaises(self.dynamodb.exceptions.ConditionalCheckFailedException) as caught:
                self.dynamodb.put_item(
                    TableName="conditions", Item={"id": {"S": "1"}}, ConditionExpression=condition,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **({"ExpressionAttributeValues": used} if used else {}))
            response = caught.exception.response
            self.assertEqual(response["Error"]["Message"], "The conditional request failed")
            self.assertEqual(response["Item"], item)
        self.assertEqual(self.item("conditions", id={"S": "1"}), item)

    def test_the_resource_of_boto3_reads_numbers_and_sets(self):
        self.table("resource", "id")
        resource = boto3.resource("dynamodb", endpoint_url=self.server.url, region_name=REGION,
                                  aws_access_key_id="test", aws_secret_access_key="test").Table("resource")
        item = {"id": "1", "price": decimal.Decimal("12.34"), "tags": {"a", "b"}}
        resource.put_item(Item=item)
        self.assertEqual(resource.get_item(Key={"id": "1"})["Item"], item)
        condition = boto3.dynamodb.conditions.Attr("price").gt(12) & boto3.dynamodb.conditions.Attr("tags").contains("a")
        self.assertEqual(resource.scan(FilterExpression=condition)["Items"], [item])


class Reading(DynamoDbTest):
    def lines(self, name):
        self.table(name, "id", "line", id="S", line="N")
        for number in range(10):
            self.dynamodb.put_item(TableName=name, Item={
                "id": {"S": "even" if number % 2 == 0 else "odd"}, "line": {"N": str(number)}, "x": {"S": "y"}})
        return name

    def test_a_query_reads_in_order_and_in_pages(self):
        self.lines("query")
        query = {"TableName": "query", "KeyConditionExpression": "id = :id AND line >= :two",
                 "ExpressionAttributeValues": {":id": {"S": "even"}, ":two": {"N": "2"}}}
        numbers = lambda page: [int(item["line"]["N"]) for item in page["Items"]]
        self.assertEqual(numbers(self.dynamodb.query(**query)), [2, 4, 6, 8])
        self.assertEqual(numbers(self.dynamodb.query(**query, ScanIndexForward=False)), [8, 6, 4, 2])
        pages = self.dynamodb.get_paginator("query").paginate(**query, PaginationConfig={"PageSize": 3})
        self.assertEqual([numbers(page) for page in pages], [[2, 4, 6], [8]])
        counted = self.dynamodb.query(**query, Select="COUNT")
        self.assertEqual((counted["Count"], "Items" in counted), (4, False))
        projected = self.dynamodb.query(**query, ProjectionExpression="line", Limit=1)
        self.assertEqual(projected["Items"], [{"line": {"N": "2"}}])
        self.assertEqual(projected["LastEvaluatedKey"], {"id": {"S": "even"}, "line": {"N": "2"}})

    def test_a_scan_reads_all_in_pages_segments_and_through_filters(self):
        self.lines("scan")
        pages = list(self.dynamodb.get_paginator("scan").paginate(TableName="scan", PaginationConfig={"PageSize": 4}))
        self.assertEqual(sum(page["Count"] for page in pages), 10)
        segments = [self.dynamodb.scan(TableName="scan", TotalSegments=2, Segment=n)["Count"] for n in range(2)]
        self.assertEqual(sum(segments), 10)
        found = self.dynamodb.scan(TableName="scan", FilterExpression="line > :n",
                                   ExpressionAttributeValues={":n": {"N": "7"}})
        self.assertEqual((found["Count"], found["ScannedCount"]), (2, 10))

    def test_batches_and_transactions(self):
        self.lines("many")
        puts = [{"PutRequest": {"Item": {"id": {"S": "new"}, "line": {"N": str(n)}}}} for n in range(25)]
        self.assertEqual(self.dynamodb.batch_write_item(RequestItems={"many": puts})["UnprocessedItems"], {})
        wanted = [{"id": {"S": "new"}, "line": {"N": str(n)}} for n in (1, 2, 99)]
        got = self.dynamodb.batch_get_item(RequestItems={"many": {"Keys": wanted}})["Responses"]["many"]
        self.assertEqual(sorted(item["line"]["N"] for item in got), ["1", "2"])
        self.refused("ValidationException", self.dynamodb.batch_write_item,
                     RequestItems={"many": [*puts, {"DeleteRequest": {"Key": wanted[2]}}]})
        gets = [{"Get": {"TableName": "many", "Key": key}} for key in wanted]
        responses = self.dynamodb.transact_get_items(TransactItems=gets)["Responses"]
        self.assertEqual(["Item" in response for response in responses], [True, True, False])
        with self.assertRaises(self.dynamodb.exceptions.TransactionCanceledException) as caught:
            self.dynamodb.transact_write_items(TransactItems=[
                {"Delete": {"TableName": "many", "Key": wanted[0]}},
                {"ConditionCheck": {"TableName": "many", "Key": wanted[2],
                                    "ConditionExpression": "attribute_exists(id)"}}])
        response = caught.exception.response
        self.assertEqual([reason["Code"] for reason in response["CancellationReasons"]],
                         ["None", "ConditionalCheckFailed"])
        self.assertIn("specific reasons [None, ConditionalCheckFailed]", response["Error"]["Message"])
        self.assertIsNotNone(self.item("many", **wanted[0]))


class Refusals(DynamoDbTest):
    def test_requests_are_refused_in_dynamodbs_words(self):
        self.table("strict", "id")
        put, get, query = self.dynamodb.put_item, self.dynamodb.get_item, self.dynamodb.query
        item = {"id": {"S": "1"}}
        for code, message, call, arguments in [
            ("ResourceNotFoundException", "Requested resource not found", put, {"TableName": "nowhere", "Item": item}),
            ("ValidationException", "1 validation error detected: Value '/strict' at 'tableName' failed to satisfy "
             "constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
             put, {"TableName": "/strict", "Item": item}),
            ("ValidationException", "One or more parameter values were invalid: Missing the key id in the item",
             put, {"TableName": "strict", "Item": {"other": {"S": "1"}}}),
            ("ValidationException", "One or more parameter values were invalid: Type mismatch for key id expected: S "
             "actual: N", put, {"TableName": "strict", "Item": {"id": {"N": "1"}}}),
            ("ValidationException", "The provided key element does not match the schema",
             get, {"TableName": "strict", "Key": {"other": {"S": "1"}}}),
            ("ValidationException", "1 validation error detected: Value null at 'tableName' failed to satisfy constraint: "
             "Member must not be null", put, {"Item": item}),
            ("ValidationException", f"1 validation error detected: Value '{'a' * 256}' at 'tableName' failed to satisfy "
             "constraint: Member must have length less than or equal to 255", get, {"TableName": "a" * 256, "Key": item}),
            ("ValidationException", "One or more parameter values are not valid. The AttributeValue for a key attribute "
             "cannot contain an empty string value. Key: id", put, {"TableName": "strict", "Item": {"id": {"S": ""}}}),
            ("ValidationException", "Query condition missed key schema element: id",
             query, {"TableName": "strict", "KeyConditionExpression": "city = :o",
                     "ExpressionAttributeValues": {":o": {"S": "1"}}}),
        ]:
            with self.subTest(message):
                self.assertEqual(self.refused(code, call, **arguments), message)

    def test_values_and_expressions_are_held_to_dynamodbs_rules(self):
        self.table("rules", "id")
        exists = "attribute_not_exists(id)"
        for says, more in [
            ("An string set  may not be empty", {"Item": {"id": {"S": "1"}, "x": {"SS": []}}}),
            ("contains duplicates", {"Item": {"id": {"S": "1"}, "x": {"SS": ["a", "a"]}}}),
            ("ExpressionAttributeValues can only be specified when using expressions",
             {"ExpressionAttributeValues": {":v": {"S": "unused"}}}),
            ("Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}",
             {"ExpressionAttributeValues": {":v": {"S": "unused"}}, "ConditionExpression": exists}),
            ("Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}",
             {"Expected": {"id": {"Exists": False}}, "ConditionExpression": exists}),
            ("The expression has redundant parentheses", {"ConditionExpression": f"(({exists}))"}),
            ("The first operand must be distinct from the remaining operands", {
                "ConditionExpression": "contains(#a, #a)", "ExpressionAttributeNames": {"#a": "data"}}),
            ("Item size has exceeded the maximum allowed size",
             {"Item": {"id": {"S": "1"}, "x": {"S": "x" * 400 * 1024}}}),
            ("Number overflow", {"Item": {"id": {"S": "1"}, "x": {"N": "1e127"}}}),
            ("more than 38 significant digits", {"Item": {"id": {"S": "1"}, "x": {"N": "1" * 39}}}),
        ]:
            with self.subTest(says):
                message = self.refused("ValidationException", self.dynamodb.put_item,
                                       **{"TableName": "rules", "Item": {"id": {"S": "1"}}, **more})
                self.assertIn(says, message)
        self.assertIsNone(self.item("rules", id={"S": "1"}))

    def test_a_reserved_word_and_a_missing_value_are_named(self):
        self.table("words", "id")
        for condition, says in [("status = :s", "reserved keyword: status"), ("a = :nothing", ":nothing")]:
            message = self.refused(
                "ValidationException", self.dynamodb.put_item, TableName="words", Item={"id": {"S": "1"}},
                ConditionExpression=condition, ExpressionAttributeValues={":s": {"S": "x"}})
            self.assertIn(says, message)

    def test_what_is_not_served_is_refused_by_name(self):
        message = self.refused("NotImplemented", self.dynamodb.execute_statement, Statement="SELECT * FROM t")
        self.assertIn("dynamodb:ExecuteStatement", message)
        streams = self.server.client("dynamodbstreams")
        message = self.refused("NotImplemented", streams.list_streams)
        self.assertIn("ListStreams", message)


if __name__ == "__main__":
    unittest.main()
