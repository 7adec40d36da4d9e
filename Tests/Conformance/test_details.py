"""Headers, metadata, tags, versions and presigned URLs against LocalStack, checked by boto3."""

import datetime
import os
import time

import requests


def test_headers_metadata_and_tags_are_changed_and_returned(gateway, seen):
    etag = seen.put("x", "bytes", ContentType="text/plain", Metadata={"old": "1"})
    changes = {"headers": {"content-type": "text/csv"}, "metadata": {"who": "山", "old": None}, "tags": {"stage": "raw"}}
    answer = gateway.request("POST", seen.name, "x", query="?meta", json=changes, headers={"If-Match": etag})
    assert answer.status_code == 204, answer.text
    head = seen.head("x")
    assert head["ContentType"] == "text/csv" and "old" not in head["Metadata"]
    tags = seen.client.get_object_tagging(Bucket=seen.name, Key="x")["TagSet"]
    assert tags == [{"Key": "stage", "Value": "raw"}]
    told = gateway.get(seen.name, "x", query="?meta").json()
    assert told["headers"]["content-type"] == "text/csv"
    assert (told["metadata"], told["tags"], told["size"]) == ({"who": "山"}, {"stage": "raw"}, 5)
    # A change of headers leaves the tags unchanged.
    assert gateway.request("POST", seen.name, "x", query="?meta", json={"metadata": {}}).status_code == 204
    assert gateway.get(seen.name, "x", query="?meta").json()["tags"] == {"stage": "raw"}
    assert seen.get("x") == b"bytes"


FULL = dict(
    ContentType="text/plain", CacheControl="max-age=5", ContentLanguage="ja", ContentDisposition="inline",
    Expires=datetime.datetime(2030, 1, 1), StorageClass="STANDARD_IA", WebsiteRedirectLocation="/elsewhere",
    Metadata={"mode": "33261", "mtime": "1000000000", "colour": "blue"}, Tagging="a=1&b=2",
)  # fmt: skip
DESCRIBED = [
    "ContentType", "CacheControl", "ContentLanguage", "ContentDisposition", "ExpiresString", "StorageClass",
    "WebsiteRedirectLocation", "Metadata",
]  # fmt: skip


def described(bucket, key):
    """Everything that S3 stores with an object besides its bytes."""
    head = bucket.head(key)
    tags = bucket.client.get_object_tagging(Bucket=bucket.name, Key=key)["TagSet"]
    return {name: head.get(name) for name in DESCRIBED} | {"tags": sorted((tag["Key"], tag["Value"]) for tag in tags)}


def test_a_change_touches_only_what_it_names(gateway, seen):
    seen.put("x", "bytes", **FULL)
    before = described(seen, "x")
    changes = {"metadata": {"colour": "red", "size": "m"}, "tags": {"b": None, "c": "3"}}
    assert gateway.request("POST", seen.name, "x", query="?meta", json=changes).status_code == 204
    metadata = before["Metadata"] | {"colour": "red", "size": "m"}
    assert described(seen, "x") == before | {"Metadata": metadata, "tags": [("a", "1"), ("c", "3")]}


def test_keep_gives_new_bytes_and_leaves_all_else(gateway, seen):
    seen.put("x", "bytes", **FULL)
    before = described(seen, "x")
    for body in (b"new", os.urandom(18 << 20)):
        answer = gateway.put(seen.name, "x", query="?keep", data=body, headers={"Content-Type": "text/html"})
        assert (answer.status_code, seen.get("x") == body) == (204, True)
        after = described(seen, "x")
        assert abs(float(after["Metadata"].pop("mtime")) - time.time()) < 120
        assert after | {"Metadata": after["Metadata"] | {"mtime": "1000000000"}} == before


def test_a_change_of_another_version_is_refused(gateway, seen):
    seen.put("x", "1")
    answer = gateway.request("POST", seen.name, "x", query="?meta", json={"tags": {}}, headers={"If-Match": '"other"'})
    assert answer.status_code == 412


