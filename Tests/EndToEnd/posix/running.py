"""Drives runner.py with a time limit for each row: a row that hangs fails, and the others still run."""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from pathlib import Path

ROW_SECONDS = 120
RUNNER = Path(__file__).with_name("runner.py")


def run_rows(task, directory, names):
    """The messages of the runner by row name; a row that did not end in time has the failure "it hung"."""
    results = {}
    left = list(names)
    while left:
        for message in _run(task, directory, left):
            results[message["name"]] = message
        left = [name for name in left if name not in results]
    return results


def _run(task, directory, names):
    process = subprocess.Popen(
        [sys.executable, "-B", str(RUNNER), task, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    process.stdin.write("\n".join(names).encode())
    process.stdin.close()
    current = names[0]
    try:
        for message in _messages(process.stdout):
            if message is None:
                yield {"name": current, "failure": f"it hung for {ROW_SECONDS} s", "seen": "it hung"}
                return
            if "begins" in message:
                current = message["begins"]
            else:
                yield message
        if process.wait(timeout=10) != 0:
            yield {"name": current, "failure": f"the runner ended with {process.returncode}", "seen": "it died"}
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.stdout.close()
        process.wait(timeout=10)


def _messages(pipe):
    """Yields lines of JSON as they arrive; None if none arrived in time."""
    descriptor = pipe.fileno()
    buffer = b""
    deadline = time.monotonic() + ROW_SECONDS
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while True:
            if not selector.select(timeout=max(0, deadline - time.monotonic())):
                yield None
                return
            chunk = os.read(descriptor, 1 << 16)
            if not chunk:
                return
            *lines, buffer = (buffer + chunk).split(b"\n")
            for line in lines:
                yield json.loads(line)
            if lines:
                deadline = time.monotonic() + ROW_SECONDS
