"""Secrets Manager and Parameter Store."""

import unittest
import uuid

from harness import ACCOUNT, REGION, LocalAwsTest


class Secrets(LocalAwsTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.secrets = cls.server.client("secretsmanager")

    def test_a_secret_has_versions_and_stages(self):
        created = self.secrets.create_secret(Name="shop/db", SecretString="one", Tags=[{"Key": "a", "Value": "b"}])
        self.assertRegex(
            created["ARN"], f"^arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:shop/db-[A-Za-z]{{6}}$")
        first = created["VersionId"]
        for name in ["shop/db", created["ARN"], created["ARN"][:-7]]:
            found = self.secrets.get_secret_value(SecretId=name)
            self.assertEqual((found["SecretString"], found["VersionStages"]), ("one", ["AWSCURRENT"]))
        second = self.secrets.put_secret_value(SecretId="shop/db", SecretString="two")
        self.assertEqual(second["VersionStages"], ["AWSCURRENT"])
        found = self.secrets.get_secret_value(SecretId="shop/db", VersionStage="AWSPREVIOUS")
        self.assertEqual((found["SecretString"], found["VersionId"]), ("one", first))
        third = self.secrets.update_secret(SecretId="shop/db", SecretBinary=b"three", Description="d")
        described = self.secrets.describe_secret(SecretId="shop/db")
        self.assertEqual(described["VersionIdsToStages"], {
            second["VersionId"]: ["AWSPREVIOUS"], third["VersionId"]: ["AWSCURRENT"]})
        self.assertEqual((described["Description"], described["Tags"]), ("d", [{"Key": "a", "Value": "b"}]))
        self.assertEqual(self.secrets.get_secret_value(SecretId="shop/db")["SecretBinary"], b"three")
        message = self.refused("ResourceNotFoundException", self.secrets.get_secret_value,
                               SecretId="shop/db", VersionStage="OTHER")
        self.assertEqual(
            message, "Secrets Manager can't find the specified secret value for staging label: OTHER")
        self.secrets.update_secret_version_stage(
            SecretId="shop/db", VersionStage="AWSCURRENT",
            RemoveFromVersionId=third["VersionId"], MoveToVersionId=second["VersionId"])
        self.assertEqual(self.secrets.get_secret_value(SecretId="shop/db")["SecretString"], "two")

    def test_what_is_not_there_and_what_is_there_already_is_refused(self):
        message = self.refused("ResourceNotFoundException", self.secrets.get_secret_value, SecretId="none")
        self.assertEqual(message, "Secrets Manager can't find the specified secret.")
        token = str(uuid.uuid4())
        self.secrets.create_secret(Name="once", SecretString="a", ClientRequestToken=token)
        again = self.secrets.create_secret(Name="once", SecretString="a", ClientRequestToken=token)
        self.assertEqual(again["VersionId"], token)
        message = self.refused("ResourceExistsException", self.secrets.create_secret, Name="once", SecretString="b")
        self.assertEqual(message, "The operation failed because the secret once already exists.")

    def test_a_deleted_secret_can_be_restored_until_it_is_gone(self):
        self.secrets.create_secret(Name="gone", SecretString="a")
        self.refused("InvalidParameterException", self.secrets.delete_secret, SecretId="gone", RecoveryWindowInDays=6)
        self.secrets.delete_secret(SecretId="gone", RecoveryWindowInDays=7)
        message = self.refused("InvalidRequestException", self.secrets.get_secret_value, SecretId="gone")
        self.assertIn("marked for deletion", message)
        message = self.refused("InvalidRequestException", self.secrets.create_secret, Name="gone", SecretString="b")
        self.assertIn("already scheduled for deletion", message)
        self.assertIn("DeletedDate", self.secrets.describe_secret(SecretId="gone"))
        listed = self.secrets.list_secrets(Filters=[{"Key": "name", "Values": ["gone"]}])["SecretList"]
        self.assertEqual(listed, [])
        self.secrets.restore_secret(SecretId="gone")
        self.assertEqual(self.secrets.get_secret_value(SecretId="gone")["SecretString"], "a")
        self.secrets.delete_secret(SecretId="gone", ForceDeleteWithoutRecovery=True)
        self.refused("ResourceNotFoundException", self.secrets.describe_secret, SecretId="gone")
        self.secrets.create_secret(Name="gone", SecretString="b")

    def test_secrets_are_tagged_and_listed(self):
        for name in ["list/a", "list/b", "list/c"]:
            self.secrets.create_secret(Name=name, SecretString="x")
        self.secrets.tag_resource(SecretId="list/a", Tags=[{"Key": "k", "Value": "v"}])
        by_tag = self.secrets.list_secrets(Filters=[{"Key": "tag-key", "Values": ["k"]}])["SecretList"]
        self.assertEqual([secret["Name"] for secret in by_tag], ["list/a"])
        self.secrets.untag_resource(SecretId="list/a", TagKeys=["k"])
        self.assertNotIn("Tags", self.secrets.describe_secret(SecretId="list/a"))
        pages = self.secrets.get_paginator("list_secrets").paginate(
            Filters=[{"Key": "name", "Values": ["list/"]}], PaginationConfig={"PageSize": 2})
        names = [secret["Name"] for page in pages for secret in page["SecretList"]]
        self.assertEqual(sorted(names), ["list/a", "list/b", "list/c"])


class Parameters(LocalAwsTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.parameters = cls.server.client("ssm")

    def test_a_parameter_has_versions(self):
        put = self.parameters.put_parameter(Name="/shop/limit", Value="1", Type="String", Description="d")
        self.assertEqual((put["Version"], put["Tier"]), (1, "Standard"))
        message = self.refused("ParameterAlreadyExists", self.parameters.put_parameter, Name="/shop/limit", Value="2")
        self.assertIn("The parameter already exists.", message)
        self.assertEqual(
            self.parameters.put_parameter(Name="/shop/limit", Value="2", Overwrite=True)["Version"], 2)
        found = self.parameters.get_parameter(Name="/shop/limit")["Parameter"]
        self.assertEqual((found["Value"], found["Version"], found["Type"]), ("2", 2, "String"))
        self.assertEqual(found["ARN"], f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/shop/limit")
        former = self.parameters.get_parameter(Name="/shop/limit:1")["Parameter"]
        self.assertEqual((former["Value"], former["Selector"]), ("1", ":1"))
        self.refused("ParameterVersionNotFound", self.parameters.get_parameter, Name="/shop/limit:9")
        history = self.parameters.get_parameter_history(Name="/shop/limit")["Parameters"]
        self.assertEqual([entry["Value"] for entry in history], ["1", "2"])
        self.parameters.delete_parameter(Name="/shop/limit")
        self.refused("ParameterNotFound", self.parameters.get_parameter, Name="/shop/limit")
        self.refused("ParameterNotFound", self.parameters.delete_parameter, Name="/shop/limit")

    def test_a_secure_string_is_decrypted_on_request(self):
        self.parameters.put_parameter(Name="secure", Value="plain", Type="SecureString")
        hidden = self.parameters.get_parameter(Name="secure")["Parameter"]["Value"]
        self.assertNotIn("plain", hidden)
        shown = self.parameters.get_parameter(Name="secure", WithDecryption=True)["Parameter"]["Value"]
        self.assertEqual(shown, "plain")

    def test_parameters_are_found_by_names_and_by_paths(self):
        for name in ["/p/a", "/p/b", "/p/deep/c", "/q/d"]:
            self.parameters.put_parameter(Name=name, Value=name, Type="String")
        found = self.parameters.get_parameters(Names=["/p/a", "/none"])
        self.assertEqual([one["Name"] for one in found["Parameters"]], ["/p/a"])
        self.assertEqual(found["InvalidParameters"], ["/none"])
        def by_path(**options):
            pages = self.parameters.get_paginator("get_parameters_by_path").paginate(
                Path="/p", PaginationConfig={"PageSize": 1}, **options)
            return [one["Name"] for page in pages for one in page["Parameters"]]
        self.assertEqual(by_path(), ["/p/a", "/p/b"])
        self.assertEqual(by_path(Recursive=True), ["/p/a", "/p/b", "/p/deep/c"])
        described = self.parameters.describe_parameters(
            ParameterFilters=[{"Key": "Name", "Option": "BeginsWith", "Values": ["/q"]}])["Parameters"]
        self.assertEqual([one["Name"] for one in described], ["/q/d"])
        deleted = self.parameters.delete_parameters(Names=["/q/d", "/none"])
        self.assertEqual((deleted["DeletedParameters"], deleted["InvalidParameters"]), (["/q/d"], ["/none"]))

    def test_names_and_types_are_checked(self):
        self.refused("ValidationException", self.parameters.put_parameter, Name="aws/x", Value="v", Type="String")
        self.refused("ValidationException", self.parameters.put_parameter, Name="a b", Value="v", Type="String")
        self.refused("ValidationException", self.parameters.put_parameter, Name="untyped", Value="v")
        self.refused("ValidationException", self.parameters.put_parameter, Name="x", Value="v", Type="Number")

    def test_parameters_are_tagged(self):
        self.parameters.put_parameter(Name="tagged", Value="v", Type="String", Tags=[{"Key": "a", "Value": "b"}])
        self.parameters.add_tags_to_resource(
            ResourceType="Parameter", ResourceId="tagged", Tags=[{"Key": "c", "Value": "d"}])
        self.parameters.remove_tags_from_resource(ResourceType="Parameter", ResourceId="tagged", TagKeys=["a"])
        tags = self.parameters.list_tags_for_resource(ResourceType="Parameter", ResourceId="tagged")["TagList"]
        self.assertEqual(tags, [{"Key": "c", "Value": "d"}])


if __name__ == "__main__":
    unittest.main()
