"""rename(2), renameat2(2)."""

import ctypes
import errno
import os
import stat

from table import fails, opened, put, row, same, tree

NOREPLACE, EXCHANGE, WHITEOUT = 1, 2, 4


def rename2(source, target, flags):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(-100, os.fsencode(source), -100, os.fsencode(target), flags) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def directory(path, *names):
    path.mkdir()
    for name in names:
        put(path / name, name.encode())
    return path


@row
def file_to_a_new_name(d):
    os.rename(put(d / "a"), d / "b")
    same(tree(d), {"b": b"contents"})


@row
def file_over_a_file(d):
    put(d / "a", b"new")
    put(d / "b", b"old")
    os.rename(d / "a", d / "b")
    same(tree(d), {"b": b"new"})


@row
def file_over_an_empty_file(d):
    put(d / "a", b"new")
    put(d / "b", b"")
    os.rename(d / "a", d / "b")
    same(tree(d), {"b": b"new"})


@row
def file_onto_itself(d):
    os.rename(put(d / "a"), d / "a")
    same(tree(d), {"a": b"contents"})


@row
def file_over_a_directory_is_EISDIR(d):
    put(d / "a")
    directory(d / "dir")
    with fails(errno.EISDIR):
        os.rename(d / "a", d / "dir")
    same(tree(d), {"a": b"contents"})


@row
def file_over_a_full_directory_is_refused(d):
    put(d / "a")
    directory(d / "dir", "inside")
    with fails(errno.EISDIR, errno.ENOTEMPTY):
        os.rename(d / "a", d / "dir")
    same(tree(d), {"a": b"contents", "dir/inside": b"inside"})


@row
def file_into_a_directory(d):
    directory(d / "dir")
    os.rename(put(d / "a"), d / "dir/b")
    same(tree(d), {"dir/b": b"contents"})


@row
def file_out_of_a_directory(d):
    directory(d / "dir", "a")
    os.rename(d / "dir/a", d / "a")
    same(tree(d), {"a": b"a"})
    assert (d / "dir").is_dir()


@row
def file_over_a_link_replaces_the_link(d):
    put(d / "a", b"new")
    put(d / "target")
    os.symlink("target", d / "link")
    os.rename(d / "a", d / "link")
    same((os.path.islink(d / "link"), tree(d)), (False, {"link": b"new", "target": b"contents"}))


@row
def link_itself_moves(d):
    put(d / "target")
    os.symlink("target", d / "link")
    os.rename(d / "link", d / "moved")
    same((os.readlink(d / "moved"), (d / "target").read_bytes()), ("target", b"contents"))


@row
def link_over_a_file(d):
    put(d / "file")
    os.symlink("target", d / "link")
    os.rename(d / "link", d / "file")
    same(os.readlink(d / "file"), "target")


@row
def dangling_link(d):
    os.symlink("nowhere", d / "link")
    os.rename(d / "link", d / "moved")
    same((os.readlink(d / "moved"), os.listdir(d)), ("nowhere", ["moved"]))


@row
def fifo(d):
    os.mkfifo(d / "fifo")
    os.rename(d / "fifo", d / "moved")
    assert stat.S_ISFIFO(os.stat(d / "moved").st_mode)


@row
def missing_source_is_ENOENT(d):
    with fails(errno.ENOENT):
        os.rename(d / "missing", d / "b")


@row
def missing_target_directory_is_ENOENT(d):
    put(d / "a")
    with fails(errno.ENOENT):
        os.rename(d / "a", d / "missing/b")


@row
def target_below_a_file_is_ENOTDIR(d):
    put(d / "a")
    put(d / "file")
    with fails(errno.ENOTDIR):
        os.rename(d / "a", d / "file/b")


@row
def file_to_a_name_with_a_slash_is_ENOTDIR(d):
    put(d / "a")
    with fails(errno.ENOTDIR, errno.ENOENT):
        os.rename(d / "a", f"{d}/b/")


@row
def directory_to_a_name_with_a_slash(d):
    directory(d / "a", "x")
    os.rename(f"{d}/a/", f"{d}/b/")
    same(tree(d), {"b/x": b"x"})


@row
def directory_to_a_new_name(d):
    directory(d / "a", "x", "y")
    os.rename(d / "a", d / "b")
    same(tree(d), {"b/x": b"x", "b/y": b"y"})
    same(os.listdir(d), ["b"])


@row
def empty_directory(d):
    directory(d / "a")
    os.rename(d / "a", d / "b")
    same((os.listdir(d), os.listdir(d / "b")), (["b"], []))


@row
def directory_tree(d):
    (d / "a/b/c/d").mkdir(parents=True)
    for number in range(25):
        put(d / f"a/b/{number}", b"%d" % number)
    put(d / "a/b/c/d/deep")
    os.rename(d / "a", d / "z")
    same(len(tree(d)), 26)
    same(((d / "z/b/c/d/deep").read_bytes(), (d / "z/b/7").read_bytes()), (b"contents", b"7"))


