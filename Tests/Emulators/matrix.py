"""The same steps on each emulator, and the table of docs/EMULATORS.md made from the run.

python -m Emulators.matrix [--write] [SERVER...]
"""

import argparse
import base64
import hashlib
import re
import signal
import sys
import tempfile
import time
import traceback

import boto3
from botocore.config import Config

from harness.processes import REPOSITORY

from .gaps import Proofs
from .servers import SERVERS, Unavailable
from .steps import STEPS, Place

DOCUMENT = REPOSITORY / "docs/EMULATORS.md"
BEGIN, END = "<!-- made by scripts/test emulators -->", "<!-- end -->"
STEP_SECONDS = 90
RIGHT = "yes"


class TooLong(Exception):
    pass


def alarm(*_):
    raise TooLong(f"not within {STEP_SECONDS} s")


def client(server):
    config = Config(request_checksum_calculation="when_required", s3={"addressing_style": "path"}, retries={"max_attempts": 1}, connect_timeout=5, read_timeout=30)
    made = boto3.client("s3", endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id=server.key,
                        aws_secret_access_key=server.secret, config=config)  # fmt: skip
    # MinIO's code requires it, and boto3 no longer sends it.
    made.meta.events.register("before-sign.s3.DeleteObjects", add_md5)
    return made


def add_md5(request, **_):
    request.headers["Content-MD5"] = base64.b64encode(hashlib.md5(request.body).digest()).decode()


def perform(place, proofs, title, function, needs):
    """RIGHT, the server's gap in words, or None if it is ours."""
    signal.alarm(STEP_SECONDS)
    try:
        function(place)
        return RIGHT
    except Exception:
        text = traceback.format_exc()
    finally:
        signal.alarm(0)
    signal.alarm(STEP_SECONDS)
    try:
        gap = proofs.gap(needs)
    finally:
        signal.alarm(0)
    if not gap:
        print(f"OURS: {title}\n{text}", flush=True)
    return gap


def run_server(server, folder):
    """The results by title, or the reason why the emulator is not available."""
    try:
        server.start()
    except Unavailable as error:
        server.stop()
        return str(error)
    results = {}
    place = None
    try:
        s3 = client(server)
        proofs = Proofs(s3)
        place = Place(server, s3, folder)
        place.start()
        for title, function, needs in STEPS:
            if not place.mount.is_running:
                place.start()
            results[title] = perform(place, proofs, title, function, needs)
    finally:
        if place and place.mount:
            place.mount.clean_up()
        server.stop()
    return results


def table(servers, results):
    """Markdown: a column for each emulator, its gaps as numbered notes below."""
    notes = []

    def cell(result):
        if result == RIGHT:
            return "yes"
        if result is None:
            return "**no**"
        if result not in notes:
            notes.append(result)
        return f"[{notes.index(result) + 1}](#gaps)"

    lines = ["| | " + " | ".join(server.title for server in servers) + " |", "|---" * (len(servers) + 1) + "|"]
    lines.append("| version | " + " | ".join(server.version for server in servers) + " |")
    for title, _, _ in STEPS:
        lines.append(f"| {title} | " + " | ".join(cell(results[server.name].get(title)) for server in servers) + " |")
    lines += ["", "### How to start them", ""]
    lines += [f"- {server.title}: {server.how}" for server in servers]
    lines += ["", "### Gaps", ""]
    lines += [f"{number}. {note[0].upper()}{note[1:].rstrip('.')}." for number, note in enumerate(notes, 1)]
    if not notes:
        lines.append("None.")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true", help="put the table into docs/EMULATORS.md")
    parser.add_argument("servers", nargs="*", metavar="SERVER", help=f"of {', '.join(SERVERS)}; default: all")
    arguments = parser.parse_args()
    signal.signal(signal.SIGALRM, alarm)
    ran, results = [], {}
    passed = failed = skipped = 0
    for name in arguments.servers or SERVERS:
        with tempfile.TemporaryDirectory(prefix="localstackmount-emulator-", ignore_cleanup_errors=True) as folder:
            server = SERVERS[name](f"{folder}/server")
            began = time.monotonic()
            found = run_server(server, folder)
        if isinstance(found, str):
            print(f"{server.title}: left out, {found}", flush=True)
            skipped += 1
            continue
        ran.append(server)
        results[name] = found
        right = sum(result == RIGHT for result in found.values())
        ours = [title for title, result in found.items() if result is None]
        print(f"{server.title} {server.version}: {right} of {len(STEPS)} right, {len(STEPS) - right - len(ours)} gaps of its own, "
              f"{len(ours)} ours, {time.monotonic() - began:.0f} s", flush=True)  # fmt: skip
        for title, result in found.items():
            if result != RIGHT and result is not None:
                print(f"  {title}: {result}", flush=True)
        passed += len(STEPS) - len(ours)
        failed += len(ours)
    if arguments.write:
        text = DOCUMENT.read_text()
        made = f"{BEGIN}\n{table(ran, results)}\n{END}"
        DOCUMENT.write_text(re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: made, text, flags=re.DOTALL))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)


main()
