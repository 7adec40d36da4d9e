"""Concurrent requests of all kinds from clients that stay, pipeline, break the rules, and disconnect at any byte.

LOCALSTACKMOUNT_STORM_REQUESTS: how many requests (3000). Meant to be driven against a binary with the address or the
thread sanitizer too (see docs/RELIABILITY.md).
"""

import collections
import concurrent.futures
import http.client
import multiprocessing
import os
import random
import socket
import struct

import pytest

from harness.waiting import wait_until

REQUESTS = int(os.environ.get("LOCALSTACKMOUNT_STORM_REQUESTS", "3000"))
CLIENTS = 8
SEED = int(os.environ.get("LOCALSTACKMOUNT_SEED", "0")) or random.SystemRandom().randrange(10**9)
LARGE = 700_000

pytestmark = pytest.mark.timeout(180 + REQUESTS // 20)


class Client:
    """One program, with a folder and a lasting connection of its own."""

    def __init__(self, port, bucket, number, seed):
        self.port, self.bucket = port, bucket
        self.random = random.Random(f"{seed}/{number}")
        self.folder = f"/{bucket}/client{number}/"
        self.stored = {}
        self.sent = collections.Counter()
        self.recent = collections.deque(maxlen=4)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        # Cheap kinds are frequent: the gateway is tested here, and not S3.
        self.kinds = {
            self.read: 30, self.head: 8, self.part: 12, self.unchanged: 10, self.list: 10, self.own: 10,
            self.refused: 10, self.pipeline: 6, self.put: 4, self.put_chunks: 1, self.form: 1, self.remove: 1,
            self.leave_upload: 5, self.leave_download: 6, self.leave_archive: 1, self.leave_watch: 1,
            self.nonsense: 5,
        }  # fmt: skip

    def run(self, count):
        # An object that all clients read.
        self.put(b"first", name="first")
        self.put(self.random.randbytes(LARGE), name="large")
        while self.sent.total() < count:
            kind = self.random.choices(list(self.kinds), self.kinds.values())[0]
            try:
                kind()
            except Exception as problem:
                raise AssertionError(f"{problem!r} in {kind.__name__}, after {list(self.recent)}") from problem
        self.connection.close()
        return self.sent

    def ask(self, method, path, body=None, headers=None, chunked=False):
        self.sent[method] += 1
        self.connection.request(method, path, body=body, headers=headers or {}, encode_chunked=chunked)
        self.recent.append(f"{method} {path[:80]} {headers}")
        answer = self.connection.getresponse()
        body = answer.read()
        self.recent[-1] += f" {answer.status} {len(body)}"
        return answer, body

    def expect(self, statuses, method, path, **options):
        answer, body = self.ask(method, path, **options)
        assert answer.status in statuses, f"{method} {path[:200]}: {answer.status} {body[:200]}"
        return answer, body

    def some(self):
        return self.random.choice(sorted(self.stored))

    # Correct clients

    def put(self, data=None, name=None):
        name = name or f"file{self.random.randrange(5)}"
        data = self.random.randbytes(self.random.choice([0, 10, 3000, 70_000])) if data is None else data
        self.expect([204 if name in self.stored else 201], "PUT", self.folder + name, body=data)
        self.stored[name] = data

    def put_chunks(self):
        data = self.random.randbytes(200_000)
        size = self.random.choice([100, 5000])
        pieces = (data[start : start + size] for start in range(0, len(data), size))
        status = 204 if "chunks" in self.stored else 201
        self.expect(
            [status], "PUT", self.folder + "chunks",
            body=pieces, headers={"Transfer-Encoding": "chunked"}, chunked=True,
        )  # fmt: skip
        self.stored["chunks"] = data

    def form(self):
        part = b'--xyz\r\nContent-Disposition: form-data; name="f"; filename="form%d"\r\n\r\n%s\r\n'
        data = self.random.randbytes(2000)
        body = part % (1, data) + part % (2, data) + b"--xyz--\r\n"
        headers = {"Content-Type": "multipart/form-data; boundary=xyz"}
        self.expect([200, 201, 303], "POST", self.folder, body=body, headers=headers)
        self.stored |= {"form1": data, "form2": data}

    def remove(self):
        name = self.some()
        if name not in ("first", "large"):
            self.expect([204], "DELETE", self.folder + name)
            del self.stored[name]

    def read(self):
        name = self.some()
        assert self.expect([200], "GET", self.folder + name)[1] == self.stored[name]

    def head(self):
        name = self.some()
        answer, _ = self.expect([200], "HEAD", self.folder + name)
        assert int(answer.headers["Content-Length"]) == len(self.stored[name])

    def part(self):
        data = self.stored["large"]
        first = self.random.randrange(LARGE)
        last = min(LARGE - 1, first + self.random.choice([0, 100, 100_000]))
        ranges = self.random.choice([f"bytes={first}-{last}", f"bytes={first}-{last},0-9"])
        body = self.expect([200, 206], "GET", self.folder + "large", headers={"Range": ranges})[1]
        assert data[first : last + 1] in body

    def unchanged(self):
        name = self.some()
        tag = self.expect([200], "HEAD", self.folder + name)[0].headers["ETag"]
        assert self.expect([304], "GET", self.folder + name, headers={"If-None-Match": tag})[1] == b""

    def list(self):
        query = self.random.choice(["?json", "?simple", "", "?q=file&json"])
        body = self.expect([200], "GET", self.folder + query, headers={"Accept-Encoding": "gzip"})[1]
        assert body

    def own(self):
        name, statuses = self.random.choice(
            # These two time out when S3 takes longer than a second, as it may under load.
            [("health", [200, 503]), ("ready", [200, 503]), ("metrics", [200]), ("openapi.json", [200])]
        )
        self.expect(statuses, "GET", f"/-/{name}")

    def refused(self):
        method, path, statuses = self.random.choice(
            [
                ("GET", self.folder + "%zz", [400]), ("GET", self.folder + "none", [404]), ("PATCH", self.folder, [405]),
                ("GET", "/" + "x" * 9000, [301, 404, 414]), ("DELETE", "/", [405]), ("POST", self.folder, [415]),
                ("PUT", f"/{self.bucket}", [409]), ("GET", self.folder + "?wait=never", [400]),
            ]
        )  # fmt: skip
        self.expect(statuses, method, path)

    # Incorrect clients

    def open(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def leave(self, client):
        if self.random.random() < 0.5:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()

    def request(self, method, path, *headers):
        self.sent[method] += 1
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers]
        return "\r\n".join(lines).encode() + b"\r\n\r\n"

    def pipeline(self):
        paths = [self.folder + self.random.choice(["first", "large", "none", "?json"]) for _ in range(6)]
        client = self.open()
        client.sendall(b"".join(self.request("GET", path) for path in paths))
        # All answers may arrive at once, and then nothing more follows.
        client.settimeout(0.2)
        try:
            for _ in range(self.random.randrange(8)):
                if not client.recv(self.random.choice([100, 60_000])):
                    break
        except TimeoutError:
            pass
        self.leave(client)

    def leave_upload(self):
        kind = self.random.choice(["Content-Length: 300000", "Transfer-Encoding: chunked"])
        extra = self.random.choice([[], ["Expect: 100-continue"]])
        client = self.open()
        path = self.random.choice(["half", "first/", "?untar"])
        client.sendall(self.request(self.random.choice(["PUT", "POST"]), self.folder + path, kind, *extra))
        try:
            data = self.random.randbytes(self.random.choice([0, 1, 5000, 200_000]))
            client.sendall(b"%x\r\n" % (len(data) + 1) + data if kind.startswith("T") else data)
        except OSError:
            pass  # refused before all was read
        self.leave(client)

    def leave_download(self):
        client = self.open()
        client.sendall(self.request("GET", self.folder + "large"))
        for _ in range(self.random.randrange(4)):
            client.recv(self.random.choice([1, 1000, 100_000]))
        self.leave(client)

    def leave_archive(self):
        client = self.open()
        client.sendall(self.request("GET", self.folder + self.random.choice(["?tar", "?zip"])))
        client.recv(self.random.choice([1, 50_000]))
        self.leave(client)

    def leave_watch(self):
        client = self.open()
        client.sendall(self.request("GET", self.folder + self.random.choice(["?watch", "first?wait=30s"])))
        if self.random.random() < 0.5:
            client.settimeout(0.01)
            try:
                client.recv(100)
            except TimeoutError:
                pass
        self.leave(client)

    def nonsense(self):
        client = self.open()
        line = self.random.choice(
            [
                b"\0\0\0\0\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"PUT /a/b HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                b"GET / HTTP/1.1\r\nA: " + b"x" * 60_000 + b"\r\n\r\n", self.random.randbytes(300), b"G",
                b"PUT /a/b HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello",
            ]
        )  # fmt: skip
        self.sent["nonsense"] += 1
        try:
            client.sendall(line)
            if self.random.random() < 0.5:
                client.shutdown(socket.SHUT_WR)
                # The server waits for the rest of a request until the idle timeout, so this does not wait for the end.
                client.settimeout(0.1)
                while client.recv(65536):
                    pass
        except OSError:
            pass
        self.leave(client)


def drive(port, bucket, number, seed, count):
    return Client(port, bucket, number, seed).run(count)


def in_flight(mount):
    text = mount.get("-", "metrics").text
    (line,) = [line for line in text.splitlines() if line.startswith("localstackmount_http_requests_in_flight ")]
    return int(float(line.split()[1]))


def test_requests_of_all_kinds_with_clients_that_leave_at_any_byte(start_mount, bucket):
    mount = start_mount(fuse=False)
    sent = collections.Counter()
    # Processes of their own: threads of one interpreter would not keep the gateway busy.
    context = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(CLIENTS, mp_context=context) as pool:
        clients = [
            pool.submit(drive, mount.port, bucket.name, number, SEED, REQUESTS // CLIENTS) for number in range(CLIENTS)
        ]
        for client in clients:
            try:
                sent += client.result()
            except BaseException as problem:
                problem.add_note(f"seed {SEED}; runs: {mount.is_running}; it said {mount.errors[-60:]}")
                raise
    assert mount.is_running, mount.errors
    # No request of a disconnected client is still held; the one left is this request itself.
    # An incomplete request is dropped after a minute.
    wait_until(lambda: in_flight(mount) <= 1, 120, "the end of what clients left")
    assert not [line for line in mount.errors if "Sanitizer" in line or "Fatal" in line]
    assert not any(key.endswith(("half", "first/")) for key in bucket.keys()), "a dropped upload leaves nothing"
    mount.stop(seconds=30)
    print(f"\nseed {SEED}: {sent.total()} requests {dict(sent)}")
