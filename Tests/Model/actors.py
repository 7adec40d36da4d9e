"""The three programs of the model test: one uses the mount, one HTTP, one S3. Each operation performs a change, checks
the result against the reference, and changes the reference.
"""

import errno
import os

from Model.reference import is_within


class MountActor:
    def __init__(self, world):
        self.world = world
        self.model = world.model

    def _path(self, path):
        return os.path.join(self.world.folder, path)

    def write(self, path, contents):
        self.world.make_parents(path)
        with open(self._path(path), "wb", buffering=0) as file:
            write_all(file, contents)
        self.model.write(path, contents)

    def write_and_sync(self, path, contents, more):
        self.world.make_parents(path)
        with open(self._path(path), "wb", buffering=0) as file:
            write_all(file, contents)
            os.fsync(file.fileno())
            assert self.world.bucket.get(path) == contents
            write_all(file, more)
        self.model.write(path, contents + more)

    def append(self, path, contents):
        with open(self._path(path), "ab", buffering=0) as file:
            write_all(file, contents)
        self.model.write(path, self.model.files[path] + contents)

    def patch(self, path, offset, contents):
        with open(self._path(path), "r+b", buffering=0) as file:
            file.seek(offset)
            write_all(file, contents)
        old = self.model.files[path].ljust(offset if contents else 0, b"\0")
        self.model.write(path, old[:offset] + contents + old[offset + len(contents) :])

    def truncate(self, path, size):
        os.truncate(self._path(path), size)
        self.model.write(path, self.model.files[path][:size].ljust(size, b"\0"))

    def read(self, path):
        with open(self._path(path), "rb", buffering=0) as file:
            assert same(file.read(), self.model.files[path])

    def read_part(self, path, offset, length):
        with open(self._path(path), "rb", buffering=0) as file:
            found = os.pread(file.fileno(), length, offset)
        assert same(found, self.model.files[path][offset : offset + length]), f"{path} at {offset}"

    def stat(self, path):
        self.world.settle_size(path)
        if path in self.model.files:
            assert os.stat(self._path(path)).st_size == len(self.model.files[path])
        else:
            assert_errno(errno.ENOENT, os.stat, self._path(path))

    def unlink(self, path):
        os.unlink(self._path(path))
        self.model.delete(path)

    def make_directory(self, path):
        self.world.make_parents(path)
        if path in self.model.sure_directories():
            assert_errno(errno.EEXIST, os.mkdir, self._path(path))
        elif path in self.model.possible:
            self.world.make_possible(path)
        else:
            os.mkdir(self._path(path))
            self.model.make_directory(path)

    def remove_directory(self, path):
        if self.model.is_surely_absent(path):
            assert_errno(errno.ENOENT, os.rmdir, self._path(path))
        elif self.model.sure_names(path):
            assert_errno(errno.ENOTEMPTY, os.rmdir, self._path(path))
        elif path in self.model.sure_directories() and self.model.is_surely_empty(path):
            os.rmdir(self._path(path))
            self.model.remove_directory(path)

    def rename_file(self, source, destination):
        self.world.make_parents(destination)
        os.rename(self._path(source), self._path(destination))
        self.model.rename_file(source, destination)

    def rename_directory(self, source, destination):
        if source == destination or source not in self.model.sure_directories():
            return
        if is_within(destination, source):
            # Without the directory above the destination it is ENOENT, as on any disk.
            self.world.make_parents(destination)
            assert_errno(errno.EINVAL, os.rename, self._path(source), self._path(destination))
            return
        if is_within(source, destination) or self.model.sure_names(destination):
            assert_errno(errno.ENOTEMPTY, os.rename, self._path(source), self._path(destination))
            return
        if not self.model.is_surely_absent(destination):
            return
        self.world.make_parents(destination)
        os.rename(self._path(source), self._path(destination))
        self.model.rename_directory(source, destination)

    def list(self, directory):
        if directory and directory not in self.model.sure_directories():
            return
        self.world.assert_names(directory, set(os.listdir(self._path(directory))))


class HTTPActor:
    def __init__(self, world):
        self.world = world
        self.model = world.model

    def _request(self, method, path, **options):
        return self.world.request(method, path, **options)

    def put(self, path, contents):
        expected = 204 if path in self.model.files else 201
        assert self._request("PUT", path, data=contents).status_code == expected
        self.model.write(path, contents)

    def get(self, path):
        # Another program may have put it just now: request the newest version.
        answer = self._request("GET", path, headers={"Cache-Control": "no-cache"})
        if path in self.model.files:
            assert answer.status_code == 200
            assert same(answer.content, self.model.files[path])
        else:
            assert answer.status_code == 404

    def get_part(self, path, offset, length):
        contents = self.model.files[path]
        if offset >= len(contents) or not length:
            return
        headers = {"Range": f"bytes={offset}-{offset + length - 1}", "Cache-Control": "no-cache"}
        answer = self._request("GET", path, headers=headers)
        assert answer.status_code == 206
        assert same(answer.content, contents[offset : offset + length])

    def head(self, path):
        answer = self._request("HEAD", path, headers={"Cache-Control": "no-cache"})
        assert answer.status_code == (200 if path in self.model.files else 404)
        if path in self.model.files:
            assert int(answer.headers["Content-Length"]) == len(self.model.files[path])

    def delete(self, path):
        assert self._request("DELETE", path).status_code == 204
        self.model.delete(path)

    def delete_directory(self, path):
        if path not in self.model.sure_directories():
            return
        assert self._request("DELETE", path + "/", query="?recursive").status_code == 204
        self.model.delete_below(path)

    def make_directory(self, path):
        if not self.model.is_surely_absent(path):
            return
        assert self._request("PUT", path + "/").status_code == 201
        self.model.make_directory(path)

    def list(self, directory):
        if directory and directory not in self.model.sure_directories():
            return
        self.world.assert_names(directory, self.world.http_names(directory))


class S3Actor:
    """Another program: the fronts may see its changes up to a ttl later."""

    def __init__(self, world):
        self.world = world
        self.model = world.model
        self.bucket = world.bucket

    def overwrite(self, path, contents):
        self.bucket.put(path, contents)
        self.model.write(path, contents)
        self.world.size_changed_elsewhere(path)

    def put_new(self, path, contents):
        self.bucket.put(path, contents)
        self.model.write(path, contents)
        self.world.names_changed_elsewhere()

    def delete(self, path):
        self.bucket.delete(path)
        self.model.delete(path)
        self.world.names_changed_elsewhere()

    def get(self, path):
        assert same(self.bucket.get(path), self.model.files.get(path))

    def list(self):
        assert set(self.bucket.keys()) == self.model.keys()


def write_all(file, contents):
    view = memoryview(contents)
    while view:
        view = view[file.write(view) :]


def same(found, expected):
    """Checks that two bodies are equal; reports the place of a difference, without printing megabytes."""
    if found == expected:
        return True
    assert found is not None and expected is not None, f"found {found!r:.60}, expected {expected!r:.60}"
    first = next((i for i, pair in enumerate(zip(found, expected)) if pair[0] != pair[1]), min(len(found), len(expected)))
    raise AssertionError(
        f"{len(found)} bytes instead of {len(expected)}; from byte {first} on"
        f" {found[first:first + 20]!r} instead of {expected[first:first + 20]!r}"
    )


def assert_errno(expected, call, *arguments):
    try:
        call(*arguments)
    except OSError as error:
        assert error.errno == expected, f"{error} instead of {errno.errorcode[expected]}"
    else:
        raise AssertionError(f"{call.__name__}{arguments} succeeded; {errno.errorcode[expected]} was expected")
