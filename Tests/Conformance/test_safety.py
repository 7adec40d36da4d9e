"""Protection against hostile pages, clients, names and contents."""

import contextlib
import os
import resource
import socket

import pytest
import requests

def raw(gateway, request):
    """Returns the answer until the server closes. Unlike `Mount.raw` this keeps the client's side open."""
    answer = b""
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as connection:
        try:
            connection.sendall(request)
            while chunk := connection.recv(65536):
                answer += chunk
        except (ConnectionResetError, BrokenPipeError):
            pass
    return answer


MUTATING = [
    ("PUT", "x", ""),
    ("DELETE", "x", ""),
    ("POST", "x", "?meta"),
    ("POST", "x", "?restore=null"),
    ("POST", "x", "?move=/a/b"),
    ("POST", "", "?unzip"),
    ("POST", "", "?untar"),
    ("POST", "", "?mkdir=y"),
]


@pytest.mark.parametrize(("method", "key", "query"), MUTATING)
@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}], ids=str)
def test_another_site_changes_nothing(gateway, seen, method, key, query, headers):
    seen.put("x", "stays")
    answer = gateway.request(method, seen.name, key, query=query, headers=headers, data=b"{}")
    assert (answer.status_code, seen.keys(), seen.get("x")) == (403, ["x"], b"stays")


@pytest.mark.parametrize("query", ["", "?meta", "?versions", "?presign", "?wait=1s"])
def test_a_foreign_host_name_reads_nothing(gateway, seen, query):
    seen.put("x", "secret")
    answer = gateway.get(seen.name, "x", query=query, headers={"Host": "rebound.example"})
    assert answer.status_code == 421 and "secret" not in answer.text


@pytest.mark.parametrize("type", ["text/html", "image/svg+xml", "application/xhtml+xml", "text/xml"])
def test_a_stored_page_is_sandboxed(gateway, seen, type):
    seen.put("x", "<script>alert(1)</script>", ContentType=type)
    for query in ("", "?wait=1s"):
        answer = gateway.get(seen.name, "x", query=query)
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/../etc/passwd", "/%2e%2e/etc/passwd", "/..%2f..%2fetc%2fpasswd", "/-/assets/v/../../x"])
def test_paths_lead_nowhere_else(gateway, path):
    answer = raw(gateway, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert b"root:" not in answer and answer.split(b" ")[1] in (b"400", b"404")


def test_keys_and_metadata_forge_no_header(gateway, seen):
    key = "a\r\nX-Forged: 1\r\n\r\nbody"
    seen.put(key, "x", ContentDisposition='attachment; filename="a"')
    for query in ("", "?zip"):
        answer = gateway.get(seen.name + "/", query=query or "?json")
        assert "X-Forged" not in answer.headers
    answer = gateway.get(seen.name, key)
    assert answer.status_code == 200 and "X-Forged" not in answer.headers
    moved = gateway.request("POST", seen.name, key, query=f"?move=/{seen.name}/b%0D%0AX-Forged:%201")
    assert "X-Forged" not in moved.headers
    seen.put("x", "x")
    bad = {"headers": {"content-type": "a\r\nX-Forged: 1"}}
    assert gateway.request("POST", seen.name, "x", query="?meta", json=bad).status_code == 400


def test_oversized_headers_and_urls_are_refused(gateway):
    for request in (
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Large: " + b"x" * 100_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ):
        answer = raw(gateway, request)
        assert answer == b"" or answer.split(b" ")[1] in (b"400", b"413", b"414", b"431")
    assert gateway.get("-/ready", query="").status_code == 200


CROWD = 10_000


@pytest.fixture
def crowd():
    """Returns how many connections one process may have on this machine, up to 10,000."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield min(CROWD, before[1] - 500)
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def descriptors(gateway):
    return len(os.listdir(f"/proc/{gateway.process.pid}/fd"))


def test_ten_thousand_slow_connections_are_bounded_and_block_no_client(start_mount, crowd):
    """Half of them stop in their headers, half send nothing. With ulimit -n of 20,000 all of them can connect."""
    gateway = start_mount(fuse=False)
    with contextlib.ExitStack() as slow:
        for number in range(crowd):
            connection = slow.enter_context(socket.create_connection(("127.0.0.1", gateway.port), timeout=20))
            if number % 2:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: loc")
            if number % 1000 == 999:
                assert requests.get(gateway.base + "/-/ready", timeout=20).status_code == 200
                assert descriptors(gateway) < 1100
        print(f"{crowd} connections: {descriptors(gateway)} descriptors, {gateway.peak_memory() >> 20} MiB at most")
        assert gateway.peak_memory() < 200 << 20
        assert gateway.put("-", "x", data=b"").status_code == 405
    gateway.stop()


def test_a_transfer_continues_beside_thousands_of_silent_connections(start_mount, seen, crowd):
    gateway = start_mount(fuse=False)
    body = os.urandom(8 << 20)

    def pieces():
        yield body[: len(body) // 2]
        with contextlib.ExitStack() as slow:
            for _ in range(min(crowd, 2000)):
                slow.enter_context(socket.create_connection(("127.0.0.1", gateway.port), timeout=20))
            yield body[len(body) // 2 :]

    assert gateway.put(seen.name, "large", data=pieces()).status_code == 201
    assert seen.get("large") == body
    gateway.stop()


def test_the_interface_describes_itself(gateway):
    document = gateway.get("-/openapi.json", query="").json()
    assert document["openapi"].startswith("3.")
    for path in ("/-/health", "/-/ready", "/-/unsaved", "/-/metrics", "/-/openapi.json", "/"):
        answer = requests.get(gateway.base + path, timeout=20, headers={"Accept": "application/json, text/plain;q=0.9"})
        described = document["paths"][path]["get"]["responses"][str(answer.status_code)]["content"]
        assert answer.headers["Content-Type"].split(";")[0] in described
