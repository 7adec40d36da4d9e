# Debian packages, asked for only when they are missing. Sourced after common.sh.
# shellcheck shell=bash

package_installed() { [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | cut -c1-2)" = ii ]; }

# install_packages NAME...: installs what is missing; touches no network when nothing is.
install_packages() {
  if ! have dpkg-query || ! have apt-get; then
    say "This is not a Debian or Ubuntu system: see to it yourself that what these packages hold is installed:"
    say "  $*"
    return 0
  fi
  local name missing=() become=()
  for name in "$@"; do
    package_installed "$name" || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    have sudo || die "run as root: apt-get install ${missing[*]}"
    become=(sudo)
  fi
  say "Installing ${missing[*]}"
  "${become[@]}" apt-get update -q >&2
  "${become[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends "${missing[@]}" >&2
}
