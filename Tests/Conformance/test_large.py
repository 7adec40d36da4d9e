"""An object of more than 5 GiB, which S3 takes in parts only. Needs 20 GiB of disk and minutes, so it is run when
LOCALSTACKMOUNT_LARGE_TEST is set: LOCALSTACKMOUNT_LARGE_TEST=1 PYTEST_ADDOPTS='-k test_large -s' scripts/test conformance
"""

import os
import signal
import time
import zipfile

import pytest

from harness.processes import run, shell, start
from harness.waiting import wait_until

SIZE = (5 << 30) + 12_345_678
MINUTES = 60

pytestmark = [
    pytest.mark.skipif(not os.environ.get("LOCALSTACKMOUNT_LARGE_TEST"), reason="LOCALSTACKMOUNT_LARGE_TEST is not set"),
    pytest.mark.timeout(MINUTES * 60),
]


@pytest.fixture
def large(tmp_path):
    """Bytes without repetitions, generated at the speed of a cipher."""
    path = tmp_path / "large.bin"
    cipher = "openssl enc -aes-128-ctr -nosalt -K 00112233445566778899aabbccddeeff -iv 00000000000000000000000000000000"
    shell(f"head -c {SIZE} /dev/zero | {cipher} > {path}", seconds=600)
    yield path
    path.unlink()


def timed(what, *command, **options):
    began = time.monotonic()
    result = run(*command, seconds=MINUTES * 60, **options)
    seconds = time.monotonic() - began
    print(f"{what}: {seconds:.0f} s, {SIZE / seconds / (1 << 20):.0f} MiB/s")
    return result


def piece(path, offset, count):
    with open(path, "rb") as file:
        file.seek(offset)
        return file.read(count)


def test_more_than_five_gibibytes_go_up_in_parts_and_come_down_resumed(start_mount, bucket, large, tmp_path):
    # The endpoint writes the same amount again when it joins the parts.
    gateway = start_mount("--timeout", "600", fuse=False)
    url = gateway.url(bucket.name, "large.bin")
    answer = timed("upload", "curl", "-sS", "-w", "%{http_code}", "-T", large, url)
    assert answer.stdout[-3:] == "201", answer
    head = bucket.head("large.bin")
    assert head["ContentLength"] == SIZE and "-" in head["ETag"]
    assert bucket.uploads() == []
    for offset in (0, (4 << 30) - 500, (5 << 30) + 1, SIZE - 1000):
        got = gateway.get(bucket.name, "large.bin", headers={"Range": f"bytes={offset}-{offset + 999}"})
        assert (got.status_code, got.content) == (206, piece(large, offset, 1000))
    # A download that broke beyond 4 GiB is resumed there.
    target = tmp_path / "back.bin"
    process = start("curl", "-sS", "-o", target, url)
    wait_until(lambda: target.exists() and target.stat().st_size > (4 << 30), MINUTES * 60, "4 GiB")
    process.send_signal(signal.SIGTERM)
    process.wait(20)
    had = target.stat().st_size
    assert (4 << 30) < had < SIZE
    timed("rest of the download", "curl", "-fsS", "-C", "-", "-o", target, url)
    run("cmp", large, target, seconds=600)
    print(f"resumed at {had}; the gateway's memory was {gateway.peak_memory() >> 20} MiB at most")
    assert gateway.peak_memory() < 200 << 20
    target.unlink()
    # As an archive it needs zip64.
    archive = tmp_path / "all.zip"
    timed("zip", "curl", "-fsS", "-o", archive, f"{gateway.url(bucket.name)}/?zip")
    with zipfile.ZipFile(archive) as zipped:
        assert [(entry.filename, entry.file_size) for entry in zipped.infolist()] == [("large.bin", SIZE)]
    shell(f"unzip -p {archive} large.bin | cmp - {large}", seconds=600)
    archive.unlink()
    assert gateway.peak_memory() < 200 << 20
    gateway.stop()


def test_an_upload_that_breaks_off_leaves_nothing(start_mount, bucket, large):
    gateway = start_mount("--timeout", "600", fuse=False)
    process = start("curl", "-sS", "-T", large, gateway.url(bucket.name, "large.bin"))
    wait_until(lambda: bucket.uploads(), 120, "an upload in parts")
    process.send_signal(signal.SIGKILL)
    process.wait(20)
    wait_until(lambda: not bucket.uploads(), 120, "the end of the upload")
    assert bucket.keys() == []
    gateway.stop()
