"""How time and memory grow with the number of objects, and what a second mount sees. See scripts/bench-growth.

Objects of 100 bytes in folders of a hundred. Each system is started anew for each number, with empty caches, and walks all
of it three times by different programs. Then a mount writes files one by one, and another mount of the same system reads
each of them at once.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .s3 import S3
from .servers import SERVERS
from .systems import Direct, Ours, OursTTL, RcloneFull, S3fs

SYSTEMS = {system.name: system for system in (Ours, OursTTL, RcloneFull, S3fs, Direct)}
FOLDER = 100
SIZE = 100
WALKS = ("find", "du", "rsync -n")
SEEN = 100


class World:
    """What the systems of the main benchmark know of their surroundings."""

    def __init__(self, work, binary):
        self.work, self.binary = work, binary
        self.bucket = "growth"


def walk(name, path, empty):
    """Runs a program over everything below a path. Returns how many files it has seen."""
    commands = {
        "find": ["find", path, "-type", "f"],
        "du": ["du", "-a", "--apparent-size", path],
        "rsync -n": ["rsync", "-n", "-r", "--size-only", "--out-format=%n", f"{path}/", f"{empty}/"],
    }
    done = subprocess.run([str(word) for word in commands[name]], stdout=subprocess.PIPE, check=True)
    return done.stdout.count(b".bin")


class Growth:
    def __init__(self, server, work, binary):
        self.server, self.work = server, Path(work)
        self.world = World(work, binary)
        self.s3 = S3(server.endpoint)
        self.s3.make_bucket(self.world.bucket)
        self.filled = 0
        self.empty = self.work / "empty"
        self.empty.mkdir()

    def fill(self, count):
        body = b"x" * SIZE
        with ThreadPoolExecutor(16) as pool:
            keys = (f"all/d{number // FOLDER:05}/f{number:07}.bin" for number in range(self.filled, count))
            for _ in pool.map(lambda key: self.s3.put(self.world.bucket, key, body), keys):
                pass
        self.filled = count

    def measure(self, kind):
        """Starts a system and walks all objects: {row: seconds, "memory": bytes}."""
        system = kind(self.world, self.server.endpoint)
        figures = {}
        try:
            began = time.perf_counter()
            system.start()
            if kind is Direct:
                for name in WALKS:
                    began = time.perf_counter()
                    assert system.s3.list_count(self.world.bucket, "all/") == self.filled
                    figures[name] = time.perf_counter() - began
                return figures
            os.stat(system.path)
            figures["start"] = time.perf_counter() - began
            for name in WALKS:
                began = time.perf_counter()
                seen = walk(name, system.path / "all", self.empty)
                figures[name] = time.perf_counter() - began
                assert seen == self.filled, f"{kind.name}: {name} saw {seen} of {self.filled}"
            figures["memory"] = system.memory()
            return figures
        finally:
            system.stop()

    def seen_by_another(self, kind):
        """How many of the files that one mount writes another one reads at once, and the seconds for all."""
        class Second(kind):
            name = kind.name + "-2"

        writer, reader = kind(self.world, self.server.endpoint), Second(self.world, self.server.endpoint)
        try:
            writer.start()
            reader.start()
            (writer.path / f"two-{kind.name}").mkdir(exist_ok=True)
            os.listdir(reader.path)
            seen = 0
            began = time.perf_counter()
            for number in range(SEEN):
                name = f"two-{kind.name}/file{number}"
                (writer.path / name).write_text(str(number))
                try:
                    seen += (reader.path / name).read_text() == str(number)
                except OSError:
                    pass
            return {"seen": seen, "seconds": time.perf_counter() - began}
        finally:
            writer.stop()
            reader.stop()


def table(counts, systems, grown, two, title):
    lines = [f"On {title}, {time.strftime('%Y-%m-%d')}, folders of {FOLDER} objects, seconds:", ""]
    lines += ["| objects | what | " + " | ".join(SYSTEMS[name].title for name in systems) + " |"]
    lines += ["|---|---|" + "---|" * len(systems)]
    for count in counts:
        for row in ("start", *WALKS):
            cells = [f"{grown[name][count][row]:.2f}" if row in grown[name].get(count, {}) else "–" for name in systems]
            title = "start to the first answer" if row == "start" else row
            lines.append(f"| {count:,} | {title} | " + " | ".join(cells) + " |")
        cells = [f"{grown[name][count]['memory'] / 1e6:.0f}" if "memory" in grown[name].get(count, {}) else "–" for name in systems]
        lines.append(f"| {count:,} | memory, MB | " + " | ".join(cells) + " |")
    cells = [f"{two[name]['seen']} in {two[name]['seconds']:.1f} s" if name in two else "–" for name in systems]
    lines.append(f"| – | of {SEEN} files written by one mount, read at once by another | " + " | ".join(cells) + " |")
    return "\n".join(lines)


PLOT = """
set terminal svg size 900,380 font "sans-serif,12" background "#ffffff"
set output "{file}"
set multiplot layout 1,2
set key top left
set xlabel "objects"
set format x "%'.0f"
set xtics rotate by -30
set title "find, seconds"
plot {seconds}
set title "peak memory, MB"
plot {memory}
"""


def plot(file, counts, systems, grown):
    """Draws seconds of find, and memory, over the number of objects, by gnuplot."""
    with tempfile.TemporaryDirectory() as folder:
        def lines(row, scale):
            found = []
            for name in systems:
                points = [(count, grown[name][count][row] / scale) for count in counts if row in grown[name].get(count, {})]
                if points:
                    data = Path(folder) / f"{row}-{name}"
                    data.write_text("".join(f"{count} {value}\n" for count, value in points))
                    found.append(f'"{data}" with linespoints title "{SYSTEMS[name].title}"')
            return ", ".join(found)

        script = PLOT.format(file=file, seconds=lines("find", 1), memory=lines("memory", 1e6))
        subprocess.run(["gnuplot", "-"], input=script, text=True, check=True, env={**os.environ, "LC_ALL": "C.UTF-8"})


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench-growth", description=__doc__)
    parser.add_argument("--objects", type=int, nargs="+", default=[1000, 10_000, 50_000, 100_000, 200_000])
    parser.add_argument("--systems", nargs="+", choices=list(SYSTEMS), default=list(SYSTEMS))
    parser.add_argument("--server", choices=[*SERVERS], default="seaweedfs", help="default: seaweedfs")
    parser.add_argument("--plot", metavar="FILE", help="draw it as an SVG")
    parser.add_argument("--binary", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="localstackmount-growth.") as folder:
        server = SERVERS[arguments.server](folder)
        try:
            growth = Growth(server, folder, arguments.binary)
            systems = []
            for name in arguments.systems:
                reason = SYSTEMS[name].reason_missing(growth.world)
                if reason:
                    print(f"without {name}: {reason}", file=sys.stderr)
                else:
                    systems.append(name)
            grown = {name: {} for name in systems}
            for count in sorted(arguments.objects):
                growth.fill(count)
                for name in systems:
                    grown[name][count] = growth.measure(SYSTEMS[name])
                    print(f"{count:,} {name}: {json.dumps(grown[name][count])}", file=sys.stderr)
            two = {name: growth.seen_by_another(SYSTEMS[name]) for name in systems if name != Direct.name}
            print(table(sorted(arguments.objects), systems, grown, two, server.title))
            if arguments.plot:
                plot(arguments.plot, sorted(arguments.objects), systems, grown)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
