"""Bad input: one line, the exit status of the table, and nothing changed."""

import json
import os
import re
import resource
import signal
import subprocess
import time

import pytest

from harness.faultproxy import Body, FaultProxy, Hold, Silence, Status
from harness.processes import free_port
from harness.states import BINARY, States

ROWS = [
    # Arguments; exit status; a part of the message.
    (["seed", "nothing"], 2, "there is no directory nothing"),
    (["seed", "file"], 2, "file is not a directory"),
    (["reset", "empty"], 2, "holds no bucket"),
    (["reset", "flat"], 2, "flat/orders is a file where a bucket's folder should be"),
    (["seed", "badname"], 2, '"Bad_Name" cannot be a bucket\'s name'),
    (["seed", "badsidecar"], 2, "badsidecar/orders/x@s3:2:11: not JSON"),
    (["seed", "badheader"], 2, 'S3 stores no header "x-no"'),
    (["seed", "orphan"], 2, "has no object"),
    (["seed", "badvalue"], 2, "badvalue/orders/x@s3: content-type holds what no header can carry"),
    (["seed", "badname2"], 2, 'badname2/orders/x@s3: "a b" cannot be the name of a metadata header'),
    (["seed", "twice"], 2, 'twice/orders/x@s3: "metadata" holds "a" twice'),
    (["seed", "twicemember"], 2, 'twicemember/orders/x@s3: there are two members "tags"'),
    (["seed", "badtag"], 2, 'badtag/orders/x@s3: "aws:x" cannot be a tag\'s name'),
    (["seed", "badtags"], 2, "badtags/orders/x@s3: S3 keeps at most 10 tags with an object"),
    (["seed", "longheader"], 2, "longheader/orders/x@s3: S3 takes at most 8 KiB of headers"),
    (["seed", "noobject"], 2, 'noobject/orders/@s3: objects: there is no object "nokey"'),
    (["seed", "badpattern"], 2, 'badpattern/orders/@s3: "[a" is no pattern: nothing closes its ['),
    (["expect", "badrulepattern"], 2, '"{a" is no pattern: nothing closes its {'),
    (["seed", "good", "--only", "b/[a"], 64, '"b/[a" is no pattern'),
    (["reset", "good", "--keep", "b/[a"], 64, '"b/[a" is no pattern'),
    (["seed", "good", "--delete", "--keep", "b/{a"], 64, '"b/{a" is no pattern'),
    (["reset", "good", "--keep", ""], 64, '"" names no bucket'),
    (["reset", "good", "--keep", "/"], 64, '"/" names no bucket'),
    (["seed", "good", "--delete", "--keep", "/b/**"], 64, '"/b/**" names no bucket'),
    (["reset", "good", "--keep", "{orders/x,orders/y}"], 64, "a / within its { }"),
    (["reset", "good", "--only", "s3://"], 64, '"s3://" names no bucket'),
    (["expect", "good", "--only", ""], 64, '"" names no bucket'),
    (["export", "out", "/"], 64, '"/" names no bucket'),
    (["watch", ""], 64, '"" names no bucket'),
    (["wait", "s3://b/[a"], 64, '"[a" is no pattern'),
    (["seed", "blankends"], 2, "blankends/orders/x@s3: cache-control begins or ends with a blank"),
    (["seed", "nodate"], 2, 'nodate/orders/x@s3: "whenever" is no date for expires'),
    (["seed", "halfpair"], 2, "halfpair/orders/x@s3:1:27: not JSON: half of a surrogate pair"),
    (["seed", "emptypattern"], 2, 'emptypattern/orders/@s3: "match" is empty'),
    (["expect", "rule-nothing"], 2, '"match" is empty'),
    (["expect", "rule-negative"], 2, '"count" must be a number or {"min": N, "max": N}'),
    (["expect", "rule-ignore"], 2, '"ignore" needs "compare": "json"'),
    (["expect", "rule-count"], 2, '"count" needs "compare": "count"'),
    (["expect", "rule-property"], 2, 'there is no property "bogus"'),
    (["expect", "badrule"], 2, 'there is no comparison "jsn"'),
    (["expect", "brokenrule"], 2, "brokenrule/@s3expect:3:1: not JSON"),
    (["reset", "brokenbucket"], 2, "brokenbucket/orders/@s3:1:2: not JSON"),
    (["seed", "fifo"], 2, "is neither a file nor a folder"),
    (["seed", "dangling"], 2, "cannot read dangling/orders/link"),
    (["reset", "nosnapshot"], 2, 'there is no snapshot "nosnapshot"'),
    (["snapshot", "save", "a/b"], 64, "cannot be a snapshot's name"),
    (["snapshot", "save", "now"], 64, "cannot be a snapshot's name"),
    (["snapshot", "rm", "nothing"], 2, "there is no snapshot"),
    (["snapshot", "save", "x", "no-such-bucket-anywhere"], 2, "there is no bucket no-such-bucket-anywhere"),
    (["snapshot", "import", "file"], 2, "file"),
    (["export", "out", "no-such-bucket-anywhere"], 2, "there is no bucket"),
    (["export", "out", "{orders}/misspelt"], 2, "there is nothing at {orders}/misspelt"),
    (["diff", "now"], 64, "now is equal to now"),
    (["wait"], 64, "Name what to wait for"),
    (["wait", "orders/x"], 64, "s3://BUCKET/KEY"),
    (["wait", "s3://b/x", "--gone", "--changed"], 64, "Give one of"),
    (["presign", "s3://b"], 64, "s3://BUCKET/KEY"),
    (["presign", "s3://b/k", "--expires", "8d"], 64, "between 1s and 7d"),
    (["seed", "good", "--keep", "x"], 64, "--keep belongs to --delete"),
    (["seed"], 64, "Missing expected argument"),
    (["reset", "good", "--only", "other"], 2, "--only leaves no bucket"),
    (["reset", "good", "--endpoint", "http://8.8.8.8"], 3, "is not local (8.8.8.8)"),
    (["seed", "good", "--delete", "--endpoint", "http://8.8.8.8"], 3, "--force"),
    (["reset", "good", "--endpoint", "https://s3.amazonaws.com", "--force"], 3, "it never runs there"),
    (["reset", "good", "--endpoint", "localhost"], 64, "is not an S3 endpoint"),
    (["expect", "good", "--endpoint", "http://127.0.0.1:{port}"], 2, "onnect"),
    (["reset", "good", "--endpoint", "http://127.0.0.1:{port}"], 2, "onnect"),
    (["seed", "good", "--wait-ready", "300ms", "--endpoint", "http://127.0.0.1:{port}"], 124, "not ready after 0.3 seconds"),
    (["expect", "good", "--json", "--patch"], 64, "not both"),
    (["expect", "good", "--junit", "no/such/report.xml"], 2, "cannot write no/such/report.xml"),
]


