"""Every error is one line with the cause and the remedy, and the right exit status or errno."""
# SEMANTICS: 5.1, 6.6, 6.10, 7.3

import errno
import os
import socket

import pytest

from harness.mount import binary, environment
from harness.processes import free_port, run

USAGE = 64


@pytest.fixture
def command(tmp_path, localstack):
    """Runs the binary to its end: for commands that fail at start."""

    def run_command(*arguments, endpoint=localstack.endpoint, **variables):
        options = ["--endpoint", endpoint] if endpoint else []
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        return run(binary(), *arguments, *options, check=False, seconds=60, env=environment(home) | variables)

    return run_command


def assert_refused(result, *words, code=1):
    assert result.returncode == code, result.stderr
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    for word in words:
        assert word in lines[0]


# At the start


def test_a_mount_point_that_is_missing(command, tmp_path):
    assert_refused(command("--fuse", tmp_path / "missing"), str(tmp_path / "missing"), "mkdir")


def test_a_mount_point_that_is_a_file(command, tmp_path):
    (tmp_path / "file").write_text("")
    assert_refused(command("--fuse", tmp_path / "file"), str(tmp_path / "file"))


def test_a_mount_point_that_is_not_empty_is_left_alone(command, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/precious.txt").write_text("precious")
    assert_refused(command("--fuse", tmp_path / "full"), str(tmp_path / "full"), "empty")
    assert (tmp_path / "full/precious.txt").read_text() == "precious"


def test_a_port_in_use(command):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert_refused(command("--http", f"127.0.0.1:{port}"), str(port), "in use")


def test_a_port_in_use_leaves_no_mount(command, tmp_path):
    (tmp_path / "mount").mkdir()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        assert_refused(command("--fuse", tmp_path / "mount", "--http", address), "in use")
    assert not os.path.ismount(tmp_path / "mount")


def test_an_endpoint_that_is_down(command):
    endpoint = f"http://127.0.0.1:{free_port()}"
    assert_refused(command("--http", "127.0.0.1:0", endpoint=endpoint), endpoint, "LocalStack")


def test_an_endpoint_that_is_down_leaves_no_mount(command, tmp_path):
    (tmp_path / "mount").mkdir()
    assert_refused(command("--fuse", tmp_path / "mount", endpoint=f"http://127.0.0.1:{free_port()}"))
    assert not os.path.ismount(tmp_path / "mount")


def test_the_endpoint_of_the_environment_is_used(command):
    endpoint = f"http://127.0.0.1:{free_port()}"
    assert_refused(command("--http", "127.0.0.1:0", endpoint=None, LOCALSTACK_ENDPOINT=endpoint), endpoint)


@pytest.mark.parametrize("endpoint", ["localhost", "ftp://localhost", "http://", "http://local host:1"])
def test_an_endpoint_that_is_no_url(command, endpoint):
    result = command("--http", "127.0.0.1:0", endpoint=endpoint)
    assert_refused(result, endpoint, code=result.returncode)
    assert result.returncode in (1, USAGE)


@pytest.mark.parametrize(
    "arguments",
    [["--no-such-option"], ["--http"], ["--http", "127.0.0.1:notaport"], ["--ttl", "soon"], ["a", "b", "c"],
     ["--bucket", "one/a", "--bucket", "one/b"]],
    ids=" ".join,
)
def test_usage_errors_exit_64(command, arguments):
    assert command(*arguments).returncode == USAGE


def test_help_names_every_option(command):
    result = command("--help", endpoint=None)
    assert result.returncode == 0
    for option in (
        "--fuse --http --endpoint --region --profile --bucket --read-only --allow-other --uid --gid --umask --ttl"
        " --metadata --cache-dir --cache-size --log-level --version --help"
    ).split():
        assert option in result.stdout


def test_version(command):
    result = command("--version", endpoint=None)
    assert result.returncode == 0
    assert result.stdout.strip()


def test_nothing_is_logged_when_all_is_well(start_mount, bucket):
    mount = start_mount()
    mount.path(bucket.name, "file.txt").write_text("x")
    mount.get(bucket.name, "file.txt")
    mount.stop()
    assert not [line for line in mount.errors if "error" in line.lower() or "warning" in line.lower()], mount.errors


# Through the mount


def assert_errno(expected, call, *arguments):
    with pytest.raises(OSError) as caught:
        call(*arguments)
    assert errno.errorcode[caught.value.errno] == errno.errorcode[expected]


@pytest.mark.parametrize("name", ["ab", "Upper", "under_score", "-dash", "a..b", "192.168.0.1", "x" * 64, "ドット"])
def test_mkdir_of_a_name_that_no_bucket_can_have(mount, name):
    assert_errno(errno.EINVAL, os.mkdir, mount.path(name))


def test_a_file_at_the_root(mount):
    assert_errno(errno.EPERM, lambda: open(mount.path("file.txt"), "wb"))
    assert any("bucket" in line for line in mount.errors), "a log line states the reason"


def test_a_key_of_1024_bytes_and_one_of_1025(mount, bucket, folder):
    parents = "/".join(["p" * 200] * 5)  # 1,004 bytes
    os.makedirs(folder / parents)
    longest = parents + "/" + "k" * 19
    (folder / longest).write_text("longest")
    assert bucket.get(longest) == b"longest"
    assert_errno(errno.ENAMETOOLONG, lambda: open(folder / (longest + "k"), "wb"))
    assert_errno(errno.ENAMETOOLONG, os.mkdir, folder / (longest + "d"))
    assert_errno(errno.ENAMETOOLONG, os.rename, folder / longest, folder / (longest + "k"))
    assert bucket.get(longest) == b"longest"


def test_a_name_of_256_bytes(folder):
    (folder / ("n" * 255)).write_text("longest")
    assert_errno(errno.ENAMETOOLONG, lambda: open(folder / ("n" * 256), "wb"))
    assert_errno(errno.ENAMETOOLONG, os.stat, folder / ("n" * 256))


def test_a_hard_link(folder):
    (folder / "file").write_text("x")
    assert_errno(errno.EPERM, os.link, folder / "file", folder / "link")


def test_a_missing_file(folder):
    assert_errno(errno.ENOENT, os.stat, folder / "missing")
    assert_errno(errno.ENOENT, os.unlink, folder / "missing")
    assert_errno(errno.ENOENT, os.rename, folder / "missing", folder / "other")
    assert_errno(errno.ENOENT, os.stat, folder / "missing/below")


def test_a_read_only_mount(start_mount, bucket):
    bucket.put("file.txt", "contents")
    mount = start_mount("--read-only")
    folder = mount.path(bucket.name)
    assert (folder / "file.txt").read_text() == "contents"
    assert_errno(errno.EROFS, lambda: open(folder / "new.txt", "wb"))
    assert_errno(errno.EROFS, os.unlink, folder / "file.txt")
    assert_errno(errno.EROFS, os.mkdir, folder / "dir")
    assert mount.put(bucket.name, "new.txt", data=b"x").status_code == 403
    assert mount.delete(bucket.name, "file.txt").status_code == 403
    assert bucket.keys() == ["file.txt"]


# Over HTTP


@pytest.mark.parametrize("value", ["bytes=a-b", "bytes=", "lines=0-1", "bytes=5-2", "0-1"])
def test_a_malformed_range_is_ignored(mount, bucket, value):
    bucket.put("file.txt", "0123456789")
    answer = mount.get(bucket.name, "file.txt", headers={"Range": value})
    # RFC 9110 section 14.2: an invalid or unknown Range is ignored.
    assert (answer.status_code, answer.content) in [(200, b"0123456789"), (416, answer.content)]


def put_request(mount, path, headers, body):
    lines = [f"PUT {path} HTTP/1.1", f"Host: 127.0.0.1:{mount.port}", "Connection: close", *headers, "", ""]
    return mount.raw("\r\n".join(lines).encode() + body)


@pytest.mark.parametrize(
    "headers",
    [["Content-Length: 1000"], ["Content-Length: 1000", "Expect: 100-continue"], ["Transfer-Encoding: chunked"]],
    ids=["longer than the body", "after 100-continue", "chunk cut off"],
)
def test_half_an_upload_leaves_nothing(mount, bucket, folder, headers):
    body = b"ff\r\nhalf" if "chunked" in headers[0] else b"half"
    put_request(mount, f"/{bucket.name}/half.txt", headers, body)
    assert bucket.keys() == []
    assert bucket.uploads() == []
    assert os.listdir(folder) == []


def test_half_an_upload_keeps_what_was_there(mount, bucket):
    bucket.put("file.txt", "whole")
    put_request(mount, f"/{bucket.name}/file.txt", ["Content-Length: 1000"], b"half")
    assert bucket.get("file.txt") == b"whole"


@pytest.mark.parametrize(
    "headers",
    [["Content-Length: -1"], ["Content-Length: many"], ["Content-Length: 3", "Content-Length: 5"]],
    ids=["negative", "no number", "two different ones"],
)
def test_a_false_content_length_is_refused(mount, bucket, headers):
    answer = put_request(mount, f"/{bucket.name}/file.txt", headers, b"abcde")
    # The server library may drop the connection without an answer.
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    assert bucket.keys() == []


def test_a_put_onto_a_directory_is_refused_with_a_hint(mount, bucket):
    bucket.put("dir/inside", "x")
    answer = mount.put(bucket.name, "dir", data=b"y")
    assert answer.status_code == 409
    assert "dir/" in answer.text
    assert bucket.keys() == ["dir/inside"]


@pytest.mark.parametrize("name", ["Ab_", "ab", "a..b"])
def test_a_bad_bucket_name_is_refused_with_the_rule(mount, name):
    answer = mount.put(name + "/")
    assert answer.status_code == 400
    assert f'"{name}" cannot be a bucket' in answer.text


def test_a_key_over_1024_bytes_is_refused_over_http(mount, bucket):
    assert mount.put(bucket.name, "k" * 200 + "/" + "k" * 824, data=b"x").status_code == 414
    assert mount.put(bucket.name, "k" * 200 + "/" + "k" * 823, data=b"x").status_code == 201


def test_an_upload_into_a_bucket_that_does_not_exist(mount, bucket_name):
    assert mount.put(bucket_name, "file.txt", data=b"x").status_code == 404


def test_a_file_at_the_root_is_refused_over_http(mount):
    assert mount.put("file.txt", data=b"x").status_code in (400, 409)


def test_a_bucket_that_is_not_empty_is_not_deleted(mount, bucket):
    bucket.put("file.txt", "x")
    assert mount.delete(bucket.name + "/").status_code == 409
    assert_errno(errno.ENOTEMPTY, os.rmdir, mount.path(bucket.name))
    assert bucket.keys() == ["file.txt"]


@pytest.mark.parametrize("target", ["/%", "/%zz/x", "/a/%ff"], ids=["cut", "no hex", "no UTF-8"])
def test_a_malformed_url_is_refused(mount, target):
    request = f"GET {target} HTTP/1.1\r\nHost: localhost:{mount.port}\r\nConnection: close\r\n\r\n"
    assert mount.raw(request.encode()).startswith(b"HTTP/1.1 400 ")
