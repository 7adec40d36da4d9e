"""`localstackmount doctor`: each line is ok, or states the remedy."""

import http.server
import os
import shutil
import socket
import tempfile
import threading
from pathlib import Path

import pytest

from harness.mount import binary, environment
from harness.processes import free_port, run


@pytest.fixture
def doctor(tmp_path, localstack):
    """Runs `doctor` with a home of its own; returns the exit status and the lines by name."""

    def examine(*arguments, endpoint=localstack.endpoint, http=None, prefix=(), program=binary(), **variables):
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        options = ["--endpoint", endpoint] if endpoint else []
        result = run(
            *prefix, program, "doctor", *arguments, "--http", http or f":{free_port()}", *options,
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


@pytest.mark.parametrize("place", ["/dev/null", "/dev/full", "/dev/null/below", "file", "open", "link"])
def test_a_cache_that_no_run_would_use(doctor, tmp_path, place):
    (tmp_path / "file").write_text("")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    _, findings = doctor("--cache-dir", tmp_path / place)
    good, text = findings["cache"]
    assert not good and "--cache-dir" in text
    assert ("chmod 700" in text) == (place == "open")


def test_the_endpoint_is_tried_without_credentials(doctor, localstack):
    port = free_port()
    _, findings = doctor(endpoint=f"http://127.0.0.1:{port}", AWS_PROFILE="nosuch")
    assert not findings["endpoint"][0] and f"nothing answers at http://127.0.0.1:{port}" in findings["endpoint"][1]
    assert not findings["credentials"][0] and "nosuch" in findings["credentials"][1]
    _, findings = doctor(AWS_PROFILE="nosuch")
    assert findings["endpoint"][0] and localstack.endpoint in findings["endpoint"][1]
    assert not findings["credentials"][0]


class Page(http.server.BaseHTTPRequestHandler):
    """A web server that is no S3."""

    def do_GET(self):
        body = b"<!DOCTYPE html><html><body>hello</body></html>"
        self.send_response(self.server.status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("status", [200, 403, 404, 501])
def test_a_server_that_is_no_s3(doctor, status):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    server.status = status
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        _, findings = doctor(endpoint=f"http://127.0.0.1:{server.server_address[1]}")
    finally:
        server.shutdown()
    good, text = findings["endpoint"]
    assert not good and "not as S3 does" in text and "--endpoint" in text
    assert "AWS_ACCESS_KEY_ID" not in str(findings)


def test_without_home_the_system_knows_it(doctor):
    _, findings = doctor(prefix=["env", "-u", "HOME", "-u", "XDG_CACHE_HOME"])
    assert not any(text.startswith("/.") for _, text in findings.values())


@pytest.mark.skipif(os.geteuid() != 0, reason="another user is needed, for whom / is not writable")
def test_a_default_mount_point_that_cannot_be_made(doctor, tmp_path):
    user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    copy = Path(tempfile.mkdtemp(dir="/tmp")) / "localstackmount"
    copy.parent.chmod(0o755)
    shutil.copy(binary(), copy)
    try:
        _, findings = doctor(prefix=user, program=copy, HOME="/nonexistent/home")
    finally:
        shutil.rmtree(copy.parent)
    assert not findings["mount point"][0] and "/ is not writable by you" in findings["mount point"][1]
