"""The behaviour of localstackmount on each emulator: steps in order, each based on the results of those before it.

A step raises when it goes wrong. `needs` names the proofs of gaps.py: what the server must do for it.
"""

import io
import json
import os
import stat
import subprocess
import threading
import zipfile
from pathlib import Path

import requests
from botocore.exceptions import ClientError

from harness.mount import Mount, binary, environment
from harness.processes import mount_points, run
from harness.waiting import wait_until

STEPS = []
BUCKET = "matrix"
# The time within which changes by others must be seen.
SOON = 10


def step(title, *needs):
    def add(function):
        STEPS.append((title, function, needs))
        return function

    return add


class Place:
    """One emulator with a mount and gateway over it, the bucket BUCKET, and boto3 as the other program."""

    def __init__(self, server, client, folder):
        self.server = server
        self.client = client
        self.home = Path(folder) / "home"
        self.home.mkdir(parents=True)
        (self.home / ".aws").mkdir()
        (self.home / ".aws/credentials").write_text(
            f"[default]\naws_access_key_id = {server.key}\naws_secret_access_key = {server.secret}\n"
        )
        self.cache = 0
        self.mount = None

    def start(self):
        self.mount = Mount(self.home, self.server.endpoint, "--cache-dir", str(self.home / f"cache{self.cache}")).start()
        return self.mount

    def path(self, *parts):
        return self.mount.path(BUCKET, *parts)

    def put(self, key, body=b"", **more):
        self.client.put_object(Bucket=BUCKET, Key=key, Body=body, **more)

    def seen(self, *parts):
        """Returns a path once another client's object is visible there."""
        path = self.path(*parts)
        wait_until(lambda: os.path.lexists(path), SOON, f"{path}")
        return path

    def files(self, *parts):
        """The contents of all files below a directory, once there are any."""
        directory = self.seen(*parts)
        return wait_until(
            lambda: [path.read_bytes() for path in directory.rglob("*") if path.is_file()], SOON, f"files below {directory}"
        )

    def get(self, key):
        try:
            return self.client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return None
            raise

    def keys(self, prefix=""):
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def command(self, *arguments, status=0):
        """A state command beside the mount."""
        result = run(binary(), *arguments, "--endpoint", self.server.endpoint, cwd=self.home, check=False, seconds=120,
                     env=environment(self.home))  # fmt: skip
        assert result.returncode == status, (result.returncode, result.stdout, result.stderr)
        return result.stdout

    def http(self, method, key, **options):
        query = options.pop("query", "")
        return self.mount.request(method, BUCKET, key, query=query, **options)


def equal(found, expected):
    assert found == expected, f"{str(found)[:200]} instead of {str(expected)[:200]}"


# Names and buckets


@step("says at the start what it is")
def announced(place):
    wait_until(lambda: any("is mounted at" in line for line in place.mount.errors), 20, "the line about the mount")
    line = next(line for line in place.mount.errors if "is mounted at" in line)
    assert place.server.announced in line, line


@step("mkdir makes a bucket")
def make_bucket(place):
    place.path().mkdir()
    assert BUCKET in [item["Name"] for item in place.client.list_buckets()["Buckets"]]


@step("rmdir deletes a bucket", "empty_buckets")
def remove_bucket(place):
    place.mount.path("empty").mkdir()
    place.mount.path("empty").rmdir()
    assert "empty" not in [item["Name"] for item in place.client.list_buckets()["Buckets"]]


# Contents


@step("an object put by others is a file")
def foreign_put(place):
    place.put("in/a.txt", b"from boto3")
    equal(place.seen("in", "a.txt").read_bytes(), b"from boto3")


@step("a file written is an object when it is closed")
def write(place):
    place.path("out.txt").write_bytes(b"from the mount")
    equal(place.get("out.txt"), b"from the mount")


@step("append")
def append(place):
    for word in ("one\n", "two\n"):
        with open(place.path("log"), "a") as file:
            file.write(word)
    equal(place.get("log"), b"one\ntwo\n")


@step("write in the middle, truncate")
def patch(place):
    place.path("p").write_bytes(b"0123456789")
    with open(place.path("p"), "r+b") as file:
        file.seek(3)
        file.write(b"abc")
    equal(place.get("p"), b"012abc6789")
    os.truncate(place.path("p"), 4)
    equal(place.get("p"), b"012a")


