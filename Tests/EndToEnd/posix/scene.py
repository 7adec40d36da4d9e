"""A directory of known files, inspected before and after each call, and restored where a call has changed it."""

import os
import stat
import time
from dataclasses import dataclass
from typing import Optional

# <linux/time.h>; the clock that file systems use.
CLOCK_REALTIME_COARSE = 5


@dataclass(frozen=True)
class Entry:
    kind: int
    # Bytes of a file, target of a link.
    body: bytes = b""
    mode: int = 0o644
    owner: int = 0
    group: int = 0


def file(body=b"", **rest):
    return Entry(stat.S_IFREG, body, **rest)


def directory(mode=0o755, **rest):
    return Entry(stat.S_IFDIR, mode=mode, **rest)


def fifo():
    return Entry(stat.S_IFIFO)


def link(target):
    return Entry(stat.S_IFLNK, target, 0o777)


@dataclass(frozen=True)
class Seen:
    """The results of lstat, read and readlink for one name."""

    kind: int
    mode: int
    owner: tuple
    size: Optional[int]
    links: Optional[int]
    inode: int
    mtime: int
    ctime: int
    body: Optional[bytes]

    def differs(self, other):
        """The names of the differing attributes; of times only that they changed."""
        fields = ["kind", "mode", "owner", "size", "links", "inode", "mtime", "ctime", "body"]
        if self.inode != other.inode:
            # Another file: equal times would only mean the same tick of the clock.
            fields.remove("mtime")
        return [field for field in fields if getattr(self, field) != getattr(other, field)]


class Scene:
    """Files by their path in a directory of their own."""

    def __init__(self, root, entries, umask=0o022):
        self.root = root
        self.entries = entries
        os.umask(umask)
        os.mkdir(root)
        for path, entry in entries.items():
            self._make(path, entry)
        # After all names exist, since files can be made only in writable directories.
        for path, entry in entries.items():
            self._set_attributes(path, entry)
        self.seen = self.look({})

    def at(self, path):
        return f"{self.root}/{path}"

    def _make(self, path, entry):
        place = self.at(path)
        if entry.kind == stat.S_IFDIR:
            os.mkdir(place)
        elif entry.kind == stat.S_IFLNK:
            os.symlink(entry.body, place)
        elif entry.kind == stat.S_IFIFO:
            os.mkfifo(place)
        else:
            descriptor = os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
            os.write(descriptor, entry.body)
            os.close(descriptor)

    def _set_attributes(self, path, entry):
        place = self.at(path)
        status = os.lstat(place)
        if (status.st_uid, status.st_gid) != (entry.owner, entry.group):
            os.lchown(place, entry.owner, entry.group)
        if entry.kind != stat.S_IFLNK and stat.S_IMODE(os.lstat(place).st_mode) != entry.mode:
            os.chmod(place, entry.mode)

    # Inspecting

    def look(self, before):
        """Everything in the scene. Bytes are read where anything else differs from `before`."""
        seen = {}
        left = [""]
        while left:
            parent = left.pop()
            for name in sorted(os.listdir(self.at(parent))):
                path = f"{parent}/{name}".removeprefix("/")
                seen[path] = self._look_at(self.at(path), before.get(path))
                if seen[path].kind == stat.S_IFDIR:
                    left.append(path)
        return seen

    @staticmethod
    def _look_at(place, before):
        status = os.lstat(place)
        kind = stat.S_IFMT(status.st_mode)
        is_directory = kind == stat.S_IFDIR
        facts = dict(
            kind=kind,
            mode=stat.S_IMODE(status.st_mode),
            owner=(status.st_uid, status.st_gid),
            # The size and link count of a directory are specific to each file system.
            size=None if is_directory else status.st_size,
            links=None if is_directory else status.st_nlink,
            inode=status.st_ino,
            mtime=status.st_mtime_ns,
            ctime=status.st_ctime_ns,
        )
        body = None
        if before and all(getattr(before, name) == value for name, value in facts.items()):
            body = before.body
        elif kind == stat.S_IFREG:
            with open(place, "rb", buffering=0) as opened:
                body = opened.read()
        elif kind == stat.S_IFLNK:
            body = os.fsencode(os.readlink(place))
        return Seen(body=body, **facts)

    def changes(self):
        """The changes since the last inspection: {path: "new", "gone" or the names of differing attributes}."""
        before, after = self.seen, self.look(self.seen)
        self.seen = after
        told = {path: "gone" for path in before if path not in after}
        for path, now in after.items():
            if path not in before:
                told[path] = describe(now)
            elif difference := now.differs(before[path]):
                told[path] = " ".join(difference)
                if {"kind", "mode", "owner", "size", "body", "inode"} & set(difference):
                    told[path] += ": " + describe(now)
        return told

    # Restoring

    def mend(self):
        """Restores everything that differs from the scene's definition."""
        wrong = [path for path in self.seen if not self._is_right(path)]
        if not wrong and self.entries.keys() <= self.seen.keys():
            return
        # Contents are removed before their directory.
        for path in sorted(wrong, key=len, reverse=True):
            self._remove(path)
        for path, entry in self.entries.items():
            if not os.path.lexists(self.at(path)):
                self._make(path, entry)
        for path, entry in self.entries.items():
            self._set_attributes(path, entry)
        self.seen = self.look(self.seen)
        assert not [path for path in self.seen if not self._is_right(path)], "the scene cannot be restored"
        self.wait_for_the_clock()

    def _is_right(self, path):
        entry, seen = self.entries.get(path), self.seen.get(path)
        if not entry or not seen:
            return False
        return (entry.kind, entry.mode, (entry.owner, entry.group)) == (seen.kind, seen.mode, seen.owner) and (
            entry.kind not in (stat.S_IFREG, stat.S_IFLNK) or entry.body == seen.body
        )

    def _remove(self, path):
        if self.seen[path].kind != stat.S_IFDIR:
            os.unlink(self.at(path))
        elif path not in self.entries or self.entries[path].kind != stat.S_IFDIR:
            os.rmdir(self.at(path))

    def wait_for_the_clock(self):
        """Waits until a change made now has a later time than all files: file systems record time in ticks."""
        newest = max([seen.ctime for seen in self.seen.values()] + [os.lstat(self.root).st_ctime_ns])
        while time.clock_gettime_ns(CLOCK_REALTIME_COARSE) <= newest:
            time.sleep(0.001)


def describe(seen):
    kind = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "link", stat.S_IFIFO: "fifo"}
    text = f"{kind.get(seen.kind, oct(seen.kind))} {seen.mode:o} of {seen.owner[0]}:{seen.owner[1]}"
    return text if seen.body is None else f"{text} {seen.body[:40]!r}"
