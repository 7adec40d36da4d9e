"""Sets of random, unusual keys, put by another program: all are listed, read, written, moved and deleted through both
fronts, and nothing else in the bucket changes.

LOCALSTACKMOUNT_KEY_SETS: how many sets (6). LOCALSTACKMOUNT_SEED repeats a run.
"""
# SEMANTICS: 7.1

import errno
import hashlib
import functools
import http.client
import json
import os
import random
import stat
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError

SEED = int(os.environ.get("LOCALSTACKMOUNT_SEED", "0")) or random.SystemRandom().randrange(10**9)
SETS = int(os.environ.get("LOCALSTACKMOUNT_KEY_SETS", "6"))
KEYS = 25
OPERATIONS = 40

SEGMENTS = [
    "", "", ".", "..", "...", "a", "b", "a.txt", "A", "-", "~", "％", "%2F", "%", "%00", "+", "a+b", "\\", "a\\b", "?", "#", "&amp;", "<>",
    '"', "'", "*", "[a]", "$HOME", "`", ";", "=", "@", ":", "|", " ", "x ", " x", "x.", ".x", "x ..", "\t", "\n", "\r", "a\r", "\r\n", "\x01",
    "\x07", "\x1b[31m", "\x1f", "\x7f", "\x85", "\u2028", "\ufeff", "\u202e", "\ufffd", "\ufffe", "\uffff", "é", "e\u0301", "が", "か\u3099",
    "Å", "Å", "ﬁ", "🪣", "👩‍👩‍👧", "\U0010ffff", "‛", "‛‛", "‛object", "a‛object", "‛…", "a‛…", "object", "…", "／", "．", "．．", "a／b", "␀", "‛␀",
    "n" * 255, "n" * 256, "n" * 300, "é" * 127 + "x", "é" * 128, "‛" * 100, "x" * 252 + "‛", "x" * 246 + "‛object", "m" * 249 + "‛…",
]  # fmt: skip


# The paths of keys, as in SEMANTICS 7.1

QUOTE, NUL = "‛", "␀"
WHOLE = {"": "／", ".": "．", "..": "．．"}


def size(text):
    return len(text.encode())


def escaped(text):
    return "".join({"\0": NUL, QUOTE: QUOTE + QUOTE, NUL: QUOTE + NUL}.get(letter, letter) for letter in text)


@functools.lru_cache(maxsize=None)
def names_of(segment, is_shadowed=False):
    """The name of a segment, after the directories that hold the beginning of one that is too long."""
    names = []
    while True:
        name = WHOLE.get(segment) or (QUOTE + segment if segment in WHOLE.values() else escaped(segment))
        if is_shadowed:
            name = (name if segment else "") + QUOTE + "object"
        if size(name) <= 255:
            return [*names, name]
        end = 0
        while end < len(segment) and size(escaped(segment[: end + 1])) <= 255 - size(QUOTE + "…"):
            end += 1
        names.append(escaped(segment[:end]) + QUOTE + "…")
        segment = segment[end:]


def path_of(key, is_shadowed):
    *directories, last = key.split("/")
    path = [name for segment in directories for name in names_of(segment)]
    return "/".join(path + names_of(last, is_shadowed))


