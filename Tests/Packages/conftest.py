import os
import shutil

import pytest

from harness.processes import REPOSITORY, run

from .chroot import BASES, Chroot


def built(pattern):
    """The package that scripts/package made; scripts/test packages runs it first."""
    found = sorted((REPOSITORY / "dist").glob(pattern))
    if not found:
        pytest.fail(f"there is no dist/{pattern}: run scripts/package")
    return found[-1]


@pytest.fixture(scope="session")
def wheel():
    return built("localstackmount-*.whl")


@pytest.fixture(scope="session")
def deb():
    return built("localstackmount_*.deb")


@pytest.fixture(scope="session")
def tar():
    return built("localstackmount-*.tar.gz")


@pytest.fixture(params=BASES)
def chroot(request, tmp_path):
    """A Debian base system without our packages."""
    if os.geteuid() != 0 or not shutil.which("debootstrap"):
        pytest.skip("chroots are made by root and debootstrap")
    root = Chroot(request.param, tmp_path / request.param)
    yield root
    run("rm", "-rf", "--one-file-system", root.path, seconds=120)
