"""mkdir(2), readdir(3) and its kin."""

import ctypes
import errno
import os
import stat

from table import fails, opened, put, row, same


@row
def mkdir_makes_an_empty_directory(d):
    os.mkdir(d / "dir")
    same((os.listdir(d / "dir"), os.listdir(d)), ([], ["dir"]))


@row
def mkdir_over_a_directory_is_EEXIST(d):
    os.mkdir(d / "dir")
    with fails(errno.EEXIST):
        os.mkdir(d / "dir")


@row
def mkdir_over_a_file_is_EEXIST(d):
    put(d / "file")
    with fails(errno.EEXIST):
        os.mkdir(d / "file")


@row
def mkdir_over_an_unsaved_file_is_EEXIST(d):
    with opened(d / "file", os.O_CREAT | os.O_WRONLY), fails(errno.EEXIST):
        os.mkdir(d / "file")


@row
def mkdir_over_a_dangling_link_is_EEXIST(d):
    os.symlink("nowhere", d / "link")
    with fails(errno.EEXIST):
        os.mkdir(d / "link")


@row
def mkdir_below_what_is_missing_is_ENOENT(d):
    with fails(errno.ENOENT):
        os.mkdir(d / "missing/dir")


@row
def mkdir_below_a_file_is_ENOTDIR(d):
    put(d / "file")
    with fails(errno.ENOTDIR):
        os.mkdir(d / "file/dir")


@row
def mkdir_with_a_slash_at_the_end(d):
    os.mkdir(f"{d}/dir/")
    assert (d / "dir").is_dir()


@row
def mkdir_of_dot_is_EEXIST(d):
    for name in (".", ".."):
        with fails(errno.EEXIST):
            os.mkdir(f"{d}/{name}")


@row
def mkdir_with_a_mode(d):
    for bits in (0o700, 0o750, 0o755):
        os.mkdir(d / f"{bits:o}", bits)
        same(stat.S_IMODE(os.stat(d / f"{bits:o}").st_mode), bits)


@row
def mkdir_with_the_umask(d):
    previous = os.umask(0o077)
    try:
        os.mkdir(d / "dir", 0o777)
    finally:
        os.umask(previous)
    same(stat.S_IMODE(os.stat(d / "dir").st_mode), 0o700)


@row
def mkdir_thirty_levels_deep(d):
    path = d
    for _ in range(30):
        path = path / "d"
        path.mkdir()
    put(path / "file")
    same((path / "file").read_bytes(), b"contents")


@row
def mkdir_race_has_one_winner(d):
    children = []
    for _ in range(5):
        child = os.fork()
        if child == 0:
            try:
                os.mkdir(d / "dir")
                os._exit(10)
            except FileExistsError:
                os._exit(20)
            except OSError:
                os._exit(30)
        children.append(child)
    codes = sorted(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children)
    same(codes, [10, 20, 20, 20, 20])


@row
def listing_of_a_file_is_ENOTDIR(d):
    put(d / "file")
    with fails(errno.ENOTDIR):
        os.listdir(d / "file")


@row
def listing_of_what_is_missing_is_ENOENT(d):
    with fails(errno.ENOENT):
        os.listdir(d / "missing")


@row
def listing_tells_kinds(d):
    put(d / "file")
    os.mkdir(d / "dir")
    os.symlink("file", d / "link")
    os.mkfifo(d / "fifo")
    kinds = {entry.name: stat.S_IFMT(entry.stat(follow_symlinks=False).st_mode) for entry in os.scandir(d)}
    same(kinds, {"file": stat.S_IFREG, "dir": stat.S_IFDIR, "link": stat.S_IFLNK, "fifo": stat.S_IFIFO})
    same({entry.name for entry in os.scandir(d) if entry.is_symlink()}, {"link"})


@row
def listing_shows_a_new_file_at_once(d):
    same(os.listdir(d), [])
    put(d / "a")
    same(os.listdir(d), ["a"])
    put(d / "b")
    same(sorted(os.listdir(d)), ["a", "b"])
    os.unlink(d / "a")
    same(os.listdir(d), ["b"])


@row
def listing_shows_a_file_that_is_not_yet_saved(d):
    with opened(d / "new", os.O_CREAT | os.O_WRONLY) as descriptor:
        os.write(descriptor, b"12345")
        (entry,) = os.scandir(d)
        same((entry.name, entry.stat().st_size), ("new", 5))


@row
def listing_has_dot_and_dot_dot(d):
    same({b".", b".."} <= set(raw_names(d)), True)


@row
def dot_dot_leads_up(d):
    (d / "a/b").mkdir(parents=True)
    put(d / "a/file")
    same((d / "a/b/../file").read_bytes(), b"contents")
    same(os.stat(d / "a/b/..").st_ino, os.stat(d / "a").st_ino)


