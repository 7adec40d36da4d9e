"""The mount's root and the buckets' directories: rows find them above their own directory."""

import errno
import os
import secrets
import stat

from table import fails, put, row, same


def places(d):
    """The mount's root and the row's bucket."""
    bucket = d
    while not os.path.ismount(bucket.parent):
        bucket = bucket.parent
    return bucket.parent, bucket


def new_name():
    return f"row-{secrets.token_hex(6)}"


class NewBucket:
    def __init__(self, d):
        self.path = places(d)[0] / new_name()

    def __enter__(self):
        self.path.mkdir()
        return self.path

    def __exit__(self, *_):
        import shutil

        if self.path.exists():
            shutil.rmtree(self.path)


def of_s3(function):
    return row(function, posix=False)


@of_s3
def mkdir_makes_a_bucket_and_rmdir_deletes_it(d):
    root = places(d)[0]
    path = root / new_name()
    path.mkdir()
    same((path.name in os.listdir(root), os.listdir(path)), (True, []))
    path.rmdir()
    same(path.name in os.listdir(root), False)
    with fails(errno.ENOENT):
        os.stat(path)


@of_s3
def mkdir_of_an_existing_bucket_is_EEXIST(d):
    with fails(errno.EEXIST):
        os.mkdir(places(d)[1])


@of_s3
def mkdir_of_a_bad_bucket_name_is_EINVAL(d):
    root = places(d)[0]
    for name in ("UPPER", "ab", "under_score", "-dash", "dot..dot", "192.168.0.1", "with space", "日本"):
        with fails(errno.EINVAL):
            os.mkdir(root / name)


@of_s3
def mkdir_of_a_bucket_name_of_64_bytes_is_EINVAL(d):
    with fails(errno.EINVAL, errno.ENAMETOOLONG):
        os.mkdir(places(d)[0] / ("b" * 64))


@of_s3
def rmdir_of_a_full_bucket_is_ENOTEMPTY(d):
    put(d / "file")
    with fails(errno.ENOTEMPTY):
        os.rmdir(places(d)[1])
    same((d / "file").read_bytes(), b"contents")


@of_s3
def rmdir_of_a_bucket_with_an_unsaved_file_is_ENOTEMPTY(d):
    with NewBucket(d) as bucket:
        descriptor = os.open(bucket / "file", os.O_CREAT | os.O_WRONLY)
        with fails(errno.ENOTEMPTY):
            os.rmdir(bucket)
        os.close(descriptor)


@of_s3
def rmdir_of_a_missing_bucket_is_ENOENT(d):
    with fails(errno.ENOENT):
        os.rmdir(places(d)[0] / new_name())


@of_s3
def rmdir_of_a_bucket_emptied_just_now(d):
    with NewBucket(d) as bucket:
        put(bucket / "file")
        os.mkdir(bucket / "dir")
        os.unlink(bucket / "file")
        os.rmdir(bucket / "dir")
        os.rmdir(bucket)
        same(bucket.exists(), False)


@of_s3
def file_in_the_root_is_EPERM(d):
    root = places(d)[0]
    with fails(errno.EPERM):
        put(root / "file")
    with fails(errno.EPERM):
        os.symlink("x", root / "link")
    with fails(errno.EPERM):
        os.mkfifo(root / "fifo")
    with fails(errno.EPERM):
        os.mknod(root / "node")


@of_s3
def unlink_of_a_bucket_is_EISDIR(d):
    with fails(errno.EISDIR):
        os.unlink(places(d)[1])


@of_s3
def unlink_of_what_is_missing_in_the_root_is_ENOENT(d):
    with fails(errno.ENOENT):
        os.unlink(places(d)[0] / new_name())


@of_s3
def rename_of_an_empty_bucket(d):
    with NewBucket(d) as bucket:
        other = bucket.with_name(new_name())
        os.rename(bucket, other)
        same((bucket.exists(), os.listdir(other)), (False, []))
        other.rmdir()


@of_s3
def rename_of_a_full_bucket(d):
    with NewBucket(d) as bucket:
        os.mkdir(bucket / "dir")
        put(bucket / "dir/file")
        other = bucket.with_name(new_name())
        os.rename(bucket, other)
        same((bucket.exists(), (other / "dir/file").read_bytes()), (False, b"contents"))
        os.rename(other, bucket)
        same((bucket / "dir/file").read_bytes(), b"contents")


@of_s3
def rename_of_a_bucket_over_a_full_one_is_ENOTEMPTY(d):
    put(d / "file")
    with NewBucket(d) as bucket, fails(errno.ENOTEMPTY):
        os.rename(bucket, places(d)[1])


@of_s3
def rename_of_a_bucket_to_a_bad_name_is_EINVAL(d):
    with NewBucket(d) as bucket:
        with fails(errno.EINVAL):
            os.rename(bucket, bucket.with_name("BAD_NAME"))
        same(bucket.exists(), True)


