"""The gateway as used by curl, browsers and scripts."""
# SEMANTICS: 2.4, 3.7

import json
import re
import subprocess

import pytest
import requests

from harness.mount import binary, environment
from harness.processes import run, shell, start

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def listed(bucket):
    bucket.put("dir/inside.txt", "inside")
    bucket.put("file.txt", "0123456789", ContentType="text/plain")
    bucket.put("<script>alert(1)<!--.html", "evil", ContentType="text/html")
    return bucket


# Listing


def test_the_root_lists_the_buckets(mount, bucket):
    assert bucket.name in mount.http_names("")
    assert f'href="/{bucket.name}/"' in mount.get("", headers=PAGE).text or bucket.name in mount.get("").text


def test_the_page_needs_no_script(mount, listed):
    """A browser without scripts is redirected to ?plain, which has links and a form."""
    answer = mount.get(listed.name + "/", headers=PAGE)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert re.search(r"<noscript>.*\?plain.*</noscript>", answer.text, flags=re.S)
    plain = mount.get(listed.name + "/", query="?plain", headers=PAGE).text
    without_scripts = re.sub(r"<script\b.*?</script>", "", plain, flags=re.S)
    assert "file.txt" in without_scripts and "dir/" in without_scripts
    assert re.search(r'<a [^>]*href="[^"]*file\.txt', without_scripts)
    assert re.search(r"<form [^>]*multipart/form-data", without_scripts)


def test_the_page_shows_names_and_never_runs_them(mount, listed):
    answer = mount.get(listed.name + "/", headers=PAGE)
    assert "<script>alert(1)" not in answer.text
    assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_json_contains_names_kinds_and_sizes(mount, listed):
    entries = {entry["name"].rstrip("/"): entry for entry in mount.get(listed.name + "/", query="?json").json()["entries"]}
    assert set(entries) == {"dir", "file.txt", "<script>alert(1)<!--.html"}
    assert entries["file.txt"]["size"] == 10


@pytest.mark.parametrize(
    ("accept", "type"),
    [
        ("application/json", "application/json"),
        ("text/plain", "text/plain"),
        ("text/html", "text/html"),
        ("*/*", "text/html"),
        ("text/plain;q=0.5, application/json", "application/json"),
    ],
)
def test_accept_chooses_the_form_of_a_listing(mount, listed, accept, type):
    answer = mount.get(listed.name + "/", headers={"Accept": accept})
    assert answer.headers["Content-Type"].split(";")[0] == type


def test_simple_is_one_name_a_line(mount, listed):
    lines = mount.get(listed.name + "/", query="?simple").text.splitlines()
    assert sorted(line.rstrip("/") for line in lines) == ["<script>alert(1)<!--.html", "dir", "file.txt"]


@pytest.mark.parametrize("path", ["", "/dir"], ids=["bucket", "directory"])
def test_a_directory_without_its_slash_redirects(mount, listed, path):
    answer = mount.get(listed.name + path)
    assert answer.status_code == 301
    assert answer.headers["Location"].endswith(f"/{listed.name}{path}/")


def test_a_listing_of_what_does_not_exist_is_404(mount, bucket, bucket_name):
    assert mount.get(bucket.name, "missing/").status_code == 404
    assert mount.get(bucket_name + "-missing/").status_code == 404


# Reading


def test_get_and_head_have_the_same_headers(mount, listed):
    got = mount.get(listed.name, "file.txt")
    head = mount.request("HEAD", listed.name, "file.txt")
    assert (got.status_code, head.status_code) == (200, 200)
    assert got.content == b"0123456789" and head.content == b""
    for name in ("Content-Length", "Content-Type", "ETag", "Last-Modified", "Accept-Ranges"):
        assert got.headers[name] == head.headers[name]
    assert got.headers["ETag"] == listed.head("file.txt")["ETag"]
    assert got.headers["Content-Type"] == "text/plain"


@pytest.mark.parametrize(
    ("range", "content_range", "body"),
    [
        ("bytes=0-3", "bytes 0-3/10", b"0123"),
        ("bytes=7-", "bytes 7-9/10", b"789"),
        ("bytes=-2", "bytes 8-9/10", b"89"),
        ("bytes=8-100", "bytes 8-9/10", b"89"),
        ("bytes=-100", "bytes 0-9/10", b"0123456789"),
    ],
)
def test_a_range_is_answered_with_206(mount, listed, range, content_range, body):
    answer = mount.get(listed.name, "file.txt", headers={"Range": range})
    assert (answer.status_code, answer.content) == (206, body)
    assert answer.headers["Content-Range"] == content_range


@pytest.mark.parametrize("range", ["bytes=10-", "bytes=100-200", "bytes=-0"])
def test_a_range_past_the_end_is_416(mount, listed, range):
    answer = mount.get(listed.name, "file.txt", headers={"Range": range})
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == "bytes */10"


