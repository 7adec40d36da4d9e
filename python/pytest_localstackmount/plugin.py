"""The pytest plugin: the marker `s3`, the fixture `s3`, the options."""

import os
import pathlib

import pytest

from .states import S3States, S3StatesError


def pytest_addoption(parser):
    group = parser.getgroup("s3", "S3 states (localstackmount)")
    group.addoption("--s3-update", action="store_true", help="make the expected states say what is in S3")
    group.addoption("--s3-endpoint", help="the S3 endpoint (default: as localstackmount finds it)")
    group.addoption("--s3-binary", help="the localstackmount to run (default: LOCALSTACKMOUNT_BINARY, or the PATH)")
    parser.addini("s3_states", "the directory of the states, below the root directory", default="s3")


def pytest_configure(config):
    config.addinivalue_line(
        "markers",
        "s3(state, ...): reset the buckets of these states before the test, in this order (s3_states/STATE)",
    )


def _worker_suffix():
    """-gw0 and so on in a worker of pytest-xdist, so that workers have buckets of their own."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    return f"-{worker}" if worker else ""


@pytest.fixture(scope="session")
def s3_states(pytestconfig):
    """The states, without any laid out."""
    return S3States(
        pathlib.Path(pytestconfig.rootpath) / pytestconfig.getini("s3_states"),
        binary=pytestconfig.getoption("--s3-binary"),
        endpoint=pytestconfig.getoption("--s3-endpoint"),
        suffix=_worker_suffix(),
        update=pytestconfig.getoption("--s3-update"),
    )


@pytest.fixture
def s3(s3_states, request):
    """Lays out what the marker names, and returns what waits and compares."""
    _lay_out(s3_states, request)
    return s3_states


@pytest.fixture(autouse=True)
def _s3_marker(request):
    # Also for a test that has the marker and does without the fixture.
    if request.node.get_closest_marker("s3") and "s3" not in request.fixturenames:
        _lay_out(request.getfixturevalue("s3_states"), request)


def _lay_out(states, request):
    for marker in reversed(list(request.node.iter_markers("s3"))):
        if marker.kwargs or not marker.args or not all(isinstance(name, str) for name in marker.args):
            pytest.fail('the marker takes names of states: @pytest.mark.s3("orders")', pytrace=False)
        for name in marker.args:
            failure = None
            try:
                states.reset(name)
            except S3StatesError as error:
                failure = str(error)
            # Outside of the handler: pytest would show both errors.
            if failure is not None:
                pytest.fail(f"s3({name!r}): {failure}", pytrace=False)
