"""What POSIX promises. Each test runs in the mount and, to check the test itself, in a directory of the local disk."""
# SEMANTICS: 1.2, 3.1, 3.2, 4.3, 4.4, 6.1, 6.4, 6.5, 6.7, 8, 9

import errno
import fcntl
import mmap
import os
import stat
import threading

import pytest

from harness.waiting import wait_until


@pytest.fixture(params=["mount", "disk"])
def place(request, tmp_path):
    """An empty directory: a bucket in the mount, or one of the local disk."""
    if request.param == "disk":
        return tmp_path
    return request.getfixturevalue("folder")


def assert_errno(expected, call, *arguments):
    with pytest.raises(OSError) as caught:
        call(*arguments)
    assert errno.errorcode[caught.value.errno] == errno.errorcode[expected]


def contents(directory):
    """Every file below a directory by its relative path."""
    return {
        os.path.relpath(os.path.join(parent, name), directory): open(os.path.join(parent, name), "rb").read()
        for parent, _, names in os.walk(directory)
        for name in names
    }


# Rename


def test_rename_of_a_file(place):
    (place / "a").write_bytes(b"a")
    os.rename(place / "a", place / "b")
    assert contents(place) == {"b": b"a"}


def test_rename_of_a_file_over_a_file(place):
    (place / "a").write_bytes(b"new")
    (place / "b").write_bytes(b"old")
    os.rename(place / "a", place / "b")
    assert contents(place) == {"b": b"new"}


def test_rename_of_a_file_onto_itself_changes_nothing(place):
    (place / "a").write_bytes(b"a")
    os.rename(place / "a", place / "a")
    assert contents(place) == {"a": b"a"}


def test_rename_of_a_file_into_another_directory(place):
    (place / "dir").mkdir()
    (place / "a").write_bytes(b"a")
    os.rename(place / "a", place / "dir/b")
    assert contents(place) == {"dir/b": b"a"}


def test_rename_of_an_open_file_keeps_its_handle(place):
    with open(place / "a", "wb", buffering=0) as file:
        file.write(b"before ")
        os.rename(place / "a", place / "b")
        file.write(b"after")
    assert contents(place) == {"b": b"before after"}


def test_rename_of_a_directory_with_30_files(place):
    (place / "old/sub").mkdir(parents=True)
    for number in range(30):
        (place / f"old/sub/{number}").write_bytes(b"%d" % number)
    os.rename(place / "old", place / "new")
    assert contents(place) == {f"new/sub/{number}": b"%d" % number for number in range(30)}
    assert os.listdir(place) == ["new"]


def test_rename_of_a_directory_over_an_empty_one(place):
    (place / "a").mkdir()
    (place / "a/inside").write_bytes(b"x")
    (place / "b").mkdir()
    os.rename(place / "a", place / "b")
    assert contents(place) == {"b/inside": b"x"}


def test_rename_of_a_directory_over_one_that_is_not_empty(place):
    for name in ("a", "b"):
        (place / name).mkdir()
        (place / name / "inside").write_bytes(name.encode())
    assert_errno(errno.ENOTEMPTY, os.rename, place / "a", place / "b")
    assert contents(place) == {"a/inside": b"a", "b/inside": b"b"}


def test_rename_between_files_and_directories(place):
    (place / "file").write_bytes(b"x")
    (place / "dir").mkdir()
    assert_errno(errno.EISDIR, os.rename, place / "file", place / "dir")
    assert_errno(errno.ENOTDIR, os.rename, place / "dir", place / "file")


def test_rename_of_a_directory_into_itself(place):
    (place / "dir").mkdir()
    assert_errno(errno.EINVAL, os.rename, place / "dir", place / "dir/sub")


def test_rename_across_buckets_is_a_move(bucket, folder, mount, s3, bucket_name):
    os.mkdir(mount.path(bucket_name + "-2"))
    (folder / "a").write_bytes(b"a")
    os.rename(folder / "a", mount.path(bucket_name + "-2", "b"))
    assert bucket.keys() == []
    assert s3.get_object(Bucket=bucket_name + "-2", Key="b")["Body"].read() == b"a"
    os.unlink(mount.path(bucket_name + "-2", "b"))
    os.rmdir(mount.path(bucket_name + "-2"))


