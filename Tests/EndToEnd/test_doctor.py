"""`localstackmount doctor`: each line is ok, or states the remedy."""

import socket

import pytest

from harness.mount import binary, environment
from harness.processes import free_port, run


@pytest.fixture
def doctor(tmp_path, localstack):
    """Runs `doctor` with a home of its own; returns the exit status and the lines by name."""

    def examine(*arguments, endpoint=localstack.endpoint, http=None, prefix=(), **variables):
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        options = ["--endpoint", endpoint] if endpoint else []
        result = run(
            *prefix, binary(), "doctor", *arguments, "--http", http or f":{free_port()}", *options,
            check=False, seconds=60, env=environment(home) | variables,
        )  # fmt: skip
        assert result.stderr == ""
        title, *lines = result.stdout.splitlines()
        assert title.startswith("localstackmount ")
        findings = {}
        for line in lines:
            verdict, rest = line[:7].strip(), line[7:]
            assert verdict in ("ok", "TO DO"), line
            findings[rest[:13].strip()] = (verdict == "ok", rest[13:])
        assert result.returncode == (0 if all(good for good, _ in findings.values()) else 1)
        return result.returncode, findings

    return examine


def test_all_is_well(doctor, tmp_path):
    status, findings = doctor()
    assert status == 0, findings
    assert findings["mount point"][1].endswith("mount/localstack is made by the first mount")
    assert "(--endpoint): LocalStack" in findings["endpoint"][1]
    assert findings["credentials"][1].startswith("accepted, region us-east-1")
    assert not (tmp_path / "home/mount").exists() and not (tmp_path / "home/cache").exists()


def test_nothing_answers(doctor):
    port = free_port()
    status, findings = doctor(endpoint=None, LSTK_ENDPOINT_URL=f"http://127.0.0.1:{port}")
    good, text = findings["endpoint"]
    assert status == 1 and not good
    assert f"http://127.0.0.1:{port} (LSTK_ENDPOINT_URL)" in text and "--endpoint" in text


def test_a_bad_endpoint_and_a_profile_that_is_missing(doctor):
    _, findings = doctor(endpoint="nonsense")
    assert findings["endpoint"] == (False, findings["endpoint"][1]) and "--endpoint" in findings["endpoint"][1]
    _, findings = doctor("--profile", "typo")
    assert not findings["credentials"][0] and "typo" in findings["credentials"][1]


def test_a_port_in_use(doctor):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        _, findings = doctor(http=f"127.0.0.1:{port}")
    assert not findings["http"][0] and f"sport = :{port}" in findings["http"][1]


def test_mount_points(doctor, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").write_text("")
    (tmp_path / "empty").mkdir()
    for path, good, word in [("full", False, "empty"), ("missing", False, "mkdir -p"), ("empty", True, "is empty")]:
        _, findings = doctor(tmp_path / path)
        assert findings["mount point"][0] == good and word in findings["mount point"][1]


def test_a_mount_that_serves(doctor, mount):
    _, findings = doctor(mount.directory)
    assert findings["mount point"][0] and "is a mount of localstackmount" in findings["mount point"][1]


def test_few_descriptors_and_a_cache_that_cannot_be_written(doctor):
    _, findings = doctor("--cache-dir", "/proc/cache", prefix=["prlimit", "--nofile=64:64"])
    assert not findings["descriptors"][0] and "LimitNOFILE" in findings["descriptors"][1]
    assert not findings["cache"][0] and "--cache-dir" in findings["cache"][1]
