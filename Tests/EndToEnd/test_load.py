"""Many concurrent requests of many kinds over long-lived connections, and clients that disconnect during requests."""

import http.client
import random
import socket
import struct
from concurrent.futures import ThreadPoolExecutor

CLIENTS = 6
REQUESTS = 60


def chunked(body, size):
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def put_in_small_chunks(connection, path, body):
    """Sends many chunks that arrive in one read of the server, and more than it buffers at once."""
    connection.putrequest("PUT", path)
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    connection.send(chunked(body, 100))
    return connection.getresponse()


def leave_in_the_middle(port, random):
    """Sends a few pipelined requests, the last one incomplete, and then closes or resets the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        whole = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * random.randrange(4)
        head = b"PUT /none/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n"
        client.sendall(whole + head + b"x" * random.randrange(90_000))
        if random.random() < 0.5:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def client(mount, bucket, number):
    choice = random.Random(number)
    connection = http.client.HTTPConnection("127.0.0.1", mount.port, timeout=60)
    stored = {}
    for _ in range(REQUESTS):
        path = f"/{bucket.name}/client{number}/file{choice.randrange(5)}"
        kind = choice.choices(["put", "chunks", "get", "head", "delete", "leave"], [6, 2, 6, 3, 2, 3])[0]
        body = choice.randbytes(choice.choice([0, 10, 3000, 70_000]))
        if kind == "leave":
            leave_in_the_middle(mount.port, choice)
            continue
        if kind == "chunks":
            body = choice.randbytes(600_000)
            answer = put_in_small_chunks(connection, path, body)
        else:
            connection.request(kind.upper(), path, body=body if kind == "put" else None)
            answer = connection.getresponse()
        got = answer.read()
        if kind in ("put", "chunks"):
            assert answer.status == (204 if path in stored else 201)
            stored[path] = body
        elif path not in stored:
            assert answer.status == 404
        elif kind == "delete":
            assert answer.status == 204
            del stored[path]
        else:
            assert answer.status == 200
            assert got == (stored[path] if kind == "get" else b"")
    connection.close()


def test_mixed_requests_over_lasting_connections_with_clients_that_leave(mount, bucket):
    with ThreadPoolExecutor(CLIENTS) as pool:
        for outcome in [pool.submit(client, mount, bucket, number) for number in range(CLIENTS)]:
            outcome.result()
    assert mount.get("-", "health").status_code == 200
