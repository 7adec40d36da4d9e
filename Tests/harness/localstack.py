"""A LocalStack for the tests, run by scripts/localstack, and the S3 client that acts as the other program."""

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError, ResponseStreamingError

from .processes import REPOSITORY, run

_SCRIPT = REPOSITORY / "scripts" / "localstack"


class LocalStack:
    def __init__(self, endpoint, owned):
        self.endpoint = endpoint
        self.owned = owned
        self.port = endpoint.rsplit(":", 1)[1].rstrip("/")

    @classmethod
    def start(cls):
        return cls(run(_SCRIPT, "start", "--free-port", seconds=400).stdout.strip(), owned=True)

    def restart(self):
        self._run("start")

    def stop(self):
        self._run("stop")

    def pause(self):
        self._run("pause")

    def resume(self):
        self._run("resume")

    def client(self):
        return s3_client(self.endpoint)

    def _run(self, command):
        assert self.owned, "a LocalStack of another owner is not touched"
        run(_SCRIPT, command, "--port", self.port, seconds=240)


def s3_client(endpoint):
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(
            s3={"addressing_style": "path"},
            retries={"max_attempts": 1},
            connect_timeout=5,
            read_timeout=20,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


class Bucket:
    """One bucket, accessed as another program through boto3."""

    def __init__(self, client, name):
        self.client = client
        self.name = name

    def create(self):
        self.client.create_bucket(Bucket=self.name)
        return self

    def put(self, key, body=b"", **properties):
        body = body.encode() if isinstance(body, str) else body
        return self.client.put_object(Bucket=self.name, Key=key, Body=body, **properties)["ETag"]

    def get(self, key):
        """The bytes of an object; None when there is no such key."""
        for _ in range(5):
            try:
                return self.client.get_object(Bucket=self.name, Key=key)["Body"].read()
            except self.client.exceptions.NoSuchKey:
                return None
            except (ResponseStreamingError, ReadTimeoutError) as error:
                # LocalStack cuts the body of an object that is replaced while it sends it, or never ends it.
                cut = error
        raise cut

    def head(self, key):
        return self.client.head_object(Bucket=self.name, Key=key)

    def etag(self, key):
        """The ETag of an object; None when there is no such key."""
        try:
            return self.head(key)["ETag"]
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return None
            raise

    def delete(self, key):
        if key.strip("/"):
            self.client.delete_object(Bucket=self.name, Key=key)
        else:
            # A DELETE of this path is that of the bucket for LocalStack.
            self.client.delete_objects(Bucket=self.name, Delete={"Objects": [{"Key": key}]})

    def keys(self, prefix=""):
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def uploads(self):
        return self.client.list_multipart_uploads(Bucket=self.name).get("Uploads", [])

    def exists(self):
        return any(item["Name"] == self.name for item in self.client.list_buckets()["Buckets"])

    def remove_with_versions(self):
        """Same, with the older versions of everything."""
        if not self.exists():
            return
        history = self.client.list_object_versions(Bucket=self.name)
        for version in history.get("Versions", []) + history.get("DeleteMarkers", []):
            self.client.delete_object(Bucket=self.name, Key=version["Key"], VersionId=version["VersionId"])
        self.remove()

    def remove(self):
        """Deletes it with everything in it; nothing happens when it is gone already."""
        if not self.exists():
            return
        for key in self.keys():
            self.delete(key)
        self.client.delete_bucket(Bucket=self.name)
