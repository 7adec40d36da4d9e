"""Caps hold: memory, spool, descriptors, however many files and writers there are."""
# SEMANTICS: 10.1

import errno
import os
import resource
import threading
import urllib.parse
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
    assert spool_bytes(mount) < 1 << 20, "saved bytes do not stay in the spool"


def test_10000_open_files(start_mount, bucket):
    """Opened for reading, and 500 of them for writing."""
    count = 10_000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count + 1000:
        pytest.skip(f"this machine allows {hard} descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 1000, hard))
    try:
        mount = start_mount()
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
    assert bucket.get("again.bin") == b"4" * (8 << 20), "closed files free their space"


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


def test_two_mounts_and_a_gateway_write_one_file_and_each_result_is_one_writers_whole(start_mount, bucket):
    mounts = [start_mount(), start_mount(), start_mount(fuse=False)]
    for mount in mounts[:2]:
        run("ls", mount.path(bucket.name))
    # The last is a multipart upload.
    contents = [b"A" * 300_000, b"B" * 2_500_000, b"C" * 17_000_000]
    stop = threading.Event()
    failures = []

    def write(mount, data):
        try:
            while not stop.is_set():
                if mount.directory is None:
                    assert mount.put(bucket.name, "shared.bin", data=data).status_code in (201, 204)
                    continue
                with open(mount.path(bucket.name, "shared.bin"), "wb", buffering=0) as file:
                    for start in range(0, len(data), 100_000):
                        file.write(data[start : start + 100_000])
        except (OSError, AssertionError) as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=pair) for pair in zip(mounts, contents)]
    for thread in threads:
        thread.start()
    seen = []

    def look():
        data = bucket.get("shared.bin")
        if data:
            # A file just truncated by its open is never saved empty: it is saved at close.
            assert data in contents, f"{len(data)} bytes, {data[:1]} {data[-1:]}"
            seen.append(data[:1])
        return failures or (len(seen) >= 40 and set(seen) == {b"A", b"B", b"C"})

    try:
        wait_until(look, 120, "the sight of each writer's versions")
    finally:
        stop.set()
    for thread in threads:
        thread.join(timeout=30)
        assert not thread.is_alive()
    assert not failures


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 100 MB, of which 64 MiB must stay free."""
    directory = tmp_path / "disk"
    directory.mkdir()
    if os.geteuid() != 0 or run("mount", "-t", "tmpfs", "-o", "size=100M,mode=700", "none", directory, check=False).returncode:
        pytest.skip("only root can mount a small disk")
    yield directory
    run("umount", "-l", directory)


def free_bytes(directory):
    figures = os.statvfs(directory)
    return figures.f_bavail * figures.f_frsize


def test_writes_fail_before_the_disk_is_full_and_nothing_else_is_harmed(start_faulty, proxy, bucket, small_disk):
    # Little memory, so that everything is spooled to the disk.
    mount = start_faulty("--cache-dir", str(small_disk), "--memory", "16M")
    run("ls", mount.path(bucket.name))
    mount.path(bucket.name, "saved.bin").write_bytes(b"1" * (8 << 20))
    proxy.add(fault.Status(500, "InternalError"), "PUT", path="/refused.bin")
    with pytest.raises(OSError) as refused, open(mount.path(bucket.name, "refused.bin"), "wb", buffering=0) as file:
        file.write(b"2" * (8 << 20))
    assert refused.value.errno == errno.EIO
    held = os.open(mount.path(bucket.name, "held.bin"), os.O_RDWR | os.O_CREAT)
    os.write(held, b"3" * (8 << 20))
    with pytest.raises(OSError) as full, open(mount.path(bucket.name, "large.bin"), "wb", buffering=0) as file:
        for _ in range(96):
            file.write(b"4" * (1 << 20))
    assert full.value.errno == errno.ENOSPC
    assert free_bytes(small_disk) >= 60 << 20, "the rest of the disk is not ours"

    # Then another program takes the rest.
    wait_until(lambda: free_bytes(small_disk) > 75 << 20, 20, "the room of what was closed")
    with open(small_disk / "of somebody else", "wb") as other:
        os.posix_fallocate(other.fileno(), 0, free_bytes(small_disk))
    with pytest.raises(OSError) as full:
        os.pwrite(held, b"x" * (8 << 20), 8 << 20)
    assert full.value.errno == errno.ENOSPC
    assert os.pread(held, 8 << 20, 0) == b"3" * (8 << 20)
    assert mount.path(bucket.name, "refused.bin").read_bytes() == b"2" * (8 << 20)
    os.ftruncate(held, 8 << 20)
    os.close(held)
    assert bucket.get("held.bin") == b"3" * (8 << 20)
    mount.path(bucket.name, "small.txt").write_bytes(b"needs no disk")
    assert bucket.get("small.txt") == b"needs no disk"
    assert bucket.get("saved.bin") == b"1" * (8 << 20)
    # A file that S3 refuses now cannot have a record: the error is returned, the file stays readable and is retried.
    proxy.add(fault.Status(500, "InternalError"), "PUT", path="/small.txt")
    with pytest.raises(OSError), open(mount.path(bucket.name, "small.txt"), "wb", buffering=0) as file:
        file.write(b"refused too")
    assert mount.path(bucket.name, "small.txt").read_bytes() == b"refused too"
    proxy.clear()
    wait_until(lambda: bucket.get("refused.bin") == b"2" * (8 << 20), 40, "the retry")
    wait_until(lambda: bucket.get("small.txt") == b"refused too", 40, "the retry")


def test_descriptors_are_bounded_and_running_out_harms_no_other_file(start_mount, bucket):
    """A limit of 100, and as many files that need one each."""
    mount = start_mount(prefix=("prlimit", "--nofile=100:100"))
    run("ls", mount.path(bucket.name))
    data = os.urandom(5 << 18)
    written, refused = {}, 0
    for number in range(100):
        descriptor = os.open(mount.path(bucket.name, f"{number}.bin"), os.O_WRONLY | os.O_CREAT)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
            written[f"{number}.bin"] = descriptor
        except OSError as error:
            assert error.errno == errno.ENOSPC, error
            refused += 1
            os.close(descriptor)
    print(f"\n{len(written)} of 100 files hold bytes, {refused} were refused")
    assert refused and len(written) >= 30
    assert mount.get("-", "metrics").status_code == 200, "the gateway still answers"
    for descriptor in written.values():
        os.close(descriptor)
    for name in written:
        assert bucket.get(name) == data, name
    mount.path(bucket.name, "after.bin").write_bytes(data)
    assert bucket.get("after.bin") == data


class ManyObjects:
    """Replaces S3 for one directory: many objects that need not be created."""

    def __init__(self, prefix, count):
        self.prefix, self.count = prefix, count

    def entry(self, number):
        return (
            f"<Contents><Key>{self.prefix}{number:08}</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified>"
            f'<ETag>"{number:032x}"</ETag><Size>{number}</Size><StorageClass>STANDARD</StorageClass></Contents>'
        )

    def __call__(self, exchange):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(exchange.target).query)
        if exchange.method == "HEAD":
            number = int(exchange.path.removeprefix(f"/{exchange.path.split('/')[1]}/{self.prefix}"))
            head = f'HTTP/1.1 200 OK\r\nContent-Length: {number}\r\nETag: "{number:032x}"\r\n'
            exchange.client.sendall(f"{head}Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n\r\n".encode())
            return True
        prefix = query["prefix"][0]
        whole = prefix == self.prefix
        first = int(query.get("continuation-token", ["0"])[0])
        numbers = range(first, min(first + 1000, self.count)) if whole else range(0)
        last = numbers.stop if whole else self.count
        more = f"<NextContinuationToken>{last}</NextContinuationToken>" if last < self.count else ""
        body = (
            f"<?xml version='1.0'?><ListBucketResult><Prefix>{prefix}</Prefix>"
            f"<IsTruncated>{str(bool(more)).lower()}</IsTruncated>{more}{''.join(map(self.entry, numbers))}"
            "</ListBucketResult>"
        )
        return exchange.reply(200, body.encode(), ["Content-Type: application/xml"])


def add_many(proxy, bucket, count):
    bucket.put("dir/00000000", b"")
    many = ManyObjects("dir/", count)
    proxy.add(many, "GET", query="prefix=dir")
    proxy.add(many, "HEAD", path="/dir/0")


def name_bytes(mount):
    lines = mount.get("-", "metrics").text.splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("localstackmount_name_bytes")))


def test_a_directory_of_100000_entries_is_listed_and_looked_at_within_the_cap(start_faulty, proxy, bucket):
    mount = start_faulty("--ttl", "120")
    add_many(proxy, bucket, 100_000)
    directory = mount.path(bucket.name, "dir")
    names = os.listdir(directory)
    assert len(names) == len(set(names)) == 100_000
    listed = mount.peak_memory()
    before = proxy.count("HEAD") + proxy.count("GET")
    for number in range(0, 100_000, 2):
        assert os.stat(directory / f"{number:08}").st_size == number
    assert proxy.count("HEAD") + proxy.count("GET") - before < 200, "the listing is remembered"
    assert name_bytes(mount) <= 60 << 20
    print(f"\n100,000 entries: peak {listed >> 20} MB listed, {mount.peak_memory() >> 20} MB with 50,000 looked at")
    assert mount.peak_memory() < MEMORY_CAP


def test_listing_a_directory_too_large_for_memory_is_an_error_with_a_remedy(start_faulty, proxy, bucket):
    # The proxy has these names only in a listing of the directory: without a ttl all keys of the bucket are listed.
    mount = start_faulty("--memory", "64M", "--ttl", "1")
    add_many(proxy, bucket, 1_000_000)
    directory = mount.path(bucket.name, "dir")
    with pytest.raises(OSError) as caught:
        os.listdir(directory)
    assert caught.value.errno == errno.ENOMEM
    assert any("raise --memory" in line for line in mount.errors), mount.errors
    asked = mount.get(bucket.name, "dir/", query="?json", headers={"Cache-Control": "no-cache"})
    assert asked.status_code == 507
    assert os.stat(directory / "00000500").st_size == 500, "its names can be used"
    print(f"\n1,000,000 entries with --memory 64M: refused, peak {mount.peak_memory() >> 20} MB")
    assert mount.peak_memory() < MEMORY_CAP


@pytest.mark.skipif(not os.environ.get("LOCALSTACKMOUNT_LARGE"), reason="takes minutes: LOCALSTACKMOUNT_LARGE=1")
@pytest.mark.timeout(3600)
def test_a_real_directory_of_100000_entries(start_mount, bucket):
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: bucket.put(f"dir/{number:06}", b"x"), range(100_000)))
    mount = start_mount()
    names = os.listdir(mount.path(bucket.name, "dir"))
    assert len(names) == 100_000
    print(f"\n100,000 entries: peak {mount.peak_memory() >> 20} MB")
    assert mount.peak_memory() < MEMORY_CAP
