"""The pytest plugin, as users run it: pytest in another process, with workers."""

import os
import subprocess
import sys

import pytest

from harness.processes import REPOSITORY
from harness.states import BINARY

PLUGIN = REPOSITORY / "python"

TESTS = '''
import os
import boto3
import pytest


def client():
    return boto3.client("s3", endpoint_url=os.environ["LOCALSTACK_ENDPOINT"], region_name="us-east-1",
                        aws_access_key_id="test", aws_secret_access_key="test")


@pytest.mark.s3("orders")
@pytest.mark.parametrize("number", range(6))
def test_reset_before_each(s3, number):
    s3.expect("orders")
    client().put_object(Bucket=s3.bucket("BUCKET"), Key=f"out/{number}", Body=b"x")
    assert s3.wait("BUCKET", "out/*", count=1, timeout="10s") == [f"out/{number}"]


@pytest.mark.s3("orders")
def test_the_marker_alone(s3_states):
    s3_states.expect("orders", within=5)


@pytest.mark.s3("orders")
def test_difference(s3):
    client().put_object(Bucket=s3.bucket("BUCKET"), Key="in/a.txt", Body=b"changed\\n")
    s3.expect("orders")
'''


@pytest.fixture
def suite(states, orders, s3):
    states.write("s3/orders/" + orders.name + "/in/a.txt", "as it was\n")
    states.write("test_it.py", TESTS.replace("BUCKET", orders.name))
    states.write("pytest.ini", "[pytest]\n")
    yield states
    for bucket in s3.list_buckets()["Buckets"]:
        if bucket["Name"].startswith(orders.name + "-"):
            for item in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", []):
                s3.delete_object(Bucket=bucket["Name"], Key=item["Key"])
            s3.delete_bucket(Bucket=bucket["Name"])


def pytest_in(states, *options, **environment):
    return subprocess.run(
        [sys.executable, "-B", "-m", "pytest", "-p", "pytest_localstackmount.plugin", "-p", "no:cacheprovider", *options],
        cwd=states.directory,
        env={**states.environment, "PYTHONPATH": str(PLUGIN), "LOCALSTACKMOUNT_BINARY": os.path.abspath(BINARY),
             "PYTEST_ADDOPTS": "", **environment},
        capture_output=True, text=True, timeout=170,
    )


@pytest.mark.parametrize("workers", [(), ("-n", "3")], ids=["alone", "xdist"])
def test_the_plugin(suite, workers):
    result = pytest_in(suite, *workers)
    assert "1 failed, 7 passed" in result.stdout, result.stdout + result.stderr
    assert "-as it was" in result.stdout and "+changed" in result.stdout, "the difference is the assertion's text"
    assert "_run(" not in result.stdout, "no traceback through the plugin"


def test_update(suite, orders):
    result = pytest_in(suite, "--s3-update", "-k", "difference")
    assert "1 passed" in result.stdout, result.stdout + result.stderr
    assert (suite.directory / "s3/orders" / orders.name / "in/a.txt").read_text() == "changed\n"
    result = pytest_in(suite, "--s3-update", "-k", "difference", CI="true")
    assert "CI is set" in result.stdout


@pytest.mark.parametrize("binary", ["/nonexistent/localstackmount", "/etc/passwd", "/tmp"])
def test_a_binary_that_cannot_be_run(suite, binary):
    result = pytest_in(suite, "--s3-binary", binary, "-k", "alone or difference")
    assert f"{binary} cannot be run" in result.stdout and "--s3-binary" in result.stdout, result.stdout + result.stderr
    assert "_run(" not in result.stdout and "subprocess" not in result.stdout


def test_errors_in_a_test_show_no_frame_of_the_plugin(suite):
    suite.write("test_it.py", "def test_it(s3):\n    s3.seed('nothing')\n")
    result = pytest_in(suite)
    assert "there is no directory" in result.stdout and "1 failed" in result.stdout
    assert "_run(" not in result.stdout and "states.py" not in result.stdout


def test_a_state_that_is_missing(suite):
    suite.write("test_it.py", "import pytest\n\n@pytest.mark.s3('nothing')\ndef test_it():\n    pass\n")
    result = pytest_in(suite)
    assert "there is no directory" in result.stdout and "1 error" in result.stdout


@pytest.mark.parametrize("marker", ["s3", "s3()", "s3(5)", 's3("orders", states="orders")'])
def test_a_marker_that_names_no_state(suite, marker):
    suite.write("test_it.py", f"import pytest\n\n@pytest.mark.{marker}\ndef test_it():\n    pass\n")
    result = pytest_in(suite)
    assert result.returncode == 1 and 'the marker takes names of states: @pytest.mark.s3("orders")' in result.stdout
    assert "Traceback" not in result.stdout and "another exception" not in result.stdout
