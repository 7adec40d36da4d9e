"""Ends what a test has started once the test takes far too long: a system call in a mount that does not answer cannot be
interrupted by a signal, nor by pytest-timeout, but fails when the mount's process is killed.

It is a process of its own, not a thread: such a call may hold the interpreter's lock.
"""

import os
import select
import signal
import subprocess
import sys
import time


class Watchdog:
    """Attributes: `process`, which is started with the first word to it, and ends with this process."""

    def __init__(self):
        self.process = None

    def expect_progress(self, seconds):
        """Kills every watched group unless this is called again within `seconds`."""
        self._say(f"within {seconds}")

    def watch(self, group):
        self._say(f"watch {group}")

    def forget(self, group):
        self._say(f"forget {group}")

    def _say(self, words):
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, "-S", __file__], stdin=subprocess.PIPE, start_new_session=True
            )
        self.process.stdin.write(words.encode() + b"\n")
        self.process.stdin.flush()


watchdog = Watchdog()


def main():
    groups, deadline, rest = set(), None, b""
    while True:
        wait = None if deadline is None else max(0, deadline - time.monotonic())
        if not select.select([0], [], [], wait)[0]:
            deadline = None
            kill(groups)
            continue
        said = os.read(0, 65536)
        if not said:
            return kill(groups)
        *lines, rest = (rest + said).split(b"\n")
        for verb, number in (line.split() for line in lines):
            if verb == b"within":
                deadline = time.monotonic() + float(number)
            elif verb == b"watch":
                groups.add(int(number))
            else:
                groups.discard(int(number))


def kill(groups):
    for group in groups:
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            pass


if __name__ == "__main__":
    main()
