#!/usr/bin/env bash
# Makes .venv as the lock of a stack says. `make` calls it when a lock is newer than the stamp that it writes last, or when
# another stack is ordered; an interrupted set-up is simply made again, and a finished one is never touched.
#
#   requirements/setup.sh STAMP [1.16|1.21]
#   requirements/setup.sh --uv      only fetches uv
set -euo pipefail
cd "$(dirname "$0")/.."

uv_version=0.13.9
tools=.venv-tools # uv alone: by pip into a folder, because Debian forbids pip in the system's Python

say() { printf 'set-up: %s\n' "$*"; }

find_python() {
  for candidate in python3 python3.13 python3.12 python3.11 python3.10 python3.9; do
    if "$candidate" -c 'import sys, pip; sys.exit(sys.version_info < (3, 9))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  echo "set-up: no Python 3.9 or newer with pip found; on Debian or Ubuntu: apt-get install python3-pip" >&2
  return 1
}

if [ "$("$tools/bin/uv" --version 2>/dev/null | cut -d' ' -f2)" != "$uv_version" ]; then
  say "fetching uv $uv_version"
  rm -rf "$tools"
  "$(find_python)" -m pip install --quiet --no-deps --root-user-action=ignore --disable-pip-version-check \
    --target "$tools" "uv==$uv_version"
fi

[ "$1" != --uv ] || exit 0

stamp=$1
chosen=$(requirements/stack.sh "$tools/bin/uv" "${2:-}") || exit
stack=$(head -n 1 <<<"$chosen")
why=$(tail -n 1 <<<"$chosen")
python=$(sed -E 's/.* on Python ([0-9.]+[0-9]).*/\1/' <<<"$why")

say "making .venv with $why (about 3 GB, from uv's cache where it can)"
rm -f "$stamp"
"$tools/bin/uv" venv --quiet --clear --python "$python" .venv
"$tools/bin/uv" pip sync --quiet --python .venv/bin/python --require-hashes --compile-bytecode "requirements/tfx-$stack.lock"
"$tools/bin/uv" pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .

# Every process of this environment, `tfx` included, starts without TensorFlow's and its dependents' chatter.
site=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
install -m 644 requirements/ast_restoration_quiet.py "$site/"
echo 'import ast_restoration_quiet' >"$site/ast_restoration_quiet.pth"

printf '%s\n' "$chosen" >"$stamp.partial"
mv "$stamp.partial" "$stamp"
say "done"
