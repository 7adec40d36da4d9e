"""The next run saves what a run could not: nothing is lost, and nothing of others is overwritten."""
# SEMANTICS: 3.6, 11.1, 11.4

import os
import re
import signal
import stat
import subprocess
import sys
import threading

import pytest

from harness import faultproxy as fault
from harness.mount import binary, environment
from harness.processes import kill_group, run, start
from harness.waiting import wait_until


def fails_to_save(path, data, flags=os.O_CREAT | os.O_TRUNC):
    descriptor = os.open(path, os.O_WRONLY | flags)
    os.write(descriptor, data)
    with pytest.raises(OSError):
        os.fsync(descriptor)
    try:
        os.close(descriptor)
    except OSError:
        pass


def command(mount, *arguments, check=True):
    return run(binary(), *arguments, env=environment(mount.home), check=check)


@pytest.fixture
def crashed(start_faulty, proxy, bucket):
    """A mount that was killed with one unsaved file, file.txt of b"unsaved"."""
    mount = start_faulty()
    run("ls", mount.path(bucket.name))
    proxy.add(fault.Status(500, "InternalError"), "PUT")
    fails_to_save(mount.path(bucket.name, "file.txt"), b"unsaved")
    mount.kill()
    return mount


def test_files_that_a_killed_run_left_are_uploaded_by_the_next(crashed, start_faulty, proxy, bucket):
    proxy.clear()
    mount = start_faulty()
    wait_until(lambda: bucket.get("file.txt") == b"unsaved", 10, "recovery")
    assert run("cat", mount.path(bucket.name, "file.txt")).stdout == "unsaved"
    wait_until(lambda: any("recovered" in line for line in mount.errors), 5, "the line that says so")
    assert "nothing is unsaved" in command(mount, "status").stdout
    mount.stop()


def test_an_object_changed_meanwhile_is_kept_and_the_unsaved_file_is_beside_it(crashed, start_faulty, proxy, bucket):
    bucket.put("file.txt", b"of somebody else")
    proxy.clear()
    start_faulty()
    wait_until(lambda: len(bucket.keys()) == 2, 10, "recovery")
    assert bucket.get("file.txt") == b"of somebody else"
    (beside,) = [key for key in bucket.keys() if re.fullmatch(r"file\.txt\.recovered-\d{8}-\d{6}", key)]
    assert bucket.get(beside) == b"unsaved"


def test_a_file_that_cannot_be_recovered_yet_stays(crashed, start_faulty, bucket):
    mount = start_faulty()
    wait_until(lambda: any("stays unsaved" in line for line in mount.errors), 20, "the line that says so")
    listed = command(mount, "status", check=False)
    assert listed.returncode == 2
    assert f"s3://{bucket.name}/file.txt" in listed.stdout


def test_recover_lists_and_applies(crashed, proxy, bucket):
    listed = command(crashed, "recover").stdout
    assert f"s3://{bucket.name}/file.txt" in listed and "7 bytes" in listed
    proxy.clear()
    command(crashed, "recover", "--apply", "--endpoint", proxy.endpoint)
    assert bucket.get("file.txt") == b"unsaved"
    assert "nothing is unsaved" in command(crashed, "recover", "--list").stdout


def test_recover_discards(crashed, bucket):
    assert f"discarded s3://{bucket.name}/file.txt" in command(crashed, "recover", "--discard").stdout
    assert "nothing is unsaved" in command(crashed, "status").stdout
    assert bucket.get("file.txt") is None


def test_status_names_the_unsaved_files_of_a_running_process(faulty, proxy, bucket):
    run("ls", faulty.path(bucket.name))
    proxy.add(fault.Status(500, "InternalError"), "PUT")
    fails_to_save(faulty.path(bucket.name, "file.txt"), b"unsaved")
    listed = command(faulty, "status", check=False)
    assert listed.returncode == 2 and "tries again" in listed.stdout
    command(faulty, "recover", "--discard")
    proxy.clear()
    wait_until(lambda: bucket.get("file.txt") == b"unsaved", 40, "the retry")


@pytest.mark.parametrize("ending", ["SIGTERM", "SIGINT", "unmounting"])
def test_the_end_of_a_run_that_cannot_save_says_so_and_loses_nothing(start_faulty, proxy, bucket, ending):
    mount = start_faulty()
    run("ls", mount.path(bucket.name))
    proxy.add(fault.Status(500, "InternalError"), "PUT")
    fails_to_save(mount.path(bucket.name, "file.txt"), b"unsaved")
    if ending == "unmounting":
        run("fusermount3", "-u", mount.directory)
    else:
        mount.process.send_signal(signal.Signals[ending])
    assert mount.process.wait(timeout=LONGEST_END) == 1
    wait_until(lambda: any("file.txt" in line and "kept" in line for line in mount.errors), 5, "the line")
    proxy.clear()
    start_faulty()
    wait_until(lambda: bucket.get("file.txt") == b"unsaved", 10, "recovery")


