"""What is measured: each system is started anew, with empty caches, for each cell of the table.

A system has a `name` for the command line, a `title` for the tables, and after `start` a `path` (where the bucket's
files are) or a `base` (the URL of the bucket). `is_peer` says whether it takes part in "the best peer".
"""

import os
import shutil
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

from .http import Connection
from .processes import (
    cpu_seconds,
    die_with_parent,
    end_group,
    free_port,
    members,
    mount_points,
    peak_memory,
    unmount,
)
from .s3 import KEY, REGION, S3, SECRET

START_SECONDS = 30


class System:
    name = title = ""
    is_peer = False
    # The S3 requests of this one can be counted, by a proxy in front of the server.
    is_counted = True

    def __init__(self, world, endpoint):
        self.world, self.endpoint = world, endpoint
        self.home = Path(world.work) / "systems" / self.name
        self.processes = []
        self.mounts = []
        self.path = self.base = None

    @classmethod
    def reason_missing(cls, world):
        """Why this system cannot be measured here, or None."""
        return None

    @classmethod
    def suits(cls, workload):
        """Whether the workload is of interest here."""
        return not workload.systems or cls.name in workload.systems

    def start(self):
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True)
        self._start()

    def _start(self):
        raise NotImplementedError

    def stop(self):
        for directory in reversed(self.mounts):
            unmount(directory)
        for process in reversed(self.processes):
            end_group(process)
        for directory in self.mounts:
            unmount(directory)
        shutil.rmtree(self.home, ignore_errors=True)

    def pids(self):
        return [pid for process in self.processes for pid in members(process.pid)]

    def cpu(self):
        return cpu_seconds(self.pids())

    def memory(self):
        return peak_memory(self.pids())

    # For those that start processes

    def spawn(self, *command, environment=None):
        log = open(self.home / "log", "ab")
        kept = {n: v for n, v in os.environ.items() if not n.startswith(("AWS_", "LOCALSTACK", "RCLONE_"))}
        process = subprocess.Popen(
            [str(part) for part in command],
            env=kept | {"HOME": str(self.home), "XDG_CACHE_HOME": str(self.home / "cache")} | (environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        log.close()
        self.processes.append(process)
        return process

    def mounted(self, directory, process):
        self.mounts.append(directory)
        self.wait(lambda: str(directory) in mount_points() and os.stat(directory), process)

    def answers(self, base, process):
        self.wait(lambda: Connection(base).request("GET", urllib.parse.urlsplit(base).path or "/"), process)

    def wait(self, condition, process):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                if condition():
                    return
            except (OSError, EOFError):
                pass
            if process.poll() is not None:
                break
            time.sleep(0.005)
        raise RuntimeError(f"{self.name} does not start: {(self.home / 'log').read_text(errors='replace')[-500:]}")


class Ours(System):
    name, title = "ours", "localstackmount"
    options = ()

    @classmethod
    def reason_missing(cls, world):
        option = cls.options[0] if cls.options else "--fuse"
        text = subprocess.run([world.binary, "--help"], stdout=subprocess.PIPE, text=True).stdout
        return None if option in text else f"this binary has no {option}"

    def _start(self):
        directory = self.home / "mount"
        directory.mkdir()
        process = self.spawn(
            self.world.binary, "--fuse", directory, "--endpoint", self.endpoint, "--cache-dir", self.home / "cache",
            *self.options,
        )  # fmt: skip
        self.mounted(directory, process)
        self.path = directory / self.world.bucket


class OursWriteBack(Ours):
    name, title, options = "ours-write-back", "localstackmount --write-back", ("--write-back",)

    @classmethod
    def suits(cls, workload):
        return workload.writes


class OursTTL(Ours):
    name, title, options = "ours-ttl", "localstackmount --ttl 1", ("--ttl", "1")


class S3fs(System):
    name, title, is_peer = "s3fs", "s3fs", True

    @classmethod
    def reason_missing(cls, world):
        return None if shutil.which("s3fs") else "s3fs is not installed (apt-get install s3fs)"

    def _start(self):
        self.path = self.mount()

    def mount(self):
        directory = self.home / "mount"
        directory.mkdir()
        (self.home / "keys").write_text(f"{KEY}:{SECRET}\n")
        (self.home / "keys").chmod(0o600)
        options = f"passwd_file={self.home}/keys,url={self.endpoint},use_path_request_style,allow_other"
        process = self.spawn("s3fs", self.world.bucket, directory, "-f", "-o", options)
        self.mounted(directory, process)
        return directory


def rclone_environment(endpoint):
    return {
        "RCLONE_CONFIG": "/dev/null",
        "RCLONE_CONFIG_S_TYPE": "s3",
        "RCLONE_CONFIG_S_PROVIDER": "Other",
        "RCLONE_CONFIG_S_ENDPOINT": endpoint,
        "RCLONE_CONFIG_S_REGION": REGION,
        "RCLONE_CONFIG_S_ACCESS_KEY_ID": KEY,
        "RCLONE_CONFIG_S_SECRET_ACCESS_KEY": SECRET,
        "RCLONE_CONFIG_S_FORCE_PATH_STYLE": "true",
    }


class Rclone(System):
    is_peer = True
    # Its default of 5 s before an upload starts would only add 5 s to the durable column.
    options = ("--vfs-write-back", "0s")
    cache = ""

    def rclone(self, *arguments):
        command = [Path(sys.executable).with_name("rclone"), *arguments, "--cache-dir", self.home / "cache"]
        return self.spawn(*command, environment=rclone_environment(self.endpoint))

    def _start(self):
        directory = self.home / "mount"
        directory.mkdir()
        process = self.rclone(
            "mount", f"s:{self.world.bucket}", directory, "--vfs-cache-mode", self.cache, *self.options
        )
        self.mounted(directory, process)
        self.path = directory


class RcloneFull(Rclone):
    """Without its HEAD for each name's own time: the quickest that it can be."""

    name, title, cache = "rclone-full", "rclone mount (full, server's times)", "full"
    options = (*Rclone.options, "--use-server-modtime")


class RcloneWrites(Rclone):
    name, title, cache = "rclone-writes", "rclone mount (writes)", "writes"


class Direct(System):
    """The server itself, through the small client of s3.py. Its CPU is the client's."""

    name, title = "direct", "direct"

    def _start(self):
        self.s3 = S3(self.endpoint)
        self.process = os.getpid()

    def pids(self):
        return []

    def cpu(self):
        return time.process_time()


class Tmpfs(System):
    """The same files on this machine, without any server."""

    name, title, is_counted = "tmpfs", "tmpfs", False

    def _start(self):
        self.path = self.world.local


# Gateways


class OursHTTP(System):
    name, title = "ours-http", "localstackmount --http"

    def _start(self):
        port = free_port()
        process = self.spawn(
            self.world.binary, "--http", f"127.0.0.1:{port}", "--endpoint", self.endpoint, "--cache-dir",
            self.home / "cache",
        )  # fmt: skip
        self.answers(f"http://127.0.0.1:{port}/-/health", process)
        self.base = f"http://127.0.0.1:{port}/{self.world.bucket}"


class RcloneServe(Rclone):
    protocol = ""

    def _start(self):
        port = free_port()
        process = self.rclone(
            "serve", self.protocol, f"s:{self.world.bucket}", "--addr", f"127.0.0.1:{port}", *self.options
        )
        self.base = f"http://127.0.0.1:{port}"
        self.wait(lambda: Connection(self.base).request("GET", "/no-such-thing").status, process)


class RcloneHTTP(RcloneServe):
    name, title, protocol = "rclone-http", "rclone serve http", "http"
    options = ("--vfs-cache-mode", "full", "--use-server-modtime")


class RcloneWebDAV(RcloneServe):
    name, title, protocol = "rclone-webdav", "rclone serve webdav", "webdav"
    options = ("--vfs-cache-mode", "writes", "--vfs-write-back", "0s")


NGINX = """
daemon off; worker_processes 2; pid {home}/nginx.pid; error_log {home}/log; user root;
events {{ worker_connections 512; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; client_max_body_size 2g;
  client_body_temp_path {home}/bodies; proxy_temp_path {home}/t1; fastcgi_temp_path {home}/t2;
  uwsgi_temp_path {home}/t3; scgi_temp_path {home}/t4;
  server {{ listen 127.0.0.1:{port}; location / {{ root {root}; autoindex on; dav_methods PUT; create_full_put_path on; }} }}
}}
"""


class Nginx(S3fs):
    @classmethod
    def reason_missing(cls, world):
        return super().reason_missing(world) if shutil.which("nginx") else "nginx is not installed (nginx-light)"

    def serve(self, root):
        port = free_port()
        text = NGINX.format(home=self.home, port=port, root=root)
        if os.geteuid() != 0:
            text = text.replace("user root;", "")
        (self.home / "nginx.conf").write_text(text)
        process = self.spawn("nginx", "-p", self.home, "-c", self.home / "nginx.conf")
        self.base = f"http://127.0.0.1:{port}"
        self.wait(lambda: Connection(self.base).request("GET", "/no-such-thing").status, process)


class NginxS3fs(Nginx):
    name, title = "nginx-s3fs", "nginx over s3fs"

    def _start(self):
        self.serve(self.mount())


class NginxTmpfs(Nginx):
    name, title, is_peer, is_counted = "nginx-tmpfs", "nginx over tmpfs", False, False

    @classmethod
    def reason_missing(cls, world):
        return None if shutil.which("nginx") else "nginx is not installed (nginx-light)"

    def _start(self):
        self.serve(self.world.local)


class CopypartyS3fs(S3fs):
    name, title = "copyparty", "copyparty over s3fs"

    def _start(self):
        port = free_port()
        root = self.mount()
        process = self.spawn(
            Path(sys.executable).with_name("copyparty"), "-q", "-i", "127.0.0.1", "-p", port, "-v", f"{root}::A",
            "--hist", self.home / "history", "--no-thumb",
        )  # fmt: skip
        self.base = f"http://127.0.0.1:{port}"
        self.wait(lambda: Connection(self.base).request("GET", "/no-such-thing").status, process)


MOUNTS = [Ours, OursWriteBack, OursTTL, S3fs, RcloneFull, RcloneWrites, Direct, Tmpfs]
GATEWAYS = [OursHTTP, RcloneHTTP, RcloneWebDAV, NginxS3fs, CopypartyS3fs, Direct, NginxTmpfs]
