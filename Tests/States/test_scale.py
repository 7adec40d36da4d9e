"""Requests, memory and many objects."""

import os
import re

import pytest

from harness.processes import run
from harness.states import BINARY, States, settle


# The process's memory, in MiB.
MEMORY = 120


def requests(text):
    return int(re.search(r"\(([\d,]+) requests?", text)[1].replace(",", ""))


def test_a_thousand_new_ones_and_again(states, orders):
    for number in range(1000):
        states.write(f"fx/{orders.name}/{number % 10}/{number}", os.urandom(4096))
    text = states("seed", "fx", seconds=300)
    # HEAD and PUT of the bucket; 1 LIST; the objects.
    assert "1,000 put" in text and requests(text) <= 1003
    settle()
    states("seed", "fx")
    text = states("seed", "fx")
    assert requests(text) == 1
    orders.put("0/0", "x")
    orders.delete("1/1")
    orders.put("extra", "")
    assert requests(states("reset", "fx")) == 1 + 2 + 1
    settle()
    states("expect", "fx")
    assert requests(states("expect", "fx")) == 1
    for key in orders.keys():
        orders.delete(key)


@pytest.mark.timeout(600)
def test_ten_thousand_in_bounded_memory(tmp_path, orders, localstack):
    states = States(tmp_path, localstack.endpoint)
    folder = tmp_path / "fx" / orders.name
    # One less, so that with the extra object there are 10,000: ten pages of a listing.
    for number in range(9_999):
        file = folder / f"{number // 100:03}" / f"{number % 100:03}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(str(number))
    assert peak(states, "seed", "fx") < MEMORY
    settle()
    assert peak(states, "expect", "fx") < MEMORY
    assert requests(states("expect", "fx")) == 10
    for key in ["000/000.txt", "001/001.txt", "002/002.txt", "003/003.txt"]:
        orders.put(key, "changed")
    orders.put("extra", "x")
    text = states("reset", "fx")
    assert requests(text) == 10 + 4 + 1 and "9,995 untouched" in text
    saved = states("snapshot", "save", "s", orders.name, seconds=600)
    assert "9,999 objects" in saved
    settle()
    assert requests(states("snapshot", "save", "s", orders.name)) <= 20 + 4
    states.write("nothing/" + orders.name + "/@s3", "{}")
    assert peak(states, "reset", "nothing") < MEMORY
    assert orders.keys() == []


def peak(states, *arguments):
    """The peak of a command's resident memory, in MiB."""
    result = run(
        "python3", "-c", _PEAK, BINARY, *arguments, cwd=states.directory, env=states.environment, seconds=600
    )
    return int(result.stdout.splitlines()[-1]) / 1024


_PEAK = (
    "import resource, subprocess, sys; "
    "code = subprocess.call(sys.argv[1:]); "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)"
)


def test_a_large_object_is_streamed(states, orders):
    file = states.write(f"fx/{orders.name}/large", b"")
    with file.open("wb") as large:
        for _ in range(300):
            large.write(os.urandom(1 << 20))
    assert peak(states, "seed", "fx") < 150
    assert "1 equal" in states("expect", "fx")
    assert peak(states, "export", "out", orders.name) < 150
    run("cmp", file, states.directory / "out" / orders.name / "large")