@step("an empty file")
def empty_file(place):
    place.path("empty").touch()
    equal(place.get("empty"), b"")
    equal(place.path("empty").read_bytes(), b"")


@step("Content-Type by the name, kept on rewrite", "content_type")
def media_type(place):
    place.path("t.json").write_text("{}")
    equal(place.client.head_object(Bucket=BUCKET, Key="t.json")["ContentType"].split(";")[0], "application/json")
    place.put("t.bin", b"x", ContentType="text/csv")
    with open(place.seen("t.bin"), "ab") as file:
        file.write(b"y")
    equal(place.client.head_object(Bucket=BUCKET, Key="t.bin")["ContentType"].split(";")[0], "text/csv")


@step("30 MB in parts")
def large(place):
    place.large = os.urandom(30 << 20)
    place.path("large").write_bytes(place.large)
    assert place.get("large") == place.large, "other bytes are stored"


@step("a change inside the 30 MB", "part_copy")
def patch_large(place):
    with open(place.path("large"), "r+b") as file:
        file.seek(17 << 20)
        file.write(b"changed")
    at = 17 << 20
    place.large = place.large[:at] + b"changed" + place.large[at + 7 :]
    assert place.get("large") == place.large, "other bytes are stored"


@step("read in the middle of the 30 MB")
def read_range(place):
    with open(place.path("large"), "rb") as file:
        file.seek(20 << 20)
        assert file.read(100_000) == place.large[20 << 20 :][:100_000]
    answer = place.http("GET", "large", headers={"Range": "bytes=1000-1999"})
    equal(answer.status_code, 206)
    assert answer.content == place.large[1000:2000]


@step("cp inside the mount")
def copy_file(place):
    run("cp", place.path("large"), place.path("copy"), seconds=60)
    assert place.get("copy") == place.large, "other bytes are stored"


# Directories


@step("mkdir, and an empty directory stays", "markers")
def make_directory(place):
    place.path("d/e").mkdir(parents=True)
    assert place.path("d/e").is_dir()
    assert "d/e/" in place.keys("d/")


@step("rename of a file")
def rename_file(place):
    place.path("out.txt").rename(place.path("renamed.txt"))
    equal(place.get("renamed.txt"), b"from the mount")
    equal(place.get("out.txt"), None)


@step("rename of a directory", "empty_prefixes")
def rename_directory(place):
    for number in range(30):
        place.put(f"tree/{number % 3}/{number}", str(number).encode())
    place.seen("tree").rename(place.path("moved"))
    equal(place.keys("tree/"), [])
    equal(len([key for key in place.keys("moved/") if not key.endswith("/")]), 30)
    equal(place.path("moved/2/29").read_bytes(), b"29")


@step("delete files and directories", "empty_prefixes")
def delete(place):
    place.path("moved/0/0").unlink()
    equal(place.get("moved/0/0"), None)
    run("rm", "-r", place.path("moved"), seconds=60)
    equal(place.keys("moved/"), [])
    assert not place.path("moved").exists()


@step("a directory of 1,500 names")
def many(place):
    names = [f"{number:04}" for number in range(1500)]
    for name in names[:20]:
        place.put(f"many/{name}", b"x")
    threads = [threading.Thread(target=lambda part: [place.put(f"many/{n}", b"x") for n in part], args=(names[20 + i :: 8],))
               for i in range(8)]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_until(lambda: len(os.listdir(place.path("many"))) == 1500, SOON, "1,500 names")
    equal(sorted(os.listdir(place.path("many"))), names)


@step("a key with a control character, behind the first page of 1,000", "control")
def control(place):
    place.put("many/1200\x01", b"odd")
    wait_until(lambda: "1200\x01" in os.listdir(place.path("many")), SOON, "the name")
    equal(place.path("many/1200\x01").read_bytes(), b"odd")


# Keys


def odd_key(place, key, directory):
    place.put(key, b"odd")
    answer = requests.get(place.mount.base + f"/{BUCKET}/" + requests.utils.quote(key, safe="/"), timeout=30)
    equal(answer.content, b"odd")
    equal(place.files(directory), [b"odd"])


@step("keys beyond ASCII, both ways", "unicode_keys")
def unicode_names(place):
    name = "é ü+%&?#😀.txt"
    place.put(name, b"odd")
    wait_until(lambda: name in os.listdir(place.path()), SOON, "the name")
    equal(place.path(name).read_bytes(), b"odd")
    place.path("from " + name).write_bytes(b"back")
    equal(place.get("from " + name), b"back")


