"""open(2) and creat(2)."""

import errno
import os
import stat
import threading

from table import fails, in_child, opened, put, row, same


@row
def missing_file_is_ENOENT(d):
    for flags in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR, os.O_RDWR | os.O_TRUNC):
        with fails(errno.ENOENT):
            os.open(d / "missing", flags)


@row
def missing_parent_is_ENOENT(d):
    with fails(errno.ENOENT):
        os.open(d / "missing/file", os.O_CREAT | os.O_WRONLY)


@row
def parent_that_is_a_file_is_ENOTDIR(d):
    put(d / "file")
    with fails(errno.ENOTDIR):
        os.open(d / "file/inside", os.O_CREAT | os.O_WRONLY)


@row
def name_with_slash_at_the_end_of_a_file_is_ENOTDIR(d):
    put(d / "file")
    with fails(errno.ENOTDIR):
        os.open(f"{d}/file/", os.O_RDONLY)


@row
def creation_with_slash_at_the_end_is_EISDIR(d):
    with fails(errno.EISDIR):
        os.open(f"{d}/new/", os.O_CREAT | os.O_WRONLY)


@row
def directory_for_writing_is_EISDIR(d):
    (d / "dir").mkdir()
    for flags in (os.O_WRONLY, os.O_RDWR, os.O_RDONLY | os.O_TRUNC, os.O_CREAT | os.O_RDWR):
        with fails(errno.EISDIR):
            os.open(d / "dir", flags)


@row
def directory_for_reading_opens_but_does_not_read(d):
    (d / "dir").mkdir()
    with opened(d / "dir", os.O_RDONLY) as descriptor, fails(errno.EISDIR):
        os.read(descriptor, 1)


@row
def o_directory_of_a_file_is_ENOTDIR(d):
    put(d / "file")
    with fails(errno.ENOTDIR):
        os.open(d / "file", os.O_RDONLY | os.O_DIRECTORY)


@row
def o_creat_makes_an_empty_file(d):
    with opened(d / "new", os.O_CREAT | os.O_WRONLY) as descriptor:
        same(os.fstat(descriptor).st_size, 0)
    same((d / "new").read_bytes(), b"")


@row
def o_creat_of_an_existing_file_keeps_its_bytes(d):
    put(d / "file")
    with opened(d / "file", os.O_CREAT | os.O_RDWR) as descriptor:
        same(os.read(descriptor, 100), b"contents")


@row
def o_creat_does_not_change_the_mode_of_an_existing_file(d):
    os.chmod(put(d / "file"), 0o640)
    with opened(d / "file", os.O_CREAT | os.O_RDWR, 0o777):
        pass
    same(stat.S_IMODE(os.stat(d / "file").st_mode), 0o640)


