"""stat(2), chmod(2), utimensat(2)."""

import errno
import os
import stat
import time

from table import fails, opened, put, row, same


def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


@row
def size_kind_and_links_of_a_file(d):
    status = os.stat(put(d / "file", b"12345"))
    assert stat.S_ISREG(status.st_mode)
    same((status.st_size, status.st_nlink), (5, 1))


@row
def kind_and_links_of_a_directory(d):
    (d / "dir").mkdir()
    status = os.stat(d / "dir")
    assert stat.S_ISDIR(status.st_mode)
    assert status.st_nlink >= 2


@row
def blocks_are_of_512_bytes(d):
    same(os.stat(put(d / "empty", b"")).st_blocks, 0)
    assert os.stat(put(d / "one", b"x")).st_blocks in range(1, 9)
    assert os.stat(put(d / "more", b"x" * 100_000)).st_blocks in range(196, 209)


@row
def block_size_is_sensible(d):
    assert os.stat(put(d / "file")).st_blksize in (512, 4096, 65536, 131072, 1 << 20)


@row
def device_is_that_of_the_directory(d):
    same(os.stat(put(d / "file")).st_dev, os.stat(d).st_dev)


@row
def inodes_differ(d):
    numbers = {os.stat(put(d / f"{number}")).st_ino for number in range(20)}
    same(len(numbers), 20)


@row
def inode_stays_when_written(d):
    before = os.stat(put(d / "file")).st_ino
    put(d / "file", b"other")
    os.chmod(d / "file", 0o600)
    same(os.stat(d / "file").st_ino, before)


@row
def inode_of_stat_fstat_and_readdir_agree(d):
    put(d / "file")
    with opened(d / "file", os.O_RDONLY) as descriptor:
        (entry,) = os.scandir(d)
        same({os.stat(d / "file").st_ino, os.fstat(descriptor).st_ino, entry.inode()}, {os.stat(d / "file").st_ino})


@row
def inode_stays_through_rename_of_an_open_file(d):
    with opened(put(d / "a"), os.O_RDONLY) as descriptor:
        before = os.fstat(descriptor).st_ino
        os.rename(d / "a", d / "b")
        same((os.fstat(descriptor).st_ino, os.stat(d / "b").st_ino), (before, before))


@row
def stat_of_what_is_missing_is_ENOENT(d):
    with fails(errno.ENOENT):
        os.stat(d / "missing")


@row
def stat_below_a_file_is_ENOTDIR(d):
    put(d / "file")
    with fails(errno.ENOTDIR):
        os.stat(d / "file/inside")


@row
def stat_with_a_slash_after_a_file_is_ENOTDIR(d):
    put(d / "file")
    with fails(errno.ENOTDIR):
        os.stat(f"{d}/file/")


@row
def modification_time_of_a_new_file_is_now(d):
    before = time.time()
    status = os.stat(put(d / "file"))
    assert before - 2 <= status.st_mtime <= time.time() + 2, status.st_mtime
    assert before - 2 <= status.st_ctime <= time.time() + 2, status.st_ctime


@row
def modification_time_has_nanoseconds(d):
    os.utime(put(d / "file"), ns=(1_111_111_111_123_456_789, 1_222_222_222_987_654_321))
    status = os.stat(d / "file")
    same((status.st_atime_ns, status.st_mtime_ns), (1_111_111_111_123_456_789, 1_222_222_222_987_654_321))


@row
def modification_time_before_1970(d):
    os.utime(put(d / "file"), ns=(0, -1_500_000_000))
    same(os.stat(d / "file").st_mtime_ns, -1_500_000_000)


@row
def modification_time_after_2038(d):
    os.utime(put(d / "file"), (1, 5_000_000_000))
    same(os.stat(d / "file").st_mtime, 5_000_000_000)


@row
def modification_time_zero(d):
    os.utime(put(d / "file"), (0, 0))
    same(os.stat(d / "file").st_mtime_ns, 0)


@row
def utime_of_a_directory(d):
    (d / "dir").mkdir()
    os.utime(d / "dir", ns=(1_000_000_000_500_000_000, 1_100_000_000_250_000_000))
    same(os.stat(d / "dir").st_mtime_ns, 1_100_000_000_250_000_000)


@row
def utime_of_a_link_itself(d):
    put(d / "file")
    os.symlink("file", d / "link")
    os.utime(d / "link", ns=(5, 1_100_000_000_000_000_007), follow_symlinks=False)
    same(os.lstat(d / "link").st_mtime_ns, 1_100_000_000_000_000_007)
    assert os.stat(d / "file").st_mtime > 1_200_000_000
    same(os.readlink(d / "link"), "file")


@row
def utime_through_an_open_handle(d):
    with opened(put(d / "file"), os.O_WRONLY) as descriptor:
        os.utime(descriptor, ns=(1, 1_100_000_000_000_000_000))
        same(os.fstat(descriptor).st_mtime_ns, 1_100_000_000_000_000_000)
    same(os.stat(d / "file").st_mtime_ns, 1_100_000_000_000_000_000)


@row
def utime_after_writing_through_the_same_handle_stays(d):
    with opened(d / "file", os.O_CREAT | os.O_WRONLY) as descriptor:
        os.write(descriptor, b"as cp -p and tar do")
        os.utime(descriptor, ns=(1, 1_100_000_000_000_000_001))
    same(os.stat(d / "file").st_mtime_ns, 1_100_000_000_000_000_001)


