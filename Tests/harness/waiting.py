"""Waiting for conditions: the only place in the tests that sleeps."""

import time


def wait_until(condition, seconds=10.0, what="the condition"):
    """Polls until `condition()` is true and returns its value; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what} did not come true within {seconds} s"
        time.sleep(0.02)
