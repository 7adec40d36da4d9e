"""Changes by other programs are seen within the ttl (1 s); open is always current; own changes show at once."""
# SEMANTICS: 2.1, 2.2, 2.3, 2.3.1

import os
import threading
import time

import pytest

from harness.processes import run
from harness.waiting import wait_until

# The promised time, plus a margin for a busy machine.
SECONDS = 1.0 + 1.5


def soon(condition, what):
    wait_until(condition, seconds=SECONDS, what=what)


WAYS = {
    "ls": lambda folder: run("ls", folder).stdout.split(),
    "find": lambda folder: [line.rsplit("/", 1)[1] for line in run("find", folder, "-type", "f").stdout.split()],
    "scandir": lambda folder: [entry.name for entry in os.scandir(folder)],
}


@pytest.mark.parametrize("way", WAYS)
def test_a_new_object_is_listed(bucket, folder, way):
    bucket.put("old", "x")
    assert WAYS[way](folder) == ["old"]
    bucket.put("new", "x")
    soon(lambda: sorted(WAYS[way](folder)) == ["new", "old"], "the new name")


@pytest.mark.parametrize("way", WAYS)
def test_a_deleted_object_is_no_longer_listed(bucket, folder, way):
    bucket.put("dir/a", "x")
    bucket.put("dir/b", "x")
    assert sorted(WAYS[way](folder / "dir")) == ["a", "b"]
    bucket.delete("dir/a")
    soon(lambda: WAYS[way](folder / "dir") == ["b"], "the end of the name")


def test_stat_of_a_name_that_was_absent(bucket, folder):
    bucket.put("other", "x")
    assert not (folder / "new").exists()
    bucket.put("new", "12345")
    soon(lambda: (folder / "new").exists(), "the name")
    assert os.stat(folder / "new").st_size == 5


def test_open_of_a_name_that_was_absent(bucket, folder):
    assert not (folder / "new").exists()
    bucket.put("new", "12345")
    soon(lambda: os.path.exists(folder / "new") and (folder / "new").read_text() == "12345", "the file")


def test_stat_of_a_deleted_object(bucket, folder):
    bucket.put("f", "x")
    assert (folder / "f").exists()
    bucket.delete("f")
    soon(lambda: not (folder / "f").exists(), "the end of the file")


def test_open_of_a_deleted_object_fails_at_once(bucket, folder):
    bucket.put("f", "x")
    assert (folder / "f").read_text() == "x"
    bucket.delete("f")
    with pytest.raises(FileNotFoundError):
        (folder / "f").read_text()


def test_size_and_time_of_a_changed_object(bucket, folder):
    bucket.put("f", "x")
    assert os.stat(folder / "f").st_size == 1
    bucket.put("f", "longer")
    soon(lambda: os.stat(folder / "f").st_size == 6, "the new size")
    for number, (what, command) in enumerate(
        {
            "ls": ["ls", "-l", folder],
            "stat": ["stat", "-c", "x %s x", folder / "f"],
            "find": ["find", folder, "-type", "f", "-printf", "x %s x"],
        }.items()
    ):
        size = 1000 + number
        assert f" {size} " not in run(*command).stdout
        bucket.put("f", "x" * size)
        soon(lambda: f" {size} " in run(*command).stdout, f"the new size in {what}")


def test_open_reads_the_newest_version_at_once(bucket, folder):
    for number in range(20):
        body = f"version {number} " * (number + 1)
        bucket.put("f", body)
        if number == 0:
            os.stat(folder / "f")
        assert (folder / "f").read_text() == body


def test_open_of_a_version_of_the_same_length_at_once(bucket, folder):
    for number in range(10):
        bucket.put("f", f"version {number}")
        assert (folder / "f").read_text() == f"version {number}"


def test_append_goes_to_the_newest_version(bucket, folder):
    bucket.put("log", "one\n")
    assert (folder / "log").read_text() == "one\n"
    bucket.put("log", "one\ntwo\n")
    with open(folder / "log", "a") as file:
        file.write("three\n")
    assert bucket.get("log") == b"one\ntwo\nthree\n"


def test_a_new_directory_is_seen_and_a_deleted_one_goes(bucket, folder):
    bucket.put("a/x", "x")
    assert os.listdir(folder) == ["a"]
    bucket.put("b/c/y", "y")
    soon(lambda: sorted(os.listdir(folder)) == ["a", "b"], "the directory")
    assert (folder / "b/c/y").read_text() == "y"
    bucket.delete("b/c/y")
    soon(lambda: os.listdir(folder) == ["a"], "the directory's end")


