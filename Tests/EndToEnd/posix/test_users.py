"""Permissions: mounts of an ordinary user through fusermount3, and the options about owners and modes.

On many machines /dev/fuse and /etc/fuse.conf are closed to ordinary users. Their tests run in a mount namespace with
a device and a configuration of its own, so that they only need root.
"""
# SEMANTICS: 2.5, 6.2, 6.10

import os
import shutil
import stat
import subprocess
import tempfile
from itertools import count
from pathlib import Path

import pytest

from harness.mount import binary, environment
from harness.processes import kill_group, run, start
from harness.waiting import wait_until

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root becomes another user")
NOBODY, OTHER = 65534, 1
MAKE_NAMESPACE = """
mount -t tmpfs -o mode=755 none "$1"
mknod -m 666 "$1/fuse" c 10 229
[ -e /dev/fuse ] || touch /dev/fuse
mount --bind "$1/fuse" /dev/fuse
printf '%s\\n' "$2" > "$1/fuse.conf"
[ -e /etc/fuse.conf ] || touch /etc/fuse.conf
mount --bind "$1/fuse.conf" /etc/fuse.conf
touch "$1/ready"
exec sleep infinity
"""


class Machine:
    """A mount namespace in which ordinary users may open /dev/fuse, and a home of the user nobody with the binary."""

    def __init__(self, home, configuration):
        self.home = home
        self.mount = home / "mount"
        system = home / "system"
        system.mkdir()
        # Without -f the shell itself is in the namespace, so that its id identifies it.
        self.holder = start("unshare", "-m", "sh", "-ec", MAKE_NAMESPACE, "sh", system, configuration, stderr=subprocess.PIPE)
        wait_until(lambda: self.holder.poll() is not None or self.has("ready"), 20, "the namespace")
        assert self.holder.poll() is None, self.holder.stderr.read().decode()

    def has(self, name):
        return os.path.exists(f"/proc/{self.holder.pid}/root{self.home}/system/{name}")

    def words(self, user, *command):
        become = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups"] if user else []
        return ["nsenter", "-t", self.holder.pid, "-m", "--", *become, *command]

    def command(self, endpoint, *options):
        return self.words(NOBODY, self.home / "localstackmount", "--endpoint", endpoint, *options, self.mount)

    def mount_line(self):
        """The mount's line in mountinfo; "" without a mount."""
        with open(f"/proc/{self.holder.pid}/mountinfo") as table:
            return next((line for line in table if line.split()[4] == str(self.mount)), "")

    def run(self, user, *command, **options):
        return run(*self.words(user, *command), env=environment(self.home), **options)

    def shell(self, script, folder, user=NOBODY):
        return self.run(user, "bash", "-euc", f'cd "{folder}"\n{script}', seconds=60).stdout


