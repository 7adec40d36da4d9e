"""The data that all systems read, on the server and as local files, and the ways to check what they wrote."""

import hashlib
import os
import random
import shutil
import subprocess
import time
from pathlib import Path

from .s3 import S3, in_threads

THREADS = 8
DURABLE_SECONDS = 120


class Sizes:
    """How much is moved. The numbers of files stay as they are in a quick run."""

    def __init__(self, quick):
        self.big = (128 if quick else 512) << 20
        self.eighth = self.big // 8
        self.huge = (256 if quick else 1024) << 20


class World:
    bucket = "bench"

    def __init__(self, work, server, binary, quick, needed):
        self.work, self.server, self.binary = Path(work), server, binary
        self.sizes = Sizes(quick)
        self.s3 = S3(server.endpoint)
        self.local = self.work / "local"
        self.needed = needed
        self._scratch = 0

    # Data

    def prepare(self):
        """Makes the data, and puts on the server what the chosen workloads read."""
        shutil.rmtree(self.local, ignore_errors=True)
        self.local.mkdir(parents=True)
        # `bytes`, not a map of a file: they compare with a view at the speed of memory (`startswith`).
        self.source = memoryview(os.urandom(self.sizes.huge))
        self.s3.make_bucket(self.bucket)
        self.files = {
            "stat": {f"file-{n:04}.txt": b"x" * (n % 100) for n in range(1000)},
            "list": {f"entry-{n:05}.json": b"{}" for n in range(10000)},
            "tree": {f"folder-{n // 10:03}/leaf-{n % 10}.txt": b"leaf" for n in range(5000)},
            "small": {f"small-{n:03}.bin": block(n) for n in range(500)},
            "grep": {f"text-{n:04}.txt": b"some line of text\n" * (n % 200) + b"the needle\n" for n in range(1000)},
        }
        for folder, files in self.files.items():
            if folder in self.needed:
                self.put_files(folder, files)
                self.write_local(folder, files)
        if "big" in self.needed:
            self.s3.put_large(self.bucket, "big/big.bin", self.source[: self.sizes.big])
            self.write_local("big", {"big.bin": self.source[: self.sizes.big]})
        if "eight" in self.needed:
            for n in range(8):
                self.s3.put_large(self.bucket, f"eight/{n}.bin", self.eighth(n))
            self.write_local("eight", {f"{n}.bin": self.eighth(n) for n in range(8)})
        if "huge" in self.needed:
            self.s3.put_large(self.bucket, "huge/huge.bin", self.source)
        if "tools" in self.needed:
            self._make_tar()
            self._make_repository()

    def eighth(self, n):
        return self.source[n * self.sizes.eighth : (n + 1) * self.sizes.eighth]

    def put_files(self, folder, files):
        in_threads(THREADS, lambda item: self.s3.put(self.bucket, f"{folder}/{item[0]}", item[1]), files.items())

    def write_local(self, folder, files):
        for name, body in files.items():
            path = self.local / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)

    def _make_tar(self):
        """An archive of 500 files in 10 folders, with modes and times of their own."""
        folder = self.work / "tar"
        self.archived = {}
        for n in range(500):
            name = f"part-{n % 10}/item-{n:03}.txt"
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            self.archived[name] = block(n)[: 100 + n * 8]
            path.write_bytes(self.archived[name])
            path.chmod(0o755 if n % 3 == 0 else 0o640)
            os.utime(path, (1_600_000_000 + n, 1_600_000_000 + n))
        self.tar = self.work / "files.tar"
        subprocess.run(["tar", "-C", folder, "-cf", self.tar, "."], check=True)

    def _make_repository(self):
        """A repository of 60 files and 10 commits."""
        self.repository = self.work / "repository"
        self.cloned = {f"src/module-{n % 6}/file-{n:02}.txt": b"line %d\n" % n * 50 for n in range(60)}
        for name, body in self.cloned.items():
            path = self.repository / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        git = ["git", "-C", self.repository, "-c", "user.name=bench", "-c", "user.email=bench@localhost"]
        subprocess.run([*git, "init", "-q"], check=True)
        for n in range(10):
            (self.repository / f"src/log-{n}.txt").write_text(f"commit {n}\n")
            self.cloned[f"src/log-{n}.txt"] = b"commit %d\n" % n
            subprocess.run([*git, "add", "-A"], check=True)
            subprocess.run([*git, "commit", "-q", "-m", f"commit {n}"], check=True)

    # Scratch: each cell that writes has a folder of its own, which exists nowhere before

    def scratch(self):
        self._scratch += 1
        return f"scratch-{self._scratch:04}"

    def remove_scratch(self, folder):
        keys = list(self.s3.list(self.bucket, folder + "/"))
        plain = [key for key in keys if not key.endswith("/")]
        if plain:
            self.s3.delete_many(self.bucket, plain)
        for key in sorted((key for key in keys if key.endswith("/")), reverse=True):
            self.s3.delete(self.bucket, key)
        shutil.rmtree(self.local / folder, ignore_errors=True)

    # What is on the server

    def await_files(self, folder, files):
        """Returns once a listing shows exactly these bytes below a folder; directory markers do not count."""
        expected = {f"{folder}/{name}": (len(body), hashlib.md5(body).hexdigest()) for name, body in files.items()}
        # An empty directory's folder may carry a marker; what counts is files.
        deadline = time.monotonic() + DURABLE_SECONDS
        while True:
            found = self.s3.list(self.bucket, folder + "/")
            found = {key: value for key, value in found.items() if not key.endswith("/")}
            wrong = {key for key in expected.keys() | found.keys() if not _same(expected.get(key), found.get(key))}
            if not wrong:
                return
            if time.monotonic() > deadline:
                raise AssertionError(f"after {DURABLE_SECONDS} s the server still differs in {len(wrong)} files")
            time.sleep(0.005)

    def await_object(self, key, size, unlike=None):
        """Returns once an object has this size and another ETag than before; its ETag."""
        deadline = time.monotonic() + DURABLE_SECONDS
        while True:
            headers = self.s3.head(self.bucket, key)
            if headers and int(headers["content-length"]) == size and headers["etag"] != unlike:
                return headers["etag"]
            if time.monotonic() > deadline:
                raise AssertionError(f"after {DURABLE_SECONDS} s {key} is not right on the server")
            time.sleep(0.005)

    def etag(self, key):
        return self.s3.head(self.bucket, key)["etag"]

    def check_object(self, key, expected, start=0):
        """Compares an object's bytes from `start` with all of `expected`."""
        check = Comparison(bytes(expected), 0, len(expected))
        self.s3.get(self.bucket, key, start, start + len(expected) - 1, sink=check)
        check.finish()

    def comparison(self, start, length):
        """A sink for what should be a part of the source."""
        return Comparison(self.source.obj, start, length)


class Comparison:
    """A sink that compares what comes with `length` bytes of `expected` from `start`, without keeping it."""

    def __init__(self, expected, start, length):
        self.expected, self.at, self.end = expected, start, start + length

    def __call__(self, view):
        if not self.expected.startswith(view, self.at):
            raise AssertionError(f"wrong bytes within {len(view)} from {self.at}")
        self.at += len(view)

    def finish(self):
        assert self.at == self.end, f"it ends at {self.at} instead of {self.end}"


def _same(expected, found):
    if expected is None or found is None or expected[0] != found[0]:
        return False
    # The ETag of an upload in parts is no MD5 of the bytes.
    return "-" in found[1] or expected[1] == found[1]


def block(n, size=4096):
    return random.Random(n).randbytes(size)
