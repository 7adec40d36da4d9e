"""symlink(2), readlink(2), link(2)."""

import errno
import os
import stat

from table import fails, put, row, same


@row
def link_to_a_file_reads_the_file(d):
    put(d / "file")
    os.symlink("file", d / "link")
    same(((d / "link").read_bytes(), os.readlink(d / "link")), (b"contents", "file"))


@row
def link_is_as_long_as_its_target(d):
    os.symlink("four", d / "link")
    status = os.lstat(d / "link")
    same((status.st_size, stat.S_ISLNK(status.st_mode), stat.S_IMODE(status.st_mode)), (4, True, 0o777))


@row
def link_to_a_directory(d):
    (d / "dir").mkdir()
    put(d / "dir/file")
    os.symlink("dir", d / "link")
    same((os.listdir(d / "link"), (d / "link/file").read_bytes()), (["file"], b"contents"))


@row
def link_with_an_absolute_target(d):
    put(d / "file")
    os.symlink(d / "file", d / "link")
    same((d / "link").read_bytes(), b"contents")


@row
def link_up_and_down(d):
    (d / "a/b").mkdir(parents=True)
    put(d / "file")
    os.symlink("../../file", d / "a/b/link")
    same((d / "a/b/link").read_bytes(), b"contents")


@row
def link_to_a_link(d):
    put(d / "file")
    os.symlink("file", d / "one")
    os.symlink("one", d / "two")
    same((d / "two").read_bytes(), b"contents")


@row
def dangling_link_is_there_and_leads_nowhere(d):
    os.symlink("nowhere", d / "link")
    same((os.listdir(d), os.readlink(d / "link")), (["link"], "nowhere"))
    with fails(errno.ENOENT):
        os.stat(d / "link")
    with fails(errno.ENOENT):
        os.open(d / "link", os.O_RDONLY)


@row
def link_to_itself_is_ELOOP(d):
    os.symlink("link", d / "link")
    with fails(errno.ELOOP):
        os.stat(d / "link")


@row
def links_in_a_ring_are_ELOOP(d):
    os.symlink("b", d / "a")
    os.symlink("a", d / "b")
    with fails(errno.ELOOP):
        os.open(d / "a", os.O_RDONLY)


@row
def symlink_over_what_exists_is_EEXIST(d):
    put(d / "file")
    os.mkdir(d / "dir")
    os.symlink("x", d / "link")
    for name in ("file", "dir", "link"):
        with fails(errno.EEXIST):
            os.symlink("y", d / name)
    same(os.readlink(d / "link"), "x")


@row
def symlink_below_what_is_missing_is_ENOENT(d):
    with fails(errno.ENOENT):
        os.symlink("x", d / "missing/link")


@row
def symlink_with_an_empty_target_is_ENOENT(d):
    with fails(errno.ENOENT):
        os.symlink("", d / "link")


@row
def link_with_a_target_of_every_kind_of_character(d):
    for number, target in enumerate(["日本語/ファイル", "a b\tc\nd", "🪣", "\x01", "%2F+&?#", "..", "/"]):
        os.symlink(target, d / f"{number}")
        same(os.readlink(d / f"{number}"), target)


@row
def link_with_a_target_of_a_thousand_bytes(d):
    os.symlink("x" * 1000, d / "link")
    same(os.readlink(d / "link"), "x" * 1000)


@row
def link_with_the_longest_target(d):
    os.symlink("x" * 4095, d / "link")
    same(os.readlink(d / "link"), "x" * 4095)


@row
def link_with_a_longer_target_is_ENAMETOOLONG(d):
    with fails(errno.ENAMETOOLONG):
        os.symlink("x" * 4096, d / "link")


@row
def readlink_of_a_file_or_directory_is_EINVAL(d):
    put(d / "file")
    os.mkdir(d / "dir")
    for name in ("file", "dir"):
        with fails(errno.EINVAL):
            os.readlink(d / name)


@row
def readlink_of_what_is_missing_is_ENOENT(d):
    with fails(errno.ENOENT):
        os.readlink(d / "missing")


@row
def link_removed_and_made_again_with_another_target(d):
    os.symlink("one", d / "link")
    os.unlink(d / "link")
    os.symlink("two", d / "link")
    same(os.readlink(d / "link"), "two")


@row
def link_replaced_by_rename(d):
    os.symlink("one", d / "link")
    os.symlink("two", d / "new")
    os.rename(d / "new", d / "link")
    same(os.readlink(d / "link"), "two")


@row
def link_replaced_by_a_file(d):
    os.symlink("one", d / "name")
    os.unlink(d / "name")
    put(d / "name")
    same((d / "name").read_bytes(), b"contents")


@row(posix=False)
def hard_link_is_EPERM(d):
    put(d / "file")
    with fails(errno.EPERM):
        os.link(d / "file", d / "other")
    same(os.listdir(d), ["file"])


@row
def hard_link_to_what_is_missing_is_ENOENT(d):
    with fails(errno.ENOENT):
        os.link(d / "missing", d / "other")


@row
def hard_link_over_what_exists_is_EEXIST(d):
    put(d / "a")
    put(d / "b")
    with fails(errno.EEXIST):
        os.link(d / "a", d / "b")


@row
def hard_link_of_a_directory_is_EPERM(d):
    os.mkdir(d / "dir")
    with fails(errno.EPERM):
        os.link(d / "dir", d / "other")
