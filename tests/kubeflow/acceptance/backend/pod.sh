#!/usr/bin/env bash
# Runs a command as a container would: in a root file system of its own that is empty but for mounts, as a user who is not root.
# The network is this machine's.
#
#   unshare --mount --pid --fork --kill-child --propagation private pod.sh MOUNTS USER COMMAND...
#
# MOUNTS is a file of lines `ro|rw SOURCE TARGET`. What the command leaves in /dev/termination-log goes to MOUNTS.message.
set -euo pipefail
mounts=$1 user=$2
shift 2
root=/mnt
mount -t tmpfs -o mode=755 pod "$root"
mkdir -p "$root"/{proc,dev/shm,tmp,minio,s3,gcs}
mount -t proc proc "$root/proc"
for device in null zero full random urandom; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
# Later backends give the pods /minio, /s3 and /gcs as volumes. In 2.0.5 the launcher makes them, which only root can.
for folder in tmp dev/shm minio s3 gcs; do
  mount -t tmpfs -o mode=1777 tmpfs "$root/$folder"
done
: >"$mounts.message"
chmod 666 "$mounts.message"
while read -r mode source target; do
  if [ -d "$source" ]; then mkdir -p "$root$target"; else mkdir -p "$root${target%/*}" && touch "$root$target"; fi
  mount --bind "$source" "$root$target"
  [ "$mode" = rw ] || mount -o remount,bind,ro "$root$target"
done < <(cat "$mounts" && echo "rw $mounts.message /dev/termination-log")
mount -o remount,ro "$root"
exec /usr/sbin/chroot --userspec="$user:$user" --groups= "$root" /usr/bin/env -C /tmp "$@"
