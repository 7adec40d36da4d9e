# Python environments made from a lock file and kept in the user's cache. Sourced after common.sh.
# shellcheck shell=bash

is_python_311() { "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' >/dev/null 2>&1; }

find_python_311() {
  local candidate
  for candidate in python3.11 python3 /usr/bin/python3.11; do
    if have "$candidate" && is_python_311 "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
  die "Python 3.11 is needed (LocalStack's last release without Docker runs on no other), and none was found"
}

# venv_from_lock NAME LOCK_FILE: prints the path of an environment that holds exactly what the file lists.
# Its name carries the hash of the file, so that a changed file makes a new one; a finished one needs no network.
venv_from_lock() {
  local name=$1 lock_file=$2 hash venv python
  hash=$(sha256sum "$lock_file" | cut -c1-12)
  venv=$cache/$name-venv-$hash
  mkdir -p "$cache"
  (
    flock 9
    [ -e "$venv/complete" ] || {
      python=$(find_python_311) &&
        say "Installing $(basename "$lock_file") into $venv" &&
        rm -rf "$venv" &&
        "$python" -m venv "$venv" &&
        "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$lock_file" >&2 &&
        touch "$venv/complete"
    }
  ) 9>"$cache/$name-venv.lock" || die "could not install $lock_file"
  printf '%s\n' "$venv"
}
