"""The S3 servers that everything is measured over."""

import json
import random
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from .processes import REPOSITORY, die_with_parent, end_group
from .s3 import KEY, S3, SECRET

# How much the server may keep of what was deleted before it is told to let go.
TIDY_BYTES = 6 << 30


class LocalStack:
    name = "localstack"
    title = "LocalStack"

    def __init__(self, work):
        script = str(REPOSITORY / "scripts" / "localstack")
        self._script = script
        self.endpoint = subprocess.run(
            [script, "start", "--free-port"], stdout=subprocess.PIPE, text=True, check=True
        ).stdout.strip()

    def tidy(self):
        """It keeps nothing that was deleted."""

    def stop(self):
        subprocess.run([self._script, "stop", "--port", self.endpoint.rsplit(":", 1)[1]], check=True)


class SeaweedFS:
    """All of SeaweedFS in one process, its data in the work folder, with keys, so that signatures are checked."""

    name = "seaweedfs"
    title = "SeaweedFS"

    def __init__(self, work):
        self.folder = Path(work) / "seaweedfs"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        identity = {
            "name": "bench",
            "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        (self.folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
        master, volume, filer, s3 = _ports(4)
        self.endpoint = f"http://127.0.0.1:{s3}"
        command = [Path(sys.executable).with_name("weed"), "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"]
        command += [f"-dir={self.folder}", f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}"]
        command += ["-volume.max=200", "-master.volumeSizeLimitMB=1024", "-master.telemetry=false", "-s3"]
        command += [f"-s3.port={s3}", "-s3.port.iceberg=0", "-s3.port.lance=0", f"-s3.config={self.folder}/s3.json"]
        self._vacuum = f"http://127.0.0.1:{master}/vol/vacuum?garbageThreshold=0.2"
        self._log = open(self.folder / "log", "wb")
        self.process = subprocess.Popen(
            [str(part) for part in command],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        self._wait()

    def _wait(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                S3(self.endpoint).make_bucket("ready")
                S3(self.endpoint).put("ready", "ready", b"ready")
                return
            except Exception as error:  # not up yet, in one of many ways
                last = error
                time.sleep(0.2)
        self.stop()
        raise RuntimeError(f"SeaweedFS does not answer ({last}); see {self.folder}/log")

    def tidy(self):
        """Deleted bytes stay in its volumes until they are compacted; here they would fill the memory."""
        used = sum(file.stat().st_size for file in self.folder.glob("*.dat"))
        if used > TIDY_BYTES:
            urllib.request.urlopen(self._vacuum, timeout=300).read()

    def stop(self):
        end_group(self.process)
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


SERVERS = {server.name: server for server in (SeaweedFS, LocalStack)}


def _ports(count):
    """Free ports whose gRPC twins (10,000 higher) are free as well."""
    found = []
    while len(found) < count:
        port = random.randrange(20000, 30000)
        if port not in found and _is_free(port) and _is_free(port + 10000):
            found.append(port)
    return found


def _is_free(port):
    with socket.socket() as listener:
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
