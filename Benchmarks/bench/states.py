"""States beside the tools that people lay data out with: requests first, then seconds. See scripts/bench-states.

Each tool works on a bucket of its own. One pass goes through the counting proxy, the others straight to the server. What
a tool left different from the directory is counted: some compare sizes and times only.
"""

import argparse
import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .counting import CountingProxy
from .s3 import KEY, REGION, S3, SECRET
from .servers import SERVERS

WORK = ["seed", "seed again", "seed once more", "reset", "expect", "save"]
TITLES = {
    "seed": "{n} objects of {size} B, new",
    "seed again": "the same again: what was written within the second that it was seen in is looked at once",
    "seed once more": "and once more, nothing changed",
    "reset": "put back: {changed} of {n} other bytes of the same size, 1 too many",
    "expect": "compare, all equal",
    "save": "keep the state aside, all bytes known",
}
CHANGED = 4


class Tool:
    """`commands[work]` is the command line, for a directory that holds `bucket`, on an endpoint."""

    def __init__(self, folder, program):
        self.home = Path(folder) / self.name
        self.home.mkdir()
        self.program = program

    def run(self, work, endpoint, source, bucket):
        command = self.command(work, endpoint, source, bucket)
        if command is None:
            return None
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.home), "XDG_CACHE_HOME": str(self.home), "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_DEFAULT_REGION": REGION,
        }  # fmt: skip
        began = time.perf_counter()
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        seconds = time.perf_counter() - began
        if done.returncode:
            raise RuntimeError(f"{' '.join(map(str, command))}: {done.returncode}: {done.stdout[-500:]}")
        return seconds


class Ours(Tool):
    name = "localstackmount"

    def command(self, work, endpoint, source, bucket):
        # Its memory goes by the endpoint's name: that of the counting pass is another's.
        words = {
            "seed": ["seed", source], "seed again": ["seed", source], "seed once more": ["seed", source], "reset": ["reset", source],
            "expect": ["expect", source], "save": ["snapshot", "save", "bench", bucket],
        }  # fmt: skip
        return [self.program, *words[work], "--endpoint", endpoint]


class Direct(Tool):
    """The fewest requests that the work takes, by plain HTTP; it looks at nothing that is not asked of it."""

    name = "direct"

    def run(self, work, endpoint, source, bucket):
        if work in ("seed again", "seed once more", "save"):
            return None
        s3 = S3(endpoint)
        files = {str(file.relative_to(Path(source) / bucket)): file for file in (Path(source) / bucket).rglob("*") if file.is_file()}
        began = time.perf_counter()
        found = s3.list(bucket)
        if work == "seed":
            wrong = list(files)
        elif work == "reset":
            wrong = [f"d{number * 7 % 10}/file-{number * 7:05}.bin" for number in range(CHANGED)]
            s3.delete_many(bucket, ["extra"])
        else:
            wrong = []
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda key: s3.put(bucket, key, files[key].read_bytes()), wrong))
        seconds = time.perf_counter() - began
        assert work == "seed" or len(found) >= len(files)
        return seconds


class Rclone(Tool):
    name = "rclone sync -c"

    def command(self, work, endpoint, source, bucket):
        options = ["--config", "/dev/null", "--transfers", "16", "--checkers", "16", "--s3-provider", "Other", "--s3-region", REGION]
        options += ["--s3-endpoint", endpoint, "--s3-access-key-id", KEY, "--s3-secret-access-key", SECRET, "--quiet"]
        here, there = str(Path(source) / bucket), f":s3:{bucket}"
        if work == "expect":
            return [self.program, "check", here, there, *options]
        if work == "save":
            return None
        return [self.program, "sync", "-c", here, there, *options]


class Aws(Tool):
    name = "aws s3 sync"

    def command(self, work, endpoint, source, bucket):
        if work in ("expect", "save"):
            return None
        return [self.program, "--endpoint-url", endpoint, "s3", "sync", "--only-show-errors", "--delete", str(Path(source) / bucket), f"s3://{bucket}"]


class S5cmd(Tool):
    name = "s5cmd sync"

    def command(self, work, endpoint, source, bucket):
        if work in ("expect", "save"):
            return None
        return [self.program, "--endpoint-url", endpoint, "--log", "error", "sync", "--delete", f"{source}/{bucket}/*", f"s3://{bucket}/"]


def programs(binary):
    """The tools that are here, each with its program."""
    beside = Path(sys.executable).parent
    found = [(Ours, binary), (Direct, None)]
    for tool, name in ((Rclone, "rclone"), (Aws, "aws"), (S5cmd, "s5cmd")):
        program = beside / name if (beside / name).exists() else shutil.which(name)
        if program and subprocess.run([program, "--version" if name != "s5cmd" else "version"], capture_output=True).returncode == 0:
            found.append((tool, program))
        else:
            print(f"without {tool.name}: there is no {name}", file=sys.stderr)
    return found


