"""chown(2), and what other users may do. The mount is started with --allow-other."""

import errno
import os
import stat

from table import as_user, fails, opened, put, row, same

USER, OTHER = 1234, 5678


def owner(path):
    status = os.lstat(path)
    return status.st_uid, status.st_gid


@row(root=True)
def chown_of_a_file(d):
    os.chown(put(d / "file"), 1234, 5678)
    same((owner(d / "file"), (d / "file").read_bytes()), ((1234, 5678), b"contents"))


@row(root=True)
def chown_of_user_or_group_alone(d):
    os.chown(put(d / "file"), 1234, -1)
    os.chown(d / "file", -1, 5678)
    same(owner(d / "file"), (1234, 5678))


@row(root=True)
def chown_of_a_directory(d):
    (d / "dir").mkdir()
    os.chown(d / "dir", 12, 34)
    same(owner(d / "dir"), (12, 34))


@row(root=True)
def chown_of_a_link_itself(d):
    put(d / "file")
    os.symlink("file", d / "link")
    os.lchown(d / "link", 12, 34)
    same((owner(d / "link"), owner(d / "file")), ((12, 34), (0, 0)))


@row(root=True)
def chown_through_an_open_handle(d):
    with opened(put(d / "file"), os.O_WRONLY) as descriptor:
        os.fchown(descriptor, 7, 8)
        same(os.fstat(descriptor).st_uid, 7)
    same(owner(d / "file"), (7, 8))


@row(root=True)
def chown_to_the_largest_numbers(d):
    os.chown(put(d / "file"), 0xFFFF_FFFE, 0xFFFF_FFFE)
    same(owner(d / "file"), (0xFFFF_FFFE, 0xFFFF_FFFE))


@row(root=True)
def chown_keeps_the_mode(d):
    os.chmod(put(d / "file"), 0o640)
    os.chown(d / "file", 1, 1)
    same(stat.S_IMODE(os.stat(d / "file").st_mode), 0o640)


@row(root=True)
def chown_is_kept_when_written_and_renamed(d):
    os.chown(put(d / "file"), 1, 2)
    put(d / "file", b"again")
    os.rename(d / "file", d / "moved")
    same(owner(d / "moved"), (1, 2))


@row(root=True)
def writing_by_another_user_clears_set_user_id(d):
    os.chmod(put(d / "file"), 0o4777)
    as_user(USER, lambda: put(d / "file", b"changed"))
    same(stat.S_IMODE(os.stat(d / "file").st_mode), 0o777)


@row(root=True)
def a_new_file_belongs_to_its_maker(d):
    os.chmod(d, 0o777)
    as_user(USER, lambda: put(d / "file"))
    same(owner(d / "file"), (USER, USER))


@row(root=True)
def a_new_directory_link_and_fifo_belong_to_their_maker(d):
    os.chmod(d, 0o777)

    def make():
        os.mkdir(d / "dir")
        os.symlink("x", d / "link")
        os.mkfifo(d / "fifo")

    as_user(USER, make)
    same([owner(d / name) for name in ("dir", "link", "fifo")], [(USER, USER)] * 3)


def refused(d, body, *numbers):
    def attempt():
        with fails(*(numbers or (errno.EACCES,))):
            body()

    as_user(USER, attempt)


@row(root=True)
def reading_without_permission_is_EACCES(d):
    os.chmod(put(d / "file"), 0o600)
    refused(d, lambda: os.open(d / "file", os.O_RDONLY))


@row(root=True)
def writing_without_permission_is_EACCES(d):
    os.chmod(put(d / "file"), 0o644)
    refused(d, lambda: os.open(d / "file", os.O_WRONLY))
    refused(d, lambda: os.truncate(d / "file", 0))


@row(root=True)
def reading_with_group_permission(d):
    os.chown(put(d / "file"), 0, OTHER)
    os.chmod(d / "file", 0o640)
    as_user(USER, lambda: same((d / "file").read_bytes(), b"contents"), groups=[OTHER])


@row(root=True)
def owner_permissions_win_over_others(d):
    os.chown(put(d / "file"), USER, USER)
    os.chmod(d / "file", 0o044)
    refused(d, lambda: os.open(d / "file", os.O_RDONLY))