@row
def o_excl_of_an_existing_file_is_EEXIST(d):
    put(d / "file")
    with fails(errno.EEXIST):
        os.open(d / "file", os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    same((d / "file").read_bytes(), b"contents")


@row
def o_excl_of_an_existing_directory_is_EEXIST(d):
    (d / "dir").mkdir()
    with fails(errno.EEXIST):
        os.open(d / "dir", os.O_CREAT | os.O_EXCL | os.O_WRONLY)


@row
def o_excl_of_a_dangling_link_is_EEXIST(d):
    os.symlink("nowhere", d / "link")
    with fails(errno.EEXIST):
        os.open(d / "link", os.O_CREAT | os.O_EXCL | os.O_WRONLY)


@row
def o_excl_makes_a_new_file(d):
    with opened(d / "new", os.O_CREAT | os.O_EXCL | os.O_WRONLY) as descriptor:
        os.write(descriptor, b"first")
    same((d / "new").read_bytes(), b"first")


@row
def o_excl_race_of_threads_has_one_winner(d):
    wins, losses = [], []

    def attempt(number):
        try:
            descriptor = os.open(d / "lock", os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        except FileExistsError:
            losses.append(number)
        else:
            os.write(descriptor, b"%d" % number)
            os.close(descriptor)
            wins.append(number)

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    same((len(wins), len(losses)), (1, 11))
    same((d / "lock").read_bytes(), b"%d" % wins[0])


@row
def o_excl_race_of_processes_has_one_winner(d):
    children = []
    for number in range(6):
        child = os.fork()
        if child == 0:
            try:
                os.close(os.open(d / "lock", os.O_CREAT | os.O_EXCL | os.O_WRONLY))
                os._exit(10)
            except FileExistsError:
                os._exit(20)
            except OSError:
                os._exit(30)
        children.append(child)
    codes = sorted(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children)
    same(codes, [10] + [20] * 5)


@row
def o_trunc_empties(d):
    put(d / "file")
    with opened(d / "file", os.O_WRONLY | os.O_TRUNC) as descriptor:
        same(os.fstat(descriptor).st_size, 0)
    same((d / "file").read_bytes(), b"")


@row
def o_trunc_with_o_rdonly_empties_on_linux(d):
    put(d / "file")
    with opened(d / "file", os.O_RDONLY | os.O_TRUNC):
        pass
    same((d / "file").read_bytes(), b"")


@row
def o_trunc_and_shorter_contents(d):
    put(d / "file", b"long contents")
    with opened(d / "file", os.O_WRONLY | os.O_TRUNC) as descriptor:
        os.write(descriptor, b"short")
    same((d / "file").read_bytes(), b"short")


@row
def o_trunc_keeps_mode_and_inode(d):
    os.chmod(put(d / "file"), 0o604)
    before = os.stat(d / "file")
    put(d / "file", b"other")
    after = os.stat(d / "file")
    same((after.st_mode, after.st_ino), (before.st_mode, before.st_ino))


@row
def o_wronly_cannot_read(d):
    with opened(put(d / "file"), os.O_WRONLY) as descriptor, fails(errno.EBADF):
        os.read(descriptor, 1)


@row
def o_rdonly_cannot_write(d):
    with opened(put(d / "file"), os.O_RDONLY) as descriptor:
        with fails(errno.EBADF):
            os.write(descriptor, b"x")
        with fails(errno.EBADF, errno.EINVAL):
            os.ftruncate(descriptor, 0)


@row
def o_nofollow_of_a_link_is_ELOOP(d):
    put(d / "file")
    os.symlink("file", d / "link")
    with fails(errno.ELOOP):
        os.open(d / "link", os.O_RDONLY | os.O_NOFOLLOW)


@row
def o_path_of_a_file_tells_its_attributes(d):
    put(d / "file")
    with opened(d / "file", os.O_PATH) as descriptor:
        same(os.fstat(descriptor).st_size, 8)
        with fails(errno.EBADF):
            os.read(descriptor, 1)


@row
def o_path_nofollow_of_a_link_tells_that_it_is_one(d):
    os.symlink("nowhere", d / "link")
    with opened(d / "link", os.O_PATH | os.O_NOFOLLOW) as descriptor:
        assert stat.S_ISLNK(os.fstat(descriptor).st_mode)


@row
def o_creat_through_a_dangling_link_makes_its_target(d):
    os.symlink("target", d / "link")
    with opened(d / "link", os.O_CREAT | os.O_WRONLY) as descriptor:
        os.write(descriptor, b"through")
    same((d / "target").read_bytes(), b"through")
    assert os.path.islink(d / "link")


@row
def o_sync_writes(d):
    with opened(d / "file", os.O_CREAT | os.O_WRONLY | os.O_SYNC) as descriptor:
        os.write(descriptor, b"synced")
    same((d / "file").read_bytes(), b"synced")


@row
def o_tmpfile_is_refused_or_works(d):
    try:
        descriptor = os.open(d, os.O_TMPFILE | os.O_RDWR)
    except OSError as error:
        assert error.errno in (errno.EOPNOTSUPP, errno.EISDIR), error
    else:
        os.close(descriptor)
    same(os.listdir(d), [])


@row
def umask_takes_bits_from_the_mode(d):
    previous = os.umask(0o027)
    try:
        with opened(d / "file", os.O_CREAT | os.O_WRONLY, 0o777):
            pass
    finally:
        os.umask(previous)
    same(stat.S_IMODE(os.stat(d / "file").st_mode), 0o750)


@row
def mode_without_write_permission_still_writes_through_the_creating_handle(d):
    with opened(d / "file", os.O_CREAT | os.O_WRONLY, 0o444) as descriptor:
        os.write(descriptor, b"written")
    same((d / "file").read_bytes(), b"written")
    same(stat.S_IMODE(os.stat(d / "file").st_mode), 0o444)


@row
def openat_below_an_open_directory(d):
    (d / "dir").mkdir()
    with opened(d / "dir", os.O_RDONLY | os.O_DIRECTORY) as directory:
        descriptor = os.open("inside", os.O_CREAT | os.O_WRONLY, dir_fd=directory)
        os.write(descriptor, b"at")
        os.close(descriptor)
    same((d / "dir/inside").read_bytes(), b"at")


@row
def openat_follows_a_directory_that_was_renamed(d):
    (d / "dir").mkdir()
    put(d / "dir/inside")
    with opened(d / "dir", os.O_RDONLY | os.O_DIRECTORY) as directory:
        os.rename(d / "dir", d / "elsewhere")
        descriptor = os.open("inside", os.O_RDONLY, dir_fd=directory)
        same(os.read(descriptor, 100), b"contents")
        os.close(descriptor)


@row
def dup_shares_the_offset(d):
    with opened(put(d / "file", b"abcdef"), os.O_RDONLY) as descriptor:
        other = os.dup(descriptor)
        same(os.read(descriptor, 2), b"ab")
        same(os.read(other, 2), b"cd")
        os.close(other)
        same(os.read(descriptor, 2), b"ef")


@row
def two_opens_have_two_offsets(d):
    put(d / "file", b"abcdef")
    with opened(d / "file", os.O_RDONLY) as first, opened(d / "file", os.O_RDONLY) as second:
        same((os.read(first, 3), os.read(second, 3)), (b"abc", b"abc"))


@row
def descriptor_handed_to_a_child_writes(d):
    with opened(d / "file", os.O_CREAT | os.O_WRONLY) as descriptor:
        os.write(descriptor, b"parent ")
        in_child(lambda: os.write(descriptor, b"child"))
        os.write(descriptor, b" parent")
    same((d / "file").read_bytes(), b"parent child parent")


@row
def shell_redirection_of_several_commands(d):
    import subprocess

    subprocess.run(["sh", "-c", "(echo one; echo two; sh -c 'echo three') > out"], cwd=d, check=True, timeout=20)
    same((d / "out").read_bytes(), b"one\ntwo\nthree\n")


@row
def a_hundred_handles_of_one_file(d):
    put(d / "file")
    descriptors = [os.open(d / "file", os.O_RDONLY) for _ in range(100)]
    same({os.pread(descriptor, 8, 0) for descriptor in descriptors}, {b"contents"})
    for descriptor in descriptors:
        os.close(descriptor)


@row
def permission_is_checked_at_open_not_at_read(d):
    with opened(put(d / "file"), os.O_RDONLY) as descriptor:
        os.chmod(d / "file", 0)
        same(os.read(descriptor, 8), b"contents")


@row
def o_direct_writes_and_reads(d):
    import mmap

    with mmap.mmap(-1, 8192) as page:
        page[:4096] = b"d" * 4096
        with opened(d / "file", os.O_CREAT | os.O_RDWR | os.O_DIRECT) as descriptor:
            same(os.pwritev(descriptor, [memoryview(page)[:4096]], 0), 4096)
            same(os.preadv(descriptor, [memoryview(page)[4096:]], 0), 4096)
        same(page[4096:], b"d" * 4096)
    same((d / "file").read_bytes(), b"d" * 4096)


@row
def o_direct_sees_what_an_ordinary_handle_wrote(d):
    import mmap

    put(d / "file", b"a" * 4096)
    with mmap.mmap(-1, 4096) as page, opened(d / "file", os.O_RDWR) as plain:
        with opened(d / "file", os.O_RDONLY | os.O_DIRECT) as direct:
            os.pwrite(plain, b"b" * 4096, 0)
            same(os.preadv(direct, [page], 0), 4096)
            same(page[:], b"b" * 4096)
