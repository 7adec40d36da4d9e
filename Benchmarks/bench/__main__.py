"""The command: which workloads, systems and server, how many rounds; see scripts/bench."""

import argparse
import json
import multiprocessing
import os
import platform
import shutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

from . import report
from .counting import CountingProxy
from .gateway_workloads import GATEWAY_WORKLOADS, GatewayWorkload
from .meter import Meter
from .servers import SERVERS
from .systems import GATEWAYS, MOUNTS
from .workloads import MOUNT_WORKLOADS
from .world import World

CELL_SECONDS = 240
# A peer's cell that took longer is not repeated: its one figure says enough, and the rest has the time.
PATIENCE_SECONDS = 6
# What the server's data, the caches and the sources may take at their fullest.
ROOM = 14 << 30


class Cell:
    """One workload on one system in one round."""

    def __init__(self, world, system, workload, proxy):
        self.world, self.system, self.workload = world, system, workload
        self.bucket = world.bucket
        self.scratch = world.scratch()
        self.meter = Meter(system, proxy)
        self.notes = set()

    row = property(lambda self: self.meter.row)
    path = property(lambda self: self.system.path)
    base = property(lambda self: self.system.base)
    s3 = property(lambda self: self.system.s3)

    def durable(self, row, condition):
        row.returned()
        if self.system.is_counted:
            condition()

    def check(self, key, expected, start=0):
        if self.system.is_counted:
            self.world.check_object(key, expected, start)

    def note(self, text, condition):
        if condition:
            self.notes.add(text)

    def run(self):
        if self.system.name == "direct":
            self.workload.on_server(self)
        elif isinstance(self.workload, GatewayWorkload):
            self.workload.on_gateway(self)
        else:
            self.workload.on_mount(self)
        return {"rows": self.meter.rows, "memory": self.system.memory(), "notes": sorted(self.notes)}


def run_cell(world, system_type, workload, proxy):
    """Starts the system, runs the workload in a process of its own with a time limit, ends the system."""
    system = system_type(world, proxy.endpoint if proxy and system_type.is_counted else world.server.endpoint)
    cell = Cell(world, system, workload, proxy if system_type.is_counted else None)
    result = {"error": f"no end within {CELL_SECONDS} s"}
    try:
        workload.prepare(cell)
        system.start()
        ours, theirs = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.get_context("fork").Process(target=_in_child, args=(cell, theirs), daemon=True)
        process.start()
        theirs.close()
        if ours.poll(CELL_SECONDS):
            result = ours.recv()
        process.kill()
        system.stop()
        process.join()
    except Exception as error:
        result = {"error": f"{type(error).__name__}: {error}"}
    finally:
        system.stop()
        try:
            workload.clean(cell)
        except Exception as error:
            say(f"  cleaning after {workload.name} on {system.name}: {error}")
        world.server.tidy()
    return result


def _in_child(cell, pipe):
    try:
        pipe.send(cell.run())
    except BaseException as error:
        if os.environ.get("BENCH_TRACE"):
            traceback.print_exc()
        pipe.send({"error": f"{type(error).__name__}: {error}"})


def say(text):
    print(text, file=sys.stderr, flush=True)


def chosen(names, types):
    return [t for t in types if not names or t.name in names]


def run_round(world, plan, number, proxy, results):
    """All workloads, each on all systems one after the other; every round begins with another system."""
    for workload, systems in plan:
        turn = number % len(systems)
        for system_type in systems[turn:] + systems[:turn]:
            if (workload.name, system_type.name) in results["slow"]:
                continue
            began = time.monotonic()
            result = run_cell(world, system_type, workload, proxy)
            record(results, workload, system_type, result, counting=proxy is not None)
            if system_type.is_peer and time.monotonic() - began > PATIENCE_SECONDS:
                results["slow"].append((workload.name, system_type.name))
            figures = ", ".join(f"{row['seconds']:.3f}" for row in result.get("rows", {}).values())
            say(
                f"  {workload.name:16} {system_type.name:16} {figures or result['error']}"
                f"   ({time.monotonic() - began:.1f} s)"
            )


def record(results, workload, system_type, result, counting):
    if "error" in result:
        results["errors"].setdefault(f"{workload.name} on {system_type.name}", result["error"])
        return
    for note in result["notes"]:
        results["notes"].setdefault(f"{workload.name} on {system_type.name}", note)
    for name, figures in result["rows"].items():
        row = results["rows"].setdefault(name, {"workload": workload.name, "writes": workload.writes, "systems": {}})
        kept = row["systems"].setdefault(system_type.name, {"rounds": []})
        if counting:
            kept["counted"] = {k: figures[k] for k in ("requests", "up", "down", "of") if k in figures}
        else:
            kept["rounds"].append(figures | {"memory": result["memory"]})


