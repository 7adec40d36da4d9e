"""Two processes of several threads at once, in the mount and on tmpfs: the same outcomes, and nothing lost between them.

LOCALSTACKMOUNT_STRESS_OPERATIONS: how many of each thread (120). LOCALSTACKMOUNT_SEED repeats a run.
"""
# SEMANTICS: 2.3.1

import hashlib
import json
import os
import random
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from harness.localstack import s3_client
from harness.processes import start

sys.path.insert(0, str(Path(__file__).parent))
import stress  # noqa: E402

SEED = int(os.environ.get("LOCALSTACKMOUNT_SEED", "0")) or random.SystemRandom().randrange(10**9)
OPERATIONS = int(os.environ.get("LOCALSTACKMOUNT_STRESS_OPERATIONS", "120"))
PROCESSES, THREADS = 2, 3
LIMIT = 120 + OPERATIONS

pytestmark = pytest.mark.timeout(LIMIT * 2)


class Foreigner:
    """Replaces and deletes a few names in `shared` from outside, as long as the others work."""

    def __init__(self, put, delete):
        self.put, self.delete = put, delete
        self.stop = threading.Event()
        self.problem = None
        self.left = {}
        self.thread = threading.Thread(target=self._work)

    def _work(self):
        dice = random.Random(f"{SEED} foreign")
        try:
            while not self.stop.wait(0.02):
                name = f"foreign-{dice.randrange(3)}"
                if dice.random() < 0.3:
                    self.delete(name)
                    self.left.pop(name, None)
                else:
                    self.left[name] = stress.sealed(dice, dice.choice([10, 3000, 60_000]))
                    self.put(name, self.left[name])
        except BaseException as problem:  # noqa: BLE001: reported by the test
            self.problem = problem

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