def test_rename_of_a_virtual_directory(bucket, folder):
    bucket.put("virtual/a", "a")
    bucket.put("virtual/b/c", "c")
    os.rename(folder / "virtual", folder / "real")
    assert bucket.keys() == ["real/a", "real/b/c"]


# Directories


def test_rmdir_of_a_directory_that_is_not_empty(place):
    (place / "dir").mkdir()
    (place / "dir/file").write_bytes(b"x")
    assert_errno(errno.ENOTEMPTY, os.rmdir, place / "dir")
    os.unlink(place / "dir/file")
    os.rmdir(place / "dir")
    assert os.listdir(place) == []


def test_mkdir_where_something_is(place):
    (place / "dir").mkdir()
    (place / "file").write_bytes(b"")
    assert_errno(errno.EEXIST, os.mkdir, place / "dir")
    assert_errno(errno.EEXIST, os.mkdir, place / "file")
    assert_errno(errno.ENOENT, os.mkdir, place / "missing/dir")
    assert_errno(errno.ENOTDIR, os.mkdir, place / "file/dir")


def test_the_wrong_kind_of_thing(place):
    (place / "dir").mkdir()
    (place / "file").write_bytes(b"")
    assert_errno(errno.EISDIR, lambda: open(place / "dir", "wb"))
    assert_errno(errno.ENOTDIR, os.listdir, place / "file")
    assert_errno(errno.ENOTDIR, os.rmdir, place / "file")
    assert_errno(errno.EISDIR, os.unlink, place / "dir")


def test_a_listing_while_its_files_are_deleted(place):
    for number in range(300):
        (place / f"{number}").write_bytes(b"")
    with os.scandir(place) as entries:
        for entry in entries:
            os.unlink(entry.path)
    assert os.listdir(place) == []


# Opening and writing


def test_exclusive_creation(place):
    (place / "there").write_bytes(b"x")
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
    assert_errno(errno.EEXIST, os.open, place / "there", flags)
    os.close(os.open(place / "new", flags))
    assert contents(place) == {"there": b"x", "new": b""}


def test_append_writes_at_the_end_whichever_handle_wrote_before(place):
    (place / "log").write_bytes(b"0")
    first = os.open(place / "log", os.O_WRONLY | os.O_APPEND)
    second = os.open(place / "log", os.O_WRONLY | os.O_APPEND)
    for descriptor, text in [(first, b"a"), (second, b"b"), (first, b"c"), (second, b"d")]:
        os.write(descriptor, text)
    os.close(first)
    os.close(second)
    assert (place / "log").read_bytes() == b"0abcd"


def test_truncation_down_and_up(place):
    (place / "f").write_bytes(b"0123456789")
    os.truncate(place / "f", 4)
    assert (place / "f").read_bytes() == b"0123"
    os.truncate(place / "f", 8)
    assert (place / "f").read_bytes() == b"0123\0\0\0\0"
    os.truncate(place / "f", 0)
    assert os.stat(place / "f").st_size == 0


def test_truncation_of_an_open_file(place):
    with open(place / "f", "w+b", buffering=0) as file:
        file.write(b"0123456789")
        os.ftruncate(file.fileno(), 3)
        assert os.fstat(file.fileno()).st_size == 3
        file.write(b"x")
    assert (place / "f").read_bytes() == b"012" + b"\0" * 7 + b"x"


def test_truncation_of_a_new_file_before_the_first_write(place):
    descriptor = os.open(place / "f", os.O_CREAT | os.O_WRONLY)
    os.ftruncate(descriptor, 5)
    os.pwrite(descriptor, b"ab", 1)
    os.close(descriptor)
    assert (place / "f").read_bytes() == b"\0ab\0\0"