@pytest.fixture
def inputs(states):
    states.write("file", "x")
    (states.directory / "empty").mkdir()
    states.write("flat/orders", "")
    states.write("badname/Bad_Name/x")
    states.write("badsidecar/orders/x")
    states.write("badsidecar/orders/x@s3", '{\n  "tags": }')
    states.write("badtag/orders/x")
    states.write("badtag/orders/x@s3", '{"tags": {"aws:x": "1"}}')
    states.write("badtags/orders/x")
    states.write("badtags/orders/x@s3", '{"tags": {%s}}' % ", ".join(f'"t{index}": ""' for index in range(11)))
    states.write("longheader/orders/x")
    states.write("longheader/orders/x@s3", '{"headers": {"content-type": "%s"}}' % ("x" * 8200))
    states.write("badheader/orders/x")
    states.write("badheader/orders/x@s3", '{"headers": {"x-no": "1"}}')
    states.write("orphan/orders/x@s3", "{}")
    for name, sidecar in {
        "badvalue": '{"headers": {"content-type": "a\\r\\nx: y"}}',
        "badname2": '{"metadata": {"a b": "x"}}',
        "twice": '{"metadata": {"a": "1", "A": "2"}}',
        "twicemember": '{"tags": {}, "tags": {"a": "b"}}',
        "blankends": '{"headers": {"cache-control": " no-store"}}',
        "nodate": '{"headers": {"expires": "whenever"}}',
        "halfpair": '{"metadata": {"a": "\\ud800"}}',
    }.items():
        states.write(f"{name}/orders/x")
        states.write(f"{name}/orders/x@s3", sidecar)
    states.write("noobject/orders/x")
    states.write("noobject/orders/@s3", '{"objects": {"nokey": {}}}')
    states.write("badpattern/orders/x")
    states.write("badpattern/orders/@s3", '{"defaults": [{"match": "[a", "tags": {}}]}')
    states.write("badrulepattern/orders/x")
    states.write("badrulepattern/@s3expect", '{"rules": [{"match": "{a", "compare": "ignore"}]}')
    states.write("emptypattern/orders/x")
    states.write("emptypattern/orders/@s3", '{"defaults": [{"match": "", "tags": {}}]}')
    for name, rule in {
        "nothing": {"match": ""},
        "negative": {"match": "*", "count": -1},
        "ignore": {"match": "*", "ignore": ["$.a"]},
        "count": {"match": "*", "compare": "text", "count": 1},
        "property": {"match": "*", "ignoreProperties": ["tags", "bogus"]},
    }.items():
        states.write(f"rule-{name}/orders/x")
        states.write(f"rule-{name}/@s3expect", json.dumps({"rules": [rule]}))
    states.write("brokenrule/orders/x")
    states.write("brokenrule/@s3expect", '{"rules": [\n  {"match": "*"}\n')
    states.write("brokenbucket/orders/@s3", "{defaults}")
    states.write("fifo/orders/x")
    os.mkfifo(states.directory / "fifo/orders/pipe")
    states.write("dangling/orders/x")
    (states.directory / "dangling/orders/link").symlink_to("nowhere")
    states.write("badrule/orders/x")
    states.write("badrule/@s3expect", '{"rules": [{"match": "*", "compare": "jsn"}]}')
    return states