@row
def utime_now_and_omit(d):
    import ctypes

    os.utime(put(d / "file"), (1000, 2000))

    class Time(ctypes.Structure):
        _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]

    now, omit = Time(0, (1 << 30) - 1), Time(0, (1 << 30) - 2)
    libc = ctypes.CDLL(None, use_errno=True)
    same(libc.utimensat(-100, bytes(d / "file"), (Time * 2)(omit, now), 0), 0)
    same(os.stat(d / "file").st_atime, 1000)
    assert os.stat(d / "file").st_mtime > 1_000_000_000


@row
def utime_of_what_is_missing_is_ENOENT(d):
    with fails(errno.ENOENT):
        os.utime(d / "missing", (1, 1))


@row
def writing_moves_the_modification_time_forward(d):
    os.utime(put(d / "file"), (1, 1))
    put(d / "file", b"new")
    assert os.stat(d / "file").st_mtime > 1_000_000_000


@row
def writing_of_nothing_at_open_does_not_move_the_modification_time(d):
    os.utime(put(d / "file"), (1, 1))
    with opened(d / "file", os.O_RDWR):
        pass
    same(os.stat(d / "file").st_mtime, 1)


@row
def reading_does_not_move_the_modification_time(d):
    os.utime(put(d / "file"), (1, 1))
    (d / "file").read_bytes()
    os.listdir(d)
    same(os.stat(d / "file").st_mtime, 1)


@row
def modification_time_seen_through_the_handle_is_that_seen_after_close(d):
    with opened(d / "file", os.O_CREAT | os.O_WRONLY) as descriptor:
        os.write(descriptor, b"saved")
        os.fsync(descriptor)
        seen = os.fstat(descriptor).st_mtime_ns
    same(os.stat(d / "file").st_mtime_ns, seen)


@row
def chmod_of_a_file(d):
    for bits in (0o600, 0o644, 0o777, 0o000, 0o444, 0o4755, 0o2755, 0o1777):
        os.chmod(d / "file" if (d / "file").exists() else put(d / "file"), bits)
        same(mode(d / "file"), bits)
    os.chmod(d / "file", 0o640)
    same((d / "file").read_bytes(), b"contents")


@row
def chmod_of_a_directory(d):
    (d / "dir").mkdir()
    for bits in (0o700, 0o755, 0o1777, 0o2775):
        os.chmod(d / "dir", bits)
        same(mode(d / "dir"), bits)


@row
def chmod_through_an_open_handle(d):
    with opened(put(d / "file"), os.O_WRONLY) as descriptor:
        os.fchmod(descriptor, 0o611)
        same(stat.S_IMODE(os.fstat(descriptor).st_mode), 0o611)
    same(mode(d / "file"), 0o611)


@row
def chmod_of_a_file_that_is_being_written(d):
    with opened(d / "file", os.O_CREAT | os.O_WRONLY) as descriptor:
        os.write(descriptor, b"half ")
        os.chmod(d / "file", 0o755)
        os.write(descriptor, b"whole")
    same((mode(d / "file"), (d / "file").read_bytes()), (0o755, b"half whole"))


@row
def chmod_keeps_the_modification_time(d):
    os.utime(put(d / "file"), ns=(1, 1_100_000_000_000_000_009))
    os.chmod(d / "file", 0o600)
    same(os.stat(d / "file").st_mtime_ns, 1_100_000_000_000_000_009)


@row
def chmod_moves_the_change_time(d):
    os.utime(put(d / "file"), (1, 1))
    before = os.stat(d / "file").st_ctime_ns
    time.sleep(0.02)
    os.chmod(d / "file", 0o600)
    assert os.stat(d / "file").st_ctime_ns > before


@row
def chmod_follows_a_link(d):
    put(d / "file")
    os.symlink("file", d / "link")
    os.chmod(d / "link", 0o611)
    same(mode(d / "file"), 0o611)


@row
def chmod_of_what_is_missing_is_ENOENT(d):
    with fails(errno.ENOENT):
        os.chmod(d / "missing", 0o600)


@row
def chmod_is_kept_when_the_file_is_written_again(d):
    os.chmod(put(d / "file"), 0o750)
    put(d / "file", b"rewritten")
    same(mode(d / "file"), 0o750)


@row
def chmod_of_an_unlinked_open_file(d):
    with opened(put(d / "file"), os.O_RDWR) as descriptor:
        os.unlink(d / "file")
        os.fchmod(descriptor, 0o600)
        same(stat.S_IMODE(os.fstat(descriptor).st_mode), 0o600)


@row
def link_count_of_an_unlinked_open_file_is_zero(d):
    with opened(put(d / "file"), os.O_RDWR) as descriptor:
        os.unlink(d / "file")
        same(os.fstat(descriptor).st_nlink, 0)


@row
def fstat_of_a_file_replaced_by_rename(d):
    put(d / "old", b"old")
    put(d / "new", b"newer")
    with opened(d / "old", os.O_RDONLY) as descriptor:
        os.rename(d / "new", d / "old")
        same((os.fstat(descriptor).st_size, os.read(descriptor, 10)), (3, b"old"))
    same(os.stat(d / "old").st_size, 5)


@row
def statx_through_the_stat_command(d):
    import subprocess

    put(d / "file", b"12345")
    told = subprocess.run(["stat", "-c", "%s %F %a", d / "file"], capture_output=True, timeout=20, check=True).stdout
    same(told, b"5 regular file 644\n")


@row
def a_directory_has_a_stable_time(d):
    (d / "dir").mkdir()
    seen = os.stat(d / "dir").st_mtime_ns
    os.listdir(d / "dir")
    time.sleep(1.2)
    same(os.stat(d / "dir").st_mtime_ns, seen)
