"""docs/HTTP.md: every curl line in it is run, and answers with the status that follows it."""

import io
import re
import secrets
import tarfile
import zipfile

import pytest

from harness.localstack import Bucket
from harness.processes import REPOSITORY, run
from harness.waiting import wait_until

DOCUMENT = (REPOSITORY / "docs" / "HTTP.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", DOCUMENT, re.DOTALL | re.MULTILINE)
LINES = [line for block in BLOCKS for line in block.splitlines()]
# The output of curl: only the status, after the output of the line itself.
SHELL = """
curl() { command curl -sS --max-time 20 -w '\\n%{http_code}' "$@"; }
make-report() { echo a,b,c; }
"""


def test_every_line_of_the_document_has_a_status():
    assert len(LINES) > 80
    assert [line for line in LINES if not re.search(r"curl .*# [1-5]\d\d\b", line)] == []


@pytest.fixture(scope="module")
def buckets(s3, gateway):
    """One bucket for each line, and one more: created together, because a new one may stay unseen for the ttl."""
    buckets = [Bucket(s3, f"test-line-{number}-{secrets.token_hex(4)}").create() for number in range(len(LINES) + 1)]
    wait_until(lambda: {bucket.name for bucket in buckets} <= gateway.http_names(""), 5, "new buckets in the listing")
    yield buckets
    for bucket in buckets:
        bucket.remove_with_versions()


@pytest.fixture
def stage(buckets, s3, bucket_name, tmp_path):
    """The objects that the lines use: a bucket with `key`, `dir/` and more, another one, and files to send."""
    seen, other = buckets.pop(), buckets[0]
    keys = ["key", "dir/key", "dir/a.txt", "dir/sub/b.txt", "result.csv", "a report.txt"]
    for key in keys:
        seen.put(key, (key + "\n") * 40)
    files = {"file.txt": b"sent", "a.txt": b"a", "b.txt": b"b"}
    zipped, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("index.html", "<p>")
    with tarfile.open(fileobj=tarred, mode="w:gz") as archive:
        member = tarfile.TarInfo("index.html")
        member.size = 3
        archive.addfile(member, io.BytesIO(b"<p>"))
    for name, member_name in (("buckets.tar", f"{seen.name}/a"), ("outside.tar", "../a")):
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w") as archive:
            archive.addfile(tarfile.TarInfo(member_name))
        files[name] = made.getvalue()
    files |= {"site.zip": zipped.getvalue(), "site.tar.gz": tarred.getvalue()}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "key").write_bytes(seen.get("dir/key")[:10])
    yield {"bucket": seen, "other": other, "new": bucket_name, "directory": tmp_path}
    Bucket(s3, bucket_name).remove()
    seen.remove_with_versions()


def filled(line, stage, gateway):
    """The line with the names of this stage."""
    bucket = stage["bucket"]
    key = "dir/key" if "dir/key" in line else "key"
    if "ID" in line or "versions" in line:
        bucket.client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
        version = bucket.client.put_object(Bucket=bucket.name, Key=key, Body=b"newer")["VersionId"]
        line = line.replace("=ID", f"={version}")
    if "/-/snapshots/before" in line:
        # It exists already, except for the line that saves it.
        snapshot = f"{gateway.base}/-/snapshots/before"
        run("curl", "-fsS", "-X", "POST", f"{snapshot}?bucket={bucket.name}")
        if "?bucket=" in line:
            run("curl", "-fsS", "-X", "DELETE", snapshot)
        line = line.replace("?bucket=bucket", f"?bucket={bucket.name}")
    line = line.replace("ETAG", bucket.head(key)["ETag"].strip('"'))
    line = line.replace("/other-bucket/", f"/{stage['other'].name}/").replace("/new-bucket/", f"/{stage['new']}/")
    return line.replace("/bucket/", f"/{bucket.name}/").replace("http://localhost:8080", gateway.base)


@pytest.mark.parametrize("line", LINES)
def test_a_line_answers_as_documented(gateway, stage, line):
    command, status = re.fullmatch(r"(.*?)\s+# ([1-5]\d\d).*", line).groups()
    command = filled(command, stage, gateway)
    if "?watch'" in command:
        command = command.replace("curl ", "curl --max-time 2 ")
    shown = run("bash", "-c", SHELL + command, cwd=stage["directory"], check=False)
    assert shown.stdout[-3:] == status, f"{command}: {shown.stdout[-400:]}{shown.stderr}"
