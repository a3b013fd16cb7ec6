#!/usr/bin/env bash
# Runs the tests on TFX 1.21 where this machine has glibc for TFX 1.16 only: in a Debian 13 that debootstrap builds once, in a
# cache folder outside the project. Needs root, debootstrap, and Debian's archive as this machine's apt knows it.
#
#   tests/stacks/run.sh           fast tests, one pipeline from end to end, and models carried from each stack to the other
#   tests/stacks/run.sh prepare   only builds the Debian 13 and the environment in it
#   tests/stacks/run.sh all       everything that `make test` runs, and models carried
#   tests/stacks/run.sh -- WORD...   a command of your own, in the copy of the project there
#
# Exit code 75: Debian's archive cannot be reached, so nothing was tested. Any other but 0: something failed.
set -euo pipefail
cd "$(dirname "$0")/../.."

unreachable=75
suite=trixie
packages=python3,python3-venv,python3-dev,python3-pip,g++,ca-certificates,git,make
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ast-restoration
root=$cache/debian-$suite

say() { printf 'test-stacks: %s\n' "$*"; }
die() {
  printf 'test-stacks: %s\n' "$*" >&2
  exit "${code:-1}"
}

[ "$(id -u)" = 0 ] || die "a Debian 13 can be built by root only; run it as root, or STACK=1.21 make test on a machine with glibc 2.39"
command -v debootstrap >/dev/null || die "there is no debootstrap; apt-get install debootstrap"
[ "$(head -n 1 .venv/.ready)" = 1.16 ] || die "this is TFX 1.21 already: its tests are make test; the other stack needs a machine with Python 3.10, and STACK=1.16"

# Everything below happens in mounts of its own, which end with this process however it ends.
if [ -z "${AST_RESTORE_OWN_MOUNTS:-}" ]; then
  AST_RESTORE_OWN_MOUNTS=1 exec unshare --mount --propagation private "$0" "$@"
fi

mirror() {
  apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 2>/dev/null | grep -v security | head -n 1
}

build_root() {
  local archive
  archive=$(mirror)
  [ -n "$archive" ] || die "apt knows no archive of Debian's; see apt-get indextargets"
  python3 - "${archive%/}/dists/$suite/InRelease" <<'PYTHON' || code=$unreachable die "Debian's archive cannot be reached; nothing was tested"
import sys, urllib.request
urllib.request.urlopen(sys.argv[1], timeout=60).read(100)
PYTHON
  say "building a Debian 13 in $root (about two minutes, once)"
  rm -rf --one-file-system "$root.partial"
  debootstrap --variant=minbase "--include=$packages" "$suite" "$root.partial" "$archive" >"$cache/debootstrap.log" 2>&1 ||
    die "debootstrap failed; see $cache/debootstrap.log"
  mv "$root.partial" "$root"
}

# The files that git tracks, as they are now; .venv stays between runs.
copy_project() {
  mkdir -p "$root/work/project"
  find "$root/work/project" -mindepth 1 -maxdepth 1 ! -name .venv ! -name .venv-tools -exec rm -rf --one-file-system {} +
  git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' name; do
    [ ! -e "$name" ] || printf '%s\0' "$name"
  done | tar --create --null --files-from=- --file=- | tar --extract --directory="$root/work/project"
}

open_root() {
  mount --bind "$root" "$root" # so that nothing below it is another file system's when it is emptied
  mount --rbind /proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mkdir -p "$root/work/exchange"
  cp /etc/resolv.conf /etc/hosts "$root/etc/"
  cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
  local shared
  shared=$(realpath ../shared 2>/dev/null || true)
  if [ -d "$shared" ]; then
    mkdir -p "$root/work/shared"
    mount --bind -o ro "$shared" "$root/work/shared"
  fi
}

inside() {
  env -u VIRTUAL_ENV -u PYENV_VERSION -u PIP_FIND_LINKS -u MAKEFLAGS -u MAKELEVEL HOME=/root PATH=/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin \
    LANG=C.UTF-8 SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt AST_RESTORE_EXCHANGE=/work/exchange \
    chroot "$root" bash -c 'cd /work/project && exec "$@"' bash "$@"
}

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
[ -d "$root" ] || build_root
copy_project
open_root
inside make .venv/.ready STACK=1.21
[ "${1:-}" != prepare ] || exit 0

if [ "${1:-}" = -- ]; then
  shift
  inside "$@"
  exit
fi

say "models made by TFX 1.16, to be used by 1.21, and the other way round"
find "$root/work/exchange" -mindepth 1 -delete
.venv/bin/python -m tests.stacks.exchange "$root/work/exchange/1.16" &
inside .venv/bin/python -m tests.stacks.exchange /work/exchange/1.21
wait $!

say "the tests, on TFX 1.21, and its models on 1.16" # tests/stacks is part of both
AST_RESTORE_EXCHANGE=$root/work/exchange .venv/bin/python -m pytest -q tests/stacks >"$cache/exchange.log" 2>&1 &
here=$!
if [ "${1:-}" = all ]; then
  inside make test
else
  inside make test-stack
fi
code=0
wait "$here" || code=$?
cat "$cache/exchange.log"
[ "$code" = 0 ] || die "the models of TFX 1.21 do not work on 1.16"
say "passed on TFX 1.21"
