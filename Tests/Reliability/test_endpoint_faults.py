"""Each fault of the endpoint causes the documented error in time, on both fronts, and only while the fault lasts."""
# SEMANTICS: 3.5

import errno
import os
import signal
import time
from pathlib import Path

import pytest

from harness import faultproxy as fault
from harness.processes import run, start
from harness.waiting import wait_until

# Far beyond the timeout of the mounts here, so that only a hang fails and not a loaded machine.
IN_TIME = 60

EIO, EACCES, ENOENT, ETIMEDOUT = errno.EIO, errno.EACCES, errno.ENOENT, errno.ETIMEDOUT


def outcome(action):
    """Returns the errno of an action, or its value, and its duration."""
    began = time.monotonic()
    try:
        result = action()
    except OSError as error:
        result = errno.errorcode[error.errno]
    took = time.monotonic() - began
    assert took < IN_TIME, f"{result} after {took:.1f} s"
    return result


def read(path):
    with open(path, "rb", buffering=0) as file:
        return file.readall()


def write(path, data):
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        os.write(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return "saved"


READ_FAULTS = {
    "reset": (lambda: fault.Reset(), "EIO", 502),
    "silence": (lambda: fault.Silence(), "ETIMEDOUT", 504),
    "internal error": (lambda: fault.Status(500, "InternalError"), "EIO", 502),
    "slow down": (lambda: fault.Status(503, "SlowDown"), "EIO", 502),
    "expired credentials": (lambda: fault.Status(403, "ExpiredToken"), "EACCES", 403),
    "clock skew": (lambda: fault.Status(403, "RequestTimeTooSkewed"), "EACCES", 403),
    "bucket deleted": (lambda: fault.Status(404, "NoSuchBucket"), "ENOENT", 404),
    "truncated body": (lambda: fault.Cut(1), "EIO", 502),
    "wrong length": (lambda: fault.Header("Content-Length", "1000000"), "EIO", 502),
    "too short a length": (lambda: fault.Header("Content-Length", "5"), "EIO", 502),
    "garbage": (lambda: (lambda exchange: exchange.client.sendall(b"\x00\xff" * 100) or exchange.reset()), "EIO", 502),
    "wrong bytes": (lambda: fault.Body(lambda body: b"X" + body[1:]), "EIO", 502),
}


# With an object whose only checksum is its ETag.
WITHOUT_CHECKSUM = ["wrong bytes", "too short a length"]


@pytest.mark.parametrize("name", [*READ_FAULTS, *(f"{name}, no checksum" for name in WITHOUT_CHECKSUM)])
def test_reading_under_a_fault(faulty, proxy, bucket, name):
    make, code, status = READ_FAULTS[name.removesuffix(", no checksum")]
    checksum = {} if name not in READ_FAULTS else {"ChecksumAlgorithm": "SHA256"}
    bucket.put("file.txt", b"contents of the file", **checksum)
    run("ls", faulty.path(bucket.name))
    path = faulty.path(bucket.name, "file.txt")
    proxy.add(make(), path="/file.txt")
    assert outcome(lambda: read(path)) == code
    # The gateway may have sent its headers before the body breaks: then the transfer is cut short.
    assert http_outcome(faulty, bucket) in (status, "cut short")
    assert faulty.is_running
    proxy.clear()
    wait_until(lambda: outcome(lambda: read(path)) == b"contents of the file", 10, "recovery")
    assert faulty.get(bucket.name, "file.txt").content == b"contents of the file"


def http_outcome(mount, bucket):
    import requests

    try:
        answer = mount.get(bucket.name, "file.txt", timeout=IN_TIME, headers={"Cache-Control": "no-cache"})
        return answer.status_code if answer.status_code != 200 else answer.content
    except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError):
        return "cut short"


