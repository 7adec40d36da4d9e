"""?watch and ?wait, with boto3 as the other program."""

import json
import threading

import pytest
import requests

from harness.processes import run


def events(gateway, place, query, act, enough):
    """Returns the events of a watch, from `act`, which runs when the watch is ready, until `enough(events)`."""
    found = []
    with requests.get(gateway.url(place) + query, stream=True, timeout=30) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        name = None
        for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: ") and name == "ready":
                act()
            elif line.startswith("data: "):
                found.append((name, json.loads(line[6:])))
                if enough(found):
                    return found
    return found


def test_changes_by_another_program_are_reported(gateway, seen):
    seen.put("d/old", "1")

    def act():
        seen.put("d/new", "22")
        seen.delete("d/old")

    found = events(gateway, seen.name + "/d/", "?watch", act, lambda found: len(found) >= 2)
    told = {(name, data["path"].rsplit("/", 1)[1]) for name, data in found}
    assert told == {("created", "new"), ("deleted", "old")}
    assert next(data for name, data in found if name == "created")["size"] == 2


def test_own_changes_are_reported_at_once(gateway, seen):
    def act():
        threading.Thread(target=lambda: gateway.put(seen.name, "a/b/c", data=b"1")).start()

    found = events(gateway, seen.name + "/", "?watch&recursive", act, bool)
    assert found[0][0] == "created" and found[0][1]["path"].endswith("/a/b/c")


def test_waiting_replaces_sleeps_in_tests(gateway, seen):
    timer = threading.Timer(0.5, lambda: seen.put("late.txt", "here"))
    timer.start()
    assert gateway.get(seen.name, "late.txt", query="?wait=20s").text == "here"
    etag = seen.head("late.txt")["ETag"]
    threading.Timer(0.5, lambda: seen.put("late.txt", "changed")).start()
    answer = gateway.get(seen.name, "late.txt", query="?wait=20s", headers={"If-None-Match": etag})
    assert answer.text == "changed"
    assert gateway.get(seen.name, "never.txt", query="?wait=300ms").status_code == 404
    threading.Timer(0.5, lambda: [seen.put(f"out/{number}.csv", "x") for number in range(3)]).start()
    answer = gateway.get(seen.name + "/out/*.csv", query="?wait=20s&count=3")
    assert answer.text.splitlines() == [f"/{seen.name}/out/{number}.csv" for number in range(3)]
    threading.Timer(0.5, lambda: [seen.delete(f"out/{number}.csv") for number in range(3)]).start()
    assert gateway.get(seen.name + "/out/", query="?wait=20s&gone").status_code == 204


def test_a_watch_of_the_root_reports_all_changes_below(gateway, seen):
    found = events(
        gateway, "", "?watch&recursive", lambda: seen.put("a/b", "1"),
        lambda found: any(data["path"] == f"/{seen.name}/a/b" for _, data in found),
    )
    assert found[-1][0] == "created"


@pytest.mark.parametrize("query", ["?wait=100ms", "?wait=100ms&count=2"])
def test_a_wait_that_times_out_fails_for_curl(gateway, seen, query):
    url = gateway.url(seen.name + "/*.none") + query
    assert run("curl", "-sfg", url, check=False).returncode == 22
