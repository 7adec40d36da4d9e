"""flock(2), fcntl(2) locks."""

import errno
import fcntl
import os
import struct

from table import fails, in_child, opened, put, row, same


@row
def flock_excludes_another_open(d):
    put(d / "file")
    with opened(d / "file", os.O_RDWR) as first, opened(d / "file", os.O_RDWR) as second:
        fcntl.flock(first, fcntl.LOCK_EX)
        with fails(errno.EAGAIN):
            fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(first, fcntl.LOCK_UN)
        fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)


@row
def flock_excludes_another_process(d):
    with opened(put(d / "file"), os.O_RDWR) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)

        def attempt():
            with opened(d / "file", os.O_RDWR) as mine, fails(errno.EAGAIN):
                fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)

        in_child(attempt)


@row
def flock_shared_by_many(d):
    put(d / "file")
    with opened(d / "file", os.O_RDONLY) as first, opened(d / "file", os.O_RDONLY) as second:
        fcntl.flock(first, fcntl.LOCK_SH)
        fcntl.flock(second, fcntl.LOCK_SH | fcntl.LOCK_NB)
        with fails(errno.EAGAIN):
            fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)


@row
def flock_ends_with_its_handle(d):
    put(d / "file")
    with opened(d / "file", os.O_RDWR) as first:
        fcntl.flock(first, fcntl.LOCK_EX)
    with opened(d / "file", os.O_RDWR) as second:
        fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)


@row
def flock_of_a_directory(d):
    with opened(d, os.O_RDONLY | os.O_DIRECTORY) as first, opened(d, os.O_RDONLY | os.O_DIRECTORY) as second:
        fcntl.flock(first, fcntl.LOCK_EX)
        with fails(errno.EAGAIN):
            fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)


@row
def flock_waits_for_another_process(d):
    with opened(put(d / "file", b""), os.O_RDWR) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        child = os.fork()
        if child == 0:
            mine = os.open(d / "file", os.O_RDWR | os.O_APPEND)
            fcntl.flock(mine, fcntl.LOCK_EX)
            os.write(mine, b"second")
            os._exit(0)
        os.write(descriptor, b"first ")
        os.fsync(descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        same(os.waitpid(child, 0)[1], 0)
    same((d / "file").read_bytes(), b"first second")


@row
def record_locks_exclude_another_process(d):
    with opened(put(d / "file"), os.O_RDWR) as descriptor:
        fcntl.lockf(descriptor, fcntl.LOCK_EX, 4, 0)

        def attempt():
            with opened(d / "file", os.O_RDWR) as mine:
                with fails(errno.EAGAIN, errno.EACCES):
                    fcntl.lockf(mine, fcntl.LOCK_EX | fcntl.LOCK_NB, 4, 0)
                fcntl.lockf(mine, fcntl.LOCK_EX | fcntl.LOCK_NB, 4, 4)

        in_child(attempt)


@row
def record_locks_tell_who_holds_them(d):
    with opened(put(d / "file"), os.O_RDWR) as descriptor:
        fcntl.lockf(descriptor, fcntl.LOCK_EX, 4, 0)
        holder = os.getpid()

        def ask():
            with opened(d / "file", os.O_RDWR) as mine:
                query = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
                kind, _, _, _, process = struct.unpack("hhqqi4x", fcntl.fcntl(mine, fcntl.F_GETLK, query))
                same((kind, process), (fcntl.F_WRLCK, holder))

        in_child(ask)


@row
def record_locks_for_reading_are_shared(d):
    with opened(put(d / "file"), os.O_RDWR) as descriptor:
        fcntl.lockf(descriptor, fcntl.LOCK_SH)

        def share():
            with opened(d / "file", os.O_RDWR) as mine:
                fcntl.lockf(mine, fcntl.LOCK_SH | fcntl.LOCK_NB)
                with fails(errno.EAGAIN, errno.EACCES):
                    fcntl.lockf(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)

        in_child(share)


@row
def record_locks_end_with_their_process(d):
    put(d / "file")

    def lock():
        fcntl.lockf(os.open(d / "file", os.O_RDWR), fcntl.LOCK_EX)

    in_child(lock)
    with opened(d / "file", os.O_RDWR) as descriptor:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@row
def locks_of_an_open_description(d):
    put(d / "file")
    whole = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    with opened(d / "file", os.O_RDWR) as first, opened(d / "file", os.O_RDWR) as second:
        fcntl.fcntl(first, fcntl.F_OFD_SETLK, whole)
        with fails(errno.EAGAIN, errno.EACCES):
            fcntl.fcntl(second, fcntl.F_OFD_SETLK, whole)
