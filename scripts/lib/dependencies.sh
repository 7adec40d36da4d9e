# What a build needs, looked for before it, so that its lack is a sentence instead of a page of compiler errors. Sourced
# after common.sh.
# shellcheck shell=bash

missing_build_dependencies() {
  local name folder=${LOCALSTACKMOUNT_SCRIPT_LIBRARIES:-/usr/share/javascript}
  if have pkg-config; then
    for name in "$@" libmicrohttpd libarchive libcurl libcrypto expat zlib; do
      pkg-config --exists "$name" || printf '%s\n' "$name"
    done
  else
    printf 'pkg-config\n'
  fi
  for name in codemirror markdown-it ../nodejs/diff; do
    [ -e "$folder/$name" ] || printf '%s (JavaScript)\n' "${name##*/}"
  done
}

# require_build_dependencies fuse|no-fuse
require_build_dependencies() {
  local missing fuse=(fuse3)
  [ "$1" = fuse ] || fuse=()
  have swift || die "Swift 6.3 or newer is needed: https://www.swift.org/install/linux/"
  missing=$(missing_build_dependencies "${fuse[@]}" | paste -sd, | sed 's/,/, /g')
  [ -z "$missing" ] || die "not found: $missing; run scripts/install-dependencies"
}