def test_a_file_becomes_a_directory_and_back(bucket, folder):
    bucket.put("name", "file")
    assert (folder / "name").read_text() == "file"
    bucket.delete("name")
    bucket.put("name/inside", "x")
    soon(lambda: (folder / "name").is_dir(), "the directory")
    assert (folder / "name/inside").read_text() == "x"
    bucket.delete("name/inside")
    bucket.put("name", "again")
    soon(lambda: (folder / "name").is_file(), "the file")
    assert (folder / "name").read_text() == "again"


def test_a_file_becomes_a_symbolic_link(bucket, folder):
    bucket.put("name", "file")
    bucket.put("target", "the target")
    assert (folder / "name").read_text() == "file"
    bucket.put("name", "target", Metadata={"mode": str(0o120777)})
    soon(lambda: os.path.islink(folder / "name"), "the link")
    assert (folder / "name").read_text() == "the target"


def test_a_new_bucket_is_seen_and_a_deleted_one_goes(mount, s3, bucket_name):
    os.listdir(mount.directory)
    s3.create_bucket(Bucket=bucket_name)
    soon(lambda: bucket_name in os.listdir(mount.directory), "the bucket")
    s3.delete_bucket(Bucket=bucket_name)
    soon(lambda: bucket_name not in os.listdir(mount.directory), "the bucket's end")


def test_a_read_in_progress_never_mixes_versions(bucket, folder):
    size = 12_000_000
    bucket.put("f", b"a" * size)
    with open(folder / "f", "rb", buffering=0) as file:
        seen = file.read(100_000)
        bucket.put("f", b"b" * size)
        try:
            while chunk := file.read(1_000_000):
                seen += chunk
        except OSError:
            pass
        assert set(seen) == {ord("a")}
    assert set((folder / "f").read_bytes()) == {ord("b")}


def test_readers_see_whole_versions_while_another_program_writes(bucket, folder):
    bodies = [bytes([letter]) * 300_000 for letter in b"abcd"]
    bucket.put("f", bodies[0])
    end = time.monotonic() + 4
    failures = []

    def write():
        number = 0
        while time.monotonic() < end:
            number += 1
            bucket.put("f", bodies[number % 4])

    writer = threading.Thread(target=write)
    writer.start()
    reads = 0
    while time.monotonic() < end:
        try:
            body = (folder / "f").read_bytes()
        except OSError:
            continue  # The version was replaced before all of it was read.
        reads += 1
        if body not in bodies:
            failures.append((len(body), set(body)))
    writer.join()
    assert not failures and reads > 3


def test_a_change_through_the_gateway_is_in_the_mount_at_once(mount, bucket, folder):
    for number in range(10):
        assert mount.put(bucket.name, f"dir{number}/f", data=b"http").ok
        assert (folder / f"dir{number}/f").read_bytes() == b"http"
        assert f"dir{number}" in os.listdir(folder)
        assert mount.put(bucket.name, f"dir{number}/f", data=b"http, longer").ok
        assert os.stat(folder / f"dir{number}/f").st_size == 12
        assert (folder / f"dir{number}/f").read_bytes() == b"http, longer"
        assert mount.delete(bucket.name, f"dir{number}/f").ok
        assert not (folder / f"dir{number}/f").exists()


def test_a_change_through_the_mount_is_in_the_gateway_at_once(mount, bucket, folder):
    for number in range(10):
        (folder / "f").write_text(f"{number}")
        assert mount.get(bucket.name, "f").text == f"{number}"
        os.rename(folder / "f", folder / f"g{number}")
        assert mount.get(bucket.name, "f").status_code == 404
        assert mount.get(bucket.name, f"g{number}").text == f"{number}"
        assert f"g{number}" in mount.http_names(bucket.name + "/")


def test_the_modification_time_seen_at_save_does_not_change_later(bucket, folder):
    """As editors check their file: a changed time would be a false warning of an external change."""
    seen = {}
    for name, save in {
        "in place": lambda path: path.write_text("saved"),
        "by rename": lambda path: (path.with_name("tmp").write_text("saved"), os.rename(path.with_name("tmp"), path)),
    }.items():
        path = folder / name
        path.write_text("old")
        save(path)
        seen[path] = os.stat(path).st_mtime_ns, os.stat(path).st_ino
    end = time.monotonic() + 3
    while time.monotonic() < end:
        os.listdir(folder)
        for path, before in seen.items():
            assert path.read_text() == "saved"
            assert (os.stat(path).st_mtime_ns, os.stat(path).st_ino) == before
        time.sleep(0.2)
