"""schemathesis against the gateway: the answers to generated requests conform to /-/openapi.json.

    check.py ENDPOINT WORK_DIRECTORY      with LOCALSTACKMOUNT_BINARY; LOCALSTACKMOUNT_SEED (1) chooses the requests

Not checked: that everything the document allows is accepted and everything else refused. It cannot say which parameters
exclude each other, and HTTP wants unknown ones, and malformed conditions, to be passed over.
"""

import os
import sys
from pathlib import Path

import requests

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.mount import Mount  # noqa: E402
from harness.processes import run  # noqa: E402

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
]
EXAMPLES = 30
SECONDS = 300


def buckets(gateway):
    return gateway.http_names("")


def check(gateway):
    schemathesis = Path(sys.executable).with_name("schemathesis")
    options = ["--seed", os.environ.get("LOCALSTACKMOUNT_SEED", "1"), "--max-examples", EXAMPLES, "--checks", ",".join(CHECKS)]
    options += ["--phases", "examples,coverage,fuzzing", "--continue-on-failure", "--request-timeout", 30, "--no-color"]
    environment = os.environ | {"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(Path(__file__).parent)}
    command = [schemathesis, "run", gateway.base + "/-/openapi.json", "--url", gateway.base, *options]
    return run(*command, cwd=gateway.home, env=environment, seconds=SECONDS, check=False)


def main(endpoint, work):
    gateway = Mount(Path(work) / "openapi", endpoint, fuse=False).start()
    try:
        before = buckets(gateway)
        result = check(gateway)
        print(result.stdout, result.stderr)
        for bucket in buckets(gateway) - before:
            requests.delete(f"{gateway.base}/{bucket}/?recursive", timeout=60)
        gateway.stop()
        return result.returncode
    finally:
        gateway.clean_up()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
