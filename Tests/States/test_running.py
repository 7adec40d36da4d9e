"""Beside a running localstackmount of the same endpoint: it first saves its files, and shows changes at once.

Its --ttl is an hour: without a notification it would show what it has cached.
"""

import json
import os
import signal
import socket
import subprocess

import pytest
import requests

from harness.faultproxy import Status
from harness.mount import Mount
from harness.states import States


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def beside(home, proxy):
    """Starts localstackmount processes, and ends them."""
    running = []

    def start(*options, **kinds):
        mount = Mount(home, proxy.endpoint, "--ttl", "3600", *options, directory=home / f"m{len(running)}", **kinds)
        running.append(mount.start())
        return mount

    yield start
    for mount in running:
        if mount.is_running:
            mount.process.send_signal(signal.SIGCONT)
        mount.clean_up()


@pytest.fixture
def states(home, proxy):
    home.mkdir()
    states = States(home, proxy.endpoint)
    states.environment["XDG_RUNTIME_DIR"] = str(home)
    return states


def sockets(home):
    return sorted((home / "localstackmount").iterdir())


def listed(mount, *parts):
    """The names in a folder, as the mount and as the gateway show them."""
    names = {entry["name"] for entry in requests.get(mount.url(*parts) + "/?json", timeout=20).json()["entries"]}
    assert {name.rstrip("/") for name in names} == set(os.listdir(mount.path(*parts)))
    return {name.rstrip("/") for name in names}


def metadata(mount, *parts):
    return requests.get(mount.url(*parts) + "?meta", timeout=20).json()["metadata"]


@pytest.mark.parametrize("options", [(), ("--write-back",)], ids=["write-through", "write-back"])
def test_files_of_a_running_process_are_saved_before_anything_is_read(states, beside, orders, options):
    orders.create()
    mount = beside(*options)
    states.write(f"fx/{orders.name}/closed", "closed\n")
    states.write(f"fx/{orders.name}/open", "still open\n")
    with mount.path(orders.name, "open").open("w") as file:
        file.write("still open\n")
        file.flush()
        mount.path(orders.name, "closed").write_text("closed\n")
        assert orders.get("open") is None
        states("expect", "fx", "--allow-extra")
        states("diff", "fx")
        file.write("more\n")
        file.flush()
        states("snapshot", "save", "now-open", orders.name)
        file.write("and more\n")
    states("export", "out", orders.name)
    # Modes and times that the mount has written are not part of a state, and are not compared.
    assert not list((states.directory / "out").rglob("*@s3"))
    assert (states.directory / "out" / orders.name / "open").read_text() == "still open\nmore\nand more\n"
    assert "-and more" in states("diff", "now", "now-open", status=1)


def test_changes_are_shown_at_once(states, beside, orders, s3):
    orders.create()
    for key in ["a", "same", "d/only", "e/one", "e/two", "m/"]:
        orders.put(key, key)
    mount = beside()
    assert listed(mount, orders.name) == {"a", "same", "d", "e", "m"}
    assert listed(mount, orders.name, "e") == {"one", "two"}
    assert mount.path(orders.name, "a").read_text() == "a"
    for name, content in {"a": "changed", "same": "same", "e/one": "e/one", "new/deep/file": "new"}.items():
        states.write(f"fx/{orders.name}/{name}", content)
    other = f"{orders.name}-w"
    states.write(f"fx/{other}/x", "x")
    try:
        states("reset", "fx")
        assert listed(mount, orders.name) == {"a", "same", "e", "new"}
        assert listed(mount, orders.name, "e") == {"one"}
        assert listed(mount, orders.name, "new", "deep") == {"file"}
        assert mount.path(orders.name, "a").read_text() == "changed"
        assert requests.get(mount.url(orders.name, "a"), timeout=20).text == "changed"
        assert mount.path(other, "x").read_text() == "x"
        # The mount treats the change as its own: later changes are based on it.
        with mount.path(orders.name, "a").open("a") as file:
            file.write(" twice")
        assert orders.get("a") == b"changed twice"
        states("reset", "fx")
        assert mount.path(orders.name, "a").read_text() == "changed"
    finally:
        s3.delete_object(Bucket=other, Key="x")
        s3.delete_bucket(Bucket=other)