def test_versions_are_listed_read_and_restored(gateway, seen):
    seen.client.put_bucket_versioning(Bucket=seen.name, VersioningConfiguration={"Status": "Enabled"})
    seen.put("x", "one")
    seen.put("x", "two")
    versions = gateway.get(seen.name, "x", query="?versions").json()["versions"]
    assert [version["isLatest"] for version in versions] == [True, False]
    old = versions[1]["versionId"]
    assert gateway.get(seen.name, "x", query=f"?version={old}").text == "one"
    assert gateway.request("POST", seen.name, "x", query=f"?restore={old}").status_code == 200
    assert (seen.get("x"), gateway.get(seen.name, "x").text) == (b"one", "one")
    assert len(gateway.get(seen.name, "x", query="?versions").json()["versions"]) == 3
    assert gateway.get(seen.name, "x", query="?version=nonsense").status_code == 404


def test_the_versions_of_a_directorys_own_object_are_listed_and_restored(gateway, seen):
    assert gateway.get(seen.name, "", query="?meta").json()["versioning"] == "Off"
    seen.client.put_bucket_versioning(Bucket=seen.name, VersioningConfiguration={"Status": "Enabled"})
    for key in ("d/", "d/x"):
        seen.put(key, f"bytes of {key}")
    [version] = gateway.get(seen.name, "d/", query="?versions").json()["versions"]
    assert gateway.request("DELETE", seen.name, "d/", query="?recursive").status_code == 204
    for expected in (200, 412):
        restored = gateway.request("POST", seen.name, "d/", query=f"?restore={version['versionId']}", headers={"If-None-Match": "*"})
        assert restored.status_code == expected
    assert seen.get("d/") == b"bytes of d/" and gateway.http_names(seen.name, "") == {"d"}
    assert gateway.get(seen.name, "none/", query="?versions").status_code == 404
    seen.client.put_bucket_versioning(Bucket=seen.name, VersioningConfiguration={"Status": "Suspended"})
    assert gateway.get(seen.name, "", query="?meta").json()["versioning"] == "Suspended"


def test_without_versioning_there_are_no_versions(gateway, seen):
    seen.put("x", "one")
    assert gateway.get(seen.name, "x", query="?versions").json()["versions"] == []


def test_a_presigned_url_reads_straight_from_s3(gateway, seen, localstack):
    seen.put("dir/a b.txt", "signed")
    url = gateway.get(seen.name, "dir/a b.txt", query="?presign&expires=60").json()["url"]
    assert url.startswith(localstack.endpoint) and "X-Amz-Expires=60" in url
    assert requests.get(url, timeout=20).text == "signed"
    other = gateway.get(seen.name, "dir/a b.txt", query="?presign&host=http://s3.test:1234").json()["url"]
    assert other.startswith("http://s3.test:1234/")


def test_a_delete_may_name_its_version(gateway, seen):
    etag = seen.put("x", "1")
    assert gateway.delete(seen.name, "x", headers={"If-Match": '"other"'}).status_code == 412
    assert gateway.delete(seen.name, "x", headers={"If-Match": etag}).status_code == 204
    assert seen.get("x") is None


def test_a_new_directory_is_returned_as_an_entry(gateway, seen):
    answer = gateway.request("POST", seen.name + "/", query="?mkdir=made")
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/{seen.name}/made/")
    assert answer.json() | {"name": "made", "type": "directory", "url": f"/{seen.name}/made/"} == answer.json()
    again = gateway.request("POST", seen.name + "/", query="?mkdir=made")
    assert (again.status_code, again.content) == (204, b"")


def test_head_has_the_headers_of_get(gateway, seen):
    seen.put("dir/x", "bytes", Metadata={"who": "me"})
    seen.put("empty", "")
    for parts, query in [
        (("dir",), ""), (("dir",), "?json"), (("dir/",), ""), (("dir/",), "?json"), (("dir/",), "?simple"),
        (("dir/x",), ""), (("dir/x",), "?meta"), (("empty",), ""), (("missing",), ""), (("missing/",), "?json"),
    ]:  # fmt: skip
        answers = [
            gateway.request(method, seen.name, *parts, query=query, allow_redirects=False) for method in ("HEAD", "GET")
        ]
        told = [
            (answer.status_code, {name: value for name, value in answer.headers.items() if name not in ("Date", "Transfer-Encoding")})
            for answer in answers
        ]
        assert answers[0].content == b""
        assert told[0] == told[1], (parts, query)