# Not a shell, which closes the file after every redirection.
CLOSES_WHEN_TOLD = """
import os, sys
file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
os.write(file, b"closing")
print("written", flush=True)
sys.stdin.read()
os.close(file)
"""

# SEMANTICS 11.1, plus a margin for a loaded machine.
LONGEST_END = 40 + 20


def test_pages_of_a_mapping_are_kept_though_the_server_never_answers(start_faulty, proxy, bucket):
    """The kernel writes them back while nothing waits for S3."""
    bucket.put("mapped.txt", "old contents")
    mount = start_faulty("--timeout", "300")
    path = mount.path(bucket.name, "mapped.txt")
    assert path.read_bytes() == b"old contents"
    program = start(
        sys.executable,
        "-c",
        "import mmap, os, sys; pages = mmap.mmap(os.open(sys.argv[1], os.O_RDWR), 0); pages[0:4] = b'new!';"
        "print('mapped', flush=True); sys.stdin.read()",
        path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert program.stdout.readline() == b"mapped\n"
        proxy.add(fault.Silence())
        mount.process.terminate()
        assert mount.process.wait(timeout=LONGEST_END) == 1
        assert not mount.is_mounted()
    finally:
        kill_group(program)
    proxy.clear()
    start_faulty()
    beside = wait_until(lambda: [key for key in bucket.keys() if key.startswith("mapped.txt.recovered-")], 20, "recovery")
    assert bucket.get(beside[0]) == b"new!contents" and bucket.get("mapped.txt") == b"old contents"


def test_the_shutdown_is_bounded_though_the_server_accepts_and_never_answers(start_faulty, proxy, bucket):
    """With long S3 deadlines, a file that is being closed, one that is only open, and an HTTP upload."""
    mount = start_faulty("--timeout", "300")
    run("ls", mount.path(bucket.name))
    opened = os.open(mount.path(bucket.name, "open.txt"), os.O_WRONLY | os.O_CREAT)
    os.write(opened, b"only open")
    closing = start(
        sys.executable,
        "-c",
        CLOSES_WHEN_TOLD,
        mount.path(bucket.name, "closing.txt"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert closing.stdout.readline() == b"written\n"
    # The gateway may query the bucket first.
    silences = [proxy.add(fault.Silence(), path="/closing.txt"), proxy.add(fault.Silence())]
    closing.stdin.close()
    upload = start("curl", "-s", "-T", "-", mount.url(bucket.name, "http.txt"), stderr=None)
    try:
        assert all(silence.reached.wait(20) for silence in silences)
        mount.process.terminate()
        assert mount.process.wait(timeout=LONGEST_END) == 1
        assert not mount.is_mounted()
        closing.wait(timeout=10)
    finally:
        kill_group(closing)
        kill_group(upload)
        try:
            os.close(opened)
        except OSError:
            pass  # its file system is gone
    proxy.clear()
    start_faulty()
    beside = wait_until(lambda: [key for key in bucket.keys() if key.startswith("open.txt.recovered-")], 20, "recovery")
    assert bucket.get(beside[0]) == b"only open" and bucket.get("open.txt") is None, "the file was never closed"
    wait_until(lambda: bucket.get("closing.txt") == b"closing", 20, "recovery")
    assert bucket.get("http.txt") is None, "an upload that was not acknowledged leaves nothing"


def test_a_patch_of_a_large_object_is_recovered(start_faulty, proxy, bucket):
    data = bytearray(os.urandom(20 << 20))
    bucket.put("large.bin", bytes(data))
    mount = start_faulty()
    proxy.add(fault.Status(500, "InternalError"), "POST")
    descriptor = os.open(mount.path(bucket.name, "large.bin"), os.O_RDWR)
    patch = os.urandom(2 << 20)
    os.pwrite(descriptor, patch, 7_000_001)
    with pytest.raises(OSError):
        os.fsync(descriptor)
    mount.kill()
    data[7_000_001 : 7_000_001 + len(patch)] = patch
    proxy.clear()
    start_faulty()
    wait_until(lambda: bucket.get("large.bin") == bytes(data), 30, "recovery")


def test_the_spool_is_private_to_the_user(crashed):
    spool = crashed.home / "cache" / "localstackmount" / "spool"
    files = list(spool.rglob("*"))
    assert files
    for path in [spool, *files]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_run_that_saved_everything_leaves_nothing(start_faulty, bucket):
    mount = start_faulty()
    with open(mount.path(bucket.name, "large.bin"), "wb") as file:
        file.write(os.urandom(20 << 20))
    run("mv", mount.path(bucket.name, "large.bin"), mount.path(bucket.name, "other.bin"))
    mount.stop()
    spool = mount.home / "cache" / "localstackmount" / "spool"
    assert not spool.exists() or list(spool.iterdir()) == []


DAMAGE = {
    "cut short": lambda record: record[: len(record) // 2],
    "empty": lambda record: b"",
    "zeros": lambda record: bytes(len(record)),
    "garbage": lambda record: bytes(255 - byte for byte in record),
    "of a later version": lambda record: re.sub(rb'"version":\d+', b'"version":99', record),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_record_harms_no_other_file_and_is_named_with_its_bytes(start_faulty, proxy, bucket, damage):
    """Damage as by a failing disk: the bytes beside the record are all that is left, and must not be dropped."""
    mount = start_faulty()
    run("ls", mount.path(bucket.name))
    proxy.add(fault.Status(500, "InternalError"), "PUT")
    for name in ("damaged", "whole"):
        fails_to_save(mount.path(bucket.name, name), f"bytes of {name}".encode())
    mount.kill()
    (record,) = [path for path in records(mount) if b"damaged" in path.read_bytes()]
    broken = DAMAGE[damage](record.read_bytes())
    assert broken != record.read_bytes()
    record.write_bytes(broken)
    proxy.clear()
    mount = start_faulty()
    wait_until(lambda: bucket.get("whole") == b"bytes of whole", 10, "recovery of the other")
    wait_until(lambda: any(str(record) in line for line in mount.errors), 5, "the line that names it")
    bytes_of_it = record.with_suffix("")
    for arguments in (("status",), ("recover", "--list")):
        assert str(bytes_of_it) in command(mount, *arguments, check=False).stdout
    assert command(mount, "status", check=False).returncode == 2
    mount.stop()
    assert bytes_of_it.read_bytes() == b"bytes of damaged"
    assert record.read_bytes() == broken
    assert str(bytes_of_it) in command(mount, "recover", "--discard").stdout
    assert not bytes_of_it.exists()
    assert "nothing is unsaved" in command(mount, "status").stdout


def test_a_session_without_a_readable_owner_is_named_and_kept(crashed, start_faulty, proxy):
    (record,) = records(crashed)
    (record.parent / "session").write_bytes(b"")
    proxy.clear()
    mount = start_faulty()
    mount.stop()
    listed = command(crashed, "status", check=False)
    assert listed.returncode == 2 and "file.txt" in listed.stdout
    assert record.with_suffix("").read_bytes() == b"unsaved"


def test_a_second_run_with_the_same_cache_does_not_touch_the_first_ones_unsaved_files(
    start_faulty, proxy, bucket, tmp_path
):
    first = start_faulty()
    run("ls", first.path(bucket.name))
    proxy.add(fault.Status(500, "InternalError"), "PUT")
    fails_to_save(first.path(bucket.name, "file.txt"), b"unsaved")
    kept = {path: path.read_bytes() for path in records(first)}
    assert kept
    second = start_faulty(directory=tmp_path / "second")
    assert run("cat", first.path(bucket.name, "file.txt")).stdout == "unsaved"
    second.stop()
    assert all(path.exists() for path in kept), "the second run took the first one's files"
    assert bucket.get("file.txt") is None
    proxy.clear()
    wait_until(lambda: bucket.get("file.txt") == b"unsaved", 40, "the first's retry")


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_killed_recovery_is_repeated(crashed, start_faulty, proxy, bucket, moment):
    """Killed at the upload: before S3 gets it, and after S3 has performed it without an answer."""
    proxy.clear()
    known, reached = threading.Event(), threading.Event()

    def strike(exchange):
        if moment == "after":
            exchange.answer()
        assert known.wait(20)
        recovering.kill()
        recovering.wait()
        reached.set()
        exchange.reset()

    proxy.add(strike, "PUT")
    recovering = subprocess.Popen(
        [binary(), "recover", "--apply", "--endpoint", proxy.endpoint],
        env=environment(crashed.home), stderr=subprocess.DEVNULL,
    )  # fmt: skip
    known.set()
    assert reached.wait(20)
    assert bucket.get("file.txt") == (b"unsaved" if moment == "after" else None)
    proxy.clear()
    mount = start_faulty()
    wait_until(lambda: command(mount, "status", check=False).returncode == 0, 20, "recovery")
    assert bucket.keys() == ["file.txt"] and bucket.get("file.txt") == b"unsaved"


def test_a_file_without_an_answer_from_s3_delays_no_other(start_faulty, proxy, bucket):
    """Regression (C14): LocalStack itself may leave an object whose body it never sends completely."""
    mount = start_faulty()
    run("ls", mount.path(bucket.name))
    proxy.add(fault.Status(500, "InternalError"), "PUT")
    names = [f"file{number}x" for number in range(12)]
    for name in names:
        fails_to_save(mount.path(bucket.name, name), name.encode())
    mount.kill()
    proxy.clear()
    # Far longer than the other files take.
    silence = [proxy.add(fault.Silence(), path=f"/{name}") for name in names[:2]]
    start_faulty("--timeout", "120")
    wait_until(lambda: [bucket.get(name) for name in names[2:]] == [name.encode() for name in names[2:]], 30, "the others")
    assert all(fault.reached.is_set() for fault in silence)
    assert [bucket.get(name) for name in names[:2]] == [None, None]


def records(mount):
    return sorted((mount.home / "cache" / "localstackmount" / "spool").glob("*/*.record"))
