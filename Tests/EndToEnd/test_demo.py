"""The demo that the project exists for: one object, three ways to it, each change seen at once by the others."""
# SEMANTICS: 1.1, 1.2, 5.1, 5.2, 5.3

import os

import pytest

from harness.processes import run, shell


def test_an_object_put_by_another_program_is_in_the_mount_and_over_http(mount, bucket):
    bucket.put("dir1/hello.txt", "hello\n")
    assert run("cat", mount.path(bucket.name, "dir1/hello.txt")).stdout == "hello\n"
    assert run("ls", mount.path(bucket.name, "dir1")).stdout == "hello.txt\n"
    assert mount.get(bucket.name, "dir1/hello.txt").content == b"hello\n"


def test_a_line_appended_through_the_mount_is_seen_at_once(mount, bucket):
    bucket.put("log.txt", "first\n")
    shell("echo second >> log.txt", cwd=mount.path(bucket.name))
    assert bucket.get("log.txt") == b"first\nsecond\n"
    assert mount.get(bucket.name, "log.txt").content == b"first\nsecond\n"


def test_a_file_uploaded_with_curl_is_seen_at_once(mount, bucket, tmp_path):
    (tmp_path / "upload.txt").write_text("uploaded\n")
    run("curl", "-fsS", "-T", tmp_path / "upload.txt", mount.url(bucket.name, "new/"))
    assert run("cat", mount.path(bucket.name, "new/upload.txt")).stdout == "uploaded\n"
    assert bucket.get("new/upload.txt") == b"uploaded\n"


def test_an_upload_over_http_appears_in_a_directory_that_the_mount_has_just_listed(mount, bucket, folder):
    bucket.put("a.txt", "a")
    assert run("ls", folder).stdout.split() == ["a.txt"]
    assert mount.put(bucket.name, "b.txt", data=b"b").status_code == 201
    assert run("ls", folder).stdout.split() == ["a.txt", "b.txt"]
    assert run("cat", folder / "b.txt").stdout == "b"


def test_a_new_version_uploaded_over_http_replaces_what_the_kernel_has_cached(mount, bucket, folder):
    bucket.put("page.txt", "old contents")
    assert run("cat", folder / "page.txt").stdout == "old contents"
    assert mount.put(bucket.name, "page.txt", data=b"new").status_code == 204
    assert run("cat", folder / "page.txt").stdout == "new"
    assert os.stat(folder / "page.txt").st_size == 3


def test_a_new_version_put_by_another_program_is_read_by_the_next_open(mount, bucket, folder):
    bucket.put("config.json", "one")
    assert run("cat", folder / "config.json").stdout == "one"
    bucket.put("config.json", "two, and longer")
    assert run("cat", folder / "config.json").stdout == "two, and longer"


@pytest.fixture
def thing(bucket, mount):
    bucket.put("keep.txt", "stays")
    bucket.put("thing.txt", "thing")
    assert mount.path(bucket.name, "thing.txt").exists()
    return "thing.txt"


def assert_gone_everywhere(mount, bucket, name):
    assert bucket.get(name) is None
    assert mount.get(bucket.name, name).status_code == 404
    assert run("cat", mount.path(bucket.name, name), check=False).returncode != 0
    assert name not in mount.http_names(bucket.name + "/")


def test_a_file_deleted_through_the_mount_is_gone_everywhere(mount, bucket, thing):
    run("rm", mount.path(bucket.name, thing))
    assert_gone_everywhere(mount, bucket, thing)
    assert run("ls", mount.path(bucket.name)).stdout == "keep.txt\n"


def test_a_file_deleted_over_http_is_gone_everywhere(mount, bucket, thing):
    assert mount.delete(bucket.name, thing).status_code == 204
    assert_gone_everywhere(mount, bucket, thing)
    assert run("ls", mount.path(bucket.name)).stdout == "keep.txt\n"


def test_an_object_deleted_by_another_program_cannot_be_opened_any_more(mount, bucket, thing):
    bucket.delete(thing)
    assert run("cat", mount.path(bucket.name, thing), check=False).returncode != 0
    assert mount.request("GET", bucket.name, thing, headers={"Cache-Control": "no-cache"}).status_code == 404


def test_mkdir_at_the_root_creates_a_bucket_and_rmdir_deletes_it(mount, s3, bucket_name):
    run("mkdir", mount.path(bucket_name))
    assert bucket_name in [item["Name"] for item in s3.list_buckets()["Buckets"]]
    assert bucket_name in mount.http_names("")
    run("rmdir", mount.path(bucket_name))
    assert bucket_name not in [item["Name"] for item in s3.list_buckets()["Buckets"]]
    assert bucket_name not in os.listdir(mount.directory)


def test_mkdir_in_a_bucket_puts_a_marker_and_rmdir_deletes_it(bucket, folder):
    run("mkdir", folder / "dir")
    assert bucket.keys() == ["dir/"]
    run("rmdir", folder / "dir")
    assert bucket.keys() == []


def test_a_common_prefix_is_a_directory(bucket, folder):
    bucket.put("a/b/c.txt", "c")
    assert run("find", folder, "-type", "d", "-printf", "%P\n").stdout.split() == ["a", "a/b"]


def test_a_directory_emptied_through_the_mount_stays_and_adds_nothing_to_the_bucket(bucket, folder):
    bucket.put("dir1/aaa.txt", "a")
    run("rm", folder / "dir1/aaa.txt")
    assert run("ls", "-d", folder / "dir1").returncode == 0
    assert run("ls", folder / "dir1").stdout == ""
    assert bucket.keys() == []


def test_a_line_is_appended_to_the_newest_version_when_another_program_has_just_made_it_shorter(bucket, folder):
    bucket.put("log.txt", "a long first version\n")
    shell("cat log.txt; stat log.txt", cwd=folder)
    bucket.put("log.txt", "short\n")
    shell("echo appended >> log.txt", cwd=folder)
    assert bucket.get("log.txt") == b"short\nappended\n"


def test_a_line_is_appended_to_the_newest_version_also_after_a_rename(bucket, folder):
    (folder / "log.txt").write_text("a long first version\n")
    shell("stat log.txt", cwd=folder)
    bucket.put("log.txt", "short\n")
    shell("mv log.txt log.old; echo appended >> log.old", cwd=folder)
    assert bucket.get("log.old") == b"short\nappended\n"
