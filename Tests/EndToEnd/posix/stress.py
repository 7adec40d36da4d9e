"""One process of the stress test: `stress.py DIRECTORY SEED PROCESS THREADS OPERATIONS`.

Each thread works at random in a tree of its own, where every outcome is determined: it is logged, and must be the same
in any file system. In between it works with all the others in `shared`, where the order is random, but the possible
outcomes are known. Prints one line of JSON: the logs, and the data that the other processes need.
"""

import ctypes
import errno
import hashlib
import json
import os
import random
import stat
import sys
import threading
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
AT_FDCWD, NOREPLACE = -100, 1
RACES = 60


def rename_noreplace(source, target):
    if LIBC.renameat2(AT_FDCWD, os.fsencode(source), AT_FDCWD, os.fsencode(target), NOREPLACE) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def digest(data):
    return f"{len(data)} bytes {hashlib.sha256(data).hexdigest()[:12]}"


def sealed(dice, size):
    """Returns bytes with a checksum."""
    body = dice.randbytes(size)
    return size.to_bytes(8) + hashlib.sha256(body).digest() + body


def flaw(data):
    """Returns the error in sealed bytes; an empty text if they are complete."""
    size, digest, body = int.from_bytes(data[:8]), data[8:40], data[40:]
    if size != len(body):
        return f"{len(body)} bytes of {size}"
    return "" if hashlib.sha256(body).digest() == digest else f"other bytes within {size}"


def write_all(descriptor, data):
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def read_all(descriptor):
    data = b""
    while piece := os.read(descriptor, 1 << 20):
        data += piece
    return data


def spill(path, data, flags=os.O_CREAT | os.O_TRUNC):
    descriptor = os.open(path, os.O_WRONLY | flags, 0o644)
    try:
        write_all(descriptor, data)
    finally:
        os.close(descriptor)