@row(root=True)
def creating_without_permission_is_EACCES(d):
    os.chmod(d, 0o755)
    refused(d, lambda: put(d / "new"))
    refused(d, lambda: os.mkdir(d / "new"))
    refused(d, lambda: os.symlink("x", d / "new"))
    refused(d, lambda: os.mkfifo(d / "new"))


@row(root=True)
def removing_without_permission_is_EACCES(d):
    put(d / "file")
    (d / "dir").mkdir()
    os.chmod(d, 0o755)
    refused(d, lambda: os.unlink(d / "file"))
    refused(d, lambda: os.rmdir(d / "dir"))


@row(root=True)
def renaming_without_permission_is_EACCES(d):
    put(d / "file")
    os.chmod(d, 0o755)
    refused(d, lambda: os.rename(d / "file", d / "new"))


@row(root=True)
def searching_without_permission_is_EACCES(d):
    (d / "dir").mkdir()
    put(d / "dir/file")
    os.chmod(d / "dir", 0o600)
    refused(d, lambda: os.stat(d / "dir/file"))


@row(root=True)
def listing_without_permission_is_EACCES(d):
    (d / "dir").mkdir()
    os.chmod(d / "dir", 0o311)
    refused(d, lambda: os.listdir(d / "dir"))


@row(root=True)
def search_permission_alone_reaches_known_names(d):
    (d / "dir").mkdir()
    put(d / "dir/file")
    os.chmod(d / "dir", 0o311)
    as_user(USER, lambda: same((d / "dir/file").read_bytes(), b"contents"))


@row(root=True)
def the_sticky_bit_protects_files_of_others(d):
    os.chmod(d, 0o1777)
    put(d / "file")
    refused(d, lambda: os.unlink(d / "file"), errno.EPERM, errno.EACCES)
    refused(d, lambda: os.rename(d / "file", d / "mine"), errno.EPERM, errno.EACCES)


@row(root=True)
def chmod_of_a_file_of_others_is_EPERM(d):
    put(d / "file")
    refused(d, lambda: os.chmod(d / "file", 0o777), errno.EPERM)


@row(root=True)
def chown_by_an_ordinary_user_is_EPERM(d):
    os.chown(put(d / "file"), USER, USER)
    refused(d, lambda: os.chown(d / "file", OTHER, -1), errno.EPERM)


@row(root=True)
def utime_of_a_file_of_others_is_EPERM(d):
    put(d / "file")
    refused(d, lambda: os.utime(d / "file", (1, 1)), errno.EPERM)


@row(root=True)
def utime_to_now_with_write_permission(d):
    os.utime(put(d / "file"), (1, 1))
    os.chmod(d / "file", 0o666)
    as_user(USER, lambda: os.utime(d / "file"))
    assert os.stat(d / "file").st_mtime > 1_000_000_000


@row(root=True)
def access_tells_what_open_would_do(d):
    os.chmod(put(d / "file"), 0o644)

    def ask():
        same([os.access(d / "file", how) for how in (os.F_OK, os.R_OK, os.W_OK, os.X_OK)], [True, True, False, False])
        same(os.access(d / "missing", os.F_OK), False)

    as_user(USER, ask)


@row
def access_of_a_program(d):
    put(d / "program", b"#!/bin/sh\necho ran\n")
    same(os.access(d / "program", os.X_OK), False)
    os.chmod(d / "program", 0o755)
    same(os.access(d / "program", os.X_OK), True)


@row
def a_program_runs(d):
    import subprocess

    put(d / "program", b"#!/bin/sh\necho ran $1\n")
    with fails(errno.EACCES):
        subprocess.run([d / "program"], timeout=20)
    os.chmod(d / "program", 0o755)
    same(subprocess.run([d / "program", "well"], capture_output=True, timeout=20).stdout, b"ran well\n")


@row(root=True)
def xattr_without_permission_is_EACCES(d):
    put(d / "file")
    os.setxattr(d / "file", "user.note", b"x")
    os.chmod(d / "file", 0o600)
    refused(d, lambda: os.getxattr(d / "file", "user.note"))
    refused(d, lambda: os.setxattr(d / "file", "user.note", b"y"))
