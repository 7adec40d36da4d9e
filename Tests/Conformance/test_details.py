"""Headers, metadata, tags, versions and presigned URLs against LocalStack, checked by boto3."""

import requests


def test_headers_metadata_and_tags_are_changed_and_told(gateway, seen):
    etag = seen.put("x", "bytes", ContentType="text/plain", Metadata={"old": "1"})
    changes = {"headers": {"content-type": "text/csv"}, "metadata": {"who": "山"}, "tags": {"stage": "raw"}}
    answer = gateway.request("POST", seen.name, "x", query="?meta", json=changes, headers={"If-Match": etag})
    assert answer.status_code == 204, answer.text
    head = seen.head("x")
    assert head["ContentType"] == "text/csv" and "old" not in head["Metadata"]
    tags = seen.client.get_object_tagging(Bucket=seen.name, Key="x")["TagSet"]
    assert tags == [{"Key": "stage", "Value": "raw"}]
    told = gateway.get(seen.name, "x", query="?meta").json()
    assert told["headers"]["content-type"] == "text/csv"
    assert (told["metadata"], told["tags"], told["size"]) == ({"who": "山"}, {"stage": "raw"}, 5)
    # Other headers leave the tags alone.
    assert gateway.request("POST", seen.name, "x", query="?meta", json={"metadata": {}}).status_code == 204
    assert gateway.get(seen.name, "x", query="?meta").json()["tags"] == {"stage": "raw"}
    assert seen.get("x") == b"bytes"


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


def test_a_new_directory_is_told_as_an_entry(gateway, seen):
    answer = gateway.request("POST", seen.name + "/", query="?mkdir=made")
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/{seen.name}/made/")
    assert answer.json() | {"name": "made", "type": "directory", "url": f"/{seen.name}/made/"} == answer.json()
    again = gateway.request("POST", seen.name + "/", query="?mkdir=made")
    assert (again.status_code, again.content) == (204, b"")
