"""Archives made and read by Python's zipfile and tarfile."""

import io
import os
import random
import subprocess
import tarfile
import zipfile

import pytest

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
    # An entry was refused, so that curl -f fails.
    assert answer.status_code == 422, answer.text
    assert {key.removeprefix("in/") for key in seen.keys()} == set(NAMES)
    assert {item["name"] for item in answer.json()["refused"]} == set(hostile)
    assert seen.get("in/large.bin") == NAMES["large.bin"]


def tar_of(*members):
    """Returns a gzipped tar of members with their bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for member, content in members:
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def member(name, **fields):
    info = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def test_untar_takes_modes_times_and_links_and_refuses_devices(gateway, seen):
    body = tar_of(
        (member("./", type=tarfile.DIRTYPE), b""),
        (member("./run.sh", mode=0o755, mtime=1_000_000_000), b"ok"),
        (member("./link", type=tarfile.SYMTYPE, linkname="run.sh"), b""),
        (member("./hard", type=tarfile.LNKTYPE, linkname="./run.sh"), b""),
        (member("./null", type=tarfile.CHRTYPE), b""),
    )
    answer = gateway.request("POST", seen.name + "/", query="?untar", data=body)
    assert (answer.status_code, seen.keys()) == (422, ["hard", "link", "run.sh"])
    assert [item["name"] for item in answer.json()["refused"]] == ["./null"]
    assert "device" in answer.json()["refused"][0]["why"]
    metadata = seen.head("run.sh")["Metadata"]
    assert (int(metadata["mode"]) & 0o777, metadata["mtime"]) == (0o755, "1000000000")
    assert int(seen.head("link")["Metadata"]["mode"]) >> 12 == 0o12 and seen.get("link") == b"run.sh"
    assert seen.get("hard") == b"ok"


def test_a_tar_brings_back_headers_metadata_tags_and_names(gateway, seen, s3):
    full = {
        "ContentType": "application/x-thing", "ContentEncoding": "gzip", "CacheControl": "max-age=5",
        "ContentDisposition": "attachment", "ContentLanguage": "ja", "Metadata": {"colour": "red", "mode": "33261"},
        "Tagging": "stage=raw&who=a%20b",
    }
    keys = ["in/full", "in/a\\b", "in/../up", "in/山\nline"]
    for key in keys:
        seen.put(key, key, **full)
    archive = gateway.get(seen.name, "in/", query="?tar").content
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        records = tar.getmember("full").pax_headers
        assert records["SCHILY.xattr.user.s3.content-type"] == "application/x-thing"
        assert tar.getmember("full").mode == 0o755
    answer = gateway.request("POST", seen.name, "out/", query="?untar", data=archive)
    assert answer.status_code == 200, answer.text
    for key in keys:
        copy = key.replace("in/", "out/", 1)
        assert seen.get(copy) == key.encode()
        head = seen.head(copy)
        assert {name: head[name] for name in full if name != "Tagging"} == {
            name: value for name, value in full.items() if name != "Tagging"
        }
        tags = s3.get_object_tagging(Bucket=seen.name, Key=copy)["TagSet"]
        assert {tag["Key"]: tag["Value"] for tag in tags} == {"stage": "raw", "who": "a b"}


COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"


@pytest.mark.parametrize(("format", "program"), [("tar", ["tar", "-xf"]), ("zip", ["unzip", "-q"])])
def test_objects_that_share_a_name_are_extracted_and_restored(gateway, seen, tmp_path, format, program):
    """An object beside a directory, a marker with bytes, names that differ by normalisation (F7, F8, F15)."""
    seen.put("in/d", "/etc", Metadata={"mode": str(0o120777)})
    seen.put("in/f", "file")
    for key in ["d/e", "d-1", "f/x", "marked/", "marked/x", COMPOSED, DECOMPOSED]:
        seen.put("in/" + key, key)
    body = gateway.get(seen.name, "in/", query="?" + format).content
    archive, folder = tmp_path / "archive", tmp_path / "folder"
    archive.write_bytes(body)
    folder.mkdir()
    subprocess.run([*program, archive], cwd=folder, check=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    assert os.readlink(folder / "d‛object") == "/etc"
    assert not (folder / "d").is_symlink() and (folder / "d/e").read_text() == "d/e"
    assert (folder / "f‛object").read_text() == "file" and (folder / "f/x").read_text() == "f/x"
    assert (folder / "marked/‛object").read_text() == "marked/"
    assert {(folder / name).read_text() for name in (COMPOSED, DECOMPOSED)} == {COMPOSED, DECOMPOSED}
    answer = gateway.request("POST", seen.name, "out/", query="?un" + format, data=body)
    assert answer.status_code == 200, answer.text
    keys = [key for key in seen.keys() if key.startswith("in/")]
    assert {key.replace("out/", "in/", 1) for key in seen.keys()} == set(keys)
    for key in keys:
        assert seen.get(key.replace("in/", "out/", 1)) == seen.get(key), key


def test_names_in_archives_of_other_programs_are_read_byte_for_byte(gateway, seen):
    names = [DECOMPOSED, COMPOSED, 2 * (70 * "e\u0301" + "/") + "x", "\u212a", "K"]
    compressed = tar_of(*((member(name), name.encode()) for name in names))
    for query, body in {"?untar": compressed, "?unzip": zip_of([(name, name) for name in names])}.items():
        answer = gateway.request("POST", seen.name + "/", query=query, data=body)
        assert answer.status_code == 200, answer.text
        assert set(seen.keys()) == set(names)
        for name in names:
            assert seen.get(name) == name.encode()
            seen.delete(name)


PIECES = [
    *"//ab.", "\\", "\\", "\n", "\t", "\x01", "\x7f", " ", "..", "é", "e\u0301", "\u0301", "\u212a", "日本", "🎉", "‛object", "\ufffe",
]


def odd_keys(seed):
    """Keys of odd pieces that LocalStack stores unchanged: it removes slashes from the front."""
    pick = random.Random(seed)
    keys = {"".join(pick.choices(PIECES, k=pick.randint(1, 6))) for _ in range(60)}
    keys |= {"b\\c", "b\\", "x\ny", "tab\t", "t\x01", "a/b\\c", " lead", "trail ", "dot.", COMPOSED, DECOMPOSED, "C:\\x"}
    return sorted("in/" + key for key in keys)


@pytest.mark.parametrize("format", ["zip", "tar"])
@pytest.mark.parametrize("seed", range(3))
def test_odd_keys_come_back_byte_for_byte(gateway, seen, format, seed):
    for key in odd_keys(seed):
        seen.put(key, key)
    keys = set(seen.keys())
    body = gateway.get(seen.name, "in/", query="?" + format).content
    answer = gateway.request("POST", seen.name, "out/", query="?un" + format, data=body)
    assert answer.status_code == 200, answer.text
    assert {key.replace("out/", "in/", 1) for key in seen.keys() if key.startswith("out/")} == keys
    for key in keys:
        assert seen.get(key.replace("in/", "out/", 1)) == seen.get(key), key


def test_a_backslash_in_other_programs_zips_is_never_silently_another_key(gateway, seen):
    """In a zip made on Windows (0 is DOS) a backslash separates folders; in others the entry is refused by name."""
    def archive(*names, made_on):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as file:
            for name in names:
                info = zipfile.ZipInfo(name)
                info.create_system = made_on
                file.writestr(info, name)
        return buffer.getvalue()

    def unzip(body):
        answer = gateway.request("POST", seen.name + "/", query="?unzip", data=body)
        return answer.status_code, {item["name"]: item["why"] for item in answer.json()["refused"]}

    status, refused = unzip(archive("w\\x", "w/y\\z", made_on=0))
    assert (status, list(refused), seen.keys()) == (422, ["w/y\\z"], ["w/x"])
    assert "backslash" in refused["w/y\\z"]
    status, refused = unzip(archive("b\\c", "b\\", "x\ny", made_on=3))
    assert (status, set(refused), seen.keys()) == (422, {"b\\c", "b\\", "x\ny"}, ["w/x"])


def test_untar_at_the_root_makes_buckets(gateway, bucket_name, s3):
    body = tar_of((member(f"{bucket_name}/d/x"), b"1"), (member("file"), b"2"))
    answer = gateway.request("POST", "", query="?untar", data=body)
    assert (answer.status_code, answer.json()["written"]) == (422, [f"/{bucket_name}/d/x"])
    assert s3.get_object(Bucket=bucket_name, Key="d/x")["Body"].read() == b"1"
    s3.delete_object(Bucket=bucket_name, Key="d/x")
    s3.delete_bucket(Bucket=bucket_name)


def test_a_bomb_stores_nothing(gateway, seen):
    body = zip_of([("first", b"1"), ("zeros", bytes(200 << 20))])
    answer = gateway.request("POST", seen.name + "/", query="?unzip", data=body)
    assert (answer.status_code, seen.keys()) == (413, [])
