"""The completion scripts, in the shells themselves: the first word is a command or the mount point."""

import shlex
import shutil

import pytest

from harness.mount import binary
from harness.processes import run

COMMANDS = {
    "status", "recover", "doctor", "seed", "reset", "expect", "diff", "wait", "export", "snapshot", "watch", "presign",
    "help",
}  # fmt: skip


def bash(script, words, folder):
    line = shlex.join(["COMP_WORDS=("]).strip("'") + " ".join(shlex.quote(word) for word in words) + ")"
    previous = words[-2]
    return run(
        "bash", "--norc", "-c",
        f"source {shlex.quote(str(script))}; {line}; COMP_CWORD={len(words) - 1}; COMP_LINE={shlex.quote(' '.join(words))}; "
        f"COMP_POINT=${{#COMP_LINE}}; _localstackmount localstackmount {shlex.quote(words[-1])} {shlex.quote(previous)}; "
        "printf '%s\\n' \"${COMPREPLY[@]}\"",
        cwd=folder,
    ).stdout  # fmt: skip


def zsh(script, words, folder):
    """Presses Tab in an interactive shell, which has no other way to show what it would offer."""
    driver = folder.parent / "driver.zsh"
    driver.write_text(
        "zmodload zsh/zpty\n"
        "zpty shell 'zsh -f -i'\n"
        "zpty -w shell 'PROMPT=; stty columns 400; autoload -Uz compinit; compinit -u -D; LISTMAX=1000'\n"
        f"zpty -w shell 'source {script}'\n"
        "zpty -w shell \"zstyle ':completion:*' list-prompt ''; unsetopt prompt_sp; bindkey '^I' list-choices\"\n"
        "zpty -w shell 'print rea''dy'\n"
        "zpty -m shell '' ; while zpty -r shell line && [[ $line != *ready* || $line == *print* ]]; do :; done\n"
        f"zpty -w -n shell {shlex.quote(' '.join(words))}$'\\t'\n"
        "sleep 3; zpty -w -n shell $'\\x15exit\\n'\n"
        "while zpty -r shell line; do print -r -- $line; done\n"
    )
    return run("zsh", "-f", driver, cwd=folder, check=False).stdout


def fish(script, words, folder):
    return run(
        "fish", "--no-config", "-c",
        f"source {shlex.quote(str(script))}; complete -C {shlex.quote(' '.join(words))}", cwd=folder,
    ).stdout  # fmt: skip


def words_of(output):
    return {line.split("\t")[0].strip() for line in output.splitlines()} - {""}


@pytest.fixture(params=[bash, zsh, fish], ids=["bash", "zsh", "fish"])
def offered(request, tmp_path):
    """Returns the text that a shell offers after words, of which the last is being typed."""
    name = request.node.callspec.id
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")
    script = tmp_path / f"script.{name}"
    script.write_text(run(binary(), "--generate-completion-script", name).stdout)
    folder = tmp_path / "folder"
    (folder / "seaside").mkdir(parents=True)
    return lambda *words: request.param(script, ["localstackmount", *words], folder)


def test_the_first_word_is_a_command_or_a_directory(offered):
    text = offered("se")
    assert "seed" in text and "seaside" in text and "reset" not in text
    text = offered("")
    assert all(command in text for command in COMMANDS) and "seaside" in text


def test_a_command_has_its_own_options(offered):
    text = offered("seed", "--w")
    assert "--wait-ready" in text or "wait-ready" in text
    assert "write-back" not in text
    text = offered("snapshot", "s")
    assert "save" in text and "seed" not in text and "seaside" not in text


def test_a_mount_has_its_options_before_and_after_the_directory(offered):
    for before in ([], ["seaside"], ["--fuse"]):
        text = offered(*before, "--wr")
        assert "write-back" in text
    text = offered("seaside", "")
    assert "snapshot" not in text
    assert "debug" in offered("--log-level", "d")


def test_every_command_is_offered_once_in_bash(tmp_path):
    script = tmp_path / "script"
    script.write_text(run(binary(), "--generate-completion-script=bash").stdout)
    lines = [line for line in bash(script, ["localstackmount", ""], tmp_path).splitlines() if line]
    assert sorted(lines) == sorted(COMMANDS)


def test_an_unknown_shell_is_refused():
    result = run(binary(), "--generate-completion-script", "tcsh", check=False)
    assert result.returncode == 64 and "bash" in result.stderr
