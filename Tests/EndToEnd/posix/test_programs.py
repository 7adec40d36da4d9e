"""More ordinary programs in the mount, as they are (the first ones are in test_tools.py)."""
# SEMANTICS: 6.4, 9

import os
import sqlite3
import stat
import sys
import zipfile

import pytest

from harness.processes import run, shell

pytestmark = pytest.mark.timeout(500)


def here(script, folder, seconds=400):
    return shell(script, cwd=folder, seconds=seconds).stdout


@pytest.fixture
def tree(tmp_path):
    """500 small files on the local disk."""
    root = tmp_path / "tree"
    for number in range(500):
        path = root / f"dir{number % 10}" / f"file {number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"line one of {number}\nline two\n" * (number % 7))
    return root


def test_git_clone_gc_and_fsck(folder):
    git = "git -c user.name=Test -c user.email=test@example.com -c init.defaultBranch=main -c gc.auto=0"
    here(f"{git} init -q one && cd one && seq 1 300 > numbers && {git} add . && {git} commit -qm first", folder)
    here(f"cd one && seq 2 400 > numbers && {git} commit -qam second && {git} branch other && {git} tag v1", folder)
    here(f"{git} clone -q one two && cd two && seq 5 > more && {git} add . && {git} commit -qm third", folder)
    here(f"cd two && {git} gc -q --aggressive && {git} fsck --strict --full", folder)
    here(f"cd one && {git} pull -q ../two main && {git} gc -q && {git} fsck --strict", folder)
    assert here("cd one && git log --format=%s && git status --short", folder).split() == ["third", "second", "first"]
    here(f"{git} clone -q --bare one bare.git && cd bare.git && {git} fsck", folder)
    here(f"cd one && {git} stash -q 2>/dev/null; echo x >> numbers && {git} stash -q && {git} stash pop -q", folder)
    assert here("cd one && git status --short", folder) == " M numbers\n"


@pytest.mark.parametrize("mode", ["delete", "truncate", "persist", "memory", "off", "wal"])
def test_sqlite_in_every_journal_mode(bucket, folder, mode):
    path = folder / "data.db"
    connection = sqlite3.connect(path)
    got = connection.execute(f"pragma journal_mode = {mode}").fetchone()[0]
    assert got == mode
    connection.execute("create table t (n integer primary key, s text)")
    with connection:
        connection.executemany("insert into t values (?, ?)", ((number, f"row {number}") for number in range(300)))
    with connection:
        connection.execute("update t set s = upper(s) where n % 2")
    if mode not in ("off",):
        with pytest.raises(ZeroDivisionError), connection:
            connection.execute("delete from t")
            raise ZeroDivisionError
    with connection:
        connection.execute("delete from t where n >= 200")
    connection.execute("vacuum")
    connection.close()
    query = "select count(*), max(n), max(s) from t; pragma integrity_check;"
    assert here(f"sqlite3 data.db '{query}'", folder) == "200|199|row 98\nok\n"
    assert bucket.get("data.db").startswith(b"SQLite format 3\0")


def test_sqlite_of_two_processes(folder):
    here("sqlite3 data.db 'create table t (n integer)'", folder)
    writer = "for i in 1 2 3 4 5 6 7 8; do sqlite3 -cmd '.timeout 20000' data.db \"insert into t values ($1$i)\"; done"
    here(f"write() {{ {writer}; }}; write 1 & write 2 & wait", folder)
    assert here("sqlite3 data.db 'select count(*), count(distinct n) from t; pragma integrity_check'", folder) == (
        "16|16\nok\n"
    )


def test_tar_of_500_files_and_rsync_twice(folder, tree):
    run("tar", "-C", tree.parent, "-cf", folder / "tree.tar", "tree", seconds=60)
    here("tar -xf tree.tar && tar -df tree.tar", folder)
    run("diff", "-r", tree, folder / "tree", seconds=60)
    again = run("rsync", "-a", "--itemize-changes", f"{tree}/", f"{folder}/tree/", seconds=60).stdout
    assert again == ""
    assert len(here("grep -rl 'line one' tree", folder).splitlines()) == len(
        shell("grep -rl 'line one' .", cwd=tree).stdout.splitlines()
    )
    assert int(here("find tree -type f | wc -l", folder)) == 500
    assert int(here("du -sb --apparent-size tree/dir3 | cut -f1", folder)) >= sum(
        path.stat().st_size for path in (tree / "dir3").iterdir()
    )


