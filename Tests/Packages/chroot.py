"""Fresh Debian systems: bases made once by debootstrap, stored in the user's cache, and copied for each test."""

import os
import subprocess
from pathlib import Path

from harness.processes import run

BASES = ["bookworm", "trixie"]
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "localstackmount" / "chroots"
_MIRROR = os.environ.get("LOCALSTACKMOUNT_DEBIAN_MIRROR", "http://deb.debian.org/debian")


def base(suite):
    path = _CACHE / suite
    if not path.exists():
        _CACHE.mkdir(parents=True, exist_ok=True)
        unfinished = _CACHE / f"{suite}.unfinished"
        run("rm", "-rf", unfinished)
        run("debootstrap", "--variant=minbase", suite, unfinished, _MIRROR, seconds=600)
        unfinished.rename(path)
    return path


class Chroot:
    def __init__(self, suite, path):
        self.suite = suite
        self.path = path
        run("cp", "-a", "--reflink=auto", base(suite), path, seconds=120)
        # The machine's own settings for reaching the archive.
        for name in ("/etc/resolv.conf", "/etc/hosts"):
            if os.path.exists(name):
                run("cp", "-L", name, f"{path}{name}", check=False)
        for file in Path("/etc/apt/apt.conf.d").glob("99*"):
            run("cp", file, path / "etc/apt/apt.conf.d")

    def run(self, script, check=True, seconds=120):
        """Runs a shell script in it, with /dev and /proc, and an environment that is empty but for a PATH. What it
        mounts goes with it."""
        inside = f"""
            mount --rbind /dev {self.path}/dev && mount -t proc proc {self.path}/proc &&
                {{ [ -e {self.path}/fuse ] || mknod -m 666 {self.path}/fuse c 10 229; }} &&
                mount --bind {self.path}/fuse {self.path}/dev/fuse || exit 90
            exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
                DEBIAN_FRONTEND=noninteractive chroot {self.path} sh -euc "$1"
        """
        return run("unshare", "--mount", "--propagation", "private", "sh", "-c", inside, "sh", script,
                   check=check, seconds=seconds)  # fmt: skip

    def copy(self, file):
        run("cp", file, self.path / "root")
        return f"/root/{file.name}"

    def files(self):
        """All files in it, except those of apt, dpkg and Python themselves."""
        found = subprocess.run(["find", ".", "-xdev", "-not", "-type", "d"], cwd=self.path, stdout=subprocess.PIPE, text=True)
        kept = ("./var/", "./root/", "./home/", "./tmp/", "./run/", "./dev/", "./proc/", "./fuse", "./etc/ld.so.cache", "./etc/alternatives/")
        return {name for name in found.stdout.splitlines() if not name.startswith(kept) and "__pycache__" not in name}