WRITE_FAULTS = {
    "reset": (lambda: fault.Reset(), "EIO"),
    "silence": (lambda: fault.Silence(), "ETIMEDOUT"),
    "internal error": (lambda: fault.Status(500, "InternalError"), "EIO"),
    "slow down": (lambda: fault.Status(503, "SlowDown"), "EIO"),
    "expired credentials": (lambda: fault.Status(403, "ExpiredToken"), "EACCES"),
    "clock skew": (lambda: fault.Status(403, "RequestTimeTooSkewed"), "EACCES"),
    "bucket deleted": (lambda: fault.Status(404, "NoSuchBucket"), "ENOENT"),
    "garbage": (lambda: (lambda exchange: exchange.client.sendall(b"\x00\xff" * 100) or exchange.reset()), "EIO"),
}


@pytest.mark.parametrize("name", WRITE_FAULTS)
def test_a_write_under_a_fault_fails_is_kept_and_saved_later(faulty, proxy, bucket, name):
    make, code = WRITE_FAULTS[name]
    run("ls", faulty.path(bucket.name))
    path = faulty.path(bucket.name, "file.txt")
    proxy.add(make(), "PUT", path="/file.txt")
    assert outcome(lambda: write(path, b"not lost")) == code
    assert bucket.get("file.txt") is None
    assert outcome(lambda: read(path)) == b"not lost", "unsaved bytes are readable"
    assert faulty.get("-", "health").json()["unsavedFiles"] == [f"s3://{bucket.name}/file.txt"]
    # The page's request.
    assert [file["path"] for file in faulty.get("-", "unsaved").json()["unsaved"]] == [f"/{bucket.name}/file.txt"]
    proxy.clear()
    wait_until(lambda: bucket.get("file.txt") == b"not lost", 40, "the retry")
    wait_until(lambda: faulty.get("-", "health").json()["unsavedFiles"] == [], 5, "the end of the unsaved state")


