"""A proxy between a system and the S3 server that counts requests by kind and bytes moved. A process of its own.

`GET /-counts` on its control port gives what was counted since the last one, as JSON, and begins anew.
"""

import asyncio
import json
import re
import subprocess
import sys
import urllib.parse
import urllib.request
from collections import Counter

PIECE = 1 << 18


def kind(method, target, head):
    """The S3 operation of a request, by its method and query."""
    path, _, query = target.partition("?")
    names = {part.split("=")[0] for part in query.split("&")}
    is_object = "/" in path.strip("/")
    copies = b"x-amz-copy-source:" in head
    if method == "PUT":
        if "partNumber" in names:
            return "UploadPartCopy" if copies else "UploadPart"
        return "COPY" if copies else "PUT" if is_object else "CreateBucket"
    if method == "POST":
        if "uploads" in names:
            return "CreateUpload"
        return "Complete" if "uploadId" in names else "DeleteObjects" if "delete" in names else "POST"
    if method == "DELETE":
        return "Abort" if "uploadId" in names else "DELETE"
    if method == "GET" and not is_object:
        return "LIST" if path.strip("/") else "ListBuckets"
    return method


class Counts:
    def __init__(self):
        self.reset()

    def reset(self):
        self.requests, self.up, self.down = Counter(), 0, 0

    def take(self):
        taken = {"requests": dict(self.requests), "up": self.up, "down": self.down}
        self.reset()
        return taken


counts = Counts()


async def _head(reader):
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


def _header(head, name):
    found = re.search(rb"(?im)^%s:[ \t]*(.*?)\r$" % name, head)
    return found[1] if found else b""


async def _pass(reader, writer, length):
    left = length
    while left:
        piece = await reader.read(min(PIECE, left))
        if not piece:
            raise ConnectionError
        writer.write(piece)
        await writer.drain()
        left -= len(piece)
    return length


async def _body(reader, writer, head):
    if b"chunked" in _header(head, b"transfer-encoding").lower():
        total = 0
        while True:
            line = await reader.readline()
            size = int(line.split(b";")[0], 16)
            writer.write(line)
            await _pass(reader, writer, size + 2)
            total += size
            if not size:
                return total
    return await _pass(reader, writer, int(_header(head, b"content-length") or 0))


async def _serve(client_reader, client_writer, upstream):
    server_writer = None
    try:
        while (head := await _head(client_reader)) is not None:
            if server_writer is None:
                server_reader, server_writer = await asyncio.open_connection(*upstream, limit=PIECE)
            method, target = head.split(b" ", 2)[:2]
            name = kind(method.decode(), target.decode(), head.lower())
            counts.requests[name] += 1
            server_writer.write(head)
            if _header(head, b"expect"):
                # The server's 100 must reach the client before its body can come.
                client_writer.write(await server_reader.readuntil(b"\r\n\r\n"))
            # Not `+= await`: others count meanwhile.
            sent = await _body(client_reader, server_writer, head)
            counts.up += sent
            await server_writer.drain()
            answer = await _head(server_reader)
            if answer is None:
                return
            client_writer.write(answer)
            status = int(answer.split(b" ", 2)[1])
            if method != b"HEAD" and status not in (204, 304):
                received = await _body(server_reader, client_writer, answer)
                counts.down += received
            await client_writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError, ValueError):
        pass
    finally:
        for writer in (client_writer, server_writer):
            if writer:
                writer.close()


async def _control(reader, writer):
    if await _head(reader):
        body = json.dumps(counts.take()).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
    writer.close()


async def _main(host, port):
    # The loop itself holds its tasks only weakly: one whose both ends are idle could be collected.
    serving = set()

    async def serve(reader, writer):
        serving.add(asyncio.current_task())
        try:
            await _serve(reader, writer, (host, port))
        finally:
            serving.discard(asyncio.current_task())

    proxy = await asyncio.start_server(serve, "127.0.0.1", 0, limit=PIECE, backlog=512)
    control = await asyncio.start_server(_control, "127.0.0.1", 0)
    print(proxy.sockets[0].getsockname()[1], control.sockets[0].getsockname()[1], flush=True)
    await asyncio.gather(proxy.serve_forever(), control.serve_forever())


class CountingProxy:
    """Starts the proxy; `endpoint` stands for the server's, `take()` gives the counts since the last `take()`."""

    def __init__(self, endpoint):
        address = urllib.parse.urlsplit(endpoint)
        command = [sys.executable, "-m", __name__, address.hostname, str(address.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        port, control = self.process.stdout.readline().split()
        self.endpoint = f"http://127.0.0.1:{port}"
        self._control = f"http://127.0.0.1:{control}/-counts"

    def take(self):
        with urllib.request.urlopen(self._control) as answer:
            return json.load(answer)

    def stop(self):
        self.process.kill()
        self.process.wait()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], int(sys.argv[2])))
