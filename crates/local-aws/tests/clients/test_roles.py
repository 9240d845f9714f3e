"""A handler's SDK, with exactly the environment that a function gets."""

import json
import subprocess
import sys
import unittest

from harness import ACCOUNT, REGION, LocalAwsTest

PROGRAM = """
import boto3, botocore.exceptions, json
try:
    boto3.client("events").put_events(Entries=[{"Source": "shop", "DetailType": "d", "Detail": "{}"}])
    put = "ok"
except botocore.exceptions.ClientError as error:
    put = error.response["Error"]["Code"] + ": " + error.response["Error"]["Message"]
print(json.dumps({"put": put, "identity": boto3.client("sts").get_caller_identity()["Arn"]}))
"""


class Roles(LocalAwsTest):
    def handler(self):
        """What a process with the function's environment, and nothing else, finds."""
        environment, _ = self.invoke("f", {"do": "environment"})
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def test_an_sdk_calls_as_the_functions_role(self):
        self.function("f")
        found = self.handler()
        self.assertEqual(found["identity"], f"arn:aws:sts::{ACCOUNT}:assumed-role/functions/f")
        bus = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
        self.assertEqual(
            found["put"],
            f"AccessDeniedException: User: {found['identity']} is not authorized to perform: events:PutEvents "
            f"on resource: {bus} because no identity-based policy allows the events:PutEvents action")
        self.iam.put_role_policy(RoleName="functions", PolicyName="p", PolicyDocument=json.dumps({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus}]}))
        self.assertEqual(self.handler()["put"], "ok")


if __name__ == "__main__":
    unittest.main()
