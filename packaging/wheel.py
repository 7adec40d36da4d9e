#!/usr/bin/env python3
"""Makes a wheel of the binary and the Python beside it: packaging/wheel.py VERSION BINARY SHARE LICENSES OUT

SHARE is a tree as below /usr/share; LICENSES a folder. The platform's tag is that of this machine: auditwheel
gives the wheel the libraries that it needs, and the tag that it then deserves.
"""

import base64
import hashlib
import os
import pathlib
import sys
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SUMMARY = "S3 buckets of LocalStack and other emulators as folders: a FUSE mount, an HTTP gateway, states for tests"


class Wheel:
    """A zip archive with the record that wheels have, the same for the same input."""

    def __init__(self, path):
        self.archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9)
        epoch = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
        self.date = time.gmtime(max(epoch, 315532800))[:6]
        self.record = []

    def add(self, name, data, mode=0o644):
        info = zipfile.ZipInfo(name, self.date)
        info.external_attr = (0o100000 | mode) << 16
        info.compress_type = zipfile.ZIP_DEFLATED
        self.archive.writestr(info, data)
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        self.record.append(f"{name},sha256={digest},{len(data)}")

    def close(self, name):
        self.archive.writestr(zipfile.ZipInfo(name, self.date), "\n".join([*self.record, f"{name},,"]) + "\n")
        self.archive.close()


def metadata(version):
    readme = (ROOT / "python/README.md").read_text()
    return f"""Metadata-Version: 2.1
Name: localstackmount
Version: {version}
Summary: {SUMMARY}
License: Apache-2.0
Keywords: s3,localstack,fuse,mount,testing
Classifier: Environment :: Console
Classifier: Framework :: Pytest
Classifier: Intended Audience :: Developers
Classifier: Operating System :: POSIX :: Linux
Classifier: Programming Language :: Python :: 3
Classifier: Topic :: Software Development :: Testing
Requires-Python: >=3.9
Description-Content-Type: text/markdown

{readme}"""


def main():
    version, binary, share, licenses, out = sys.argv[1:]
    tag = f"py3-none-linux_{os.uname().machine}"
    info = f"localstackmount-{version}.dist-info"
    wheel = Wheel(pathlib.Path(out) / f"localstackmount-{version}-{tag}.whl")
    for package in ("localstackmount", "pytest_localstackmount"):
        for file in sorted((ROOT / "python" / package).glob("*.py")):
            wheel.add(f"{package}/{file.name}", file.read_bytes())
    wheel.add("localstackmount/bin/localstackmount", pathlib.Path(binary).read_bytes(), 0o755)
    for base, place in ((share, f"localstackmount-{version}.data/data/share"), (licenses, f"{info}/licenses")):
        for file in sorted(pathlib.Path(base).rglob("*")):
            # The unit names a path below /usr; where a wheel is installed is not known.
            if file.is_file() and "systemd" not in file.parts:
                wheel.add(f"{place}/{file.relative_to(base)}", file.read_bytes())
    wheel.add(f"{info}/METADATA", metadata(version).encode())
    wheel.add(f"{info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: localstackmount\nRoot-Is-Purelib: false\nTag: {tag}\n".encode())
    entries = "[console_scripts]\nlocalstackmount = localstackmount:main\n\n"
    entries += "[pytest11]\nlocalstackmount = pytest_localstackmount.plugin\n"
    wheel.add(f"{info}/entry_points.txt", entries.encode())
    wheel.close(f"{info}/RECORD")


main()
