"""A very fast S3 client: requests are signed before they are needed, and sent over one open socket."""

import socket
import urllib.parse

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


class RawClient:
    def __init__(self, endpoint, region="us-east-1", key="test", secret="test"):
        self._endpoint = endpoint
        self._host = urllib.parse.urlsplit(endpoint).netloc
        self._signer = SigV4Auth(Credentials(key, secret), "s3", region)
        name, port = self._host.split(":")
        self._socket = socket.create_connection((name, int(port)), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self):
        self._socket.close()

    def signed(self, method, bucket, key="", body=b""):
        """The bytes of a request, to be sent later."""
        path = f"/{bucket}/" + urllib.parse.quote(key)
        request = AWSRequest(method=method, url=self._endpoint + path, data=body)
        request.headers["X-Amz-Content-SHA256"] = "UNSIGNED-PAYLOAD"
        self._signer.add_auth(request)
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in request.headers.items()]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def send(self, request):
        """Sends a signed request; returns when S3 has acknowledged it."""
        self._socket.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._received()
        head, body = answer.split(b"\r\n\r\n", 1)
        fields = head.decode("latin-1").split("\r\n")
        length = next((int(f.split(":")[1]) for f in fields if f.lower().startswith("content-length:")), 0)
        while len(body) < length:
            body += self._received()
        status = int(fields[0].split()[1])
        assert status in (200, 204), answer

    def _received(self):
        piece = self._socket.recv(65536)
        assert piece, "S3 closed the connection"
        return piece