@step("keys with an empty segment", "double_slashes")
def double_slashes(place):
    odd_key(place, "odd//b", "odd")


@step("keys with a segment of dots", "dots")
def dots(place):
    place.put("dot/./x", b"odd")
    equal(place.files("dot"), [b"odd"])


@step("keys with a newline", "newline")
def newline(place):
    place.put("line\nbreak", b"odd")
    wait_until(lambda: any("line" in name and "break" in name for name in os.listdir(place.path())), SOON, "the name")
    name = next(name for name in os.listdir(place.path()) if "line" in name and "break" in name)
    equal(place.path(name).read_bytes(), b"odd")


@step("an object beside a prefix of its name", "beside")
def beside(place):
    place.put("two", b"object")
    place.put("two/inside", b"inside")
    wait_until(lambda: len([name for name in os.listdir(place.path()) if name.startswith("two")]) == 2, SOON, "both")
    bodies = {path.read_bytes() for path in place.path().iterdir() if path.name.startswith("two") and path.is_file()}
    equal(bodies, {b"object"})
    equal(place.path("two/inside").read_bytes(), b"inside")


# Metadata


@step("symbolic link", "metadata")
def symlink(place):
    place.path("link").symlink_to("log")
    equal(os.readlink(place.path("link")), "log")
    equal(place.path("link").read_bytes(), b"one\ntwo\n")


@step("chmod", "metadata", "metadata_copy")
def chmod(place):
    place.path("log").chmod(0o741)
    equal(stat.S_IMODE(place.path("log").stat().st_mode), 0o741)


@step("times", "metadata", "metadata_copy")
def times(place):
    os.utime(place.path("log"), (1_000_000_000, 1_234_567_890))
    equal(int(place.path("log").stat().st_mtime), 1_234_567_890)


@step("extended attributes", "metadata", "metadata_copy")
def attributes(place):
    os.setxattr(place.path("log"), "user.colour", b"blue")
    equal(os.getxattr(place.path("log"), "user.colour"), b"blue")


@step("all of that after a restart with an empty cache directory", "metadata", "metadata_copy")
def after_restart(place):
    place.mount.stop()
    place.cache += 1
    place.start()
    log = place.path("log")
    equal(os.readlink(place.path("link")), "log")
    equal(stat.S_IMODE(log.stat().st_mode), 0o741)
    equal(int(log.stat().st_mtime), 1_234_567_890)
    equal(os.getxattr(log, "user.colour"), b"blue")
    equal(log.read_bytes(), b"one\ntwo\n")


@step("tags are an extended attribute", "tags")
def tags(place):
    place.put("tagged", b"x")
    place.client.put_object_tagging(Bucket=BUCKET, Key="tagged", Tagging={"TagSet": [{"Key": "stage", "Value": "raw"}]})
    assert b"stage" in os.getxattr(place.seen("tagged"), "user.s3.tags")


# HTTP


@step("upload and download by curl")
def curl(place):
    (place.home / "up").write_bytes(b"by curl")
    run("curl", "-fsS", "-T", place.home / "up", place.mount.url(BUCKET, "up/by-curl"))
    equal(place.get("up/by-curl"), b"by curl")
    equal(run("curl", "-fsS", place.mount.url(BUCKET, "up/by-curl")).stdout, "by curl")
    equal(place.path("up/by-curl").read_bytes(), b"by curl")


@step("If-None-Match: * keeps what is there", "if_none_match")
def create_only(place):
    equal(place.http("PUT", "once", data=b"1", headers={"If-None-Match": "*"}).status_code, 201)
    equal(place.http("PUT", "once", data=b"2", headers={"If-None-Match": "*"}).status_code, 412)
    equal(place.get("once"), b"1")


@step("If-Match guards against lost updates", "if_match")
def guarded(place):
    place.put("guarded", b"1")
    etag = place.http("GET", "guarded").headers["ETag"]
    place.put("guarded", b"2 by others")
    equal(place.http("PUT", "guarded", data=b"3", headers={"If-Match": etag}).status_code, 412)
    equal(place.get("guarded"), b"2 by others")
    etag = place.http("GET", "guarded", headers={"Cache-Control": "no-cache"}).headers["ETag"]
    assert place.http("PUT", "guarded", data=b"4", headers={"If-Match": etag}).ok
    equal(place.get("guarded"), b"4")


