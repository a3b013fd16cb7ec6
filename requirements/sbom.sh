#!/usr/bin/env bash
# Writes the list of what the image holds, from the lock that it is installed from: CycloneDX 1.6 in JSON, the same bytes for the
# same lock. cyclonedx-py holds it against the format's schema before it is written.
#
#   requirements/sbom.sh LOCK OUTPUT      e.g. requirements/sbom.sh requirements/image-cpu.lock sbom.cdx.json
#
# UV and PYTHON name another uv and another Python than those that set-up makes.
set -euo pipefail
cd "$(dirname "$0")/.."

uv=${UV:-.venv-tools/bin/uv}
python=${PYTHON:-.venv/bin/python}

# What the list is of, as cyclonedx-py reads it.
main=$(mktemp -d)
trap 'rm -rf "$main"' EXIT
field() { sed -nE "s/^    $1=\"(.*)\",$/\1/p" setup.py; }
printf '[project]\nname = "%s"\nversion = "%s"\ndescription = "%s"\nlicense = "%s"\n' \
  "$(field name)" "$(field version)" "$(field description)" "$(field license)" >"$main/pyproject.toml"

PYTHONWARNINGS="ignore:The Component this BOM is describing:UserWarning" "$uv" run --quiet --no-project --isolated --no-python-downloads --python "$python" --with-requirements requirements/sbom.lock \
  cyclonedx-py requirements --pyproject "$main/pyproject.toml" --mc-type application --output-reproducible \
  --spec-version 1.6 --output-format JSON --validate --output-file "$2" "$1"
