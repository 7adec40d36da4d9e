"""System calls on names of every kind: `calls.py DIRECTORY SEED CASES`.

Makes a scene, does each call on it, and prints one line of JSON for each: the call's result, and what it changed. Run
in two file systems, the lines must be the same. CASES is the number of calls by other users: there are too many to do
them all, so SEED chooses.
"""

import ctypes
import errno
import fcntl
import itertools
import json
import os
import random
import stat
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from scene import CLOCK_REALTIME_COARSE, Scene, directory, fifo, file, link  # noqa: E402

LIBC = ctypes.CDLL(None, use_errno=True)
AT_FDCWD = -100
AT_SYMLINK_NOFOLLOW, AT_SYMLINK_FOLLOW, AT_REMOVEDIR = 0x100, 0x400, 0x200
NOW, OMIT = (1 << 30) - 1, (1 << 30) - 2
GIVEN = 1_000_000_000


# Calls that Python lacks, or lacks with these arguments


def checked(result):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def rename2(source, target, flags):
    checked(LIBC.renameat2(AT_FDCWD, os.fsencode(source), AT_FDCWD, os.fsencode(target), flags))


def linkat(source, target, flags):
    checked(LIBC.linkat(AT_FDCWD, os.fsencode(source), AT_FDCWD, os.fsencode(target), flags))


def utimensat(path, accessed, modified, flags=0):
    times = (ctypes.c_long * 4)(*accessed, *modified)
    checked(LIBC.utimensat(AT_FDCWD, os.fsencode(path), times, flags))


def truncate(path, size):
    checked(LIBC.truncate(os.fsencode(path), ctypes.c_long(size)))


_numbers = itertools.count(1_000_000_000)


def another_value():
    """Returns a new value each time, so that a call sets a present value only on purpose."""
    return b"%d" % next(_numbers)


# Names that the calls use

TOO_LONG = "n" * 256
SCENE = {
    "file": file(b"contents"),
    "empty": file(),
    "dir": directory(),
    "full": directory(),
    "full/inside": file(b"inside"),
    "link": link(b"file"),
    "dirlink": link(b"full"),
    "dangling": link(b"nowhere"),
    "loop": link(b"loop"),
    "fifo": fifo(),
}

SUBJECTS = [
    "file", "file/", "file/x", "file/..", "dir", "dir/", "dir/.", "full", "full/..", "full/inside", "link", "link/", "dirlink",
    "dirlink/", "dirlink/inside", "dangling", "dangling/", "dangling/x", "loop", "loop/x", "fifo", "fifo/", "missing",
    "missing/", "missing/x", TOO_LONG, TOO_LONG + "/x", "dir/" + TOO_LONG, "dir/" + "./" * 2100 + "x",
]  # fmt: skip
PAIRED = [
    "file", "file/", "file/x", "empty", "dir", "dir/", "dir/.", "dir/new", "dir/new/", "full", "full/", "full/inside", "full/new", "link",
    "dirlink", "dirlink/", "dirlink/inside", "dangling", "loop", "loop/x", "fifo", "missing", "missing/", "missing/x", TOO_LONG,
]  # fmt: skip


# Calls on one name. Each returns the value to compare.


def opening(flags):
    def call(path):
        descriptor = os.open(path, flags | os.O_NONBLOCK, 0o640)
        try:
            return stat.S_IFMT(os.fstat(descriptor).st_mode)
        finally:
            os.close(descriptor)

    return call


def with_descriptor(flags, use):
    def call(path):
        try:
            descriptor = os.open(path, flags | os.O_NONBLOCK)
        except OSError:
            return "not opened"
        try:
            return use(descriptor)
        finally:
            os.close(descriptor)

    return call


def openings():
    accesses = {"RDONLY": os.O_RDONLY, "WRONLY": os.O_WRONLY, "RDWR": os.O_RDWR}
    kinds = [
        "", "CREAT", "CREAT EXCL", "TRUNC", "CREAT TRUNC", "NOFOLLOW", "CREAT NOFOLLOW", "DIRECTORY", "DIRECTORY NOFOLLOW",
        "CREAT DIRECTORY", "CREAT EXCL DIRECTORY", "APPEND", "APPEND TRUNC", "PATH", "PATH NOFOLLOW", "PATH DIRECTORY",
        "CREAT EXCL NOFOLLOW", "SYNC", "TMPFILE",
    ]  # fmt: skip
    for (access, flag), kind in itertools.product(accesses.items(), kinds):
        flags = flag
        for word in kind.split():
            flags |= getattr(os, "O_" + word)
        yield f"open {access} {kind}".strip(), opening(flags)


