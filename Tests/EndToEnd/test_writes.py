"""The S3 requests of writes through the mount, counted by the program itself, and --write-back."""
# SEMANTICS: 3.9, 3.10, 3.11, 3.11.1, 4.4

import hashlib
import os
import re
import tarfile

import pytest
import requests

from harness.processes import run
from harness.waiting import wait_until

MIB = 1024 * 1024


class Counter:
    """The requests and bytes since its creation, or since `reset`."""

    def __init__(self, mount):
        self.mount = mount
        self.reset()

    def reset(self):
        self.before = self._read()

    def _read(self):
        figures = {}
        for line in requests.get(self.mount.base + "/-/metrics", timeout=10).text.splitlines():
            if found := re.match(r'localstackmount_s3_requests_total\{operation="(\w+)",.*\} (\d+)', line):
                figures[found[1]] = figures.get(found[1], 0) + int(found[2])
            elif found := re.match(r"localstackmount_s3_(sent|received)_bytes_total (\d+)", line):
                figures[found[1]] = int(found[2])
        return figures

    def _since(self):
        now = self._read()
        return {name: now[name] - self.before.get(name, 0) for name in now if now[name] != self.before.get(name, 0)}

    @property
    def changes(self):
        """Requests that change something, by operation."""
        reading = ("List", "Head", "Get")
        return {
            name: count
            for name, count in self._since().items()
            if name not in ("sent", "received") and not name.startswith(reading)
        }

    @property
    def sent(self):
        return self._since().get("sent", 0)

    @property
    def received(self):
        return self._since().get("received", 0)


@pytest.fixture
def own(start_mount, bucket):
    """A mount of the test's own, with a counter."""
    mount = start_mount()
    return mount, mount.path(bucket.name), Counter(mount)


