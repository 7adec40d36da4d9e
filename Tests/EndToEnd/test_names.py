"""Names that break URL encoding, XML, shells and path handling: each in both fronts and both directions."""
# SEMANTICS: 7.1, 7.2

import os
import unicodedata

import pytest

from harness.processes import run

COMPOSED = unicodedata.normalize("NFC", "が é.txt")
DECOMPOSED = unicodedata.normalize("NFD", "が é.txt")

NAMES = {
    "spaces": "a file  with spaces .txt",
    "leading space": " x",
    "japanese": "日本語のファイル.txt",
    "emoji": "🪣 👩‍👩‍👧.txt",
    "plus": "a+b+.txt",
    "percent": "100%.txt",
    "percent escape": "a%20b%2Fc.txt",
    "question mark": "what?.txt",
    "hash": "#1.txt",
    "ampersand": "a&b=c;d.txt",
    "markup": "<b>&amp;<!--.txt",
    "double quotes": 'say "hi".txt',
    "single quotes": "it's.txt",
    "backslash": "a\\b\\n.txt",
    "newline": "two\nlines.txt",
    "tab and bell": "a\tb\x07.txt",
    "leading dash": "-rf",
    "dots": "...",
    "tilde and dollar": "~$HOME`.txt",
    "asterisk": "*[a]{b}.txt",
    "colon and at": "a:b@c,d!.txt",
    "composed": COMPOSED,
    "decomposed": DECOMPOSED,
    "carriage return": "a\rb.txt",
    "longest": "é" * 127 + "x",
}

each_name = pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())


@each_name
def test_a_name_put_by_another_program_is_seen_by_both_fronts(mount, bucket, folder, name):
    bucket.put(f"dir/{name}", name)
    assert os.listdir(folder / "dir") == [name]
    assert (folder / "dir" / name).read_bytes() == name.encode()
    assert mount.http_names(bucket.name, "dir/") == {name}
    assert mount.get(bucket.name, f"dir/{name}").content == name.encode()


@each_name
def test_a_name_written_through_the_mount_is_the_key(mount, bucket, folder, name):
    (folder / name).write_bytes(b"written")
    assert bucket.keys() == [name]
    assert bucket.get(name) == b"written"
    assert mount.get(bucket.name, name).content == b"written"
    os.rename(folder / name, folder / (name[:100] + "~"))
    assert bucket.keys() == [name[:100] + "~"]
    os.unlink(folder / (name[:100] + "~"))
    assert bucket.keys() == []


@each_name
def test_a_name_uploaded_over_http_is_the_key(mount, bucket, folder, name):
    assert mount.put(bucket.name, name, data=b"uploaded").status_code == 201
    assert bucket.keys() == [name]
    assert (folder / name).read_bytes() == b"uploaded"
    assert mount.delete(bucket.name, name).status_code == 204
    assert bucket.keys() == []
    assert os.listdir(folder) == []


@each_name
def test_a_directory_of_any_name(mount, bucket, folder, name):
    os.mkdir(folder / name)
    (folder / name / "inside").write_bytes(b"x")
    assert bucket.keys() == [f"{name}/", f"{name}/inside"]
    assert mount.http_names(bucket.name, f"{name}/") == {"inside"}
    run("rm", "-r", "--", folder / name)
    assert bucket.keys() == []


def test_composed_and_decomposed_spellings_are_two_files(mount, bucket, folder):
    (folder / COMPOSED).write_text("composed")
    (folder / DECOMPOSED).write_text("decomposed")
    assert set(os.listdir(folder)) == {COMPOSED, DECOMPOSED}
    assert (bucket.get(COMPOSED), bucket.get(DECOMPOSED)) == (b"composed", b"decomposed")
    assert mount.http_names(bucket.name + "/") == {COMPOSED, DECOMPOSED}
    assert mount.get(bucket.name, DECOMPOSED).text == "decomposed"


def test_names_that_sort_around_the_slash_are_not_confused(bucket, folder):
    for key in ("b/inside", "b.txt", "b-", "b", "b0"):
        bucket.put(key, key)
    assert set(os.listdir(folder)) >= {"b", "b-", "b.txt", "b0"}
    assert (folder / "b").is_dir()
    assert (folder / "b/inside").read_text() == "b/inside"
    assert (folder / "b.txt").read_text() == "b.txt"


def test_an_object_beside_a_prefix_of_its_name_is_reachable_in_both_fronts(mount, bucket, folder):
    bucket.put("a", "the object")
    bucket.put("a/b", "inside")
    names = set(os.listdir(folder))
    assert len(names) == 2
    (other,) = names - {"a"}
    assert (folder / other).read_text() == "the object"
    assert (folder / "a/b").read_text() == "inside"
    assert mount.get(bucket.name, "a").text == "the object"
    assert mount.get(bucket.name, "a/b").text == "inside"


def test_keys_that_posix_cannot_spell_are_listed_and_read_in_the_mount(bucket, folder):
    keys = ["a//b", "/x", "./y", "c/../z", "long/" + "n" * 300]
    for key in keys:
        bucket.put(key, key)
    found = run("find", folder, "-type", "f", "-exec", "cat", "{}", ";", "-printf", "\n").stdout.splitlines()
    assert sorted(found) == sorted(keys)
