#!/usr/bin/env python3
"""Makes localstackmount(1) from the help of the binary: packaging/manpage.py BINARY DATE > localstackmount.1"""

import json
import re
import subprocess
import sys

BINARY, DATE = sys.argv[1:]
COMMANDS = [
    "status", "recover", "doctor", "seed", "reset", "expect", "diff", "snapshot", "export", "wait", "watch", "presign",
]  # fmt: skip


def described(*command):
    out = subprocess.run([BINARY, *command, "--experimental-dump-help"], stdout=subprocess.PIPE, check=True).stdout
    return json.loads(out)["command"]


def text(words):
    """Escapes what roff would take for its own."""
    words = words.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga").replace("~", "\\(ti")
    words = words.replace("^", "\\(ha").replace("…", "...")
    return re.sub(r"^\.", r"\\&.", words, flags=re.MULTILINE)


def prose(words):
    """The discussion of a command: its paragraphs, with what is in columns kept as it is."""
    for block in words.strip().split("\n\n"):
        lines = block.split("\n")
        heading = re.fullmatch(r"([A-Z][A-Z ]+)( \(.*\))?:", lines[0])
        if heading or any(line.startswith("  ") for line in lines):
            if heading or lines[0].endswith(":"):
                yield ".PP\n" + text(lines.pop(0))
            yield ".PP\n.nf\n" + text("\n".join(lines)) + "\n.fi"
        else:
            yield ".PP\n" + text("\n".join(lines))


def name_of(argument):
    if argument["kind"] == "positional":
        return f"\\fI{text(argument['valueName'].upper())}\\fR"
    names = ", ".join(f"\\fB{text('-' if n['kind'] == 'short' else '--')}{text(n['name'])}\\fR" for n in argument["names"])
    return names if argument["kind"] == "flag" else f"{names} \\fI{text(argument.get('valueName', 'value'))}\\fR"


def options(command, heading):
    section = None
    for argument in command.get("arguments", []):
        if not argument.get("shouldDisplay", True):
            continue
        if argument.get("sectionTitle") != section:
            section = argument.get("sectionTitle")
            yield f"{heading} {text(section or 'Other')}"
        abstract = argument.get("abstract", "").strip()
        if argument.get("defaultValue") and "(default" not in abstract:
            abstract += f" (default: {argument['defaultValue']})"
        yield f".TP\n{name_of(argument)}\n{text(abstract) or 'See above.'}"


def command_pages():
    for name in COMMANDS:
        command = described(name)
        yield f".SS localstackmount {name}"
        yield text(command["abstract"])
        yield from prose(command.get("discussion", ""))
        yield from options(command, ".PP\n.B")
        for sub in command.get("subcommands", []):
            if sub["commandName"] == "help":
                continue
            yield f".SS localstackmount {name} {text(sub['commandName'])}"
            yield text(sub["abstract"])
            yield from prose(sub.get("discussion", ""))
            yield from options(sub, ".PP\n.B")


def main():
    root = described()
    version = subprocess.run([BINARY, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    lines = [
        f'.TH LOCALSTACKMOUNT 1 "{DATE}" "localstackmount {version}" "User Commands"',
        ".SH NAME\nlocalstackmount \\- S3 buckets as folders: a mount, an HTTP gateway, and states for tests",
        ".SH SYNOPSIS\n.B localstackmount\n[\\fB\\-\\-fuse\\fR] [\\fIMOUNTPOINT\\fR] [\\fB\\-\\-http\\fR \\fIADDRESS\\fR] [\\fIOPTIONS\\fR]",
        ".br\n.B localstackmount\n\\fICOMMAND\\fR [\\fIOPTIONS\\fR]",
        ".SH DESCRIPTION",
        text(root["abstract"]),
        *prose(root.get("discussion", "")),
        ".SH OPTIONS",
        *options(root, ".SS"),
        ".SH COMMANDS",
        *command_pages(),
        ".SH FILES",
        ".TP\n.I \\(ti/.aws/config\\fR, \\fI\\(ti/.aws/credentials\nProfiles: endpoint_url, services, region, keys, credential_process.",
        ".TP\n.I \\(ti/.cache/localstackmount\nUnsaved bytes, what was read, and snapshots.",
        ".TP\n.I /etc/fuse.conf\nuser_allow_other permits \\-\\-allow\\-other to all users.",
        ".SH SEE ALSO\n.BR mount (8),\n.BR fusermount3 (1),\n.BR fuse (4)",
    ]
    print("\n".join(lines))


main()
