"""The completion scripts, in the shells themselves: the first word is a command or the mount point."""

import os
import shlex
import shutil

import pytest

from harness.mount import binary
from harness.processes import run

COMMANDS = {
    "status", "recover", "doctor", "seed", "reset", "expect", "diff", "wait", "export", "snapshot", "watch", "presign",
    "help",
}  # fmt: skip


def with_command(folder):
    """Returns an environment in which the command is found under its name: the scripts run it for some options."""
    path = folder.parent / "bin"
    path.mkdir(exist_ok=True)
    if not (path / "localstackmount").exists():
        (path / "localstackmount").symlink_to(binary().resolve())
    return os.environ | {"PATH": f"{path}:{os.environ['PATH']}"}


def bash(script, words, folder):
    line = shlex.join(["COMP_WORDS=("]).strip("'") + " ".join(shlex.quote(word) for word in words) + ")"
    previous = words[-2]
    return run(
        "bash", "--norc", "-c",
        f"source {shlex.quote(str(script))}; {line}; COMP_CWORD={len(words) - 1}; COMP_LINE={shlex.quote(' '.join(words))}; "
        f"COMP_POINT=${{#COMP_LINE}}; _localstackmount localstackmount {shlex.quote(words[-1])} {shlex.quote(previous)}; "
        "printf '%s\\n' \"${COMPREPLY[@]}\"",
        cwd=folder, env=with_command(folder),
    ).stdout  # fmt: skip


# Prints what completion functions offer instead of a menu, and ends the shell after them.
ZSH_SETUP = """
PROMPT=
autoload -Uz compinit; compinit -u -D
compadd() {
  [[ "${@[1,(i)(-|--)]}" == *-(O|A|D)\\ * ]] && { builtin compadd "$@"; return }
  local -a offered
  builtin compadd -A offered "$@"
  print -l -- $offered
}
offered_all() { print finished; exit }
comppostfuncs=(offered_all)
bindkey '^I' complete-word
"""


def zsh(script, words, folder):
    """Presses Tab in an interactive shell: zsh completes only there."""
    setup, driver = folder.parent / "setup.zsh", folder.parent / "driver.zsh"
    setup.write_text(ZSH_SETUP + f"source {script}\nprint ready\n")
    driver.write_text(
        "zmodload zsh/zpty\n"
        "zpty shell 'zsh -f -i'\n"
        f"zpty -w shell {shlex.quote(f'source {setup}')}\n"
        "while zpty -r shell line && [[ $line != ready* ]]; do :; done\n"
        f"zpty -w -n shell {shlex.quote(' '.join(words))}$'\\t'\n"
        "while zpty -r shell line && [[ $line != finished* ]]; do print -r -- $line; done\n"
    )
    return run("zsh", "-f", driver, cwd=folder, check=False, env=with_command(folder)).stdout


def fish(script, words, folder):
    return run(
        "fish", "--no-config", "-c",
        f"source {shlex.quote(str(script))}; complete -C {shlex.quote(' '.join(words))}", cwd=folder,
        env=with_command(folder),
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


def test_help_takes_a_command(offered):
    text = offered("help", "se")
    assert "seed" in text and "seaside" not in text


def test_a_mount_has_its_options_before_and_after_the_directory(offered):
    for before in ([], ["seaside"], ["--fuse"]):
        text = offered(*before, "--wr")
        assert "write-back" in text
    text = offered("seaside", "")
    assert "snapshot" not in text
    assert "debug" in offered("--log-level", "d")


def test_the_options_of_o_are_offered(offered):
    text = offered("-o", "")
    assert all(name in text for name in ("ro", "noexec", "allow_other", "endpoint=", "cache_dir="))
    assert "seaside" not in text
    text = offered("-o", "al")
    assert "allow_other" in text and "endpoint" not in text
    text = offered("seaside", "-o", "ro,ca")
    assert "ro,cache_dir=" in text and "allow_other" not in text


def test_every_command_is_offered_once_in_bash(tmp_path):
    script = tmp_path / "script"
    script.write_text(run(binary(), "--generate-completion-script=bash").stdout)
    lines = [line for line in bash(script, ["localstackmount", ""], tmp_path).splitlines() if line]
    assert sorted(lines) == sorted(COMMANDS)


def test_an_unknown_shell_is_refused():
    result = run(binary(), "--generate-completion-script", "tcsh", check=False)
    assert result.returncode == 64 and "bash" in result.stderr
