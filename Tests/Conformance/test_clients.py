"""Common download clients: curl, wget, aria2c, rclone, requests."""

import hashlib
import os
import shutil
import subprocess

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError, MissingDependencyException

from harness.processes import run

CONTENT = os.urandom(3 << 20)


@pytest.fixture
def stored(gateway, seen):
    seen.put("dir/large.bin", CONTENT)
    seen.put("dir/日本 語.txt", "text")
    # A listing may be cached for the ttl.
    gateway.get(seen.name + "/", query="?json", headers={"Cache-Control": "no-cache"})
    return seen


def needs(program):
    return pytest.mark.skipif(not shutil.which(program), reason=f"{program} is not installed")


@needs("curl")
def test_curl_resumes_a_download(gateway, stored, tmp_path):
    target = tmp_path / "large.bin"
    target.write_bytes(CONTENT[:1_000_000])
    run("curl", "-fsS", "-C", "-", "-o", target, gateway.url(stored.name, "dir/large.bin"))
    assert target.read_bytes() == CONTENT


@needs("wget")
def test_wget_resumes_a_download(gateway, stored, tmp_path):
    target = tmp_path / "large.bin"
    target.write_bytes(CONTENT[:1_000_000])
    run("wget", "-q", "-c", "-O", target, gateway.url(stored.name, "dir/large.bin"))
    assert target.read_bytes() == CONTENT


@needs("wget")
def test_wget_mirrors_a_directory_by_its_page(gateway, stored, tmp_path):
    options = ["-q", "-r", "-np", "-nH", "--cut-dirs=1", "--restrict-file-names=nocontrol", "-P", tmp_path]
    subprocess.run(["wget", *options, gateway.url(stored.name, "dir/")], timeout=60)
    assert (tmp_path / "dir" / "large.bin").read_bytes() == CONTENT
    assert (tmp_path / "dir" / "日本 語.txt").read_text() == "text"


@needs("aria2c")
def test_aria2c_downloads_by_several_connections(gateway, stored, tmp_path):
    url = gateway.url(stored.name, "dir/large.bin")
    run("aria2c", "-q", "-x4", "-s4", "-k1M", "-d", tmp_path, "-o", "large.bin", url)
    assert (tmp_path / "large.bin").read_bytes() == CONTENT


@needs("rclone")
def test_rclone_reads_listings_through_its_http_backend(gateway, stored, tmp_path):
    source = f":http,url='{gateway.url(stored.name)}/':"
    config = ["--config", tmp_path / "none.conf"]
    names = run("rclone", *config, "lsf", "-R", source).stdout.splitlines()
    assert {"dir/", "dir/large.bin", "dir/日本 語.txt"} <= set(names)
    stored.put("dir/12:30 a?b.txt", "colon")
    gateway.get(stored.name + "/dir/", query="?json", headers={"Cache-Control": "no-cache"})
    assert "12:30 a?b.txt" in run("rclone", *config, "lsf", source + "dir").stdout.splitlines()
    run("rclone", *config, "copy", source + "dir", tmp_path / "out")
    assert (tmp_path / "out" / "12:30 a?b.txt").read_text() == "colon"
    assert (tmp_path / "out" / "large.bin").read_bytes() == CONTENT


def test_requests_streams_a_download(gateway, stored):
    digest = hashlib.sha256()
    with requests.get(gateway.url(stored.name, "dir/large.bin"), stream=True, timeout=60) as answer:
        for piece in answer.iter_content(1 << 16):
            digest.update(piece)
    assert digest.digest() == hashlib.sha256(CONTENT).digest()


def test_several_ranges_are_one_answer(gateway, stored):
    answer = gateway.get(stored.name, "dir/large.bin", headers={"Range": "bytes=0-9,100-109,-10"})
    assert answer.status_code == 206
    assert answer.headers["Content-Type"].startswith("multipart/byteranges; boundary=")
    for part in (CONTENT[:10], CONTENT[100:110], CONTENT[-10:]):
        assert part in answer.content
    assert int(answer.headers["Content-Length"]) == len(answer.content)


def test_a_listing_is_compressed_for_clients_that_accept_it(gateway, seen):
    for number in range(100):
        seen.put(f"a-rather-long-name-{number}", "")
    answer = gateway.get(seen.name + "/", query="?json", headers={"Accept-Encoding": "gzip", "Cache-Control": "no-cache"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.json()["entries"]) == 100


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "SHA1", "SHA256"])
def test_boto3_stores_reads_and_deletes_through_the_gateway_with_checksums(gateway, seen, s3, algorithm):
    client = boto3.client(
        "s3", endpoint_url=gateway.base, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test",
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
    )
    try:
        client.put_object(Bucket=seen.name, Key="a/b", Body=b"bytes", ChecksumAlgorithm=algorithm, Metadata={"k": "v"})
    except MissingDependencyException:
        pytest.skip("botocore has no such checksum without another package")
    assert (seen.get("a/b"), seen.head("a/b")["Metadata"]) == (b"bytes", {"k": "v"})
    assert client.get_object(Bucket=seen.name, Key="a/b")["Body"].read() == b"bytes"
    for refused in (
        lambda: client.copy_object(Bucket=seen.name, Key="c", CopySource=f"{seen.name}/a/b"),
        lambda: client.put_object_tagging(Bucket=seen.name, Key="a/b", Tagging={"TagSet": []}),
        lambda: client.put_object(Bucket=seen.name, Key="a/b", Body=b"x", ACL="private"),
        lambda: client.create_multipart_upload(Bucket=seen.name, Key="a/b"),
        lambda: client.upload_part(Bucket=seen.name, Key="a/b", UploadId="u", PartNumber=1, Body=b"x"),
        lambda: client.delete_objects(Bucket=seen.name, Delete={"Objects": [{"Key": "a/b"}]}),
        lambda: client.list_objects_v2(Bucket=seen.name),
    ):
        with pytest.raises(ClientError) as failure:
            refused()
        assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 415, 501)
    assert (seen.keys(), seen.get("a/b")) == (["a/b"], b"bytes")
    client.delete_object(Bucket=seen.name, Key="a/b")
    assert seen.keys() == []
