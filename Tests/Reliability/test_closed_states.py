"""kill -9 between a close and the next write: S3 gets the states that a close made, whole, and no other (C2, C3, C5).

Each file is written by a thread of its own, which closes states of it and then begins the next one without closing it.
LOCALSTACKMOUNT_CRASH_POINTS: how many files are cut off (200 in full); LOCALSTACKMOUNT_SEED: the seed, which every
failure prints.
"""
# SEMANTICS: 3.1

import os
import random
import signal
import threading
import time

import pytest

from harness import faultproxy as fault
from harness.localstack import Bucket
from harness.mount import Mount
from harness.waiting import wait_until

POINTS = int(os.environ.get("LOCALSTACKMOUNT_CRASH_POINTS", "20"))
SEED = int(os.environ.get("LOCALSTACKMOUNT_SEED", "0")) or random.SystemRandom().randrange(10**9)
FILES = 10

pytestmark = pytest.mark.timeout(180 + POINTS * 10)

SIZES = [1, 10, 3000, 3000, 200_000, 200_000, 6 << 20]


class File:
    """One file, and its possible states in S3."""

    def __init__(self, number, seed, mount, bucket, acknowledges):
        self.random = random.Random(seed)
        self.key = f"f{number}"
        self.path = str(mount.path(bucket.name, self.key))
        self.acknowledges = acknowledges
        # The states at closes; the last acknowledged one and all since are possible.
        self.possible = [None]
        self.now = b""
        self.log = []
        self.broken = None

    def work(self):
        try:
            while True:
                self.closed_state()
                self.begin_next()
        except OSError as error:
            self.log.append(f"ended by {error}")
        except Exception as error:
            # An error of the test itself: the thread would check nothing.
            self.broken = error

    def closing(self, close):
        """The state of a close in flight may be the last one; that of a returned close is."""
        self.possible.append(self.now)
        self.unless_refused(close)
        self.possible = self.possible[-1:]

    def closed_state(self):
        way = self.random.choice(["new", "truncated", "patched", "appended", "renamed over", "fsync"])
        data = self.random.randbytes(self.random.choice(SIZES))
        self.log.append(f"{way} {len(data)}")
        if way == "renamed over":
            other = self.path + ".tmp"
            mine, self.now = self.now, data
            descriptor = os.open(other, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            self.write(descriptor, data)
            self.unless_refused(lambda: os.close(descriptor))
            # Until the rename returns, the name may have either state.
            self.possible.append(self.now)
            self.unless_refused(lambda: os.rename(other, self.path))
            if os.path.exists(other):
                self.now = mine
                self.possible = [state for state in self.possible if state is not data]
            else:
                self.possible = self.possible[-1:]
            return
        flags = {"appended": os.O_APPEND, "patched": 0}.get(way, os.O_TRUNC)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | flags)
        self.change(descriptor, way, data)
        if way == "fsync":
            self.closing(lambda: os.fsync(descriptor))
            self.unless_refused(lambda: os.close(descriptor))
        else:
            self.closing(lambda: os.close(descriptor))

    def unless_refused(self, action):
        try:
            action()
        except OSError as error:
            # Refused by S3: kept, and saved later. But the error of a dead mount means nothing.
            if self.acknowledges or error.errno not in (5, 110):
                raise

    def write(self, descriptor, data):
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]

    def change(self, descriptor, way, data):
        if way == "appended":
            self.write(descriptor, data)
            self.now += data
        elif way == "patched":
            at = self.random.randrange(len(self.now) + 1)
            os.lseek(descriptor, at, os.SEEK_SET)
            self.write(descriptor, data)
            self.now = self.now[:at] + data + self.now[at + len(data) :]
        else:
            self.write(descriptor, data)
            self.now = data

    def begin_next(self):
        """Opens and changes the file for some time, and closes it: another closed state."""
        way = self.random.choice(["truncated", "patched", "appended", "cut", "only opened with O_TRUNC"])
        self.log.append(f"then {way}")
        flags = {"appended": os.O_APPEND, "truncated": os.O_TRUNC, "only opened with O_TRUNC": os.O_TRUNC}.get(way, 0)
        descriptor = os.open(self.path, os.O_RDWR | flags)
        if flags == os.O_TRUNC:
            self.now = b""
        if way == "cut":
            os.ftruncate(descriptor, len(self.now) // 2)
            self.now = self.now[: len(self.now) // 2]
        elif way != "only opened with O_TRUNC":
            for _ in range(self.random.randrange(1, 4)):
                self.change(descriptor, way if way != "truncated" else "appended", self.random.randbytes(2000))
                time.sleep(self.random.uniform(0, 0.02))
        time.sleep(self.random.uniform(0, 0.05))
        self.closing(lambda: os.close(descriptor))


MODES = {
    "write-back": (["--write-back"], lambda chance: fault.Slow(chance.uniform(0.02, 0.3))),
    "refused": ([], lambda chance: fault.Status(503, "SlowDown")),
    "refused write-back": (["--write-back"], lambda chance: fault.Status(500, "InternalError")),
    "slow": ([], lambda chance: fault.Slow(chance.uniform(0.02, 0.3))),
}


@pytest.mark.parametrize("mode", MODES)
def test_only_closed_states_arrive(localstack, proxy, tmp_path, bucket_name, mode):
    options, make = MODES[mode]
    chance = random.Random(f"{SEED} {mode}")
    bucket = Bucket(localstack.client(), bucket_name).create()
    mount = Mount(tmp_path / "home", proxy.endpoint, "--timeout", "2", *options).start()
    done = 0
    try:
        while done < max(FILES, POINTS // len(MODES)):
            seed = chance.random()
            files = [
                File(f"{done}-{number}", f"{seed} {number}", mount, bucket, mode in ("slow", "write-back"))
                for number in range(FILES)
            ]
            proxy.add(make(chance), "PUT")
            threads = [threading.Thread(target=file.work, daemon=True) for file in files]
            for thread in threads:
                thread.start()
            time.sleep(chance.uniform(0.2, 1.5))
            os.kill(mount.process.pid, signal.SIGKILL)
            mount.process.wait(timeout=10)
            proxy.clear()
            for thread in threads:
                thread.join(timeout=20)
                assert not thread.is_alive(), f"seed {SEED}: a call hangs in a dead mount"
            mount.clean_up_process()
            wait_until(lambda: proxy.is_idle, 60, f"seed {SEED}: the end of its requests")
            mount = Mount(tmp_path / "home", proxy.endpoint, "--timeout", "2", *options).start()
            wait_until(mount.has_saved_all, 60, f"seed {SEED}: recovery")
            for file in files:
                assert file.broken is None, file.broken
                found = bucket.get(file.key)
                lengths = [None if state is None else len(state) for state in file.possible]
                assert found in file.possible, (
                    f"seed {SEED}, {mode}, {file.key}: {None if found is None else len(found)} bytes, not of {lengths}; "
                    f"{file.log[-8:]}\n{mount.errors}"
                )
            others = [key for key in bucket.keys() if ".recovered" in key]
            logs = {file.key: file.log[-8:] for file in files if any(key.startswith(file.key + ".") for key in others)}
            assert others == [], f"seed {SEED}, {mode}: no other client has written: {others}\n{logs}\n{mount.errors}"
            done += FILES
        mount.stop()
    finally:
        mount.clean_up()
    print(f"\nseed {SEED}, {mode}: {done} files cut off, none torn")
