"""Hours of mixed work in minutes: nothing grows, nothing leaks, and S3 has what the programs wrote.

LOCALSTACKMOUNT_SOAK_SECONDS: how long; without it a short run, so that the test itself is known to work.
LOCALSTACKMOUNT_SOAK_GB: continues until that many gigabytes have passed through both fronts.
LOCALSTACKMOUNT_SOAK_PROGRAMS: how many at once (4).
"""
# SEMANTICS: 10.1

import hashlib
import os
import random
import threading
import time
from pathlib import Path

import pytest

from harness.processes import run
from harness.waiting import wait_until

SECONDS = float(os.environ.get("LOCALSTACKMOUNT_SOAK_SECONDS", "8"))
GIGABYTES = float(os.environ.get("LOCALSTACKMOUNT_SOAK_GB", "0"))
SEED = int(os.environ.get("LOCALSTACKMOUNT_SEED", "0")) or random.SystemRandom().randrange(10**9)
PROGRAMS = int(os.environ.get("LOCALSTACKMOUNT_SOAK_PROGRAMS", "4"))
# Each program's limit: S3 has all objects in memory.
FILES = 8 if PROGRAMS < 50 else 3
# A system call of one program waits for those of all the others.
PATIENCE = 30 + PROGRAMS * 3
MEMORY_CAP = 250 << 20
CAP = 64 << 20

LIMIT = 240 + SECONDS * 2 + GIGABYTES * 600

pytestmark = pytest.mark.timeout(LIMIT)


class Program:
    """Works in a directory of its own, and records the expected contents: digests by name."""

    def __init__(self, number, mount, bucket):
        self.random = random.Random(f"{SEED}/{number}")
        self.mount, self.bucket = mount, bucket
        self.prefix = f"program{number}/"
        self.files = {}
        self.traffic = 0
        self.steps = 0

    def path(self, name):
        return self.mount.path(self.bucket.name, self.prefix + name)

    def data(self):
        piece = self.random.randbytes(self.random.choice([100, 3000, 60_000, 1 << 20]))
        data = piece * self.random.choice([1, 18] if GIGABYTES else [1, 1, 1, 18])
        self.traffic += len(data)
        return data

    def some(self):
        return self.random.choice(sorted(self.files)) if self.files else None

    def step(self):
        if len(self.files) >= FILES:
            return self.remove()
        kinds = [self.write, self.write, self.append, self.read, self.read, self.rename, self.put, self.get]
        kinds += [self.list, self.remove, self.move_directory]
        self.steps += 1
        self.random.choice(kinds)()

    def new_name(self):
        return f"file{self.random.randrange(1000)}"

    def write(self):
        name, data = self.new_name(), self.data()
        with open(self.path(name), "wb", buffering=0) as file:
            for start in range(0, len(data), 128 << 10):
                file.write(data[start : start + (128 << 10)])
        self.files[name] = hashlib.sha256(data)

    def append(self):
        if name := self.some():
            data = self.data()[:100_000]
            with open(self.path(name), "ab", buffering=0) as file:
                file.write(data)
            self.files[name].update(data)

    def check(self, name, data):
        self.traffic += len(data)
        assert hashlib.sha256(data).digest() == self.files[name].digest(), f"{name}: {len(data)} wrong bytes"

    def read(self):
        if name := self.some():
            self.check(name, self.path(name).read_bytes())

    def rename(self):
        if name := self.some():
            new = self.new_name()
            os.rename(self.path(name), self.path(new))
            self.files[new] = self.files.pop(name)

    def move_directory(self):
        os.makedirs(self.path("deep/a"), exist_ok=True)
        (self.path("deep/a") / "one").write_bytes(b"1")
        os.rename(self.path("deep"), self.path("moved"))
        assert (self.path("moved") / "a" / "one").read_bytes() == b"1"
        run("rm", "-r", self.path("moved"), seconds=PATIENCE)

    def put(self):
        name, data = self.new_name(), self.data()
        answer = self.mount.put(self.bucket.name, self.prefix + name, data=data, timeout=PATIENCE)
        assert answer.status_code in (201, 204), answer.text
        self.files[name] = hashlib.sha256(data)

    def get(self):
        if name := self.some():
            answer = self.mount.get(self.bucket.name, self.prefix + name, timeout=PATIENCE)
            assert answer.status_code == 200
            self.check(name, answer.content)

    def list(self):
        assert set(os.listdir(self.path(""))) == set(self.files)
        assert self.mount.http_names(self.bucket.name, self.prefix, timeout=PATIENCE) == set(self.files)

    def remove(self):
        if name := self.some():
            self.path(name).unlink()
            del self.files[name]


