"""S3's own limits, reported with suitable error numbers."""

import errno
import os

from table import fails, opened, put, row, same


def deepest(d, room):
    """A directory whose key has exactly `1024 - room` bytes, slash included."""
    bucket = d
    while not os.path.ismount(bucket.parent):
        bucket = bucket.parent
    length = 1024 - room
    path = d
    used = len(os.fsencode(str(path.relative_to(bucket)))) + 1
    while used < length:
        step = min(201, length - used)
        if length - used - step == 1:
            step -= 1
        path = path / ("d" * (step - 1))
        os.mkdir(path)
        used += step
    return path


@row(posix=False)
def key_of_1024_bytes(d):
    path = deepest(d, 100) / ("f" * 100)
    same(put(path).read_bytes(), b"contents")


@row(posix=False)
def key_of_1025_bytes_is_ENAMETOOLONG(d):
    directory = deepest(d, 100)
    for attempt in (
        lambda: put(directory / ("f" * 101)),
        lambda: os.mkdir(directory / ("f" * 100)),
        lambda: os.symlink("x", directory / ("f" * 101)),
        lambda: os.mkfifo(directory / ("f" * 101)),
    ):
        with fails(errno.ENAMETOOLONG):
            attempt()
    same(os.listdir(directory), [])


@row(posix=False)
def rename_to_a_key_of_1025_bytes_is_ENAMETOOLONG(d):
    directory = deepest(d, 100)
    put(d / "file")
    with fails(errno.ENAMETOOLONG):
        os.rename(d / "file", directory / ("f" * 101))
    same((d / "file").read_bytes(), b"contents")


@row(posix=False)
def rename_of_a_directory_that_would_make_keys_too_long_is_ENAMETOOLONG(d):
    directory = deepest(d, 100)
    os.mkdir(d / "dir")
    put(d / "dir" / ("f" * 99))
    with fails(errno.ENAMETOOLONG):
        os.rename(d / "dir", directory / "dir")
    same(os.listdir(d / "dir"), ["f" * 99])
    same(os.listdir(directory), [])


@row(posix=False)
def empty_files_are_empty_objects(d):
    with opened(d / "empty", os.O_CREAT | os.O_WRONLY):
        pass
    same(os.stat(d / "empty").st_size, 0)


@row(posix=False)
def reserved_escapes_are_refused(d):
    for name in ("a‛b", "‛", "x‛…", "‛nonsense"):
        with fails(errno.EINVAL):
            put(d / name)
        with fails(errno.EINVAL):
            os.mkdir(d / name)
        with fails(errno.ENOENT):
            os.stat(d / name)
