"""The gateway's options for its address and its users, with ordinary curl and openssl."""

import os
import re
import stat

import pytest
import requests

from harness.processes import run
from harness.waiting import wait_until

STATUS = ["-sS", "-o", "/dev/null", "-w", "%{http_code}"]


def curl(*arguments):
    return run("curl", "-sS", *arguments, check=False)


def status(*arguments):
    return run("curl", *STATUS, *arguments).stdout


@pytest.fixture
def certificate(tmp_path):
    files = tmp_path / "cert.pem", tmp_path / "key.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, "-out", files[0], "-keyout", files[1])
    return files


def test_tls_serves_clients_that_trust_the_certificate_and_no_plain_http(start_mount, bucket, certificate, tmp_path):
    cert, key = certificate
    gateway = start_mount("--tls-cert", cert, "--tls-key", key, fuse=False, http=False, listen=True)
    base = f"https://127.0.0.1:{gateway.port}"
    wait_until(lambda: curl("--cacert", cert, base + "/-/ready").returncode == 0, 20, "the gateway's start")
    content = os.urandom(6 << 20)
    (tmp_path / "x").write_bytes(content)
    assert status("--cacert", cert, "-T", tmp_path / "x", f"{base}/{bucket.name}/x") == "201"
    assert bucket.get("x") == content
    curl("--cacert", cert, "-o", tmp_path / "back", f"{base}/{bucket.name}/x")
    assert (tmp_path / "back").read_bytes() == content
    assert "TLS" in curl("-v", "--cacert", cert, base + "/").stderr
    # The page's own requests are same-site, also with TLS.
    own = ["-H", f"Origin: {base}", "-H", "Sec-Fetch-Site: same-origin"]
    assert status("--cacert", cert, *own, "-X", "DELETE", f"{base}/{bucket.name}/x") == "204"
    assert curl(base + "/").returncode == 60  # an untrusted certificate
    assert curl(f"http://127.0.0.1:{gateway.port}/").returncode != 0
    assert curl("--cacert", cert, "--tls-max", "1.1", base + "/").returncode != 0
    gateway.stop()


def test_a_certificate_with_another_key_is_refused(start_mount, certificate, tmp_path):
    run("openssl", "genrsa", "-out", tmp_path / "other.pem", "2048")
    gateway = start_mount("--tls-cert", certificate[0], "--tls-key", tmp_path / "other.pem", fuse=False, http=False, listen=True)
    assert gateway.process.wait(20) == 1
    wait_until(lambda: any("--tls-cert" in line for line in gateway.errors), 5, "the reason")


def hashed(method, password):
    return run("openssl", "passwd", method, password).stdout.strip()


def test_only_users_of_the_password_file_have_access(start_mount, bucket, tmp_path):
    users = tmp_path / "users"
    users.write_text(f"# who may\nann:{hashed('-6', 'säcret:1')}\n\nbob:{hashed('-5', 'other')}\n")
    gateway = start_mount("--auth-file", users, fuse=False, http=False, listen=True)
    base = f"http://127.0.0.1:{gateway.port}"
    wait_until(lambda: curl(base + "/").returncode == 0, 20, "the gateway's start")
    assert [status("-u", user, base + "/?json") for user in ("ann:säcret:1", "bob:other")] == ["200", "200"]
    for user in ("ann:wrong", "ann:", "bob:säcret:1", "eve:other", f"ann:{hashed('-6', 'x')}"):
        assert status("-u", user, base + "/?json") == "401", user
    for place in ("/", f"/{bucket.name}/", "/-/health", "/-/metrics", "/-/unsaved", "/-/openapi.json"):
        assert status(base + place) == "401", place
    assert status("-T", users, f"{base}/{bucket.name}/x") == "401" and bucket.keys() == []
    refused = requests.get(base, timeout=20)
    assert refused.headers["WWW-Authenticate"].startswith("Basic ")
    gateway.stop()


def test_a_file_of_plain_passwords_is_refused(start_mount, tmp_path):
    (tmp_path / "users").write_text("ann:secret\n")
    gateway = start_mount("--auth-file", tmp_path / "users", fuse=False, http=False, listen=True)
    assert gateway.process.wait(20) == 1
    wait_until(lambda: any("openssl passwd -6" in line for line in gateway.errors), 5, "what to do")


