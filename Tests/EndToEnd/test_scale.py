"""Sizes at which file systems over S3 begin to fail."""
# SEMANTICS: 10.1

import hashlib
import itertools
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.localstack import Bucket
from harness.processes import run

MIB = 1024 * 1024
LARGE = 600 * MIB
MEMORY_BOUND = 200 * MIB


def test_a_hundred_buckets_are_all_listed(mount, s3, bucket_name):
    buckets = [Bucket(s3, f"{bucket_name}-{number:03}").create() for number in range(100)]
    try:
        expected = {bucket.name for bucket in buckets}
        assert expected <= set(s3_names(s3))
        fresh = mount.request("GET", "", query="?json", headers={"Cache-Control": "no-cache"}).json()["entries"]
        assert expected <= {entry["name"].rstrip("/") for entry in fresh}
        assert expected <= set(os.listdir(mount.directory))
        run("rmdir", *(mount.path(bucket.name) for bucket in buckets))
        assert not expected & set(s3_names(s3))
        assert not expected & set(os.listdir(mount.directory))
    finally:
        for bucket in buckets:
            bucket.remove()


def s3_names(s3):
    return [item["Name"] for item in s3.list_buckets()["Buckets"]]


@pytest.fixture
def many(bucket):
    # More than two pages of a listing.
    names = [f"object-{number:04}.txt" for number in range(2500)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: bucket.put("many/" + name, name), names))
    return names


@pytest.mark.timeout(300)
def test_2500_objects_in_one_directory_are_all_listed_read_and_deleted(mount, bucket, folder, many):
    assert run("ls", folder / "many", seconds=60).stdout.split() == many
    sizes = run("find", folder / "many", "-type", "f", "-printf", "%s %f\n", seconds=60).stdout.splitlines()
    assert sorted(sizes) == [f"15 {name}" for name in many]
    assert mount.http_names(bucket.name, "many/") == set(many)
    assert mount.get(bucket.name, "many/", query="?simple").text.split() == many
    assert (folder / "many" / many[-1]).read_text() == many[-1]
    run("rm", "-r", folder / "many", seconds=120)
    assert bucket.keys() == []


def test_ten_levels_of_directories(mount, bucket, folder):
    levels = [f"level{number}" for number in range(10)]
    deepest = "/".join(levels)
    bucket.put(deepest + "/other.txt", "put by another program")
    assert (folder / deepest / "other.txt").read_text() == "put by another program"
    (folder / deepest / "own.txt").write_text("written here")
    assert bucket.get(deepest + "/own.txt") == b"written here"
    for depth in range(1, 10):
        assert mount.http_names(bucket.name, "/".join(levels[:depth]) + "/") == {levels[depth]}
    os.makedirs(folder / "made" / deepest)
    assert bucket.keys("made/")[-1] == f"made/{deepest}/"


def blocks():
    """LARGE bytes that differ everywhere, made on the way."""
    seed = hashlib.sha256(b"localstackmount").digest() * (MIB // 32)
    for number in range(LARGE // MIB):
        yield number.to_bytes(32, "big") + seed[32:]


def digest_of(chunks):
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def read_blocks(path):
    with open(path, "rb", buffering=0) as file:
        while chunk := file.read(MIB):
            yield chunk


@pytest.fixture
def large_digest():
    return digest_of(blocks())


def s3_digest(bucket, key):
    return digest_of(bucket.client.get_object(Bucket=bucket.name, Key=key)["Body"].iter_chunks(MIB))


@pytest.mark.timeout(600)
def test_600_mb_up_and_down_through_the_mount_in_constant_memory(start_mount, bucket, large_digest):
    mount = start_mount()
    path = mount.path(bucket.name, "large.bin")
    with open(path, "wb", buffering=0) as file:
        for block in blocks():
            assert file.write(block) == MIB
    assert os.stat(path).st_size == LARGE
    assert s3_digest(bucket, "large.bin") == large_digest
    assert bucket.uploads() == []
    assert mount_peaks_below(mount)
    mount.stop(seconds=30)

    reader = start_mount()
    assert digest_of(read_blocks(reader.path(bucket.name, "large.bin"))) == large_digest
    assert mount_peaks_below(reader)
    reader.stop(seconds=30)


@pytest.mark.timeout(600)
def test_600_mb_up_and_down_over_http_in_constant_memory(start_mount, bucket, large_digest):
    mount = start_mount(fuse=False)
    assert mount.put(bucket.name, "large.bin", data=blocks(), timeout=300).status_code == 201  # chunked
    assert s3_digest(bucket, "large.bin") == large_digest
    answer = mount.get(bucket.name, "large.bin", stream=True, timeout=300)
    assert int(answer.headers["Content-Length"]) == LARGE
    assert digest_of(answer.iter_content(MIB)) == large_digest
    assert mount_peaks_below(mount)


def mount_peaks_below(mount):
    peak = mount.peak_memory()
    assert peak < MEMORY_BOUND, f"{peak // MIB} MiB"
    return True


@pytest.mark.timeout(300)
def test_a_small_part_of_a_large_object_is_read_without_the_rest(mount, bucket, folder):
    size = 64 * MIB
    body = b"".join(itertools.islice(blocks(), size // MIB))
    bucket.put("large.bin", body)
    with open(folder / "large.bin", "rb", buffering=0) as file:
        for offset in (0, size - 100, 33 * MIB + 17, 5):
            assert os.pread(file.fileno(), 100, offset) == body[offset : offset + 100]
