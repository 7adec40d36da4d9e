"""Runs the commands of localstackmount. Needs nothing of pytest."""

import os
import pathlib
import shutil
import subprocess


class S3Difference(AssertionError):
    """What is in S3 is not what was expected; the text is the difference."""


class S3StatesError(Exception):
    """A command could not do its work; the text is why, `status` its exit status."""

    def __init__(self, message, status):
        super().__init__(message)
        self.status = status


class S3States:
    """The states of the tests of one worker.

    `directory` holds the states by name; `suffix` is what the buckets' names end in at the endpoint, so that workers do
    not meet. With `update`, `expect` makes the directory say what is in S3.
    """

    def __init__(self, directory, *, binary=None, endpoint=None, suffix="", update=False):
        self.directory = pathlib.Path(directory)
        self.binary = binary or os.environ.get("LOCALSTACKMOUNT_BINARY") or _of_the_wheel() or shutil.which("localstackmount")
        self.endpoint = endpoint
        self.suffix = suffix
        self.update = update

    def bucket(self, name):
        """The name that a bucket has at the endpoint: hand it to the code under test."""
        return name + self.suffix

    def uri(self, bucket, key=""):
        return f"s3://{self.bucket(bucket)}/{key}"

    def seed(self, state, *options):
        """Puts what the state has, and leaves the rest."""
        __tracebackhide__ = True
        return self._run("seed", self._path(state), *self._suffix(), *options)

    def reset(self, state, *options):
        """Makes the state's buckets exactly as it has them."""
        __tracebackhide__ = True
        return self._run("reset", self._path(state), *self._suffix(), *options)

    def expect(self, state, *, within=None, only=(), allow_extra=False):
        """Compares with a state; raises S3Difference. `within`, such as "10s", compares until it is equal."""
        __tracebackhide__ = True
        options = [option for pattern in _list(only) for option in ("--only", pattern)]
        if within is not None:
            options += ["--within", _time(within)]
        if allow_extra:
            options.append("--allow-extra")
        if self.update:
            options.append("--update")
        self._run("expect", self._path(state), *self._suffix(), *options)

    def wait(self, bucket, keys="**", *, count=None, gone=False, changed=False, contains=None, timeout="30s"):
        """Waits for objects of a bucket; returns their keys. Raises TimeoutError."""
        __tracebackhide__ = True
        options = ["--timeout", _time(timeout)]
        if count is not None:
            options += ["--count", str(count)]
        if contains is not None:
            options += ["--contains", contains]
        options += ["--gone"] * gone + ["--changed"] * changed
        prefix = self.uri(bucket)
        out = self._run("wait", self.uri(bucket, keys), *options)
        return [line[len(prefix):] for line in out.splitlines() if line.startswith(prefix)]

    def diff(self, a, b="now"):
        """The text of what differs between two states; empty if nothing does."""
        __tracebackhide__ = True
        names = [str(self._path(name)) if self._path(name).is_dir() else name for name in (a, b)]
        try:
            self._run("diff", *names, *self._suffix())
        except S3Difference as difference:
            return str(difference)
        return ""

    def run(self, *arguments):
        """Any command of localstackmount; returns what it prints."""
        __tracebackhide__ = True
        return self._run(*arguments)

    def _path(self, state):
        return self.directory / state

    def _suffix(self):
        return ["--suffix", self.suffix] if self.suffix else []

    def _run(self, command, *arguments):
        __tracebackhide__ = True
        if not self.binary:
            raise S3StatesError("localstackmount is not on the PATH: install it, or set LOCALSTACKMOUNT_BINARY", 127)
        line = [self.binary, command, *map(str, arguments)]
        if self.endpoint:
            line += ["--endpoint", self.endpoint]
        try:
            result = subprocess.run(line, capture_output=True, text=True, errors="surrogateescape", check=False)
        except OSError as error:
            raise S3StatesError(
                f"{self.binary} cannot be run ({error.strerror}): name localstackmount by --s3-binary or "
                "LOCALSTACKMOUNT_BINARY", 127,
            ) from None  # fmt: skip
        if result.returncode == 0:
            return result.stdout
        if result.returncode == 1:
            raise S3Difference(result.stdout.rstrip())
        message = result.stderr.strip().removeprefix("localstackmount: ")
        if result.returncode == 124:
            raise TimeoutError(message)
        raise S3StatesError(message or f"{command} ended with {result.returncode}", result.returncode)


def _of_the_wheel():
    # Without a start of Python for each command, as the one on the PATH has it.
    try:
        from localstackmount import binary
    except ImportError:
        return None
    return binary()


def _list(value):
    return [value] if isinstance(value, str) else list(value)


def _time(value):
    return value if isinstance(value, str) else f"{value}s"