USES = {
    "read": lambda descriptor: len(os.read(descriptor, 100)),
    "write": lambda descriptor: os.write(descriptor, b"xy"),
    "pread before the beginning": lambda descriptor: os.pread(descriptor, 1, -1),
    "pwrite nothing": lambda descriptor: os.pwrite(descriptor, b"", 3),
    "ftruncate 3": lambda descriptor: os.ftruncate(descriptor, 3),
    "ftruncate -1": lambda descriptor: os.ftruncate(descriptor, -1),
    "fchmod": lambda descriptor: os.fchmod(descriptor, 0o600),
    "fchown": lambda descriptor: os.fchown(descriptor, 7, -1),
    "futimens": lambda descriptor: os.utime(descriptor, (next(_numbers), next(_numbers))),
    "fsync": os.fsync,
    "fdatasync": os.fdatasync,
    "getdents": lambda descriptor: sorted(os.listdir(descriptor)),
    "fchdir": os.fchdir,
    "lseek 5": lambda descriptor: os.lseek(descriptor, 5, os.SEEK_SET),
    "lseek before the beginning": lambda descriptor: os.lseek(descriptor, -1, os.SEEK_SET),
    "lseek from nowhere": lambda descriptor: os.lseek(descriptor, 0, 77),
    "lseek data behind the end": lambda descriptor: os.lseek(descriptor, 1000, os.SEEK_DATA),
    "lseek hole": lambda descriptor: os.lseek(descriptor, 0, os.SEEK_HOLE),
    "fallocate": lambda descriptor: os.posix_fallocate(descriptor, 0, 20),
    "fallocate nothing": lambda descriptor: os.posix_fallocate(descriptor, 0, 0),
    "flock": lambda descriptor: fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB),
    "fsetxattr": lambda descriptor: os.setxattr(descriptor, "user.note", another_value()),
    "flistxattr": os.listxattr,
}


def uses():
    ways = ["RDONLY", "WRONLY", "RDWR", "WRONLY APPEND", "RDONLY DIRECTORY", "PATH"]
    for way, (name, use) in itertools.product(ways, USES.items()):
        flags = 0
        for word in way.split():
            flags |= getattr(os, "O_" + word)
        yield f"{name} by open {way}", with_descriptor(flags, use)


def timed(accessed, modified, flags=0):
    """The times afterwards: as given (where the seconds are GIVEN), as they were, or those of now."""

    def call(path):
        follow = not flags & AT_SYMLINK_NOFOLLOW
        seconds = next(_numbers)
        before = stat_or_none(path, follow)
        while before and time.clock_gettime(CLOCK_REALTIME_COARSE) <= max(before.st_atime, before.st_mtime):
            pass
        utimensat(path, *((seconds if first == GIVEN else first, last) for first, last in (accessed, modified)), flags)
        after = os.stat(path, follow_symlinks=follow)
        return [
            "given" if now == seconds * 10**9 + 7 else "same" if now == then else "now"
            for now, then in ((after.st_atime_ns, before.st_atime_ns), (after.st_mtime_ns, before.st_mtime_ns))
        ]

    return call


def stat_or_none(path, follow):
    try:
        return os.stat(path, follow_symlinks=follow)
    except OSError:
        return None


