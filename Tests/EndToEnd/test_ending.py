"""However the process ends, it leaves no mount; and leftovers of a crash do not prevent the next start."""
# SEMANTICS: 11.1, 11.2, 11.3, 11.4

import signal
import subprocess
import sys

import pytest

from harness.mount import binary, environment
from harness.processes import kill_group, run, start
from harness.waiting import wait_until


@pytest.fixture
def sitting_shell():
    """Starts shells that keep a directory busy."""
    shells = []

    def sit(directory):
        shell = start(
            "bash",
            "-c",
            "echo here; read -r line",
            cwd=directory,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None,
        )
        assert shell.stdout.readline() == b"here\n"
        shells.append(shell)
        return shell

    yield sit
    for shell in shells:
        kill_group(shell)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_ends_it(start_mount, number):
    start_mount().stop(number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_ends_it_with_a_shell_sitting_in_the_mount(start_mount, bucket, sitting_shell, number):
    mount = start_mount()
    shell = sitting_shell(mount.path(bucket.name))
    mount.stop(number)
    assert any(str(shell.pid) in line or "bash" in line for line in mount.errors), "the log names the mount's holders"


def test_a_signal_ends_it_with_a_file_open_for_reading(start_mount, bucket):
    bucket.put("open.txt", "contents")
    mount = start_mount()
    with open(mount.path(bucket.name, "open.txt"), "rb", buffering=0) as file:
        assert file.read(4) == b"cont"
        mount.stop()


def test_a_signal_ends_the_gateway_alone(start_mount):
    start_mount(fuse=False).stop()


def test_a_signal_ends_the_gateway_in_the_middle_of_an_upload(start_mount, bucket):
    mount = start_mount(fuse=False)
    upload = start("curl", "-sS", "-T", "-", mount.url(bucket.name, "half.bin"), stdin=subprocess.PIPE)
    try:
        upload.stdin.write(b"x" * 1_000_000)
        upload.stdin.flush()
        mount.stop()
    finally:
        kill_group(upload)
    assert bucket.keys() == []


def test_unmounting_from_outside_ends_it(start_mount):
    mount = start_mount(http=False)
    run("fusermount3", "-u", mount.directory)
    assert mount.process.wait(timeout=20) == 0
    assert not mount.is_mounted()


def test_a_file_not_closed_at_the_signal_replaces_nothing_and_is_kept(start_mount, bucket):
    """11.4: the file was never closed, so the next start puts it beside its name."""
    bucket.put("good.txt", "good")
    mount = start_mount()
    files = [open(mount.path(bucket.name, name), "wb", buffering=0) for name in ("good.txt", "new.txt")]
    for file in files:
        file.write(b"half")
    with pytest.raises(AssertionError, match="ended with 1: .*good.txt"):
        mount.stop(seconds=15)
    for file in files:
        try:
            file.close()
        except OSError:
            pass  # its file system is gone
    assert bucket.keys() == ["good.txt"] and bucket.get("good.txt") == b"good"
    start_mount(home=mount.home)
    wait_until(lambda: len(bucket.keys()) == 3, 15, "both beside their names")
    beside = [key for key in bucket.keys() if ".recovered-" in key]
    assert [key.partition(".recovered-")[0] for key in beside] == ["good.txt", "new.txt"]
    assert all(bucket.get(key) == b"half" for key in beside)
    assert bucket.get("good.txt") == b"good"


# Changes a file through a mapping, and keeps it.
MAPS = """
import mmap, os, sys
file = os.open(sys.argv[1], os.O_RDWR)
pages = mmap.mmap(file, 0)
pages[0:4] = b"new!"
print("mapped", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
def test_pages_of_a_mapping_at_the_signal_are_kept(start_mount, bucket, number):
    """Nobody has synchronised them: the kernel alone knows that they have changed."""
    bucket.put("mapped", "old contents")
    mount = start_mount()
    program = start(
        sys.executable, "-c", MAPS, mount.path(bucket.name, "mapped"), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert program.stdout.readline() == b"mapped\n"
        with pytest.raises(AssertionError, match="ended with 1: .*still open.*mapped"):
            mount.stop(number)
    finally:
        kill_group(program)
    start_mount(home=mount.home)
    beside = wait_until(lambda: [key for key in bucket.keys() if key.startswith("mapped.recovered-")], 20, "recovery")
    assert bucket.get(beside[0]) == b"new!contents" and bucket.get("mapped") == b"old contents"


def test_a_dead_mount_left_by_a_crash_is_replaced_at_the_next_start(start_mount, bucket, tmp_path):
    directory = tmp_path / "mount"
    crashed = start_mount(directory=directory)
    crashed.kill()
    wait_until(lambda: not crashed.is_running, 5, "the crash")
    bucket.put("alive.txt", "alive")
    mount = start_mount(directory=directory)
    assert run("cat", mount.path(bucket.name, "alive.txt")).stdout == "alive"
    mount.stop()


def test_mounting_twice_at_one_place_is_refused_and_the_first_continues(start_mount, bucket, localstack, tmp_path):
    first = start_mount()
    second = run(
        binary(), "--fuse", first.directory, "--endpoint", localstack.endpoint, check=False, env=environment(tmp_path)
    )
    assert second.returncode == 1
    assert str(first.directory) in second.stderr
    assert len(second.stderr.strip().splitlines()) == 1
    assert bucket.name in run("ls", first.directory).stdout
    first.stop()
