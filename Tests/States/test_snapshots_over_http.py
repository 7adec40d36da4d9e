"""Snapshots over HTTP, for users without the binary."""

import secrets
import xml.etree.ElementTree as ElementTree

import pytest
import requests

from harness.faultproxy import Status
from harness.mount import Mount
from harness.states import States


@pytest.fixture
def gateway(tmp_path, proxy):
    """Starts gateways that remember for an hour; `save(name)` and so on answer with the response."""
    running = []

    def start(*options, fuse=False):
        mount = Mount(tmp_path / "home", proxy.endpoint, "--ttl", "3600", *options, fuse=fuse)
        running.append(mount.start())
        return mount

    yield start
    for mount in running:
        mount.clean_up()


def url(gateway, name="", query=""):
    return f"{gateway.base}/-/snapshots" + (f"/{name}" if name else "") + (f"?{query}" if query else "")


def post(gateway, name, query="", **options):
    return requests.post(url(gateway, name, query), timeout=60, **options)


def get(gateway, name="", query="", accept="application/json"):
    return requests.get(url(gateway, name, query), headers={"Accept": accept}, timeout=60)


def fill(orders):
    orders.create()
    orders.put("a.txt", "one\n", Metadata={"m": "1"})
    orders.put("same", "same")
    orders.put("gone", "gone")


def change(orders):
    orders.put("a.txt", "two\n", Metadata={"m": "1"})
    orders.put("new", "new")
    orders.delete("gone")


def names(gateway, orders):
    return {path.name for path in gateway.path(orders.name).iterdir()}


def test_save_compare_restore(gateway, orders):
    fill(orders)
    gateway = gateway(fuse=True)
    saved = post(gateway, "before", f"bucket={orders.name}")
    assert saved.status_code == 201 and saved.json()["objects"] == 3 and saved.json()["fetched"] == 3
    assert post(gateway, "before", f"bucket={orders.name}").status_code == 200
    listed = get(gateway).json()
    assert [entry["name"] for entry in listed["snapshots"]] == ["before"] and listed["schemaVersion"] == 1
    assert get(gateway, "before").json()["objects"] == 3

    assert get(gateway, "before", "diff").json()["equal"] is True
    assert names(gateway, orders) == {"a.txt", "same", "gone"}
    change(orders)
    answer = get(gateway, "before", "diff", accept="*/*")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8" and answer.headers["X-Differences"] == "3"
    assert f"M s3://{orders.name}/a.txt" in answer.text and "+two" in answer.text and "3 different" in answer.text
    report = get(gateway, "before", "diff").json()
    assert {entry["letter"] for entry in report["differences"]} == {"M", "+", "-"} and report["requests"] > 0
    suites = ElementTree.fromstring(get(gateway, "before", "diff", accept="application/xml").text)
    assert len(suites[0].findall("testcase/failure")) == 3
    assert "+++ b/" in get(gateway, "before", "diff", accept="text/x-diff").text
    assert get(gateway, "before", f"diff&only={orders.name}/n*").json()["summary"]["unexpected"] == 1

    # The caches of the gateway and the mount are an hour old.
    assert names(gateway, orders) == {"a.txt", "same", "gone"}
    orders.put("newer", "x")
    preview = post(gateway, "before", "restore&preview").json()
    assert preview["summary"] == {"made": 0, "put": 2, "restored": 0, "deleted": 2, "kept": 0, "untouched": 1}
    assert {"action": "delete", "uri": f"s3://{orders.name}/new"} in preview["changes"] and preview["preview"]
    assert sorted(orders.keys()) == ["a.txt", "new", "newer", "same"]
    kept = post(gateway, "before", "restore&preview&keep=new*").json()
    assert kept["summary"]["kept"] == 2 and kept["summary"]["deleted"] == 0
    # Only what was previewed is restored: one of the objects changes in between.
    orders.put("newer", "y")
    refused = post(gateway, "before", f"restore&state={preview['state']}")
    assert refused.status_code == 412 and "changed since the preview" in refused.text
    assert orders.get("newer") == b"y" and sorted(orders.keys()) == ["a.txt", "new", "newer", "same"]
    preview = post(gateway, "before", "restore&preview").json()
    done = post(gateway, "before", f"restore&state={preview['state']}")
    assert done.status_code == 200 and done.json()["changes"] == preview["changes"]
    assert sorted(orders.keys()) == ["a.txt", "gone", "same"]
    assert gateway.path(orders.name, "a.txt").read_text() == "one\n"
    assert names(gateway, orders) == {"a.txt", "same", "gone"}
    assert get(gateway, "before", "diff").json()["equal"] is True

    change(orders)
    post(gateway, "after", f"bucket={orders.name}")
    assert get(gateway, "before", "diff=after").json()["summary"]["missing"] == 1
    assert requests.delete(url(gateway, "after"), timeout=60).status_code == 204
    assert [entry["name"] for entry in get(gateway).json()["snapshots"]] == ["before"]


