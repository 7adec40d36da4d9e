"""What an object has besides its bytes: kept by whatever programs do to the file."""

import errno
import gzip
import os
import subprocess

import pytest

from harness.processes import run, shell

PROPERTIES = {
    "ContentType": "text/x-mine",
    "ContentEncoding": "x-own",
    "ContentDisposition": 'attachment; filename="f"',
    "ContentLanguage": "ja",
    "CacheControl": "max-age=17",
}
METADATA = {"colour": "blue", "mixed-case": "Title With Spaces"}
TAGS = [{"Key": "team", "Value": "a b"}, {"Key": "日本", "Value": "x=y"}]

CHANGES = {
    "rewrite": "echo new > f",
    "append": "echo more >> f",
    "truncate": "truncate -s 2 f",
    "patch": "printf X | dd of=f bs=1 seek=1 conv=notrunc status=none",
    "chmod": "chmod 640 f",
    "touch": "touch -d 2020-01-02 f",
    "xattr": "setfattr -n user.note -v x f",
    "rename": "mv f g && mv g f",
    "rename of the directory": "true",
    "large": "head -c 20000000 /dev/urandom >> f",
}


def tags(bucket, key):
    answer = bucket.client.get_object_tagging(Bucket=bucket.name, Key=key)["TagSet"]
    return sorted(answer, key=lambda tag: tag["Key"])


def assert_kept(bucket, key):
    head = bucket.head(key)
    assert {name: head.get(name) for name in PROPERTIES} == PROPERTIES
    assert {name: head["Metadata"].get(name) for name in METADATA} == METADATA
    assert tags(bucket, key) == TAGS


def put(bucket, key, body="old contents"):
    bucket.put(key, body, Metadata=METADATA, Tagging="team=a%20b&%E6%97%A5%E6%9C%AC=x%3Dy", **PROPERTIES)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_keeps_everything_else(bucket, folder, change):
    put(bucket, "dir/f")
    shell(CHANGES[change], cwd=folder / "dir")
    if change == "rename of the directory":
        os.rename(folder / "dir", folder / "other")
        os.rename(folder / "other", folder / "dir")
    assert_kept(bucket, "dir/f")


@pytest.fixture
def other_bucket(bucket_supply):
    bucket = bucket_supply.take()
    yield bucket
    bucket.remove()


def test_a_move_to_another_bucket_keeps_everything(bucket, other_bucket, folder, mount):
    put(bucket, "f")
    os.rename(folder / "f", mount.path(other_bucket.name, "f"))
    assert_kept(other_bucket, "f")


def test_tags_set_while_the_file_is_known_are_kept(bucket, folder):
    (folder / "f").write_text("mine")
    bucket.client.put_object_tagging(Bucket=bucket.name, Key="f", Tagging={"TagSet": TAGS})
    (folder / "f").write_text("mine again")
    assert tags(bucket, "f") == TAGS


def test_metadata_set_by_a_copy_onto_itself_is_kept(bucket, folder):
    (folder / "f").write_text("mine")
    assert (folder / "f").read_text() == "mine"
    bucket.client.copy_object(
        Bucket=bucket.name,
        Key="f",
        CopySource=f"{bucket.name}/f",
        MetadataDirective="REPLACE",
        Metadata=METADATA | {"mode": "33152"},
        ContentType="text/x-mine",
    )
    with open(folder / "f", "a") as file:
        file.write("+")
    head = bucket.head("f")
    assert (head["ContentType"], head["Metadata"]["colour"]) == ("text/x-mine", "blue")
    assert bucket.get("f") == b"mine+"


def test_the_type_of_a_new_file_follows_its_name(bucket, folder):
    expected = {
        "a.json": "application/json",
        "a.html": "text/html",
        "a.png": "image/png",
        "a.JPG": "image/jpeg",
        "a.css": "text/css",
        "a.svg": "image/svg+xml",
        "a.pdf": "application/pdf",
        "a.mp4": "video/mp4",
        "a.webp": "image/webp",
    }
    for name in expected:
        (folder / name).write_bytes(b"x")
    assert {name: bucket.head(name)["ContentType"].partition(";")[0] for name in expected} == expected


def test_a_compressed_object_is_read_as_it_is_stored(bucket, folder):
    body = gzip.compress(b"text " * 10_000)
    bucket.put("f.txt", body, ContentEncoding="gzip")
    assert os.stat(folder / "f.txt").st_size == len(body)
    assert (folder / "f.txt").read_bytes() == body
    assert subprocess.run(["gzip", "-dc"], input=(folder / "f.txt").read_bytes(), capture_output=True).stdout == (
        b"text " * 10_000
    )


COPIES = {
    "cp": "cp f g",
    "cp with everything": "cp -a f g",
    "cat": "cat f > g",
    "install": "install -m 640 f g",
    "cp of the directory": "cd .. && cp -r dir other && mv other/f dir/g",
}