def test_a_known_version_is_answered_with_304(mount, listed):
    etag = mount.get(listed.name, "file.txt").headers["ETag"]
    for known in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        answer = mount.get(listed.name, "file.txt", headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["ETag"] == etag
    assert mount.get(listed.name, "file.txt", headers={"If-None-Match": '"other"'}).status_code == 200


def test_if_modified_since(mount, listed):
    time = mount.get(listed.name, "file.txt").headers["Last-Modified"]
    assert mount.get(listed.name, "file.txt", headers={"If-Modified-Since": time}).status_code == 304
    early = {"If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}
    assert mount.get(listed.name, "file.txt", headers=early).status_code == 200


def test_if_range_gives_the_part_of_the_same_version_only(mount, listed):
    etag = mount.get(listed.name, "file.txt").headers["ETag"]
    same = mount.get(listed.name, "file.txt", headers={"Range": "bytes=0-1", "If-Range": etag})
    assert (same.status_code, same.content) == (206, b"01")
    other = mount.get(listed.name, "file.txt", headers={"Range": "bytes=0-1", "If-Range": '"other"'})
    assert (other.status_code, other.content) == (200, b"0123456789")


def test_a_stored_page_can_never_act_as_the_user(mount, listed):
    answer = mount.get(listed.name, "<script>alert(1)<!--.html")
    assert answer.headers["Content-Type"] == "text/html"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_no_cache_fetches_the_newest_version(mount, listed):
    mount.get(listed.name, "file.txt")
    listed.put("file.txt", "newer")
    assert mount.get(listed.name, "file.txt", headers={"Cache-Control": "no-cache"}).text == "newer"


def test_an_empty_object(mount, bucket):
    bucket.put("empty")
    answer = mount.get(bucket.name, "empty")
    assert (answer.status_code, answer.content, answer.headers["Content-Length"]) == (200, b"", "0")


# Uploading


def test_put_answers_201_when_new_and_204_when_replaced(mount, bucket):
    first = mount.put(bucket.name, "a/b/new.json", data=b"{}")
    assert (first.status_code, bucket.get("a/b/new.json")) == (201, b"{}")
    second = mount.put(bucket.name, "a/b/new.json", data=b"[]")
    assert (second.status_code, bucket.get("a/b/new.json")) == (204, b"[]")
    assert first.headers["ETag"] != second.headers["ETag"] == bucket.head("a/b/new.json")["ETag"]


def test_put_keeps_the_content_type_that_was_sent_and_guesses_it_otherwise(mount, bucket):
    mount.put(bucket.name, "data.bin", data=b"x", headers={"Content-Type": "application/x-mine"})
    assert bucket.head("data.bin")["ContentType"] == "application/x-mine"
    run("curl", "-fsS", "-T", "-", mount.url(bucket.name, "page.html"), input="<p>")
    assert bucket.head("page.html")["ContentType"] == "text/html"


def test_if_match_and_if_none_match_guard_against_lost_updates(mount, bucket):
    etag = mount.put(bucket.name, "f", data=b"1").headers["ETag"]
    assert mount.put(bucket.name, "f", data=b"2", headers={"If-Match": '"other"'}).status_code == 412
    assert mount.put(bucket.name, "f", data=b"2", headers={"If-None-Match": "*"}).status_code == 412
    assert bucket.get("f") == b"1"
    assert mount.put(bucket.name, "f", data=b"2", headers={"If-Match": etag}).status_code == 204
    assert mount.put(bucket.name, "g", data=b"3", headers={"If-None-Match": "*"}).status_code == 201
    assert mount.put(bucket.name, "h", data=b"4", headers={"If-Match": "*"}).status_code == 412
    assert (bucket.get("f"), bucket.get("g"), bucket.get("h")) == (b"2", b"3", None)


def test_if_match_sees_a_version_that_another_program_put(mount, bucket):
    etag = mount.put(bucket.name, "f", data=b"1").headers["ETag"]
    bucket.put("f", "by another program")
    assert mount.put(bucket.name, "f", data=b"2", headers={"If-Match": etag}).status_code == 412
    assert bucket.get("f") == b"by another program"


def test_curl_uploads_from_a_pipe_of_unknown_length(mount, bucket):
    shell(f"seq 300000 | curl -fsS -T - '{mount.url(bucket.name, 'numbers.txt')}'")
    assert bucket.get("numbers.txt") == "".join(f"{number}\n" for number in range(1, 300001)).encode()


def test_curl_uploads_a_file_into_a_directory(mount, bucket, tmp_path):
    (tmp_path / "file.txt").write_text("contents")
    run("curl", "-fsS", "-T", tmp_path / "file.txt", mount.url(bucket.name, "dir/"))
    assert bucket.get("dir/file.txt") == b"contents"


def test_an_empty_upload(mount, bucket):
    assert mount.put(bucket.name, "empty", data=b"").status_code == 201
    assert bucket.get("empty") == b""


def test_a_form_uploads_several_files(mount, bucket):
    files = [
        ("file", ("one.txt", b"1", "text/plain")),
        ("file", ("日本 語.bin", b"\r\n--two\r\n" * 1000, "application/octet-stream")),
        ("file", ("empty", b"", "text/plain")),
    ]
    answer = mount.request("POST", bucket.name, "dir/", files=files)
    assert answer.status_code in (200, 201, 303), answer.text
    assert bucket.keys() == ["dir/empty", "dir/one.txt", "dir/日本 語.bin"]
    assert bucket.get("dir/日本 語.bin") == b"\r\n--two\r\n" * 1000


def test_a_form_cannot_write_outside_its_directory(mount, bucket):
    answer = mount.request("POST", bucket.name, "dir/", files=[("file", ("../../etc/passwd", b"x"))])
    assert all(key.startswith("dir/") for key in bucket.keys()), answer.text


# Making and deleting


def test_put_with_a_slash_makes_buckets_and_directories(mount, s3, bucket_name):
    assert mount.put(bucket_name + "/").status_code == 201
    assert bucket_name in [item["Name"] for item in s3.list_buckets()["Buckets"]]
    assert mount.put(bucket_name, "dir/").status_code == 201
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket_name)["Contents"]] == ["dir/"]
    assert mount.path(bucket_name, "dir").is_dir()
    assert mount.delete(bucket_name, "dir/").status_code == 204
    assert mount.delete(bucket_name + "/").status_code == 204
    assert bucket_name not in [item["Name"] for item in s3.list_buckets()["Buckets"]]


