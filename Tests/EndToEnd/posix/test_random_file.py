"""20,000 random operations on three small files, and some on large ones, compared with models in memory after each, and in S3 at the end."""
# SEMANTICS: 3.8, 3.10

import hashlib
import json
import os
import random
import sys
import tempfile
from pathlib import Path

import pytest

from harness.processes import run

PROGRAM = Path(__file__).with_name("random_file.py")
OPERATIONS = int(os.environ.get("LOCALSTACKMOUNT_RANDOM_OPERATIONS", "20000"))
SEED = int(os.environ.get("LOCALSTACKMOUNT_RANDOM_SEED", random.randrange(1 << 32)))


def check(directory, operations, seed, *options):
    result = run(sys.executable, "-B", PROGRAM, directory, operations, seed, *options, seconds=800, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.timeout(840)
@pytest.mark.parametrize("operations, options", [(OPERATIONS, []), (OPERATIONS // 50, ["large"])], ids=["small", "large"])
def test_random_operations(bucket, folder, operations, options):
    for name, digest in check(folder, operations, SEED, *options).items():
        assert hashlib.sha256(bucket.get(name)).hexdigest() == digest, f"seed {SEED}: {name} in S3"
    assert len(bucket.keys()) == 3


def test_the_checker_itself_on_tmpfs():
    with tempfile.TemporaryDirectory(dir="/dev/shm") as directory:
        check(directory, 3_000, SEED, "tmpfs")
