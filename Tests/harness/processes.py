"""Commands run with a time limit, so that a mount that hangs fails a test instead of hanging it."""

import ctypes
import os
import signal
import socket
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
_PR_SET_PDEATHSIG = 1


def run(*command, cwd=None, seconds=30, check=True, input=None, env=None):
    """Runs a command; returns its CompletedProcess with text output. Its whole group is killed at the time limit."""
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=cwd,
        env=env,
        stdin=subprocess.PIPE if input is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(input.encode() if isinstance(input, str) else input, timeout=seconds)
    except subprocess.TimeoutExpired:
        kill_group(process)
        raise
    result = subprocess.CompletedProcess(
        command, process.returncode, out.decode(errors="surrogateescape"), err.decode(errors="surrogateescape")
    )
    if check:
        assert result.returncode == 0, f"{command} ended with {result.returncode}: {result.stdout}{result.stderr}"
    return result


def shell(script, cwd=None, **options):
    return run("bash", "-euc", script, cwd=cwd, **options)


def kill_group(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait(timeout=10)


def start(*command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options):
    """Starts a command that runs beside the test, in a group of its own; it does not outlive the test run, however
    that ends. Returns its Popen.
    """
    return subprocess.Popen(
        [str(part) for part in command],
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
        preexec_fn=_die_with_parent,
        **options,
    )


def _die_with_parent():
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # Children of Python and of background shells inherit SIGINT as ignored.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def mount_points():
    """Every mount point of this machine, decoded."""
    with open("/proc/self/mountinfo", "rb") as table:
        fields = [line.split()[4] for line in table]
    return {field.decode("unicode_escape").encode("latin-1").decode(errors="surrogateescape") for field in fields}