def pattern(size, seed=b""):
    block = hashlib.sha256(seed).digest() * (MIB // 32)
    return b"".join(number.to_bytes(8, "big") + block[8:] for number in range(size // MIB))


def test_cp_of_a_large_file_is_one_copy_by_the_server(own, bucket):
    _, folder, counter = own
    data = pattern(64 * MIB)
    bucket.put("large.bin", data)
    assert os.stat(folder / "large.bin").st_size == len(data)
    counter.reset()
    run("cp", folder / "large.bin", folder / "copy.txt")
    assert counter.changes == {"CopyObject": 1}
    # Opening the source fetches its first bytes.
    assert counter.sent + counter.received < MIB
    assert bucket.get("copy.txt") == data
    assert bucket.head("copy.txt")["ContentType"] == "text/plain"
    run("cmp", folder / "large.bin", folder / "copy.txt")


def test_cp_with_times_and_mode_is_one_copy_too(own, bucket):
    _, folder, counter = own
    bucket.put("large.bin", pattern(20 * MIB))
    run("touch", "-d", "2001-02-03 04:05:06", folder / "large.bin")
    run("chmod", "640", folder / "large.bin")
    counter.reset()
    run("cp", "-p", folder / "large.bin", folder / "copy.bin")
    assert counter.changes == {"CopyObject": 1}
    before, after = (os.stat(folder / name) for name in ("large.bin", "copy.bin"))
    assert (after.st_mtime, after.st_mode) == (before.st_mtime, before.st_mode)


def test_a_large_file_is_uploaded_while_it_is_written(own, bucket):
    _, folder, counter = own
    data = pattern(48 * MIB)
    with open(folder / "large.bin", "wb", buffering=0) as file:
        for start in range(0, len(data), MIB):
            file.write(data[start : start + MIB])
        wait_until(lambda: counter.changes.get("UploadPart", 0) >= 4, 30, "parts before the close")
        assert bucket.keys() == []
    assert counter.changes == {"CreateMultipartUpload": 1, "UploadPart": 6, "CompleteMultipartUpload": 1}
    assert bucket.get("large.bin") == data


def test_a_large_upload_over_http_is_forwarded_in_parts(own, bucket):
    mount, _, counter = own
    data = pattern(40 * MIB)
    answer = requests.put(f"{mount.base}/{bucket.name}/large.bin", data=data, timeout=120)
    assert answer.status_code == 201
    assert counter.changes == {"CreateMultipartUpload": 1, "UploadPart": 5, "CompleteMultipartUpload": 1}
    assert bucket.get("large.bin") == data


def test_a_change_in_a_large_file_transfers_little(own, bucket):
    _, folder, counter = own
    data = pattern(64 * MIB)
    bucket.put("large.bin", data)
    os.stat(folder / "large.bin")
    counter.reset()
    with open(folder / "large.bin", "ab") as file:
        file.write(b"x" * 1024)
    assert counter.sent + counter.received < MIB
    counter.reset()
    with open(folder / "large.bin", "r+b") as file:
        file.seek(30 * MIB)
        file.write(b"!")
    assert counter.sent + counter.received < 20 * MIB
    assert bucket.get("large.bin") == data[: 30 * MIB] + b"!" + data[30 * MIB + 1 :] + b"x" * 1024


@pytest.fixture
def archive(tmp_path):
    for number in range(50):
        path = tmp_path / "tree" / f"dir{number % 5}" / f"file{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{number}\n")
        path.chmod(0o755 if number % 2 else 0o640)
        os.utime(path, (1_000_000_000 + number,) * 2)
    with tarfile.open(tmp_path / "tree.tar", "w") as tar:
        tar.add(tmp_path / "tree", "tree")
    return tmp_path / "tree.tar"


def test_tar_extracts_files_with_their_times_by_one_put_each(own, archive):
    _, folder, counter = own
    run("tar", "-xpf", archive, "-C", folder)
    changes = counter.changes
    # Six directories: a marker each, put again for its mode and for its times afterwards.
    assert 50 + 6 <= changes.pop("PutObject") <= 50 + 6 + 12
    assert not changes
    for number in range(50):
        status = os.stat(folder / "tree" / f"dir{number % 5}" / f"file{number}")
        assert status.st_mtime == 1_000_000_000 + number
        assert status.st_mode & 0o777 == (0o755 if number % 2 else 0o640)


def test_rm_r_and_rename_of_a_directory_cost_one_request_an_object(own, bucket):
    _, folder, counter = own
    for number in range(100):
        bucket.put(f"dir/{number}", b"x")
    wait_until(lambda: len(os.listdir(folder / "dir")) == 100, 10, "the objects")
    counter.reset()
    os.rename(folder / "dir", folder / "moved")
    assert counter.changes == {"CopyObject": 100, "DeleteObjects": 1}
    counter.reset()
    run("rm", "-r", folder / "moved")
    assert counter.changes == {"DeleteObject": 100}


def test_mv_of_files_and_trees_to_another_bucket_transfers_no_byte(own, bucket, bucket_supply):
    mount, folder, counter = own
    other = bucket_supply.take()
    wait_until(lambda: mount.path(other.name).is_dir(), 5, "the other bucket")
    try:
        bucket.put("file", pattern(20 * MIB))
        for number in range(20):
            bucket.put(f"tree/{number % 3}/{number}", b"x" * 100_000)
        counter.reset()
        run("mv", folder / "file", folder / "tree", mount.path(other.name), seconds=60)
        changes = counter.changes
        assert changes.pop("CopyObject") == 21 and not {"PutObject", "CreateMultipartUpload"} & set(changes), changes
        # Answers and listings, but no object.
        assert counter.sent + counter.received < 300_000
        assert bucket.keys() == [] and len(other.keys()) == 21
        assert other.get("file") == pattern(20 * MIB)
    finally:
        other.remove()


# --write-back


@pytest.fixture
def lazy(start_mount, bucket):
    mount = start_mount("--write-back")
    return mount, mount.path(bucket.name), Counter(mount)


def test_write_back_shows_at_once_and_uploads_soon(lazy, bucket):
    mount, folder, _ = lazy
    (folder / "file").write_text("hello")
    assert (folder / "file").read_text() == "hello"
    assert mount.get(bucket.name, "file").text == "hello"
    (folder / "later").write_text("hello")
    wait_until(lambda: "later" in bucket.keys(), 10, "the upload")


def test_write_back_leaves_fsync_and_sync_of_a_directory_as_they_are(lazy, bucket):
    _, folder, _ = lazy
    with open(folder / "synced", "w") as file:
        file.write("hello")
        file.flush()
        os.fsync(file.fileno())
        assert bucket.get("synced") == b"hello"
    for number in range(20):
        (folder / f"file{number}").write_text("x")
    run("sync", folder)
    assert len(bucket.keys()) == 21


def test_write_back_loses_nothing_when_it_is_killed(start_mount, bucket, tmp_path):
    home = tmp_path / "home"
    mount = start_mount("--write-back", home=home)
    folder = mount.path(bucket.name)
    for number in range(20):
        (folder / f"file{number}").write_text(str(number))
    mount.kill()
    mount.clean_up()
    start_mount("--write-back", home=home)
    wait_until(lambda: len(bucket.keys()) == 20, 20, "the files of the killed process")
    assert all(bucket.get(f"file{number}") == str(number).encode() for number in range(20))


def test_write_back_ends_with_everything_uploaded(start_mount, bucket):
    mount = start_mount("--write-back")
    folder = mount.path(bucket.name)
    for number in range(50):
        (folder / f"file{number}").write_text(str(number))
    mount.stop(seconds=20)
    assert len(bucket.keys()) == 50


def test_3_11_write_back_deletes_many_files_in_a_few_requests(lazy, bucket):
    _, folder, counter = lazy
    for number in range(300):
        bucket.put(f"tree/{number // 100}/file{number}", b"x")
    assert len(os.listdir(folder / "tree" / "2")) == 100
    counter.reset()
    run("rm", "-r", folder / "tree")
    assert bucket.keys() == []
    changes = counter.changes
    assert changes.get("DeleteObjects", 0) == 3 and changes.get("DeleteObject", 0) <= 4
    assert sum(changes.values()) <= 7


def test_3_11_write_back_hides_what_it_deletes_soon(lazy, bucket):
    mount, folder, _ = lazy
    for number in range(50):
        bucket.put(f"file{number}", b"x")
    for number in range(49):
        (folder / f"file{number}").unlink()
        assert not (folder / f"file{number}").exists()
    assert os.listdir(folder) == ["file49"]
    assert mount.get(bucket.name, "file7").status_code == 404
    (folder / "file7").write_text("new")
    assert (folder / "file7").read_text() == "new"
    run("sync", folder)
    assert sorted(bucket.keys()) == ["file49", "file7"]
    assert bucket.get("file7") == b"new"


def test_3_11_write_back_deletes_what_a_killed_run_had_unlinked(start_mount, bucket, tmp_path):
    home = tmp_path / "home"
    mount = start_mount("--write-back", home=home)
    folder = mount.path(bucket.name)
    for number in range(30):
        bucket.put(f"file{number}", b"x")
    assert len(os.listdir(folder)) == 30
    for number in range(20):
        (folder / f"file{number}").unlink()
    mount.kill()
    mount.clean_up()
    # Another client writes a name of them anew.
    bucket.put("file3", b"theirs")
    start_mount("--write-back", home=home)
    assert sorted(bucket.keys()) == sorted(["file3"] + [f"file{number}" for number in range(20, 30)])
    assert bucket.get("file3") == b"theirs"


def test_write_back_git_clone_is_a_put_for_each_file_that_remains(lazy, bucket, tmp_path):
    _, folder, counter = lazy
    source = tmp_path / "source"
    run("git", "init", "-q", source)
    for number in range(10):
        (source / f"file{number}").write_text(f"{number}\n" * 100)
    run("git", "-C", source, "add", ".")
    run("git", "-C", source, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "first")
    counter.reset()
    run("git", "clone", "-q", "--no-hardlinks", source, folder / "clone", seconds=120)
    run("sync", folder)
    changes = counter.changes
    remaining = len(bucket.keys())
    assert changes["PutObject"] <= remaining + 5, (changes, remaining)
    assert changes.get("CopyObject", 0) <= 2, changes
    run("git", "-C", folder / "clone", "fsck", "--strict")
    assert run("git", "-C", folder / "clone", "status", "--porcelain").stdout == ""
    # The index, which git wrote again.
    run("sync", folder)
