"""Keys that POSIX cannot spell: ls, cat, rm and mv work on all of them, and none breaks a listing."""
# SEMANTICS: 7.1

import errno
import os

import pytest

from harness.processes import run, shell
from harness.waiting import wait_until

# Each key and the path that it has in the bucket's directory.
KEYS = {
    "a//b": "a/／/b",
    "a//": "a/／",
    "/x": "／/x",
    "/w//": "／/w/／",
    "./y": "．/y",
    ".": "．",
    "..": "．．",
    "c/../z": "c/．．/z",
    "d/.": "d/．",
    "full/．": "full/‛．",
    "quote‛": "quote‛‛",
    "‛": "‛‛",
    "q‛object": "q‛‛object",
    "symbol␀": "symbol‛␀",
    "bell\x07": "bell\x07",
    "return\rfeed\n": "return\rfeed\n",
}

each_key = pytest.mark.parametrize("key", KEYS, ids=[repr(key) for key in KEYS])


def place(folder, path):
    return f"{folder}/{path}"


@each_key
def test_a_key_is_listed_read_and_removed_by_its_path(bucket, folder, key):
    body = "" if key.endswith("/") else f"body of {key}"
    bucket.put(key, body)
    bucket.put("neighbour", "x")
    path = place(folder, KEYS[key])
    parent, name = os.path.split(path)
    assert name in os.listdir(parent)
    # --zero prints names unchanged; else `ls` quotes characters that a terminal cannot show.
    assert name in run("ls", "--zero", "--", parent).stdout.split("\0")
    if not body:
        assert os.path.isdir(path)
        run("rmdir", "--", path)
    else:
        assert run("cat", "--", path).stdout == body
        run("rm", "--", path)
    assert key not in bucket.keys()
    assert bucket.get("neighbour") == b"x"


@each_key
def test_a_key_is_moved_away_and_back(bucket, folder, key):
    body, plain = (b"", "plain/") if key.endswith("/") else (b"body", "plain")
    bucket.put(key, body)
    path = place(folder, KEYS[key])
    run("mv", "--", path, folder / "plain")
    assert bucket.keys() == [plain]
    os.makedirs(os.path.dirname(path), exist_ok=True)
    run("mv", "--", folder / "plain", path)
    assert bucket.get(key) == body
    assert plain not in bucket.keys()


@each_key
def test_a_key_is_written_by_its_path(bucket, folder, key):
    path = place(folder, KEYS[key])
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if key.endswith("/"):
        run("mkdir", "--", path)
    else:
        run("tee", path, input="written")
    assert bucket.get(key) == (b"" if key.endswith("/") else b"written")


def test_all_of_them_at_once(bucket, folder):
    for key in KEYS:
        bucket.put(key, "" if key.endswith("/") else key)
    found = run("find", folder, "-type", "f", "-print0").stdout.split("\0")[:-1]
    bodies = sorted(open(path, "rb").read().decode() for path in found)
    assert bodies == sorted(key for key in KEYS if not key.endswith("/"))
    run("rm", "-r", *[folder / name for name in os.listdir(folder)])
    assert bucket.keys() == []


def test_an_object_beside_a_directory_of_its_name(bucket, folder):
    bucket.put("a", "the object")
    bucket.put("a/b", "inside")
    assert sorted(os.listdir(folder)) == ["a", "a‛object"]
    assert run("cat", folder / "a‛object", folder / "a/b").stdout == "the objectinside"
    run("cp", folder / "a/b", folder / "a‛object")
    assert bucket.get("a") == b"inside"
    run("mv", folder / "a‛object", folder / "c")
    assert sorted(bucket.keys()) == ["a/b", "c"]
    run("mv", folder / "c", folder / "a/d")
    assert sorted(bucket.keys()) == ["a/b", "a/d"]


def test_an_object_beside_a_directory_is_removed_alone(bucket, folder):
    bucket.put("a", "the object")
    bucket.put("a/b", "inside")
    run("rm", folder / "a‛object")
    assert bucket.keys() == ["a/b"]
    assert os.listdir(folder) == ["a"]


def test_the_directory_beside_an_object_is_removed_alone(bucket, folder):
    bucket.put("a", "the object")
    bucket.put("a/b", "inside")
    run("rm", "-r", folder / "a")
    assert bucket.keys() == ["a"]
    assert bucket.get("a") == b"the object"


def test_rm_r_of_a_directory_that_holds_both(bucket, folder):
    """rm has read both names when the directory is removed, and with it the reason for the object's suffix."""
    bucket.put("top/a", "the object")
    bucket.put("top/a/b", "inside")
    bucket.put("top/a/c/d", "deeper")
    bucket.put("top/z", "other")
    run("rm", "-r", folder / "top")
    assert bucket.keys() == []


def test_the_longer_name_of_an_object_outlives_the_directory(bucket, folder):
    bucket.put("a", "the object")
    bucket.put("a/b", "inside")
    names = sorted(os.listdir(folder))
    run("rm", "-r", folder / names[0])
    assert os.listdir(folder) == ["a"]
    assert (folder / names[1]).read_text() == (folder / "a").read_text() == "the object"
    os.remove(folder / names[1])
    assert os.listdir(folder) == [] and not (folder / "a").exists() and bucket.keys() == []


