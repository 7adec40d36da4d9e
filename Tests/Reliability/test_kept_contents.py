"""Bytes that were read are cached on disk: the cache survives kill -9, is never wrong, and stays within its cap."""
# SEMANTICS: 10.6

import os
import random
import stat

import pytest

from harness.processes import run
from harness.waiting import wait_until

MEBI = 1 << 20


def kept_files(home):
    return [path for path in home.rglob("contents-*/*") if path.is_file()]


def disk_use(path):
    try:
        return path.stat().st_blocks * 512
    except FileNotFoundError:  # evicted for another
        return 0


def kept_bytes(home):
    return sum(disk_use(path) for path in kept_files(home))


def requests(proxy, bucket):
    return [method for method, target in proxy.requests if f"/{bucket.name}/file.bin" in target]


@pytest.fixture
def content():
    return random.Random(36).randbytes(12 * MEBI + 4321)


def read(mount, bucket, name="file.bin"):
    with open(mount.path(bucket.name, name), "rb") as file:
        return file.read()


def test_a_killed_run_leaves_what_it_read_to_the_next(start_faulty, proxy, bucket, content):
    bucket.put("file.bin", content)
    mount = start_faulty()
    assert read(mount, bucket) == content
    wait_until(lambda: kept_bytes(mount.home) >= len(content), 10, "all of it on disk")
    mount.kill()
    mount = start_faulty()
    os.stat(mount.path(bucket.name, "file.bin"))
    proxy.requests.clear()
    assert read(mount, bucket) == content
    # None if the request before belongs to the same burst (2.1.1).
    assert requests(proxy, bucket) in (["HEAD"], [])


def test_killed_while_it_writes_the_next_reads_right_bytes(start_faulty, bucket, content):
    bucket.put("file.bin", content)
    for moment in range(6):
        mount = start_faulty()
        assert read(mount, bucket) == content
        if moment:
            wait_until(lambda: kept_bytes(mount.home) > moment * MEBI, 10, "a part of it on disk")
        mount.kill()


def test_damaged_and_foreign_files_are_never_shown(start_faulty, bucket, content):
    bucket.put("file.bin", content)
    generator = random.Random(5)
    for round in range(8):
        mount = start_faulty()
        assert read(mount, bucket) == content
        mount.stop()
        (file,) = kept_files(mount.home)
        with open(file, "r+b") as damaged:
            for _ in range(20):
                damaged.seek(generator.randrange(file.stat().st_size))
                damaged.write(generator.randbytes(generator.randrange(1, 5000)))
            if round % 3 == 2:
                damaged.truncate(generator.randrange(file.stat().st_size))


def test_two_mounts_share_one_cache_directory(start_faulty, bucket, content, tmp_path):
    bucket.put("file.bin", content)
    first = start_faulty("--cache-dir", str(tmp_path / "cache"))
    second = start_faulty("--cache-dir", str(tmp_path / "cache"), directory=tmp_path / "second")
    for mount in (first, second, first, second):
        assert read(mount, bucket) == content
    bucket.put("file.bin", content[::-1])
    for mount in (second, first, second, first):
        assert read(mount, bucket) == content[::-1]


def test_the_disk_cache_is_private_to_the_user(start_faulty, bucket):
    bucket.put("file.bin", b"secret")
    mount = start_faulty()
    old = os.umask(0)
    try:
        assert read(mount, bucket) == b"secret"
        wait_until(lambda: kept_files(mount.home), 10, "the file")
    finally:
        os.umask(old)
    (file,) = kept_files(mount.home)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_the_disk_has_a_cap(start_faulty, bucket):
    for number in range(10):
        bucket.put(f"{number}.bin", os.urandom(3 * MEBI))
    mount = start_faulty("--cache-size", "16M")
    run("sh", "-c", f"cat {mount.path(bucket.name)}/*.bin >/dev/null")
    wait_until(lambda: kept_bytes(mount.home) > MEBI, 10, "something on disk")
    mount.stop()
    assert kept_bytes(mount.home) <= 8 * MEBI
