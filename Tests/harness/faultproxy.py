"""A proxy between localstackmount and LocalStack that injects faults, request by request.

    proxy = FaultProxy(localstack.endpoint)
    proxy.add(Refuse())                                the next connection, and all after it, until clear()
    proxy.add(Status(503, "SlowDown"), "PUT", times=1) only the next PUT
    proxy.add(Cut(100), "GET", "/bucket/key")          only this object

A fault may also be any callable: it gets the Exchange and returns True if it has handled it.
"""

import socket
import socketserver
import struct
import threading
import time
import urllib.parse


class Exchange:
    """One request, and the socket on which it arrived."""

    def __init__(self, client, method, target, head, body, upstream):
        self.client, self.method, self.target, self.head, self.body = client, method, target, head, body
        self.upstream = upstream

    @property
    def path(self):
        return urllib.parse.unquote(self.target.split("?")[0])

    def answer(self):
        """LocalStack's answer: its head, and its body."""
        with socket.create_connection(self.upstream) as server:
            server.sendall(self.head + self.body)
            return read_answer(server, self.method)

    def reply(self, status, body=b"", headers=()):
        lines = [f"HTTP/1.1 {status} Scripted", f"Content-Length: {len(body)}", *headers]
        self.client.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + (b"" if self.method == "HEAD" else body))
        return True

    def reset(self):
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise ConnectionAbortedError


class Reset:
    """The connection is reset; with `after`, only after LocalStack has done its work."""

    def __init__(self, after=False):
        self.after = after

    def __call__(self, exchange):
        if self.after:
            exchange.answer()
        exchange.reset()


class Silence:
    """No answer is sent until `release` is set."""

    def __init__(self):
        self.release = threading.Event()
        self.reached = threading.Event()

    def __call__(self, exchange):
        self.reached.set()
        self.release.wait(600)
        exchange.reset()


class Hold:
    """The request waits for `release`, and then continues unchanged."""

    def __init__(self):
        self.release = threading.Event()
        self.reached = threading.Event()

    def __call__(self, exchange):
        self.reached.set()
        self.release.wait(600)
        return False


class Slow:
    """The answer is delayed by a number of seconds."""

    def __init__(self, seconds):
        self.seconds = seconds

    def __call__(self, exchange):
        time.sleep(self.seconds)
        return False


class Trickle:
    """The real answer, whose body is sent byte by byte, with a pause after each."""

    def __init__(self, pause):
        self.pause = pause

    def __call__(self, exchange):
        head, body = exchange.answer()
        exchange.client.sendall(head)
        for byte in body:
            exchange.client.sendall(bytes([byte]))
            time.sleep(self.pause)
        return True


class Status:
    """An S3 error instead of the answer."""

    def __init__(self, status, code):
        self.status, self.code = status, code

    def __call__(self, exchange):
        body = f"<?xml version='1.0'?><Error><Code>{self.code}</Code><Message>Scripted</Message></Error>"
        return exchange.reply(self.status, body.encode(), ["Content-Type: application/xml"])


class Body:
    """Another body than LocalStack's, under its head and with the right length."""

    def __init__(self, change):
        self.change = change

    def __call__(self, exchange):
        head, body = exchange.answer()
        body = self.change(body)
        lines = [line for line in head.split(b"\r\n") if line and not line.lower().startswith(b"content-length:")]
        exchange.client.sendall(b"\r\n".join([*lines, b"Content-Length: %d" % len(body)]) + b"\r\n\r\n" + body)
        return True


class Cut:
    """The real answer with a truncated body, after which the connection ends."""

    def __init__(self, count):
        self.count = count

    def __call__(self, exchange):
        head, body = exchange.answer()
        exchange.client.sendall(head + body[: self.count])
        raise ConnectionAbortedError


class Header:
    """The real answer with one header changed or added."""

    def __init__(self, name, value):
        self.name, self.value = name.encode(), value.encode()

    def __call__(self, exchange):
        head, body = exchange.answer()
        lines = [line for line in head.split(b"\r\n") if line]
        kept = [line for line in lines if not line.lower().startswith(self.name.lower() + b":")]
        exchange.client.sendall(b"\r\n".join([*kept, self.name + b": " + self.value]) + b"\r\n\r\n" + body)
        return True


