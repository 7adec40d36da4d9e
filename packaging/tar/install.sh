#!/bin/sh
# Installs localstackmount below PREFIX, or removes it again.
#
#   ./install.sh [PREFIX]              /usr/local for root, ~/.local for others
#   ./install.sh --uninstall [PREFIX]
set -eu

fail() { printf 'install.sh: %s\n' "$*" >&2 && exit 1; }

uninstall=''
case ${1:-} in
  --uninstall) uninstall=yes && shift ;;
esac
case ${1:-} in
  -h | --help) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p;}' "$0" && exit ;;
  -*) fail "there is no option $1; usage: ./install.sh [--uninstall] [PREFIX]" ;;
esac
[ $# -le 1 ] || fail "one PREFIX is expected; usage: ./install.sh [--uninstall] [PREFIX]"
if [ $# -eq 1 ]; then
  prefix=$1
elif [ "$(id -u)" -eq 0 ]; then
  prefix=/usr/local
else
  prefix=${HOME:?is not set: name a PREFIX}/.local
fi
# Relative to the caller's folder, not to the archive's.
case $prefix in /*) ;; *) prefix=$PWD/$prefix ;; esac
# In one spelling, by which --uninstall knows the links again.
prefix=$(realpath -m -- "$prefix")
cd "$(dirname "$0")"

helper=$prefix/lib/localstackmount/mount.localstackmount
# For mount -t localstackmount, and -t fuse.localstackmount.
links='/sbin/mount.localstackmount /sbin/mount.fuse.localstackmount'
# What this archive holds below its own lib, bin, share; ours alone, so that nothing of others' is touched.
files=$(find bin lib share \( -type f -o -type l \))
if [ -n "$uninstall" ]; then
  printf '%s\n' "$files" | while read -r file; do rm -f "$prefix/$file"; done
  # Folders that only this archive has, the deepest first; others stay as long as anything is in them.
  find lib share -depth -type d -path '*localstackmount*' | while read -r folder; do rmdir "$prefix/$folder" 2>/dev/null || true; done
  # A package, or another prefix, may own the helper.
  for link in $links; do
    if [ "$(readlink "$link")" = "$helper" ]; then rm -f "$link"; fi
  done
  printf 'localstackmount is gone from %s\n' "$prefix"
  exit 0
fi

case $(uname -m) in
  x86_64) ;;
  *) fail "this archive is for x86_64, and this machine is $(uname -m)" ;;
esac
if ! reason=$(lib/localstackmount/localstackmount --version 2>&1); then
  fail "the binary does not run here, it needs glibc @GLIBC@ or newer: $reason"
fi
printf '%s\n' "$files" | while read -r file; do
  mkdir -p "$prefix/$(dirname "$file")"
  # Under a new name first: a binary that runs cannot be written to, and goes on with its old bytes.
  cp -P "$file" "$prefix/$file.new" && mv -f "$prefix/$file.new" "$prefix/$file"
done
# mount(8) looks for helpers here only.
if [ "$(id -u)" -eq 0 ] && [ "$prefix" != /usr ]; then
  for link in $links; do
    [ -e "$link" ] || ln -sf "$helper" "$link"
  done
fi
unit=$prefix/share/systemd/user/localstackmount.service
# Quoted for systemd, and what means something to sed in a replacement.
binary=$(printf '%s' "$prefix/bin/localstackmount" | sed 's/[&\\|]/\\&/g')
case $prefix in *[[:space:]]*) binary="\"$binary\"" ;; esac
sed "s|/usr/bin/localstackmount|$binary|" "$unit" >"$unit.new" && mv "$unit.new" "$unit"
printf 'localstackmount %s is at %s/bin/localstackmount\n' "$reason" "$prefix"
command -v fusermount3 >/dev/null || printf 'To mount, install fusermount3 (the package fuse3); --http does without.\n'
case :$PATH: in *:"$prefix/bin":*) ;; *) printf 'Put %s/bin on your PATH.\n' "$prefix" ;; esac