@pytest.fixture
def make_machine():
    """make_machine(configuration): a Machine whose /etc/fuse.conf has these lines."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        made = []

        def make(configuration=""):
            home = Path(name)
            shutil.copy2(binary(), home / "localstackmount")
            (home / "mount").mkdir()
            for path in [home, *home.iterdir()]:
                os.chown(path, NOBODY, NOBODY)
            # Others may pass through to the mount, which grants or denies access itself.
            home.chmod(0o711)
            made.append(Machine(home, configuration))
            return made[-1]

        yield make
        for machine in made:
            kill_group(machine.holder)


@pytest.fixture
def mount_as_nobody(make_machine, localstack):
    """mount_as_nobody(*options, configuration=): the Machine, with the mount of an ordinary user."""
    processes = []

    def mount(*options, configuration=""):
        machine = make_machine(configuration)
        process = start(
            *machine.command(localstack.endpoint, *options), env=environment(machine.home), stderr=subprocess.PIPE
        )
        processes.append((machine, process))
        wait_until(lambda: process.poll() is not None or machine.mount_line(), 20, "the mount")
        assert process.poll() is None, process.stderr.read().decode()
        return machine

    yield mount
    for machine, process in processes:
        try:
            assert process.poll() is None, process.stderr.read().decode()
            process.terminate()
            assert process.wait(timeout=20) == 0, process.stderr.read().decode()
            assert not machine.mount_line(), "the mount was not removed"
        finally:
            kill_group(process)


@needs_root
def test_an_ordinary_user_mounts_and_works(mount_as_nobody, bucket):
    machine = mount_as_nobody()
    assert f"user_id={NOBODY}" in machine.mount_line()
    bucket.put("theirs", "read")
    folder = machine.mount / bucket.name
    machine.shell("cat theirs; mkdir d; echo written > d/f; chmod 640 d/f; mv d/f d/g; ln -s g d/l", folder)
    assert bucket.get("d/g") == b"written\n"
    assert machine.shell("stat -c '%a %u %g' d/g theirs; cat d/l", folder).split() == [
        "640", "65534", "65534", "644", "65534", "65534", "written",
    ]  # fmt: skip
    head = bucket.head("d/g")["Metadata"]
    assert (head["uid"], head["gid"], int(head["mode"])) == ("65534", "65534", stat.S_IFREG | 0o640)


@needs_root
def test_an_ordinary_user_makes_and_removes_buckets(mount_as_nobody, s3, bucket_name):
    machine = mount_as_nobody()
    machine.shell(f"mkdir {bucket_name} && echo x > {bucket_name}/f && rm {bucket_name}/f", machine.mount)
    assert bucket_name in [row["Name"] for row in s3.list_buckets()["Buckets"]]
    machine.shell(f"rmdir {bucket_name}", machine.mount)
    assert bucket_name not in [row["Name"] for row in s3.list_buckets()["Buckets"]]


@needs_root
def test_an_ordinary_user_unmounts_with_fusermount3(make_machine, localstack):
    machine = make_machine()
    process = start(*machine.command(localstack.endpoint), env=environment(machine.home), stderr=subprocess.PIPE)
    try:
        wait_until(lambda: process.poll() is not None or machine.mount_line(), 20, "the mount")
        machine.run(NOBODY, "fusermount3", "-u", machine.mount)
        assert process.wait(timeout=20) == 0, process.stderr.read().decode()
        assert not machine.mount_line()
    finally:
        kill_group(process)


@needs_root
def test_modes_bind_an_ordinary_user(mount_as_nobody, bucket):
    """The kernel checks modes (default_permissions)."""
    machine = mount_as_nobody()
    assert "default_permissions" in machine.mount_line()
    bucket.put("closed", "x", Metadata={"mode": str(0o100600), "uid": "1234", "gid": "1234"})
    bucket.put("open", "x", Metadata={"mode": str(0o100644), "uid": "1234", "gid": "1234"})
    folder = machine.mount / bucket.name
    told = machine.shell("cat open; cat closed 2>&1 || true; (echo y > open) 2>&1 || true", folder)
    assert told.count("Permission denied") == 2, told
    assert bucket.get("open") == b"x"


@needs_root
def test_other_users_stay_out(mount_as_nobody, bucket):
    """Root, too: only the mounting user has access."""
    machine = mount_as_nobody()
    for user in (OTHER, 0):
        result = machine.run(user, "ls", machine.mount, check=False)
        assert result.returncode != 0 and "Permission denied" in result.stderr
    assert bucket.name in machine.run(NOBODY, "ls", machine.mount).stdout.split()


@needs_root
@pytest.mark.parametrize("configuration", ["", "# user_allow_other", "mount_max = 10"])
def test_allow_other_needs_fuse_conf(make_machine, localstack, configuration):
    machine = make_machine(configuration)
    result = run(*machine.command(localstack.endpoint, "--allow-other"), env=environment(machine.home), check=False)
    assert result.returncode == 1
    (line,) = result.stderr.strip().splitlines()
    assert "user_allow_other" in line and "/etc/fuse.conf" in line
    assert not machine.mount_line()


@needs_root
def test_allow_other_lets_others_in_as_far_as_modes_do(mount_as_nobody, bucket):
    machine = mount_as_nobody("--allow-other", "--umask", "022", configuration="user_allow_other")
    bucket.put("plain", "for all")
    bucket.put("closed", "x", Metadata={"mode": str(0o100600), "uid": str(NOBODY), "gid": str(NOBODY)})
    folder = machine.mount / bucket.name
    told = machine.shell("cat plain; cat closed 2>&1 || true; (echo y > plain) 2>&1 || true", folder, user=OTHER)
    assert told.startswith("for all") and told.count("Permission denied") == 2, told
    assert machine.shell("cat plain", folder, user=0) == "for all"
    machine.shell("chmod 777 . 2>&1 || true; mkdir d; chmod 777 d", folder)
    machine.shell("umask 022; echo theirs > d/f", folder, user=OTHER)
    assert bucket.get("d/f") == b"theirs\n"
    assert bucket.head("d/f")["Metadata"]["uid"] == str(OTHER)


@needs_root
def test_a_watcher_of_another_user_gets_events_with_notify_recent(mount_as_nobody, bucket):
    """The mount may not read other users' watches: it follows listed directories."""
    machine = mount_as_nobody(
        "--allow-other", "--umask", "022", "--notify", "recent", configuration="user_allow_other"
    )
    folder = machine.mount / bucket.name
    watcher = start(*machine.words(OTHER, "inotifywait", "-qm", "--format", "%e %f", folder), stdout=subprocess.PIPE)
    os.set_blocking(watcher.stdout.fileno(), False)
    told, numbers = bytearray(), count()

    def hears_of_a_new_object():
        machine.run(OTHER, "ls", folder)
        bucket.put(f"new-{next(numbers)}", "x")
        told.extend(watcher.stdout.read() or b"")
        return b"CREATE new-" in told

    try:
        wait_until(hears_of_a_new_object, 30, "an event")
    finally:
        kill_group(watcher)


@needs_root
def test_owner_and_modes_that_an_ordinary_user_asks_for(mount_as_nobody, bucket):
    bucket.put("dir/plain", "x")
    machine = mount_as_nobody("--uid", str(NOBODY), "--gid", "5678", "--umask", "027")
    told = machine.shell("stat -c '%a %u %g' . dir dir/plain", machine.mount / bucket.name).splitlines()
    assert told == ["750 65534 5678", "750 65534 5678", "640 65534 5678"]


@needs_root
def test_a_read_only_mount_of_an_ordinary_user(mount_as_nobody, bucket):
    bucket.put("f", "x")
    machine = mount_as_nobody("--read-only")
    # The flags of the mount itself, the third field after its path.
    assert "ro" in machine.mount_line().split()[5].split(",")
    told = machine.shell("cat f; (echo y > f) 2>&1 || true; rm -f f 2>&1 || true; mkdir d 2>&1 || true", machine.mount / bucket.name)
    assert told.count("Read-only file system") == 3, told
    assert bucket.keys() == ["f"] and bucket.get("f") == b"x"


def test_owner_and_mode_of_objects_without_metadata(start_mount, bucket):
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