@step("copy and move over HTTP")
def copy_and_move(place):
    place.put("c1", b"copied")
    assert place.http("POST", "c1", query=f"?copy=/{BUCKET}/c2").ok
    assert place.http("POST", "c2", query=f"?move=/{BUCKET}/c3").ok
    equal((place.get("c1"), place.get("c2"), place.get("c3")), (b"copied", None, b"copied"))


@step("a directory as zip")
def archive(place):
    place.put("zip/a", b"A")
    place.put("zip/b/c", b"C")
    answer = place.http("GET", "zip/", query="?zip")
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    equal(sorted(name for name in names if not name.endswith("/")), ["a", "b/c"])


@step("versions are listed and read", "versioning")
def versions(place):
    place.client.create_bucket(Bucket="versions")
    place.client.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        place.client.put_object(Bucket="versions", Key="k", Body=body)
    found = place.mount.request("GET", "versions", "k", query="?versions").json()["versions"]
    equal(len(found), 2)
    old = found[1].get("id") or found[1].get("versionId")
    equal(place.mount.request("GET", "versions", "k", query=f"?versionId={old}").content, b"1")


# Others


@step("what others change is seen")
def foreign_changes(place):
    place.put("seen", b"1")
    wait_until(lambda: "seen" in os.listdir(place.path()), SOON, "a new name")
    place.put("seen", b"longer")
    equal(place.path("seen").read_bytes(), b"longer")
    place.client.delete_object(Bucket=BUCKET, Key="seen")
    wait_until(lambda: not place.path("seen").exists(), SOON, "its end")


@step("?watch tells what others change")
def watch(place):
    place.put("watched/first", b"x")
    lines = []
    answer = requests.get(place.mount.url(BUCKET, "watched/") + "?watch", stream=True, timeout=60)

    def read():
        try:
            for line in answer.iter_lines():
                lines.append(line.decode())
        except (requests.RequestException, AttributeError):
            pass

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    try:
        wait_until(lambda: "event: ready" in lines, SOON, "ready")
        place.put("watched/new", b"x")
        wait_until(lambda: "event: created" in lines and any("new" in line for line in lines), SOON, "created")
        place.client.delete_object(Bucket=BUCKET, Key="watched/new")
        wait_until(lambda: "event: deleted" in lines, SOON, "deleted")
    finally:
        answer.close()


# Ends


@step("kill -9, and the next start has what was closed")
def killed(place):
    with open(place.path("unsaved"), "wb") as file:
        file.write(b"before the crash")
        file.flush()
        place.path("closed").write_bytes(b"closed before")
        place.mount.kill()
        try:
            file.close()
        except OSError:
            pass
    equal(place.get("closed"), b"closed before")
    place.start()
    equal(place.path("closed").read_bytes(), b"closed before")
    equal(place.path("log").read_bytes(), b"one\ntwo\n")


# States


@step("seed")
def seed(place):
    for name, text in {"in/a.csv": "id\n1\n", "in/é.txt": "x", "b.json": "{}"}.items():
        file = place.home / "state/states" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    place.command("seed", "state")
    place.command("expect", "state")
    equal(place.client.get_object(Bucket="states", Key="in/a.csv")["Body"].read(), b"id\n1\n")


@step("expect says what differs")
def expect(place):
    place.client.put_object(Bucket="states", Key="in/a.csv", Body=b"id\n2\n")
    place.client.put_object(Bucket="states", Key="extra", Body=b"x")
    text = place.command("expect", "state", status=1)
    assert "s3://states/in/a.csv" in text and "s3://states/extra" in text and "+2" in text, text


@step("reset", "empty_prefixes")
def reset(place):
    place.client.put_object(Bucket="states", Key="left/over", Body=b"x")
    place.command("reset", "state")
    place.command("expect", "state")
    found = [item["Key"] for item in place.client.list_objects_v2(Bucket="states")["Contents"]]
    equal(sorted(found), ["b.json", "in/a.csv", "in/é.txt"])


@step("snapshot, change, restore")
def snapshot(place):
    place.command("snapshot", "save", "before", "states")
    place.client.delete_object(Bucket="states", Key="b.json")
    place.command("reset", "before")
    equal(place.client.get_object(Bucket="states", Key="b.json")["Body"].read(), b"{}")


@step("it ends cleanly")
def end(place):
    place.mount.stop()
    assert str(place.mount.directory) not in mount_points()
    assert json.dumps(place.keys("log")) == '["log"]'
