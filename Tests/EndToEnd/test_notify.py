"""inotify on the mount: inotifywait reports changes by another S3 client and by the gateway."""
# SEMANTICS: 2.5

import os
import re
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
import requests

from harness.processes import kill_group, run, start
from harness.waiting import wait_until

SEEN = 30


class Watcher:
    """inotifywait -m on a place, and the events that it reported: (names of events, path below the place)."""

    def __init__(self, place, *options):
        self.place = place
        self.events = []
        # A name may contain a newline, but no NUL.
        command = ["inotifywait", "-m", *options, "--no-newline", "--format", "%e|%w%f%0", place]
        self.process = start(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.is_ready = threading.Event()
        for read in (self._read_events, self._read_state):
            threading.Thread(target=read, daemon=True).start()
        assert self.is_ready.wait(SEEN), "inotifywait did not begin"

    def _read_events(self):
        event = b""
        while byte := self.process.stdout.read(1):
            if byte != b"\0":
                event += byte
                continue
            kinds, path = os.fsdecode(event).split("|", 1)
            self.events.append((set(kinds.split(",")), os.path.relpath(path, self.place)))
            event = b""

    def _read_state(self):
        for line in self.process.stderr:
            if b"established" in line:
                self.is_ready.set()

    def stop(self):
        kill_group(self.process)

    def of(self, name):
        """The kinds of events of a name, in order."""
        return [kind for kinds, path in self.events if path == name for kind in sorted(kinds - {"ISDIR", "CLOSE"})]

    def waits_for(self, kind, name, seconds=SEEN):
        wait_until(lambda: kind in self.of(name), seconds, f"{kind} of {name} among {self.events}")

    def is_followed(self, bucket, prefix=""):
        """Waits until the mount has found the watch: from then on every change is reported."""
        numbers = count()

        def is_seen():
            name = f"warm-{next(numbers)}"
            bucket.put(prefix + name, b"x")
            try:
                wait_until(lambda: "CREATE" in self.of(name), 2.5, name)
            except AssertionError:
                return False
            return True

        wait_until(is_seen, SEEN, "the mount's finding of the watch")


def put_at_once(bucket, prefix, number):
    """Puts `number` objects, several at a time, and returns their keys."""
    keys = [f"{prefix}-{index}" for index in range(number)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(bucket.put, keys))
    return keys


@pytest.fixture
def watch():
    watchers = []

    def begin(*arguments, **options):
        watchers.append(Watcher(*arguments, **options))
        return watchers[-1]

    yield begin
    for watcher in watchers:
        watcher.stop()


def lists(mount):
    text = requests.get(mount.base + "/-/metrics", timeout=10).text
    found = re.findall(r'localstackmount_s3_requests_total\{operation="ListObjects\w*",.*\} (\d+)', text)
    return sum(map(int, found))


def changes(mount):
    """Requests that change something."""
    text = requests.get(mount.base + "/-/metrics", timeout=10).text
    found = re.findall(r'localstackmount_s3_requests_total\{operation="(\w+)",.*\} (\d+)', text)
    return {name: number for name, number in found if not name.startswith(("List", "Head", "Get")) and number != "0"}


def test_another_client_creates_changes_and_deletes(start_mount, bucket, watch):
    mount = start_mount()
    bucket.put("dir/old.txt", b"old")
    watcher = watch(mount.path(bucket.name, "dir"))
    watcher.is_followed(bucket, "dir/")
    before = changes(mount)
    bucket.put("dir/new.txt", b"new")
    watcher.waits_for("CLOSE_WRITE", "new.txt")
    assert watcher.of("new.txt") == ["CREATE", "OPEN", "MODIFY", "CLOSE_WRITE"]
    assert mount.path(bucket.name, "dir", "new.txt").read_bytes() == b"new"
    bucket.put("dir/old.txt", b"changed")
    watcher.waits_for("MODIFY", "old.txt")
    watcher.waits_for("CLOSE_WRITE", "old.txt")
    assert "CREATE" not in watcher.of("old.txt") and "DELETE" not in watcher.of("old.txt")
    assert mount.path(bucket.name, "dir", "old.txt").read_bytes() == b"changed"
    bucket.delete("dir/new.txt")
    watcher.waits_for("DELETE", "new.txt")
    assert not mount.path(bucket.name, "dir", "new.txt").exists()
    # The mount's replay did not reach S3, which has the other client's objects.
    assert changes(mount) == before
    assert {key for key in bucket.keys("dir/") if "warm" not in key} == {"dir/old.txt"}
    assert bucket.get("dir/old.txt") == b"changed"


def test_new_and_vanished_directories_and_buckets(start_mount, s3, bucket, bucket_name, watch):
    mount = start_mount()
    folder = watch(mount.path(bucket.name))
    folder.is_followed(bucket)
    bucket.put("sub/deep/file", b"x")
    folder.waits_for("CREATE", "sub")
    assert os.listdir(mount.path(bucket.name, "sub")) == ["deep"]
    bucket.delete("sub/deep/file")
    folder.waits_for("DELETE", "sub")
    bucket.put("sub/again", b"x")
    wait_until(lambda: folder.of("sub").count("CREATE") == 2, SEEN, "the directory's return")
    # A directory that was created again works.
    mount.path(bucket.name, "sub", "mine").write_bytes(b"y")
    assert bucket.get("sub/mine") == b"y"

    root = watch(mount.path())
    names = count()
    made = []

    def is_seen():
        made.append(f"{bucket_name}-{next(names)}")
        s3.create_bucket(Bucket=made[-1])
        try:
            root.waits_for("CREATE", made[-1], 2.5)
        except AssertionError:
            return False
        return True

    try:
        wait_until(is_seen, SEEN, "the sight of a new bucket")
    finally:
        for name in made:
            s3.delete_bucket(Bucket=name)
    root.waits_for("DELETE", made[-1])


def test_the_gateway_in_the_same_process(start_mount, bucket, watch):
    mount = start_mount()
    watcher = watch(mount.path(bucket.name))
    watcher.is_followed(bucket)
    assert mount.put(bucket.name, "up.txt", data=b"1").status_code == 201
    watcher.waits_for("CLOSE_WRITE", "up.txt")
    assert watcher.of("up.txt").count("CREATE") == 1
    assert mount.put(bucket.name, "up.txt", data=b"22").status_code == 204
    wait_until(lambda: watcher.of("up.txt").count("MODIFY") == 2, SEEN, "the second upload")
    assert mount.request("POST", bucket.name, "up.txt", query=f"?move=/{bucket.name}/moved.txt").ok
    watcher.waits_for("DELETE", "up.txt")
    watcher.waits_for("CREATE", "moved.txt")
    assert mount.put(bucket.name, "made/").ok
    watcher.waits_for("CREATE", "made")
    assert mount.delete(bucket.name, "made/").ok
    watcher.waits_for("DELETE", "made")
    assert mount.path(bucket.name, "moved.txt").read_bytes() == b"22"


def test_recursive_watch_sees_files_of_directories_that_appear(start_mount, bucket, watch):
    mount = start_mount()
    bucket.put("a/b/file", b"x")
    watcher = watch(mount.path(bucket.name), "-r")
    watcher.is_followed(bucket)
    bucket.put("a/b/new", b"x")
    watcher.waits_for("CREATE", "a/b/new")
    bucket.put("later/one", b"x")
    watcher.waits_for("CREATE", "later")
    numbers = count()

    def is_seen():
        name = f"later/{next(numbers)}"
        bucket.put(name, b"x")
        try:
            watcher.waits_for("CREATE", name, 2.5)
        except AssertionError:
            return False
        return True

    wait_until(is_seen, SEEN, "events in a directory that appeared")


def test_changes_through_the_mount_are_reported_once_and_reads_not_at_all(start_mount, bucket, watch):
    mount = start_mount()
    folder = mount.path(bucket.name)
    watcher = watch(folder, "-e", "create,modify,delete,attrib,moved_to,moved_from,close_write")
    watcher.is_followed(bucket)
    folder.joinpath("own").write_bytes(b"1")
    folder.joinpath("tree").mkdir()
    folder.joinpath("tree", "leaf").write_bytes(b"1")
    run("rm", "-r", folder / "tree")
    folder.joinpath("own").rename(folder / "renamed")
    folder.joinpath("gone").write_bytes(b"1")
    folder.joinpath("gone").unlink()
    run("ls", "-lR", folder)
    folder.joinpath("renamed").read_bytes()
    # Two changes by another client after these: when they are reported, two listings have passed.
    for name in ("mark-1", "mark-2"):
        bucket.put(name, b"x")
        watcher.waits_for("CLOSE_WRITE", name)
    assert watcher.of("own") == ["CREATE", "MODIFY", "CLOSE_WRITE", "MOVED_FROM"]
    assert watcher.of("renamed") == ["MOVED_TO"]
    assert watcher.of("gone") == ["CREATE", "MODIFY", "CLOSE_WRITE", "DELETE"]
    assert watcher.of("tree") == ["CREATE", "DELETE"]


def test_a_watch_of_one_file(start_mount, bucket, watch):
    mount = start_mount()
    bucket.put("dir/log", b"1")
    watcher = watch(mount.path(bucket.name, "dir", "log"))
    numbers = count()

    def is_seen():
        bucket.put("dir/log", str(next(numbers)).encode())
        try:
            watcher.waits_for("MODIFY", ".", 2.5)
        except AssertionError:
            return False
        return True

    wait_until(is_seen, SEEN, "a change of the watched file")
    bucket.delete("dir/log")
    watcher.waits_for("DELETE_SELF", ".")


@pytest.mark.parametrize("key", ["a//b", "spa ce", "日本語", "new\nline", "q‛r", "c/../z"])
def test_names_that_are_hostile(start_mount, bucket, watch, key):
    mount = start_mount()
    # The directory is there before, so that it can be watched.
    prefix = key.rpartition("/")[0] + "/" if "/" in key else ""
    bucket.put(prefix + "there", b"x")
    place = next(path for path, _, names in os.walk(mount.path(bucket.name)) if "there" in names)
    watcher = watch(place)
    watcher.is_followed(bucket, prefix)
    before = set(os.listdir(place))
    bucket.put(key, b"x")
    wait_until(lambda: len(set(os.listdir(place)) - before) == 1, SEEN, "the name in a listing")
    name = (set(os.listdir(place)) - before).pop()
    watcher.waits_for("CREATE", name)
    assert bucket.get(key) == b"x"


def test_a_burst_of_10_000(start_mount, bucket, watch):
    mount = start_mount()
    watcher = watch(mount.path(bucket.name), "-e", "create")
    watcher.is_followed(bucket)
    names = set(put_at_once(bucket, "burst", 10_000))
    wait_until(lambda: names <= {path for _, path in watcher.events}, 120, "all of them")
    told = [path for _, path in watcher.events if path in names]
    assert len(told) == len(names)
    assert mount.is_running


def test_nothing_is_listed_while_nobody_watches(start_mount, bucket, watch):
    mount = start_mount()
    folder = mount.path(bucket.name)
    run("ls", "-lR", folder)
    first = lists(mount)
    watcher = watch(folder)
    watcher.is_followed(bucket)
    assert lists(mount) > first
    watcher.stop()
    readings = []

    def has_ended():
        readings.append(lists(mount))
        # These take several times the pause between two listings of one watched directory.
        return len(readings) >= 200 and len(set(readings[-200:])) == 1

    wait_until(has_ended, SEEN, "the end of the listings")


@pytest.mark.parametrize("option", [("--notify", "off"), ("--read-only",)])
def test_off_and_read_only_list_nothing(start_mount, bucket, watch, option):
    other = start_mount()
    mount = start_mount(*option)
    witness = watch(other.path(bucket.name))
    watcher = watch(mount.path(bucket.name), "-e", "create,modify,delete")
    before = lists(mount)
    witness.is_followed(bucket)
    assert lists(mount) == before and watcher.events == []


def test_recent_reports_to_watchers_that_the_mount_cannot_see(start_mount, bucket, watch):
    """Without a watch that is visible in /proc, a listed directory is followed."""
    mount = start_mount("--notify", "recent")
    run("ls", mount.path(bucket.name))
    before = lists(mount)
    wait_until(lambda: lists(mount) > before + 2, SEEN, "listings of a directory that was listed")


def test_the_shutdown_is_clean_while_changes_are_reported(start_mount, bucket, watch):
    mount = start_mount()
    watcher = watch(mount.path(bucket.name))
    watcher.is_followed(bucket)
    put_at_once(bucket, "end", 500)
    watcher.waits_for("CREATE", "end-0")
    mount.stop()


def test_a_killed_mount_ends_while_changes_are_reported(start_mount, bucket, watch):
    """A thread that waits for its own process's answer must not keep that process from ending."""
    mount = start_mount()
    watcher = watch(mount.path(bucket.name))
    watcher.is_followed(bucket)
    put_at_once(bucket, "kill", 500)
    wait_until(lambda: any(path.startswith("kill-") for _, path in watcher.events), SEEN, "the first of them")
    mount.kill()
    mount.process.wait(timeout=10)
    run("fusermount3", "-u", "-z", mount.directory, check=False)
