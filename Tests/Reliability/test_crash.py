"""kill -9 at seeded points: everything acknowledged is there afterwards, and no change is half done.

LOCALSTACKMOUNT_CRASH_POINTS: how many points (20); LOCALSTACKMOUNT_SEED: the seed, which every failure prints.
"""
# SEMANTICS: 3.6

import os
import random
import signal
import sys
import threading
import time

import pytest
import requests

from harness import faultproxy as fault
from harness.localstack import Bucket
from harness.mount import Mount
from harness.processes import kill_group, run, start
from harness.waiting import wait_until

POINTS = int(os.environ.get("LOCALSTACKMOUNT_CRASH_POINTS", "20"))
SEED = int(os.environ.get("LOCALSTACKMOUNT_SEED", "0")) or random.SystemRandom().randrange(10**9)
WRITERS = 3
# The number of each writer's files that stay after a point.
KEPT = 15

pytestmark = pytest.mark.timeout(120 + POINTS * 30)


class Writer:
    """One program at work in a directory of its own, and the results of its calls."""

    def __init__(self, number, seed, mount, bucket, figures):
        self.random = random.Random(seed)
        self.prefix = f"writer{number}/"
        self.mount, self.bucket, self.figures = mount, bucket, figures
        # Acknowledged: the object must have exactly these bytes.
        self.sure = {}
        # The call in flight: the possible states of the object, None for absent.
        self.maybe = {}
        # A directory's rename in flight: old prefix and new prefix.
        self.renaming = None
        self.names = 0

    def path(self, key):
        return self.mount.path(self.bucket.name, key)

    def new_key(self):
        self.names += 1
        return f"{self.prefix}{self.random.randrange(10**6)}-{self.names}"

    def work(self):
        steps = [self.create, self.create, self.append, self.overwrite, self.rename, self.rename_tree, self.large]
        steps += [self.put_over_http, self.put_over_http]
        try:
            while True:
                self.random.choice(steps)()
        except OSError:
            pass  # the mount is gone; states in maybe stay uncertain

    def saved(self, key, data):
        self.maybe.pop(key, None)
        self.sure[key] = data
        self.figures["acknowledged"] += 1
        self.figures["bytes"] += len(data)

    def save(self, key, data, flags, new):
        """Writes and closes; `data` is written, `new` is the file's state afterwards."""
        self.maybe[key] = {self.sure.pop(key, None), new} | self.maybe.get(key, set())
        descriptor = os.open(self.path(key), os.O_WRONLY | flags, 0o644)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
            if self.random.random() < 0.5:
                os.fsync(descriptor)
                self.saved(key, new)
        finally:
            os.close(descriptor)
        self.saved(key, new)

    def create(self):
        data = self.random.randbytes(self.random.choice([0, 10, 5000, 200_000]))
        self.save(self.new_key(), data, os.O_CREAT, data)

    def large(self):
        data = self.random.randbytes(self.random.choice([2 << 20, 17 << 20]))
        self.save(self.new_key(), data, os.O_CREAT, data)

    def put_over_http(self):
        """Uploads are not kept for the next start: one without an answer may be there completely, or not."""
        data = self.random.randbytes(self.random.choice([10, 5000, 17 << 20]))
        key = self.new_key()
        self.maybe[key] = {None, data}
        answer = self.mount.put(self.bucket.name, key, data=data)
        assert answer.status_code in (201, 502, 504), answer.text
        if answer.status_code == 201:
            self.saved(key, data)

    def existing(self):
        keys = sorted(self.sure)
        return self.random.choice(keys) if keys else None

    def append(self):
        if key := self.existing():
            data = self.random.randbytes(300)
            self.save(key, data, os.O_APPEND, self.sure[key] + data)

    def overwrite(self):
        if key := self.existing():
            data = self.random.randbytes(4000)
            # A separate truncation may be saved before the bytes are.
            self.maybe[key] = {b""}
            self.save(key, data, os.O_TRUNC, data)

    def rename(self):
        if key := self.existing():
            new = self.new_key()
            data = self.sure.pop(key)
            self.moving = (key, new, data)
            os.rename(self.path(key), self.path(new))
            self.moving = None
            self.saved(new, data)

    def rename_tree(self):
        old, new = self.new_key() + "/", self.new_key() + "/"
        tree = {f"{number}": self.random.randbytes(50) for number in range(self.random.randrange(2, 12))}
        for name, data in tree.items():
            self.bucket.put(old + name, data)
        self.renaming = (old, new, tree)
        os.rename(self.path(old.rstrip("/")), self.path(new.rstrip("/")))
        self.renaming = None
        for name, data in tree.items():
            self.saved(new + name, data)

    moving = None

    def unreachable(self):
        """The objects that an interrupted rename left under neither name, before any recovery."""
        if self.moving:
            old, new, data = self.moving
            return [] if data in (self.bucket.get(old), self.bucket.get(new)) else [old]
        if self.renaming:
            old, new, tree = self.renaming
            return [name for name, data in tree.items() if data not in map(self.bucket.get, (old + name, new + name))]
        return []

    def verify(self):
        """Compares S3 with the promises, and uses its state as the reference from now on."""
        for key, data in self.sure.items():
            assert self.bucket.get(key) == data, f"{key} was acknowledged with {len(data)} bytes"
        for key, allowed in self.maybe.items():
            found = self.bucket.get(key)
            assert found in allowed, f"{key} is neither old nor new: {None if found is None else len(found)} bytes"
            if found is not None:
                self.sure[key] = found
        if self.moving:
            old, new, data = self.moving
            found = {key: self.bucket.get(key) for key in (old, new)}
            assert data in found.values(), f"{old} and {new}: neither is there"
            self.sure |= {key: got for key, got in found.items() if got is not None}
        if self.renaming:
            old, new, tree = self.renaming
            for prefix, other in ((old, new), (new, old)):
                if {key.removeprefix(prefix) for key in self.bucket.keys(prefix)} == set(tree):
                    assert self.bucket.keys(other) == [], f"{old} and {new}: both are there"
                    self.sure |= {prefix + name: data for name, data in tree.items()}
                    break
            else:
                pytest.fail(f"{old} {self.bucket.keys(old)} and {new} {self.bucket.keys(new)}: neither is whole")
            for name, data in tree.items():
                assert self.bucket.get(prefix + name) == data
        self.maybe, self.moving, self.renaming = {}, None, None
        assert set(self.bucket.keys(self.prefix)) == set(self.sure)
        self.figures["compared"] += sum(map(len, self.sure.values()))
        # Otherwise each point would take longer than the one before.
        for key in self.random.sample(sorted(self.sure), max(len(self.sure) - KEPT, 0)):
            self.bucket.delete(key)
            del self.sure[key]


