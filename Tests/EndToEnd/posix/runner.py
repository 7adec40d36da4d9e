"""Runs rows of the table in a directory, in a process of its own: `runner.py run|look DIRECTORY [ROW...]`.

Rows are named on stdin, one a line. Prints one line of JSON before and after each row, so that the reader knows which
row hangs. `look` reports what earlier rows left behind.
"""

import hashlib
import json
import os
import stat
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import table  # noqa: E402


# Entries read in each directory; of the rest only names are reported.
LOOKED_AT = 100


def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def directory_of(root, name):
    return root / name.replace("/", "-")


def run(root, row):
    directory = directory_of(root, row.name)
    os.umask(0o022)
    directory.mkdir()
    try:
        row.function(directory)
    except BaseException as error:  # noqa: BLE001: every failure is the row's
        place = traceback.extract_tb(error.__traceback__)
        lines = [f"{frame.lineno}: {frame.line}" for frame in place if "/rows/" in frame.filename]
        return f"{type(error).__name__}: {error} (line {'; '.join(lines)})"
    return None


def look(directory):
    """The results of stat, readlink, getxattr and read for everything below a directory."""
    seen = {}
    for parent, directories, files in os.walk(directory):
        for number, name in enumerate(sorted(directories + files)):
            path = os.path.join(parent, name)
            if number >= LOOKED_AT:
                seen[os.path.relpath(path, directory)] = None
                continue
            # In large directories only opened files show their own attributes at once.
            body = Path(path).read_bytes() if stat.S_ISREG(os.lstat(path).st_mode) else b""
            status = os.lstat(path)
            facts = {
                "mode": status.st_mode,
                "owner": [status.st_uid, status.st_gid],
                "size": status.st_size,
                "modified": status.st_mtime_ns,
                "links": status.st_nlink,
                "inode": status.st_ino,
            }
            if stat.S_ISLNK(status.st_mode):
                facts["target"] = os.readlink(path)
            elif stat.S_ISREG(status.st_mode):
                facts["bytes"] = hashlib.sha256(body).hexdigest()
            elif not stat.S_ISDIR(status.st_mode):
                facts["device"] = status.st_rdev
            if not stat.S_ISLNK(status.st_mode):
                facts["attributes"] = {key: os.getxattr(path, key).hex() for key in os.listxattr(path)}
            seen[os.path.relpath(path, directory)] = facts
    return seen


def main():
    task, root = sys.argv[1], Path(sys.argv[2])
    rows = table.load()
    for name in sys.stdin.read().split("\n"):
        if not name:
            continue
        say(begins=name)
        if task == "run":
            began = time.monotonic()
            failure = run(root, rows[name])
            say(name=name, failure=failure, seconds=round(time.monotonic() - began, 3))
        else:
            try:
                say(name=name, seen=look(directory_of(root, name)))
            except OSError as error:
                say(name=name, seen=f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