@row
def directory_keeps_modes_and_times_inside(d):
    directory(d / "a", "x")
    os.chmod(d / "a/x", 0o711)
    os.utime(d / "a/x", ns=(1, 1_100_000_000_000_000_003))
    os.symlink("x", d / "a/link")
    os.chmod(d / "a", 0o750)
    os.rename(d / "a", d / "b")
    status = os.stat(d / "b/x")
    same((stat.S_IMODE(status.st_mode), status.st_mtime_ns), (0o711, 1_100_000_000_000_000_003))
    same((stat.S_IMODE(os.stat(d / "b").st_mode), os.readlink(d / "b/link")), (0o750, "x"))


@row
def directory_over_an_empty_directory(d):
    directory(d / "a", "x")
    directory(d / "b")
    os.rename(d / "a", d / "b")
    same(tree(d), {"b/x": b"x"})


@row
def directory_over_a_full_directory_is_ENOTEMPTY(d):
    directory(d / "a", "x")
    directory(d / "b", "y")
    with fails(errno.ENOTEMPTY, errno.EEXIST):
        os.rename(d / "a", d / "b")
    same(tree(d), {"a/x": b"x", "b/y": b"y"})


@row
def directory_over_a_directory_with_only_a_directory_is_ENOTEMPTY(d):
    directory(d / "a")
    (d / "b/inside").mkdir(parents=True)
    with fails(errno.ENOTEMPTY, errno.EEXIST):
        os.rename(d / "a", d / "b")


@row
def directory_over_a_file_is_ENOTDIR(d):
    directory(d / "a", "x")
    put(d / "file")
    with fails(errno.ENOTDIR):
        os.rename(d / "a", d / "file")
    same(tree(d), {"a/x": b"x", "file": b"contents"})


@row
def directory_over_a_link_to_a_directory_is_ENOTDIR(d):
    directory(d / "a")
    directory(d / "target")
    os.symlink("target", d / "link")
    with fails(errno.ENOTDIR):
        os.rename(d / "a", d / "link")


@row
def directory_onto_itself(d):
    directory(d / "a", "x")
    os.rename(d / "a", d / "a")
    same(tree(d), {"a/x": b"x"})


@row
def directory_into_itself_is_EINVAL(d):
    directory(d / "a", "x")
    with fails(errno.EINVAL):
        os.rename(d / "a", d / "a/b")
    same(tree(d), {"a/x": b"x"})


@row
def directory_into_its_grandchild_is_EINVAL(d):
    (d / "a/b/c").mkdir(parents=True)
    with fails(errno.EINVAL):
        os.rename(d / "a", d / "a/b/c/d")


@row
def directory_over_its_ancestor_is_ENOTEMPTY(d):
    (d / "a/b").mkdir(parents=True)
    with fails(errno.ENOTEMPTY, errno.EEXIST, errno.EINVAL):
        os.rename(d / "a/b", d / "a")


@row
def file_over_its_parent_is_refused(d):
    directory(d / "a", "x")
    with fails(errno.ENOTEMPTY, errno.EISDIR, errno.EEXIST):
        os.rename(d / "a/x", d / "a")


@row
def directory_into_a_sibling(d):
    directory(d / "a", "x")
    directory(d / "ab", "y")
    os.rename(d / "a", d / "ab/a")
    same(tree(d), {"ab/a/x": b"x", "ab/y": b"y"})


@row
def dot_is_refused(d):
    directory(d / "a")
    with fails(errno.EBUSY, errno.EINVAL):
        os.rename(f"{d}/a/.", d / "b")


@row
def names_that_begin_alike_stay(d):
    directory(d / "a", "x")
    put(d / "a.txt")
    put(d / "a-")
    directory(d / "ab", "y")
    os.rename(d / "a", d / "z")
    same(set(tree(d)), {"z/x", "a.txt", "a-", "ab/y"})


@row
def noreplace_to_a_new_name(d):
    rename2(put(d / "a"), d / "b", NOREPLACE)
    same(tree(d), {"b": b"contents"})


@row
def noreplace_over_a_file_is_EEXIST(d):
    put(d / "a", b"a")
    put(d / "b", b"b")
    with fails(errno.EEXIST):
        rename2(d / "a", d / "b", NOREPLACE)
    same(tree(d), {"a": b"a", "b": b"b"})


@row
def noreplace_over_an_empty_directory_is_EEXIST(d):
    directory(d / "a")
    directory(d / "b")
    with fails(errno.EEXIST):
        rename2(d / "a", d / "b", NOREPLACE)


@row
def noreplace_over_a_link_is_EEXIST(d):
    put(d / "a")
    os.symlink("nowhere", d / "link")
    with fails(errno.EEXIST):
        rename2(d / "a", d / "link", NOREPLACE)


@row
def noreplace_over_an_unsaved_file_is_EEXIST(d):
    put(d / "a")
    with opened(d / "b", os.O_CREAT | os.O_WRONLY), fails(errno.EEXIST):
        rename2(d / "a", d / "b", NOREPLACE)