def plan_kill(random, proxy, mount):
    """Kills the mount at a time, or at a request of some kind: before S3 gets it, or after."""
    killed = threading.Event()

    def kill():
        if not killed.is_set():
            os.kill(mount.process.pid, signal.SIGKILL)
            killed.set()

    kind = random.choice(["timer", "PUT", "PUT", "POST", "DELETE"])
    if kind == "timer":
        timer = threading.Timer(random.uniform(0.02, 0.8), kill)
        timer.start()
        return kind, killed
    action = random.choice(["before", "during", "after"])

    def strike(exchange):
        if action == "after":
            exchange.answer()
        kill()
        if action == "before":
            exchange.reset()
        return False

    proxy.add(strike, kind, skip=random.randrange(0, 25 if kind == "PUT" else 3))
    # That request may never be sent.
    threading.Timer(1.2, kill).start()
    return f"{kind} {action}", killed


def test_nothing_acknowledged_is_lost_at_any_point(localstack, proxy, tmp_path, bucket_name, record_property):
    chance = random.Random(SEED)
    bucket = Bucket(localstack.client(), bucket_name).create()
    figures = {"acknowledged": 0, "bytes": 0, "compared": 0, "kinds": {}}
    mount = Mount(tmp_path / "home", proxy.endpoint, "--timeout", "3").start()
    writers = [Writer(number, chance.random(), mount, bucket, figures) for number in range(WRITERS)]
    try:
        for writer in writers:
            os.makedirs(mount.path(bucket.name, writer.prefix), exist_ok=True)
        for writer in writers:
            bucket.delete(writer.prefix)
        for point in range(POINTS):
            kind, killed = plan_kill(chance, proxy, mount)
            threads = [threading.Thread(target=writer.work, daemon=True) for writer in writers]
            for thread in threads:
                thread.start()
            assert killed.wait(30)
            mount.process.wait(timeout=10)
            proxy.clear()
            for thread in threads:
                thread.join(timeout=20)
                assert not thread.is_alive(), f"seed {SEED}, point {point}: a call hangs in a dead mount"
            mount.clean_up_process()
            # Requests of the killed process arrive, or not, before the next process starts.
            wait_until(lambda: proxy.is_idle, 60, f"seed {SEED}, point {point}: the end of its requests")
            for writer in writers:
                unreachable = writer.unreachable()
                assert not unreachable, f"seed {SEED}, point {point} ({kind}): under neither name: {unreachable}"
            mount = Mount(tmp_path / "home", proxy.endpoint, "--timeout", "3").start()
            wait_until(mount.has_saved_all, 30, f"seed {SEED}, point {point}: recovery")
            for writer in writers:
                writer.mount = mount
                try:
                    writer.verify()
                except (AssertionError, pytest.fail.Exception) as problem:
                    pytest.fail(f"seed {SEED}, point {point} ({kind}): {problem}\n{mount.errors}")
            figures["kinds"][kind] = figures["kinds"].get(kind, 0) + 1
            figures["points"] = point + 1
            if point % 20 == 19:
                print(f"\nseed {SEED}: {figures}", flush=True)
            left = bucket.uploads()
            assert left == [], f"seed {SEED}, point {point} ({kind}): multipart uploads are left: {left}"
        mount.stop()
    finally:
        mount.clean_up()
    print(f"\nseed {SEED}: {figures}; lost: 0")


