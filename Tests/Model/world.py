"""One bucket, seen through the mount, over HTTP and over S3, and the reference that all of them must agree with."""

import os
import time

import requests

from Model.reference import BucketModel, parents

# The promise is the ttl; the rest is the time of the requests themselves, on a loaded machine.
MARGIN = 0.5


class World:
    def __init__(self, mount, bucket, ttl):
        self.mount = mount
        self.bucket = bucket
        self.ttl = ttl
        self.model = BucketModel()
        self.folder = str(mount.path(bucket.name))
        self.session = requests.Session()
        self._names_settle_at = 0.0
        self._sizes_settle_at = {}

    # What other programs changed is seen after the ttl

    def names_changed_elsewhere(self):
        if self.ttl:
            self._names_settle_at = time.monotonic() + self.ttl + MARGIN

    def size_changed_elsewhere(self, path):
        if self.ttl:
            self._sizes_settle_at[path] = time.monotonic() + self.ttl + MARGIN

    def settle_names(self):
        """Call this before an operation that depends on the existing names."""
        wait_for(self._names_settle_at)

    def settle_size(self, path):
        """Call this before an operation that depends on the size of a file without opening it."""
        wait_for(self._sizes_settle_at.pop(path, 0.0))

    # Steps that several operations share

    def request(self, method, path, query="", **options):
        url = self.mount.url(self.bucket.name, path) + query
        return self.session.request(method, url, timeout=60, allow_redirects=False, **options)

    def http_names(self, directory):
        answer = self.request("GET", directory + "/" if directory else "", query="?json")
        assert answer.status_code == 200, answer.text
        return {entry["name"].rstrip("/") for entry in answer.json()["entries"]}

    def make_parents(self, path):
        """mkdir -p, as a program in the mount does."""
        for directory in reversed(list(parents(path))):
            if directory in self.model.sure_directories():
                continue
            if directory in self.model.possible:
                self.make_possible(directory)
            else:
                os.mkdir(os.path.join(self.folder, directory))
                self.model.make_directory(directory)

    def make_possible(self, directory):
        """mkdir where the directory may exist: only the bucket shows whether it did."""
        try:
            os.mkdir(os.path.join(self.folder, directory))
            self.model.make_directory(directory)
        except FileExistsError:
            assert os.path.isdir(os.path.join(self.folder, directory))

    # Checks

    def assert_names(self, directory, found):
        sure, possible = self.model.sure_names(directory), self.model.possible_names(directory)
        assert not sure - found, f"{directory or 'the bucket'} lacks {sorted(sure - found)}"
        surplus = found - sure - possible
        assert not surplus, f"{directory or 'the bucket'} shows {sorted(surplus)}, which are not there"

    def differences_in_the_bucket(self):
        """The differences between the bucket and the reference, for the report of a failure."""
        lines = []
        for path, contents in sorted(self.model.files.items()):
            found = self.bucket.get(path)
            if found != contents:
                size = None if found is None else len(found)
                lines.append(f"{path}: {size} bytes instead of {len(contents)}")
        return lines or ["no file"]

    def assert_everything_agrees(self):
        """Checks the whole bucket, through all three ways."""
        self.settle_names()
        assert set(self.bucket.keys()) == self.model.keys()
        for directory in ["", *sorted(self.model.sure_directories())]:
            self.assert_names(directory, set(os.listdir(os.path.join(self.folder, directory))))
            self.assert_names(directory, self.http_names(directory))
        for path, contents in self.model.files.items():
            assert self.bucket.get(path) == contents, path
            with open(os.path.join(self.folder, path), "rb") as file:
                assert file.read() == contents, path
            assert self.request("GET", path).content == contents, path


def wait_for(moment):
    """Lets the ttl pass: there is no event to wait for."""
    while (left := moment - time.monotonic()) > 0:
        time.sleep(left)
