#!/bin/sh
# Installs localstackmount below PREFIX, or takes it away again.
#
#   ./install.sh [PREFIX]              /usr/local for root, ~/.local for others
#   ./install.sh --uninstall [PREFIX]
set -eu
cd "$(dirname "$0")"

uninstall=''
if [ "${1:-}" = --uninstall ]; then
  uninstall=yes
  shift
fi
if [ "$(id -u)" -eq 0 ]; then default=/usr/local; else default=$HOME/.local; fi
prefix=${1:-$default}

# What this archive holds below its own lib, bin, share; ours alone, so that nothing of others' is touched.
files=$(find bin lib share \( -type f -o -type l \))
if [ -n "$uninstall" ]; then
  printf '%s\n' "$files" | while read -r file; do rm -f "$prefix/$file"; done
  rmdir -p "$prefix/lib/localstackmount/lib" 2>/dev/null || true
  [ "$(id -u)" -ne 0 ] || rm -f /sbin/mount.localstackmount
  printf 'localstackmount is gone from %s\n' "$prefix"
  exit 0
fi

case $(uname -m) in
  x86_64) ;;
  *) printf 'install.sh: this archive is for x86_64, and this machine is %s\n' "$(uname -m)" >&2 && exit 1 ;;
esac
if ! reason=$(lib/localstackmount/localstackmount --version 2>&1); then
  printf 'install.sh: the binary does not run here, it needs glibc @GLIBC@ or newer: %s\n' "$reason" >&2
  exit 1
fi
printf '%s\n' "$files" | while read -r file; do
  mkdir -p "$prefix/$(dirname "$file")"
  cp -P "$file" "$prefix/$file"
done
# mount(8) looks for helpers here only.
if [ "$(id -u)" -eq 0 ] && [ "$prefix" != /usr ] && [ ! -e /sbin/mount.localstackmount ]; then
  ln -s "$prefix/lib/localstackmount/mount.localstackmount" /sbin/mount.localstackmount
fi
unit=$prefix/share/systemd/user/localstackmount.service
sed "s,/usr/bin/localstackmount,$prefix/bin/localstackmount," "$unit" >"$unit.new" && mv "$unit.new" "$unit"
printf 'localstackmount %s is at %s/bin/localstackmount\n' "$reason" "$prefix"
command -v fusermount3 >/dev/null || printf 'To mount, install fusermount3 (the package fuse3); --http does without.\n'
case :$PATH: in *:"$prefix/bin":*) ;; *) printf 'Put %s/bin on your PATH.\n' "$prefix" ;; esac