RENAMER = """
import os, random, sys
dice = random.Random()
while True:
    try:
        os.rename(f"{sys.argv[1]}/f{dice.randrange(6)}", f"{sys.argv[1]}/f{dice.randrange(6)}")
    except FileNotFoundError:
        pass
"""


def test_a_kill_ends_the_process_also_while_both_fronts_change_one_directory(start_faulty, proxy, bucket):
    """Regression: a thread that invalidated a name in the kernel waited for the lock of a directory that a program's
    rename held until the dead process would answer. Neither could be killed."""
    proxy.add(fault.Slow(0.03))
    for _ in range(3):
        for number in range(6):
            bucket.put(f"d/f{number}", "x")
        mount = start_faulty()
        folder = mount.path(bucket.name, "d")
        programs = [start(sys.executable, "-c", RENAMER, str(folder)) for _ in range(3)]
        stop = threading.Event()

        def move(dice):
            while not stop.is_set():
                try:
                    target = f"/{bucket.name}/d/f{dice.randrange(6)}"
                    mount.request("POST", bucket.name, "d", f"f{dice.randrange(6)}", query=f"?move={target}&replace")
                    mount.delete(bucket.name, "d", f"f{dice.randrange(6)}")
                    mount.put(bucket.name, "d", f"f{dice.randrange(6)}", data=b"x")
                except requests.RequestException:
                    return

        movers = [threading.Thread(target=move, args=(random.Random(number),)) for number in range(3)]
        for mover in movers:
            mover.start()
        time.sleep(1)  # as long as they work, at whatever moment
        mount.process.kill()
        try:
            mount.process.wait(timeout=10)
        finally:
            stop.set()
            # The only way to end a process that waits in the kernel, if the kill did not end it.
            run("umount", "-f", mount.directory, check=False)
            for program in programs:
                kill_group(program)
            for mover in movers:
                mover.join()
