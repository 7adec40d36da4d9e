"""The promises of docs/SECURITY.md about credentials, the network and files, checked from outside."""

import http.server
import os
import ssl
import stat
import threading
from pathlib import Path

import pytest

from harness import faultproxy as fault
from harness.mount import Mount, binary, environment
from harness.processes import run

KEY_ID, SECRET = "AKIDOFTHETESTS", "wJalrXUtnFEMI-secret-of-the-tests"


class Listener:
    """Another server, which records its requests."""

    def __init__(self, certificate=None):
        self.requests = requests = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                requests.append((self.command, self.path, dict(self.headers)))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_HEAD = do_PUT = do_POST = do_DELETE = do_CONNECT = do_GET

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *arguments: None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def listener():
    listener = Listener()
    yield listener
    listener.close()


@pytest.fixture
def with_credentials(tmp_path):
    """A home directory whose profile contains a recognisable secret."""
    home = tmp_path / "home"
    (home / ".aws").mkdir(parents=True)
    text = f"[default]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n"
    (home / ".aws" / "credentials").write_text(text)
    return home


@pytest.mark.parametrize("status", [301, 307])
def test_a_redirect_to_another_server_is_not_followed(faulty, proxy, bucket, listener, status):
    bucket.put("file.txt", b"contents")
    run("ls", faulty.path(bucket.name))
    location = f"Location: http://127.0.0.1:{listener.port}/{bucket.name}/file.txt"
    proxy.add(lambda exchange: exchange.reply(status, b"", [location]), path="/file.txt")
    assert run("cat", faulty.path(bucket.name, "file.txt"), check=False).returncode != 0
    assert faulty.get(bucket.name, "file.txt", headers={"Cache-Control": "no-cache"}).status_code >= 400
    with pytest.raises(OSError):
        with open(faulty.path(bucket.name, "file.txt"), "wb", buffering=0) as file:
            file.write(b"new")
    assert listener.requests == []


def test_an_untrusted_certificate_is_refused(tmp_path):
    certificate = tmp_path / "own.pem"
    run(
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", certificate, "-out", tmp_path / "public.pem",
    )  # fmt: skip
    certificate.write_text(certificate.read_text() + (tmp_path / "public.pem").read_text())
    listener = Listener(certificate)
    try:
        result = run(
            binary(), "--http", "127.0.0.1:0", "--endpoint", f"https://localhost:{listener.port}",
            check=False, env=environment(tmp_path / "home"), seconds=60,
        )  # fmt: skip
        assert result.returncode == 1
        assert "certificate" in result.stderr.lower(), result.stderr
        assert listener.requests == [], "nothing is sent to an untrusted server"
    finally:
        listener.close()


def test_a_proxy_of_the_environment_does_not_see_a_local_endpoint(localstack, with_credentials, bucket, listener, monkeypatch):
    for name in ("http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{listener.port}")
    bucket.put("file.txt", b"contents")
    mount = Mount(with_credentials, localstack.endpoint, http=False)
    try:
        mount.start()
        assert run("cat", mount.path(bucket.name, "file.txt")).stdout == "contents"
        mount.stop()
    finally:
        mount.clean_up()
    assert listener.requests == []


def test_no_secret_is_in_the_log_or_in_ps(proxy, with_credentials, bucket):
    mount = Mount(with_credentials, proxy.endpoint, "--timeout", "3", "--log-level", "trace")
    try:
        mount.start()
        path = mount.path(bucket.name, "file.txt")
        path.write_text("contents")
        assert path.read_text() == "contents"
        assert mount.get(bucket.name, "file.txt", query="?presign").status_code == 200
        proxy.add(fault.Status(403, "SignatureDoesNotMatch"), "PUT")
        with pytest.raises(OSError):
            with open(path, "wb", buffering=0) as file:
                file.write(b"new")
        command = Path(f"/proc/{mount.process.pid}/cmdline").read_text()
        proxy.clear()
        health, metrics = mount.get("-", "health").text, mount.get("-", "metrics").text
    finally:
        mount.clean_up()
    mount._reader.join(timeout=5)
    log = "\n".join(mount.errors)
    assert log
    for text in (log, command, health, metrics):
        assert SECRET not in text
        assert "Signature=" not in text and "AWS4-HMAC" not in text


def test_files_on_disk_are_private_to_their_owner_whatever_the_umask(start_faulty, proxy, bucket):
    before = os.umask(0)
    try:
        mount = start_faulty()
    finally:
        os.umask(before)
    mount.path(bucket.name, "remembered.txt").write_text("headers of this are remembered")
    proxy.add(fault.Status(500, "InternalError"), "PUT")
    with pytest.raises(OSError):
        with open(mount.path(bucket.name, "unsaved.txt"), "wb", buffering=0) as file:
            file.write(os.urandom(2 << 20))
    cache = mount.home / "cache" / "localstackmount"
    kept = list(cache.rglob("*"))
    assert any(path.name.startswith("metadata") for path in kept)
    assert any(path.name.endswith(".record") for path in kept)
    for path in [cache, *kept]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
