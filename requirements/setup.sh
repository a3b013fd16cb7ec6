#!/usr/bin/env bash
# Makes .venv as the lock says. `make` calls it when the lock is newer than the stamp that it writes last,
# so an interrupted set-up is simply made again, and a finished one is never touched.
set -euo pipefail
cd "$(dirname "$0")/.."

lock=$1
stamp=$2
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

say "making .venv with Python $(cat .python-version) (about 3 GB, from uv's cache where it can)"
rm -f "$stamp"
"$tools/bin/uv" venv --quiet --clear --python "$(cat .python-version)" .venv
"$tools/bin/uv" pip sync --quiet --python .venv/bin/python --require-hashes --compile-bytecode "$lock"
"$tools/bin/uv" pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .

# Every process of this environment, `tfx` included, starts without TensorFlow's and its dependents' chatter.
site=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
install -m 644 requirements/ast_restoration_quiet.py "$site/"
echo 'import ast_restoration_quiet' >"$site/ast_restoration_quiet.pth"

touch "$stamp"
say "done"