def test_opening_with_truncation(place):
    (place / "f").write_bytes(b"old contents")
    with open(place / "f", "wb") as file:
        file.write(b"new")
    assert (place / "f").read_bytes() == b"new"


def test_a_sparse_file(place):
    with open(place / "f", "wb", buffering=0) as file:
        file.seek(3_000_000)
        file.write(b"end")
    body = (place / "f").read_bytes()
    assert len(body) == 3_000_003
    assert body.count(0) == 3_000_000 and body.endswith(b"end")


def test_positioned_reads_and_writes(place):
    expected = bytearray(os.urandom(1_000_000))
    (place / "f").write_bytes(expected)
    with open(place / "f", "r+b", buffering=0) as file:
        for offset, length in [(0, 10), (131_071, 3), (500_000, 70_000), (999_990, 10), (4_095, 4_098)]:
            patch = os.urandom(length)
            assert os.pwrite(file.fileno(), patch, offset) == length
            expected[offset : offset + length] = patch
            assert os.pread(file.fileno(), length + 2, max(0, offset - 1)) == bytes(
                expected[max(0, offset - 1) : max(0, offset - 1) + length + 2]
            )
    assert (place / "f").read_bytes() == bytes(expected)


def test_reading_past_the_end(place):
    (place / "f").write_bytes(b"abc")
    with open(place / "f", "rb", buffering=0) as file:
        assert os.pread(file.fileno(), 10, 3) == b""
        assert os.pread(file.fileno(), 10, 1_000_000) == b""


def test_what_one_handle_writes_another_reads_at_once(place):
    with open(place / "f", "w+b", buffering=0) as writer, open(place / "f", "rb", buffering=0) as reader:
        writer.write(b"one")
        assert reader.read() == b"one"
        writer.write(b"two")
        assert reader.read() == b"two"
        assert os.fstat(reader.fileno()).st_size == 6
        assert os.stat(place / "f").st_size == 6


def test_a_file_unlinked_while_open_stays_readable_and_writable(place):
    (place / "f").write_bytes(b"contents")
    with open(place / "f", "r+b", buffering=0) as file:
        os.unlink(place / "f")
        assert os.listdir(place) == []
        assert file.read() == b"contents"
        file.write(b", and more")
        assert os.pread(file.fileno(), 100, 0) == b"contents, and more"
        assert os.fstat(file.fileno()).st_size == 18
    assert os.listdir(place) == []


def test_a_file_replaced_while_open_shows_its_old_contents(place):
    (place / "f").write_bytes(b"old")
    (place / "g").write_bytes(b"newer")
    with open(place / "f", "rb", buffering=0) as file:
        os.rename(place / "g", place / "f")
        assert file.read() == b"old"
    assert (place / "f").read_bytes() == b"newer"


def test_a_mapped_file_is_read_and_written(place):
    (place / "f").write_bytes(b"0" * 10_000)
    with open(place / "f", "r+b") as file, mmap.mmap(file.fileno(), 0) as mapping:
        assert mapping[5000:5003] == b"000"
        mapping[5000:5003] = b"abc"
        mapping.flush()
    assert (place / "f").read_bytes() == b"0" * 5000 + b"abc" + b"0" * 4997


def test_space_allocated_in_advance(place):
    with open(place / "f", "wb", buffering=0) as file:
        os.posix_fallocate(file.fileno(), 0, 4096)
        assert os.fstat(file.fileno()).st_size == 4096
    assert (place / "f").read_bytes() == b"\0" * 4096


def test_fsync_puts_the_bytes_into_the_bucket_while_the_file_is_open(bucket, folder):
    with open(folder / "f", "wb", buffering=0) as file:
        file.write(b"synced")
        os.fsync(file.fileno())
        assert bucket.get("f") == b"synced"
        file.write(b", then more")
    assert bucket.get("f") == b"synced, then more"


def test_close_puts_the_bytes_into_the_bucket(bucket, folder):
    (folder / "f").write_bytes(b"closed")
    assert bucket.get("f") == b"closed"
    (folder / "empty").touch()
    assert bucket.get("empty") == b""