class KeySet:
    """A bucket with keys, and its expected contents."""

    def __init__(self, mount, bucket, dice):
        self.mount, self.bucket, self.dice = mount, bucket, dice
        self.folder = mount.path(bucket.name)
        self.bodies = {}
        self.history = []
        while len(self.bodies) < KEYS:
            key = self.any_key()
            body = b"" if key.endswith("/") and dice.random() < 0.6 else self.any_body()
            self.put_by_another(key, body)

    # Material

    def any_body(self):
        return self.dice.randbytes(self.dice.choice([1, 40, 3000]))

    def any_key(self):
        """Returns a new key, or one that extends another key."""
        pieces = [self.dice.choice(SEGMENTS) for _ in range(self.dice.choice([1, 1, 2, 2, 3, 4]))]
        key = "/".join(pieces)
        if self.bodies and self.dice.random() < 0.5:
            other = self.dice.choice(sorted(self.bodies))
            key = self.dice.choice([other + "/", other, other.rsplit("/", 1)[0] + "/"]) + key
        if self.dice.random() < 0.15:
            key += "/"
        if self.dice.random() < 0.05:
            key += "p" * (1024 - size(key))
        # A path of slashes alone is the bucket's for LocalStack.
        if size(key) > 1024 or not key.strip("/") or key in self.bodies:
            return self.any_key()
        return key

    def put_by_another(self, key, body):
        try:
            self.bucket.put(key, body)
        except (ClientError, ValueError):
            return  # LocalStack refuses such a key.
        self.bodies[key] = body

    def files(self):
        """Every key that is a file in the mount."""
        return [key for key in sorted(self.bodies) if not key.endswith("/") or self.bodies[key]]

    def is_shadowed(self, key):
        return key.endswith("/") or any(other.startswith(key + "/") for other in self.bodies)

    @staticmethod
    def is_long(key):
        return any(len(names_of(segment, True)) > 1 for segment in key.split("/"))

    def place(self, key):
        """The file's current path: a directory emptied here stays, and with it the name with the suffix."""
        for is_shadowed in (True, False) if not key.endswith("/") else (True,):
            path = f"{self.folder}/{path_of(key, is_shadowed)}"
            try:
                if stat.S_ISREG(os.lstat(path).st_mode):
                    return path
            except FileNotFoundError:
                continue
        raise AssertionError(f"{key!r} is nowhere")

    def request(self, method, key, query="", body=None):
        path = quote(key, safe=self.dice.choice(["", "/"]))
        connection = http.client.HTTPConnection("127.0.0.1", self.mount.port, timeout=60)
        connection.request(method, f"/{self.bucket.name}/{path}{query}", body, {"Cache-Control": "no-cache"})
        answer = connection.getresponse()
        answer.content = answer.read()
        connection.close()
        return answer

    # Checks

    def check_bucket(self):
        pages = self.bucket.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket.name)
        found = {item["Key"]: item["ETag"].strip('"') for page in pages for item in page.get("Contents", [])}
        wanted = {key: hashlib.md5(body).hexdigest() for key, body in self.bodies.items()}
        different = {key for key in found.keys() | wanted.keys() if found.get(key) != wanted.get(key)}
        assert not different, f"in S3 {sorted(different)!r}: {[(found.get(key), wanted.get(key)) for key in sorted(different)]}"

    def check_mount(self, exactly):
        """Checks that every file exists once and can be read, and nothing else does. Exactly: by the names of 7.1."""
        seen = {}
        for parent, _, files in os.walk(self.folder):
            for name in files:
                path = os.path.join(parent, name)
                with open(path, "rb") as file:
                    seen[os.path.relpath(path, self.folder)] = file.read()
                assert os.stat(path).st_size == len(seen[os.path.relpath(path, self.folder)])
        if exactly:
            wanted = {path_of(key, self.is_shadowed(key)): self.bodies[key] for key in self.files()}
            lacking, surplus = wanted.keys() - seen.keys(), seen.keys() - wanted.keys()
            assert seen == wanted, f"lacks {sorted(lacking)!r}, has {sorted(surplus)!r}"
        else:
            assert sorted(seen.values()) == sorted(self.bodies[key] for key in self.files())

    def check_gateway(self):
        for key in self.files():
            if not key.endswith("/"):
                answer = self.request("GET", key)
                assert (answer.status, answer.content) == (200, self.bodies[key]), key
        prefixes = {key[: at + 1] for key in self.bodies for at in range(len(key)) if key[at] == "/"} | {""}
        for prefix in prefixes:
            answer = self.request("GET", prefix, "?json")
            assert answer.status == 200, (prefix, answer.content)
            entries = json.loads(answer.content)["entries"]
            listed = [entry["name"] + "/" * (entry["type"] in ("directory", "bucket")) for entry in entries]
            rest = [key[len(prefix) :] for key in self.bodies if key.startswith(prefix) and key != prefix]
            wanted = {name.partition("/")[0] + "/" * ("/" in name) for name in rest}
            assert wanted <= set(listed) and len(listed) == len(set(listed)), f"{prefix!r} lacks {wanted - set(listed)!r}"

    # Operations

    def read(self, key):
        assert open(self.place(key), "rb").read() == self.bodies[key]

    def write(self, key):
        body = self.any_body()
        with open(self.place(key), "wb") as file:
            file.write(body)
        self.bodies[key] = body

    def append(self, key):
        with open(self.place(key), "ab") as file:
            file.write(b"more")
        self.bodies[key] += b"more"

    def change_mode(self, key):
        os.chmod(self.place(key), 0o600)

    def unlink(self, key):
        os.unlink(self.place(key))
        del self.bodies[key]

    def rename(self, key):
        """To a new name in the same directory, and sometimes back."""
        old = self.place(key)
        is_shadowed = old == f"{self.folder}/{path_of(key, True)}"
        if len(names_of(key.split("/")[-1], is_shadowed)) > 1:
            return  # Its directory contains only the rest of long names.
        new = os.path.join(os.path.dirname(old), f"new{len(self.history)}")
        os.rename(old, new)
        target = (key.rsplit("/", 1)[0] + "/" if "/" in key else "") + os.path.basename(new)
        self.bodies[target] = self.bodies.pop(key)
        if self.dice.random() < 0.5:
            self.check_bucket()
            os.rename(new, old)
            self.bodies[key] = self.bodies.pop(target)

    def rename_directory(self, key):
        """The first directory of a key, and back."""
        first = key.split("/")[0]
        if "/" not in key or len(names_of(first)) > 1 or first in self.bodies:
            return  # With an object beside it, the way back would lead to that object's name.
        old, new = f"{self.folder}/{names_of(first)[0]}", f"{self.folder}/dir{len(self.history)}"
        before = dict(self.bodies)
        moved = {
            f"{os.path.basename(new)}/{name[len(first) + 1:]}" if name.startswith(first + "/") else name: body
            for name, body in before.items()
        }
        if max(map(size, moved)) > 1024:
            with pytest.raises(OSError) as refusal:
                os.rename(old, new)
            assert refusal.value.errno == errno.ENAMETOOLONG
            return
        os.rename(old, new)
        self.bodies = moved
        self.check_bucket()
        os.rename(new, old)
        self.bodies = before

    def put(self, key):
        body = self.any_body()
        answer = self.request("PUT", key, body=body)
        assert answer.status == 204, (answer.status, answer.content)
        self.bodies[key] = body

    def delete(self, key):
        answer = self.request("DELETE", key)
        assert answer.status == 204, (answer.status, answer.content)
        del self.bodies[key]

    def move(self, key):
        if target := self.send_to(key, "move"):
            self.bodies[target] = self.bodies.pop(key)

    def copy(self, key):
        if target := self.send_to(key, "copy"):
            self.bodies[target] = self.bodies[key]

    def send_to(self, key, verb):
        """Returns the new key; None if a file and a directory would get one name, which is refused."""
        target = self.any_key().rstrip("/") or "x"
        if target in self.bodies:
            return None
        answer = self.request("POST", key, f"?{verb}={quote(f'/{self.bucket.name}/{target}', safe='')}")
        assert answer.status in (200, 201, 204, 409), (target, answer.status, answer.content)
        return target if answer.status != 409 else None

    def step(self):
        in_mount = [self.read, self.write, self.append, self.change_mode, self.unlink, self.rename, self.rename_directory]
        over_http = [self.put, self.delete, self.move, self.copy]
        key = self.dice.choice(self.files())
        # Nothing else can be renamed to the name of a marker's body.
        of_body = [operation for operation in in_mount if operation != self.rename]
        operation = self.dice.choice(of_body if key.endswith("/") else in_mount + over_http)
        self.history.append(f"{operation.__name__} {key!r}")
        operation(key)
        self.check_bucket()


@pytest.mark.parametrize("number", range(SETS))
def test_keys_of_every_kind(mount, bucket, number):
    keys = KeySet(mount, bucket, random.Random(f"{SEED} {number}"))
    try:
        keys.check_mount(exactly=True)
        keys.check_gateway()
        for _ in range(OPERATIONS):
            if len(keys.files()) < 3:
                break
            keys.step()
        keys.check_mount(exactly=False)
        keys.check_gateway()
    except (AssertionError, OSError) as problem:
        latest = "\n".join(keys.history[-8:])
        pytest.fail(f"LOCALSTACKMOUNT_SEED={SEED}, set {number}: {problem!r}\nafter\n{latest}\nof {sorted(keys.bodies)!r:.3000}")