@of_s3
def rename_of_a_bucket_into_a_directory_is_EXDEV(d):
    with NewBucket(d) as bucket, fails(errno.EXDEV):
        os.rename(bucket, d / "bucket")


@of_s3
def rename_of_a_directory_to_the_root_is_EXDEV(d):
    os.mkdir(d / "dir")
    with fails(errno.EXDEV):
        os.rename(d / "dir", places(d)[0] / new_name())


@of_s3
def rename_of_a_file_to_the_root_is_EXDEV(d):
    put(d / "file")
    with fails(errno.EXDEV, errno.EPERM):
        os.rename(d / "file", places(d)[0] / new_name())
    same((d / "file").read_bytes(), b"contents")


@of_s3
def file_moves_across_buckets(d):
    with NewBucket(d) as bucket:
        os.rename(put(d / "file"), bucket / "moved")
        same(((bucket / "moved").read_bytes(), os.listdir(d)), (b"contents", []))


@of_s3
def file_with_attributes_moves_across_buckets(d):
    put(d / "file")
    os.chmod(d / "file", 0o711)
    os.setxattr(d / "file", "user.note", b"kept")
    with NewBucket(d) as bucket:
        os.rename(d / "file", bucket / "moved")
        same(stat.S_IMODE(os.stat(bucket / "moved").st_mode), 0o711)
        same(os.getxattr(bucket / "moved", "user.note"), b"kept")


@of_s3
def directory_moves_across_buckets(d):
    os.mkdir(d / "dir")
    for number in range(10):
        put(d / f"dir/{number}", b"%d" % number)
    with NewBucket(d) as bucket:
        os.rename(d / "dir", bucket / "moved")
        same(sorted(os.listdir(bucket / "moved")), sorted(str(number) for number in range(10)))
        same(os.listdir(d), [])


@of_s3
def file_over_a_file_of_another_bucket(d):
    with NewBucket(d) as bucket:
        put(bucket / "file", b"old")
        os.rename(put(d / "file", b"new"), bucket / "file")
        same((bucket / "file").read_bytes(), b"new")


@of_s3
def open_file_moves_across_buckets(d):
    with NewBucket(d) as bucket:
        descriptor = os.open(d / "file", os.O_CREAT | os.O_WRONLY)
        os.write(descriptor, b"before ")
        os.rename(d / "file", bucket / "file")
        os.write(descriptor, b"after")
        os.close(descriptor)
        same((bucket / "file").read_bytes(), b"before after")


@of_s3
def chmod_and_utime_of_the_root_and_of_a_bucket_are_kept(d):
    """As long as the mount lasts: there is no object that could keep them."""
    for path in places(d):
        os.chmod(path, 0o711)
        os.chmod(path, 0o711)
        os.utime(path, (1_000_000_000, 1_000_000_001))
        status = os.stat(path)
        same((stat.S_IMODE(status.st_mode), status.st_mtime), (0o711, 1_000_000_001))
        os.chmod(path, 0o755)


@of_s3
def xattrs_of_the_root_and_of_a_bucket_are_refused(d):
    for path in places(d):
        with fails(errno.EPERM, errno.EOPNOTSUPP):
            os.setxattr(path, "user.note", b"x")
        with fails(errno.ENODATA):
            os.getxattr(path, "user.note")
        same(os.listxattr(path), [])


@of_s3
def attributes_of_the_root_and_of_a_bucket(d):
    for path in places(d):
        status = os.stat(path)
        assert stat.S_ISDIR(status.st_mode) and status.st_nlink >= 2
        same(stat.S_IMODE(status.st_mode), 0o755)
    same(os.stat(places(d)[0]).st_ino, 1)


@of_s3
def listing_of_a_missing_bucket_is_ENOENT(d):
    path = places(d)[0] / new_name()
    with fails(errno.ENOENT):
        os.listdir(path)
    with fails(errno.ENOENT):
        put(path / "file")
    with fails(errno.ENOENT):
        os.mkdir(path / "dir")


@of_s3
def names_that_editors_probe_in_the_root_do_not_exist(d):
    for name in (".git", "HEAD", "git.exe", ".vscode", "desktop.ini"):
        with fails(errno.ENOENT):
            os.stat(places(d)[0] / name)


@of_s3
def the_root_and_buckets_report_space(d):
    for path in places(d):
        assert os.statvfs(path).f_bavail > 0


@of_s3
def hard_link_to_a_bucket_is_EPERM(d):
    put(d / "file")
    with fails(errno.EPERM):
        os.link(d / "file", places(d)[1] / new_name())


@of_s3
def files_directly_in_a_bucket(d):
    with NewBucket(d) as bucket:
        put(bucket / "file")
        os.rename(bucket / "file", bucket / "other")
        same(((bucket / "other").read_bytes(), os.listdir(bucket)), (b"contents", ["other"]))
        os.unlink(bucket / "other")
        same(os.listdir(bucket), [])