@row
def listing_of_1500_files(d):
    for number in range(1500):
        os.mknod(d / f"file {number:04}")
    same(sorted(os.listdir(d)), [f"file {number:04}" for number in range(1500)])


@row
def deleting_while_reading(d):
    for number in range(120):
        os.mknod(d / f"{number}")
    with os.scandir(d) as entries:
        for entry in entries:
            os.unlink(entry.path)
    same(os.listdir(d), [])


@row
def renaming_while_reading(d):
    for number in range(60):
        os.mknod(d / f"{number}")
    with os.scandir(d) as entries:
        for entry in entries:
            if not entry.name.startswith("x"):
                os.rename(entry.path, d / f"x{entry.name}")
    same(sorted(os.listdir(d)), sorted(f"x{number}" for number in range(60)))


@row
def creating_while_reading_skips_and_repeats_nothing_old(d):
    for number in range(120):
        os.mknod(d / f"old{number}")
    seen = []
    with os.scandir(d) as entries:
        for count, entry in enumerate(entries):
            seen.append(entry.name)
            if count < 30:
                os.mknod(d / f"new{count}")
    old = [name for name in seen if name.startswith("old")]
    same(sorted(old), sorted(f"old{number}" for number in range(120)))


class Directory:
    """opendir(3), which Python does not have."""

    def __init__(self, path):
        self.libc = ctypes.CDLL(None, use_errno=True)
        for name in ("opendir", "readdir"):
            getattr(self.libc, name).restype = ctypes.c_void_p
        for name in ("readdir", "telldir", "rewinddir", "closedir"):
            getattr(self.libc, name).argtypes = [ctypes.c_void_p]
        self.libc.telldir.restype = ctypes.c_long
        self.libc.seekdir.argtypes = [ctypes.c_void_p, ctypes.c_long]
        self.handle = self.libc.opendir(bytes(path))
        assert self.handle

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.libc.closedir(self.handle)

    def read(self):
        entry = self.libc.readdir(self.handle)
        # struct dirent: ino, off, reclen, type, name
        return ctypes.string_at(entry + 19) if entry else None

    def read_all(self):
        names = []
        while (name := self.read()) is not None:
            names.append(name)
        return names

    def tell(self):
        return self.libc.telldir(self.handle)

    def seek(self, position):
        self.libc.seekdir(self.handle, position)

    def rewind(self):
        self.libc.rewinddir(self.handle)


def raw_names(path):
    with Directory(path) as directory:
        return directory.read_all()


@row
def seekdir_goes_back_to_where_telldir_was(d):
    for number in range(50):
        os.mknod(d / f"{number:02}")
    with Directory(d) as directory:
        for _ in range(10):
            directory.read()
        position = directory.tell()
        rest = directory.read_all()
        directory.seek(position)
        same(directory.read_all(), rest)


@row
def seekdir_to_every_position_of_a_large_directory(d):
    for number in range(250):
        os.mknod(d / f"{number:04}")
    with Directory(d) as directory:
        places = []
        while True:
            position = directory.tell()
            name = directory.read()
            if name is None:
                break
            places.append((position, name))
        for position, name in places[::37]:
            directory.seek(position)
            same(directory.read(), name)


@row
def rewinddir_sees_what_is_new(d):
    os.mknod(d / "a")
    with Directory(d) as directory:
        same(b"b" in directory.read_all(), False)
        os.mknod(d / "b")
        directory.rewind()
        same(b"b" in directory.read_all(), True)


@row
def two_readers_of_one_directory(d):
    for number in range(60):
        os.mknod(d / f"{number}")
    with Directory(d) as first, Directory(d) as second:
        for _ in range(20):
            first.read()
        same(len(second.read_all()), 62)
        same(len(first.read_all()), 42)


@row
def reading_a_removed_directory_ends(d):
    os.mkdir(d / "dir")
    with Directory(d / "dir") as directory:
        os.rmdir(d / "dir")
        assert set(directory.read_all()) <= {b".", b".."}


@row
def names_of_a_directory_in_a_second_listing_are_the_same(d):
    for number in range(30):
        os.mknod(d / f"{number}")
    same(os.listdir(d), os.listdir(d))


@row
def glob_and_walk(d):
    import glob

    for path in ("a/1.txt", "a/2.dat", "b/c/3.txt"):
        (d / path).parent.mkdir(parents=True, exist_ok=True)
        put(d / path)
    same(sorted(glob.glob("**/*.txt", root_dir=d, recursive=True)), ["a/1.txt", "b/c/3.txt"])
    same(sorted(name for _, _, names in os.walk(d) for name in names), ["1.txt", "2.dat", "3.txt"])


@row
def getcwd_inside(d):
    from table import in_child

    (d / "a/b").mkdir(parents=True)

    def work():
        os.chdir(d / "a/b")
        same(os.getcwd(), str(d / "a/b"))
        os.chdir("..")
        same(os.getcwd(), str(d / "a"))

    in_child(work)