def test_unzip_of_500_files(folder, tree):
    with zipfile.ZipFile(folder / "tree.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(tree.rglob("*.txt")):
            archive.write(path, path.relative_to(tree.parent))
    here("unzip -q tree.zip", folder)
    run("diff", "-r", tree, folder / "tree", seconds=60)
    assert zipfile.ZipFile(folder / "tree.zip").testzip() is None


def test_zip_and_unzip_by_the_tools(folder):
    here("mkdir d && seq 1000 > d/a && printf x > 'd/b c' && zip -qr d.zip d && rm -r d && unzip -q d.zip", folder)
    assert here("wc -l < d/a && cat 'd/b c'", folder).split() == ["1000", "x"]


def test_vim_with_swap_file_and_backup(bucket, folder):
    bucket.put("file.txt", "one\n")
    vim = "vim -u NONE -N -es -c 'set swapfile directory=. backup writebackup backupdir=. backupskip='"
    here(f"{vim} -c 'normal oadded' -c w -c 'normal omore' -c wq file.txt", folder)
    assert bucket.get("file.txt") == b"one\nadded\nmore\n"
    assert sorted(bucket.keys()) == ["file.txt", "file.txt~"]


def test_vim_does_not_warn_of_a_change_that_nobody_made(bucket, folder):
    """vim warns (W11, FileChangedShell) when time or size differ from those at its own save."""
    bucket.put("file.txt", "one\n")
    (folder / "script.vim").write_text(
        "autocmd FileChangedShell * call writefile([v:fcs_reason], 'told', 'a')\n"
        "for backup in ['yes', 'no']\n  let &backupcopy = backup\n  set writebackup\n"
        "  normal oadded\n  write\n  checktime\n  sleep 1300m\n  call system('ls -l')\n  checktime\nendfor\n"
        # A real change, to check the test itself.
        "call writefile(['mine'], 'mark')\ncall system('sleep 1; echo other > file.txt')\nchecktime\nquit!\n"
    )
    here("vim -u NONE -N -es -S script.vim file.txt || true", folder)
    assert (folder / "mark").read_text() == "mine\n"
    assert (folder / "told").read_text().split() == ["changed"]


def test_the_save_of_vs_code_in_place(bucket, folder):
    """VS Code opens with O_TRUNC (or r+ and truncates), writes, syncs, closes, and compares time and size later."""
    bucket.put("file.txt", "old and rather long")
    for number, flags in enumerate([os.O_WRONLY | os.O_CREAT | os.O_TRUNC, os.O_RDWR]):
        descriptor = os.open(folder / "file.txt", flags, 0o666)
        if not flags & os.O_TRUNC:
            os.ftruncate(descriptor, 0)
        os.write(descriptor, b"new %d" % number)
        os.fdatasync(descriptor)
        os.close(descriptor)
        saved = os.stat(folder / "file.txt")
        assert bucket.get("file.txt") == b"new %d" % number
        os.listdir(folder)
        later = os.stat(folder / "file.txt")
        assert (later.st_mtime_ns, later.st_size, later.st_ino) == (saved.st_mtime_ns, saved.st_size, saved.st_ino)


def test_the_atomic_save_of_vs_code(bucket, folder):
    bucket.put("file.txt", "old", Metadata={"mode": str(0o100640)})
    temporary = folder / "file.txt.vsctmp"
    temporary.write_text("new")
    os.chmod(temporary, 0o640)
    os.rename(temporary, folder / "file.txt")
    assert bucket.keys() == ["file.txt"]
    assert bucket.get("file.txt") == b"new"
    assert stat.S_IMODE(os.stat(folder / "file.txt").st_mode) == 0o640


def test_sed_and_perl_in_place(bucket, folder):
    for number in range(5):
        bucket.put(f"{number}.txt", "one two three\n")
    here("sed -i.bak s/two/2/ *.txt && perl -pi -e 's/three/3/' *.txt && perl -pi.orig -e 's/one/1/' 0.txt", folder)
    assert bucket.get("0.txt") == b"1 2 3\n"
    assert bucket.get("0.txt.orig") == b"one 2 3\n"
    assert bucket.get("4.txt") == b"one 2 3\n"
    assert bucket.get("4.txt.bak") == b"one two three\n"


def test_cp_with_everything(folder, tmp_path):
    (folder / "a").mkdir()
    (folder / "a/file").write_text("contents")
    os.chmod(folder / "a/file", 0o751)
    os.utime(folder / "a/file", ns=(1, 1_234_567_890_123_456_789))
    os.setxattr(folder / "a/file", "user.note", b"kept")
    os.symlink("file", folder / "a/link")
    os.mkfifo(folder / "a/fifo")
    here("cp -a a b && cp --preserve=xattr a/file c && cp --sparse=always a/file d && cp --reflink=auto a/file e", folder)
    for one, other in ((folder / "a/file", folder / "b/file"),):
        assert os.stat(one).st_mtime_ns == os.stat(other).st_mtime_ns
        assert os.stat(one).st_mode == os.stat(other).st_mode
    assert os.getxattr(folder / "b/file", "user.note") == os.getxattr(folder / "c", "user.note") == b"kept"
    assert os.readlink(folder / "b/link") == "file"
    assert stat.S_ISFIFO(os.stat(folder / "b/fifo").st_mode)
    run("cp", "-a", folder / "a", tmp_path / "away")
    run("cp", "-a", tmp_path / "away", folder / "back")
    assert here("diff -r --no-dereference --exclude=fifo a back && cat d e", folder) == "contentscontents"


def test_touch_and_find_by_time(folder):
    here("touch -d '2001-02-03 04:05:06.789 UTC' old && touch new && touch -r old copy && touch -h -d 2002-01-01 -c x", folder)
    assert os.stat(folder / "old").st_mtime_ns == 981_173_106_789_000_000
    assert os.stat(folder / "copy").st_mtime_ns == 981_173_106_789_000_000
    assert sorted(here("find . -type f -newer old", folder).split()) == ["./new"]
    assert sorted(here("find . -type f -mtime +1000", folder).split()) == ["./copy", "./old"]


def test_chmod_and_links_by_the_tools(folder):
    here("mkdir -p a/b && touch a/b/f && chmod -R u=rwX,go=rX a && chmod +x a/b/f && ln -s b/f a/l && ln -sfn b a/m", folder)
    assert here("stat -c '%a' a a/b a/b/f && readlink a/l a/m && readlink -f a/l", folder).split() == [
        "755", "755", "755", "b/f", "b", str(folder / "a/b/f"),
    ]  # fmt: skip
    assert shell("ln a/b/f hard", cwd=folder, check=False).returncode == 1


def test_make_builds_once(folder):
    (folder / "Makefile").write_text("all: program\nprogram: main.o part.o\n\t$(CC) -o $@ $^\n%.o: %.c\n\t$(CC) -c $<\n")
    (folder / "main.c").write_text("int part(void); int main(void) { return part(); }\n")
    (folder / "part.c").write_text("int part(void) { return 7; }\n")
    here("make -s", folder)
    assert shell("./program", cwd=folder, check=False).returncode == 7
    assert "up to date" in here("make", folder) or "Nothing to be done" in here("make", folder)
    here("echo 'int part(void) { return 8; }' > part.c && touch -d '+2 seconds' part.c && make -s", folder)
    assert shell("./program", cwd=folder, check=False).returncode == 8


def test_a_python_environment_with_pip(folder, tmp_path):
    here(f"{sys.executable} -m venv env", folder)
    assert "from " + str(folder / "env") in here("env/bin/pip --version", folder)
    wheel = tmp_path / "mine-1.2-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("mine.py", "value = 42\n")
        archive.writestr("mine-1.2.dist-info/METADATA", "Metadata-Version: 2.1\nName: mine\nVersion: 1.2\n")
        archive.writestr("mine-1.2.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("mine-1.2.dist-info/RECORD", "mine.py,,\n")
    here(f"env/bin/pip install -q --no-index {wheel}", folder)
    assert here("env/bin/python -c 'import mine; print(mine.value)'", folder) == "42\n"
    here("env/bin/pip uninstall -q -y mine", folder)
    assert shell("env/bin/python -c 'import mine'", cwd=folder, check=False).returncode == 1


def test_a_python_environment(folder):
    here(f"{sys.executable} -m venv --without-pip --symlinks env", folder)
    program = "import sys, zipfile; print(sys.prefix)"
    assert here(f"env/bin/python -c '{program}'", folder).strip() == str(folder / "env")
    (folder / "package").mkdir()
    (folder / "package/__init__.py").write_text("value = 42\n")
    printed = here("PYTHONDONTWRITEBYTECODE= env/bin/python -c 'import package; print(package.value)'", folder)
    assert printed == "42\n"
    assert os.listdir(folder / "package/__pycache__")


def test_flock_between_shells(folder):
    loop = "for i in 1 2 3 4 5 6; do flock lock sh -c 'n=$(cat count); echo $((n + 1)) > count'; done"
    here(f"echo 0 > count; touch lock; (({loop}) & ({loop}) & ({loop}) & wait)", folder)
    assert (folder / "count").read_text() == "18\n"


def test_sort_split_and_paste(folder):
    here("seq 20000 | shuf > n && sort -n n -o n && split -l 5000 n part. && cat part.* | cmp - n && comm -3 n n", folder)
    assert here("tail -n 1 n", folder) == "20000\n"
    assert here("(tail -f n & pid=$!; sleep 0.3; echo added >> n; sleep 1.5; kill $pid) | tail -n 1", folder) == "added\n"


def test_install(folder):
    here("seq 100 > a && install -D -m 711 a deep/er/b && cmp a deep/er/b", folder)
    assert here("stat -c %a deep/er/b", folder) == "711\n"


def test_mktemp_and_atomic_tools(folder):
    name = here("mktemp -p . name.XXXXXX", folder).strip()
    assert stat.S_IMODE(os.stat(folder / name).st_mode) == 0o600
    here("mktemp -d -p . && ls | wc -l && truncate -s 1M big && fallocate -l 2M big && shred -n 1 -u big", folder)
    assert not (folder / "big").exists()
