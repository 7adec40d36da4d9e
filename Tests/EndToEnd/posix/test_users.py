"""Who may do what: run by an ordinary user through fusermount3, and the options about owners and modes."""

import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest

from harness.mount import binary, environment
from harness.processes import kill_group, mount_points, run, start
from harness.waiting import wait_until

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root becomes another user")
# libfuse's fusermount3 opens it as the user, so that without these rights nobody but root mounts anything.
device_is_open = pytest.mark.skipif(
    not os.path.exists("/dev/fuse") or os.stat("/dev/fuse").st_mode & 0o006 != 0o006,
    reason="/dev/fuse is closed to ordinary users on this machine",
)
AS_NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]


@pytest.fixture
def home():
    """A directory of nobody's, at a place that nobody can reach, with the binary in it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        place = Path(name)
        shutil.copy2(binary(), place / "localstackmount")
        (place / "mount").mkdir()
        for path in [place, *place.iterdir()]:
            os.chown(path, 65534, 65534)
        yield place


def command(home, endpoint, *options):
    return [*AS_NOBODY, home / "localstackmount", "--endpoint", endpoint, *options, home / "mount"]


@pytest.fixture
def mounted(home, localstack):
    """The mount of an ordinary user. Root itself may not enter it."""
    process = start(*command(home, localstack.endpoint), env=environment(home), stderr=subprocess.PIPE)
    try:
        wait_until(lambda: process.poll() is not None or str(home / "mount") in mount_points(), 20, "the mount")
        assert process.poll() is None, process.stderr.read()
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=20)
        left = str(home / "mount") in mount_points()
        if left:
            run("fusermount3", "-u", "-z", home / "mount", check=False)
        kill_group(process)
    assert process.returncode == 0 and not left


def as_nobody(script, folder):
    return run(*AS_NOBODY, "bash", "-euc", f'cd "{folder}"\n{script}', seconds=60).stdout


@needs_root
@device_is_open
def test_an_ordinary_user_mounts_and_works(mounted, home, bucket):
    bucket.put("theirs", "read")
    folder = home / "mount" / bucket.name
    as_nobody("cat theirs; mkdir d; echo written > d/f; chmod 640 d/f; mv d/f d/g; ln -s g d/l", folder)
    assert bucket.get("d/g") == b"written\n"
    assert as_nobody("stat -c '%a %u %g' d/g theirs; cat d/l", folder).split() == [
        "640", "65534", "65534", "644", "65534", "65534", "written",
    ]  # fmt: skip
    head = bucket.head("d/g")["Metadata"]
    assert (head["uid"], head["gid"], int(head["mode"])) == ("65534", "65534", stat.S_IFREG | 0o640)


@needs_root
@device_is_open
def test_modes_bind_an_ordinary_user(mounted, home, bucket):
    """The kernel checks them (default_permissions)."""
    bucket.put("closed", "x", Metadata={"mode": str(0o100600), "uid": "1234", "gid": "1234"})
    bucket.put("open", "x", Metadata={"mode": str(0o100644), "uid": "1234", "gid": "1234"})
    folder = home / "mount" / bucket.name
    told = as_nobody("cat open; cat closed 2>&1 || true; (echo y > open) 2>&1 || true", folder)
    assert told.count("Permission denied") == 2, told
    assert bucket.get("open") == b"x"


@needs_root
@device_is_open
def test_other_users_stay_out(mounted, home, bucket):
    words = ["setpriv", "--reuid", "1", "--regid", "1", "--clear-groups", "ls", home / "mount"]
    assert run(*words, check=False).returncode != 0


@needs_root
@device_is_open
def test_allow_other_needs_fuse_conf(home, localstack):
    configuration = Path("/etc/fuse.conf")
    lines = configuration.read_text().splitlines() if configuration.exists() else []
    if any(line.strip() == "user_allow_other" for line in lines):
        pytest.skip("it is allowed on this machine")
    result = run(*command(home, localstack.endpoint, "--allow-other"), env=environment(home), check=False)
    assert result.returncode == 1
    assert "user_allow_other" in result.stderr and "/etc/fuse.conf" in result.stderr


def test_owner_and_mode_of_what_carries_none(start_mount, bucket):
    bucket.put("dir/plain", "x")
    bucket.put("own", "x", Metadata={"mode": str(0o100600), "uid": "7", "gid": "8"})
    mount = start_mount("--uid", "1234", "--gid", "5678", "--umask", "027")
    facts = {}
    for name in ("dir", "dir/plain", "own"):
        status = os.stat(mount.path(bucket.name, name))
        facts[name] = (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)
    assert facts == {"dir": (0o750, 1234, 5678), "dir/plain": (0o640, 1234, 5678), "own": (0o600, 7, 8)}


def test_read_only_refuses_every_change(start_mount, bucket):
    bucket.put("dir/f", "x")
    mount = start_mount("--read-only")
    folder = mount.path(bucket.name)
    for change in [
        lambda: (folder / "new").write_text("x"),
        lambda: (folder / "dir/f").write_text("x"),
        lambda: os.remove(folder / "dir/f"),
        lambda: os.rename(folder / "dir", folder / "other"),
        lambda: os.mkdir(folder / "made"),
        lambda: os.chmod(folder / "dir/f", 0o600),
        lambda: os.utime(folder / "dir/f"),
        lambda: os.symlink("x", folder / "link"),
        lambda: os.setxattr(folder / "dir/f", "user.a", b"b"),
        lambda: os.mkdir(mount.path("new-bucket-" + bucket.name)),
    ]:
        with pytest.raises(OSError, match="Read-only file system"):
            change()
    assert (folder / "dir/f").read_text() == "x" and bucket.keys() == ["dir/f"]
