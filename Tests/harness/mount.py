"""The built binary, spawned as a user would: a mount, a gateway, or both."""

import os
import re
import signal
import subprocess
import threading
import urllib.parse
from pathlib import Path

import requests

from .processes import REPOSITORY, free_port, kill_group, mount_points, run, start
from .waiting import wait_until
from .watchdog import watchdog

START_SECONDS = 60
# Even with processes in the mount. It usually takes a second; tests assert that it ends, not how soon.
END_SECONDS = 20


def binary():
    named = os.environ.get("LOCALSTACKMOUNT_BINARY")
    for candidate in [named] if named else [".build/release/localstackmount", ".build/debug/localstackmount"]:
        path = REPOSITORY / candidate
        if path.exists():
            return path
    raise AssertionError("no binary: run scripts/build, or set LOCALSTACKMOUNT_BINARY")


def environment(home):
    """A user's environment without variables of AWS or LocalStack."""
    kept = {name: value for name, value in os.environ.items() if not re.match("AWS_|LOCALSTACK", name)}
    return kept | {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "XDG_RUNTIME_DIR": str(home)}


class Mount:
    """`localstackmount --fuse DIRECTORY --http ADDRESS` in a process group of its own; with `listen` it is at `port`, but
    the test itself checks how it answers there.

    Attributes: `directory` (None without FUSE), `base` (the gateway's URL, None without HTTP), `process`, `errors`
    (the lines of stderr so far). `prefix` is a command that becomes it, such as prlimit.
    """

    def __init__(
        self, home, endpoint, *options, fuse=True, http=True, directory=None, port=None, listen=False, prefix=(),
    ):  # fmt: skip
        self.home = Path(home)
        self.home.mkdir(parents=True, exist_ok=True)
        self.errors = []
        self.directory = Path(directory or self.home / "mount") if fuse else None
        self.port = (port or free_port()) if http or listen else None
        self.base = f"http://127.0.0.1:{self.port}" if http else None
        self.command = [*prefix, str(binary())]
        if fuse:
            # A dead mount of an earlier process must not even be accessed.
            if not self.is_mounted():
                self.directory.mkdir(parents=True, exist_ok=True)
            self.command += ["--fuse", str(self.directory)]
        if self.port:
            self.command += ["--http", f"127.0.0.1:{self.port}"]
        self.command += ["--endpoint", endpoint, *options]
        self.process = None

    # Life

    def start(self):
        # A mount of an earlier process does not count: then the log line is awaited.
        self._says_so = self.directory is not None and self.is_mounted()
        self.process = start(*self.command, env=environment(self.home), stderr=subprocess.PIPE)
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()
        watchdog.watch(self.process.pid)
        try:
            wait_until(self._answers, START_SECONDS, "the mount's start")
        except BaseException:
            self.clean_up()
            raise
        return self

    def _collect(self):
        for line in self.process.stderr:
            self.errors.append(line.decode(errors="replace").rstrip("\n"))

    def _answers(self):
        assert self.process.poll() is None, f"it ended with {self.process.returncode}: {self.errors}"
        if self._says_so and not any("is mounted at" in line for line in self.errors):
            return False
        return (not self.directory or self.is_mounted()) and (not self.base or self.is_healthy())

    def is_mounted(self):
        return str(self.directory) in mount_points()

    def is_healthy(self):
        try:
            return requests.get(self.base + "/-/health", timeout=15).ok
        except requests.ConnectionError:
            return False

    def stop(self, signal_number=signal.SIGTERM, seconds=END_SECONDS):
        """Ends it as a user does; fails unless it ends in time, with code 0, and leaves no mount."""
        try:
            self.process.send_signal(signal_number)
            code = self.process.wait(timeout=seconds)
            self._reader.join(timeout=5)
            assert code == 0, f"it ended with {code}: {self.errors}"
            assert self.directory is None or not self.is_mounted(), "the mount was not removed"
        finally:
            self.clean_up()

    def kill(self):
        """kill -9: a dead mount is left."""
        kill_group(self.process)

    def has_saved_all(self):
        """Whether neither this process nor an earlier run has unsaved files, as `status` reports."""
        return run(binary(), "status", env=environment(self.home), check=False).returncode == 0

    def clean_up_process(self):
        """Kills the process group; a dead mount is left."""
        if self.process:
            kill_group(self.process)
            watchdog.forget(self.process.pid)

    def clean_up(self):
        """Leaves nothing behind, whatever happened before."""
        self.clean_up_process()
        if self.directory and self.is_mounted():
            run("fusermount3", "-u", "-z", self.directory, check=False)

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    # Figures

    def peak_memory(self):
        """VmHWM, the peak of resident memory, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024

    # Places

    def url(self, *parts):
        """The URL of a path; slashes inside the parts stay."""
        return self.base + "/" + "/".join(urllib.parse.quote(part, safe="/") for part in parts)

    def path(self, *parts):
        return self.directory.joinpath(*parts)

    # HTTP verbs

    def get(self, *parts, **options):
        return self.request("GET", *parts, **options)

    def put(self, *parts, **options):
        return self.request("PUT", *parts, **options)

    def delete(self, *parts, **options):
        return self.request("DELETE", *parts, **options)

    def request(self, method, *parts, query="", **options):
        options = {"timeout": 60, "allow_redirects": False} | options
        return requests.request(method, self.url(*parts) + query, **options)

    def http_names(self, *parts, **options):
        """The names of a directory over HTTP, directories without their slash."""
        answer = self.get(*parts, query="?json", **options)
        assert answer.status_code == 200, answer.text
        return {entry["name"].rstrip("/") for entry in answer.json()["entries"]}

    def raw(self, request, seconds=20):
        """Sends bytes as they are and returns everything that comes back until the connection ends."""
        import socket

        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        return answer
