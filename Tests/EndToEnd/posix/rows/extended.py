"""setxattr(2), getxattr(2), listxattr(2), removexattr(2)."""

import errno
import os

from table import fails, opened, put, row, same


@row
def value_is_kept(d):
    os.setxattr(put(d / "file"), "user.note", b"value")
    same((os.getxattr(d / "file", "user.note"), os.listxattr(d / "file")), (b"value", ["user.note"]))


@row
def empty_value(d):
    os.setxattr(put(d / "file"), "user.empty", b"")
    same((os.getxattr(d / "file", "user.empty"), os.listxattr(d / "file")), (b"", ["user.empty"]))


@row
def every_byte(d):
    os.setxattr(put(d / "file"), "user.bytes", bytes(range(256)))
    same(os.getxattr(d / "file", "user.bytes"), bytes(range(256)))


@row
def names_of_every_kind(d):
    names = ["user.UPPER.lower-_", "user.日本語", "user.a b", 'user."{}%', "user.é"]
    put(d / "file")
    for name in names:
        os.setxattr(d / "file", name, name.encode())
    same(sorted(os.listxattr(d / "file")), sorted(names))
    for name in names:
        same(os.getxattr(d / "file", name), name.encode())


@row
def value_is_replaced(d):
    os.setxattr(put(d / "file"), "user.note", b"one")
    os.setxattr(d / "file", "user.note", b"two, longer")
    same(os.getxattr(d / "file", "user.note"), b"two, longer")


@row
def missing_is_ENODATA(d):
    put(d / "file")
    with fails(errno.ENODATA):
        os.getxattr(d / "file", "user.missing")
    with fails(errno.ENODATA):
        os.removexattr(d / "file", "user.missing")
    same(os.listxattr(d / "file"), [])


@row
def create_of_an_existing_one_is_EEXIST(d):
    os.setxattr(put(d / "file"), "user.note", b"one", os.XATTR_CREATE)
    with fails(errno.EEXIST):
        os.setxattr(d / "file", "user.note", b"two", os.XATTR_CREATE)
    same(os.getxattr(d / "file", "user.note"), b"one")


@row
def replace_of_a_missing_one_is_ENODATA(d):
    put(d / "file")
    with fails(errno.ENODATA):
        os.setxattr(d / "file", "user.note", b"two", os.XATTR_REPLACE)


@row
def removal(d):
    os.setxattr(put(d / "file"), "user.a", b"1")
    os.setxattr(d / "file", "user.b", b"2")
    os.removexattr(d / "file", "user.a")
    same(os.listxattr(d / "file"), ["user.b"])


@row
def sizes_are_told_and_small_buffers_are_ERANGE(d):
    import ctypes

    os.setxattr(put(d / "file"), "user.note", b"12345")
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(64)
    path = bytes(d / "file")
    same(libc.getxattr(path, b"user.note", None, 0), 5)
    same(libc.getxattr(path, b"user.note", buffer, 64), 5)
    same((libc.getxattr(path, b"user.note", buffer, 4), ctypes.get_errno()), (-1, errno.ERANGE))
    same(libc.listxattr(path, None, 0), 10)
    same((libc.listxattr(path, buffer, 9), ctypes.get_errno()), (-1, errno.ERANGE))


@row
def name_of_255_bytes(d):
    name = "user." + "n" * 250
    os.setxattr(put(d / "file"), name, b"x")
    same(os.listxattr(d / "file"), [name])


@row
def name_of_256_bytes_is_ERANGE(d):
    put(d / "file")
    with fails(errno.ERANGE):
        os.setxattr(d / "file", "user." + "n" * 251, b"x")


@row
def value_over_64_kilobytes_is_E2BIG(d):
    put(d / "file")
    with fails(errno.E2BIG):
        os.setxattr(d / "file", "user.big", bytes((64 << 10) + 1))


@row(posix=False)
def value_beyond_what_s3_keeps_is_ENOSPC(d):
    os.setxattr(put(d / "file"), "user.small", b"kept")
    with fails(errno.ENOSPC):
        os.setxattr(d / "file", "user.big", bytes(3000))
    same(os.listxattr(d / "file"), ["user.small"])
    same(os.getxattr(d / "file", "user.small"), b"kept")


@row(posix=False)
def values_together_beyond_what_s3_keeps_are_ENOSPC(d):
    put(d / "file")
    with fails(errno.ENOSPC):
        for number in range(40):
            os.setxattr(d / "file", f"user.{number}", b"x" * 60)
    kept = os.listxattr(d / "file")
    assert 5 <= len(kept) < 40, kept
    same(os.getxattr(d / "file", "user.0"), b"x" * 60)


