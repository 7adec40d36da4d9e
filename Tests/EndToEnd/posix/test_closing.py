"""3.1, 3.4: the object changes at the last close of a descriptor, whichever process has a copy of it."""
# SEMANTICS: 3.4

import contextlib
import os
import subprocess
import sys

import pytest

from harness.mount import Mount
from harness.waiting import wait_until


def test_a_child_that_is_started_meanwhile_saves_nothing(bucket, folder):
    """Regression (fault C4): the child's copy of the descriptor is closed at its exec."""
    with open(folder / "f", "wb", buffering=0) as file:
        file.write(b"x" * 1000)
        subprocess.run(["true"], check=True)
        assert bucket.keys() == []
        file.write(b"y" * 1000)
    assert bucket.get("f") == b"x" * 1000 + b"y" * 1000


def test_a_child_that_inherits_the_descriptor_and_ends_saves_nothing(bucket, folder):
    with open(folder / "f", "wb", buffering=0) as file:
        file.write(b"x" * 1000)
        script = f"import os; os.write({file.fileno()}, b'child')"
        subprocess.run([sys.executable, "-c", script], pass_fds=[file.fileno()], check=True)
        assert bucket.keys() == []
    assert bucket.get("f") == b"x" * 1000 + b"child"


def test_a_fork_without_exec_saves_nothing(bucket, folder):
    with open(folder / "f", "wb", buffering=0) as file:
        file.write(b"x" * 1000)
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
        assert bucket.keys() == []
    assert bucket.get("f") == b"x" * 1000


def test_the_commands_of_a_group_are_one_object(bucket, folder):
    script = f"{{ echo one; /bin/echo two; read line; /bin/echo three; }} > {folder}/f"
    shell = subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE)
    wait_until(lambda: (folder / "f").exists() and (folder / "f").read_text() == "one\ntwo\n", 5, "half of the group")
    assert bucket.keys() == []
    shell.communicate(b"\n")
    assert bucket.get("f") == b"one\ntwo\nthree\n"


def test_a_duplicate_in_the_same_process_is_no_close(bucket, folder):
    first = os.open(folder / "f", os.O_WRONLY | os.O_CREAT)
    os.write(first, b"half")
    second = os.dup(first)
    os.close(first)
    assert bucket.keys() == []
    os.write(second, b"whole")
    os.close(second)
    assert bucket.get("f") == b"halfwhole"


@pytest.mark.parametrize("flags", [os.O_RDONLY, os.O_WRONLY, os.O_RDWR])
def test_another_open_of_the_same_file_is_no_duplicate(bucket, folder, flags):
    bucket.put("f", "old")
    other = os.open(folder / "f", flags)
    try:
        (folder / "f").write_text("new")
        assert bucket.get("f") == b"new"
    finally:
        os.close(other)


def test_the_writer_s_close_saves_though_a_child_still_has_a_copy(bucket, folder):
    """Such copies are often kept by accident, and the writer expects its bytes in S3."""
    file = os.open(folder / "f", os.O_WRONLY | os.O_CREAT)
    os.write(file, b"all of it")
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=[file])
    try:
        os.close(file)
        assert bucket.get("f") == b"all of it"
    finally:
        child.communicate()


@pytest.mark.parametrize("handles", [2, 3])
def test_a_child_of_a_process_that_has_opened_the_file_several_times_is_started(bucket, folder, handles):
    """While a process is in execve(2), reading its descriptors in /proc waits for that to end, and execve waits for the
    mount's answer to the close of each descriptor that is not inherited."""
    (folder / "f").write_bytes(b"old")
    files = [open(folder / "f", "r+b", buffering=0) for _ in range(handles)]
    files[0].write(b"x" * 1000)
    # Not closed by the child itself: by its execve.
    subprocess.run(["true"], check=True, timeout=20, close_fds=False)
    files[1].seek(1000)
    files[1].write(b"y" * 1000)
    for file in files:
        file.close()
    assert bucket.get("f") == b"x" * 1000 + b"y" * 1000


@pytest.mark.parametrize("is_alive", [True, False], ids=["living", "dead"])
def test_a_descriptor_of_another_mount_of_the_bucket_is_another_open(bucket, folder, localstack, tmp_path, is_alive):
    """The inode numbers are the same there."""
    bucket.put("f", b"x" * 1000)
    other = Mount(tmp_path / "other", localstack.endpoint, http=False).start()
    held = os.open(other.directory / bucket.name / "f", os.O_RDWR)
    try:
        if not is_alive:
            other.kill()
        for text in (b"first", b"second"):
            with open(folder / "f", "r+b", buffering=0) as file:
                file.write(text)
            assert bucket.get("f").startswith(text)
    finally:
        # A file of a dead mount cannot be closed without an error.
        with contextlib.suppress(OSError):
            os.close(held)
        other.clean_up()


def test_a_descriptor_of_the_path_alone_is_no_open(bucket, folder):
    """As in programs that check before they open: O_PATH, fstat, open of /proc/self/fd/N."""
    bucket.put("f", b"x" * 1000)
    path = os.open(folder / "f", os.O_PATH)
    try:
        for text in (b"first", b"second"):
            with open(f"/proc/self/fd/{path}", "r+b", buffering=0) as file:
                file.write(text)
            assert bucket.get("f").startswith(text)
    finally:
        os.close(path)