def test_the_binary_has_the_same_snapshots(gateway, orders, tmp_path, proxy):
    fill(orders)
    states = States(tmp_path / "home", proxy.endpoint)
    gateway = gateway()
    post(gateway, "before", f"bucket={orders.name}")
    assert "3 equal" in states("diff", "before")


def test_unsaved_files_of_the_mount_are_saved_first(gateway, orders, proxy):
    orders.create()
    gateway = gateway("--write-back", fuse=True)
    gateway.path(orders.name, "a").write_text("written back")
    assert post(gateway, "s", f"bucket={orders.name}").json()["objects"] == 1
    proxy.add(Status(403, "AccessDenied"), "PUT", f"/{orders.name}/broken")
    gateway.path(orders.name, "broken").write_text("x")
    for answer in [post(gateway, "t", f"bucket={orders.name}"), post(gateway, "s", "restore"), get(gateway, "s", "diff")]:
        assert answer.status_code == 409 and f"s3://{orders.name}/broken cannot be saved" in answer.text


@pytest.mark.parametrize(
    "method, path, query, status, text",
    [
        ("GET", "/nothing", "diff", 404, 'There is no snapshot "nothing"'),
        ("GET", "/nothing", "", 404, "There is no snapshot"),
        ("GET", "/s", "diff=nothing", 404, "There is no snapshot"),
        ("GET", "/s", "dif", 400, "?dif is not known"),
        ("POST", "/s", "restor", 400, "?restor is not known"),
        ("POST", "/s", "restore&bucket=x", 400, "?bucket is not known"),
        ("GET", "/s", "diff&only=[a", 400, "is no pattern"),
        ("POST", "/s", "restore&keep=b/{a", 400, "is no pattern"),
        ("POST", "/s", "restore&keep=/", 400, "names no bucket"),
        ("POST", "/nothing", "restore", 404, "There is no snapshot"),
        ("POST", "/s%2Ft", "", 400, "cannot be a snapshot's name"),
        ("POST", "/now", "", 400, "cannot be a snapshot's name"),
        ("POST", "/..%2Fx", "", 400, "cannot be a snapshot's name"),
        ("GET", "/..%2F..%2Fx", "", 400, "cannot be a snapshot's name"),
        ("POST", "/s", "bucket=no-such-bucket-anywhere", 409, "There is no bucket no-such-bucket-anywhere"),
        ("POST", "", "", 405, "GET, HEAD, OPTIONS are"),
        ("PUT", "/s", "", 405, "GET, HEAD, POST, DELETE, OPTIONS are"),
        ("DELETE", "/nothing", "", 404, "There is no snapshot"),
        ("DELETE", "/s", "restore", 400, "?restore is not known"),
    ],
)
def test_refused(shared_gateway, method, path, query, status, text):
    answer = requests.request(method, url(shared_gateway) + path + f"?{query}", timeout=60)
    assert answer.status_code == status and text in answer.text, answer.text
    assert [entry["name"] for entry in get(shared_gateway).json()["snapshots"]] == ["s"]


