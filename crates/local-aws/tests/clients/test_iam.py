import json
import unittest

from harness import ACCOUNT, LAMBDA_TRUST, STATES_TRUST, LocalAwsTest


class Sts(LocalAwsTest):
    def test_the_caller_is_the_default_account(self):
        identity = self.sts.get_caller_identity()
        self.assertEqual(identity["Account"], ACCOUNT)
        self.assertEqual(identity["Arn"], f"arn:aws:iam::{ACCOUNT}:root")

    def test_what_is_not_served_is_refused_by_name(self):
        message = self.refused("NotImplemented", self.sts.get_session_token)
        self.assertIn("sts:GetSessionToken", message)


class Roles(LocalAwsTest):
    def test_a_role_lives_and_dies(self):
        created = self.iam.create_role(
            RoleName="worker", Path="/app/dev/", AssumeRolePolicyDocument=LAMBDA_TRUST,
            Description="works & <rests>", Tags=[{"Key": "team", "Value": "a@b"}])["Role"]
        self.assertEqual(created["Arn"], f"arn:aws:iam::{ACCOUNT}:role/app/dev/worker")
        self.assertRegex(created["RoleId"], "^AROA[A-Z2-7]{17}$")
        role = self.iam.get_role(RoleName="worker")["Role"]
        self.assertEqual(role["AssumeRolePolicyDocument"], json.loads(LAMBDA_TRUST))
        self.assertEqual(role["Description"], "works & <rests>")
        self.assertEqual(role["Tags"], [{"Key": "team", "Value": "a@b"}])
        self.assertEqual(role["MaxSessionDuration"], 3600)

        self.iam.update_role(RoleName="worker", Description="rests", MaxSessionDuration=7200)
        self.iam.update_assume_role_policy(RoleName="worker", PolicyDocument=STATES_TRUST)
        self.iam.tag_role(RoleName="worker", Tags=[{"Key": "stage", "Value": "dev"}])
        self.iam.untag_role(RoleName="worker", TagKeys=["team"])
        role = self.iam.get_role(RoleName="WORKER")["Role"]
        self.assertEqual((role["Description"], role["MaxSessionDuration"]), ("rests", 7200))
        self.assertEqual(role["AssumeRolePolicyDocument"], json.loads(STATES_TRUST))
        self.assertEqual(self.iam.list_role_tags(RoleName="worker")["Tags"], [{"Key": "stage", "Value": "dev"}])

        self.iam.delete_role(RoleName="worker")
        message = self.refused("NoSuchEntity", self.iam.get_role, RoleName="worker")
        self.assertEqual(message, "The role with name worker cannot be found.")

    def test_policies_must_go_before_their_role(self):
        self.role("guarded")
        policy = {"Version": "2012-10-17", "Statement": [
            {"Sid": "One", "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": ["arn:aws:lambda:*:*:function:a b%"]}]}
        self.iam.put_role_policy(RoleName="guarded", PolicyName="invoke", PolicyDocument=json.dumps(policy))
        found = self.iam.get_role_policy(RoleName="guarded", PolicyName="invoke")
        self.assertEqual(found["PolicyDocument"], policy)
        self.assertEqual(self.iam.list_role_policies(RoleName="guarded")["PolicyNames"], ["invoke"])
        managed = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
        self.iam.attach_role_policy(RoleName="guarded", PolicyArn=managed)
        attached = self.iam.list_attached_role_policies(RoleName="guarded")["AttachedPolicies"]
        self.assertEqual(attached, [{"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": managed}])

        message = self.refused("DeleteConflict", self.iam.delete_role, RoleName="guarded")
        self.assertEqual(message, "Cannot delete entity, must detach all policies first.")
        self.iam.detach_role_policy(RoleName="guarded", PolicyArn=managed)
        message = self.refused("DeleteConflict", self.iam.delete_role, RoleName="guarded")
        self.assertEqual(message, "Cannot delete entity, must delete policies first.")
        self.iam.delete_role_policy(RoleName="guarded", PolicyName="invoke")
        self.refused("NoSuchEntity", self.iam.delete_role_policy, RoleName="guarded", PolicyName="invoke")
        self.refused("NoSuchEntity", self.iam.detach_role_policy, RoleName="guarded", PolicyArn=managed)
        self.iam.delete_role(RoleName="guarded")

    def test_a_role_has_a_boundary_that_exists(self):
        document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}}
        arn = f"arn:aws:iam::{ACCOUNT}:policy/bounds/logs-only"
        refused = {"RoleName": "bounded", "AssumeRolePolicyDocument": LAMBDA_TRUST, "PermissionsBoundary": arn}
        message = self.refused("NoSuchEntity", self.iam.create_role, **refused)
        self.assertEqual(message, f"Scope ARN: {arn} does not exist or is not attachable.")

        policy = {"PolicyName": "logs-only", "Path": "/bounds/", "PolicyDocument": json.dumps(document)}
        self.assertEqual(self.iam.create_policy(**policy)["Policy"]["Arn"], arn)
        self.refused("EntityAlreadyExists", self.iam.create_policy, **policy)
        version = self.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found = self.iam.get_policy_version(PolicyArn=arn, VersionId=version)
        self.assertEqual(found["PolicyVersion"]["Document"], document)

        self.iam.create_role(**refused)
        boundary = self.iam.get_role(RoleName="bounded")["Role"]["PermissionsBoundary"]
        self.assertEqual(boundary["PermissionsBoundaryArn"], arn)
        listed = [role for role in self.iam.list_roles()["Roles"] if role["RoleName"] == "bounded"]
        self.assertNotIn("PermissionsBoundary", listed[0])
        self.refused("DeleteConflict", self.iam.delete_policy, PolicyArn=arn)
        self.iam.delete_role_permissions_boundary(RoleName="bounded")
        self.refused("NoSuchEntity", self.iam.delete_role_permissions_boundary, RoleName="bounded")
        self.assertNotIn("PermissionsBoundary", self.iam.get_role(RoleName="bounded")["Role"])
        self.iam.put_role_permissions_boundary(RoleName="bounded", PermissionsBoundary=arn)
        self.iam.delete_role(RoleName="bounded")
        self.iam.delete_policy(PolicyArn=arn)
        self.refused("NoSuchEntity", self.iam.get_policy, PolicyArn=arn)

    def test_roles_are_listed_by_path_in_pages(self):
        for index in range(5):
            self.iam.create_role(RoleName=f"listed-{index}", Path="/listed/x/", AssumeRolePolicyDocument=LAMBDA_TRUST)
        self.iam.create_role(RoleName="listed-elsewhere", Path="/else/", AssumeRolePolicyDocument=LAMBDA_TRUST)
        pages = self.iam.get_paginator("list_roles").paginate(PathPrefix="/listed/", PaginationConfig={"PageSize": 2})
        names = [role["RoleName"] for page in pages for role in page["Roles"]]
        self.assertEqual(names, [f"listed-{index}" for index in range(5)])

    def test_what_aws_refuses_is_refused(self):
        create = self.iam.create_role
        self.role("taken")
        message = self.refused("EntityAlreadyExists", create, RoleName="taken", AssumeRolePolicyDocument=LAMBDA_TRUST)
        self.assertEqual(message, "Role with name taken already exists.")
        self.refused("ValidationError", create, RoleName="a b", AssumeRolePolicyDocument=LAMBDA_TRUST)
        self.refused("ValidationError", create, RoleName="x" * 65, AssumeRolePolicyDocument=LAMBDA_TRUST)
        self.refused("ValidationError", create, RoleName="r", Path="app/", AssumeRolePolicyDocument=LAMBDA_TRUST)
        self.refused("ValidationError", create, RoleName="r", AssumeRolePolicyDocument=LAMBDA_TRUST, MaxSessionDuration=10)
        for trust in [
            "{", "[]", "{}", LAMBDA_TRUST.replace("Principal", "Princpal"), LAMBDA_TRUST.replace("Allow", "allow"),
            LAMBDA_TRUST.replace("sts:AssumeRole", "lambda:InvokeFunction"),
            LAMBDA_TRUST.replace("lambda.amazonaws.com", "lambda"),
            LAMBDA_TRUST.replace('"Effect"', '"Resource": "*", "Effect"'),
            '{"Version":"2012-10-17","Statement":[]}',
        ]:
            self.refused("MalformedPolicyDocument", create, RoleName="r", AssumeRolePolicyDocument=trust)
        for policy in [
            '{"Statement":[{"Effect":"Allow","Action":"InvokeFunction","Resource":"*"}]}',
            # otterize/intents-operator#481
            '{"Version":"2012-10-17","Statement":[]}',
        ]:
            self.refused("MalformedPolicyDocument", self.iam.put_role_policy, RoleName="taken", PolicyName="p",
                         PolicyDocument=policy)
        self.refused("NoSuchEntity", self.iam.attach_role_policy, RoleName="taken",
                     PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/mine")
        self.refused("NotImplemented", self.iam.create_user, UserName="u")


if __name__ == "__main__":
    unittest.main()