@pytest.mark.parametrize("size", [1, 3_000_000, 20_000_000])
@pytest.mark.parametrize("way", COPIES)
def test_a_copy_has_everything_too(bucket, folder, way, size):
    put(bucket, "dir/f", "x" * size)
    shell(COPIES[way], cwd=folder / "dir")
    assert_kept(bucket, "dir/f")
    assert_kept(bucket, "dir/g")
    assert bucket.get("dir/g") == b"x" * size


def test_a_copy_to_another_bucket_has_everything_too(bucket, other_bucket, folder, mount):
    put(bucket, "f", "x" * 2_000_000)
    run("cp", folder / "f", mount.path(other_bucket.name, "f"))
    assert_kept(other_bucket, "f")


def test_a_copy_of_a_compressed_object_is_one(bucket, folder):
    """As any other client reads it: without the encoding its bytes would make no sense."""
    bucket.put("f.txt", gzip.compress(b"text " * 10), ContentEncoding="gzip", ContentType="text/plain")
    run("cp", folder / "f.txt", folder / "g.txt")
    head = bucket.head("g.txt")
    assert (head["ContentEncoding"], head["ContentType"]) == ("gzip", "text/plain")


def test_a_copy_over_a_file_leaves_that_ones_headers(bucket, folder):
    put(bucket, "f", "x" * 2_000_000)
    bucket.put("g", "old", CacheControl="private", Metadata={"other": "1"})
    run("cp", folder / "f", folder / "g")
    head = bucket.head("g")
    assert (head["CacheControl"], head["Metadata"]["other"], head.get("ContentEncoding")) == ("private", "1", None)
    assert "colour" not in head["Metadata"] and tags(bucket, "g") == []
    assert bucket.get("g") == b"x" * 2_000_000


def test_what_is_made_of_two_files_has_the_headers_of_neither(bucket, folder):
    put(bucket, "f")
    shell("cat f f > g", cwd=folder)
    assert "colour" not in bucket.head("g")["Metadata"] and tags(bucket, "g") == []


def test_a_copy_inside_the_mount_has_its_own_type(bucket, folder):
    bucket.put("a.json", "{}", ContentType="application/json")
    run("cp", folder / "a.json", folder / "b.json")
    assert bucket.head("b.json")["ContentType"] == "application/json"


def test_properties_of_s3_are_read_by_name_and_not_copied(bucket, folder):
    put(bucket, "f")
    assert os.getxattr(folder / "f", "user.s3.content-type") == b"text/x-mine"
    assert os.getxattr(folder / "f", "user.s3.cache-control") == b"max-age=17"
    assert os.getxattr(folder / "f", "user.s3.metadata.colour") == b"blue"
    assert os.getxattr(folder / "f", "user.s3.tags") == b"team=a%20b&%E6%97%A5%E6%9C%AC=x%3Dy"
    assert os.listxattr(folder / "f") == []
    run("cp", "--preserve=xattr", folder / "f", folder / "g")


def test_without_tags_there_is_no_such_attribute(bucket, folder):
    bucket.put("f", "x")
    for name in (folder / "f", folder):
        with pytest.raises(OSError) as refusal:
            os.getxattr(name, "user.s3.tags")
        assert refusal.value.errno == errno.ENODATA
    with pytest.raises(OSError) as refusal:
        os.setxattr(folder / "f", "user.s3.tags", b"a=b")
    assert refusal.value.errno == errno.EPERM


def test_with_metadata_always_a_large_listing_is_right_at_first_sight(start_mount, bucket):
    for number in range(60):
        bucket.put(f"dir/{number}", "x", Metadata={"mode": str(0o100640), "mtime": "1234567890"})
    bucket.put("dir/link", "1", Metadata={"mode": str(0o120777)})
    mount = start_mount("--metadata", "always")
    listed = run("ls", "-l", "--time-style=+%s", mount.path(bucket.name, "dir")).stdout.splitlines()[1:]
    assert sum(line.startswith("-rw-r-----") and " 1234567890 " in line for line in listed) == 60
    assert sum(line.startswith("l") and line.endswith("link -> 1") for line in listed) == 1


def test_directories_have_no_size_two_links_and_a_time_that_stays(bucket, folder):
    bucket.put("implied/f", "x")
    first = os.stat(folder / "implied")
    assert (first.st_size, first.st_nlink) == (0, 2)
    made = [row["CreationDate"] for row in bucket.client.list_buckets()["Buckets"] if row["Name"] == bucket.name]
    assert int(first.st_mtime) == int(made[0].timestamp())
    bucket.put("implied/g", "x")
    assert os.stat(folder / "implied").st_mtime_ns == first.st_mtime_ns


def test_reading_does_not_change_the_time_of_access(bucket, folder):
    (folder / "f").write_text("x")
    os.utime(folder / "f", (1_000_000_000, 1_000_000_001))
    assert (folder / "f").read_text() == "x"
    status = os.stat(folder / "f")
    assert (status.st_atime, status.st_mtime) == (1_000_000_000, 1_000_000_001)
    assert bucket.head("f")["Metadata"]["atime"] == "1000000000"