def test_snapshots_are_protected_like_other_changes(shared_gateway):
    for foreign in [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]:
        assert post(shared_gateway, "x", headers=foreign).status_code == 403
        assert post(shared_gateway, "s", "restore", headers=foreign).status_code == 403
        assert requests.delete(url(shared_gateway, "s"), headers=foreign, timeout=60).status_code == 403
    assert post(shared_gateway, "x", headers={"Host": "rebound.example"}).status_code == 421
    assert [entry["name"] for entry in get(shared_gateway).json()["snapshots"]] == ["s"]
    answer = requests.options(url(shared_gateway, "s"), timeout=60)
    assert answer.status_code == 204 and "DELETE" in answer.headers["Allow"]
    head = requests.head(url(shared_gateway), timeout=60)
    assert head.status_code == 200 and head.headers["Content-Length"] == str(len(get(shared_gateway).content))


@pytest.fixture(scope="module")
def shared_gateway(tmp_path_factory, localstack, s3):
    bucket = f"guarded-{secrets.token_hex(4)}"
    s3.create_bucket(Bucket=bucket)
    mount = Mount(tmp_path_factory.mktemp("shared"), localstack.endpoint, fuse=False).start()
    post(mount, "s", f"bucket={bucket}").raise_for_status()
    yield mount
    mount.stop()
    s3.delete_bucket(Bucket=bucket)


def test_read_only_passwords_and_chosen_buckets(gateway, orders, s3, tmp_path):
    fill(orders)
    other = f"{orders.name}-x"
    s3.create_bucket(Bucket=other)
    try:
        first = gateway("--bucket", orders.name)
        assert post(first, "s").json()["buckets"] == 1
        assert post(first, "s", f"bucket={other}").status_code == 404
        first.stop()
        all_buckets = gateway()
        post(all_buckets, "all", f"bucket={orders.name}&bucket={other}")
        s3.delete_bucket(Bucket=other)
        all_buckets.stop()
        chosen = gateway("--bucket", orders.name)
        assert get(chosen, "all", "diff").json()["equal"] is True, "the other bucket is not shown"
        post(chosen, "all", "restore").raise_for_status()
        assert other not in {item["Name"] for item in s3.list_buckets()["Buckets"]}
        chosen.stop()
    finally:
        if other in {item["Name"] for item in s3.list_buckets()["Buckets"]}:
            s3.delete_bucket(Bucket=other)
    part = gateway("--bucket", f"{orders.name}/in")
    assert post(part, "s").status_code == 403 and get(part).status_code == 403
    part.stop()
    read_only = gateway("--read-only")
    orders.put("a.txt", "changed")
    assert get(read_only, "s", "diff").json()["summary"]["content"] == 1
    assert post(read_only, "s", "restore").status_code == 403 and post(read_only, "t").status_code == 403
    assert requests.delete(url(read_only, "s"), timeout=60).status_code == 403
    read_only.clean_up()
    guarded = gateway_with_password(tmp_path, read_only)
    try:
        assert requests.get(url(guarded), timeout=60).status_code == 401
        assert requests.get(url(guarded), auth=("ada", "secret"), timeout=60).status_code == 200
    finally:
        guarded.clean_up()


def gateway_with_password(tmp_path, other):
    endpoint = other.command[other.command.index("--endpoint") + 1]
    mount = Mount(tmp_path / "home", endpoint, "--auth", "ada:secret", fuse=False)
    mount.is_healthy = lambda: requests.get(mount.base + "/-/health", timeout=15, auth=("ada", "secret")).ok if answers(mount) else False
    return mount.start()


def answers(mount):
    try:
        requests.get(mount.base, timeout=15)
        return True
    except requests.ConnectionError:
        return False
