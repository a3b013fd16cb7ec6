#!/usr/bin/env bash
# Builds the image as kubeflow/Dockerfile says, without Docker, and runs it: buildah builds, runc runs. Needs root, and these two
# beside debootstrap (apt-get install buildah runc debootstrap), about 12 GB of disk and 20 minutes.
#
#   tests/image/run.sh          builds, checks and removes the image (make image-test)
#   tests/image/run.sh gpu      the same with ACCELERATOR=gpu, up to one compiled task
#   tests/image/run.sh twice    builds two times and compares the images' digests
#
# What stands for python:3.13-slim-trixie is a Debian 13 with its own Python 3.13, made by debootstrap once, in a cache folder
# outside the project. KEEP=1 leaves the built image there. STORAGE=vfs is for kernels without overlay.
#
# Exit code 75: nothing was tested, because something is missing that the last line names. Any other but 0: something failed.
set -euo pipefail
cd "$(dirname "$0")/../.."

untested=75
suite=trixie
base=python:3.13-slim-$suite
packages=python3,python3-dev,python3-pip,ca-certificates
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ast-restoration
archive=$cache/python-3.13-slim-$suite.tar
work=$cache/image
storage=${STORAGE:-$(grep -q overlay /proc/filesystems && echo overlay || echo vfs)}
build=(buildah --root "$work/storage" --runroot "$work/run" --storage-driver "$storage")

say() { printf 'image-test: %s\n' "$*"; }
skip() {
  printf '*** THE IMAGE IS NOT TESTED: %s ***\n' "$*" >&2
  exit "$untested"
}

[ "$(id -u)" = 0 ] || skip "it can be built without Docker by root only; run make image-test as root"
for tool in buildah runc debootstrap; do
  command -v "$tool" >/dev/null || skip "there is no $tool; apt-get install buildah runc debootstrap"
done

make_base() {
  local debian
  debian=$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 2>/dev/null | grep -v security | head -n 1)
  [ -n "$debian" ] || skip "apt knows no archive of Debian's; see apt-get indextargets"
  python3 -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=60).read(100)' \
    "${debian%/}/dists/$suite/InRelease" 2>/dev/null || skip "Debian's archive cannot be reached"
  say "making what stands for $base (a minute, once)"
  rm -rf --one-file-system "$work/base"
  debootstrap --variant=minbase "--include=$packages" "$suite" "$work/base" "$debian" >"$work/debootstrap.log" 2>&1 ||
    { tail -n 5 "$work/debootstrap.log" >&2 && exit 1; }
  # As slim as the real one, its commands where the real one has them, and pip free to install.
  rm -rf "$work/base/usr/share/locale/"* "$work/base/usr/share/man/"* "$work/base/var/lib/apt/lists/"* "$work/base/var/cache/"*
  find "$work/base/usr/share/doc" -type f ! -name copyright -delete
  rm "$work/base/usr/lib/python3.13/EXTERNALLY-MANAGED"
  ln -s /usr/bin/python3.13 "$work/base/usr/local/bin/python"
  # The certificates that this machine trusts, for pip and uv.
  cp /etc/ssl/certs/ca-certificates.crt "$work/base/etc/ssl/certs/"
  printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\ntimeout = 180\n' >"$work/base/etc/pip.conf"
  mkdir -p "$work/base/etc/uv"
  printf 'system-certs = true\ncache-dir = "/var/cache/uv"\n' >"$work/base/etc/uv/uv.toml"
  tar --create --sort=name --directory "$work/base" --file "$archive.partial" .
  mv "$archive.partial" "$archive"
  rm -rf --one-file-system "$work/base"
}

import_base() {
  local container
  container=$("${build[@]}" from scratch)
  "${build[@]}" add --quiet "$container" "$archive" / >/dev/null
  "${build[@]}" config --env PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin --cmd python3 "$container"
  "${build[@]}" commit --quiet --rm "$container" "$base" >/dev/null
}

# The wheels come from uv's cache where they can; the build's own cache is not a part of the image anyway. A layer for each
# instruction, as Docker makes them, is a copy of the whole image with vfs, so there it is one layer.
build_image() {
  local wheels=${UV_CACHE_DIR:-$HOME/.cache/uv} layers=(--layers --no-cache)
  [ "$storage" = overlay ] || layers=()
  mkdir -p "$wheels"
  say "building, ACCELERATOR=$1 (log: $work/build-$1.log)"
  "${build[@]}" build --isolation chroot --pull-never "${layers[@]}" --timestamp "$(git log -1 --format=%ct)" \
    --volume "$wheels:/var/cache/uv" --build-arg "ACCELERATOR=$1" --build-arg "REVISION=$(git rev-parse HEAD)" \
    --file kubeflow/Dockerfile --tag "$2" . >"$work/build-$1.log" 2>&1 || { tail -n 20 "$work/build-$1.log" >&2 && exit 1; }
  grep '^slim: ' "$work/build-$1.log"
}

close() {
  trap - EXIT
  [ -z "${mounted:-}" ] || "${build[@]}" rm "$mounted" >/dev/null || true
  [ -n "${KEEP:-}" ] || rm -rf --one-file-system "$work/storage" "$work/run" "$work/volume"
}

mkdir -p "$work"
exec 9>"$work/lock"
flock 9
trap close EXIT
[ -f "$archive" ] || make_base
"${build[@]}" inspect --type image "$base" >/dev/null 2>&1 || import_base

if [ "${1:-}" = twice ]; then
  for name in first second; do build_image cpu "ast-restoration:$name"; done
  "${build[@]}" images --digests ast-restoration
  [ "$("${build[@]}" inspect --type image --format '{{.FromImageDigest}}' ast-restoration:first)" = \
    "$("${build[@]}" inspect --type image --format '{{.FromImageDigest}}' ast-restoration:second)" ] ||
    { say "the two builds differ" && exit 1; }
  say "the two builds are the same image"
  exit
fi

accelerator=${1:-cpu}
[ -n "${KEEP:-}" ] && "${build[@]}" inspect --type image "ast-restoration:$accelerator" >/dev/null 2>&1 ||
  build_image "$accelerator" "ast-restoration:$accelerator"
"${build[@]}" inspect --type image "ast-restoration:$accelerator" >"$work/image.json"
mounted=$("${build[@]}" from --pull-never "ast-restoration:$accelerator")
root=$("${build[@]}" mount "$mounted")
.venv/bin/python -m tests.image.check "$accelerator" "$work/image.json" "$root" "$work/storage/$storage-layers/layers.json" \
  "$work/volume"
say "passed, ACCELERATOR=$accelerator"
