"""The workloads of the gateways, by a client that keeps its connections."""

import random
import re
import subprocess
import threading
import urllib.parse

from .http import Connection
from .s3 import in_threads
from .workloads import Workload
from .world import THREADS, block

WRK_SECONDS = 2
WRK_SCRIPT = """
local paths = {{}}
for line in io.lines("{list}") do paths[#paths + 1] = line end
local at = 0
request = function()
  at = at % #paths + 1
  return wrk.format("GET", paths[at])
end
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d\\n", summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""


class Client:
    """Connections to a gateway, one to a thread."""

    def __init__(self, base):
        parts = urllib.parse.urlsplit(base)
        self.root, self.prefix = f"{parts.scheme}://{parts.netloc}", parts.path
        self._local = threading.local()

    def request(self, method, path, headers=(), body=b"", sink=None, allowed=(200, 201, 204, 206, 207)):
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = Connection(self.root)
        answer = connection.request(method, f"{self.prefix}/{path}", headers, body, sink)
        assert answer.status in allowed, f"{method} {path}: {answer.status} {(answer.body or b'')[:200]}"
        return answer


class GatewayWorkload(Workload):
    """`on_mount` is never called; `on_gateway` is."""

    def on_mount(self, cell):
        raise NotImplementedError

    def on_gateway(self, cell):
        raise NotImplementedError


class ListLarge(GatewayWorkload):
    name, needs = "http-list", ("list",)

    def on_gateway(self, cell):
        client = Client(cell.base)
        method, headers = ("PROPFIND", [("Depth", "1")]) if cell.system.name == "rclone-webdav" else ("GET", [])
        for row in ("HTTP: listing of 10,000, cold", "HTTP: listing of 10,000, again"):
            with cell.row(row) as measured:
                answer = client.request(method, "list/", headers)
                measured.more["length"] = answer.length
            assert len(set(re.findall(rb"entry-(\d{5})", answer.body))) == 10000, cell.system.name

    def on_server(self, cell):
        for row in ("HTTP: listing of 10,000, cold", "HTTP: listing of 10,000, again"):
            with cell.row(row):
                assert cell.s3.list_count(cell.bucket, "list/") == 10000


class Hammer(GatewayWorkload):
    """GETs of 500 objects of 4 KB, in turn, over 32 connections. Seconds per 1,000 requests."""

    name, needs = "http-small", ("small",)
    row = "HTTP: 1,000 GETs of 4 KB (wrk -c32)"

    def on_gateway(self, cell):
        client = Client(cell.base)
        files = cell.world.files["small"]
        for name in list(files)[::50]:
            assert client.request("GET", f"small/{name}").body == files[name]
        self._hammer(cell, client.root, [f"{client.prefix}/small/{name}" for name in files])

    def on_server(self, cell):
        paths = [cell.s3.presigned(cell.bucket, f"small/{name}") for name in cell.world.files["small"]]
        self._hammer(cell, cell.s3.endpoint, paths)

    def _hammer(self, cell, root, paths):
        listed, script = cell.system.home / "paths", cell.system.home / "wrk.lua"
        listed.write_text("\n".join(paths) + "\n")
        script.write_text(WRK_SCRIPT.format(list=listed))
        command = ["wrk", "-t1", "-c32", f"-d{WRK_SECONDS}s", "-s", str(script), root]
        with cell.row(self.row):
            text = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        requests, duration, errors = map(int, re.search(r"RESULT (\d+) (\d+) (\d+)", text).groups())
        assert requests and not errors, f"{errors} of {requests} requests failed"
        figures = cell.meter.rows[self.row]
        figures["seconds"] = duration / 1e6 / requests * 1000
        figures["cpu"] *= 1000 / requests
        if "requests" in figures:
            # As they were counted, for all requests of wrk.
            figures["of"] = requests


class Down(GatewayWorkload):
    name, needs = "http-down", ("big",)

    def rows(self, cell):
        size = cell.world.sizes.big >> 20
        return (f"HTTP: {size} MB down, cold", f"HTTP: {size} MB down, again")

    def on_gateway(self, cell):
        client = Client(cell.base)
        for row in self.rows(cell):
            with cell.row(row):
                check = cell.world.comparison(0, cell.world.sizes.big)
                client.request("GET", "big/big.bin", sink=check)
                check.finish()

    def on_server(self, cell):
        for row in self.rows(cell):
            with cell.row(row):
                check = cell.world.comparison(0, cell.world.sizes.big)
                cell.s3.get(cell.bucket, "big/big.bin", sink=check)
                check.finish()


class Ranges(GatewayWorkload):
    name, needs = "http-ranges", ("big",)
    row = "HTTP: 200 ranges of 4 KB, cold"

    def on_gateway(self, cell):
        client = Client(cell.base)
        self._read(
            cell, lambda at: client.request("GET", "big/big.bin", [("Range", f"bytes={at}-{at + 4095}")]).body
        )

    def on_server(self, cell):
        self._read(cell, lambda at: cell.s3.get(cell.bucket, "big/big.bin", at, at + 4095))

    def _read(self, cell, read):
        places = random.Random(11)
        with cell.row(self.row):
            for _ in range(200):
                at = places.randrange(0, cell.world.sizes.big - 4096)
                assert read(at) == cell.world.source[at : at + 4096]


class Upload:
    """How each gateway takes a file."""

    def __init__(self, cell):
        self.client = Client(cell.base)
        self.makes_folder = cell.system.name == "rclone-webdav"

    def folder(self, name):
        if self.makes_folder:
            self.client.request("MKCOL", name)

    def put(self, path, body):
        self.client.request("PUT", path, body=body)


class Up(GatewayWorkload):
    name, writes = "http-up", True
    accepts = ("ours-http", "rclone-webdav", "nginx-s3fs", "copyparty", "direct", "nginx-tmpfs")
    systems = accepts

    def row(self, cell):
        return f"HTTP: {cell.world.sizes.big >> 20} MB up"

    def on_gateway(self, cell):
        upload = Upload(cell)
        upload.folder(cell.scratch)
        expected = cell.world.source[: cell.world.sizes.big]
        with cell.row(self.row(cell)) as row:
            upload.put(f"{cell.scratch}/up.bin", expected)
            cell.durable(row, lambda: cell.world.await_object(f"{cell.scratch}/up.bin", len(expected)))
        cell.check(f"{cell.scratch}/up.bin", expected)

    def on_server(self, cell):
        expected = cell.world.source[: cell.world.sizes.big]
        with cell.row(self.row(cell)) as row:
            cell.s3.put_large(cell.bucket, f"{cell.scratch}/up.bin", expected)
            cell.durable(row, lambda: cell.world.await_object(f"{cell.scratch}/up.bin", len(expected)))
        cell.check(f"{cell.scratch}/up.bin", expected)


class SmallUploads(GatewayWorkload):
    writes, systems = True, Up.accepts

    def __init__(self, threads):
        self.threads = threads
        self.name = f"http-uploads-{threads}"
        self.row = f"HTTP: 500 uploads of 4 KB, {threads} connection{'s'[: threads > 1]}"

    def on_gateway(self, cell):
        upload = Upload(cell)
        upload.folder(cell.scratch)
        self._upload(cell, lambda item: upload.put(f"{cell.scratch}/{item[0]}", item[1]))

    def on_server(self, cell):
        self._upload(cell, lambda item: cell.s3.put(cell.bucket, f"{cell.scratch}/{item[0]}", item[1]))

    def _upload(self, cell, put):
        files = {f"up-{n}.bin": block(n) for n in range(500)}
        with cell.row(self.row) as row:
            in_threads(self.threads, put, files.items())
            cell.durable(row, lambda: cell.world.await_files(cell.scratch, files))


GATEWAY_WORKLOADS = [ListLarge(), Hammer(), Down(), Ranges(), Up(), SmallUploads(1), SmallUploads(THREADS)]