ONE = {
    "stat": lambda path: stat.S_IFMT(os.stat(path).st_mode),
    "lstat": lambda path: stat.S_IFMT(os.lstat(path).st_mode),
    "access": lambda path: [os.access(path, mode, effective_ids=True) for mode in (os.F_OK, os.R_OK, os.W_OK, os.X_OK)],
    "statfs": lambda path: os.statvfs(path).f_namemax,
    "readlink": os.readlink,
    "listdir": lambda path: sorted(os.listdir(path)),
    "chdir": os.chdir,
    "unlink": os.unlink,
    "rmdir": os.rmdir,
    "mkdir": lambda path: os.mkdir(path, 0o750),
    "mknod file": lambda path: os.mknod(path, 0o640 | stat.S_IFREG),
    "mknod nothing": lambda path: os.mknod(path, 0o640),
    "mknod directory": lambda path: os.mknod(path, 0o640 | stat.S_IFDIR),
    "mknod link": lambda path: os.mknod(path, 0o640 | stat.S_IFLNK),
    "mkfifo": lambda path: os.mkfifo(path, 0o640),
    "truncate 3": lambda path: truncate(path, 3),
    "truncate 20": lambda path: truncate(path, 20),
    "truncate to its size": lambda path: truncate(path, 8),
    "truncate -1": lambda path: truncate(path, -1),
    "chmod 600": lambda path: os.chmod(path, 0o600),
    "chmod 7777": lambda path: os.chmod(path, 0o7777),
    "chmod as it is": lambda path: os.chmod(path, stat.S_IMODE(os.stat(path).st_mode)),
    "chown": lambda path: os.chown(path, 7, 8),
    "chown of nothing": lambda path: os.chown(path, -1, -1),
    "lchown": lambda path: os.lchown(path, 7, 8),
    "utimensat now": timed((0, NOW), (0, NOW)),
    "utimensat given": timed((GIVEN, 7), (GIVEN, 7)),
    "utimensat access": timed((GIVEN, 7), (0, OMIT)),
    "utimensat change": timed((0, OMIT), (GIVEN, 7)),
    "utimensat given and now": timed((GIVEN, 7), (0, NOW)),
    "utimensat of nothing": timed((0, OMIT), (0, OMIT)),
    "utimensat of the link": timed((GIVEN, 7), (GIVEN, 7), AT_SYMLINK_NOFOLLOW),
    "utimensat of too many nanoseconds": timed((GIVEN, 10**9), (GIVEN, 7)),
    "utimensat of negative nanoseconds": timed((GIVEN, 7), (GIVEN, -1)),
    "getxattr": lambda path: os.getxattr(path, "user.note").decode(),
    "getxattr of no kind": lambda path: os.getxattr(path, "note").decode(),
    "setxattr": lambda path: os.setxattr(path, "user.note", another_value()),
    "setxattr of the link": lambda path: os.setxattr(path, "user.note", another_value(), follow_symlinks=False),
    "setxattr replace": lambda path: os.setxattr(path, "user.none", b"x", os.XATTR_REPLACE),
    "setxattr of an empty name": lambda path: os.setxattr(path, "user.", b"x"),
    "setxattr of a long name": lambda path: os.setxattr(path, "user." + "n" * 255, b"x"),
    "removexattr": lambda path: os.removexattr(path, "user.none"),
    "listxattr": os.listxattr,
    "symlink to it": lambda path: os.symlink(path, path + ".made"),
    "symlink to nothing": lambda path: os.symlink("", path),
    "symlink to 4095 bytes": lambda path: os.symlink("t" * 4095, path),
    "symlink to 4096 bytes": lambda path: os.symlink("t" * 4096, path),
}

# Calls on two names.
TWO = {
    "rename": os.rename,
    "rename noreplace": lambda source, target: rename2(source, target, 1),
    "rename exchange": lambda source, target: rename2(source, target, 2),
    "rename by no such flag": lambda source, target: rename2(source, target, 8),
    "link": lambda source, target: linkat(source, target, 0),
    "link following": lambda source, target: linkat(source, target, AT_SYMLINK_FOLLOW),
}


def cases_of_root():
    """(name, scene, call, who) of all that the owner of everything does."""
    for name, call in [*ONE.items(), *openings()]:
        for subject in SUBJECTS:
            yield f"{name}: {short(subject)}", call, [subject]
        yield f"{name}: nothing", call, [None]
    for name, call in uses():
        for subject in ("file", "dir", "full", "link", "fifo"):
            yield f"{name}: {subject}", call, [subject]
    for name, call in TWO.items():
        pairs = itertools.product(PAIRED, PAIRED)
        if name not in ("rename", "rename noreplace"):
            # Refused for all names here: a few of each kind suffice.
            pairs = itertools.product(PAIRED, ["file", "dir", "missing", "missing/x", "link"])
        for source, target in pairs:
            yield f"{name}: {short(source)} to {short(target)}", call, [source, target]
    for target in ("", "x", "/x" * 100):
        for subject in PAIRED:
            yield f"symlink {target[:9]}: {short(subject)}", lambda path, target=target: os.symlink(target, path), [subject]


def short(subject):
    return subject if len(subject) < 40 else f"{subject[:8]}…{len(subject)}"


def answer_of(call, arguments):
    try:
        value = call(*arguments)
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error.errno))
    except ValueError as error:
        return f"ValueError {error}"
    return "done" if value is None else value


def say(**message):
    sys.stdout.write(json.dumps(message, default=repr) + "\n")


def do(scene, name, call, arguments):
    os.chdir(scene.root)
    answer = answer_of(call, arguments)
    os.chdir("/")
    say(case=name, answer=answer, changes=scene.changes())
    scene.mend()


# Calls by others

MINE, OTHER, SHARED = 1001, 1002, 1100
BOXES = [(owner, mode) for owner in (0, MINE, OTHER) for mode in (0o777, 0o1777, 0o2777, 0o755, 0o1775, 0o733, 0o744, 0o711, 0o700)]
MODES = (0o644, 0o666, 0o600, 0o444, 0o060, 0o000, 0o6775, 0o4644)
OWNERS = ((0, 0), (MINE, MINE), (OTHER, OTHER), (OTHER, SHARED), (MINE, SHARED))
CALLERS = {"owner": (MINE, MINE, [MINE]), "member": (MINE, MINE, [MINE, SHARED]), "stranger": (1003, 1003, [1003])}


