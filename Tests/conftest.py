"""Fixtures of the end-to-end and model tests: a real LocalStack, a real mount, and boto3 as the other program."""

import itertools
import os
import secrets

import pytest

from harness.localstack import Bucket, LocalStack
from harness.mount import Mount
from harness.processes import run
from harness.waiting import wait_until
from harness.watchdog import watchdog

_numbers = itertools.count(1)
# What a test may take beyond its limit, at whose end pytest-timeout interrupts it, and its fixtures clean up.
GRACE_SECONDS = 60


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    own = item.get_closest_marker("timeout")
    watchdog.expect_progress(float(own.args[0] if own else item.config.getini("timeout")) + GRACE_SECONDS)
    return (yield)


@pytest.fixture(scope="session")
def localstack():
    given = os.environ.get("LOCALSTACKMOUNT_TEST_ENDPOINT")
    server = LocalStack(given, owned=False) if given else LocalStack.start()
    yield server
    if server.owned:
        server.stop()


@pytest.fixture(scope="session")
def s3(localstack):
    return localstack.client()


def new_name():
    return f"test-{next(_numbers)}-{secrets.token_hex(4)}"


@pytest.fixture
def bucket_name():
    """An unused bucket name."""
    return new_name()


class SharedMount:
    """One mount for all tests that need no other options; started again when a test has broken it."""

    def __init__(self, directory, endpoint):
        self.directory = directory
        self.endpoint = endpoint
        self.mount = None

    def running(self):
        if self.mount is None or not self.mount.is_running:
            self.mount = Mount(self.directory / str(next(_numbers)), self.endpoint).start()
        return self.mount


@pytest.fixture(scope="session")
def shared_mount(tmp_path_factory, localstack):
    shared = SharedMount(tmp_path_factory.mktemp("shared"), localstack.endpoint)
    yield shared
    if shared.mount:
        shared.mount.stop()


class BucketSupply:
    """Empty buckets, created by another program some time ago: a new one may stay unseen for the ttl, and waiting for
    that in every test would take longer than the tests."""

    BATCH = 50

    def __init__(self, s3, shared_mount):
        self.s3 = s3
        self.shared_mount = shared_mount
        self.ready = []

    def take(self):
        if not self.ready:
            self.ready = [Bucket(self.s3, new_name()).create() for _ in range(self.BATCH)]
            mount = self.shared_mount.mount
            if mount and mount.is_running:
                wait_until(lambda: self.ready[-1].name in mount.http_names(""), 5, "the sight of new buckets")
                wait_until(lambda: self.ready[-1].name in run("ls", mount.directory).stdout, 5, "the same in the mount")
        return self.ready.pop()


@pytest.fixture(scope="session")
def bucket_supply(s3, shared_mount):
    supply = BucketSupply(s3, shared_mount)
    yield supply
    for bucket in supply.ready:
        bucket.remove()


@pytest.fixture
def bucket(bucket_supply):
    """An empty bucket of the test's own."""
    bucket = bucket_supply.take()
    yield bucket
    bucket.remove()


@pytest.fixture
def mount(shared_mount):
    """The mount and gateway that the tests share."""
    mount = shared_mount.running()
    yield mount
    if not mount.is_running:
        mount.clean_up()
        pytest.fail(f"the mount died during this test: {mount.errors}")


@pytest.fixture
def start_mount(tmp_path, localstack):
    """Starts mounts of the test's own: start_mount(*options, fuse=, http=, directory=, endpoint=, home=)."""
    started = []

    def start(*options, endpoint=None, home=None, **arguments):
        home = home or tmp_path / f"home{next(_numbers)}"
        started.append(Mount(home, endpoint or localstack.endpoint, *options, **arguments))
        return started[-1].start()

    yield start
    for mount in started:
        mount.clean_up()


@pytest.fixture
def folder(mount, bucket):
    """The bucket's directory in the shared mount."""
    return mount.path(bucket.name)
