"""Fixtures of the state commands."""

import secrets

import pytest

from harness.faultproxy import FaultProxy
from harness.localstack import Bucket
from harness.states import States


@pytest.fixture
def states(tmp_path, localstack):
    return States(tmp_path, localstack.endpoint)


@pytest.fixture
def orders(s3):
    """An unused bucket name, and the bucket's client; removed afterwards."""
    bucket = Bucket(s3, f"orders-{secrets.token_hex(4)}")
    yield bucket
    if bucket.exists():
        bucket.remove()


@pytest.fixture
def proxy(localstack):
    proxy = FaultProxy(localstack.endpoint)
    yield proxy
    proxy.clear()
    proxy.close()
