"""Tables in Markdown from the figures of a run, and their place in docs/PERFORMANCE.md."""

import re
import statistics

from .processes import REPOSITORY
from .systems import GATEWAYS, MOUNTS

DOCUMENT = REPOSITORY / "docs" / "PERFORMANCE.md"
SYSTEMS = {system.name: system for system in MOUNTS + GATEWAYS}
OURS = [name for name in SYSTEMS if name.startswith("ours")]
# Ours, in its default mode; the tables compare this one.
MAIN = ("ours", "ours-http")


def median(row, system, what="seconds"):
    """The median over the rounds, or None where the system has no such figure."""
    rounds = row["systems"].get(system, {}).get("rounds", [])
    values = [figures[what] for figures in rounds if what in figures]
    return statistics.median(values) if values else None


def time_of(row, system):
    """What is compared: until durable where the row writes."""
    durable = median(row, system, "durable")
    return durable if durable is not None else median(row, system)


def main_of(row):
    return next((name for name in MAIN if name in row["systems"]), None)


def peers(row, measure):
    found = {name: measure(row, name) for name in row["systems"] if SYSTEMS[name].is_peer}
    return {name: value for name, value in found.items() if value is not None}


def best(row, measure):
    """The best peer's name and figure."""
    found = peers(row, measure)
    name = min(found, key=found.get, default=None)
    return name, found.get(name)


def seconds(value):
    if value is None:
        return ""
    return f"{value:.4f}" if value < 0.1 else f"{value:.3f}" if value < 1 else f"{value:.2f}"


def both(row, system):
    """Seconds, or `returned / durable`."""
    durable = median(row, system, "durable")
    if durable is None or system in ("tmpfs", "nginx-tmpfs"):
        return seconds(median(row, system))
    return f"{seconds(median(row, system))} / {seconds(durable)}"


def ratio(a, b):
    return f"{a / b:.2f}" if a is not None and b else ""


def megabytes(count):
    return f"{count / 1e6:.1f}" if count is not None else ""


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def times(rows, is_http):
    """Ours, every peer and the two ends of the scale, with ratios."""
    names = [t.name for t in (GATEWAYS if is_http else MOUNTS)]
    shown = [name for name in names if any(name in row["systems"] for row in rows.values())]
    header = ["seconds", *(SYSTEMS[name].title for name in shown), "to best peer", "to direct"]
    lines = []
    for title, row in rows.items():
        ours = time_of(row, main_of(row)) if main_of(row) else None
        lines.append(
            [title.removeprefix("HTTP: "), *(both(row, name) for name in shown)]
            + [ratio(ours, best(row, time_of)[1]), ratio(ours, time_of(row, "direct"))]
        )
    return table(header, lines)


def costs(rows):
    """CPU and memory of ours and of the best peer."""

    def cpu(row, name):
        return median(row, name, "cpu")

    def memory(row, name):
        return median(row, name, "memory")

    lines = []
    for title, row in rows.items():
        name = main_of(row)
        if not name:
            continue
        (cpu_name, least_cpu), (memory_name, least_memory) = best(row, cpu), best(row, memory)
        lines.append(
            [title, seconds(cpu(row, name)), f"{seconds(least_cpu)} {cpu_name or ''}", ratio(cpu(row, name), least_cpu)]
            + [megabytes(memory(row, name)), f"{megabytes(least_memory)} {memory_name or ''}"]
        )
    return table(["row", "CPU s", "least of a peer", "ratio", "peak RSS MB", "least of a peer"], lines)


def requests(counted):
    """A counting pass's figures of one system in one cell of a table."""
    if not counted:
        return ""
    parts = [f"{count:,} {kind}" for kind, count in sorted(counted["requests"].items(), key=lambda item: -item[1])]
    of = f" for {counted['of']:,} GETs" if "of" in counted else ""
    moved = (counted["up"] + counted["down"]) / 1e6
    return (", ".join(parts) or "none") + of + (f"; {moved:.1f} MB" if moved >= 0.05 else "")


def counts(rows):
    lines = []
    for title, row in rows.items():
        name = main_of(row)
        if not name or not row["systems"][name].get("counted"):
            continue
        others = {n: s["counted"] for n, s in row["systems"].items() if SYSTEMS[n].is_peer and s.get("counted")}
        least = min(others, key=lambda n: sum(others[n]["requests"].values()), default=None)
        lines.append(
            [title, requests(row["systems"][name]["counted"])]
            + [f"{requests(others[least])} ({least})" if least else "", requests(row["systems"].get("direct", {}).get("counted"))]
        )
    return table(["row", "ours", "fewest of a peer", "direct"], lines)


def losses(result):
    """Rows in which a peer is ahead, in time, CPU or memory."""
    found = []
    for title, row in result["rows"].items():
        name = main_of(row)
        if not name:
            continue
        for what, unit in (("time", "s"), ("cpu", "s CPU"), ("memory", "MB")):
            measure = time_of if what == "time" else lambda row, n, what=what: median(row, n, what)
            ours, (peer, theirs) = measure(row, name), best(row, measure)
            if ours is None or theirs is None or ours <= theirs:
                continue
            shown = megabytes if what == "memory" else seconds
            ratio = f" ({ours / theirs:.2f})" if theirs else ""
            found.append(f"- {title}: {shown(ours)} {unit}, {SYSTEMS[peer].title} {shown(theirs)}{ratio}")
    return "\n".join(found) or "None."


def section(run, result):
    mounts = {t: r for t, r in result["rows"].items() if not t.startswith("HTTP: ")}
    gateways = {t: r for t, r in result["rows"].items() if t.startswith("HTTP: ")}
    quick = ", quick (smaller files)" if run["quick"] else ""
    parts = [
        f"### Over {result['title']}, {run['date']}",
        f"{run['machine']}; medians of {run['rounds']} rounds{quick}; load {run['load']:.1f} before the run.",
    ]
    for rows, is_http, name in ((mounts, False, "Mounts"), (gateways, True, "Gateways")):
        if rows:
            parts += [f"**{name}**; where two figures stand, `last call returned / server shows it`.", times(rows, is_http)]
            parts += ["CPU time and peak memory:", costs(rows)]
            counted = counts(rows)
            if counted.count("\n") > 1:
                parts += ["S3 requests and bytes moved:", counted]
    parts += ["**Losses**: rows in which a peer is ahead.", losses(result)]
    for what in ("errors", "notes"):
        if result[what]:
            parts.append(f"{what.title()}:\n\n" + "\n".join(f"- {k}: {v}" for k, v in result[what].items()))
    return "\n\n".join(parts)


def tables(run):
    return "\n\n".join(section(run, result) for result in run["servers"])


def write_document(run):
    """Puts the tables between the marks of their server, which the document has."""
    text = DOCUMENT.read_text()
    for result in run["servers"]:
        begin, end = f"<!-- bench {result['server']} -->", f"<!-- end of bench {result['server']} -->"
        pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.S)
        assert pattern.search(text), f"{DOCUMENT} has no {begin}"
        body = f"{begin}\n\n{section(run, result)}\n\n{end}"
        text = pattern.sub(lambda _, body=body: body, text)
    DOCUMENT.write_text(text)
