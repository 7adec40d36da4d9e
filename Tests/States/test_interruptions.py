"""After a kill, an interruption or a concurrent run, the same command completes the work."""

import os
import signal

import pytest

from harness.faultproxy import Call, Hold
from harness.states import States, settle
from harness.waiting import wait_until


def prepare(states, orders):
    for number in range(6):
        states.write(f"fx/{orders.name}/in/{number}", f"file {number}")
    states.write(f"fx/{orders.name}/in/1@s3", '{"tags": {"a": "b"}}')
    orders.create()
    orders.put("in/0", "other")
    orders.put("in/2", "file 2", Metadata={"edited": "yes"})
    orders.put("extra", "x")


@pytest.mark.parametrize("point", range(0, 14))
@pytest.mark.parametrize("command", ["reset", "seed"])
def test_killed_at_a_request(tmp_path, proxy, orders, localstack, command, point):
    states = States(tmp_path, proxy.endpoint)
    prepare(states, orders)
    process = states.start(command, "fx", "--without-events")
    proxy.add(Call(process.kill), skip=point, times=1)
    process.wait(timeout=60)
    proxy.clear()
    states("reset", "fx", "--without-events")
    assert "6 equal" in states("expect", "fx", "--thorough")
    assert not list(tmp_path.rglob("events/*/*"))


def test_notifications_that_a_killed_run_left_aside_come_back_at_the_next_start(tmp_path, proxy, orders, s3):
    states = States(tmp_path, proxy.endpoint)
    prepare(states, orders)
    s3.put_bucket_notification_configuration(
        Bucket=orders.name, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    hold = proxy.add(Hold(), "PUT", f"/{orders.name}/in/3")
    process = states.start("seed", "fx", "--without-events")
    assert hold.reached.wait(30)
    assert "EventBridgeConfiguration" not in s3.get_bucket_notification_configuration(Bucket=orders.name)
    process.kill()
    process.wait()
    proxy.clear()
    # Any command restores them, also one that changes nothing.
    states("expect", "fx", "--allow-extra", status=1)
    assert "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket=orders.name)


@pytest.mark.parametrize("point", range(0, 20, 3))
def test_a_save_that_is_killed_leaves_the_store_whole(tmp_path, proxy, orders, point):
    states = States(tmp_path, proxy.endpoint)
    orders.create()
    for number in range(8):
        orders.put(f"k{number}", f"body {number}")
    process = states.start("snapshot", "save", "one", orders.name)
    proxy.add(Call(process.kill), skip=point, times=1)
    process.wait(timeout=60)
    proxy.clear()
    states("snapshot", "save", "two", orders.name)
    states("diff", "two")
    for key in orders.keys():
        orders.delete(key)
    states("reset", "two")
    assert len(orders.keys()) == 8
    if "one" in states("snapshot", "list"):
        states("diff", "one", "two")


def test_ctrl_c_leaves_nothing_half(tmp_path, proxy, orders, s3):
    states = States(tmp_path, proxy.endpoint)
    states.write(f"fx/{orders.name}/large", os.urandom(80 << 20))
    orders.create()
    hold = proxy.add(Hold(), "PUT", f"/{orders.name}/large")
    process = states.start("seed", "fx")
    assert hold.reached.wait(60)
    assert orders.uploads()
    process.send_signal(signal.SIGINT)
    proxy.clear()
    assert process.wait(timeout=60) == 130
    wait_until(lambda: not orders.uploads(), 20, "the end of the upload")
    states("seed", "fx")
    assert "1 equal" in states("expect", "fx")


def test_two_at_once_wait_for_each_other(tmp_path, proxy, orders):
    states = States(tmp_path, proxy.endpoint)
    prepare(states, orders)
    hold = proxy.add(Hold(), "PUT", f"/{orders.name}/in/3", times=1)
    first = states.start("reset", "fx")
    assert hold.reached.wait(30)
    second = states.start("reset", "fx")
    assert b"waiting for another localstackmount" in second.stderr.readline()
    assert second.poll() is None
    hold.release.set()
    assert first.wait(timeout=60) == 0 and second.wait(timeout=60) == 0
    settle()
    states("expect", "fx", "--thorough")