class Bench:
    def __init__(self, server, folder, count, size):
        self.server, self.folder = server, Path(folder)
        self.s3 = S3(server.endpoint)
        self.count, self.size = count, size
        self.number = 0

    def lay_out(self, bucket):
        """A directory with one bucket's folder."""
        source = self.folder / f"source-{bucket}"
        for number in range(self.count):
            file = source / bucket / f"d{number % 10}" / f"file-{number:05}.bin"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(self.body(number))
        return source

    def body(self, number, salt=b""):
        return (hashlib.sha256(b"%d" % number + salt).digest() * (self.size // 32 + 1))[: self.size]

    def key(self, number):
        return f"d{number % 10}/file-{number:05}.bin"

    def change(self, bucket):
        """What a program under test does: other bytes of the same size, and an object too many."""
        for number in range(CHANGED):
            self.s3.put(bucket, self.key(number * 7), self.body(number * 7, b"other"))
        self.s3.put(bucket, "extra", b"x")

    def wrong(self, bucket):
        """How many objects are not as the directory has them."""
        def is_right(number):
            return self.s3.get(bucket, self.key(number)) == self.body(number)

        with ThreadPoolExecutor(8) as pool:
            wrong = sum(not right for right in pool.map(is_right, range(self.count)))
        try:
            self.s3.get(bucket, "extra")
            return wrong + 1
        except Exception:  # noqa: BLE001 - gone, as it should be
            return wrong

    def run(self, tool, endpoint, proxy=None):
        """All kinds of work, one after another: {work: (seconds, requests, wrong)}."""
        self.number += 1
        bucket = f"bench-{self.number}"
        source = self.lay_out(bucket)
        self.s3.make_bucket(bucket)
        found = {}
        for work in WORK:
            # S3's times are whole seconds: what changed within the one of the work before would be in doubt.
            time.sleep(1.1)
            if work == "reset":
                self.change(bucket)
                time.sleep(1.1)
            if work == "save":
                # The bytes are fetched by the first one.
                tool.run(work, endpoint, source, bucket)
            if proxy:
                proxy.take()
            seconds = tool.run(work, endpoint, source, bucket)
            requests = proxy.take()["requests"] if proxy else None
            wrong = self.wrong(bucket) if work == "reset" and seconds is not None else 0
            if wrong:
                # So that the comparison after it has what the others have.
                for number in range(CHANGED):
                    self.s3.put(bucket, self.key(number * 7), self.body(number * 7))
            found[work] = (seconds, requests, wrong)
        shutil.rmtree(source)
        return found


def table(bench, tools, counted, timed):
    lines = ["| work | tool | requests | seconds |", "|---|---|---|---|"]
    for work in WORK:
        title = TITLES[work].format(n=f"{bench.count:,}", size=f"{bench.size:,}", changed=CHANGED)
        for tool in tools:
            seconds, requests, wrong = counted[tool.name][work]
            if seconds is None:
                continue
            asked = ", ".join(f"{count:,} {kind}" for kind, count in sorted(requests.items(), key=lambda item: -item[1]))
            times = [run[work][0] for run in timed[tool.name]]
            took = f"{statistics.median(times):.2f}" if times else "–"
            note = f"; **{wrong} wrong afterwards**" if wrong else ""
            lines.append(f"| {title} | {tool.name} | {asked or 'none'}{note} | {took} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench-states", description=__doc__)
    parser.add_argument("--objects", type=int, default=1000, help="default: 1000")
    parser.add_argument("--size", type=int, default=4096, help="bytes of each; default: 4096")
    parser.add_argument("--rounds", type=int, default=3, help="timed rounds, whose medians are printed; 0: requests only")
    parser.add_argument("--tools", nargs="+", metavar="NAME", help="only those whose names begin so: localstackmount direct rclone aws s5cmd")
    parser.add_argument("--server", choices=[*SERVERS], default="seaweedfs", help="default: seaweedfs")
    parser.add_argument("--binary", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="localstackmount-states.") as folder:
        server = SERVERS[arguments.server](folder)
        proxy = None
        try:
            bench = Bench(server, folder, arguments.objects, arguments.size)
            wanted = tuple(arguments.tools or [""])
            tools = [tool(folder, program) for tool, program in programs(arguments.binary) if tool.name.startswith(wanted)]
            proxy = CountingProxy(server.endpoint)
            counted = {tool.name: bench.run(tool, proxy.endpoint, proxy) for tool in tools}
            timed = {tool.name: [] for tool in tools}
            for number in range(arguments.rounds):
                for tool in tools[number % len(tools) :] + tools[: number % len(tools)]:
                    timed[tool.name].append(bench.run(tool, server.endpoint))
            print(f"On {server.title}, {time.strftime('%Y-%m-%d')}, medians of {arguments.rounds} rounds:\n")
            print(table(bench, tools, counted, timed))
        finally:
            if proxy:
                proxy.stop()
            server.stop()


if __name__ == "__main__":
    main()
