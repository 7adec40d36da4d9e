"""The workloads of the mount. Each has `on_mount`, the same for every system that has files, and `on_server`, what a
program that speaks S3 would do for the same end. Names and contents are checked in every one of them."""

import os
import random
import subprocess

from .s3 import PART, in_threads
from .world import THREADS, block

APPENDED = 1 << 10


class Workload:
    name = ""
    # Folders of data that it reads.
    needs = ()
    # The names of the systems that can do it; None for all.
    systems = None
    # Whether it changes anything, and so has a second column: until the server shows it.
    writes = False

    def prepare(self, cell):
        """Not timed, by the server's client."""

    def on_mount(self, cell):
        raise NotImplementedError

    def on_server(self, cell):
        raise NotImplementedError

    def clean(self, cell):
        if self.writes:
            cell.world.remove_scratch(cell.scratch)


def output(*command):
    return subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, check=True).stdout


def read_file(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        data = os.read(descriptor, 1 << 20)
        while piece := os.read(descriptor, 1 << 20):
            data += piece
        return data
    finally:
        os.close(descriptor)


def write_file(path, body):
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        os.write(descriptor, body)
    finally:
        os.close(descriptor)


class Stat(Workload):
    name, needs = "stat", ("stat",)

    def on_mount(self, cell):
        files = cell.world.files["stat"]
        folder = cell.path / "stat"
        for row in ("stat 1,000, cold", "stat 1,000, again"):
            with cell.row(row):
                for name, body in files.items():
                    assert os.stat(f"{folder}/{name}").st_size == len(body)

    def on_server(self, cell):
        for row in ("stat 1,000, cold", "stat 1,000, again"):
            with cell.row(row):
                found = cell.s3.list(cell.bucket, "stat/")
            assert {k: v[0] for k, v in found.items()} == {
                f"stat/{name}": len(body) for name, body in cell.world.files["stat"].items()
            }


class Missing(Workload):
    name, needs = "missing", ("stat",)

    def on_mount(self, cell):
        folder = cell.path / "stat"
        with cell.row("stat 1,000 missing names"):
            for n in range(1000):
                try:
                    os.stat(f"{folder}/absent-{n}")
                    raise AssertionError("it exists")
                except FileNotFoundError:
                    pass

    def on_server(self, cell):
        with cell.row("stat 1,000 missing names"):
            found = cell.s3.list(cell.bucket, "stat/")
            assert not any(f"stat/absent-{n}" in found for n in range(1000))


class Walk(Workload):
    """A tool that lists a folder, twice; each of its files is named once."""

    def __init__(self, name, folder, title, mark, *command):
        self.name, self.needs = name, (folder,)
        self.folder, self.mark, self.command = folder, mark, command
        self.rows = (f"{title}, cold", f"{title}, again")

    def on_mount(self, cell):
        for row in self.rows:
            with cell.row(row):
                text = output(*(cell.path / self.folder if part is ... else part for part in self.command))
            assert text.count(self.mark) == len(cell.world.files[self.folder])

    def on_server(self, cell):
        for row in self.rows:
            with cell.row(row):
                assert cell.s3.list_count(cell.bucket, f"{self.folder}/") == len(cell.world.files[self.folder])


LS = Walk("ls", "list", "ls -l of 10,000", b"entry-", "ls", "-ln", ...)
FIND = Walk("find", "tree", "find over 5,000 in 500 folders", b"/leaf-", "find", ..., "-type", "f")


class Create(Workload):
    writes = True

    def __init__(self, threads):
        self.threads = threads
        self.name = f"create-{threads}"
        self.row = f"create 500 × 4 KB, {threads} thread{'s'[: threads > 1]}"

    def on_mount(self, cell):
        folder = cell.path / cell.scratch
        os.mkdir(folder)
        files = {f"new-{n}.bin": block(n) for n in range(500)}
        with cell.row(self.row) as row:
            in_threads(self.threads, lambda item: write_file(f"{folder}/{item[0]}", item[1]), files.items())
            cell.durable(row, lambda: cell.world.await_files(cell.scratch, files))

    def on_server(self, cell):
        files = {f"new-{n}.bin": block(n) for n in range(500)}
        with cell.row(self.row) as row:
            in_threads(
                self.threads, lambda item: cell.s3.put(cell.bucket, f"{cell.scratch}/{item[0]}", item[1]), files.items()
            )
            cell.durable(row, lambda: cell.world.await_files(cell.scratch, files))


class Untar(Workload):
    name, needs, writes = "tar", ("tools",), True
    row = "tar x of 500 files with times and modes"

    def on_mount(self, cell):
        folder = cell.path / cell.scratch
        os.mkdir(folder)
        with cell.row(self.row) as row:
            output("tar", "-C", folder, "-xf", cell.world.tar)
            cell.durable(row, lambda: cell.world.await_files(cell.scratch, cell.world.archived))
        for n in (0, 1, 499):
            status = os.stat(folder / f"part-{n % 10}/item-{n:03}.txt")
            cell.note("times lost", status.st_mtime != 1_600_000_000 + n)
            cell.note("modes lost", status.st_mode & 0o777 != (0o755 if n % 3 == 0 else 0o640))

    def on_server(self, cell):
        with cell.row(self.row) as row:
            for name, body in cell.world.archived.items():
                cell.s3.put(cell.bucket, f"{cell.scratch}/{name}", body, {"x-amz-meta-mtime": "1600000000"})
            cell.durable(row, lambda: cell.world.await_files(cell.scratch, cell.world.archived))


class Clone(Workload):
    name, needs, writes = "clone", ("tools",), True
    row = "git clone of a small repository"

    def on_mount(self, cell):
        folder = cell.path / cell.scratch
        os.mkdir(folder)
        with cell.row(self.row) as row:
            output("git", "clone", "-q", "--no-hardlinks", cell.world.repository, folder / "clone")
            cell.durable(row, lambda: cell.world.await_files(f"{cell.scratch}/clone/src", self._below(cell)))
        assert not output("git", "-C", folder / "clone", "status", "--porcelain")

    def on_server(self, cell):
        """What remains of a clone, put file by file."""
        files = {}
        for path in cell.world.repository.rglob("*"):
            if path.is_file():
                files[str(path.relative_to(cell.world.repository))] = path.read_bytes()
        with cell.row(self.row) as row:
            for name, body in files.items():
                cell.s3.put(cell.bucket, f"{cell.scratch}/clone/{name}", body)
            cell.durable(row, lambda: cell.world.await_files(f"{cell.scratch}/clone/src", self._below(cell)))

    @staticmethod
    def _below(cell):
        return {name.removeprefix("src/"): body for name, body in cell.world.cloned.items()}


class ReadSmall(Workload):
    needs = ("small",)

    def __init__(self, threads):
        self.threads = threads
        self.name = f"read-{threads}"
        text = f"read 500 × 4 KB, {threads} thread{'s'[: threads > 1]}"
        self.rows = (f"{text}, cold", f"{text}, again")

    def on_mount(self, cell):
        folder = cell.path / "small"
        self._read(cell, lambda name: read_file(f"{folder}/{name}"))

    def on_server(self, cell):
        self._read(cell, lambda name: cell.s3.get(cell.bucket, f"small/{name}"))

    def _read(self, cell, read):
        files = cell.world.files["small"]
        for row in self.rows:
            with cell.row(row):
                found = in_threads(self.threads, read, files)
            assert found == list(files.values())


class Grep(Workload):
    name, needs = "grep", ("grep",)
    row = "grep -r over 1,000 files, cold"

    def on_mount(self, cell):
        with cell.row(self.row):
            text = output("grep", "-rc", "the needle", cell.path / "grep")
        assert text.count(b":1\n") == 1000

    def on_server(self, cell):
        with cell.row(self.row):
            keys = cell.s3.list(cell.bucket, "grep/")
            assert sum(b"the needle" in cell.s3.get(cell.bucket, key) for key in keys) == 1000


def read_whole(path, check):
    """Reads a file by 1 MiB and compares as it goes."""
    buffer = memoryview(bytearray(1 << 20))
    with open(path, "rb", buffering=0) as file:
        while count := file.readinto(buffer):
            check(buffer[:count])
    check.finish()


class ReadBig(Workload):
    name, needs = "read-big", ("big",)

    def on_mount(self, cell):
        size = cell.world.sizes.big
        for row in (f"read {size >> 20} MB, cold", f"read {size >> 20} MB, again"):
            with cell.row(row):
                read_whole(cell.path / "big/big.bin", cell.world.comparison(0, size))

    def on_server(self, cell):
        size = cell.world.sizes.big
        for row in (f"read {size >> 20} MB, cold", f"read {size >> 20} MB, again"):
            with cell.row(row):
                check = cell.world.comparison(0, size)
                cell.s3.get(cell.bucket, "big/big.bin", sink=check)
                check.finish()


class ReadEight(Workload):
    name, needs = "read-eight", ("eight",)

    @staticmethod
    def check(cell, n):
        size = cell.world.sizes.eighth
        return cell.world.comparison(n * size, size)

    def on_mount(self, cell):
        with cell.row(f"read 8 × {cell.world.sizes.eighth >> 20} MB in parallel, cold"):
            in_threads(8, lambda n: read_whole(cell.path / f"eight/{n}.bin", self.check(cell, n)), range(8))

    def on_server(self, cell):
        def read(n):
            check = self.check(cell, n)
            cell.s3.get(cell.bucket, f"eight/{n}.bin", sink=check)
            check.finish()

        with cell.row(f"read 8 × {cell.world.sizes.eighth >> 20} MB in parallel, cold"):
            in_threads(8, read, range(8))


class ReadRandom(Workload):
    name, needs = "random", ("big",)

    @staticmethod
    def places(cell):
        places = random.Random(7)
        return [places.randrange(0, cell.world.sizes.big - 4096) for _ in range(200)]

    def on_mount(self, cell):
        with cell.row(f"200 random reads of 4 KB in {cell.world.sizes.big >> 20} MB, cold"):
            with open(cell.path / "big/big.bin", "rb", buffering=0) as file:
                for place in self.places(cell):
                    assert os.pread(file.fileno(), 4096, place) == cell.world.source[place : place + 4096]

    def on_server(self, cell):
        with cell.row(f"200 random reads of 4 KB in {cell.world.sizes.big >> 20} MB, cold"):
            for place in self.places(cell):
                body = cell.s3.get(cell.bucket, "big/big.bin", place, place + 4095)
                assert body == cell.world.source[place : place + 4096]


class WriteBig(Workload):
    name, writes = "write-big", True

    def on_mount(self, cell):
        folder = cell.path / cell.scratch
        os.mkdir(folder)
        expected = cell.world.source[: cell.world.sizes.big]
        with cell.row(f"write {len(expected) >> 20} MB with fsync") as row:
            with open(folder / "new.bin", "wb", buffering=0) as file:
                for at in range(0, len(expected), 1 << 20):
                    file.write(expected[at : at + (1 << 20)])
                os.fsync(file.fileno())
            cell.durable(row, lambda: cell.world.await_object(f"{cell.scratch}/new.bin", len(expected)))
        cell.check(f"{cell.scratch}/new.bin", expected)

    def on_server(self, cell):
        expected = cell.world.source[: cell.world.sizes.big]
        with cell.row(f"write {len(expected) >> 20} MB with fsync") as row:
            cell.s3.put_large(cell.bucket, f"{cell.scratch}/new.bin", expected)
            cell.durable(row, lambda: cell.world.await_object(f"{cell.scratch}/new.bin", len(expected)))
        cell.check(f"{cell.scratch}/new.bin", expected)


class Append(Workload):
    name, writes = "append", True
    row = "append 100 × 1 KB with close each"

    def on_mount(self, cell):
        folder = cell.path / cell.scratch
        os.mkdir(folder)
        pieces = [block(n, APPENDED) for n in range(100)]
        with cell.row(self.row) as row:
            for piece in pieces:
                descriptor = os.open(folder / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
                os.write(descriptor, piece)
                os.close(descriptor)
            cell.durable(row, lambda: cell.world.await_files(cell.scratch, {"log": b"".join(pieces)}))

    def on_server(self, cell):
        pieces = [block(n, APPENDED) for n in range(100)]
        with cell.row(self.row) as row:
            for n in range(1, 101):
                cell.s3.put(cell.bucket, f"{cell.scratch}/log", b"".join(pieces[:n]))
            cell.durable(row, lambda: cell.world.await_files(cell.scratch, {"log": b"".join(pieces)}))


class ChangeHuge(Workload):
    """One small change of a large object."""

    needs, writes = ("huge",), True

    def __init__(self, what):
        self.what = what
        self.name = f"{what}-huge"

    def prepare(self, cell):
        cell.key = f"{cell.scratch}/huge.bin"
        source, size = "huge/huge.bin", cell.world.sizes.huge
        step = 256 << 20
        parts = [(source, at, min(at + step, size) - 1) for at in range(0, size, step)]
        cell.world.s3.multipart(cell.bucket, cell.key, parts)
        if not cell.system.is_counted:
            path = cell.world.local / cell.key
            path.parent.mkdir(parents=True)
            with open(path, "wb") as file:
                file.write(cell.world.source)

    def row(self, cell):
        size = f"{cell.world.sizes.huge >> 20} MB"
        return f"patch 1 byte in {size}" if self.what == "patch" else f"append 1 KB to {size}"

    def place(self, cell):
        return cell.world.sizes.huge // 2 + 12345 if self.what == "patch" else cell.world.sizes.huge

    def added(self, cell):
        if self.what == "append":
            return block(1, APPENDED)
        return bytes([cell.world.source[self.place(cell)] ^ 255])

    def finish(self, cell, row, before):
        size = max(cell.world.sizes.huge, self.place(cell) + len(self.added(cell)))
        cell.durable(row, lambda: cell.world.await_object(cell.key, size, before))

    def check(self, cell):
        """The whole object where it was changed, and around the borders of likely parts."""
        place, added = self.place(cell), self.added(cell)
        source = cell.world.source
        around = max(place - (1 << 20), 0)
        cell.check(cell.key, bytes(source[around:place]) + added + bytes(source[place + len(added) :][: 1 << 20]), around)
        for at in range(0, cell.world.sizes.huge - 8192, 1 << 22):
            if not place - 8192 < at < place + 8192:
                cell.check(cell.key, source[at : at + 4096], at)

    def on_mount(self, cell):
        before = cell.world.etag(cell.key)
        with cell.row(self.row(cell)) as row:
            flags = os.O_WRONLY | (os.O_APPEND if self.what == "append" else 0)
            descriptor = os.open(cell.path / cell.key, flags)
            os.pwrite(descriptor, self.added(cell), self.place(cell))
            os.close(descriptor)
            self.finish(cell, row, before)
        self.check(cell)

    def on_server(self, cell):
        before = cell.world.etag(cell.key)
        size, place, source = cell.world.sizes.huge, self.place(cell), cell.world.source
        with cell.row(self.row(cell)) as row:
            if self.what == "append":
                start = size - (PART >> 1)
                parts = [(cell.key, 0, start - 1), bytes(source[start:]) + self.added(cell)]
            else:
                start, end = place - (PART >> 2), place + (PART >> 2)
                middle = bytes(source[start:place]) + self.added(cell) + bytes(source[place + 1 : end])
                parts = [(cell.key, 0, start - 1), middle, (cell.key, end, size - 1)]
            cell.s3.multipart(cell.bucket, cell.key, parts)
            self.finish(cell, row, before)
        self.check(cell)


class Thousand(Workload):
    """A folder of 1,000 files, made by another program."""

    writes = True

    def prepare(self, cell):
        cell.files = {f"one-{n:04}.txt": b"%d\n" % n for n in range(1000)}
        cell.world.put_files(f"{cell.scratch}/old", cell.files)
        if not cell.system.is_counted:
            cell.world.write_local(f"{cell.scratch}/old", cell.files)


class Rename(Thousand):
    name = "rename"
    row = "rename a directory of 1,000"

    def await_renamed(self, cell):
        cell.world.await_files(f"{cell.scratch}/new", cell.files)
        cell.world.await_files(f"{cell.scratch}/old", {})

    def on_mount(self, cell):
        with cell.row(self.row) as row:
            os.rename(cell.path / cell.scratch / "old", cell.path / cell.scratch / "new")
            cell.durable(row, lambda: self.await_renamed(cell))

    def on_server(self, cell):
        with cell.row(self.row) as row:
            keys = list(cell.s3.list(cell.bucket, f"{cell.scratch}/old/"))
            in_threads(
                THREADS, lambda key: cell.s3.copy(cell.bucket, key, key.replace("/old/", "/new/")), keys
            )
            cell.s3.delete_many(cell.bucket, keys)
            cell.durable(row, lambda: self.await_renamed(cell))


class Remove(Thousand):
    name = "remove"
    row = "rm -r of 1,000"

    def on_mount(self, cell):
        with cell.row(self.row) as row:
            output("rm", "-r", cell.path / cell.scratch / "old")
            cell.durable(row, lambda: cell.world.await_files(f"{cell.scratch}/old", {}))

    def on_server(self, cell):
        """One after another, as rm(1) asks for them."""
        with cell.row(self.row) as row:
            for key in cell.s3.list(cell.bucket, f"{cell.scratch}/old/"):
                cell.s3.delete(cell.bucket, key)
            cell.durable(row, lambda: cell.world.await_files(f"{cell.scratch}/old", {}))


class Copy(Workload):
    name, needs, writes = "copy", ("big",), True

    def row(self, cell):
        return f"cp of {cell.world.sizes.big >> 20} MB inside the mount"

    def finish(self, cell, row):
        cell.durable(row, lambda: cell.world.await_object(f"{cell.scratch}/copy.bin", cell.world.sizes.big))

    def on_mount(self, cell):
        folder = cell.path / cell.scratch
        os.mkdir(folder)
        with cell.row(self.row(cell)) as row:
            output("cp", cell.path / "big/big.bin", folder / "copy.bin")
            self.finish(cell, row)
        cell.check(f"{cell.scratch}/copy.bin", cell.world.source[: cell.world.sizes.big])

    def on_server(self, cell):
        with cell.row(self.row(cell)) as row:
            cell.s3.copy(cell.bucket, "big/big.bin", f"{cell.scratch}/copy.bin")
            self.finish(cell, row)
        cell.check(f"{cell.scratch}/copy.bin", cell.world.source[: cell.world.sizes.big])


MOUNT_WORKLOADS = [
    Stat(), Missing(), LS, FIND, Create(1), Create(THREADS), Untar(), Clone(), ReadSmall(1),
    ReadSmall(THREADS), Grep(), ReadBig(), ReadEight(), ReadRandom(), WriteBig(), Append(), ChangeHuge("patch"),
    ChangeHuge("append"), Rename(), Remove(), Copy(),
]  # fmt: skip
