"""A mount that reaches LocalStack through a proxy with faults on request."""

import pytest

from harness.faultproxy import FaultProxy
from harness.mount import Mount

# The timeout of small requests of the mounts here, in seconds.
TIMEOUT = 3


@pytest.fixture
def proxy(localstack):
    proxy = FaultProxy(localstack.endpoint)
    yield proxy
    proxy.close()


@pytest.fixture
def start_faulty(proxy, tmp_path, bucket):
    """Starts mounts behind the proxy. All of them have the same cache directory and mount point."""
    started = []

    def start(*options, **keywords):
        mount = Mount(tmp_path / "home", proxy.endpoint, "--timeout", str(TIMEOUT), *options, **keywords)
        started.append(mount)
        return mount.start()

    yield start
    proxy.clear()
    for mount in started:
        mount.clean_up()


@pytest.fixture
def faulty(start_faulty):
    return start_faulty()
