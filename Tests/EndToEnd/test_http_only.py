"""The build without FUSE serves over HTTP, and refuses to mount with a message."""

import pytest

from harness.mount import binary, environment
from harness.processes import run


@pytest.fixture(autouse=True)
def without_fuse():
    if "libfuse3" in run("ldd", binary()).stdout:
        pytest.fail("LOCALSTACKMOUNT_BINARY links libfuse3: these tests are for scripts/build-http-only")


def test_it_serves(start_mount, bucket):
    mount = start_mount(fuse=False)
    assert mount.put(bucket.name, "file.txt", data=b"contents").status_code == 201
    assert bucket.get("file.txt") == b"contents"
    assert mount.get(bucket.name, "file.txt").content == b"contents"
    mount.stop()


def test_it_says_that_it_cannot_mount(tmp_path, localstack):
    (tmp_path / "mount").mkdir()
    result = run(
        binary(),
        "--fuse",
        tmp_path / "mount",
        "--endpoint",
        localstack.endpoint,
        check=False,
        env=environment(tmp_path),
    )
    assert result.returncode in (1, 64)
    assert "FUSE" in result.stderr.upper()
