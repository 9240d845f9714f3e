"""S3 with boto3: buckets, objects, lists, uploads in parts, and their errors."""

import datetime
import io
import os
import unittest

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from harness import LocalAwsTest

MEBIBYTE = 1024 * 1024


class S3(LocalAwsTest):
    def setUp(self):
        self.s3 = self.server.client("s3")

    def bucket(self):
        """A new bucket, named after the test."""
        name = self.id().rsplit(".", 1)[-1].replace("_", "-")[:63].strip("-")
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        return name

    def refused(self, code, status, call, **arguments):
        with self.assertRaises(ClientError) as raised:
            call(**arguments)
        error = raised.exception.response
        self.assertEqual(error["Error"]["Code"], code)
        self.assertEqual(error["ResponseMetadata"]["HTTPStatusCode"], status)
        return error["Error"]

    def keys(self, bucket, **arguments):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, **arguments)
        pages = list(pages)
        contents = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        folders = [entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", [])]
        return contents, folders

    def test_a_bucket_lives_until_it_is_empty_and_deleted(self):
        name = self.bucket()
        self.assertIn(name, [bucket["Name"] for bucket in self.s3.list_buckets()["Buckets"]])
        self.assertEqual(self.s3.get_bucket_location(Bucket=name)["LocationConstraint"], "eu-central-1")
        self.assertEqual(self.s3.head_bucket(Bucket=name)["BucketRegion"], "eu-central-1")
        self.refused("BucketAlreadyOwnedByYou", 409, self.s3.create_bucket, Bucket=name,
                     CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        self.s3.put_object(Bucket=name, Key="a", Body=b"1")
        self.refused("BucketNotEmpty", 409, self.s3.delete_bucket, Bucket=name)
        self.s3.delete_object(Bucket=name, Key="a")
        self.s3.delete_bucket(Bucket=name)
        self.refused("NoSuchBucket", 404, self.s3.list_objects_v2, Bucket=name)
        self.refused("404", 404, self.s3.head_bucket, Bucket=name)

    def test_an_object_comes_back_as_it_was_put(self):
        name = self.bucket()
        body = "ä€\r\n".encode() * 1000
        put = self.s3.put_object(Bucket=name, Key="a b/ü+.txt", Body=body, ContentType="text/plain; charset=utf-8",
                                 CacheControl="no-cache", Metadata={"Colour": "blue"})
        self.assertEqual(put["ServerSideEncryption"], "AES256")
        self.assertEqual(put["ChecksumType"], "FULL_OBJECT")
        got = self.s3.get_object(Bucket=name, Key="a b/ü+.txt", ChecksumMode="ENABLED")
        self.assertEqual(got["Body"].read(), body)
        self.assertEqual(got["ETag"], put["ETag"])
        self.assertEqual(got["ContentType"], "text/plain; charset=utf-8")
        self.assertEqual(got["CacheControl"], "no-cache")
        self.assertEqual(got["Metadata"], {"colour": "blue"})
        self.assertEqual(got["ChecksumCRC32"], put["ChecksumCRC32"])
        self.assertNotIn("ContentEncoding", got)
        head = self.s3.head_object(Bucket=name, Key="a b/ü+.txt")
        self.assertEqual(head["ContentLength"], len(body))
        age = datetime.datetime.now(datetime.timezone.utc) - head["LastModified"]
        self.assertLess(abs(age), datetime.timedelta(minutes=5))

    def test_a_stream_is_taken_out_of_its_chunks(self):
        name = self.bucket()
        body = os.urandom(3 * MEBIBYTE + 17)
        for algorithm in ["CRC32", "SHA1", "SHA256"]:
            # Over HTTP, a stream is signed in chunks, with its checksum behind it.
            self.s3.put_object(Bucket=name, Key="stream", Body=io.BytesIO(body), ChecksumAlgorithm=algorithm)
            got = self.s3.get_object(Bucket=name, Key="stream")
            self.assertEqual(got["Body"].read(), body)

    def test_a_checksum_that_is_wrong_is_refused(self):
        name = self.bucket()
        self.refused("BadDigest", 400, self.s3.put_object, Bucket=name, Key="a", Body=b"1", ChecksumCRC32="AAAAAA==")
        self.refused("BadDigest", 400, self.s3.put_object, Bucket=name, Key="a", Body=b"1",
                     ContentMD5="AAAAAAAAAAAAAAAAAAAAAA==")
        self.assertEqual(self.keys(name), ([], []))

    def test_ranges_and_conditions(self):
        name = self.bucket()
        etag = self.s3.put_object(Bucket=name, Key="a", Body=b"0123456789")["ETag"]
        for asked, body, shown in [
            ("bytes=2-4", b"234", "bytes 2-4/10"), ("bytes=7-", b"789", "bytes 7-9/10"), ("bytes=-2", b"89", "bytes 8-9/10"),
            ("bytes=5-99", b"56789", "bytes 5-9/10"),
        ]:
            got = self.s3.get_object(Bucket=name, Key="a", Range=asked)
            self.assertEqual((got["Body"].read(), got["ContentRange"]), (body, shown))
            self.assertEqual(got["ResponseMetadata"]["HTTPStatusCode"], 206)
        self.refused("InvalidRange", 416, self.s3.get_object, Bucket=name, Key="a", Range="bytes=10-")
        self.refused("304", 304, self.s3.get_object, Bucket=name, Key="a", IfNoneMatch=etag)
        self.refused("PreconditionFailed", 412, self.s3.get_object, Bucket=name, Key="a", IfMatch='"other"')
        later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
        self.refused("304", 304, self.s3.get_object, Bucket=name, Key="a", IfModifiedSince=later)
        self.refused("PreconditionFailed", 412, self.s3.put_object, Bucket=name, Key="a", Body=b"", IfNoneMatch="*")
        self.s3.put_object(Bucket=name, Key="a", Body=b"new", IfMatch=etag)
        self.refused("PreconditionFailed", 412, self.s3.put_object, Bucket=name, Key="a", Body=b"", IfMatch=etag)

    def test_what_is_not_there_is_refused_as_on_aws(self):
        name = self.bucket()
        error = self.refused("NoSuchKey", 404, self.s3.get_object, Bucket=name, Key="x")
        self.assertEqual(error["Message"], "The specified key does not exist.")
        self.assertEqual(error["Key"], "x")
        self.refused("404", 404, self.s3.head_object, Bucket=name, Key="x")
        self.refused("NoSuchBucket", 404, self.s3.put_object, Bucket=f"{name}-no", Key="x", Body=b"")
        self.refused("NoSuchUpload", 404, self.s3.upload_part, Bucket=name, Key="x", UploadId="u", PartNumber=1, Body=b"")
        self.refused("InvalidBucketName", 400, self.s3.create_bucket, Bucket="UPPER")
        self.refused("NotImplemented", 501, self.s3.put_bucket_acl, Bucket=name, ACL="private")

    def test_lists_are_in_order_in_pages_and_folders(self):
        name = self.bucket()
        keys = sorted(["a", "b/1", "b/2", "b/c/1", "d e", "e//1", "z&<é>"])
        for key in keys:
            self.s3.put_object(Bucket=name, Key=key, Body=key.encode())
        for size in [1, 2, 1000]:
            config = {"PaginationConfig": {"PageSize": size}}
            self.assertEqual(self.keys(name, **config), (keys, []))
            contents, folders = self.keys(name, Delimiter="/", **config)
            self.assertEqual((contents, folders), (["a", "d e", "z&<é>"], ["b/", "e/"]))
            self.assertEqual(self.keys(name, Prefix="b/", Delimiter="/", **config), (["b/1", "b/2"], ["b/c/"]))
        first = self.s3.list_objects(Bucket=name, MaxKeys=2)
        self.assertTrue(first["IsTruncated"])
        self.assertEqual([entry["Key"] for entry in first["Contents"]], keys[:2])
        rest = self.s3.list_objects(Bucket=name, Marker=keys[1])
        self.assertEqual([entry["Key"] for entry in rest["Contents"]], keys[2:])
        after = self.s3.list_objects_v2(Bucket=name, StartAfter="b/2")
        self.assertEqual([entry["Key"] for entry in after["Contents"]], keys[3:])
        deleted = self.s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": key} for key in keys[1:]]})
        self.assertEqual([entry["Key"] for entry in deleted["Deleted"]], keys[1:])
        self.assertEqual(self.keys(name), (["a"], []))

    def test_a_copy_keeps_or_replaces_what_belongs_to_the_object(self):
        name = self.bucket()
        self.s3.put_object(Bucket=name, Key="a+b", Body=b"body", Metadata={"x": "1"})
        source = {"Bucket": name, "Key": "a+b"}
        self.s3.copy_object(Bucket=name, Key="c", CopySource=source)
        self.assertEqual(self.s3.head_object(Bucket=name, Key="c")["Metadata"], {"x": "1"})
        self.s3.copy_object(Bucket=name, Key="c", CopySource=source, MetadataDirective="REPLACE", Metadata={"y": "2"})
        self.assertEqual(self.s3.head_object(Bucket=name, Key="c")["Metadata"], {"y": "2"})
        self.s3.delete_object(Bucket=name, Key="a+b")
        self.assertEqual(self.s3.get_object(Bucket=name, Key="c")["Body"].read(), b"body")
        self.refused("InvalidRequest", 400, self.s3.copy_object, Bucket=name, Key="c", CopySource=f"{name}/c")
        self.refused("NoSuchKey", 404, self.s3.copy_object, Bucket=name, Key="d", CopySource=f"{name}/none")

    def test_an_upload_in_parts_becomes_one_object(self):
        name = self.bucket()
        parts = [os.urandom(5 * MEBIBYTE), b"the end"]
        upload = self.s3.create_multipart_upload(Bucket=name, Key="big", Metadata={"x": "1"})["UploadId"]
        at = {"Bucket": name, "Key": "big", "UploadId": upload}
        tags = [self.s3.upload_part(**at, PartNumber=number, Body=part)["ETag"] for number, part in enumerate(parts, 1)]
        listed = self.s3.list_parts(**at)["Parts"]
        self.assertEqual([(part["PartNumber"], part["Size"]) for part in listed], [(1, len(parts[0])), (2, 7)])
        self.assertEqual([entry["UploadId"] for entry in self.s3.list_multipart_uploads(Bucket=name)["Uploads"]], [upload])
        named = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, 1)]
        self.refused("InvalidPartOrder", 400, self.s3.complete_multipart_upload, **at, MultipartUpload={"Parts": named[::-1]})
        self.refused("InvalidPart", 400, self.s3.complete_multipart_upload, **at,
                     MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": tags[1]}]})
        done = self.s3.complete_multipart_upload(**at, MultipartUpload={"Parts": named})
        self.assertTrue(done["ETag"].endswith('-2"'), done["ETag"])
        got = self.s3.get_object(Bucket=name, Key="big")
        self.assertEqual((got["Body"].read(), got["Metadata"]), (b"".join(parts), {"x": "1"}))
        self.assertNotIn("Uploads", self.s3.list_multipart_uploads(Bucket=name))

    def test_parts_may_not_be_small_and_an_upload_may_be_aborted(self):
        name = self.bucket()
        upload = self.s3.create_multipart_upload(Bucket=name, Key="big")["UploadId"]
        at = {"Bucket": name, "Key": "big", "UploadId": upload}
        named = [{"PartNumber": n, "ETag": self.s3.upload_part(**at, PartNumber=n, Body=b"x")["ETag"]} for n in (1, 2)]
        self.refused("EntityTooSmall", 400, self.s3.complete_multipart_upload, **at, MultipartUpload={"Parts": named})
        self.s3.abort_multipart_upload(**at)
        self.refused("NoSuchUpload", 404, self.s3.list_parts, **at)

    def test_the_transfer_manager_uploads_and_downloads_in_parts(self):
        name = self.bucket()
        body = os.urandom(12 * MEBIBYTE + 5)
        config = TransferConfig(multipart_threshold=5 * MEBIBYTE, multipart_chunksize=5 * MEBIBYTE)
        self.s3.upload_fileobj(io.BytesIO(body), name, "big", Config=config)
        got = io.BytesIO()
        self.s3.download_fileobj(name, "big", got, Config=config)
        self.assertEqual(got.getvalue(), body)
        self.s3.copy({"Bucket": name, "Key": "big"}, name, "copy", Config=config)
        self.assertEqual(self.s3.get_object(Bucket=name, Key="copy")["Body"].read(), body)


if __name__ == "__main__":
    unittest.main()