@row(posix=False)
def exchange_is_refused_and_changes_nothing(d):
    put(d / "a", b"a")
    put(d / "b", b"b")
    with fails(errno.EINVAL):
        rename2(d / "a", d / "b", EXCHANGE)
    same(tree(d), {"a": b"a", "b": b"b"})


@row(posix=False)
def whiteout_is_EINVAL(d):
    put(d / "a")
    with fails(errno.EINVAL):
        rename2(d / "a", d / "b", WHITEOUT)


@row
def noreplace_and_exchange_together_are_EINVAL(d):
    put(d / "a")
    put(d / "b")
    with fails(errno.EINVAL):
        rename2(d / "a", d / "b", NOREPLACE | EXCHANGE)


@row
def open_file_goes_on_writing(d):
    with opened(d / "a", os.O_CREAT | os.O_WRONLY) as descriptor:
        os.write(descriptor, b"before ")
        os.rename(d / "a", d / "b")
        os.write(descriptor, b"after")
    same(tree(d), {"b": b"before after"})


@row
def open_file_that_was_saved_goes_on_writing(d):
    with opened(put(d / "a", b"saved "), os.O_WRONLY | os.O_APPEND) as descriptor:
        os.rename(d / "a", d / "b")
        os.write(descriptor, b"after")
    same(tree(d), {"b": b"saved after"})


@row
def open_file_goes_on_reading(d):
    with opened(put(d / "a", b"x" * 300_000), os.O_RDONLY) as descriptor:
        os.read(descriptor, 10)
        os.rename(d / "a", d / "b")
        same(len(os.pread(descriptor, 300_000, 10)), 299_990)


@row
def replaced_open_file_stays_readable(d):
    put(d / "a", b"new")
    with opened(put(d / "b", b"old" * 100_000), os.O_RDONLY) as descriptor:
        os.rename(d / "a", d / "b")
        same(os.pread(descriptor, 3, 299_997), b"old")
    same(tree(d), {"b": b"new"})


@row
def replaced_unsaved_file_does_not_come_back(d):
    put(d / "a", b"new")
    with opened(d / "b", os.O_CREAT | os.O_WRONLY) as descriptor:
        os.write(descriptor, b"never to be seen")
        os.rename(d / "a", d / "b")
        os.write(descriptor, b"!")
    same(tree(d), {"b": b"new"})


@row
def directory_with_an_open_file_inside(d):
    directory(d / "a")
    with opened(d / "a/x", os.O_CREAT | os.O_WRONLY) as descriptor:
        os.write(descriptor, b"before ")
        os.rename(d / "a", d / "b")
        os.write(descriptor, b"after")
    same(tree(d), {"b/x": b"before after"})


@row
def directory_with_the_working_directory_inside(d):
    from table import in_child

    directory(d / "a", "x")

    def work():
        os.chdir(d / "a")
        os.rename(d / "a", d / "b")
        same(os.listdir("."), ["x"])
        put(d.__class__("y"), b"y")

    in_child(work)
    same(tree(d), {"b/x": b"x", "b/y": b"y"})


@row
def atomic_replacement_as_editors_do(d):
    put(d / "file", b"old")
    for number in range(5):
        put(d / "file.tmp", b"%d" % number)
        os.rename(d / "file.tmp", d / "file")
        same((d / "file").read_bytes(), b"%d" % number)
    same(os.listdir(d), ["file"])


@row
def backup_and_write_anew_as_editors_do(d):
    put(d / "file", b"old")
    os.rename(d / "file", d / "file~")
    put(d / "file", b"new")
    same(tree(d), {"file": b"new", "file~": b"old"})


@row
def to_and_fro(d):
    put(d / "a")
    for _ in range(5):
        os.rename(d / "a", d / "b")
        os.rename(d / "b", d / "a")
    same(tree(d), {"a": b"contents"})


@row
def three_names_in_a_ring(d):
    for name in "abc":
        put(d / name, name.encode())
    os.rename(d / "a", d / "t")
    os.rename(d / "b", d / "a")
    os.rename(d / "c", d / "b")
    os.rename(d / "t", d / "c")
    same(tree(d), {"a": b"b", "b": b"c", "c": b"a"})


@row
def directory_then_a_new_one_of_the_old_name(d):
    directory(d / "a", "x")
    os.rename(d / "a", d / "b")
    directory(d / "a", "y")
    same(tree(d), {"a/y": b"y", "b/x": b"x"})


@row
def attributes_move_along(d):
    os.setxattr(put(d / "a"), "user.note", b"kept")
    os.chmod(d / "a", 0o711)
    os.utime(d / "a", ns=(1, 1_100_000_000_000_000_000))
    os.rename(d / "a", d / "b")
    status = os.stat(d / "b")
    same(os.getxattr(d / "b", "user.note"), b"kept")
    same((stat.S_IMODE(status.st_mode), status.st_mtime_ns), (0o711, 1_100_000_000_000_000_000))
