"""The table on the real mount; its POSIX part on tmpfs too, which tests the table itself.

One mount and one process serve all rows (see running.py). The files that rows leave are compared with what a second
mount, which knows only the bucket, shows of them, and with what boto3 finds.
"""
# SEMANTICS: 3.8, 4.3, 6.6, 6.8, 6.9, 6.10, 9, 10.5

import hashlib
import os
import shutil
import stat
import sys
import tempfile
import urllib.parse
from pathlib import Path

import pytest

from harness.localstack import Bucket
from harness.mount import Mount

sys.path.insert(0, str(Path(__file__).parent))
import running  # noqa: E402
import table  # noqa: E402

ROWS = table.load()
IS_ROOT = os.getuid() == 0
POSSIBLE = [name for name, row in ROWS.items() if IS_ROOT or not row.root]
each_row = pytest.mark.parametrize("name", POSSIBLE)
pytestmark = pytest.mark.timeout(400)


INODES_STAY = {"sizes", "reading_writing", "extended", "nodes", "mapping"}


def group_of(name):
    return name.partition("/")[0]


def directory_of(name):
    return name.replace("/", "-") + "/"


def without(ignored, facts):
    return {key: value for key, value in facts.items() if key not in ignored}


class Visit:
    """The results of the rows in one place."""

    def __init__(self, place, names):
        self.results = running.run_rows("run", place, names)
        self.seen = running.run_rows("look", place, names)


@pytest.fixture(scope="module")
def mount_point():
    """A directory outside of pytest's own, which other users may not enter."""
    with tempfile.TemporaryDirectory(prefix="posix-table-", dir="/tmp") as directory:
        os.chmod(directory, 0o755)
        yield Path(directory) / "mount"


@pytest.fixture(scope="module")
def table_bucket(s3):
    bucket = Bucket(s3, f"posix-table-{os.getpid()}").create()
    yield bucket
    for name in POSSIBLE:
        keys = keys_of(bucket, directory_of(name))
        # LocalStack cannot delete control characters in a batch.
        plain = [key for key in keys if key.isprintable()]
        for start in range(0, len(plain), 1000):
            batch = [{"Key": key} for key in plain[start : start + 1000]]
            s3.delete_objects(Bucket=bucket.name, Delete={"Objects": batch})
        for key in set(keys) - set(plain):
            bucket.delete(key)
    bucket.remove()


@pytest.fixture(scope="module")
def start(tmp_path_factory, localstack, mount_point):
    """Starts a mount without the caches of earlier ones."""
    started = []

    def start():
        options = ["--allow-other"] if IS_ROOT else []
        home = tmp_path_factory.mktemp("home")
        started.append(Mount(home, localstack.endpoint, *options, directory=mount_point))
        return started[-1].start()

    yield start
    for mount in started:
        mount.clean_up()


@pytest.fixture(scope="module")
def first_visit(start, table_bucket):
    mount = start()
    visit = Visit(mount.path(table_bucket.name), POSSIBLE)
    mount.stop()
    return visit


@pytest.fixture(scope="module")
def seen_after_remount(start, first_visit, table_bucket):
    mount = start()
    seen = running.run_rows("look", mount.path(table_bucket.name), POSSIBLE)
    mount.stop()
    return seen


def keys_of(bucket, prefix):
    """All keys below a row's directory, page by page. Not by boto3's own paging: LocalStack compares keys in the
    encoding that boto3 asks for with a token that is not encoded."""
    keys, after = [], ""
    while True:
        page = bucket.client.list_objects_v2(Bucket=bucket.name, Prefix=prefix, StartAfter=urllib.parse.quote(after))
        keys += [item["Key"] for item in page.get("Contents", [])]
        if not page["IsTruncated"]:
            return keys
        after = keys[-1]


@pytest.fixture(scope="module")
def objects(s3, first_visit, table_bucket):
    """Every key, with the object's bytes and metadata, as boto3 finds them when the mount is gone."""
    found = {}
    for name in POSSIBLE:
        seen = first_visit.seen[name]["seen"]
        if not isinstance(seen, dict):
            continue  # That row's own test reports why.
        for key in keys_of(table_bucket, directory_of(name)):
            found[key] = None
            if seen.get(key[len(directory_of(name)) :].rstrip("/")):
                answer = s3.get_object(Bucket=table_bucket.name, Key=key)
                found[key] = answer["Body"].read(), answer["Metadata"]
    return found


@pytest.fixture(scope="module")
def tmpfs_visit():
    directory = tempfile.mkdtemp(prefix="posix-table-", dir="/dev/shm")
    os.chmod(directory, 0o755)
    yield running.run_rows("run", directory, [name for name in POSSIBLE if ROWS[name].posix])
    shutil.rmtree(directory)


@each_row
def test_row(first_visit, name):
    assert first_visit.results[name]["failure"] is None, first_visit.results[name]["failure"]


@pytest.mark.parametrize("name", [name for name in POSSIBLE if ROWS[name].posix])
def test_row_on_tmpfs(tmpfs_visit, name):
    assert tmpfs_visit[name]["failure"] is None, tmpfs_visit[name]["failure"]


@pytest.mark.parametrize("name", [name for name in POSSIBLE if ROWS[name].keeps])
def test_what_a_row_leaves_is_the_same_after_a_remount(first_visit, seen_after_remount, name):
    before, after = first_visit.seen[name]["seen"], seen_after_remount[name]["seen"]
    assert isinstance(before, dict) and isinstance(after, dict), (before, after)
    assert sorted(before) == sorted(after)
    for path in before:
        if before[path] is None:
            continue
        # A renamed file keeps its number until the kernel forgets it; later the number is made from the key again.
        ignored = set() if group_of(name) in INODES_STAY else {"inode"}
        # A directory's changes of names are remembered as long as the mount lasts.
        if stat.S_ISDIR(before[path]["mode"]):
            assert after[path]["modified"] <= before[path]["modified"], path
            ignored |= {"modified"}
        assert without(ignored, after[path]) == without(ignored, before[path]), path


@pytest.mark.parametrize("name", [name for name in POSSIBLE if ROWS[name].keeps])
def test_what_a_row_leaves_is_in_s3(first_visit, objects, name):
    directory = directory_of(name).rstrip("/")
    seen = first_visit.seen[name]["seen"]
    assert isinstance(seen, dict), seen
    keys = {key[len(directory) + 1 :] for key in objects if key.startswith(directory + "/")} - {""}
    assert {key.rstrip("/") for key in keys} == set(seen)
    for path, facts in seen.items():
        if facts is None:
            continue
        body, metadata = objects[f"{directory}/{path}" + "/" * stat.S_ISDIR(facts["mode"])]
        assert metadata["mode"] == str(facts["mode"])
        assert [metadata["uid"], metadata["gid"]] == [str(number) for number in facts["owner"]]
        if stat.S_ISDIR(facts["mode"]):
            assert nanoseconds(metadata["mtime"]) <= facts["modified"]
        else:
            assert nanoseconds(metadata["mtime"]) == facts["modified"]
        if stat.S_ISREG(facts["mode"]):
            assert hashlib.sha256(body).hexdigest() == facts["bytes"]
        elif stat.S_ISLNK(facts["mode"]):
            assert body.decode() == facts["target"]
        else:
            assert body == b""


def nanoseconds(text):
    seconds, _, fraction = text.partition(".")
    return int(seconds) * 10**9 + int((fraction + "0" * 9)[:9])


def test_the_table_has_its_size():
    assert len(ROWS) >= 250
    assert sum(row.posix for row in ROWS.values()) >= 200