def test_a_unix_socket_is_private_to_the_user_and_removed_at_the_end(start_mount, bucket, tmp_path):
    path = tmp_path / "s3.sock"
    gateway = start_mount("--http", f"unix:{path}", fuse=False, http=False)
    through = ["--unix-socket", path]
    wait_until(lambda: curl(*through, "http://localhost/-/ready").returncode == 0, 20, "the gateway's start")
    assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    (tmp_path / "x").write_text("by socket")
    assert status(*through, "-T", tmp_path / "x", f"http://localhost/{bucket.name}/x") == "201"
    assert curl(*through, f"http://localhost/{bucket.name}/x").stdout == "by socket" == bucket.get("x").decode()
    gateway.stop()
    assert not path.exists()


def test_another_site_can_be_permitted(start_mount, bucket):
    gateway = start_mount("--cors", "https://app.example:3000", fuse=False)
    bucket.put("x", "shown")
    url = gateway.url(bucket.name, "x")
    friend, foe = "https://app.example:3000", "https://evil.example"
    asks = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "if-match"}
    preflight = requests.options(url, headers={"Origin": friend, **asks}, timeout=20)
    assert preflight.headers["Access-Control-Allow-Origin"] == friend
    assert "PUT" in preflight.headers["Access-Control-Allow-Methods"]
    answer = requests.get(url, headers={"Origin": friend}, timeout=20)
    assert (answer.text, answer.headers["Access-Control-Allow-Origin"]) == ("shown", friend)
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
    site = {"Origin": friend, "Sec-Fetch-Site": "cross-site"}
    assert requests.put(url, data=b"theirs", headers=site, timeout=20).status_code == 204
    # Not for other sites, and not by default.
    assert "Access-Control-Allow-Origin" not in requests.options(url, headers={"Origin": foe, **asks}, timeout=20).headers
    assert "Access-Control-Allow-Origin" not in requests.get(url, headers={"Origin": foe}, timeout=20).headers
    assert requests.put(url, data=b"evil", headers=site | {"Origin": foe}, timeout=20).status_code == 403
    assert bucket.get("x") == b"theirs"
    gateway.stop()


def test_the_access_log_has_a_line_for_each_request_and_no_secret(start_mount, bucket, tmp_path):
    log = tmp_path / "access.log"
    gateway = start_mount("--access-log", log, "--auth", "ann:secret", fuse=False, http=False, listen=True)
    base = f"http://127.0.0.1:{gateway.port}"
    wait_until(lambda: curl(base + "/").returncode == 0, 20, "the gateway's start")
    bucket.put("x", "12345")
    assert requests.get(f"{base}/{bucket.name}/x?a=%0Aforged", auth=("ann", "secret"), timeout=20, headers={"User-Agent": 'a "b"\\'}).ok
    wait_until(lambda: "forged" in log.read_text(), 5, "the line")
    line = next(line for line in log.read_text().splitlines() if "forged" in line)
    form = r'127\.0\.0\.1 - ann \[[^]]+\] "GET /[^ ]+ HTTP/1\.1" 200 5 "[^"]*" ".*" [0-9.]+'
    assert re.fullmatch(form, line), line
    assert "secret" not in log.read_text() and "YW5uOnNlY3JldA" not in log.read_text()
    gateway.stop()


def test_read_only_refuses_changes(start_mount, bucket, tmp_path):
    gateway = start_mount("--read-only", fuse=False)
    bucket.put("x", "stays")
    url = gateway.url(bucket.name, "x")
    assert requests.get(url, timeout=20).text == "stays"
    (tmp_path / "y").write_text("new")
    assert status("-T", tmp_path / "y", gateway.url(bucket.name) + "/") == "403"
    assert status("-X", "DELETE", url) == "403"
    assert status("-X", "POST", f"{url}?move=/{bucket.name}/y") == "403"
    assert status("-X", "PUT", gateway.base + "/new-bucket-here/") == "403"
    assert bucket.keys() == ["x"]
    gateway.stop()
