"""The gateway alone, without a mount, for clients of all kinds."""

import pytest

from harness.localstack import Bucket
from harness.mount import Mount


@pytest.fixture(scope="session")
def gateway(tmp_path_factory, localstack):
    gateway = Mount(tmp_path_factory.mktemp("gateway"), localstack.endpoint, fuse=False).start()
    yield gateway
    gateway.stop()


@pytest.fixture
def box(s3, bucket_name):
    """An empty bucket, emptied with all its versions at the end."""
    bucket = Bucket(s3, bucket_name).create()
    yield bucket
    bucket.remove_with_versions()


@pytest.fixture
def seen(gateway, box):
    """The bucket, once the gateway shows it."""
    assert gateway.get(box.name + "/", query="?wait=10s&simple").status_code == 200
    return box
