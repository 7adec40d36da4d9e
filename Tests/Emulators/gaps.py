"""Gaps of servers, proved by boto3 alone: a step that fails because of one is the server's failure, not ours."""

import time

from botocore.exceptions import BotoCoreError, ClientError

PROOFS = {}


def proof(function):
    """The function returns what is wrong in a few words; None if the server does it right."""
    PROOFS[function.__name__] = function
    return function


class Proofs:
    """Runs each proof once, with a bucket of its own."""

    def __init__(self, client):
        self.client = client
        self.found = {}

    def gap(self, names):
        """The first gap among these; None if the server has none of them."""
        for name in names:
            if name not in self.found:
                bucket = f"gap-{name.replace('_', '-')}"
                try:
                    self.client.create_bucket(Bucket=bucket)
                    self.found[name] = PROOFS[name](self.client, bucket)
                except (ClientError, BotoCoreError, AssertionError) as error:
                    self.found[name] = f"{PROOFS[name].__doc__.rstrip('.')}: {_short(error)}"
            if self.found[name]:
                return self.found[name]
        return None


def _short(error):
    if isinstance(error, ClientError):
        said = error.response.get("Error", {})
        return f"{error.operation_name} is answered {said.get('Code') or error.response['ResponseMetadata']['HTTPStatusCode']}"
    return str(error) or type(error).__name__


def _keys(client, bucket):
    return [item["Key"] for item in client.list_objects_v2(Bucket=bucket).get("Contents", [])]


@proof
def metadata(client, bucket):
    """no user metadata."""
    client.put_object(Bucket=bucket, Key="k", Body=b"x", Metadata={"mode": "33188"})
    if client.head_object(Bucket=bucket, Key="k")["Metadata"] != {"mode": "33188"}:
        return "user metadata is not kept"


@proof
def metadata_copy(client, bucket):
    """metadata cannot be replaced by a copy onto itself."""
    client.put_object(Bucket=bucket, Key="k", Body=b"x", Metadata={"a": "1"})
    client.copy_object(Bucket=bucket, Key="k", CopySource={"Bucket": bucket, "Key": "k"}, Metadata={"a": "2"},
                       MetadataDirective="REPLACE")  # fmt: skip
    if client.head_object(Bucket=bucket, Key="k")["Metadata"] != {"a": "2"}:
        return "a copy onto itself does not replace the metadata"


@proof
def content_type(client, bucket):
    """no Content-Type."""
    client.put_object(Bucket=bucket, Key="k", Body=b"x", ContentType="text/csv")
    if not client.head_object(Bucket=bucket, Key="k")["ContentType"].startswith("text/csv"):
        return "Content-Type is not kept"


def _key_proof(name, key, doc):
    """A proof that an object of this key is stored and listed."""

    def run(client, bucket):
        client.put_object(Bucket=bucket, Key=key, Body=b"x")
        if _keys(client, bucket) != [key]:
            return f"the key {key!r} is listed as {_keys(client, bucket)}"

    run.__name__, run.__doc__ = name, doc
    proof(run)


_key_proof("double_slashes", "a//b", "keys with an empty segment are refused.")
_key_proof("dots", "d/./x", "keys with a segment of dots are refused.")
_key_proof("newline", "a\nb", "keys with a newline are refused.")
_key_proof("control", "a\x01", "keys with control characters are refused.")
_key_proof("unicode_keys", "é ü+%&?#😀", "keys beyond ASCII are refused.")


@proof
def beside(client, bucket):
    """an object beside a prefix of its name is refused."""
    client.put_object(Bucket=bucket, Key="a", Body=b"1")
    client.put_object(Bucket=bucket, Key="a/b", Body=b"2")
    if client.get_object(Bucket=bucket, Key="a")["Body"].read() != b"1" or _keys(client, bucket) != ["a", "a/b"]:
        return f"a beside a/b is listed as {_keys(client, bucket)}"


@proof
def markers(client, bucket):
    """keys that end in a slash are refused."""
    if not client.put_object(Bucket=bucket, Key="dir/", Body=b"").get("ETag"):
        return "a key that ends in a slash is put without an ETag in the answer, so that nobody knows whether it is stored"
    if _keys(client, bucket) != ["dir/"]:
        return f"the key dir/ is listed as {_keys(client, bucket)}"


@proof
def versioning(client, bucket):
    """no versions."""
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        client.put_object(Bucket=bucket, Key="k", Body=body)
    versions = client.list_object_versions(Bucket=bucket).get("Versions", [])
    if len(versions) != 2 or not all(v.get("VersionId", "null") != "null" for v in versions):
        return f"{len(versions)} of 2 versions are listed"
    old = client.get_object(Bucket=bucket, Key="k", VersionId=versions[1]["VersionId"])
    if old["Body"].read() != b"1":
        return "an older version is not read"


@proof
def tags(client, bucket):
    """no tags."""
    client.put_object(Bucket=bucket, Key="k", Body=b"x")
    client.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
    if client.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] != [{"Key": "a", "Value": "1"}]:
        return "tags are not kept"


def _condition_proof(name, header, argument, value):
    """A proof that a write whose condition does not hold is refused with 412."""

    def run(client, bucket):
        client.put_object(Bucket=bucket, Key="k", Body=b"x")
        try:
            client.put_object(Bucket=bucket, Key="k", Body=b"y", **{argument: value})
        except ClientError as error:
            code = error.response["ResponseMetadata"]["HTTPStatusCode"]
            return None if code == 412 else f"{header} on a write is answered {code}"
        return f"{header} on a write is ignored"

    run.__name__, run.__doc__ = name, f"{header} on writes."
    proof(run)


_condition_proof("if_none_match", "If-None-Match", "IfNoneMatch", "*")
_condition_proof("if_match", "If-Match", "IfMatch", '"0123456789abcdef0123456789abcdef"')


@proof
def part_copy(client, bucket):
    """UploadPartCopy."""
    client.put_object(Bucket=bucket, Key="k", Body=bytes(6 << 20))
    upload = client.create_multipart_upload(Bucket=bucket, Key="c")["UploadId"]
    part = client.upload_part_copy(Bucket=bucket, Key="c", UploadId=upload, PartNumber=1,
                                   CopySource={"Bucket": bucket, "Key": "k"}, CopySourceRange="bytes=0-5242879")  # fmt: skip
    client.complete_multipart_upload(Bucket=bucket, Key="c", UploadId=upload, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": part["CopyPartResult"]["ETag"]}]})  # fmt: skip
    if client.head_object(Bucket=bucket, Key="c")["ContentLength"] != 5 << 20:
        return "a part copied has another length"


@proof
def empty_buckets(client, bucket):
    """buckets are not deleted."""
    client.delete_bucket(Bucket=bucket)
    if any(item["Name"] == bucket for item in client.list_buckets()["Buckets"]):
        return "a deleted bucket is listed"


@proof
def empty_prefixes(client, bucket):
    """prefixes stay behind."""
    for way in ("one by one", "together"):
        keys = ["d/1/x", "d/2/y"]
        for key in keys:
            client.put_object(Bucket=bucket, Key=key, Body=b"x")
        if way == "together":
            client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys]})
        else:
            for key in keys:
                client.delete_object(Bucket=bucket, Key=key)
        time.sleep(0.5)
        if _keys(client, bucket):
            return "directories of deleted objects stay, and are listed as objects whose keys end in a slash"
