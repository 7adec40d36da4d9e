"""Archives as Python's own zipfile and tarfile make and read them."""

import io
import os
import tarfile
import zipfile

NAMES = {"山/a.txt": b"1", "emoji 🎉.txt": b"2", "large.bin": os.urandom(2 << 20), "empty": b""}


def test_zip_and_tar_hold_everything_below(gateway, seen):
    for name, content in NAMES.items():
        seen.put("d/" + name, content)
    seen.put("d/../escape", "x")
    seen.put("outside", "x")
    zipped = zipfile.ZipFile(io.BytesIO(gateway.get(seen.name, "d/", query="?zip").content))
    assert zipped.testzip() is None
    assert {name: zipped.read(name) for name in zipped.namelist()} == NAMES | {"．．/escape": b"x"}
    tarred = tarfile.open(fileobj=io.BytesIO(gateway.get(seen.name, "d/", query="?tar").content))
    assert {member.name: tarred.extractfile(member).read() for member in tarred} == NAMES | {"．．/escape": b"x"}


def test_a_tar_of_much_takes_little_memory(gateway, seen):
    for number in range(3):
        seen.put(f"d/{number}", os.urandom(64 << 20))
    answer = gateway.get(seen.name, "d/", query="?tar", stream=True)
    assert sum(len(piece) for piece in answer.iter_content(1 << 20)) > 3 * (64 << 20)
    # The cache of contents is bounded too (--memory).
    assert gateway.peak_memory() < 400 << 20


def zip_of(entries):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return buffer.getvalue()


def test_unzip_stores_below_and_nowhere_else(gateway, seen):
    hostile = ["../up", "/absolute", "a/../../b", "..", "dir//x"]
    body = zip_of([(name, content) for name, content in NAMES.items()] + [(name, b"evil") for name in hostile])
    answer = gateway.request("POST", seen.name, "in/", query="?unzip", data=body)
    assert answer.status_code == 200, answer.text
    assert {key.removeprefix("in/") for key in seen.keys()} == set(NAMES)
    assert {item["name"] for item in answer.json()["refused"]} == set(hostile)
    assert seen.get("in/large.bin") == NAMES["large.bin"]


def test_untar_takes_compressed_archives_and_refuses_links(gateway, seen):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        member = tarfile.TarInfo("ok.txt")
        member.size = 2
        archive.addfile(member, io.BytesIO(b"ok"))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    answer = gateway.request("POST", seen.name + "/", query="?untar", data=buffer.getvalue())
    assert (answer.status_code, seen.keys()) == (200, ["ok.txt"])
    assert "symbolic link" in answer.json()["refused"][0]["why"]


def test_a_bomb_stores_nothing(gateway, seen):
    body = zip_of([("first", b"1"), ("zeros", bytes(200 << 20))])
    answer = gateway.request("POST", seen.name + "/", query="?unzip", data=body)
    assert (answer.status_code, seen.keys()) == (413, [])
