"""Every error is one line with the cause and the remedy, and the right exit status or errno."""
# SEMANTICS: 5.0, 5.1, 6.6, 6.10, 7.3

import errno
import http.server
import os
import socket
import ssl
import threading

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
     ["--bucket", "one/a", "--bucket", "one/b"], ["--timeout", "0"], ["--timeout=0.001"], ["--ttl", "-1"],
     ["-o", "timeout=0"], ["-o", "remount"]],
    ids=" ".join,
)
def test_usage_errors_exit_64(command, arguments):
    assert command(*arguments).returncode == USAGE


@pytest.mark.parametrize("name", ["localhost:4566", "127.0.0.1", "127.0.0.1:4591/x", "http://a", "a b", "..", "", "/a"])
def test_a_bucket_that_no_s3_can_have(command, name):
    result = command("--http", "127.0.0.1:0", "--bucket", name)
    assert result.returncode == USAGE and "bucket" in result.stderr
    assert "--endpoint http://" in result.stderr or ":" not in name


def test_a_bucket_that_is_missing_and_cannot_be_created(command):
    assert_refused(command("--http", "127.0.0.1:0", "--bucket", "My_Bucket"), "My_Bucket", "lower-case")


@pytest.mark.parametrize("spelling", ["{}", "s3://{}/in"])
def test_a_bucket_that_does_not_exist_yet(start_mount, s3, bucket_name, spelling):
    mount = start_mount("--bucket", spelling.format(bucket_name))
    assert any(f"no bucket {bucket_name}" in line and "warning" in line for line in mount.errors), mount.errors
    assert os.listdir(mount.directory) == []
    s3.create_bucket(Bucket=bucket_name)
    try:
        assert os.listdir(mount.directory) == [bucket_name]
    finally:
        s3.delete_bucket(Bucket=bucket_name)


@pytest.mark.parametrize(
    "typed, meant",
    [("staus", "status"), ("sed", "seed"), ("Reset", "reset"), ("presing", "presign"), ("hepl", "help")],
)
def test_a_mistyped_command_is_corrected(typed, meant, tmp_path):
    result = run(binary(), typed, "x", check=False, cwd=tmp_path, env=environment(tmp_path))
    assert result.returncode == USAGE and f"Did you mean {meant}?" in result.stderr


def test_a_mistyped_inner_command_is_corrected(tmp_path):
    result = run(binary(), "snapshot", "sve", check=False, env=environment(tmp_path))
    assert result.returncode == USAGE and "Did you mean snapshot save?" in result.stderr


@pytest.mark.parametrize(
    "words, meant",
    [
        (["--hepl"], "--help"), (["--endpiont", "x"], "--endpoint"), (["--endpiont=x"], "--endpoint"), (["--verison"], "--version"),
        (["--Read-Only"], "--read-only"), (["seed", "--hepl"], "--help"), (["doctor", "--endpiont", "x"], "--endpoint"),
        (["snapshot", "save", "--cache-dri", "x"], "--cache-dir"), (["-o", "allow_ohter"], "-o allow_other"),
        (["-o", "endpiont=x"], "-o endpoint"), (["/mnt", "--generate-completion-scrpit"], "--generate-completion-script"),
    ],
)  # fmt: skip
def test_a_mistyped_option_is_corrected(words, meant, tmp_path):
    result = run(binary(), *words, check=False, cwd=tmp_path, env=environment(tmp_path))
    assert result.returncode == USAGE and "Did you mean" in result.stderr
    assert result.stderr.split("Did you mean ")[1].split("?")[0].strip("'") == meant