LISTING_FAULTS = {
    "malformed XML": (lambda: fault.Body(lambda body: body[: len(body) // 2]), "EIO"),
    "another document": (lambda: fault.Body(lambda body: b"<html>hello</html>"), "EIO"),
    "an empty document": (lambda: fault.Body(lambda body: b""), "EIO"),
    "internal error": (lambda: fault.Status(500, "InternalError"), "EIO"),
    "slow down": (lambda: fault.Status(503, "SlowDown"), "EIO"),
    "expired credentials": (lambda: fault.Status(403, "ExpiredToken"), "EACCES"),
    "truncated body": (lambda: fault.Cut(50), "EIO"),
    "silence": (lambda: fault.Silence(), "ETIMEDOUT"),
    "reset": (lambda: fault.Reset(), "EIO"),
}


@pytest.mark.parametrize("name", LISTING_FAULTS)
def test_listing_under_a_fault_is_an_error_and_never_an_empty_directory(faulty, proxy, bucket, name):
    make, code = LISTING_FAULTS[name]
    bucket.put("dir/file.txt", b"x")
    run("ls", faulty.directory)
    proxy.add(make(), "GET", query="list-type=2")
    assert outcome(lambda: os.listdir(faulty.path(bucket.name, "dir"))) == code
    proxy.clear()
    wait_until(lambda: outcome(lambda: os.listdir(faulty.path(bucket.name, "dir"))) == ["file.txt"], 10, "recovery")


def test_a_temporary_fault_is_not_seen_at_all(faulty, proxy, bucket):
    bucket.put("file.txt", b"contents")
    run("ls", faulty.path(bucket.name))
    for make in (fault.Reset(), fault.Status(500, "InternalError"), fault.Status(503, "SlowDown"), fault.Cut(3)):
        proxy.add(make, path="/file.txt", times=1)
        assert outcome(lambda: read(faulty.path(bucket.name, "file.txt"))) == b"contents"
        write(faulty.path(bucket.name, "file.txt"), b"contents")
        bucket.put("file.txt", b"contents")


def test_an_answer_with_another_etag_is_never_mixed_with_the_version_that_is_read(faulty, proxy, bucket):
    data = os.urandom(3 << 20)
    bucket.put("file.bin", data)
    with open(faulty.path(bucket.name, "file.bin"), "rb", buffering=0) as file:
        assert file.read(1000) == data[:1000]
        proxy.add(fault.Cut(70_000), "GET", path="/file.bin", times=1)
        proxy.add(fault.Header("ETag", '"another"'), "GET", path="/file.bin")
        file.seek(2 << 20)
        try:
            got = file.read(1 << 20)
            assert got == data[2 << 20 : (2 << 20) + len(got)]
        except OSError as error:
            assert error.errno in (errno.EIO, errno.ESTALE)


def test_a_refused_connection_is_an_error_at_once_and_the_mount_goes_on_when_it_is_back(faulty, proxy, bucket):
    bucket.put("file.txt", b"contents")
    run("ls", faulty.path(bucket.name))
    proxy.close()
    assert outcome(lambda: read(faulty.path(bucket.name, "file.txt"))) == "EIO"
    assert faulty.get(bucket.name, "other.txt").status_code in (502, 504)
    proxy.open()
    wait_until(lambda: outcome(lambda: read(faulty.path(bucket.name, "file.txt"))) == b"contents", 10, "recovery")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda number: number.name)
def test_a_program_that_waits_for_a_silent_server_can_be_interrupted(start_faulty, proxy, bucket, number):
    mount = start_faulty("--timeout", "120")
    bucket.put("file.txt", b"contents")
    run("ls", mount.path(bucket.name))
    silence = proxy.add(fault.Silence(), path="/file.txt")
    cat = start("cat", mount.path(bucket.name, "file.txt"))
    assert silence.reached.wait(10)
    assert process_state(cat) == "S", "cat waits, and can be interrupted"
    cat.send_signal(number)
    # Without the interruption the request would take twice as long.
    cat.wait(timeout=60)
    proxy.clear()
    assert read(mount.path(bucket.name, "file.txt")) == b"contents"


def process_state(process):
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_program_that_is_killed_while_it_saves_waits_no_longer_than_the_deadline_and_loses_nothing(
    faulty, proxy, bucket, tmp_path
):
    (tmp_path / "file.txt").write_bytes(b"contents")
    run("ls", faulty.path(bucket.name))
    silence = proxy.add(fault.Silence(), "PUT", path="/file.txt")
    copy = start("cp", tmp_path / "file.txt", faulty.path(bucket.name, "file.txt"))
    assert silence.reached.wait(10)
    copy.kill()
    copy.wait(timeout=IN_TIME)
    proxy.clear()
    wait_until(lambda: bucket.get("file.txt") == b"contents", 40, "the retry")


def test_a_slow_body_is_no_fault_while_bytes_arrive(faulty, proxy, bucket):
    bucket.put("file.txt", b"contents of the file")
    run("ls", faulty.path(bucket.name))
    proxy.add(fault.Trickle(0.3), "GET", path="/file.txt")
    assert outcome(lambda: read(faulty.path(bucket.name, "file.txt"))) == b"contents of the file"


def test_a_slow_server_is_no_fault(faulty, proxy, bucket):
    bucket.put("file.txt", b"contents")
    run("ls", faulty.path(bucket.name))
    proxy.add(fault.Slow(1.5), path="/file.txt")
    assert outcome(lambda: read(faulty.path(bucket.name, "file.txt"))) == b"contents"
    assert outcome(lambda: write(faulty.path(bucket.name, "file.txt"), b"new")) == "saved"


def test_a_bucket_deleted_under_a_writer_keeps_its_bytes_until_the_bucket_is_back(faulty, bucket, s3):
    path = faulty.path(bucket.name, "file.txt")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    os.write(descriptor, b"kept")
    s3.delete_bucket(Bucket=bucket.name)
    with pytest.raises(OSError) as caught:
        os.fsync(descriptor)
    assert caught.value.errno in (errno.ENOENT, errno.EIO)
    s3.create_bucket(Bucket=bucket.name)
    os.fsync(descriptor)
    os.close(descriptor)
    assert bucket.get("file.txt") == b"kept"