@pytest.mark.parametrize("arguments, status, text", ROWS, ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_refused(inputs, orders, arguments, status, text):
    orders.create()
    orders.put("kept", "x")
    inputs.write(f"good/{orders.name}/a", "x")
    result = inputs.run(*[argument.replace("{port}", str(free_port())).replace("{orders}", orders.name) for argument in arguments])
    assert result.returncode == status, (result.returncode, result.stdout, result.stderr)
    assert text.replace("{orders}", orders.name) in result.stderr
    assert not (inputs.directory / "out").exists()
    if status != 64:
        assert re.fullmatch(r"localstackmount: [^\n]*\n", result.stderr), "one line"
    assert orders.keys() == ["kept"]


def test_a_full_disk_in_the_store(inputs, orders):
    """A limit on the size of files simulates it: writing fails at the same place."""
    orders.create()
    orders.put("large", b"x" * 300_000)
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    result = subprocess.run(
        [BINARY, "snapshot", "save", "s", orders.name], cwd=inputs.directory, env=inputs.environment,
        capture_output=True, text=True, timeout=60,
        preexec_fn=limit,
    )
    assert result.returncode == 2 and "cannot write" in result.stderr
    assert inputs("snapshot", "list") == "no snapshots\n"
    inputs("snapshot", "save", "s", orders.name)


def test_a_server_that_lists_wrong_etags_is_compared_by_bytes(inputs, orders, localstack):
    inputs.write(f"fx/{orders.name}/a", "one")
    inputs.write(f"fx/{orders.name}/b", "two")
    proxy = FaultProxy(localstack.endpoint)
    inputs.environment["LOCALSTACK_ENDPOINT"] = proxy.endpoint
    try:
        inputs("seed", "fx")
        orders.put("b", "TWO")

        def lie(body):
            return re.sub(rb"&quot;[0-9a-f]{32}&quot;|\"[0-9a-f]{32}\"", b'"b8a9f715dbb64fd5c56e7783c6820a61"', body)

        proxy.add(Body(lie), "GET", f"/{orders.name}")
        # The MD5 of "two", listed for both.
        assert f"M s3://{orders.name}/b" in inputs("expect", "fx", status=1)
    finally:
        proxy.clear()
        proxy.close()


@pytest.fixture
def faulty(tmp_path, proxy, orders):
    """A reset that would put one object and delete another, through the proxy."""
    states = States(tmp_path, proxy.endpoint)
    states.write(f"fx/{orders.name}/a", "x")
    orders.create()
    orders.put("kept", "x")
    return states


@pytest.mark.parametrize(
    "method, query, sidecar, options",
    [
        ("GET", "list-type", None, ()),
        ("PUT", "versioning", '{"versioning": true}', ()),
        ("GET", "notification", None, ("--without-events",)),
        ("GET", "versions", None, ("--purge-versions",)),
        ("POST", "delete", None, ()),
    ],
)
def test_an_operation_that_the_server_lacks_is_status_7(faulty, proxy, orders, method, query, sidecar, options):
    if sidecar:
        faulty.write(f"fx/{orders.name}/@s3", sidecar)
    proxy.add(Status(501, "NotImplemented"), method, query=query)
    text = faulty("reset", "fx", *options, status=7)
    assert "does not support" in text and text.count("\n") == 1
    proxy.clear()
    faulty("reset", "fx", *options)
    assert orders.keys() == ["a"]
    orders.remove_with_versions()


def test_a_listing_that_fails_halfway_deletes_nothing(faulty, proxy, orders):
    def more(body):
        return body.replace(
            b"<IsTruncated>false</IsTruncated>",
            b"<IsTruncated>true</IsTruncated><NextContinuationToken>x</NextContinuationToken>",
        )

    proxy.add(Status(403, "AccessDenied"), "GET", query="continuation-token")
    proxy.add(Body(more), "GET", query="list-type")
    assert "AccessDenied" in faulty("reset", "fx", status=2)
    assert orders.keys() == ["kept"]


def test_a_silent_server_is_an_error_in_time(faulty, proxy, orders):
    silence = proxy.add(Silence(), "GET")
    began = time.monotonic()
    assert "localstackmount: " in faulty("expect", "fx", status=2)
    assert silence.reached.is_set() and time.monotonic() - began < 40
    assert orders.keys() == ["kept"]


@pytest.mark.parametrize(
    "command, method, path",
    [(("reset", "fx"), "PUT", "/a"), (("snapshot", "save", "s"), "GET", "/kept"), (("expect", "fx"), "GET", "")],
    ids=["reset", "save", "expect"],
)
def test_ctrl_c(faulty, proxy, orders, tmp_path, command, method, path):
    hold = proxy.add(Hold(), method, f"/{orders.name}{path}")
    process = faulty.start(*command, *([orders.name] if "save" in command else []))
    assert hold.reached.wait(60)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    proxy.clear()
    assert process.returncode == 130 and err.decode() == "localstackmount: interrupted\n" and not out
    assert "kept" in orders.keys() and faulty("snapshot", "list") == "no snapshots\n"
    assert not list(tmp_path.rglob(".localstackmount-partial-*/*"))


def test_a_full_disk_keeps_what_was_exported(inputs, orders):
    """A file that could not be written completely has no name; the next export continues."""
    orders.create()
    orders.put("a", "small")
    orders.put("large", b"x" * 300_000)

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    command = [BINARY, "export", "out", orders.name]
    result = subprocess.run(
        command, cwd=inputs.directory, env=inputs.environment, capture_output=True, text=True, timeout=60, preexec_fn=limit
    )
    assert result.returncode == 2 and "cannot write" in result.stderr
    assert not (inputs.directory / "out" / orders.name / "large").exists()
    inputs("export", "out", orders.name)
    assert (inputs.directory / "out" / orders.name / "large").stat().st_size == 300_000
    assert not list((inputs.directory / "out").glob(".localstackmount-*"))


@pytest.mark.parametrize(
    "command", [("presign", "s3://b/k"), ("snapshot", "list"), ("diff", "good", "--json"), ("diff", "good", "--patch"), ("status",)]
)
def test_output_that_cannot_be_written_is_an_error(inputs, orders, command):
    orders.create()
    inputs.write(f"good/{orders.name}/a", "x")
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [BINARY, *command], cwd=inputs.directory, env=inputs.environment, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert result.returncode == 2, result
    assert result.stderr == "localstackmount: cannot write the output: No space left on device\n"