def run_all(root, foreigner):
    """The output of every thread of every process."""
    program = Path(stress.__file__)
    command = [sys.executable, "-B", program, root, SEED]
    with foreigner:
        processes = [
            start(*command, number, THREADS, OPERATIONS, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for number in range(PROCESSES)
        ]
        results = {}
        for process in processes:
            out, errors = process.communicate(timeout=LIMIT)
            assert process.returncode == 0, f"seed {SEED}: {errors.decode()[-3000:]}"
            results |= json.loads(out)
    assert foreigner.problem is None, f"seed {SEED}: {foreigner.problem!r}"
    return results


def tree(root):
    """Everything below a directory: kind and mode with bytes or target."""
    seen = {}
    for parent, directories, files in os.walk(root):
        for name in directories + files:
            path = os.path.join(parent, name)
            mode = os.lstat(path).st_mode
            body = b""
            if stat.S_ISLNK(mode):
                body = os.fsencode(os.readlink(path))
            elif stat.S_ISREG(mode):
                body = Path(path).read_bytes()
            seen[os.path.relpath(path, root)] = (oct(mode), len(body), hashlib.sha256(body).hexdigest())
    return seen


def check_shared(root, results, foreign):
    """Checks the outcome, which does not depend on the order."""
    wrong = [line for result in results.values() for line in result["wrong"]]
    assert not wrong, f"seed {SEED}: {len(wrong)} times\n" + "\n".join(wrong[:20])
    shared = root / "shared"
    for kind in ("file", "directory"):
        counted = sum(result["increments"][kind] for result in results.values())
        assert int((shared / f"counter.{kind}").read_text()) == counted > 0, f"seed {SEED}: increments under a lock"
    log = sorted((shared / "log").read_text().splitlines())
    told = sorted(f"{name} {number:08}" for name, result in results.items() for number in range(1, result["records"] + 1))
    assert log == told, f"seed {SEED}: records appended"
    winners = sorted(number for result in results.values() for number in result["won"])
    assert winners == list(range(stress.RACES)), f"seed {SEED}: races won"
    stale, reads = (sum(result[kind] for result in results.values()) for kind in ("stale", "reads"))
    assert stale <= 1 + reads // 100, f"seed {SEED}: {stale} of {reads} reads were stale"
    assert not stress.flaw((shared / "current").read_bytes())
    expected = {"counter.file", "counter.directory", "log", "current", *foreign}
    for name, result in results.items():
        expected |= set(result["kept"])
        expected |= {f"race-{number}" for number in result["won"] if number % 6 < 4}
        expected |= {f"race-{number}-{name}" for number in result["won"] if number % 6 == 5}
    # The loser of the fourth kind of race still has its source.
    left = {name for name in os.listdir(shared) if not name.endswith(".race")}
    assert left == expected, f"seed {SEED}: {left ^ expected}"


def check_bucket(bucket, root):
    """Checks that S3 has what the mount shows."""
    names = {}
    for parent, directories, files in os.walk(root):
        for name in directories + files:
            path = os.path.join(parent, name)
            is_directory = stat.S_ISDIR(os.lstat(path).st_mode)
            names[os.path.relpath(path, root) + "/" * is_directory] = path
    keys = set(bucket.keys())
    assert keys == set(names), f"seed {SEED}: {keys ^ set(names)}"
    for key, path in names.items():
        if key.endswith("/"):
            continue
        body = os.fsencode(os.readlink(path)) if os.path.islink(path) else Path(path).read_bytes()
        assert bucket.get(key) == body, f"seed {SEED}: {key}"


@pytest.fixture(scope="module")
def on_tmpfs():
    with tempfile.TemporaryDirectory(prefix="stress-", dir="/dev/shm") as directory:
        root = Path(directory)
        stress.prepare(root)

        def put(name, body):
            (root / "foreign.tmp").write_bytes(body)
            os.replace(root / "foreign.tmp", root / "shared" / name)

        foreigner = Foreigner(put, lambda name: (root / "shared" / name).unlink(missing_ok=True))
        results = run_all(root, foreigner)
        check_shared(root, results, foreigner.left)
        yield results, {path: facts for path, facts in tree(root).items() if not path.startswith("shared")}


def check_logs(results, expected):
    for name, result in results.items():
        log, right = result["log"], expected[name]["log"]
        for number, (line, other) in enumerate(zip(log, right)):
            before = "\n  ".join(log[max(0, number - 25) : number])
            assert line == other, f"seed {SEED}: {name} at {number}\n  {line}\ninstead of\n  {other}\nafter\n  {before}"
        assert len(log) == len(right)


@pytest.mark.parametrize("options", [[], ["--write-back"]], ids=["plain", "write-back"])
def test_processes_at_once(start_mount, localstack, bucket, on_tmpfs, options):
    expected, expected_tree = on_tmpfs
    mount = start_mount(*options)
    root = mount.path(bucket.name)
    stress.prepare(root)
    client = s3_client(localstack.endpoint)
    foreigner = Foreigner(
        lambda name, body: client.put_object(Bucket=bucket.name, Key=f"shared/{name}", Body=body),
        lambda name: client.delete_object(Bucket=bucket.name, Key=f"shared/{name}"),
    )
    results = run_all(root, foreigner)
    check_logs(results, expected)
    # Others' changes show after the ttl; `sync` of a directory waits for pending uploads.
    descriptor = os.open(root, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
    wait_for_foreign(root / "shared", foreigner.left)
    check_shared(root, results, foreigner.left)
    found = {path: facts for path, facts in tree(root).items() if not path.startswith("shared")}
    different = {path: (found.get(path), expected_tree.get(path)) for path in found.keys() | expected_tree.keys()}
    different = {path: pair for path, pair in different.items() if pair[0] != pair[1]}
    assert not different, f"seed {SEED}: {different}"
    check_bucket(bucket, root)


def wait_for_foreign(shared, left):
    from harness.waiting import wait_until

    wait_until(lambda: {name for name in os.listdir(shared) if name.startswith("foreign-")} == set(left), 5, "what others did")
