"""What people download with: curl, wget, aria2c, rclone, requests."""

import hashlib
import os
import shutil
import subprocess

import pytest
import requests

from harness.processes import run

CONTENT = os.urandom(3 << 20)


@pytest.fixture
def stored(gateway, seen):
    seen.put("dir/large.bin", CONTENT)
    seen.put("dir/日本 語.txt", "text")
    # What it showed a moment ago may stay for the ttl.
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
    run("rclone", *config, "copy", source + "dir", tmp_path / "out")
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


def test_a_listing_is_compressed_for_who_takes_it(gateway, seen):
    for number in range(100):
        seen.put(f"a-rather-long-name-{number}", "")
    answer = gateway.get(seen.name + "/", query="?json", headers={"Accept-Encoding": "gzip", "Cache-Control": "no-cache"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.json()["entries"]) == 100