class Call:
    """Calls a function when the request arrives; the request continues."""

    def __init__(self, action):
        self.action = action

    def __call__(self, exchange):
        self.action()
        return False


class FaultProxy:
    def __init__(self, upstream):
        address = urllib.parse.urlsplit(upstream)
        self.upstream = (address.hostname, address.port)
        self._rules = []
        self._lock = threading.Lock()
        self._connections = set()
        self.requests = []
        self.port = None
        self._server = None
        self.open()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def add(self, fault, method=None, path=None, query=None, skip=0, times=10**9):
        with self._lock:
            self._rules.append([fault, method, path, query, skip, times])
        return fault

    def clear(self):
        with self._lock:
            rules, self._rules = self._rules, []
        for fault, *_ in rules:
            if hasattr(fault, "release"):
                fault.release.set()

    @property
    def is_idle(self):
        """No client is connected, and so no request is in flight."""
        return not self._connections

    def count(self, method, path=""):
        with self._lock:
            return sum(1 for seen, target in self.requests if seen == method and path in target)

    def _fault_for(self, exchange):
        with self._lock:
            self.requests.append((exchange.method, exchange.target))
            for rule in self._rules:
                fault, method, path, query, skip, times = rule
                if method and method != exchange.method or path and path not in exchange.path:
                    continue
                if query and query not in exchange.target or times <= 0:
                    continue
                if skip:
                    rule[4] -= 1
                    continue
                rule[5] -= 1
                return fault
        return None

    # Life

    def open(self):
        """Starts listening; after `close` again at the same port."""
        proxy = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                proxy._connections.add(self.request)
                try:
                    proxy._serve(self.request)
                except OSError:
                    pass
                finally:
                    proxy._connections.discard(self.request)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 256

        self._server = Server(("127.0.0.1", self.port or 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        """Refuses connections, and closes the open ones."""
        self.clear()
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _serve(self, client):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = client.makefile("rb")
        server = server_reader = None
        while True:
            request = read_request(reader)
            if request is None:
                return
            method, target, head, body = request
            exchange = Exchange(client, method, target, head, body, self.upstream)
            fault = self._fault_for(exchange)
            if fault is not None and fault(exchange):
                continue
            if server is None:
                server = socket.create_connection(self.upstream)
                server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                server_reader = server.makefile("rb")
            server.sendall(head + body)
            client.sendall(b"".join(read_answer(server_reader, method)))


def read_head(reader):
    lines = []
    while True:
        line = reader.readline()
        if not line:
            return None
        lines.append(line)
        if line == b"\r\n":
            return lines


def header(lines, name):
    for line in lines[1:]:
        if line.lower().startswith(name + b":"):
            return line.split(b":", 1)[1].strip()
    return None


def read_request(reader):
    lines = read_head(reader)
    if lines is None:
        return None
    method, target, _ = lines[0].decode().split(" ", 2)
    length = int(header(lines, b"content-length") or 0)
    body = reader.read(length)
    # The client died during its request: LocalStack would wait for the rest.
    return (method, target, b"".join(lines), body) if len(body) == length else None


def read_answer(source, method):
    reader = source.makefile("rb") if isinstance(source, socket.socket) else source
    lines = read_head(reader)
    if lines is None:
        raise ConnectionAbortedError
    status = int(lines[0].split()[1])
    if method == "HEAD" or status in (204, 304):
        return b"".join(lines), b""
    length = header(lines, b"content-length")
    if length is not None:
        return b"".join(lines), reader.read(int(length))
    assert b"chunked" in (header(lines, b"transfer-encoding") or b""), lines
    body = b""
    while True:
        size = int(reader.readline().split(b";")[0], 16)
        piece = reader.read(size)
        reader.readline()
        if not size:
            break
        body += piece
    kept = [line for line in lines[:-1] if not line.lower().startswith(b"transfer-encoding:")]
    return b"".join([*kept, b"Content-Length: %d\r\n" % len(body), b"\r\n"]), body


