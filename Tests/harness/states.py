"""The state commands, as a user runs them: in a directory, with a cache, of their own."""

import os
import signal
import subprocess
import time

from .processes import run, start
from .waiting import wait_until

BINARY = os.environ.get("LOCALSTACKMOUNT_BINARY", "localstackmount")


class States:
    """One user's command: with a cache directory and working directory of its own."""

    def __init__(self, directory, endpoint):
        self.directory = directory
        self.endpoint = endpoint
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LOCALSTACK_"))},
            "XDG_CACHE_HOME": str(directory / "cache"),
            "LOCALSTACK_ENDPOINT": endpoint,
            "HOME": str(directory),
        }
        self.environment.pop("CI", None)

    def __call__(self, *arguments, status=0, seconds=120, **environment):
        """Runs a command; returns what it printed on standard output, or on standard error where it fails by design."""
        result = self.run(*arguments, seconds=seconds, **environment)
        assert result.returncode == status, (result.returncode, result.stdout, result.stderr)
        return result.stderr if status > 1 else result.stdout

    def run(self, *arguments, seconds=120, **environment):
        return run(
            BINARY, *arguments, cwd=self.directory, seconds=seconds, check=False, env={**self.environment, **environment}
        )

    def start(self, *arguments, **environment):
        return start(
            BINARY, *arguments, cwd=self.directory, env={**self.environment, **environment},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )

    def write(self, path, content=""):
        file = self.directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file


def settle():
    """Lets the second pass in which objects were written: until then they are racily clean and requested again."""
    second = int(time.time())
    wait_until(lambda: int(time.time()) > second + 1, 5, "the next second")


def interrupt(process):
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    return process.returncode, out.decode(), err.decode()
