"""`-o` as mount(8) and /etc/fstab pass it, and the helper that mount(8) runs."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from harness.mount import binary, environment
from harness.processes import REPOSITORY, mount_points, run
from harness.waiting import wait_until

HELPER = REPOSITORY / "packaging/mount/mount.localstackmount"


@pytest.mark.parametrize(
    "options, said",
    [
        ("bogus", "-o bogus is no option"), ("ro=1", "-o ro takes no value"), ("uid", "-o uid needs a value"),
        ("uid=me", "uid"), ("sync", "-o sync"), ("remount", "-o remount"),
    ],
)  # fmt: skip
def test_a_wrong_option_is_named(options, said, tmp_path):
    for arguments in (["-o", options], [f"-o{options}"]):
        result = run(binary(), tmp_path, *arguments, check=False, env=environment(tmp_path))
        assert result.returncode == 64 and said in result.stderr


def test_options_become_those_of_the_command(tmp_path):
    """Options for mount(8) alone are ignored, and the endpoint is that of the option."""
    options = r"rw,nosuid,nodev,_netdev,x-systemd.automount,user,uid=7,cache_dir=a\,b,endpoint=http://127.0.0.1:1"
    result = run(binary(), tmp_path, "-o", options, check=False, env=environment(tmp_path))
    assert result.returncode == 1 and "http://127.0.0.1:1" in result.stderr


@pytest.fixture
def helper(tmp_path, localstack):
    """Runs the helper with our binary as `localstackmount`; its mounts are removed afterwards."""
    if os.geteuid() != 0:
        pytest.skip("mount(8) is for root")
    for name in (HELPER.name, "localstackmount"):
        if shutil.which(name, path="/sbin:/usr/sbin:/usr/local/bin"):
            pytest.skip(f"{name} is installed on this machine")
    links = {
        "/sbin/mount.localstackmount": HELPER, "/sbin/mount.fuse.localstackmount": HELPER,
        "/usr/local/bin/localstackmount": binary(),
    }  # fmt: skip
    for link, target in links.items():
        os.symlink(target, link)
    directory = tmp_path / "a mount"
    directory.mkdir()
    yield directory
    if str(directory) in mount_points():
        run("umount", "-l", directory)
    for link in links:
        os.unlink(link)


def test_mount_and_umount(helper, localstack, s3, bucket, tmp_path):
    s3.put_object(Bucket=bucket.name, Key="a.txt", Body=b"a")
    variables = environment(tmp_path)
    run("mount", "-t", "localstackmount", localstack.endpoint, helper, "-o", "ro,uid=4711,allow_other,noexec",
        env=variables)  # fmt: skip
    # The mount is ready when mount(8) returns.
    assert str(helper) in mount_points()
    path = helper / bucket.name / "a.txt"
    assert path.read_bytes() == b"a" and path.stat().st_uid == 4711
    with pytest.raises(OSError):
        path.write_bytes(b"b")
    flags = subprocess.run(["findmnt", "-no", "OPTIONS", helper], capture_output=True, text=True, check=True).stdout
    assert "noexec" in flags and "nosuid" in flags and "allow_other" in flags
    again = run("mount", "-t", "localstackmount", localstack.endpoint, helper, check=False, env=variables)
    assert again.returncode == 32 and "already mounted" in again.stderr
    run("umount", helper)
    wait_until(lambda: str(helper) not in mount_points(), 10, "the mount's end")


def test_a_dead_mount_is_replaced(helper, localstack, bucket, tmp_path):
    variables = environment(tmp_path)
    run("mount", "-t", "localstackmount", localstack.endpoint, helper, env=variables)
    run("pkill", "-9", "-f", f"{helper}")
    with pytest.raises(OSError):
        os.listdir(helper)
    run("mount", "-t", "localstackmount", localstack.endpoint, helper, "-o", "silent,plain", env=variables)
    assert bucket.name in os.listdir(helper)


def test_a_bucket_as_source(helper, localstack, s3, bucket, tmp_path):
    s3.put_object(Bucket=bucket.name, Key="dir/a.txt", Body=b"a")
    run("mount", "-t", "localstackmount", f"{bucket.name}/dir", helper, "-o", f"endpoint={localstack.endpoint}",
        env=environment(tmp_path))  # fmt: skip
    assert (helper / bucket.name / "a.txt").read_bytes() == b"a"
    run("umount", helper)


@pytest.mark.parametrize("kind", ["localstackmount", "fuse.localstackmount"])
def test_the_type_with_fuse_before_it(helper, localstack, kind, tmp_path):
    run("mount", "-t", kind, localstack.endpoint.upper().replace("LOCALHOST", "localhost"), helper, env=environment(tmp_path))
    assert str(helper) in mount_points()
    run("umount", helper)


@pytest.mark.parametrize("source", ["127.0.0.1:4591", "127.0.0.1", "localhost", "localhost:4566", "ftp://x", "localhost/a"])
def test_a_source_that_is_no_url(helper, source, localstack, tmp_path):
    result = run("mount", "-t", "localstackmount", source, helper, "-o", f"endpoint={localstack.endpoint}", check=False,
                 env=environment(tmp_path))  # fmt: skip
    assert result.returncode == 32 and source.split("/")[0] in result.stderr
    assert str(helper) not in mount_points()


def test_a_bucket_that_does_not_exist_is_said(helper, localstack, bucket_name, tmp_path):
    result = run("mount", "-t", "localstackmount", bucket_name, helper, "-o", f"endpoint={localstack.endpoint}",
                 env=environment(tmp_path))  # fmt: skip
    assert f"no bucket {bucket_name}" in result.stderr
    run("umount", helper)


def test_remount_is_refused_with_what_to_do(helper, localstack, tmp_path):
    variables = environment(tmp_path)
    run("mount", "-t", "localstackmount", localstack.endpoint, helper, env=variables)
    result = run("mount", "-t", "localstackmount", localstack.endpoint, helper, "-o", "remount,ro", check=False, env=variables)
    assert result.returncode != 0 and "umount" in result.stderr
    run("umount", helper)


def test_an_ordinary_user_mounts_by_fstab(helper, localstack):
    """`user` implies noexec, which is in force from the first moment, and the user can unmount."""
    home = Path(tempfile.mkdtemp(dir="/tmp"))
    place = home / "mount"
    place.mkdir()
    for path in (home, place):
        os.chown(path, 65534, 65534)
    before = Path("/etc/fstab").read_text()
    device_mode = os.stat("/dev/fuse").st_mode
    os.chmod("/dev/fuse", 0o666)
    user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    variables = environment(home)
    try:
        Path("/etc/fstab").write_text(before + f"{localstack.endpoint} {place} localstackmount noauto,user 0 0\n")
        run(*user, "mount", place, env=variables)
        flags = run("findmnt", "-no", "OPTIONS", place).stdout
        assert "noexec" in flags and "nosuid" in flags and "nodev" in flags
        run(*user, "umount", place, env=variables)
        wait_until(lambda: str(place) not in mount_points(), 10, "the mount's end")
    finally:
        Path("/etc/fstab").write_text(before)
        os.chmod("/dev/fuse", device_mode & 0o777)
        if str(place) in mount_points():
            run("umount", "-l", place)
        shutil.rmtree(home, ignore_errors=True)


def test_the_helper_finds_the_binary_that_was_installed_with_it(tmp_path):
    """Below a PREFIX that is not on root's PATH, through the link in /sbin."""
    folder = tmp_path / "a prefix/lib/localstackmount"
    folder.mkdir(parents=True)
    shutil.copy(HELPER, folder)
    (folder / "localstackmount").symlink_to(binary())
    (tmp_path / "mount.fuse.localstackmount").symlink_to(folder / HELPER.name)
    result = run(tmp_path / "mount.fuse.localstackmount", "http://127.0.0.1:1", folder.parent, check=False,
                 env=environment(tmp_path))  # fmt: skip
    assert result.returncode == 32 and "nothing answers at http://127.0.0.1:1" in result.stderr, result.stderr


def test_the_helper_has_help():
    result = run(HELPER, "--help")
    assert result.stdout.startswith("usage: ")
    assert run(HELPER, check=False).returncode == 1


@pytest.mark.parametrize(
    "words, said",
    [([], "nothing answers at http://127.0.0.1:1"), (["-o", "bogus"], "no option"), (["-o", "ttl=soon"], "ttl")],
)
def test_what_goes_wrong_is_said(words, said, tmp_path):
    """Each line under the helper's name."""
    folder, place = tmp_path / "bin", tmp_path / "place"
    folder.mkdir()
    place.mkdir()
    shutil.copy(HELPER, folder)
    (folder / "localstackmount").symlink_to(binary())
    result = run(folder / HELPER.name, "http://127.0.0.1:1", place, *words, check=False, env=environment(tmp_path))
    assert result.returncode == 32 and said in result.stderr
    assert all(line.startswith("mount.localstackmount: ") for line in result.stderr.splitlines()), result.stderr
    assert "localstackmount: error: " in result.stderr and "localstackmount: localstackmount: " not in result.stderr
