"""--plain: the bucket contains what a client without a file system would have put there."""
# SEMANTICS: 6.7.2

import errno
import os
import shutil
import subprocess

import pytest

from harness.processes import shell


@pytest.fixture
def plain(start_mount, bucket):
    mount = start_mount("--plain", http=True)
    return mount, mount.path(bucket.name)


def test_copied_fixtures_are_all_that_the_bucket_has(plain, bucket, tmp_path):
    """Regression (C43): `cp -r fixtures/.` and `rsync -a` store the same as `aws s3 cp --recursive`."""
    _, folder = plain
    fixtures = tmp_path / "fixtures"
    for name in ("orders/2026/a.json", "orders/b.txt", "run.sh"):
        (fixtures / name).parent.mkdir(parents=True, exist_ok=True)
        (fixtures / name).write_text(name)
    (fixtures / "empty").mkdir()
    (fixtures / "run.sh").chmod(0o755)
    os.utime(fixtures / "orders/b.txt", (1_000_000_000, 1_000_000_001))
    shell(f"cp -a {fixtures}/. {folder}/ && rsync -a --no-links {fixtures}/ {folder}/copy/")
    keys = ["orders/2026/a.json", "orders/b.txt", "run.sh"]
    assert sorted(bucket.keys()) == sorted(keys + [f"copy/{key}" for key in keys])
    for key in bucket.keys():
        assert bucket.head(key)["Metadata"] == {}
    assert bucket.head("orders/2026/a.json")["ContentType"] == "application/json"
    # The mount shows the attributes that were set, and rsync finds nothing to do.
    assert os.stat(folder / "orders/b.txt").st_mtime == 1_000_000_001
    assert os.access(folder / "run.sh", os.X_OK)
    assert os.listdir(folder / "copy/empty") == []
    assert shell(f"rsync -ai {fixtures}/ {folder}/copy/").stdout == ""
    shell(f"diff -r {fixtures} {folder}/copy")


def test_chmod_touch_and_editors_write_no_metadata(plain, bucket):
    _, folder = plain
    bucket.put("theirs", "x", Metadata={"colour": "blue"})
    modified = bucket.head("theirs")["LastModified"]
    shell("chmod 600 theirs && touch -d 2020-01-02 theirs && mkdir dir && chmod 700 dir", cwd=folder)
    assert bucket.head("theirs")["LastModified"] == modified
    assert bucket.keys() == ["theirs"]
    assert os.stat(folder / "theirs").st_mode & 0o777 == 0o600
    shell("echo more >> theirs && sed -i s/x/y/ theirs && mv theirs dir/moved", cwd=folder)
    assert bucket.keys() == ["dir/moved"]
    assert bucket.head("dir/moved")["Metadata"] == {"colour": "blue"}
    assert os.stat(folder / "dir/moved").st_mode & 0o777 == 0o600


def test_links_and_attributes_that_need_metadata_are_refused(plain, bucket):
    _, folder = plain
    (folder / "f").write_text("x")
    for number, refused in (
        (errno.EPERM, lambda: os.symlink("f", folder / "link")),
        (errno.EPERM, lambda: os.mkfifo(folder / "fifo")),
        (errno.EOPNOTSUPP, lambda: os.setxattr(folder / "f", "user.a", b"x")),
    ):
        with pytest.raises(OSError) as error:
            refused()
        assert error.value.errno == number
    assert bucket.keys() == ["f"]


def test_a_large_file_and_git_work(plain, bucket, tmp_path):
    _, folder = plain
    with open(folder / "large", "wb") as file:
        file.write(b"x" * 20_000_000)
    assert bucket.head("large")["ContentLength"] == 20_000_000 and bucket.head("large")["Metadata"] == {}
    shell("git init -q . && git add -A && git -c user.name=a -c user.email=a@b commit -qm first && git fsck", cwd=folder)
    assert shell("git status --porcelain", cwd=folder).stdout == ""
    assert not [key for key in bucket.keys() if key.endswith("/")]


def test_a_folder_made_over_http_adds_nothing(plain, bucket):
    mount, folder = plain
    subprocess.run(["curl", "-sfX", "PUT", f"{mount.base}/{bucket.name}/new/"], check=True)
    assert os.listdir(folder) == ["new"] and bucket.keys() == []
    shutil.rmtree(folder / "new")
    assert os.listdir(folder) == []