@row
def a_kilobyte_fits(d):
    os.setxattr(put(d / "file"), "user.kilobyte", b"k" * 1000)
    same(os.getxattr(d / "file", "user.kilobyte"), b"k" * 1000)


@row
def of_a_directory(d):
    os.mkdir(d / "dir")
    os.setxattr(d / "dir", "user.note", b"dir")
    same((os.getxattr(d / "dir", "user.note"), os.listxattr(d / "dir")), (b"dir", ["user.note"]))
    os.removexattr(d / "dir", "user.note")
    same(os.listxattr(d / "dir"), [])


@row
def through_an_open_handle(d):
    with opened(put(d / "file"), os.O_RDWR) as descriptor:
        os.setxattr(descriptor, "user.note", b"fd")
        same((os.getxattr(descriptor, "user.note"), os.listxattr(descriptor)), (b"fd", ["user.note"]))
    same(os.getxattr(d / "file", "user.note"), b"fd")


@row
def of_a_file_that_is_being_written(d):
    with opened(d / "file", os.O_CREAT | os.O_WRONLY) as descriptor:
        os.write(descriptor, b"bytes")
        os.setxattr(d / "file", "user.note", b"early")
        same(os.getxattr(d / "file", "user.note"), b"early")
    same((os.getxattr(d / "file", "user.note"), (d / "file").read_bytes()), (b"early", b"bytes"))


@row
def are_kept_when_written_again(d):
    os.setxattr(put(d / "file"), "user.note", b"kept")
    put(d / "file", b"again")
    with opened(d / "file", os.O_WRONLY | os.O_APPEND) as descriptor:
        os.write(descriptor, b"!")
    same(os.getxattr(d / "file", "user.note"), b"kept")


@row
def are_kept_by_chmod_and_utime(d):
    os.setxattr(put(d / "file"), "user.note", b"kept")
    os.chmod(d / "file", 0o600)
    os.utime(d / "file", (1, 1))
    same(os.getxattr(d / "file", "user.note"), b"kept")


@row
def do_not_move_the_modification_time(d):
    os.utime(put(d / "file"), (1, 1))
    os.setxattr(d / "file", "user.note", b"x")
    same(os.stat(d / "file").st_mtime, 1)


@row
def user_attributes_of_a_link_are_EPERM(d):
    os.symlink("nowhere", d / "link")
    with fails(errno.EPERM):
        os.setxattr(d / "link", "user.note", b"x", follow_symlinks=False)


@row
def of_what_is_missing_is_ENOENT(d):
    for attempt in (
        lambda: os.getxattr(d / "missing", "user.a"),
        lambda: os.setxattr(d / "missing", "user.a", b""),
        lambda: os.listxattr(d / "missing"),
        lambda: os.removexattr(d / "missing", "user.a"),
    ):
        with fails(errno.ENOENT):
            attempt()


@row
def name_without_a_name_space_is_ENOTSUP(d):
    put(d / "file")
    with fails(errno.EOPNOTSUPP):
        os.setxattr(d / "file", "note", b"x")


@row(posix=False)
def access_lists_are_ENOTSUP(d):
    put(d / "file")
    with fails(errno.EOPNOTSUPP):
        os.setxattr(d / "file", "system.posix_acl_access", bytes(4))


@row(posix=False)
def security_labels_are_ENOTSUP(d):
    put(d / "file")
    with fails(errno.EOPNOTSUPP, errno.EPERM):
        os.setxattr(d / "file", "security.selinux", b"x")
    # Because reading is ENOTSUP too, `ls -l` sends one request for a directory instead of one for each name.
    with fails(errno.EOPNOTSUPP):
        os.getxattr(d / "file", "security.selinux")


@row(posix=False)
def properties_of_s3_are_read_by_name(d):
    put(d / "file.json", b"{}")
    same(os.getxattr(d / "file.json", "user.s3.content-type"), b"application/json")
    same(len(os.getxattr(d / "file.json", "user.s3.etag").strip(b'"')), 32)
    same(os.getxattr(d / "file.json", "user.s3.storage-class"), b"STANDARD")


@row(posix=False)
def properties_of_s3_are_not_listed(d):
    same(os.listxattr(put(d / "file.json")), [])


@row(posix=False)
def properties_of_s3_cannot_be_set(d):
    put(d / "file")
    with fails(errno.EPERM):
        os.setxattr(d / "file", "user.s3.etag", b"x")
    with fails(errno.EPERM):
        os.removexattr(d / "file", "user.s3.etag")


@row(posix=False)
def a_property_that_s3_does_not_have_is_ENODATA(d):
    put(d / "file")
    with fails(errno.ENODATA):
        os.getxattr(d / "file", "user.s3.nonsense")