@pytest.mark.parametrize(
    "words",
    [["--hepl"], ["staus"], ["seed"], ["wait", "--within"], ["--ttl", "soon"], ["-o", "bogus"], ["a", "b", "c"],
     ["recover", "--cache-dir", "/missing"], ["doctor", "http://x"], ["snapshot"], ["snapshot", "sve"],
     ["--fuse", "/missing"], ["--region", "a b"]],
    ids=" ".join,
)  # fmt: skip
def test_every_error_begins_with_the_programs_name(words, tmp_path):
    result = run(binary(), *words, check=False, cwd=tmp_path, env=environment(tmp_path))
    if result.returncode:
        assert result.stderr.startswith("localstackmount: "), result.stderr
        assert not any(line.startswith("Error") for line in result.stderr.splitlines())


def test_a_directory_that_resembles_a_command_is_a_mount_point(command, tmp_path):
    (tmp_path / "staus").write_text("a file")
    result = run(binary(), "staus", "--endpoint", "http://127.0.0.1:1", check=False, cwd=tmp_path, env=environment(tmp_path))
    assert result.returncode == 1 and "Did you mean" not in result.stderr


def test_help_of_commands(command):
    assert command("help", endpoint=None).stdout == command("--help", endpoint=None).stdout
    for words in (["seed"], ["snapshot", "save"]):
        assert command("help", *words, endpoint=None).stdout == command(*words, "--help", endpoint=None).stdout != ""
    result = command("help", "staus", endpoint=None)
    assert result.returncode == USAGE and "Did you mean status?" in result.stderr


def test_source_and_directory_as_mount_fuse_passes_them(command, tmp_path):
    result = command("http://127.0.0.1:1", tmp_path, "-o", "rw", endpoint=None)
    assert result.returncode == USAGE and "mount -t localstackmount SOURCE DIRECTORY" in result.stderr


def test_commands_in_messages_can_be_copied(command, tmp_path):
    assert_refused(command("--fuse", tmp_path / "with blank's"), f"mkdir -p '{tmp_path}/with blank'\\''s'")


