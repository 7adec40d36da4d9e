"""Some 6,000 system calls on names of every kind, by their owner and by others: as on tmpfs, but for listed differences.

LOCALSTACKMOUNT_CALLS: how many calls by others, chosen at random (720). LOCALSTACKMOUNT_SEED repeats the choice.
"""
# SEMANTICS: 3.8, 6.9.1

import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.localstack import Bucket
from harness.mount import Mount

PROGRAM = Path(__file__).with_name("calls.py")
SEED = int(os.environ.get("LOCALSTACKMOUNT_SEED", "0")) or random.SystemRandom().randrange(10**9)
CALLS = int(os.environ.get("LOCALSTACKMOUNT_CALLS", "720"))
pytestmark = pytest.mark.timeout(400 + CALLS // 10)


@dataclass
class Difference:
    """An intended difference from tmpfs."""

    # The number of the promise in docs/SEMANTICS.md.
    promise: str
    # A regular expression of the case's whole name.
    case: str
    # The mount's result instead; None: the result is the same.
    answer: object = None
    # Attributes that tmpfs changes and the mount does not.
    unchanged: str = ""


DIFFERENCES = [
    Difference("3.8", r"open (WRONLY|RDWR) TMPFILE: .*", "ENOTSUP"),
    Difference("3.8", r"lseek (hole|data behind the end) by open RDONLY( DIRECTORY)?: (dir|full)", "ENXIO"),
    Difference("3.8", r"truncate to its size: .*", unchanged="mtime ctime"),
    Difference("4.3", r"rename exchange: .*", "EINVAL"),
    Difference("6.9.1", r"chmod as it is: .*(dir|full).*", unchanged="ctime"),
    Difference("6.9.1", r"ch(own|grp) to (me|its owner|the shared group) by the \w+: box/d-.*", unchanged="ctime"),
    Difference("6.6", r"link( following)?: .*", "EPERM"),
    Difference("6.9.1", r"chown of nothing: .*", unchanged="ctime"),
    Difference("6.9.1", r"write by open RDWR: fifo", unchanged="mtime ctime"),
]  # fmt: skip


@pytest.fixture(scope="module")
def place():
    """A directory outside of pytest's own, which other users may not enter."""
    with tempfile.TemporaryDirectory(prefix="posix-calls-", dir="/tmp") as directory:
        os.chmod(directory, 0o755)
        yield Path(directory)


@pytest.fixture(scope="module")
def mount(place, tmp_path_factory, localstack):
    options = ["--allow-other"] if os.getuid() == 0 else []
    mount = Mount(tmp_path_factory.mktemp("home"), localstack.endpoint, *options, directory=place / "mount").start()
    yield mount
    mount.clean_up()


@pytest.fixture(scope="module")
def calls_bucket(s3, mount):
    name = f"posix-calls-{os.getpid()}"
    os.mkdir(mount.path(name))
    bucket = Bucket(s3, name)
    yield bucket
    bucket.remove()


def run_calls(directory):
    """The result and changes of each call, by its name."""
    process = subprocess.run(
        [sys.executable, "-B", str(PROGRAM), str(directory), str(SEED), str(CALLS)],
        capture_output=True, text=True, timeout=380 + CALLS // 10,
    )  # fmt: skip
    assert process.returncode == 0, f"seed {SEED}: {process.stderr[-3000:]}"
    told = [json.loads(line) for line in process.stdout.splitlines()]
    return {message["case"]: message for message in told if "case" in message}


@pytest.fixture(scope="module")
def on_tmpfs():
    directory = tempfile.mkdtemp(prefix="posix-calls-", dir="/dev/shm")
    os.chmod(directory, 0o755)
    yield run_calls(directory)
    shutil.rmtree(directory)


@pytest.fixture(scope="module")
def in_the_mount(mount, calls_bucket):
    return run_calls(mount.path(calls_bucket.name))


def is_meant(difference, case, expected, found):
    if not re.fullmatch(difference.case, case):
        return False
    if difference.answer is not None:
        return found["answer"] == difference.answer and not found["changes"]
    if found["answer"] != expected["answer"]:
        return False
    # Same, without the changes of times that the mount does not make.
    left = {path: change.replace(difference.unchanged, "").strip() for path, change in expected["changes"].items()}
    return found["changes"] in ({path: change for path, change in left.items() if change}, left)


def test_every_call_is_answered_as_on_tmpfs(on_tmpfs, in_the_mount):
    assert on_tmpfs.keys() == in_the_mount.keys() and len(on_tmpfs) > 5_000
    wrong, used = [], set()
    for case, expected in on_tmpfs.items():
        found = in_the_mount[case]
        if (found["answer"], found["changes"]) == (expected["answer"], expected["changes"]):
            continue
        meant = [number for number, row in enumerate(DIFFERENCES) if is_meant(row, case, expected, found)]
        used |= set(meant)
        if not meant:
            wrong.append(
                f"{case}: {found['answer']} {found['changes']} instead of {expected['answer']} {expected['changes']}"
            )
    assert not wrong, f"seed {SEED}: {len(wrong)} calls\n" + "\n".join(wrong[:30])
    unused = [row for number, row in enumerate(DIFFERENCES) if number not in used]
    assert not unused, f"no difference any more: {unused}"


def test_the_remaining_files_are_in_s3(mount, calls_bucket, in_the_mount):
    top = mount.path(calls_bucket.name)
    names = set()
    for parent, directories, files in os.walk(top):
        below = os.path.relpath(parent, top)
        links = [name for name in directories if os.path.islink(os.path.join(parent, name))]
        names |= {os.path.normpath(f"{below}/{name}") for name in files + links}
        names |= {os.path.normpath(f"{below}/{name}") + "/" for name in directories if name not in links}
    assert names == set(calls_bucket.keys())


PROMISES = (PROGRAM.parents[3] / "docs/SEMANTICS.md").read_text()


@pytest.mark.parametrize("promise", sorted({row.promise for row in DIFFERENCES}))
def test_each_difference_is_documented(promise):
    assert f"**{promise}**" in PROMISES