def slurp(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return read_all(descriptor)
    finally:
        os.close(descriptor)


class Own:
    """Random work in a tree of its own. Names are few, and now and then those of files and of directories are mixed up,
    so that some of it fails."""

    FILES, DIRECTORIES = ["a", "b", "c.txt", "é"], ["x", "y"]
    HELD = 3

    def __init__(self, root, dice):
        self.root, self.dice = root, dice
        self.log = []
        self.held = {}
        for path in ("", "x", "x/y", "y"):
            os.mkdir(os.path.join(root, path))
        self.table = {
            self.write: 10, self.create_new: 4, self.append: 6, self.patch: 5, self.truncate: 4, self.read: 8, self.status: 8,
            self.unlink: 6, self.make_directory: 6, self.remove_directory: 3, self.rename: 8, self.rename_directory: 4,
            self.rename_to_new: 2,
            self.link: 2, self.read_link: 2, self.hard_link: 1, self.list: 6, self.change_mode: 3, self.set_times: 2, self.set_attribute: 2,
            self.copy: 3, self.hold: 5, self.write_held: 6, self.read_held: 4, self.truncate_held: 2, self.sync_held: 2,
            self.status_held: 3, self.drop_held: 4,
        }  # fmt: skip

    def step(self):
        (operation,) = self.dice.choices(list(self.table), weights=list(self.table.values()))
        self.told = operation.__name__
        try:
            outcome = operation()
        except OSError as error:
            outcome = errno.errorcode[error.errno]
        self.log.append(f"{self.told}: {outcome}")

    # Names and bytes

    def path(self, last=FILES):
        names = [self.any_name(self.DIRECTORIES) for _ in range(self.dice.choice([0, 0, 0, 1, 1, 2]))] + [self.any_name(last)]
        self.told += f" {'/'.join(names)}"
        return os.path.join(self.root, *names)

    def any_name(self, likely):
        return self.dice.choice(likely if self.dice.random() < 0.9 else self.FILES + self.DIRECTORIES)

    def data(self):
        return self.dice.randbytes(self.dice.choice([0, 1, 100, 100, 5000, 5000, 140_000]))

    # By name

    def write(self):
        path, data = self.path(), self.data()
        spill(path, data)
        return digest(data)

    def create_new(self):
        path, data = self.path(), self.data()
        spill(path, data, os.O_CREAT | os.O_EXCL)
        return digest(data)

    def append(self):
        path, data = self.path(), self.data()
        spill(path, data, os.O_APPEND)
        return os.stat(path).st_size

    def patch(self):
        path, data, at = self.path(), self.data(), self.dice.choice([0, 3, 5000])
        descriptor = os.open(path, os.O_RDWR)
        try:
            os.pwrite(descriptor, data, at)
            return digest(read_all(descriptor))
        finally:
            os.close(descriptor)

    def truncate(self):
        path, size = self.path(), self.dice.choice([0, 50, 5000, 70_000])
        os.truncate(path, size)
        return os.stat(path).st_size

    def read(self):
        return digest(slurp(self.path()))

    def status(self):
        status = os.lstat(self.path())
        size = None if stat.S_ISDIR(status.st_mode) else status.st_size
        return f"{status.st_mode:o} {size}"

    def unlink(self):
        os.unlink(self.path())

    def make_directory(self):
        os.mkdir(self.path(self.DIRECTORIES), self.dice.choice([0o755, 0o700]))

    def remove_directory(self):
        os.rmdir(self.path(self.DIRECTORIES))

    def rename(self):
        os.rename(self.path(), self.path())

    def rename_directory(self):
        os.rename(self.path(self.DIRECTORIES), self.path(self.DIRECTORIES))

    def rename_to_new(self):
        rename_noreplace(self.path(), self.path())

    def link(self):
        target, path = self.dice.choice([*self.FILES, *self.DIRECTORIES, "x/a", "nowhere"]), self.path()
        os.symlink(target, path)

    def read_link(self):
        return os.readlink(self.path())

    def hard_link(self):
        """No file has them here: only the refusal is checked."""
        path = self.path()
        if not os.path.isfile(path) or os.path.lexists(path + ".hard"):
            return "nothing to link"
        try:
            os.link(path, path + ".hard")
            os.unlink(path + ".hard")
        except PermissionError:
            pass
        return "linked or refused"

    def list(self):
        return sorted(os.listdir(self.path(self.DIRECTORIES)))

    def change_mode(self):
        path = self.path()
        os.chmod(path, self.dice.choice([0o644, 0o600, 0o755]))
        return f"{os.stat(path).st_mode:o}"

    def set_times(self):
        path, when = self.path(), self.dice.randrange(10**9) * 10**9 + 5
        os.utime(path, ns=(when, when))
        return os.stat(path).st_mtime_ns

    def set_attribute(self):
        path, value = self.path(), self.dice.randbytes(20).hex().encode()
        os.setxattr(path, "user.note", value)
        return os.getxattr(path, "user.note").decode()

    def copy(self):
        source, target = self.path(), self.path()
        data = slurp(source)
        spill(target, data)
        return digest(data)

    # By descriptors that stay open while names come and go

    def hold(self):
        slot = self.dice.randrange(self.HELD)
        path, flags = self.path(), self.dice.choice([os.O_RDWR, os.O_RDWR | os.O_CREAT, os.O_RDWR | os.O_APPEND])
        if slot in self.held:
            os.close(self.held.pop(slot))
        self.held[slot] = os.open(path, flags, 0o640)

    def slot(self):
        slot = self.dice.randrange(self.HELD)
        self.told += f" {slot}"
        return self.held.get(slot)

    def write_held(self):
        descriptor, data, at = self.slot(), self.data(), self.dice.choice([0, 10, 4096])
        return "none" if descriptor is None else os.pwrite(descriptor, data, at)

    def read_held(self):
        descriptor = self.slot()
        return "none" if descriptor is None else digest(os.pread(descriptor, 1 << 20, 0))

    def truncate_held(self):
        descriptor, size = self.slot(), self.dice.choice([0, 10, 9000])
        return "none" if descriptor is None else os.ftruncate(descriptor, size)

    def sync_held(self):
        descriptor = self.slot()
        return "none" if descriptor is None else os.fsync(descriptor)

    def status_held(self):
        descriptor = self.slot()
        if descriptor is None:
            return "none"
        status = os.fstat(descriptor)
        return f"{status.st_mode:o} {status.st_size} bytes, {status.st_nlink} links"

    def drop_held(self):
        slot = self.dice.randrange(self.HELD)
        return "none" if slot not in self.held else os.close(self.held.pop(slot))

    def end(self):
        for descriptor in self.held.values():
            os.close(descriptor)


class Shared:
    """The work of all threads of all processes in one directory."""

    def __init__(self, root, name, dice):
        self.root, self.name, self.dice = root, name, dice
        self.wrong = []
        self.increments = {"file": 0, "directory": 0}
        self.records = self.reads = self.stale = 0
        self.race = 0
        self.won = []
        self.kept, self.removed = set(), set()
        self.numbers = iter(range(1_000_000))
        self.acts = [
            self.count_by_file, self.count_by_directory, self.replace, self.read, self.read, self.append, self.next_race, self.next_race, self.keep,
            self.remove, self.list, self.list, self.churn, self.read_foreign, self.read_foreign,
        ]  # fmt: skip

    def at(self, name):
        return os.path.join(self.root, name)

    def step(self):
        act = self.dice.choice(self.acts)
        try:
            act()
        except OSError as error:
            self.complain(f"{act.__name__}: {error!r}")

    def complain(self, text):
        self.wrong.append(f"{self.name}: {text}")

    # Mutual exclusion by lock files

    def count_by_file(self):
        try:
            os.close(os.open(self.at("lock"), os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            return
        self.increment("file")
        os.unlink(self.at("lock"))

    def count_by_directory(self):
        try:
            os.mkdir(self.at("lock.d"))
        except FileExistsError:
            return
        self.increment("directory")
        os.rmdir(self.at("lock.d"))

    def increment(self, kind):
        number = int(slurp(self.at(f"counter.{kind}")))
        spill(self.at(f"counter.{kind}"), b"%d" % (number + 1))
        self.increments[kind] += 1

    # One name that all threads replace and read

    def replace(self):
        spill(self.at(f"{self.name}.tmp"), sealed(self.dice, self.dice.choice([10, 5000, 300_000])))
        os.replace(self.at(f"{self.name}.tmp"), self.at("current"))

    def read(self):
        self.reads += 1
        try:
            data = slurp(self.at("current"))
        except OSError as error:
            if error.errno != errno.ESTALE:
                raise
            # Linux walks a path again once: it was replaced between two walks and two opens (SEMANTICS 2.3.1).
            self.stale += 1
            return
        if wrong := flaw(data):
            self.complain(f"current is damaged: {wrong}")

    # Names that another client, outside of this mount, replaces and deletes

    def read_foreign(self):
        name = f"foreign-{self.dice.randrange(3)}"
        try:
            data = slurp(self.at(name))
        except FileNotFoundError:
            return
        except OSError as error:
            if error.errno == errno.ESTALE:
                return
            raise
        if wrong := flaw(data):
            self.complain(f"{name} is damaged: {wrong}")

    # One file to which all threads append

    def append(self):
        self.records += 1
        spill(self.at("log"), f"{self.name} {self.records:08}\n".encode(), os.O_APPEND)

    # Races that exactly one thread may win

    def next_race(self):
        if self.race == RACES:
            return
        number, self.race = self.race, self.race + 1
        target = self.at(f"race-{number}")
        mine = self.at(f"{self.name}.race")
        kind = number % 6
        loss = errno.ENOENT if kind in (4, 5) else errno.EEXIST
        try:
            if kind == 0:
                os.mkdir(target)
            elif kind == 1:
                os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            elif kind == 2:
                os.symlink(self.name, target)
            elif kind == 3:
                spill(mine, self.name.encode())
                rename_noreplace(mine, target)
            elif kind == 4:
                os.unlink(target)
            else:
                os.rename(target, f"{target}-{self.name}")
            self.won.append(number)
        except OSError as error:
            if error.errno != loss:
                self.complain(f"race {number}: {error!r}")

    # A thread's own names among all the others'

    def keep(self):
        name = f"kept-{self.name}-{next(self.numbers)}"
        spill(self.at(name), name.encode())
        self.kept.add(name)

    def remove(self):
        if self.kept:
            name = self.dice.choice(sorted(self.kept))
            os.unlink(self.at(name))
            self.kept.discard(name)
            self.removed.add(name)

    def list(self):
        names = os.listdir(self.root)
        if len(names) != len(set(names)):
            self.complain("a name is listed twice")
        if missing := self.kept - set(names):
            self.complain(f"not listed: {missing}")
        if surplus := self.removed & set(names):
            self.complain(f"still listed: {surplus}")
        if "current" not in names:
            self.complain("current is not listed")

    def churn(self):
        here, there = self.at(f"dir-{self.name}"), self.at(f"moved-{self.name}")
        os.mkdir(here)
        for name in "xyz":
            spill(f"{here}/{name}", name.encode())
        os.rename(here, there)
        found = {name: slurp(f"{there}/{name}") for name in os.listdir(there)}
        if found != {"x": b"x", "y": b"y", "z": b"z"}:
            self.complain(f"in the renamed directory {found}")
        for name in found:
            os.unlink(f"{there}/{name}")
        os.rmdir(there)

    def finish(self):
        while self.race < RACES:
            self.next_race()
        return {
            "wrong": self.wrong, "increments": self.increments, "records": self.records, "reads": self.reads,
            "stale": self.stale, "won": self.won, "kept": sorted(self.kept),
        }  # fmt: skip


def prepare(root):
    """The findings of all processes."""
    os.mkdir(root / "shared")
    for name in ("counter.file", "counter.directory"):
        spill(root / "shared" / name, b"0")
    spill(root / "shared/log", b"")
    spill(root / "shared/current", sealed(random.Random(0), 100))
    for number in range(RACES):
        if number % 6 in (4, 5):
            spill(root / f"shared/race-{number}", b"prey")


def work(root, seed, name, operations, results):
    own = Own(str(root / name), random.Random(f"{seed} own {name}"))
    dice = random.Random(f"{seed} shared {name}")
    shared = Shared(str(root / "shared"), name, dice)
    for _ in range(operations):
        own.step()
        if dice.random() < 0.4:
            shared.step()
    own.end()
    results[name] = {"log": own.log, **shared.finish()}


def main():
    root, seed, process, threads, operations = Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:6])
    os.umask(0o022)
    results = {}
    workers = [
        threading.Thread(target=work, args=(root, seed, f"p{process}t{number}", operations, results)) for number in range(threads)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(json.dumps(results))
    return len(results) != threads


if __name__ == "__main__":
    sys.exit(main())
