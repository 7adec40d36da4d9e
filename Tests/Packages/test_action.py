"""The script that action.yml runs, as in a CI job, with the wheel."""

import os
import signal
import subprocess

import requests

from harness.mount import environment
from harness.processes import REPOSITORY, free_port, mount_points, run
from harness.waiting import wait_until

SCRIPT = REPOSITORY / "scripts/ci/start-localstackmount"


def test_installs_seeds_starts_and_waits(wheel, localstack, bucket, tmp_path):
    fixtures = tmp_path / "fixtures" / bucket.name
    fixtures.mkdir(parents=True)
    (fixtures / "a.txt").write_text("a")
    outputs = tmp_path / "outputs"
    port = free_port()
    variables = environment(tmp_path) | {"GITHUB_OUTPUT": str(outputs), "GITHUB_PATH": str(tmp_path / "path"),
                                         "RUNNER_TEMP": str(tmp_path)}  # fmt: skip
    pid = run(SCRIPT, "--package", wheel, "--endpoint", localstack.endpoint, "--mount", tmp_path / "s3", "--http",
              f":{port}", "--seed", tmp_path / "fixtures", "--timeout", "60", env=variables, seconds=120).stdout  # fmt: skip
    try:
        said = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
        assert said["pid"] == pid.strip() and said["url"] == f"http://localhost:{port}/"
        # When the script has returned, gateway and mount are ready.
        assert requests.get(f"http://127.0.0.1:{port}/{bucket.name}/a.txt", timeout=10).text == "a"
        assert (tmp_path / "s3" / bucket.name / "a.txt").read_text() == "a"
        assert "localstackmount-venv/bin" in (tmp_path / "path").read_text()
    finally:
        os.kill(int(pid), signal.SIGTERM)
    wait_until(lambda: str(tmp_path / "s3") not in mount_points(), 20, "its end")


def test_an_error_fails_the_job(wheel, tmp_path):
    result = run(SCRIPT, "--package", wheel, "--endpoint", "http://127.0.0.1:1", "--timeout", "1", check=False,
                 env=environment(tmp_path) | {"RUNNER_TEMP": str(tmp_path)}, seconds=120)  # fmt: skip
    assert result.returncode != 0 and "http://127.0.0.1:1" in result.stderr


def test_wrong_usage():
    result = subprocess.run([SCRIPT, "--bogus", "x"], capture_output=True, text=True)
    assert result.returncode == 1 and "no such option: --bogus" in result.stderr
