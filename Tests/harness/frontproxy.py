"""A web server in front of the gateway: requests below its prefix are forwarded to the gateway unchanged."""

import shutil
import socket
import socketserver
import threading

import pytest

from .processes import free_port, kill_group, start
from .waiting import wait_until

# As in docs/HTTP.md, with the files of a server that is no system service.
NGINX = """daemon off; worker_processes 1; pid {work}/pid; error_log {work}/errors;
events {{ worker_connections 200; }}
http {{
  access_log off; client_body_temp_path {work}/1; proxy_temp_path {work}/2; fastcgi_temp_path {work}/3;
  uwsgi_temp_path {work}/4; scgi_temp_path {work}/5;
  server {{
    listen 127.0.0.1:{port};
    location / {{ return 404 "another site\\n"; }}
{location}
  }}
}}
"""


class Nginx:
    """Debian's nginx with the `location` of docs/HTTP.md."""

    def __init__(self, location, work):
        if not shutil.which("nginx"):
            pytest.skip("nginx is not installed")
        self.port = free_port()
        work.mkdir()
        (work / "nginx.conf").write_text(NGINX.format(work=work, port=self.port, location=location))
        self._process = start("nginx", "-e", work / "errors", "-c", work / "nginx.conf")
        wait_until(self._answers, 10, "nginx's start")

    def _answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def close(self):
        kill_group(self._process)


class Forwarder:
    """The same in a few lines, for machines without nginx: whole connections, by the path of their first request."""

    def __init__(self, prefix, upstream):
        forwarder = self
        self.prefix, self.upstream = prefix.encode(), upstream

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                forwarder._serve(self.request)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def _serve(self, client):
        head = b""
        while b"\r\n" not in head:
            piece = client.recv(65536)
            if not piece:
                return
            head += piece
        if not head.split(b" ")[1].startswith(self.prefix + b"/"):
            client.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 13\r\nConnection: close\r\n\r\nanother site\n")
            return
        with socket.create_connection(("127.0.0.1", self.upstream)) as server:
            server.sendall(head)
            back = threading.Thread(target=pump, args=(server, client), daemon=True)
            back.start()
            pump(client, server)
            back.join()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def pump(source, sink):
    try:
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass
