"""Processes that are measured: ended whatever happens, their CPU time and memory read from /proc."""

import ctypes
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
_PR_SET_PDEATHSIG = 1


def die_with_parent():
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def end_group(process, seconds=10):
    """Ends a process that leads a session, and everything in it."""
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, signal_number)
        except ProcessLookupError:
            pass
        try:
            process.wait(timeout=seconds)
            if signal_number == signal.SIGTERM:
                continue
        except subprocess.TimeoutExpired:
            pass


def mount_points():
    with open("/proc/self/mountinfo", "rb") as table:
        return {line.split()[4].decode("unicode_escape") for line in table}


def unmount(directory):
    for _ in range(3):
        if str(directory) not in mount_points():
            return
        subprocess.run(["fusermount3", "-u", "-z", str(directory)], stderr=subprocess.DEVNULL)
        time.sleep(0.05)


def members(leader):
    """Every process of the session that `leader` leads."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[3]) == leader:
                found.append(int(entry.name))
    return found


def cpu_seconds(pids):
    """CPU time of processes, all their threads included, to the nanosecond (clock_getcpuclockid(3))."""
    total = 0.0
    for pid in pids:
        try:
            total += time.clock_gettime((~pid << 3) | 2)
        except OSError:
            pass
    return total


def peak_memory(pids):
    """The sum of the peaks of resident memory, in bytes."""
    total = 0
    for pid in pids:
        try:
            found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        except OSError:
            continue
        total += int(found[1]) * 1024 if found else 0
    return total
