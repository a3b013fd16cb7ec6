#!/usr/bin/env bash
# Which TFX this machine gets: the newest that it can run, or the one that is ordered. Prints two lines, the stack and why,
# or says on standard error why an order is impossible.
#
#   requirements/stack.sh UV [1.16|1.21]
set -euo pipefail

uv=$1
order=${2:-}
glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null | cut -d' ' -f2)

# TensorFlow Data Validation, tfx-bsl and ML Metadata of TFX 1.21 are built as manylinux_2_39.
needed_glibc=2.39

python_of() { case $1 in 1.16) echo 3.10 ;; 1.21) echo 3.13 ;; esac }

# Prints the path of a Python of that version, after fetching one where there is none; fails where that fails too.
find_python() {
  "$uv" python find --no-project "$1" 2>/dev/null && return
  "$uv" python install --quiet "$1" >/dev/null 2>&1 && "$uv" python find --no-project "$1" 2>/dev/null
}

# Prints why this machine cannot run a stack; nothing where it can.
obstacle() {
  local version python
  version=$(python_of "$1")
  if [ "$1" = 1.21 ]; then
    if [ -z "$glibc" ] || [ "$(printf '%s\n' "$needed_glibc" "$glibc" | sort -V | head -n 1)" != "$needed_glibc" ]; then
      echo "this machine has glibc ${glibc:-of no known version}, and TFX 1.21 is built for $needed_glibc (Debian 13, Ubuntu 24.04)"
      return
    fi
    if ! command -v g++ >/dev/null; then
      echo "there is no g++, which a dependency of TFX 1.21 is compiled with; apt-get install g++"
      return
    fi
  fi
  if ! python=$(find_python "$version"); then
    echo "Python $version, which TFX $1 needs, is not here and could not be fetched"
    return
  fi
  if [ "$1" = 1.21 ] && ! "$python" -c 'import os, sysconfig, sys
sys.exit(not os.path.isfile(os.path.join(sysconfig.get_path("include"), "Python.h")))'; then
    echo "$python comes without Python.h, which a dependency of TFX 1.21 is compiled with; apt-get install python3-dev"
  fi
}

case $order in
  "" | 1.16 | 1.21) ;;
  *)
    echo "STACK=$order: no such stack; give 1.16 or 1.21, or leave it out" >&2
    exit 2
    ;;
esac

if [ -n "$order" ]; then
  reason=$(obstacle "$order")
  if [ -n "$reason" ]; then
    echo "STACK=$order: $reason" >&2
    exit 2
  fi
  printf '%s\nTFX %s on Python %s, as ordered\n' "$order" "$order" "$(python_of "$order")"
  exit
fi

reason=$(obstacle 1.21)
if [ -z "$reason" ]; then
  printf '1.21\nTFX 1.21 on Python %s, the newest: this machine has glibc %s\n' "$(python_of 1.21)" "$glibc"
  exit
fi
older=$(obstacle 1.16)
if [ -n "$older" ]; then
  echo "neither TFX runs here. 1.21: $reason. 1.16: $older" >&2
  exit 2
fi
printf '1.16\nTFX 1.16 on Python %s, because %s\n' "$(python_of 1.16)" "$reason"
