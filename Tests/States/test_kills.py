"""kill -9 at random moments, and two at once. LOCALSTACKMOUNT_CRASH_POINTS: how many moments (6) for each command;
LOCALSTACKMOUNT_SEED: the seed, which every failure prints."""

import hashlib
import json
import os
import random
import subprocess

import pytest

from harness.states import States
from harness.waiting import wait_until

POINTS = int(os.environ.get("LOCALSTACKMOUNT_CRASH_POINTS", "6"))
SEED = int(os.environ.get("LOCALSTACKMOUNT_SEED", "0")) or random.SystemRandom().randrange(10**9)
NOTIFICATIONS = {"EventBridgeConfiguration": {}}


def prepare(states, orders, s3, generator):
    """A fixture of 40 objects, and a bucket in which a third is equal, a third differs, and some are extra."""
    for number in range(40):
        states.write(f"fx/{orders.name}/in/{number}", f"file {number}\n" * 50)
    states.write(f"fx/{orders.name}/in/1@s3", '{"metadata": {"m": "é"}, "tags": {"a": "b"}}')
    orders.create()
    s3.put_bucket_notification_configuration(Bucket=orders.name, NotificationConfiguration=NOTIFICATIONS)
    for number in range(40):
        content = [f"file {number}\n" * 50, "other", None][number % 3]
        if content:
            orders.put(f"in/{number}", content, Metadata={"edited": "yes"} if generator.random() < 0.2 else {})
    for number in range(5):
        orders.put(f"extra/{number}", "x")


def require_whole_store(cache):
    """Checks that every blob has the bytes of its name, and that every manifest's blobs exist."""
    blobs = {path.parent.name + path.name: path for path in cache.rglob("blobs/??/*")}
    for name, path in blobs.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == name
    for manifest in cache.rglob("snapshots/*.jsonl"):
        head, *lines = [json.loads(line) for line in manifest.read_text().splitlines()]
        objects = [line for line in lines if "key" in line]
        assert len(objects) == head["objects"]
        assert {line["sha256"] for line in objects} <= blobs.keys()


def killed_after(states, proxy, seconds, *command):
    """Kills a command, and waits until LocalStack has performed its last requests: LocalStack never ends the body of an
    object that is replaced while it is sent."""
    process = states.start(*command)
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    wait_until(lambda: proxy.is_idle, 30, "the end of its requests")


def moments(command):
    return [pytest.param(command, point, id=f"{command}-{point}") for point in range(POINTS)]


@pytest.mark.parametrize("command, point", [*moments("seed"), *moments("reset")])
def test_run_again_and_it_is_right(tmp_path, proxy, orders, s3, command, point):
    print(f"LOCALSTACKMOUNT_SEED={SEED}")
    generator = random.Random(SEED * 1000 + point)
    states = States(tmp_path, proxy.endpoint)
    prepare(states, orders, s3, generator)
    killed_after(states, proxy, generator.random() * 0.4, command, "fx", "--without-events")
    # The next start of any command restores the notifications.
    states("export", "out", orders.name)
    assert "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket=orders.name)
    assert not list(tmp_path.rglob("events/*/*"))
    # A comparison uses what the killed run remembered of objects only if it is true.
    before = states.run("expect", "fx").stdout
    believed = [line for line in before.splitlines() if line[1:6] == " s3:/"]
    thorough = states.run("expect", "fx", "--thorough").stdout
    assert believed == [line for line in thorough.splitlines() if line[1:6] == " s3:/"]
    states(command, "fx", "--without-events")
    states("expect", "fx", "--thorough", *(["--allow-extra"] if command == "seed" else []))
    assert (len(orders.keys()) == 40) == (command == "reset")
    assert "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket=orders.name)


@pytest.mark.parametrize("point", range(POINTS))
def test_the_store_is_never_corrupt(tmp_path, proxy, orders, s3, point):
    print(f"LOCALSTACKMOUNT_SEED={SEED}")
    generator = random.Random(SEED * 1000 + point)
    states = States(tmp_path, proxy.endpoint)
    prepare(states, orders, s3, generator)
    states("snapshot", "save", "old", orders.name)
    states("snapshot", "save", "one", orders.name)
    for number in range(40):
        orders.put(f"in/{number}", f"new {number}")
    killed_after(states, proxy, generator.random() * 0.4, "snapshot", "save", "one", orders.name)
    require_whole_store(tmp_path / "cache")
    # The snapshot is the old one or the new one.
    now, old = (states.run("diff", "one", other).returncode for other in ("now", "old"))
    assert sorted((now, old)) == [0, 1]
    killed_after(states, proxy, generator.random() * 0.05, "snapshot", "rm", "old")
    require_whole_store(tmp_path / "cache")
    states("snapshot", "save", "one", orders.name)
    states("diff", "one")
    states.run("snapshot", "rm", "old")
    assert not list(tmp_path.rglob(".localstackmount-partial-*/*"))
    states("reset", "one")
    states("diff", "one", "--thorough")


def test_two_seeds_of_one_bucket(tmp_path, localstack, orders):
    states = States(tmp_path, localstack.endpoint)
    for name in ["one", "two"]:
        for number in range(60):
            states.write(f"{name}/{orders.name}/{name}/{number}", f"{name} {number}")
        states.write(f"{name}/{orders.name}/both", name)
    running = [states.start("seed", name) for name in ["one", "two", "one", "two"]]
    for process in running:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, (out, err)
    assert len(orders.keys()) == 121 and orders.get("both") in (b"one", b"two")
    last = orders.get("both").decode()
    states("expect", last, "--allow-extra")
    states("reset", "two")
    states("expect", "two", "--thorough")


def test_two_saves_and_a_reset(tmp_path, localstack, orders, s3):
    states = States(tmp_path, localstack.endpoint)
    prepare(states, orders, s3, random.Random(1))
    states("reset", "fx")
    running = [states.start("snapshot", "save", name, orders.name) for name in ["one", "two"]]
    running.append(states.start("reset", "fx"))
    for process in running:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, (out, err)
    require_whole_store(tmp_path / "cache")
    states("diff", "one", "two")
    states("diff", "fx", "one")
