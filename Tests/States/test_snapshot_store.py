"""The files of the state commands on disk: damaged, forged, and their permissions."""

import hashlib
import io
import json
import os
import random
import stat
import tarfile

import pytest

from harness.states import settle


def archive(path, manifest, blobs):
    with tarfile.open(path, "w") as tar:
        for name, body in [("manifest.jsonl", manifest)] + [(f"blobs/{name}", body) for name, body in blobs.items()]:
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            tar.addfile(entry, io.BytesIO(body))


def lines(bucket, *keys):
    """The lines of a snapshot, and its blobs."""
    blobs = {}
    result = [
        {"schemaVersion": 1, "name": "snap", "created": 1, "endpoint": "x", "all": False, "buckets": 1,
         "objects": len(keys), "bytes": 0},
        {"bucket": bucket},
    ]
    for key in keys:
        body = f"body of {key[:20]}".encode()
        name = hashlib.sha256(body).hexdigest()
        blobs[name] = body
        result.append(
            {"bucket": bucket, "key": key, "size": len(body), "sha256": name, "md5": hashlib.md5(body).hexdigest(),
             "headers": {"content-type": "binary/octet-stream"}, "metadata": {}, "tags": {}}
        )
    return result, blobs


def swap(entries):
    entries[2], entries[3] = entries[3], entries[2]