def test_a_mount_point_that_is_a_link_to_nothing(command, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    result = command("--fuse", tmp_path / "link")
    assert_refused(result, "symbolic link")
    assert "mkdir" not in result.stderr


# What is in ~/.aws


@pytest.mark.parametrize(
    "text, words",
    [
        ("[default\nregion = x\n", ["line 1", "]"]), ("region = x\n", ["line 1", "SECTION"]),
        ("[default]\nregion\n", ["line 2", "NAME = VALUE"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name, variable", [("config", "AWS_CONFIG_FILE"), ("credentials", "AWS_SHARED_CREDENTIALS_FILE")])
def test_a_malformed_file_of_aws_is_named(command, tmp_path, text, words, name, variable):
    (tmp_path / "home/.aws").mkdir(parents=True)
    (tmp_path / "home/.aws" / name).write_text(text)
    assert_refused(command("--http", "127.0.0.1:0"), str(tmp_path / "home/.aws" / name), variable, *words)


def test_a_file_of_aws_that_cannot_be_read_is_named(command, tmp_path):
    (tmp_path / "home/.aws/config").mkdir(parents=True)
    assert_refused(command("--http", "127.0.0.1:0"), str(tmp_path / "home/.aws/config"), "AWS_CONFIG_FILE")


@pytest.mark.parametrize("section", ["profile 'a b'", 'profile "a b"', "profile a b"])
def test_a_profile_with_a_blank_after_a_byte_order_mark(command, tmp_path, section):
    (tmp_path / "home/.aws").mkdir(parents=True)
    endpoint = f"http://127.0.0.1:{free_port()}"
    (tmp_path / "home/.aws/config").write_text(f"\ufeff[{section}]\nendpoint_url = {endpoint}\n", encoding="utf-8")
    assert_refused(command("--http", "127.0.0.1:0", "--profile", "a b", endpoint=None), endpoint)


# TLS


class NoS3(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(404)

    def log_message(self, *_):
        pass


@pytest.fixture
def tls_server(tmp_path):
    """A server with a certificate that nobody signed; returns its endpoint and the certificate."""
    certificate = tmp_path / "certificate.pem"
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "key.pem", "-out", certificate,
        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, tmp_path / "key.pem")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), NoS3)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_address[1]}", certificate
    server.shutdown()


def test_a_certificate_that_is_not_trusted(command, tls_server, localstack):
    endpoint, certificate = tls_server
    result = command("--http", "127.0.0.1:0", endpoint=endpoint)
    assert_refused(result, endpoint, "certificate", "AWS_CA_BUNDLE")
    assert "LocalStack" not in result.stderr
    result = command("--http", "127.0.0.1:0", endpoint=endpoint, AWS_CA_BUNDLE=str(certificate))
    assert_refused(result, endpoint, "not as S3 does")


def test_tls_to_a_server_without_tls(command, localstack):
    endpoint = localstack.endpoint.replace("http://127.0.0.1", "https://127.0.0.1")
    result = command("--http", "127.0.0.1:0", endpoint=endpoint)
    # LocalStack speaks both on its port.
    if "not as S3 does" not in result.stderr:
        assert_refused(result, endpoint, "TLS")


def test_no_tls_to_a_server_with_tls(command, tls_server):
    endpoint = tls_server[0].replace("https", "http")
    assert_refused(command("--http", "127.0.0.1:0", endpoint=endpoint), endpoint, "begin the endpoint with https://")


PLAIN_REFUSED = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 48\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"


@pytest.fixture
def raw_server():
    """Starts a server that reads a request and answers each with the same bytes; returns its port."""
    sockets = []

    def start(answer):
        listener = socket.create_server(("127.0.0.1", 0))
        sockets.append(listener)

        def serve():
            while True:
                try:
                    connection = listener.accept()[0]
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        return listener.getsockname()[1]

    yield start
    for listener in sockets:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.mark.parametrize(
    "answer", [PLAIN_REFUSED, b"\x15\x03\x01\x00\x02\x02\x46", b""], ids=["status 400", "TLS alert", "nothing"]
)
def test_ways_in_which_tls_refuses_a_plain_request(command, raw_server, tmp_path, answer):
    endpoint = f"http://127.0.0.1:{raw_server(answer)}"
    assert_refused(command("--http", "127.0.0.1:0", endpoint=endpoint), endpoint, "begin the endpoint with https://")
    (tmp_path / "state/bucket").mkdir(parents=True)
    result = run(binary(), "expect", tmp_path / "state", "--endpoint", endpoint, check=False,
                 env=environment(tmp_path))  # fmt: skip
    assert "https://" in result.stderr, result.stderr


# Proxies


@pytest.mark.parametrize(
    "scheme, variable", [("http", "http_proxy"), ("https", "HTTPS_PROXY"), ("http", "ALL_PROXY"), ("https", "all_proxy")]
)
def test_a_proxy_that_does_not_answer_is_named(command, scheme, variable):
    port = free_port()
    variables = {variable: f"http://me:secret@127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    result = command("--http", "127.0.0.1:0", endpoint=f"{scheme}://s3.example.com", **variables)
    assert_refused(result, f"{scheme}://s3.example.com", f"http://127.0.0.1:{port}", variable, "NO_PROXY=s3.example.com")
    assert "secret" not in result.stderr
    result = command("--http", "127.0.0.1:0", endpoint=f"{scheme}://s3.invalid", NO_PROXY="invalid", **variables)
    assert_refused(result, "s3.invalid")
    assert variable not in result.stderr


def test_a_proxy_whose_name_is_unknown_is_named(command):
    result = command("--http", "127.0.0.1:0", endpoint="http://s3.example.com", http_proxy="proxy.invalid:3128",
                     AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b")  # fmt: skip
    assert_refused(result, "proxy.invalid:3128", "http_proxy")


@pytest.mark.parametrize("scheme, variable", [("http", "http_proxy"), ("https", "https_proxy")])
def test_a_proxy_that_wants_a_password_is_named(command, raw_server, scheme, variable):
    answer = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    port = raw_server(answer)
    variables = {variable: f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    result = command("--http", "127.0.0.1:0", endpoint=f"{scheme}://s3.example.com", **variables)
    assert_refused(result, f"http://127.0.0.1:{port}", variable, "407")


# Credentials and regions


def credential_process(tmp_path, text):
    (tmp_path / "home/.aws").mkdir(parents=True, exist_ok=True)
    script = tmp_path / "process"
    script.write_text(f"#!/bin/sh\n{text}\n")
    script.chmod(0o755)
    (tmp_path / "home/.aws/config").write_text(f"[profile p]\ncredential_process = {script}\n")


ANSWER = '{"Version": 1, "AccessKeyId": "a", "SecretAccessKey": "hush", "Expiration": "2020-01-01T00:00:00Z"}'


def test_credentials_of_a_process_that_have_expired(command, tmp_path):
    credential_process(tmp_path, f"echo '{ANSWER}'")
    result = command("--http", "127.0.0.1:0", "--profile", "p")
    assert_refused(result, 'credential_process of the profile "p"', "expired at 2020-01-01T00:00:00Z")
    assert "hush" not in result.stderr


def test_credentials_of_the_environment_that_have_expired(command):
    variables = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    result = command("--http", "127.0.0.1:0", AWS_CREDENTIAL_EXPIRATION="2020-01-01T00:00:00+00:00", **variables)
    assert_refused(result, "AWS_ACCESS_KEY_ID", "expired at 2020-01-01T00:00:00Z")


@pytest.mark.parametrize("arguments", [["--http", "127.0.0.1:0"], ["wait", "s3://b/k", "--timeout", "1s"], ["doctor"]], ids=" ".join)
def test_a_slow_credential_process_is_reported_once(command, tmp_path, arguments):
    credential_process(tmp_path, "sleep 4.5; echo no")
    result = command(*arguments, "--profile", "p")
    lines = [line for line in result.stderr.splitlines() if "waiting for credential_process" in line]
    assert len(lines) == 1 and lines[0].startswith("localstackmount: ") and str(tmp_path / "process") in lines[0]


@pytest.mark.parametrize("region", ["us east-1", "us-east-1 ", "-", "us_east_1", "us-east-1/x", "é", "x" * 64])
@pytest.mark.parametrize("source", ["--region", "AWS_REGION", "AWS_DEFAULT_REGION"])
def test_a_region_that_none_is(command, source, region):
    words, variables = (["--region", region], {}) if source == "--region" else ([], {source: region})
    assert_refused(command("--http", "127.0.0.1:0", *words, **variables), f"{source}: \"{region}\"", "us-east-1")
    assert command("wait", "s3://b/k", "--timeout", "1s", *words, **variables).returncode == USAGE


@pytest.mark.parametrize("content", [None, "", "no certificate", "directory"])
def test_a_bundle_that_is_none(command, tmp_path, content):
    bundle = tmp_path / "bundle.pem"
    if content == "directory":
        bundle.mkdir()
    elif content is not None:
        bundle.write_text(content)
    result = command("--http", "127.0.0.1:0", endpoint="https://127.0.0.1:1", AWS_CA_BUNDLE=str(bundle))
    assert_refused(result, "AWS_CA_BUNDLE", str(bundle))


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


@pytest.mark.parametrize("command", [("status",), ("recover",), ("recover", "--discard")])
def test_a_cache_directory_that_no_run_can_have_used_is_an_error(command, tmp_path):
    """A mistyped name must not look as if everything were in S3."""
    (tmp_path / "file").write_text("x")
    for directory in ("/dev/null", tmp_path / "file", tmp_path / "file/x", tmp_path / "missing"):
        result = run(binary(), *command, "--cache-dir", directory, check=False, env=environment(tmp_path))
        assert result.returncode == 1 and "--cache-dir" in result.stderr and not result.stdout
    assert run(binary(), *command, env=environment(tmp_path)).returncode == 0