def test_deleting_a_directory_needs_recursive(mount, bucket):
    for number in range(5):
        bucket.put(f"dir/sub/{number}", "x")
    bucket.put("dir2/stays", "x")
    assert mount.delete(bucket.name, "dir/").status_code == 409
    assert len(bucket.keys("dir/")) == 5
    assert mount.delete(bucket.name, "dir/", query="?recursive").status_code == 204
    assert bucket.keys() == ["dir2/stays"]
    assert mount.get(bucket.name, "dir/").status_code == 404


def test_deleting_what_does_not_exist_is_404(mount, bucket):
    assert mount.delete(bucket.name, "missing.txt").status_code == 404


# Safety


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
    ids=["other origin", "opaque origin", "cross-site fetch"],
)
def test_a_page_of_another_site_may_change_nothing(mount, bucket, headers):
    bucket.put("file.txt", "stays")
    assert mount.put(bucket.name, "new.txt", data=b"x", headers=headers).status_code == 403
    assert mount.delete(bucket.name, "file.txt", headers=headers).status_code == 403
    files = [("file", ("form.txt", b"x"))]
    assert mount.request("POST", bucket.name + "/", files=files, headers=headers).status_code == 403
    assert bucket.keys() == ["file.txt"]


def test_our_own_page_may_change_things(mount, bucket):
    own = {"Origin": mount.base, "Sec-Fetch-Site": "same-origin"}
    assert mount.put(bucket.name, "new.txt", data=b"x", headers=own).status_code == 201


def test_a_foreign_host_name_is_refused_on_loopback(mount, bucket):
    bucket.put("file.txt", "secret")
    answer = mount.get(bucket.name, "file.txt", headers={"Host": "evil.example"})
    assert answer.status_code in (403, 421)
    assert "secret" not in answer.text
    for host in (f"localhost:{mount.port}", f"127.0.0.1:{mount.port}"):
        assert mount.get(bucket.name, "file.txt", headers={"Host": host}).text == "secret"


def test_an_unknown_method_is_405_and_says_what_is_allowed(mount, bucket):
    answer = mount.request("PROPFIND", bucket.name + "/")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_its_own_paths_cannot_be_written(mount):
    assert mount.put("-/health", data=b"x").status_code == 405
    assert mount.put("-/", data=b"x").status_code in (400, 404, 405)


def test_errors_are_json_for_clients_that_accept_json(mount, bucket):
    answer = mount.get(bucket.name, "missing.txt", headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert json.loads(answer.text)


def test_one_connection_serves_many_requests(mount, bucket):
    with requests.Session() as session:
        for number in range(20):
            answer = session.put(mount.url(bucket.name, f"{number}"), data=b"x" * number, timeout=20)
            assert answer.status_code == 201
            assert session.get(mount.url(bucket.name, f"{number}"), timeout=20).content == b"x" * number


@pytest.mark.parametrize("address", ["*:0", "0.0.0.0:0", "[::]:0", "[0::0]:0", "127.0.0.1:0", ":0"])
def test_what_is_announced_can_be_opened(localstack, tmp_path, address):
    process = start(binary(), "--http", address, "--endpoint", localstack.endpoint, env=environment(tmp_path),
                    stderr=subprocess.PIPE)  # fmt: skip
    try:
        url = next(line.decode().split(" is served at ")[1].strip() for line in process.stderr if b" is served at " in line)
        assert "*" not in url and "0.0.0.0" not in url and "::" not in url
        assert requests.get(url + "-/health", timeout=10).status_code == 200
    finally:
        process.terminate()
        process.wait(30)
