"""statfs(2), fallocate(2)."""

import ctypes
import errno
import os

from table import fails, opened, put, row, same

KEEP_SIZE, PUNCH_HOLE, COLLAPSE_RANGE, ZERO_RANGE, INSERT_RANGE = 1, 2, 8, 16, 32


def fallocate(descriptor, mode, offset, length):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.fallocate(descriptor, mode, ctypes.c_long(offset), ctypes.c_long(length)) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


@row
def statvfs_is_sensible(d):
    figures = os.statvfs(d)
    same(figures.f_namemax, 255)
    assert figures.f_frsize >= 512 and figures.f_blocks >= figures.f_bfree >= figures.f_bavail > 1000
    assert figures.f_frsize * figures.f_bavail > 1 << 30
    assert figures.f_files >= figures.f_ffree > 1000


@row
def statvfs_of_a_file_and_through_a_handle(d):
    with opened(put(d / "file"), os.O_RDONLY) as descriptor:
        same(os.statvfs(d / "file").f_blocks, os.fstatvfs(descriptor).f_blocks)


@row
def df_runs(d):
    import subprocess

    subprocess.run(["df", "-k", d], check=True, capture_output=True, timeout=20)
    subprocess.run(["df", "-i", d], check=True, capture_output=True, timeout=20)


@row
def pathconf(d):
    same(os.pathconf(d, "PC_NAME_MAX"), 255)


@row
def posix_fallocate_grows(d):
    with opened(d / "file", os.O_CREAT | os.O_RDWR) as descriptor:
        os.posix_fallocate(descriptor, 0, 5000)
        same((os.fstat(descriptor).st_size, os.pread(descriptor, 3, 4990)), (5000, bytes(3)))
    same((d / "file").read_bytes(), bytes(5000))


@row
def fallocate_does_not_shrink_or_change_bytes(d):
    with opened(put(d / "file"), os.O_RDWR) as descriptor:
        fallocate(descriptor, 0, 0, 4)
    same((d / "file").read_bytes(), b"contents")


@row
def fallocate_beyond_the_end_grows(d):
    with opened(put(d / "file"), os.O_RDWR) as descriptor:
        fallocate(descriptor, 0, 4, 10)
    same((d / "file").read_bytes(), b"contents" + bytes(6))


@row
def keep_size_keeps_it(d):
    with opened(put(d / "file"), os.O_RDWR) as descriptor:
        fallocate(descriptor, KEEP_SIZE, 0, 10_000)
    same((d / "file").read_bytes(), b"contents")


@row
def punch_hole_zeroes(d):
    with opened(put(d / "file", b"0123456789"), os.O_RDWR) as descriptor:
        fallocate(descriptor, PUNCH_HOLE | KEEP_SIZE, 2, 3)
        same(os.pread(descriptor, 100, 0), b"01\0\0\x0056789")
    same((d / "file").read_bytes(), b"01\0\0\x0056789")


@row
def punch_hole_beyond_the_end_changes_nothing(d):
    with opened(put(d / "file"), os.O_RDWR) as descriptor:
        fallocate(descriptor, PUNCH_HOLE | KEEP_SIZE, 6, 100)
    same((d / "file").read_bytes(), b"conten\0\0")


@row
def punch_hole_without_keep_size_is_EOPNOTSUPP(d):
    with opened(put(d / "file"), os.O_RDWR) as descriptor, fails(errno.EOPNOTSUPP):
        fallocate(descriptor, PUNCH_HOLE, 0, 1)


@row(posix=False)
def zero_range_zeroes_and_grows(d):
    with opened(put(d / "file", b"0123456789"), os.O_RDWR) as descriptor:
        fallocate(descriptor, ZERO_RANGE, 8, 4)
        same(os.pread(descriptor, 100, 0), b"01234567" + bytes(4))
    same((d / "file").read_bytes(), b"01234567" + bytes(4))


@row(posix=False)
def zero_range_with_keep_size(d):
    with opened(put(d / "file", b"0123456789"), os.O_RDWR) as descriptor:
        fallocate(descriptor, ZERO_RANGE | KEEP_SIZE, 8, 100)
    same((d / "file").read_bytes(), b"01234567\0\0")


@row(posix=False)
def collapse_and_insert_range_are_EOPNOTSUPP(d):
    with opened(put(d / "file", b"x" * 10_000), os.O_RDWR) as descriptor:
        for mode in (COLLAPSE_RANGE, INSERT_RANGE):
            with fails(errno.EOPNOTSUPP):
                fallocate(descriptor, mode, 0, 4096)


@row
def fallocate_of_an_empty_range_is_EINVAL(d):
    with opened(put(d / "file"), os.O_RDWR) as descriptor:
        with fails(errno.EINVAL):
            fallocate(descriptor, 0, 0, 0)
        with fails(errno.EINVAL):
            fallocate(descriptor, 0, -1, 10)


@row
def fallocate_of_a_handle_for_reading_is_EBADF(d):
    with opened(put(d / "file"), os.O_RDONLY) as descriptor, fails(errno.EBADF):
        fallocate(descriptor, 0, 0, 10)