def test_headers_and_tags_that_were_restored(states, beside, orders):
    states.write(f"fx/{orders.name}/a", "x")
    states.write(f"fx/{orders.name}/a@s3", '{"metadata": {"run": "17"}, "tags": {"stage": "raw"}}')
    states("seed", "fx")
    mount = beside()
    orders.put("a", "x", Metadata={"run": "18"})
    assert metadata(mount, orders.name, "a") == {"run": "18"}
    states("reset", "fx")
    assert metadata(mount, orders.name, "a") == {"run": "17"}
    # A new version made by the mount has the restored tags.
    mount.path(orders.name, "a").write_text("y")
    assert orders.client.get_object_tagging(Bucket=orders.name, Key="a")["TagSet"] == [{"Key": "stage", "Value": "raw"}]


@pytest.mark.parametrize("change", ["chmod 600", "touch -d 2020-01-01", "chown 0:0"])
def test_attributes_that_the_mount_wrote_are_no_difference(states, beside, orders, change):
    states.write(f"fx/{orders.name}/a", "x")
    states("seed", "fx")
    mount = beside()
    subprocess.run([*change.split(), mount.path(orders.name, "a")], check=True)
    assert metadata(mount, orders.name, "a") != {}
    states("diff", "fx")
    states("export", "out", orders.name)
    assert not (states.directory / "out" / orders.name / "a@s3").exists()


def test_files_that_cannot_be_saved_are_named(states, beside, orders, proxy):
    orders.create()
    orders.put("other", "x")
    mount = beside()
    states.write(f"fx/{orders.name}/a", "x")
    proxy.add(Status(403, "AccessDenied"), "PUT", f"/{orders.name}/broken")
    with pytest.raises(OSError):
        mount.path(orders.name, "broken").write_text("kept")
    for command in [("expect", "fx"), ("reset", "fx"), ("snapshot", "save", "s"), ("export", "out", orders.name), ("diff", "fx")]:
        text = states(*command, status=2)
        assert f"s3://{orders.name}/broken cannot be saved" in text and f"process {mount.process.pid}" in text
    assert orders.keys() == ["other"]
    # Other buckets have no unsaved files.
    states.write(f"others/{orders.name}-none/@s3", "{}")
    states("expect", "others", status=1)
    proxy.clear()
    states("reset", "fx")
    assert orders.keys() == ["a"]


def test_all_processes_of_the_endpoint_are_queried_and_no_others(states, beside, orders, localstack, home):
    orders.create()
    first, second = beside(), beside(http=False)
    other = Mount(home, localstack.endpoint, "--ttl", "3600", directory=home / "other").start()
    try:
        for mount in (first, second, other):
            assert os.listdir(mount.path(orders.name)) == []
        states.write(f"fx/{orders.name}/a", "x")
        assert len(sockets(home)) == 3
        states("seed", "fx")
        for mount in (first, second):
            assert os.listdir(mount.path(orders.name)) == ["a"]
        assert os.listdir(other.path(orders.name)) == [], "it is another endpoint's, by its name"
    finally:
        other.stop()
    assert len(sockets(home)) == 2


def test_the_socket_of_a_dead_process_is_removed(states, beside, orders, home):
    orders.create()
    states.write(f"fx/{orders.name}/a", "x")
    mount = beside(fuse=False)
    mount.kill()
    assert len(sockets(home)) == 1
    states("seed", "fx")
    assert sockets(home) == []


def test_a_process_that_does_not_answer_is_an_error(states, beside, orders, home):
    orders.create()
    states.write(f"fx/{orders.name}/a", "x")
    mount = beside(fuse=False)
    mount.process.send_signal(signal.SIGSTOP)
    assert "does not answer" in states("reset", "fx", status=2)
    assert orders.keys() == []
    mount.process.send_signal(signal.SIGCONT)
    states("reset", "fx")


def test_the_socket_is_private_to_the_user(states, beside, orders, home):
    orders.create()
    beside(fuse=False)
    assert (home / "localstackmount").stat().st_mode & 0o777 == 0o700
    (path,) = sockets(home)
    assert path.stat().st_mode & 0o777 == 0o600
    with socket.socket(socket.AF_UNIX) as connection:
        directory = os.open(path.parent, os.O_RDONLY)
        connection.connect(f"/proc/self/fd/{directory}/{path.name}")
        os.close(directory)
        connection.sendall(b'{"flush":{"buckets":null,"openFiles":true}}\n')
        assert json.loads(connection.makefile().readline())["unsaved"] == []
        connection.sendall(b"nonsense\n")
        assert connection.recv(1) == b""
    # A directory that others may read is not used.
    (home / "localstackmount").chmod(0o755)
    states.write(f"fx/{orders.name}/a", "x")
    states("seed", "fx")
