"""The watchers of development tools see changes by other S3 clients: chokidar, which nodemon and vite use, and
watchdog, which Python's servers use. They use inotify, and then check the names themselves.
"""
# SEMANTICS: 2.5

import json
import os
import subprocess
import sys
import threading
from itertools import count
from pathlib import Path

import pytest

from harness.processes import kill_group, start
from harness.waiting import wait_until

SEEN = 30
PROGRAMS = Path(__file__).with_name("watchers")
WATCHERS = {
    "chokidar": ["node", PROGRAMS / "chokidar.js"],
    "watchdog": [sys.executable, "-B", PROGRAMS / "watchdog_events.py"],
}
# Debian's path of node's modules, for any version of node.
ENVIRONMENT = os.environ | {"NODE_PATH": "/usr/share/nodejs"}


class Watcher:
    """A program that watches a directory and all below it, and the events that it reported: (kind, path)."""

    def __init__(self, program, place):
        self.events = []
        self.process = start(
            *WATCHERS[program], place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT
        )
        threading.Thread(target=self._read, daemon=True).start()
        wait_until(lambda: self.of("") or self.process.poll() is not None, SEEN, "the watcher's begin")
        assert self.process.poll() is None, self.process.stderr.read().decode()

    def _read(self):
        for line in self.process.stdout:
            self.events.append(tuple(json.loads(line)))

    def stop(self):
        kill_group(self.process)

    def of(self, path):
        return [kind for kind, of in self.events if of == path]

    def waits_for(self, kind, path):
        wait_until(lambda: kind in self.of(path), SEEN, f"{kind} of {path} among {self.events}")

    def is_followed(self, bucket, prefix):
        """Waits until the mount has found the watch: from then on every change is reported."""
        numbers = count()

        def is_seen():
            name = f"{prefix}warm-{next(numbers)}"
            bucket.put(name, b"x")
            try:
                wait_until(lambda: self.of(name), 2.5, name)
            except AssertionError:
                return False
            return True

        wait_until(is_seen, SEEN, "the mount's finding of the watch")


@pytest.fixture(params=WATCHERS)
def watcher(request, start_mount, bucket):
    """A watcher of a bucket with `src/app.js` and `src/other.js`, which the mount follows; `mount` is its own mount."""
    bucket.put("src/app.js", "1")
    bucket.put("src/other.js", "1")
    mount = start_mount()
    watcher = Watcher(request.param, mount.path(bucket.name))
    watcher.mount = mount
    try:
        watcher.is_followed(bucket, "src/")
        yield watcher
    finally:
        watcher.stop()


def test_files_that_another_client_makes_changes_and_deletes(watcher, bucket):
    for number in range(3):
        bucket.put("src/app.js", "changed " * (number + 2))
        wait_until(lambda: watcher.of("src/app.js").count("change") > number, SEEN, f"the change among {watcher.events}")
    bucket.put("src/new.js", "new")
    watcher.waits_for("add", "src/new.js")
    bucket.put("src/new.js", "changed")
    watcher.waits_for("change", "src/new.js")
    bucket.delete("src/new.js")
    watcher.waits_for("unlink", "src/new.js")
    assert "unlink" not in watcher.of("src/app.js")
    assert watcher.of("src/other.js") == [] and watcher.of("error") == []


def test_a_directory_that_another_client_makes_and_deletes(watcher, bucket):
    bucket.put("src/lib/deep/part.js", "new")
    for kind, path in [("addDir", "src/lib"), ("addDir", "src/lib/deep"), ("add", "src/lib/deep/part.js")]:
        watcher.waits_for(kind, path)
    bucket.delete("src/lib/deep/part.js")
    watcher.waits_for("unlinkDir", "src/lib")


def test_what_the_gateway_uploads_and_deletes(watcher, bucket):
    mount = watcher.mount
    assert mount.put(bucket.name, "src/page.html", data=b"<p>").ok
    watcher.waits_for("add", "src/page.html")
    assert mount.put(bucket.name, "src/app.js", data=b"changed").ok
    watcher.waits_for("change", "src/app.js")
    assert mount.delete(bucket.name, "src/page.html").ok
    watcher.waits_for("unlink", "src/page.html")


def test_a_save_in_the_mount_is_reported_by_the_kernel(watcher, bucket):
    folder = watcher.mount.path(bucket.name, "src")
    (folder / "app.js").write_text("saved in the mount")
    watcher.waits_for("change", "src/app.js")
    (folder / "tmp").write_text("saved by rename")
    os.rename(folder / "tmp", folder / "app.js")
    bucket.put("src/last", "x")
    watcher.waits_for("add", "src/last")
    # Reads and listings in between are no changes.
    assert (folder / "other.js").read_text() == "1" and watcher.of("src/other.js") == []
