"""Together with the real s3fs and rclone: each shows what the other writes."""
# SEMANTICS: 6.1

import os
import stat
import time

import pytest

from harness.mount import environment
from harness.processes import kill_group, mount_points, run, start
from harness.waiting import wait_until

MODIFIED = 1_234_567_890


@pytest.fixture
def s3fs(tmp_path, localstack, bucket):
    """The bucket mounted by s3fs."""
    place = tmp_path / "s3fs"
    place.mkdir()
    passwords = tmp_path / "passwords"
    passwords.write_text("test:test")
    passwords.chmod(0o600)
    options = f"passwd_file={passwords},url={localstack.endpoint},use_path_request_style,use_xattr,enable_noobj_cache"
    options += ",stat_cache_expire=1"
    process = start("s3fs", bucket.name, place, "-f", "-o", options)
    try:
        wait_until(lambda: str(place) in mount_points(), 20, "the mount of s3fs")
        yield place
    finally:
        run("fusermount3", "-u", "-z", place, check=False)
        kill_group(process)


@pytest.fixture
def rclone(tmp_path, localstack, bucket):
    """Runs rclone; the remote `s3:` is the LocalStack."""
    configuration = tmp_path / "rclone.conf"
    configuration.write_text(
        "[s3]\ntype = s3\nprovider = Other\naccess_key_id = test\nsecret_access_key = test\nregion = us-east-1\n"
        f"endpoint = {localstack.endpoint}\nforce_path_style = true\n"
    )

    def run_rclone(*arguments, **options):
        return run("rclone", "--config", configuration, *arguments, env=environment(tmp_path), seconds=60, **options)

    return run_rclone


def facts(path):
    status = os.lstat(path)
    return stat.S_IFMT(status.st_mode), stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid


def make(place):
    """Files as a peer may write them."""
    (place / "file").write_text("contents")
    os.chmod(place / "file", 0o640)
    os.utime(place / "file", (MODIFIED, MODIFIED))
    (place / "dir").mkdir()
    (place / "dir/inside").write_text("inside")
    os.chmod(place / "dir", 0o750)
    os.symlink("file", place / "link")
    os.mkfifo(place / "fifo")
    os.setxattr(place / "file", "user.note", b"a note")
    if os.getuid() == 0:
        os.chown(place / "file", 1234, 5678)


def look(place):
    return {
        "facts": {name: facts(place / name) for name in ("file", "dir", "dir/inside", "link", "fifo")},
        "modified": int(os.stat(place / "file").st_mtime),
        "target": os.readlink(place / "link"),
        "through": (place / "link").read_text(),
        "note": os.getxattr(place / "file", "user.note"),
    }


def test_what_s3fs_writes_is_shown(s3fs, folder):
    make(s3fs)
    wait_until(lambda: len(os.listdir(folder)) == 4, 5, "what s3fs wrote")
    assert look(folder) == look(s3fs)
    assert look(folder)["modified"] == MODIFIED


def test_what_is_written_here_s3fs_shows(s3fs, folder):
    make(folder)
    wait_until(lambda: len(os.listdir(s3fs)) == 4, 5, "what was written here")
    assert look(s3fs) == look(folder)
    assert look(s3fs)["modified"] == MODIFIED


def test_a_listing_of_what_s3fs_wrote_is_right_at_first_sight(s3fs, folder):
    make(s3fs)
    time.sleep(1.1)
    kinds = {entry.name: stat.S_IFMT(entry.stat(follow_symlinks=False).st_mode) for entry in os.scandir(folder)}
    assert kinds == {"file": stat.S_IFREG, "dir": stat.S_IFDIR, "link": stat.S_IFLNK, "fifo": stat.S_IFIFO}
    listed = run("ls", "-l", folder).stdout
    assert "link -> file" in listed and "-rw-r-----" in listed and "prw" in listed


def test_a_file_changed_by_both_in_turn(s3fs, folder):
    (folder / "f").write_text("1")
    for number in range(2, 6):
        writer, reader = (s3fs, folder) if number % 2 == 0 else (folder, s3fs)
        time.sleep(1.1)
        with open(writer / "f", "a") as file:
            file.write(f"{number}")
        wait_until(lambda: (reader / "f").read_text() == "12345"[:number], 5, "the change")


def test_the_modification_time_that_rclone_writes_is_shown(rclone, bucket, folder, tmp_path):
    (tmp_path / "file").write_text("contents")
    os.utime(tmp_path / "file", ns=(1, MODIFIED * 10**9 + 123_456_789))
    rclone("copy", tmp_path / "file", f"s3:{bucket.name}/dir")
    assert (folder / "dir/file").read_text() == "contents"
    assert os.stat(folder / "dir/file").st_mtime_ns == MODIFIED * 10**9 + 123_456_789


def test_the_modification_time_written_here_rclone_shows(rclone, bucket, folder):
    (folder / "file").write_text("contents")
    os.utime(folder / "file", ns=(1, MODIFIED * 10**9 + 500_000_000))
    listed = rclone("lsl", f"s3:{bucket.name}").stdout
    assert "2009-02-13 23:31:30.5" in listed, listed


def test_rclone_finds_nothing_to_copy_after_the_mount_copied(rclone, bucket, folder, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for number in range(5):
        (source / f"{number}").write_text(f"{number}")
        os.utime(source / f"{number}", (MODIFIED + number, MODIFIED + number))
    run("cp", "-a", source, folder / "copy")
    told = rclone("sync", "--dry-run", "-v", source, f"s3:{bucket.name}/copy", check=False)
    assert "Skipped copy" not in told.stderr and "Not copying" not in told.stderr, told.stderr
    run("rsync", "-a", f"{source}/", folder / "copy")
    rclone("check", source, f"s3:{bucket.name}/copy")


def test_the_mount_shows_what_rclone_moves_and_deletes(rclone, bucket, folder):
    (folder / "a").write_text("x")
    rclone("moveto", f"s3:{bucket.name}/a", f"s3:{bucket.name}/dir/b")
    wait_until(lambda: os.listdir(folder) == ["dir"], 5, "the move")
    assert (folder / "dir/b").read_text() == "x"
    rclone("purge", f"s3:{bucket.name}/dir")
    wait_until(lambda: os.listdir(folder) == [], 5, "the deletion")