def test_threads_that_write_different_files(place):
    def write(number):
        for turn in range(5):
            (place / f"{number}").write_bytes(b"%d" % (number * turn))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert contents(place) == {f"{number}": b"%d" % (number * 4) for number in range(16)}


def test_locks_exclude_each_other(place):
    with open(place / "f", "wb") as first, open(place / "f", "r+b") as second:
        fcntl.flock(first, fcntl.LOCK_EX)
        assert_errno(errno.EAGAIN, fcntl.flock, second, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(first, fcntl.LOCK_UN)
        fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.lockf(second, fcntl.LOCK_EX | fcntl.LOCK_NB)


# Attributes


def test_sizes_kinds_and_modes(place):
    (place / "file").write_bytes(b"12345")
    (place / "dir").mkdir()
    os.symlink("file", place / "link")
    assert os.stat(place / "file").st_size == 5
    assert stat.S_ISREG(os.stat(place / "file").st_mode)
    assert stat.S_ISDIR(os.stat(place / "dir").st_mode)
    assert stat.S_ISLNK(os.lstat(place / "link").st_mode)
    assert os.lstat(place / "link").st_size == 4
    assert {entry.name: entry.is_dir(follow_symlinks=False) for entry in os.scandir(place)} == {
        "file": False,
        "dir": True,
        "link": False,
    }


def test_chmod_and_utime(place):
    (place / "f").write_bytes(b"x")
    os.chmod(place / "f", 0o640)
    os.utime(place / "f", ns=(1_000_000_000_123_000_000, 1_100_000_000_456_000_000))
    status = os.stat(place / "f")
    assert stat.S_IMODE(status.st_mode) == 0o640
    assert status.st_mtime_ns // 1_000_000 == 1_100_000_000_456
    assert status.st_atime_ns // 1_000_000_000 == 1_000_000_000
    assert (place / "f").read_bytes() == b"x"


def test_the_mode_given_at_creation(place):
    previous = os.umask(0o022)
    try:
        os.close(os.open(place / "f", os.O_CREAT | os.O_WRONLY, 0o755))
        os.mkdir(place / "dir", 0o700)
    finally:
        os.umask(previous)
    assert stat.S_IMODE(os.stat(place / "f").st_mode) == 0o755
    assert stat.S_IMODE(os.stat(place / "dir").st_mode) == 0o700


def test_a_write_moves_the_modification_time_forward(place):
    (place / "f").write_bytes(b"x")
    os.utime(place / "f", (1, 1))
    (place / "f").write_bytes(b"y")
    assert os.stat(place / "f").st_mtime > 1_000_000_000


def test_the_modification_time_seen_at_save_never_changes_by_itself(mount, folder):
    (folder / "f").write_bytes(b"x")
    seen = os.stat(folder / "f").st_mtime_ns
    os.listdir(folder)
    mount.get(folder.name + "/", headers={"Cache-Control": "no-cache"})
    assert (folder / "f").read_bytes() == b"x"
    assert os.stat(folder / "f").st_mtime_ns == seen


def test_a_symbolic_link(place):
    (place / "target").write_bytes(b"contents")
    os.symlink("target", place / "link")
    os.symlink("/no/where 日本", place / "dangling")
    assert os.readlink(place / "link") == "target"
    assert (place / "link").read_bytes() == b"contents"
    assert os.readlink(place / "dangling") == "/no/where 日本"
    assert_errno(errno.ENOENT, os.stat, place / "dangling")
    assert_errno(errno.EEXIST, os.symlink, "x", place / "link")
    os.unlink(place / "link")
    assert (place / "target").read_bytes() == b"contents"


def test_extended_attributes(place):
    (place / "f").write_bytes(b"x")
    os.setxattr(place / "f", "user.one", b"1")
    os.setxattr(place / "f", "user.bytes", bytes(range(256)))
    assert os.getxattr(place / "f", "user.one") == b"1"
    assert os.getxattr(place / "f", "user.bytes") == bytes(range(256))
    assert {"user.one", "user.bytes"} <= set(os.listxattr(place / "f"))
    assert_errno(errno.EEXIST, lambda: os.setxattr(place / "f", "user.one", b"2", os.XATTR_CREATE))
    assert_errno(errno.ENODATA, lambda: os.setxattr(place / "f", "user.two", b"2", os.XATTR_REPLACE))
    os.removexattr(place / "f", "user.one")
    assert_errno(errno.ENODATA, os.getxattr, place / "f", "user.one")
    assert_errno(errno.ENODATA, os.removexattr, place / "f", "user.one")
    (place / "f").write_bytes(b"rewritten")
    assert os.getxattr(place / "f", "user.bytes") == bytes(range(256))


def test_the_properties_of_s3_are_extended_attributes(bucket, folder):
    etag = bucket.put("f", "x", ContentType="text/x-mine", Metadata={"colour": "blue"})
    assert os.getxattr(folder / "f", "user.s3.etag").decode().strip('"') == etag.strip('"')
    assert os.getxattr(folder / "f", "user.s3.content-type") == b"text/x-mine"
    assert os.getxattr(folder / "f", "user.s3.metadata.colour") == b"blue"


def test_the_free_space_is_reported(place):
    space = os.statvfs(place)
    assert space.f_bsize > 0 and space.f_bavail > 0 and space.f_namemax == 255


@pytest.fixture
def decorated(start_mount, bucket):
    """Files with attributes of every kind, created by a mount that has ended: that mount, and their attributes."""
    mount = start_mount()
    folder = mount.path(bucket.name)
    (folder / "file").write_bytes(b"x")
    if os.getuid() == 0:
        os.chown(folder / "file", 1234, 5678)
    os.chmod(folder / "file", 0o711)
    os.setxattr(folder / "file", "user.note", b"kept")
    os.utime(folder / "file", (1_000_000_000, 1_100_000_000))
    os.mkdir(folder / "dir")
    os.chmod(folder / "dir", 0o750)
    os.symlink("file", folder / "link")
    looks = looks_of(folder)
    mount.stop()
    assert bucket.get("file") == b"x"
    return mount, looks


def test_attributes_are_right_at_once_after_a_remount(start_mount, bucket, decorated):
    mount, looks = decorated
    folder = start_mount(home=mount.home).path(bucket.name)
    os.listdir(folder)
    assert looks_of(folder) == looks
    assert os.readlink(folder / "link") == "file"
    assert os.getxattr(folder / "file", "user.note") == b"kept"


def test_attributes_are_in_the_bucket_and_shown_by_a_machine_without_caches(start_mount, bucket, decorated):
    _, looks = decorated
    folder = start_mount().path(bucket.name)
    # A listing does not contain them: they may be read in the background.
    wait_until(lambda: looks_of(folder) == looks, 5, "the same attributes")
    assert os.readlink(folder / "link") == "file"
    assert os.getxattr(folder / "file", "user.note") == b"kept"


def looks_of(folder):
    return {name: attributes(folder / name) for name in ("file", "dir", "link")}


def attributes(path):
    status = os.lstat(path)
    return status.st_mode, status.st_uid, status.st_gid, int(status.st_mtime)


def test_a_rewrite_keeps_content_type_and_the_metadata_of_others(bucket, folder):
    bucket.put("f.dat", "old", ContentType="text/x-mine", Metadata={"colour": "blue"})
    (folder / "f.dat").write_bytes(b"new")
    assert bucket.get("f.dat") == b"new"
    assert bucket.head("f.dat")["ContentType"] == "text/x-mine"
    assert bucket.head("f.dat")["Metadata"]["colour"] == "blue"


def test_the_content_type_of_a_new_file_follows_its_extension(bucket, folder):
    (folder / "data.json").write_bytes(b"{}")
    assert bucket.head("data.json")["ContentType"] == "application/json"
