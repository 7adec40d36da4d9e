"""Ordinary programs, unchanged, in the mount."""

import os
import tarfile

import pytest

from harness.processes import run, shell

pytestmark = pytest.mark.timeout(300)


def in_mount(script, folder):
    return shell(script, cwd=folder, seconds=120).stdout


def test_cp_and_mv(bucket, folder, tmp_path):
    (tmp_path / "tree/sub").mkdir(parents=True)
    (tmp_path / "tree/sub/file").write_text("contents")
    in_mount(f"cp -r {tmp_path}/tree . && cp tree/sub/file copy && mv tree moved && mv copy moved/", folder)
    assert bucket.get("moved/sub/file") == bucket.get("moved/copy") == b"contents"
    assert not bucket.keys("tree")
    in_mount(f"cp -a moved {tmp_path}/back && diff -r moved {tmp_path}/back && rm -r moved", folder)
    assert bucket.keys() == []


def test_sed_in_place(bucket, folder):
    bucket.put("file.txt", "one two\n")
    in_mount("sed -i s/two/2/ file.txt", folder)
    assert bucket.keys() == ["file.txt"]
    assert bucket.get("file.txt") == b"one 2\n"


def test_vim(bucket, folder):
    bucket.put("file.txt", "one\n")
    in_mount("vim -u NONE -es -c 'normal oadded' -c wq file.txt", folder)
    assert bucket.get("file.txt") == b"one\nadded\n"
    assert bucket.keys() == ["file.txt"]


def test_vim_with_a_backup_written_by_rename(bucket, folder):
    bucket.put("file.txt", "one\n")
    in_mount("vim -u NONE -es -c 'set backup backupcopy=no backupskip= backupdir=.' -c 'normal oadded' -c wq file.txt", folder)
    assert bucket.get("file.txt") == b"one\nadded\n"
    assert bucket.get("file.txt~") == b"one\n"


def test_git(folder):
    git = "git -c user.name=Test -c user.email=test@example.com -c init.defaultBranch=main"
    in_mount(f"{git} init -q repository && cd repository && echo one > file && git add . && {git} commit -qm first", folder)
    in_mount(f"cd repository && echo two >> file && {git} commit -qam second && git fsck --strict", folder)
    assert in_mount("cd repository && git log --format=%s && git status --short", folder).split() == ["second", "first"]
    in_mount(f"cd repository && git checkout -q HEAD~1 && {git} gc -q && git fsck", folder)
    assert (folder / "repository/file").read_text() == "one\n"


def test_tar(folder, tmp_path):
    for name in ("a", "b/c", "b/d e"):
        (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / name).write_text(name)
    os.chmod(tmp_path / "tree/a", 0o600)
    os.symlink("a", tmp_path / "tree/link")
    run("tar", "-C", tmp_path, "-czf", folder / "tree.tgz", "tree")
    assert len(tarfile.open(folder / "tree.tgz").getnames()) == 6
    in_mount(f"tar -xzf tree.tgz && tar -dzf tree.tgz && diff -r --no-dereference tree {tmp_path}/tree", folder)


def test_rsync_copies_once_and_then_finds_nothing_to_do(folder, tmp_path):
    source = tmp_path / "source"
    (source / "dir").mkdir(parents=True)
    for number in range(20):
        (source / "dir" / f"{number}.txt").write_text(f"{number}")
    os.chmod(source / "dir/3.txt", 0o600)
    os.symlink("dir/1.txt", source / "link")
    command = ["rsync", "-a", "--itemize-changes", f"{source}/", f"{folder}/copy/"]
    assert "dir/19.txt" in run(*command, seconds=120).stdout
    assert run(*command, seconds=120).stdout == ""
    run("diff", "-r", "--no-dereference", source, folder / "copy", seconds=60)


def test_sqlite(bucket, folder):
    in_mount(
        "sqlite3 data.db 'create table t (n integer primary key, s text);'"
        " && seq 1 500 | sed 's/.*/insert into t values (&, \"row &\");/'"
        " | (echo 'begin;'; cat; echo 'commit;') | sqlite3 data.db"
        " && sqlite3 data.db 'update t set s = upper(s) where n % 2; delete from t where n > 400;'",
        folder,
    )
    assert in_mount("sqlite3 data.db 'select count(*), max(n) from t; pragma integrity_check;'", folder) == "400|400\nok\n"
    assert bucket.get("data.db").startswith(b"SQLite format 3\0")
    assert bucket.keys() == ["data.db"]


def test_find_grep_and_diff(bucket, folder):
    for number in range(20):
        bucket.put(f"{number % 3}/{number}.txt", f"line {number}\n")
    assert in_mount("grep -rl 'line 7' .", folder) == "./1/7.txt\n"
    assert len(in_mount("find . -name '*.txt'", folder).split()) == 20
    assert shell("diff 0/0.txt 1/1.txt", cwd=folder, check=False).returncode == 1


def test_dd_over_the_middle_of_a_file(bucket, folder):
    bucket.put("f", "a" * 100)
    in_mount("printf XYZ | dd of=f bs=1 seek=50 conv=notrunc status=none", folder)
    assert bucket.get("f") == b"a" * 50 + b"XYZ" + b"a" * 47


def test_attr_tools(bucket, folder):
    bucket.put("f", "x")
    in_mount("setfattr -n user.note -v hello f", folder)
    assert in_mount("getfattr --only-values -n user.note f", folder) == "hello"


def test_python_writes_json_and_reads_it_back(bucket, folder):
    script = "import json; json.dump({'a': [1, 2]}, open('f.json', 'w')); print(json.load(open('f.json')))"
    assert in_mount(f'python3 -c "{script}"', folder) == "{'a': [1, 2]}\n"
    assert bucket.get("f.json") == b'{"a": [1, 2]}'
