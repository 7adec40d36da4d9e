"""The binary of localstackmount, as this package brings it."""

import os
import sys

_BINARY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bin", "localstackmount")


def binary():
    """Returns the path of the binary; None where the package does not bring one."""
    return _BINARY if os.path.exists(_BINARY) else None


def main():
    """Becomes localstackmount."""
    try:
        os.execv(_BINARY, ["localstackmount", *sys.argv[1:]])
    except OSError as error:
        # Of another processor or another C library: "Exec format error", "No such file or directory" for its loader.
        sys.exit(
            f"localstackmount: the binary of this package does not run here ({error.strerror}): it is for Linux on "
            "x86_64 with glibc. Build it from source, or run the gateway in a container"
        )
