"""unlink(2), rmdir(2)."""

import errno
import os

from table import fails, opened, put, row, same, tree


@row
def unlink_of_a_file(d):
    os.unlink(put(d / "file"))
    same(os.listdir(d), [])
    with fails(errno.ENOENT):
        os.stat(d / "file")


@row
def unlink_of_what_is_missing_is_ENOENT(d):
    with fails(errno.ENOENT):
        os.unlink(d / "missing")


@row
def unlink_twice_is_ENOENT(d):
    os.unlink(put(d / "file"))
    with fails(errno.ENOENT):
        os.unlink(d / "file")


@row
def unlink_of_a_directory_is_EISDIR(d):
    (d / "dir").mkdir()
    with fails(errno.EISDIR):
        os.unlink(d / "dir")


@row
def unlink_below_a_file_is_ENOTDIR(d):
    put(d / "file")
    with fails(errno.ENOTDIR):
        os.unlink(d / "file/x")


@row
def unlink_of_a_link_leaves_its_target(d):
    put(d / "file")
    os.symlink("file", d / "link")
    os.unlink(d / "link")
    same(tree(d), {"file": b"contents"})


@row
def unlink_of_a_link_to_a_directory(d):
    (d / "dir").mkdir()
    os.symlink("dir", d / "link")
    os.unlink(d / "link")
    same(os.listdir(d), ["dir"])


@row
def unlink_of_an_open_file_keeps_it_readable(d):
    with opened(put(d / "file", b"x" * 200_000), os.O_RDONLY) as descriptor:
        os.unlink(d / "file")
        same(len(os.read(descriptor, 200_000)), 200_000)


@row
def unlink_of_an_open_file_keeps_it_writable(d):
    with opened(put(d / "file"), os.O_RDWR) as descriptor:
        os.unlink(d / "file")
        os.pwrite(descriptor, b"still", 0)
        os.ftruncate(descriptor, 6)
        same((os.pread(descriptor, 100, 0), os.fstat(descriptor).st_size), (b"stilln", 6))
        os.fsync(descriptor)
    same(os.listdir(d), [])


@row
def unlink_of_a_new_file_before_its_first_save(d):
    with opened(d / "file", os.O_CREAT | os.O_RDWR) as descriptor:
        os.write(descriptor, b"temporary")
        os.unlink(d / "file")
        same(os.pread(descriptor, 100, 0), b"temporary")
    same(os.listdir(d), [])


@row
def unlink_and_create_again(d):
    put(d / "file", b"first")
    os.unlink(d / "file")
    put(d / "file", b"second")
    same(tree(d), {"file": b"second"})


@row
def unlink_and_create_again_while_open(d):
    with opened(put(d / "file", b"first"), os.O_RDWR) as descriptor:
        os.unlink(d / "file")
        put(d / "file", b"second")
        os.pwrite(descriptor, b"F", 0)
        same(os.pread(descriptor, 100, 0), b"First")
    same(tree(d), {"file": b"second"})


@row
def unlink_of_a_read_only_file(d):
    os.chmod(put(d / "file"), 0o444)
    os.unlink(d / "file")
    same(os.listdir(d), [])


@row
def unlink_with_a_slash_at_the_end_is_ENOTDIR(d):
    put(d / "file")
    with fails(errno.ENOTDIR):
        os.unlink(f"{d}/file/")


@row
def rmdir_of_an_empty_directory(d):
    (d / "dir").mkdir()
    os.rmdir(d / "dir")
    same(os.listdir(d), [])


@row
def rmdir_of_a_full_directory_is_ENOTEMPTY(d):
    (d / "dir").mkdir()
    put(d / "dir/file")
    with fails(errno.ENOTEMPTY, errno.EEXIST):
        os.rmdir(d / "dir")
    same(tree(d), {"dir/file": b"contents"})


@row
def rmdir_of_a_directory_with_an_empty_directory_is_ENOTEMPTY(d):
    (d / "dir/inside").mkdir(parents=True)
    with fails(errno.ENOTEMPTY, errno.EEXIST):
        os.rmdir(d / "dir")


@row
def rmdir_of_a_directory_with_an_unsaved_file_is_ENOTEMPTY(d):
    (d / "dir").mkdir()
    with opened(d / "dir/file", os.O_CREAT | os.O_WRONLY), fails(errno.ENOTEMPTY, errno.EEXIST):
        os.rmdir(d / "dir")


@row
def rmdir_of_a_directory_emptied_just_now(d):
    (d / "dir").mkdir()
    for number in range(10):
        put(d / f"dir/{number}")
    for number in range(10):
        os.unlink(d / f"dir/{number}")
    os.rmdir(d / "dir")
    same(os.listdir(d), [])


@row
def rmdir_of_a_file_is_ENOTDIR(d):
    put(d / "file")
    with fails(errno.ENOTDIR):
        os.rmdir(d / "file")


@row
def rmdir_of_a_link_is_ENOTDIR(d):
    (d / "dir").mkdir()
    os.symlink("dir", d / "link")
    with fails(errno.ENOTDIR):
        os.rmdir(d / "link")


@row
def rmdir_of_what_is_missing_is_ENOENT(d):
    with fails(errno.ENOENT):
        os.rmdir(d / "missing")


@row
def rmdir_of_dot_is_EINVAL(d):
    (d / "dir").mkdir()
    with fails(errno.EINVAL):
        os.rmdir(f"{d}/dir/.")


@row
def rmdir_of_dot_dot_is_ENOTEMPTY(d):
    (d / "dir/inside").mkdir(parents=True)
    with fails(errno.ENOTEMPTY, errno.EBUSY):
        os.rmdir(f"{d}/dir/inside/..")


@row
def rmdir_of_an_open_directory(d):
    (d / "dir").mkdir()
    with opened(d / "dir", os.O_RDONLY | os.O_DIRECTORY) as descriptor:
        os.rmdir(d / "dir")
        same(os.listdir(descriptor), [])
        with fails(errno.ENOENT):
            os.open("new", os.O_CREAT | os.O_WRONLY, dir_fd=descriptor)


@row
def rmdir_and_mkdir_again(d):
    for _ in range(4):
        (d / "dir").mkdir()
        put(d / "dir/file")
        os.unlink(d / "dir/file")
        os.rmdir(d / "dir")
    same(os.listdir(d), [])


@row
def rmdir_then_a_file_of_the_same_name(d):
    (d / "name").mkdir()
    os.rmdir(d / "name")
    put(d / "name")
    same(tree(d), {"name": b"contents"})


@row
def unlink_then_a_directory_of_the_same_name(d):
    os.unlink(put(d / "name"))
    (d / "name").mkdir()
    assert (d / "name").is_dir()


@row(keeps=False)
def a_directory_emptied_stays(d):
    (d / "dir/inner").mkdir(parents=True)
    put(d / "dir/inner/file")
    os.unlink(d / "dir/inner/file")
    same(os.listdir(d / "dir"), ["inner"])


@row
def removal_of_a_tree(d):
    import shutil

    for number in range(10):
        (d / f"tree/{number}/sub").mkdir(parents=True)
        put(d / f"tree/{number}/sub/file")
        os.symlink("sub/file", d / f"tree/{number}/link")
    shutil.rmtree(d / "tree")
    same(os.listdir(d), [])


@row
def a_removed_working_directory_lists_nothing(d):
    (d / "dir").mkdir()
    os.chdir(d / "dir")
    try:
        os.rmdir(d / "dir")
        same(os.listdir("."), [])
        with fails(errno.ENOENT):
            open("new", "w")
    finally:
        os.chdir("/")
