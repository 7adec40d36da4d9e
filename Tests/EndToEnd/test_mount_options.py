"""`-o` as mount(8) and /etc/fstab pass it, and the helper that mount(8) runs."""

import os
import shutil
import subprocess

import pytest

from harness.mount import binary, environment
from harness.processes import REPOSITORY, mount_points, run
from harness.waiting import wait_until

HELPER = REPOSITORY / "packaging/mount/mount.localstackmount"


@pytest.mark.parametrize(
    "options, said",
    [
        ("bogus", "-o bogus is no option"), ("ro=1", "-o ro takes no value"), ("uid", "-o uid needs a value"),
        ("uid=me", "uid"), ("sync", "-o sync"),
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
    links = {"/sbin/" + HELPER.name: HELPER, "/usr/local/bin/localstackmount": binary()}
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


def test_a_bucket_as_source(helper, localstack, s3, bucket, tmp_path):
    s3.put_object(Bucket=bucket.name, Key="dir/a.txt", Body=b"a")
    run("mount", "-t", "localstackmount", f"{bucket.name}/dir", helper, "-o", f"endpoint={localstack.endpoint}",
        env=environment(tmp_path))  # fmt: skip
    assert (helper / bucket.name / "a.txt").read_bytes() == b"a"
    run("umount", helper)


def test_what_goes_wrong_is_said(helper, tmp_path):
    result = run("mount", "-t", "localstackmount", "http://127.0.0.1:1", helper, check=False, env=environment(tmp_path))
    assert result.returncode == 32 and "nothing answers at http://127.0.0.1:1" in result.stderr
