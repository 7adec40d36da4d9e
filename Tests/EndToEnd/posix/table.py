"""The table: one row is one named check, a function that gets an empty directory.

A row that tests only POSIX also runs on tmpfs, so that the table describes file systems in general, not this one. The
files that a row leaves are checked again after a remount, and through boto3.
"""

import errno
import importlib
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

GROUPS = [
    "opening", "reading_writing", "sizes", "attributes", "ownership", "renaming", "removing", "directories", "links",
    "nodes", "extended", "names", "mapping", "space", "locking", "roots", "limits",
]  # fmt: skip


@dataclass(frozen=True)
class Row:
    name: str
    function: Callable
    # It tests only POSIX or Linux, and runs on tmpfs too.
    posix: bool
    # Needs the superuser.
    root: bool
    # The files that it leaves are in S3, and the same after a remount.
    keeps: bool


ROWS = {}


def row(function=None, *, posix=True, root=False, keeps=True, name=None):
    """Enters a function into the table under its group and name."""

    def enter(function):
        group = function.__module__.rsplit(".", 1)[-1]
        entry = Row(f"{group}/{name or function.__name__}", function, posix, root, keeps)
        assert entry.name not in ROWS, f"two rows are called {entry.name}"
        ROWS[entry.name] = entry
        return function

    return enter(function) if function else enter


def load():
    """All rows by name, in order."""
    for group in GROUPS:
        importlib.import_module(f"rows.{group}")
    return ROWS


# Assertions of rows


@contextmanager
def fails(*expected):
    """The block must fail with one of these error numbers."""
    names = [errno.errorcode[number] for number in expected]
    try:
        yield
    except OSError as error:
        assert error.errno in expected, f"{errno.errorcode.get(error.errno)} instead of {names}"
    else:
        raise AssertionError(f"it succeeded instead of failing with {names}")


@contextmanager
def opened(path, flags, mode=0o644):
    descriptor = os.open(path, flags, mode)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def same(actual, expected):
    assert actual == expected, f"{shorten(actual)} instead of {shorten(expected)}"


def shorten(value):
    text = repr(value)
    return text if len(text) < 200 else text[:200] + "..."


def put(path: Path, body=b"contents"):
    path.write_bytes(body)
    return path


def in_child(body):
    """Runs the block in a process of its own; fails with its failure."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        message = b""
        try:
            os.close(reader)
            body()
        except BaseException as error:  # noqa: BLE001: every failure is passed to the parent
            message = f"{type(error).__name__}: {error}".encode()
        os.write(writer, message)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        message = pipe.read()
    _, status = os.waitpid(child, 0)
    assert status == 0 and not message, message.decode() or f"the child ended with {status}"


def as_user(user, body, groups=()):
    """Runs the block as another user."""

    def become():
        os.setgroups(list(groups))
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        body()

    in_child(become)


def tree(directory):
    """Every file below a directory by its relative path."""
    return {
        os.path.relpath(os.path.join(parent, name), directory): Path(parent, name).read_bytes()
        for parent, _, names in os.walk(directory)
        for name in names
    }
