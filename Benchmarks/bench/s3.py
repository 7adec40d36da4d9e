"""S3 spoken directly, as the measure of what the server itself gives: kept-alive connections, each request signed
(SigV4 with a cached key, unsigned payload), any number of threads."""

import datetime
import hashlib
import hmac
import re
import threading
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

from .http import Connection

REGION = "us-east-1"
KEY, SECRET = "test", "test"
PART = 16 << 20
_ENTRY = re.compile(rb"<Contents>(.*?)</Contents>", re.S)
_ERROR = re.compile(rb"<Code>(.*?)</Code>")


def quoted(text, safe="/-_.~"):
    return urllib.parse.quote(text, safe=safe)


def tag(xml, name):
    found = re.search(rb"<%s>(.*?)</%s>" % (name, name), xml, re.S)
    return found[1].decode().replace("&#34;", '"').replace("&quot;", '"').strip('"') if found else ""


class S3Error(Exception):
    pass


class S3:
    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.host = urllib.parse.urlsplit(endpoint).netloc
        self._local = threading.local()
        self._keys = {}

    # Signing

    def _key(self, day):
        if day not in self._keys:
            key = b"AWS4" + SECRET.encode()
            for part in (day, REGION, "s3", "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._keys[day] = key
        return self._keys[day]

    def _signature(self, method, path, query, headers, stamp):
        names = ";".join(headers)
        canonical = "\n".join(
            [method, path, query, *(f"{name}:{value}" for name, value in headers.items()), "", names, "UNSIGNED-PAYLOAD"]
        )
        scope = f"{stamp[:8]}/{REGION}/s3/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        return scope, names, hmac.digest(self._key(stamp[:8]), text.encode(), "sha256").hex()

    def request(self, method, path, query=None, headers=None, body=b"", sink=None, allowed=(200, 204, 206)):
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = Connection(self.endpoint)
        stamp = datetime.datetime.utcnow().strftime("%Y%m%dT%H%M%SZ")
        path = quoted(path)
        text = "&".join(f"{quoted(n, '-_.~')}={quoted(str(v), '-_.~')}" for n, v in sorted((query or {}).items()))
        signed = {"host": self.host, "x-amz-content-sha256": "UNSIGNED-PAYLOAD", "x-amz-date": stamp}
        signed.update((n.lower(), v) for n, v in (headers or {}).items() if n.lower().startswith("x-amz-"))
        signed = dict(sorted(signed.items()))
        scope, names, signature = self._signature(method, path, text, signed, stamp)
        sent = [(n, v) for n, v in signed.items() if n != "host"]
        sent += [(n, v) for n, v in (headers or {}).items() if n.lower() not in signed]
        credential = f"Credential={KEY}/{scope}, SignedHeaders={names}, Signature={signature}"
        sent.append(("Authorization", f"AWS4-HMAC-SHA256 {credential}"))
        answer = connection.request(method, path + ("?" + text if text else ""), sent, body, sink)
        if answer.status not in allowed:
            code = _ERROR.search(answer.body or b"")
            raise S3Error(f"{method} {path}: {answer.status} {code[1].decode() if code else ''}")
        return answer

    def presigned(self, bucket, key, seconds=3600):
        """The path and query of a signed GET, for clients that cannot sign."""
        stamp = datetime.datetime.utcnow().strftime("%Y%m%dT%H%M%SZ")
        path = quoted(f"/{bucket}/{key}")
        query = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{KEY}/{stamp[:8]}/{REGION}/s3/aws4_request",
            "X-Amz-Date": stamp,
            "X-Amz-Expires": seconds,
            "X-Amz-SignedHeaders": "host",
        }
        text = "&".join(f"{n}={quoted(str(v), '-_.~')}" for n, v in sorted(query.items()))
        signature = self._signature("GET", path, text, {"host": self.host}, stamp)[2]
        return f"{path}?{text}&X-Amz-Signature={signature}"

    # Requests

    def get(self, bucket, key, first=None, last=None, sink=None):
        headers = {} if first is None else {"Range": f"bytes={first}-{last}"}
        return self.request("GET", f"/{bucket}/{key}", headers=headers, sink=sink).body

    def put(self, bucket, key, body, headers=None):
        self.request("PUT", f"/{bucket}/{key}", headers=headers, body=body)

    def head(self, bucket, key):
        """The headers, or None."""
        answer = self.request("HEAD", f"/{bucket}/{key}", allowed=(200, 404))
        return answer.headers if answer.status == 200 else None

    def delete(self, bucket, key):
        self.request("DELETE", f"/{bucket}/{key}")

    def copy(self, bucket, source, target):
        answer = self.request(
            "PUT", f"/{bucket}/{target}", headers={"x-amz-copy-source": quoted(f"/{bucket}/{source}")}
        )
        if b"<Error>" in answer.body:
            raise S3Error(answer.body.decode())

    def list(self, bucket, prefix=""):
        """Every object below a prefix: {key: (size, ETag)}. One LIST per 1,000."""
        found, token = {}, None
        while True:
            query = {"list-type": 2, "prefix": prefix} | ({"continuation-token": token} if token else {})
            page = self.request("GET", f"/{bucket}", query).body
            for entry in _ENTRY.findall(page):
                found[tag(entry, b"Key")] = (int(tag(entry, b"Size")), tag(entry, b"ETag"))
            if tag(page, b"IsTruncated") != "true":
                return found
            token = tag(page, b"NextContinuationToken")

    def list_count(self, bucket, prefix):
        """The number of keys of a listing, without looking at them."""
        count, token = 0, None
        while True:
            query = {"list-type": 2, "prefix": prefix} | ({"continuation-token": token} if token else {})
            page = self.request("GET", f"/{bucket}", query).body
            count += page.count(b"<Key>")
            if b"<IsTruncated>true" not in page:
                return count
            token = tag(page, b"NextContinuationToken")

    def delete_many(self, bucket, keys):
        for start in range(0, len(keys), 1000):
            objects = "".join(f"<Object><Key>{key}</Key></Object>" for key in keys[start : start + 1000])
            body = f"<Delete><Quiet>true</Quiet>{objects}</Delete>".encode()
            checksum = {"Content-MD5": _md5_base64(body)}
            self.request("POST", f"/{bucket}", {"delete": ""}, checksum, body)

    def multipart(self, bucket, key, parts, threads=4):
        """A multipart upload of `parts`: bytes to send, or (source key, first, last) for the server to copy."""
        path = f"/{bucket}/{key}"
        identifier = tag(self.request("POST", path, {"uploads": ""}).body, b"UploadId")

        def upload(numbered):
            number, part = numbered
            query = {"partNumber": number, "uploadId": identifier}
            if isinstance(part, tuple):
                source, first, last = part
                headers = {
                    "x-amz-copy-source": quoted(f"/{bucket}/{source}"),
                    "x-amz-copy-source-range": f"bytes={first}-{last}",
                }
                return number, tag(self.request("PUT", path, query, headers).body, b"ETag")
            return number, self.request("PUT", path, query, body=part).headers["etag"].strip('"')

        with ThreadPoolExecutor(threads) as pool:
            done = list(pool.map(upload, enumerate(parts, 1)))
        listed = "".join(f'<Part><PartNumber>{n}</PartNumber><ETag>"{e}"</ETag></Part>' for n, e in done)
        body = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
        self.request("POST", path, {"uploadId": identifier}, body=body)

    def put_large(self, bucket, key, view, threads=4):
        parts = [view[at : at + PART] for at in range(0, len(view), PART)]
        self.multipart(bucket, key, parts, threads)

    def make_bucket(self, bucket):
        self.request("PUT", f"/{bucket}", allowed=(200, 409))


def _md5_base64(body):
    import base64

    return base64.b64encode(hashlib.md5(body).digest()).decode()


def in_threads(threads, action, items):
    """Runs `action` for each item; with one thread in this one."""
    if threads == 1:
        return [action(item) for item in items]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(action, items))