FORGED = {
    "order": swap,
    "md5": lambda entries: entries[2].update(md5="0" * 32),
    "other-bytes": lambda entries: entries[2].update(sha256=entries[3]["sha256"]),
    "size": lambda entries: entries[2].update(size=77),
    "negative-size": lambda entries: entries[2].update(size=-1),
    "empty-key": lambda entries: entries[2].update(key=""),
    "long-key": lambda entries: entries[3].update(key="z" * 2000),
    "bucket": lambda entries: [entry.update(bucket="../../b") for entry in entries[1:]],
    "twice-the-bucket": lambda entries: entries.append({"bucket": entries[1]["bucket"]}),
    "buckets": lambda entries: entries[0].update(buckets=2),
    "no-bucket-line": lambda entries: entries.__delitem__(1),
    "header": lambda entries: entries[2].update(headers={"content-type": "a\r\nx: y"}),
    "long-header": lambda entries: entries[2].update(headers={"content-type": "x" * 20000}),
    "storage-class": lambda entries: entries[2].update(headers={"x-amz-storage-class": "no such class"}),
    "header-twice": lambda entries: entries[2].update(headers={"content-type": "a/b", "Content-Type": "c/d"}),
    "metadata-twice": lambda entries: entries[2].update(metadata={"a": "1", "A": "2"}),
    "aws-tag": lambda entries: entries[2].update(tags={"aws:x": "1"}),
    "many-tags": lambda entries: entries[2].update(tags={f"t{index}": "" for index in range(11)}),
    "nameless-tag": lambda entries: entries[2].update(tags={"": "1"}),
    "tag-of-two-lines": lambda entries: entries[2].update(tags={"a\nb": "1"}),
    "long-tag": lambda entries: entries[2].update(tags={"a" * 129: "1"}),
    "long-value-of-tag": lambda entries: entries[2].update(tags={"a": "1" * 257}),
    "unknown-header": lambda entries: entries[2].update(headers={"host": "x"}),
    "metadata": lambda entries: entries[2].update(metadata={"a b": "x"}),
    "no-text": lambda entries: entries[2].update(tags={"a": 1}),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_a_forged_snapshot_is_not_imported(states, orders, forge):
    entries, blobs = lines(orders.name, "k0", "k1", "k2")
    archive(states.directory / "good.tar", "".join(json.dumps(entry) + "\n" for entry in entries).encode(), blobs)
    forge(entries)
    archive(states.directory / "bad.tar", "".join(json.dumps(entry) + "\n" for entry in entries).encode(), blobs)
    assert "bad.tar is damaged" in states("snapshot", "import", "bad.tar", status=2)
    assert states("snapshot", "list") == "no snapshots\n"
    states("snapshot", "import", "good.tar")
    states("reset", "snap")
    assert orders.keys() == ["k0", "k1", "k2"]
    assert "3 untouched" in states("reset", "snap")


def test_a_file_of_two_manifests_is_not_imported(states, orders):
    entries, blobs = lines(orders.name, "k0")
    manifest = "".join(json.dumps(entry) + "\n" for entry in entries).encode()
    archive(states.directory / "bad.tar", manifest, blobs)
    with tarfile.open(states.directory / "bad.tar", "a") as tar:
        entry = tarfile.TarInfo("manifest.jsonl")
        entry.size = len(manifest)
        tar.addfile(entry, io.BytesIO(manifest))
    assert "bad.tar is damaged: it holds two manifest.jsonl" in states("snapshot", "import", "bad.tar", status=2)
    assert states("snapshot", "list") == "no snapshots\n"


def test_a_snapshot_out_of_order_is_damaged(states, orders):
    orders.create()
    for key in "abc":
        orders.put(key, key)
    states("snapshot", "save", "s", orders.name)
    manifest = next((states.directory / "cache").rglob("s.jsonl"))
    entries = manifest.read_text().splitlines()
    manifest.write_text("\n".join(entries[:2] + entries[2:][::-1]) + "\n")
    assert "is damaged" in states("reset", "s", status=2)
    assert orders.keys() == ["a", "b", "c"]


@pytest.mark.parametrize("damage", [lambda body: bytes([body[0] ^ 1]) + body[1:], lambda body: body[:-1]], ids=["flip", "cut"])
def test_saving_repairs_a_damaged_blob(states, orders, damage):
    orders.create()
    orders.put("a", "the bytes")
    states("snapshot", "save", "s", orders.name)
    blob = next((states.directory / "cache").rglob("blobs/??/*"))
    times = (blob.stat().st_atime_ns, blob.stat().st_mtime_ns)
    blob.write_bytes(damage(blob.read_bytes()))
    os.utime(blob, ns=times)
    orders.put("b", "other")
    orders.delete("a")
    assert "snapshot save" in states("reset", "s", status=2)
    orders.put("a", "the bytes")
    assert "2 fetched" in states("snapshot", "save", "again", orders.name)
    orders.delete("a")
    states("reset", "s")
    assert orders.get("a") == b"the bytes"


def test_an_import_repairs_a_damaged_blob(states, orders):
    orders.create()
    orders.put("a", "the bytes")
    states("snapshot", "save", "s", orders.name)
    states("snapshot", "export", "s", "s.tar")
    blob = next((states.directory / "cache").rglob("blobs/??/*"))
    blob.write_bytes(b"x" * blob.stat().st_size)
    states("snapshot", "import", "s.tar")
    orders.delete("a")
    states("reset", "s")
    assert orders.get("a") == b"the bytes"


def test_damaged_remembered_files_show_no_differences(states, orders):
    """Four bytes of each remembered file changed at random: damaged lines are rejected."""
    generator = random.Random(19)
    for number in range(40):
        states.write(f"fx/{orders.name}/{number}", f"body {number}\n")
    states.write(f"fx/{orders.name}/7@s3", '{"metadata": {"run": "17"}, "tags": {"stage": "raw"}}')
    states("seed", "fx")
    settle()
    states("expect", "fx")
    states("snapshot", "save", "s", orders.name)
    kept = states.directory / "cache/localstackmount/states"
    files = [kept / "hashes", kept / "blobs/index", *(path for path in (kept / "known").iterdir() if "~" in path.name)]
    assert len(files) == 3
    whole = {file: file.read_bytes() for file in files}
    for _ in range(12):
        for file, body in whole.items():
            damaged = bytearray(body)
            for _ in range(4):
                place = generator.randrange(len(damaged))
                # Some of them replace a digit by another, which every parser accepts.
                damaged[place] = generator.choice([generator.randrange(256), *b"0123456789abcdef"])
            file.write_bytes(damaged)
        states("expect", "fx")
        states("diff", "s")
        states("snapshot", "save", "t", orders.name)
        states("diff", "t")


def modes(directory):
    return {
        str(path.relative_to(directory)): stat.S_IMODE(path.lstat().st_mode)
        for path in [directory, *directory.rglob("*")]
    }


@pytest.mark.parametrize("mask", [0o022, 0o000])
def test_stored_files_are_private_to_the_user(states, orders, mask):
    orders.create()
    orders.put("secret", "the bytes")
    states.write(f"fx/{orders.name}/other", "x")
    previous = os.umask(mask)
    try:
        states("snapshot", "save", "s", orders.name)
        states("snapshot", "export", "s", "s.tar")
        states("snapshot", "import", "s.tar", "--name", "t")
        states("expect", "fx", status=1)
        states("seed", "fx", "--without-events")
        states("export", "out", orders.name)
    finally:
        os.umask(previous)
    kept = modes(states.directory / "cache/localstackmount")
    assert {name: oct(mode) for name, mode in kept.items() if mode & 0o077} == {}
    # Files written for the user have modes by the user's umask.
    assert stat.S_IMODE((states.directory / "out" / orders.name / "secret").stat().st_mode) == 0o666 & ~mask & 0o644


def test_an_older_readable_cache_is_made_private(states, orders):
    orders.create()
    kept = states.directory / "cache/localstackmount/states"
    (kept / "blobs").mkdir(parents=True)
    for directory in (kept, kept / "blobs"):
        os.chmod(directory, 0o755)
    states("snapshot", "save", "s", orders.name)
    assert {mode for name, mode in modes(kept).items() if (kept / name).is_dir()} == {0o700}


def test_a_cache_that_others_may_change_is_refused(states, orders):
    orders.create()
    orders.put("kept", "x")
    (states.directory / "open").mkdir()
    os.chmod(states.directory / "open", 0o777)
    assert "may be written by others" in states("snapshot", "save", "s", orders.name, "--cache-dir", "open", status=2)


@pytest.mark.parametrize("status", ["Enabled", "Suspended"])
def test_a_snapshot_of_a_bucket_with_versions_has_the_tags(states, orders, status):
    """LocalStack's GET of such an object does not return the number of its tags."""
    tags = [{"Key": "stage", "Value": "raw"}]
    orders.create()
    orders.client.put_bucket_versioning(Bucket=orders.name, VersioningConfiguration={"Status": status})
    orders.put("a", "1", Tagging="stage=raw")
    states("snapshot", "save", "s", orders.name)
    states("diff", "s", "--thorough")
    orders.client.put_object_tagging(Bucket=orders.name, Key="a", Tagging={"TagSet": []})
    states("diff", "s", "--thorough", status=1)
    states("reset", "s")
    assert orders.client.get_object_tagging(Bucket=orders.name, Key="a")["TagSet"] == tags
    orders.remove_with_versions()
