"""Headers, metadata and tags of an object are preserved, whatever programs do to the file."""
# SEMANTICS: 3.10, 4.5, 5.5, 6.3, 6.5, 6.6, 6.6.1, 6.7, 6.9

import errno
import gzip
import http.client
import os
import shutil
import stat
import subprocess
import sys

import pytest

from harness.processes import run, shell
from harness.waiting import wait_until

KEY = "arn:aws:kms:us-east-1:000000000000:key/0123abcd-0123-0123-0123-0123456789ab"
PROPERTIES = {
    "ContentType": "text/x-mine",
    "ContentEncoding": "x-own",
    "ContentDisposition": 'attachment; filename="f"',
    "ContentLanguage": "ja",
    "CacheControl": "max-age=17",
    "ExpiresString": "Wed, 21 Oct 2037 07:28:00 GMT",
    "StorageClass": "STANDARD_IA",
    "WebsiteRedirectLocation": "/elsewhere",
    "ServerSideEncryption": "aws:kms",
    "SSEKMSKeyId": KEY,
    "BucketKeyEnabled": True,
}
# In another spelling than ours: it must be preserved byte for byte.
METADATA = {
    "colour": "blue",
    "mixed-case": "Title With Spaces",
    "two-blanks": "a  b",
    "quoted-words": "=?UTF-8?Q?caf=C3=A9?= and =?iso-8859-1?Q?caf=E9?=",
}
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
    "rename over it": "printf new > f.tmp && mv f.tmp f",
    "rename of the directory": "mv ../dir ../other && mv ../other ../dir",
    "rename through the gateway": "curl -sfX POST $base/dir/f?move=$path/dir/g && curl -sfX POST $base/dir/g?move=$path/dir/f",
    "rename of the directory through the gateway":
        "curl -sfX POST $base/dir/?move=$path/other/ && curl -sfX POST $base/other/?move=$path/dir/",
    "PUT ?keep": "curl -sfT /etc/hostname $base/dir/f?keep",
    "POST ?meta": "curl -sfd '{}' -H 'Content-Type: application/json' $base/dir/f?meta",
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
    properties = {name.removesuffix("String"): value for name, value in PROPERTIES.items()}
    bucket.put(key, body, Metadata=METADATA, Tagging="team=a%20b&%E6%97%A5%E6%9C%AC=x%3Dy", **properties)


