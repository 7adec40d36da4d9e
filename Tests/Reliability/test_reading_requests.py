"""The requests to S3, and those of the kernel, for reads through a real mount."""

import os
import random

import pytest

DATA = random.Random(11).randbytes(12 << 20)


def objects_asked_for(proxy, method="GET"):
    return [target for seen, target in proxy.requests if seen == method and "/dir/file" in target]


def test_reading_a_tree_sends_one_request_for_each_open(start_faulty, proxy, bucket):
    for number in range(20):
        bucket.put(f"dir/file{number:03}", DATA[number : number + 4000])
    mount = start_faulty("--ttl", "60", http=False)
    os.listdir(mount.path(bucket.name, "dir"))
    for method in ("GET", "HEAD"):
        proxy.requests.clear()
        for number in range(20):
            path = mount.path(bucket.name, f"dir/file{number:03}")
            assert path.read_bytes() == DATA[number : number + 4000]
        assert len(objects_asked_for(proxy, method)) == 20
    assert objects_asked_for(proxy) == []


def test_large_files_read_side_by_side_are_right(start_faulty, bucket):
    for number in range(4):
        bucket.put(f"large{number}", DATA[number:])
    mount = start_faulty("--memory", "16M", http=False)
    files = [open(mount.path(bucket.name, f"large{number}"), "rb", buffering=0) for number in range(4)]
    for offset in range(0, len(DATA), 1 << 20):
        for number, file in enumerate(files):
            wanted = DATA[number + offset : number + offset + (1 << 20)]
            assert read_fully(file, len(wanted)) == wanted
    for file in files:
        file.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may set how far the kernel reads ahead")
def test_the_kernel_reads_as_far_ahead_as_a_read_may_be_large(start_faulty, bucket):
    mount = start_faulty(http=False)
    device = os.stat(mount.path(bucket.name)).st_dev
    file = f"/sys/class/bdi/{os.major(device)}:{os.minor(device)}/read_ahead_kb"
    if not os.access(file, os.W_OK):
        pytest.skip("/sys may not be written to")
    with open(file) as size:
        assert int(size.read()) == 1024


def read_fully(file, count):
    data = b""
    while len(data) < count and (piece := file.read(count - len(data))):
        data += piece
    return data