def make_plan(arguments):
    """Pairs of a workload and the systems that it runs on."""
    only = arguments.only or []
    plan = []
    for workloads, types in ((MOUNT_WORKLOADS, MOUNTS), (GATEWAY_WORKLOADS, GATEWAYS)):
        for workload in workloads:
            if only and not any(workload.name.startswith(word) for word in only):
                continue
            systems = [t for t in chosen(arguments.systems, types) if t.suits(workload)]
            if systems:
                plan.append((workload, systems))
    return plan


def measure(arguments, server_name):
    work = Path(tempfile.mkdtemp(prefix="localstackmount-bench.", dir=arguments.work))
    server = world = None
    try:
        server = SERVERS[server_name](work)
        plan = make_plan(arguments)
        needed = {folder for workload, _ in plan for folder in workload.needs}
        world = World(work, server, arguments.binary, arguments.quick, needed)
        missing = {t: t.reason_missing(world) for _, systems in plan for t in systems}
        for system_type, reason in missing.items():
            if reason:
                say(f"without {system_type.name}: {reason}")
        plan = [(workload, [t for t in systems if not missing[t]]) for workload, systems in plan]
        plan = [(workload, systems) for workload, systems in plan if systems]
        say(f"{server.title}: preparing data")
        world.prepare()
        results = {"server": server.name, "title": server.title, "rows": {}, "errors": {}, "notes": {}, "slow": []}
        for number in range(arguments.rounds):
            say(f"{server.title}: round {number + 1} of {arguments.rounds}")
            run_round(world, plan, number, None, results)
        if not arguments.no_counts:
            say(f"{server.title}: counting pass")
            proxy = CountingProxy(server.endpoint)
            try:
                counted = [(w, [t for t in systems if t.is_counted]) for w, systems in plan]
                run_round(world, [(w, s) for w, s in counted if s], 0, proxy, results)
            finally:
                proxy.stop()
        return results
    finally:
        if server:
            server.stop()
        shutil.rmtree(work, ignore_errors=True)


def machine():
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown CPU")
    memory = int(Path("/proc/meminfo").read_text().split()[1]) >> 20
    return f"{os.cpu_count()} cores ({model}), {memory} GB, Linux {platform.release()}"


def available_memory():
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:"))


def default_work():
    """Memory, when there is room for it, so that no disk is measured."""
    shared = "/dev/shm"
    if os.path.isdir(shared) and min(shutil.disk_usage(shared).free, available_memory()) > ROOM:
        return shared
    return tempfile.gettempdir()


def main():
    names = ", ".join(w.name for w in MOUNT_WORKLOADS + GATEWAY_WORKLOADS)
    systems = ", ".join(dict.fromkeys(t.name for t in MOUNTS + GATEWAYS))
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Measures localstackmount beside other mounts and gateways.",
        epilog=f"Workloads: {names}. Systems: {systems}.",
    )
    parser.add_argument("--rounds", type=int, help="rounds, of which the medians are told (default: 5, quick: 3)")
    parser.add_argument("--only", nargs="+", metavar="WORKLOAD", help="only workloads that begin so")
    parser.add_argument("--systems", nargs="+", metavar="SYSTEM", help="only these systems")
    parser.add_argument("--server", choices=[*SERVERS, "both"], default="seaweedfs", help="default: seaweedfs")
    parser.add_argument("--quick", action="store_true", help="128 MB for 512, 256 MB for 1 GB; fewer rounds")
    parser.add_argument("--no-counts", action="store_true", help="without the counting pass")
    parser.add_argument("--document", action="store_true", help="write the tables into docs/PERFORMANCE.md")
    parser.add_argument("--json", type=Path, help="keep all figures in this file")
    parser.add_argument("--from", dest="source", type=Path, help="measure nothing: tables of figures kept by --json")
    parser.add_argument("--work", default=default_work(), help="folder for the server's data and the caches")
    parser.add_argument("--binary", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    # Ended from outside, it still takes down what it started.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    arguments.rounds = arguments.rounds or (3 if arguments.quick else 5)
    if arguments.source:
        run = json.loads(arguments.source.read_text())
    else:
        servers = list(SERVERS) if arguments.server == "both" else [arguments.server]
        run = {
            "date": time.strftime("%Y-%m-%d"),
            "machine": machine(),
            "rounds": arguments.rounds,
            "quick": arguments.quick,
            "load": os.getloadavg()[0],
            "servers": [measure(arguments, name) for name in servers],
        }
    if arguments.json:
        arguments.json.write_text(json.dumps(run, indent=1))
    text = report.tables(run)
    print(text)
    if arguments.document:
        report.write_document(run)


if __name__ == "__main__":
    main()