# Most of the changes take other requests for an object that was uploaded in parts.
@pytest.mark.parametrize("size", [12, 20_000_000], ids=["small", "in parts"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_keeps_everything_else(bucket, folder, mount, change, size):
    """A table of operations that change an object, with every header that is stored with it (C40, C41, C42, C46)."""
    put(bucket, "dir/f", "old contents" if size < 100 else "x" * size)
    path = f"/{bucket.name}"
    shell(f"base={mount.base}{path} path={path}\n{CHANGES[change]}", cwd=folder / "dir")
    assert_kept(bucket, "dir/f")


# Values in Latin-1, which boto3 would not send.
RAW = {
    "Content-Type": b"text/x-\xe9",
    "Content-Disposition": b'inline; filename="\xe9"',
    "x-amz-meta-latin": b"caf\xe9",
    "x-amz-meta-utf": "café".encode(),
}


def exchange(endpoint, method, path, headers, body=b""):
    """The answer's headers. LocalStack requires no valid signature."""
    connection = http.client.HTTPConnection(endpoint.removeprefix("http://"), timeout=60)
    connection.putrequest(method, path)
    scope = "Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
    for name, value in {"Authorization": "AWS4-HMAC-SHA256 " + scope, "Content-Length": str(len(body)), **headers}.items():
        connection.putheader(name, value)
    connection.endheaders(body)
    answer = connection.getresponse()
    assert answer.status == 200
    return answer.headers


@pytest.mark.parametrize(
    "change", ["echo more >>f", "chmod 600 f", "touch -d @1000000000 f", "truncate -s 3 f", "mv f g; cp g f", "?keep"]
)
def test_bytes_of_headers_that_are_not_utf8_are_kept(bucket, folder, mount, localstack, change):
    """F11: http.client reads headers as Latin-1."""
    path = f"/{bucket.name}/dir/f"
    bucket.put("dir/other")
    exchange(localstack.endpoint, "PUT", path, RAW, b"old contents")
    if change == "?keep":
        shell(f"curl -fsS -T /etc/hostname '{mount.base}{path}?keep'")
    else:
        shell(change, cwd=folder / "dir")
    kept = exchange(localstack.endpoint, "HEAD", path, {})
    assert {name: kept[name].encode("latin-1") for name in RAW} == RAW


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
    "through the gateway": "curl -sfX POST $base/dir/f?copy=$path/dir/g",
    "cp of the directory": "cd .. && cp -r dir other && mv other/f dir/g",
}


@pytest.mark.parametrize("size", [1, 3_000_000, 20_000_000])
@pytest.mark.parametrize("way", COPIES)
def test_a_copy_has_everything_too(bucket, folder, mount, way, size):
    put(bucket, "dir/f", "x" * size)
    path = f"/{bucket.name}"
    shell(f"base={mount.base}{path} path={path}\n{COPIES[way]}", cwd=folder / "dir")
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


def test_a_file_made_of_two_files_has_the_headers_of_neither(bucket, folder):
    put(bucket, "f")
    shell("cat f f > g", cwd=folder)
    assert "colour" not in bucket.head("g")["Metadata"] and tags(bucket, "g") == []


def test_a_copy_inside_the_mount_has_its_own_type(bucket, folder):
    bucket.put("a.json", "{}", ContentType="application/json")
    run("cp", folder / "a.json", folder / "b.json")
    assert bucket.head("b.json")["ContentType"] == "application/json"


def test_properties_of_s3_are_read_by_name_and_not_copied(bucket, folder):
    put(bucket, "f")
    headers = {
        "content-type": "text/x-mine", "content-encoding": "x-own", "content-disposition": 'attachment; filename="f"',
        "content-language": "ja", "cache-control": "max-age=17", "expires": "Wed, 21 Oct 2037 07:28:00 GMT",
        "storage-class": "STANDARD_IA", "website-redirect-location": "/elsewhere", "server-side-encryption": "aws:kms",
    }  # fmt: skip
    assert {name: os.getxattr(folder / "f", f"user.s3.{name}").decode() for name in headers} == headers
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


def test_directories_have_no_size_and_two_links(bucket, folder):
    bucket.put("implied/f", "x")
    first = os.stat(folder / "implied")
    assert (first.st_size, first.st_nlink) == (0, 2)
    made = [row["CreationDate"] for row in bucket.client.list_buckets()["Buckets"] if row["Name"] == bucket.name]
    assert int(first.st_mtime) == int(made[0].timestamp())
    assert os.stat(folder / "implied").st_mtime_ns == first.st_mtime_ns


@pytest.mark.parametrize("change", [
    "touch new", "mkdir new", "ln -s f new", "rm f", "rmdir empty", "mv f g", "mv f ../g", "mv ../other .",
    "curl -sfT /etc/hostname $base/dir/new", "curl -sfX DELETE $base/dir/f", "curl -sfX POST $base/dir/f?move=$path/dir/g",
])
def test_the_times_of_a_directory_change_with_its_names(bucket, folder, mount, change):
    """Regression (C30): Python imports modules written at run time, and mail programs see new mail."""
    bucket.put("other", "x")
    (folder / "dir/empty").mkdir(parents=True)
    (folder / "dir/f").write_text("x")
    first = os.stat(folder / "dir")
    shell(f"base={mount.base}/{bucket.name} path=/{bucket.name}\n{change}", cwd=folder / "dir")
    now = wait_until(lambda: (now := os.stat(folder / "dir")).st_mtime_ns > first.st_mtime_ns and now, what="a newer time")
    assert now.st_ctime_ns >= now.st_mtime_ns


def test_the_times_of_a_directory_change_with_changes_by_others(bucket, folder):
    """Regression (C30): changes that a listing has shown."""
    bucket.put("dir/f", "x")
    assert os.listdir(folder / "dir") == ["f"]
    first = os.stat(folder / "dir")
    bucket.put("dir/g", "x")
    wait_until(lambda: sorted(os.listdir(folder / "dir")) == ["f", "g"], what="the new name")
    wait_until(lambda: os.stat(folder / "dir").st_mtime_ns > first.st_mtime_ns, what="a newer time")


def test_python_imports_a_module_that_was_written_at_run_time(bucket, folder):
    """Regression (C30): Python's finder lists a directory again only when the directory's time has changed."""
    program = """
import pathlib, sys
sys.path.insert(0, ".")
for number in range(20):
    try:
        __import__(f"late{number}")
    except ModuleNotFoundError:
        pathlib.Path(f"late{number}.py").write_text(f"VALUE = {number}")
        assert __import__(f"late{number}").VALUE == number
"""
    run(sys.executable, "-B", "-c", program, cwd=folder)


def test_reading_does_not_change_the_time_of_access(bucket, folder):
    (folder / "f").write_text("x")
    os.utime(folder / "f", (1_000_000_000, 1_000_000_001))
    assert (folder / "f").read_text() == "x"
    status = os.stat(folder / "f")
    assert (status.st_atime, status.st_mtime) == (1_000_000_000, 1_000_000_001)
    assert bucket.head("f")["Metadata"]["atime"] == "1000000000"


def test_the_root_and_buckets_keep_attributes_as_long_as_the_mount(start_mount, bucket, tmp_path):
    """Regression (C44): attributes that copytree(dirs_exist_ok=True), `cp -a` and `tar x` set in the end."""
    fixtures = tmp_path / "fixtures"
    (fixtures / bucket.name / "dir").mkdir(parents=True)
    (fixtures / bucket.name / "dir/f").write_text("x")
    os.chmod(fixtures / bucket.name, 0o750)
    os.utime(fixtures / bucket.name, (1_000_000_000, 1_000_000_001))
    mount = start_mount()
    run("cp", "-a", f"{fixtures}/.", f"{mount.directory}/")
    status = os.stat(mount.path(bucket.name))
    assert (stat.S_IMODE(status.st_mode), status.st_mtime) == (0o750, 1_000_000_001)
    shutil.copytree(fixtures, mount.directory, dirs_exist_ok=True)
    run("tar", "-C", mount.directory, "-xpf", "-", input=subprocess.check_output(["tar", "-C", fixtures, "-c", "."]))
    os.chmod(mount.directory, 0o711)
    assert stat.S_IMODE(os.stat(mount.directory).st_mode) == 0o711
    assert [key for key in bucket.keys() if not key.endswith("/")] == ["dir/f"]
    mount.stop()
    again = start_mount(home=mount.home)
    assert stat.S_IMODE(os.stat(again.path(bucket.name)).st_mode) == 0o755


def test_an_object_encrypted_with_its_owners_key_can_be_replaced(bucket, folder, mount):
    """C45."""
    for name in ("f", "g"):
        bucket.put(name, "secret", SSECustomerAlgorithm="AES256", SSECustomerKey=b"k" * 32)
    assert sorted(os.listdir(folder)) == ["f", "g"]
    with pytest.raises(PermissionError):
        (folder / "f").read_bytes()
    answer = mount.get(bucket.name, "f")
    assert answer.status_code == 403 and "SSE-C" in answer.text
    (folder / "f").write_text("open")
    assert bucket.get("f") == b"open"
    os.remove(folder / "g")
    assert bucket.keys() == ["f"]


def test_tags_are_kept_where_there_are_versions(bucket, folder):
    """LocalStack's GET of such an object does not return the number of its tags."""
    bucket.client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    bucket.put("f", "one", Tagging="a=1")
    with open(folder / "f", "a") as file:
        file.write("two")
    assert bucket.get("f") == b"onetwo"
    assert tags(bucket, "f") == [{"Key": "a", "Value": "1"}]
    bucket.remove_with_versions()