def test_a_marker_with_a_body(bucket, folder):
    bucket.put("dir/", "the body")
    bucket.put("dir/file", "x")
    assert sorted(os.listdir(folder / "dir")) == ["file", "‛object"]
    assert (folder / "dir/‛object").read_text() == "the body"
    run("rm", folder / "dir/‛object")
    assert bucket.keys() == ["dir/file"]


def test_a_long_segment_is_cut_into_directories(bucket, folder):
    long = "n" * 300
    bucket.put(f"dir/{long}", "long")
    bucket.put(f"dir/{long}/inside", "inside")
    files = run("find", folder / "dir", "-type", "f").stdout.split("\n")[:-1]
    assert sorted(open(path).read() for path in files) == ["inside", "long"]
    run("rm", "-r", folder / "dir")
    assert bucket.keys() == []


def test_a_long_segment_is_moved_out(bucket, folder):
    bucket.put("é" * 400, "long")
    (path,) = run("find", folder, "-type", "f").stdout.split("\n")[:-1]
    run("mv", path, folder / "short")
    assert bucket.keys() == ["short"]
    assert bucket.get("short") == b"long"


def test_every_page_of_a_long_listing_of_names_that_need_encoding(bucket, folder):
    """Pages of LocalStack's listings end at 1,000 keys, where it compares encoded with decoded keys."""
    for number in range(1005):
        bucket.put(f"{'日' if number % 2 else 'a b'} {number}", "")
    names = os.listdir(folder)
    assert len(names) == len(set(names)) == 1005
    for start in (0, 1000):
        batch = [{"Key": name} for name in names[start : start + 1000]]
        bucket.client.delete_objects(Bucket=bucket.name, Delete={"Objects": batch})
    wait_until(lambda: os.listdir(folder) == [], 5, "the end of all names")


BESIDE = {
    "made by the shell": "echo new > 'a‛object'",
    "made exclusively": "set -C; echo new > 'a‛object'",
    "written in place": "echo old > 'a‛object'; echo new > 'a‛object'",
    "edited in place": "echo old > 'a‛object'; sed -i s/old/new/ 'a‛object'",
    "saved by rename": "echo old > 'a‛object'; echo new > tmp; mv tmp 'a‛object'",
    "moved there": "echo new > tmp; mv tmp 'a‛object'",
    "moved there without replacing": "echo new > tmp; mv -n tmp 'a‛object'",
    "moved away and back": "echo new > 'a‛object'; mv 'a‛object' away; mv away 'a‛object'",
    "copied there": "echo new > other; cp -p other 'a‛object'; rm other",
    "unpacked there": "mkdir ../src; echo new > '../src/a‛object'; tar -C ../src -c 'a‛object' | tar -x; rm -r ../src",
}


@pytest.mark.parametrize("way", BESIDE)
def test_an_object_is_made_beside_a_directory(bucket, folder, way):
    (folder / "dir/a").mkdir(parents=True)
    (folder / "dir/a/b").write_text("inside")
    shell(BESIDE[way], cwd=folder / "dir")
    assert sorted(os.listdir(folder / "dir")) == ["a", "a‛object"]
    assert ((folder / "dir/a‛object").read_text(), (folder / "dir/a/b").read_text()) == ("new\n", "inside")
    assert {key: bucket.get(key) for key in bucket.keys()} == {"dir/": b"", "dir/a/": b"", "dir/a": b"new\n", "dir/a/b": b"inside"}


def test_the_directory_stays_in_sight_while_the_object_beside_it_is_written(bucket, folder):
    (folder / "a").mkdir()
    (folder / "a/b").write_text("inside")
    with open(folder / "a‛object", "w") as file:
        file.write("new")
        file.flush()
        assert (folder / "a").is_dir() and sorted(os.listdir(folder)) == ["a", "a‛object"]
        assert (folder / "a/b").read_text() == "inside"
        os.rename(folder / "a/b", folder / "a/c")
        assert (folder / "a‛object").read_text() == "new"
    assert {key: bucket.get(key) for key in bucket.keys()} == {"a/": b"", "a": b"new", "a/c": b"inside"}


def test_a_directory_cannot_have_the_name_of_an_object(bucket, folder):
    (folder / "a").mkdir()
    (folder / "d").mkdir()
    for expected in (errno.EINVAL, errno.ENOTDIR):
        with pytest.raises(OSError) as refusal:
            os.rename(folder / "d", folder / "a‛object")
        assert refusal.value.errno == expected
        with pytest.raises(OSError) as refusal:
            os.mkdir(folder / "a‛object")
        assert refusal.value.errno in (errno.EINVAL, errno.EEXIST)
        with pytest.raises(OSError) as refusal:
            os.mkdir(folder / "none‛object")
        assert refusal.value.errno == errno.EINVAL and not (folder / "none").exists()
        (folder / "a‛object").write_text("x")


def test_a_directory_replaces_an_empty_one_beside_an_object(bucket, folder):
    bucket.put("a", "the object")
    bucket.put("a/")
    bucket.put("d/x", "inside")
    os.rename(folder / "d", folder / "a")
    assert {key: bucket.get(key) for key in bucket.keys() if key != "a/"} == {"a": b"the object", "a/x": b"inside"}
