"""The packages on a system without ours: installed, used, and removed again."""

import re
import subprocess
import sys

import pytest

from harness.processes import REPOSITORY, free_port, run

# In the chroot: the gateway and the mount see each other's writes, and end properly.
USE = """
mkdir -p /mnt/s3
localstackmount /mnt/s3 --http 127.0.0.1:{port} --endpoint {endpoint} 2>/tmp/errors & process=$!
for i in $(seq 100); do grep -q ' /mnt/s3 fuse.localstackmount ' /proc/mounts && break; sleep 0.1; done
cat /tmp/errors
test "$(cat /mnt/s3/{bucket}/hello.txt)" = hello
echo more >>/mnt/s3/{bucket}/hello.txt
mkdir /mnt/s3/{bucket}/dir && mv /mnt/s3/{bucket}/hello.txt /mnt/s3/{bucket}/dir/
kill $process && wait $process
! grep ' /mnt/s3 ' /proc/mounts
"""


def use(chroot, localstack, bucket):
    bucket.put("hello.txt", "hello\n")
    chroot.run(USE.format(port=free_port(), endpoint=localstack.endpoint, bucket=bucket.name))
    assert bucket.get("dir/hello.txt") == b"hello\nmore\n"


def version():
    text = (REPOSITORY / "Sources/localstackmount/Version.swift").read_text()
    return re.search('"(.+)"', text).group(1)


def assert_no_trace(chroot, before):
    assert sorted(name for name in chroot.files() - before if "localstackmount" in name) == []


def test_deb(chroot, deb, localstack, bucket):
    chroot.run("apt-get update -q", seconds=180)
    # Dependencies first, so that files left afterwards are only ours.
    path = chroot.copy(deb)
    chroot.run(f"apt-get install -y -q --no-install-recommends {path}", seconds=400)
    assert chroot.run("localstackmount --version").stdout.strip() == version()
    use(chroot, localstack, bucket)
    doctor = chroot.run(f"localstackmount doctor --endpoint {localstack.endpoint} --http :{free_port()}")
    assert "ok     fusermount3" in doctor.stdout
    chroot.run(f"""
        mkdir -p /mnt/t && mount -t localstackmount {bucket.name} /mnt/t -o ro,endpoint={localstack.endpoint}
        test -d /mnt/t/{bucket.name}/dir && umount /mnt/t
        bash -n /usr/share/bash-completion/completions/localstackmount
        mount -t fuse.localstackmount {localstack.endpoint} /mnt/t && umount /mnt/t
        test -e /usr/lib/systemd/user/localstackmount.service
    """)
    chroot.run("apt-get purge -y -q localstackmount")
    assert_no_trace(chroot, set())


def test_wheel_in_an_empty_environment(chroot, wheel, localstack, bucket):
    chroot.run("apt-get update -q && apt-get install -y -q --no-install-recommends python3-venv", seconds=400)
    before = chroot.files()
    path = chroot.copy(wheel)
    chroot.run(f"python3 -m venv /opt/v && /opt/v/bin/pip install -q --no-index {path}")
    assert chroot.run("/opt/v/bin/localstackmount --version").stdout.strip() == version()
    assert version() in chroot.run("/opt/v/bin/python -m localstackmount --version").stdout
    # Its unit would name a binary that the wheel does not install.
    assert chroot.run("find /opt/v -name '*.service'").stdout == ""
    # Without fusermount3 root can still mount; other users get an error with the missing program.
    chroot.run("ln -s /opt/v/bin/localstackmount /usr/local/bin/")
    use(chroot, localstack, bucket)
    refused = chroot.run(
        f"chmod 755 /root; useradd u; mkdir /home/u /home/u/m; chown -R u /home/u\n"
        f"su u -c 'HOME=/home/u /opt/v/bin/localstackmount /home/u/m --endpoint {localstack.endpoint}'",
        check=False,
    )
    assert refused.returncode == 1 and "fusermount3 is not installed" in refused.stderr, refused.stderr
    chroot.run("/opt/v/bin/pip uninstall -y -q localstackmount; rm /usr/local/bin/localstackmount")
    assert_no_trace(chroot, before)


def test_tar(chroot, tar, localstack, bucket):
    before = chroot.files()
    path = chroot.copy(tar)
    out = chroot.run(f"cd /root && tar xzf {path} && localstackmount-*/install.sh").stdout
    assert f"localstackmount {version()} is at /usr/local/bin/localstackmount" in out
    assert "install fusermount3" in out
    use(chroot, localstack, bucket)
    unit = chroot.run("cat /usr/local/share/systemd/user/localstackmount.service").stdout
    assert "ExecStart=/usr/local/bin/localstackmount" in unit
    chroot.run(f"mkdir -p /mnt/t && mount -t localstackmount none /mnt/t -o endpoint={localstack.endpoint} && umount /mnt/t")
    chroot.run("/root/localstackmount-*/install.sh --uninstall")
    assert_no_trace(chroot, before)


@pytest.fixture
def venv(tmp_path, wheel):
    """A fresh environment of this Python with only the wheel."""
    run(sys.executable, "-m", "venv", tmp_path / "venv", seconds=120)
    run(tmp_path / "venv/bin/pip", "install", "-q", "--no-index", wheel, seconds=120)
    return tmp_path / "venv/bin"


def test_the_plugin_finds_the_binary_of_the_wheel(venv, tmp_path, localstack, bucket):
    # pytest of this environment, the plugin and the binary of the wheel.
    (tmp_path / "s3/orders" / bucket.name).mkdir(parents=True)
    (tmp_path / "s3/orders" / bucket.name / "a.txt").write_text("a")
    (tmp_path / "test_it.py").write_text(
        "import pytest\n\n@pytest.mark.s3('orders')\ndef test_it(s3):\n    s3.expect('orders')\n    print(s3.binary)\n"
    )
    site = run(venv / "python", "-c", "import site; print(site.getsitepackages()[0])").stdout.strip()
    result = run(
        sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", tmp_path,
        cwd=tmp_path, env={"PYTHONPATH": site, "PATH": "/usr/bin:/bin", "HOME": str(tmp_path),
                           "LOCALSTACK_ENDPOINT": localstack.endpoint},
    )  # fmt: skip
    assert "1 passed" in result.stdout and f"{site}/localstackmount/bin/localstackmount" in result.stdout


@pytest.mark.parametrize("platform", ["musllinux_1_2_x86_64", "manylinux_2_28_x86_64", "manylinux_2_36_aarch64"])
def test_pip_refuses_where_it_would_not_run(venv, tmp_path, wheel, platform):
    result = run(venv / "pip", "install", "--no-index", "--only-binary=:all:", "--platform", platform, "--target",
                 tmp_path / "t", wheel, check=False, seconds=60)  # fmt: skip
    assert result.returncode != 0 and "is not a supported wheel on this platform" in result.stderr


def test_a_binary_that_does_not_run_here_is_a_sentence(venv):
    site = run(venv / "python", "-c", "import localstackmount; print(localstackmount.binary())").stdout.strip()
    with open(site, "wb") as binary:
        binary.write(b"\x7fELF\x02\x01\x01" + bytes(57))
    result = run(venv / "localstackmount", "--version", check=False)
    assert result.returncode == 1 and "Linux on x86_64 with glibc" in result.stderr


def test_lintian(deb, tmp_path):
    try:
        result = subprocess.run(["lintian", "--fail-on", "error,warning", deb], capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("lintian is not installed")
    assert result.returncode == 0, result.stdout