class Gauges:
    """The resources of the process, now and at most."""

    def __init__(self, mount):
        self.mount = mount
        self.most = {}

    def look(self):
        lines = self.mount.get("-", "metrics").text.splitlines()
        values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#") and "{" not in line)
        now = {
            name.removeprefix("localstackmount_"): float(value)
            for name, value in values.items()
            if not name.startswith(("localstackmount_http", "localstackmount_s3"))
        }
        status = Path(f"/proc/{self.mount.process.pid}/status").read_text()
        now["resident"] = int(status.split("VmRSS:")[1].split()[0]) * 1024
        now["threads"] = int(status.split("Threads:")[1].split()[0])
        now["descriptors"] = len(os.listdir(f"/proc/{self.mount.process.pid}/fd"))
        self.most = {name: max(value, self.most.get(name, 0)) for name, value in now.items()}
        return now


def test_nothing_grows_and_nothing_is_lost(start_mount, bucket):
    mount = start_mount("--cache-size", "1G", "--memory", f"{CAP >> 20}M")
    run("ls", mount.path(bucket.name))
    programs = [Program(number, mount, bucket) for number in range(PROGRAMS)]
    for program in programs:
        os.makedirs(program.path(""))
    stop = threading.Event()
    failures = []

    def work(program):
        try:
            while not stop.is_set():
                program.step()
        except BaseException as problem:
            failures.append(f"{program.prefix}: {problem!r}")
            stop.set()

    gauges = Gauges(mount)
    before = gauges.look()
    began = time.monotonic()
    threads = [threading.Thread(target=work, args=(program,)) for program in programs]
    for thread in threads:
        thread.start()
    while not stop.is_set():
        now = gauges.look()
        assert now["resident"] < MEMORY_CAP, now
        assert now["spool_bytes"] <= 1 << 30, now
        # --memory: a quarter for unsaved bytes, and what is left for cached ones and names together.
        assert now["unsaved_bytes"] <= CAP / 4, now
        assert now["cached_bytes"] + now["name_bytes"] <= CAP * 3 / 4, now
        assert now["descriptors"] < 500, now
        enough = sum(program.traffic for program in programs) >= GIGABYTES * 1e9
        if time.monotonic() - began >= SECONDS and enough:
            stop.set()
        stop.wait(0.5)
    for thread in threads:
        thread.join(timeout=120 + PATIENCE)
        assert not thread.is_alive(), "a call hangs"
    assert not failures, f"seed {SEED}: {failures} {mount.errors}"

    # S3 has exactly what the programs wrote.
    expected = {program.prefix + name: hash for program in programs for name, hash in program.files.items()}
    markers = {program.prefix for program in programs}
    assert set(bucket.keys()) - markers == set(expected)
    for key, digest in expected.items():
        assert hashlib.sha256(bucket.get(key)).digest() == digest.digest(), key
    assert bucket.uploads() == []

    # Idle again: resources of files are released.
    wait_until(lambda: is_idle(gauges.look()), 30, "the release of resources")
    if os.geteuid() == 0:
        for program in programs:
            run("rm", "-r", program.path(""), seconds=PATIENCE)
        Path("/proc/sys/vm/drop_caches").write_text("2")
        wait_until(lambda: gauges.look()["inodes"] <= before["inodes"] + 2, 30, "forgotten inodes")
    after = gauges.look()
    # Connections to S3 stay open for a while.
    assert after["descriptors"] <= before["descriptors"] + 80, (before, after)
    traffic = sum(program.traffic for program in programs)
    print(
        f"\nseed {SEED}: {sum(p.steps for p in programs)} steps, {traffic / 1e9:.1f} GB, "
        f"{time.monotonic() - began:.0f} s; at most {gauges.most}; at the end {after}"
    )
    mount.stop(seconds=PATIENCE)


def is_idle(now):
    return now["open_files"] == 0 and now["unsaved_files"] == 0 and now["spool_bytes"] == 0 and now["unsaved_bytes"] == 0