def move_within(path):
    os.rename(path, path + ".moved")


OF_OTHERS = {
    "stat": ONE["stat"],
    "access": ONE["access"],
    "open RDONLY": opening(os.O_RDONLY),
    "open WRONLY": opening(os.O_WRONLY),
    "open RDWR TRUNC": opening(os.O_RDWR | os.O_TRUNC),
    "write": with_descriptor(os.O_WRONLY | os.O_APPEND, lambda descriptor: os.write(descriptor, b"x")),
    "open RDONLY CREAT": opening(os.O_RDONLY | os.O_CREAT),
    "open WRONLY CREAT EXCL": lambda path: opening(os.O_WRONLY | os.O_CREAT | os.O_EXCL)(path + ".new"),
    "mkdir": lambda path: os.mkdir(path + ".new"),
    "symlink": lambda path: os.symlink("x", path + ".new"),
    "mkfifo": lambda path: os.mkfifo(path + ".new"),
    "listdir of the parent": lambda path: len(os.listdir(os.path.dirname(path))),
    "listdir": lambda path: os.listdir(path),
    "unlink": os.unlink,
    "rmdir": os.rmdir,
    "rename": move_within,
    "rename over another": lambda path: os.rename(path, os.path.dirname(path) + "/mine"),
    "rename another over it": lambda path: os.rename(os.path.dirname(path) + "/mine", path),
    "rename away": lambda path: os.rename(path, "away/moved"),
    "chmod": lambda path: os.chmod(path, 0o640),
    "chmod with set-id bits": lambda path: os.chmod(path, 0o6755),
    "chmod of the parent": lambda path: os.chmod(os.path.dirname(path), 0o770),
    "chown to me": lambda path: os.chown(path, MINE, -1),
    "chown to its owner": lambda path: os.chown(path, os.stat(path).st_uid, -1),
    "chgrp to the shared group": lambda path: os.chown(path, -1, SHARED),
    "chgrp to another's group": lambda path: os.chown(path, -1, OTHER),
    "utimensat now": ONE["utimensat now"],
    "utimensat given": ONE["utimensat given"],
    "utimensat given and now": ONE["utimensat given and now"],
    "utimensat of nothing": ONE["utimensat of nothing"],
    "truncate 3": ONE["truncate 3"],
    "getxattr": ONE["getxattr"],
    "setxattr": ONE["setxattr"],
    "chdir": os.chdir,
    "mknod a device": lambda path: os.mknod(path + ".new", 0o600 | stat.S_IFCHR, os.makedev(1, 3)),
}


def box(owner, mode):
    """A directory of this mode with files and directories of all owners and modes, and one file of the caller's."""
    entries = {"away": directory(0o777), "box": directory(mode, owner=owner, group=owner)}
    entries["box/mine"] = file(b"mine", owner=MINE, group=MINE)
    for (user, group), bits in itertools.product(OWNERS, MODES):
        entries[f"box/f-{user}-{group}-{bits:o}"] = file(b"contents", mode=bits, owner=user, group=group)
    for user, group in OWNERS:
        for bits in (0o755, 0o700):
            entries[f"box/d-{user}-{group}-{bits:o}"] = directory(bits, owner=user, group=group)
    return entries


def become(user, group, groups):
    os.setgroups(groups)
    os.setegid(group)
    os.seteuid(user)


def become_root():
    os.seteuid(0)
    os.setegid(0)
    os.setgroups([])


def as_caller(caller, call):
    def work(*arguments):
        become(*CALLERS[caller])
        try:
            return call(*arguments)
        finally:
            become_root()

    return work


def do_calls_of_others(root, seed, count):
    dice = random.Random(seed)
    for number, (owner, mode) in enumerate(dice.sample(BOXES, min(len(BOXES), max(1, count // 120)))):
        entries = box(owner, mode)
        scene = Scene(f"{root}/box-{owner}-{mode:o}", entries)
        inside = [path for path in entries if path.startswith("box/") and path != "box/mine"]
        every = list(itertools.product(OF_OTHERS, inside, CALLERS))
        for name, path, caller in dice.sample(every, min(len(every), 120)):
            told = f"{name} by the {caller}: {path} in {mode:o} of {owner}"
            do(scene, told, as_caller(caller, OF_OTHERS[name]), [path])


def main():
    root, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    say(seed=seed)
    scene = Scene(f"{root}/scene", SCENE)
    scene.wait_for_the_clock()
    for name, call, subjects in cases_of_root():
        do(scene, name, call, ["" if subject is None else subject for subject in subjects])
    if os.geteuid() == 0:
        do_calls_of_others(root, seed, count)


if __name__ == "__main__":
    main()
