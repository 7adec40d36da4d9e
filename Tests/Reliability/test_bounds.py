"""Caps hold: memory, spool, descriptors, however many files and writers there are."""

import errno
import os
import resource
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import faultproxy as fault
from harness.processes import run
from harness.waiting import wait_until

MEMORY_CAP = 200 << 20


def spool_bytes(mount):
    spool = mount.home / "cache" / "localstackmount" / "spool"
    return sum(path.stat().st_blocks * 512 for path in spool.rglob("*") if path.is_file())


def test_200_writers_at_once(start_mount, bucket):
    """Each writes 5 MB in small pieces; all arrive, in bounded memory."""
    mount = start_mount()
    run("ls", mount.path(bucket.name))
    pattern = os.urandom(50_000)

    def write(number):
        with open(mount.path(bucket.name, f"{number}.bin"), "wb", buffering=0) as file:
            for _ in range(100):
                file.write(number.to_bytes(4, "big") + pattern[4:])
        return number

    with ThreadPoolExecutor(200) as pool:
        assert sorted(pool.map(write, range(200))) == list(range(200))
    assert len(bucket.keys()) == 200
    for number in range(0, 200, 17):
        assert bucket.get(f"{number}.bin") == (number.to_bytes(4, "big") + pattern[4:]) * 100
    peak = mount.peak_memory()
    print(f"\n200 writers: peak {peak >> 20} MB")
    assert peak < MEMORY_CAP
    assert spool_bytes(mount) < 1 << 20, "what is saved is not kept on disk"


def test_10000_open_files(start_mount, bucket):
    """Opened for reading, and 500 of them for writing."""
    count = 10_000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count + 1000:
        pytest.skip(f"this machine allows {hard} descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 1000, hard))
    try:
        # Without a question to S3 at each open: it is not S3 that is tried here.
        mount = start_mount("--relaxed-open", "--ttl", "300")
        for number in range(50):
            bucket.put(f"{number}.txt", f"contents {number}")
        run("ls", mount.path(bucket.name))
        reading = [os.open(mount.path(bucket.name, f"{number % 50}.txt"), os.O_RDONLY) for number in range(9500)]
        writing = [
            os.open(mount.path(bucket.name, f"new-{number}"), os.O_WRONLY | os.O_CREAT) for number in range(500)
        ]
        for descriptor in writing:
            os.write(descriptor, b"x" * 1000)
        assert os.pread(reading[-1], 100, 0) == b"contents 49"
        own = len(os.listdir(f"/proc/{mount.process.pid}/fd"))
        print(f"\n10,000 open files: {own} descriptors, peak {mount.peak_memory() >> 20} MB")
        assert own < 500
        for descriptor in reading:
            os.close(descriptor)
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(os.close, writing))
        assert len(bucket.keys("new-")) == 500
        assert mount.peak_memory() < MEMORY_CAP
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_spools_cap_is_an_error_before_anything_else_is_harmed(start_mount, bucket):
    mount = start_mount("--cache-size", "20M")
    run("ls", mount.path(bucket.name))
    with open(mount.path(bucket.name, "first.bin"), "wb", buffering=0) as file:
        file.write(b"1" * (8 << 20))
    held = os.open(mount.path(bucket.name, "held.bin"), os.O_WRONLY | os.O_CREAT)
    os.write(held, b"2" * (12 << 20))
    with pytest.raises(OSError) as caught:
        with open(mount.path(bucket.name, "large.bin"), "wb", buffering=0) as file:
            for _ in range(64):
                file.write(b"3" * (1 << 20))
    assert caught.value.errno == errno.ENOSPC
    assert spool_bytes(mount) < 24 << 20
    os.close(held)
    assert bucket.get("held.bin") == b"2" * (12 << 20)
    assert bucket.get("first.bin") == b"1" * (8 << 20)
    with open(mount.path(bucket.name, "again.bin"), "wb", buffering=0) as file:
        file.write(b"4" * (8 << 20))
    assert bucket.get("again.bin") == b"4" * (8 << 20), "closed files give their room back"


def test_many_files_that_cannot_be_saved_stay_within_the_cap_and_arrive_in_the_end(faulty, proxy, bucket):
    run("ls", faulty.path(bucket.name))
    proxy.add(fault.Status(500, "InternalError"), "PUT")

    def fail(number):
        descriptor = os.open(faulty.path(bucket.name, f"{number}"), os.O_WRONLY | os.O_CREAT)
        os.write(descriptor, b"%d" % number * 1000)
        with pytest.raises(OSError):
            os.close(descriptor)

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(fail, range(300)))
    assert len(faulty.get("-", "health").json()["unsavedFiles"]) == 300
    assert faulty.peak_memory() < MEMORY_CAP
    proxy.clear()
    wait_until(lambda: len(bucket.keys()) == 300, 60, "the retries")
    assert bucket.get("299") == b"299" * 1000
    wait_until(lambda: spool_bytes(faulty) < 1 << 20, 5, "the room on disk")


def test_two_mounts_write_one_file_and_each_result_is_one_writers_whole(start_mount, bucket):
    mounts = [start_mount(), start_mount()]
    for mount in mounts:
        run("ls", mount.path(bucket.name))
    contents = [b"A" * 300_000, b"B" * 2_500_000]
    stop = threading.Event()
    failures = []

    def write(mount, data):
        try:
            while not stop.is_set():
                with open(mount.path(bucket.name, "shared.bin"), "wb", buffering=0) as file:
                    for start in range(0, len(data), 100_000):
                        file.write(data[start : start + 100_000])
        except OSError as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=pair) for pair in zip(mounts, contents)]
    for thread in threads:
        thread.start()
    seen = []

    def look():
        data = bucket.get("shared.bin")
        if data:
            # A file that was just truncated by its opening may be saved empty by nobody: it is saved at close.
            assert data in contents, f"{len(data)} bytes, {data[:1]} {data[-1:]}"
            seen.append(data[:1])
        return len(seen) >= 60 and set(seen) == {b"A", b"B"}

    try:
        wait_until(look, 90, "the sight of both writers' versions")
    finally:
        stop.set()
    for thread in threads:
        thread.join(timeout=30)
        assert not thread.is_alive()
    assert not failures


@pytest.mark.skipif(not os.environ.get("LOCALSTACKMOUNT_LARGE"), reason="takes minutes: LOCALSTACKMOUNT_LARGE=1")
def test_a_directory_of_100000_entries(start_mount, bucket):
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: bucket.put(f"dir/{number:06}", b"x"), range(100_000)))
    mount = start_mount()
    names = os.listdir(mount.path(bucket.name, "dir"))
    assert len(names) == 100_000
    print(f"\n100,000 entries: peak {mount.peak_memory() >> 20} MB")
    assert mount.peak_memory() < MEMORY_CAP
