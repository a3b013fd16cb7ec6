#!/usr/bin/env bash
# One Beam worker, as a pool starts it by --container_executable: Beam's own entry point for a container's process. A worker that
# a pool starts by itself stops for good once it has printed 64 KiB, and does not name itself to the runner's state service.
set -euo pipefail
for argument; do
  case $argument in
  --id=*) export WORKER_ID=${argument#*=} ;;
  --control_endpoint=*) export CONTROL_API_SERVICE_DESCRIPTOR="url: \"${argument#*=}\"" ;;
  --logging_endpoint=*) export LOGGING_API_SERVICE_DESCRIPTOR="url: \"${argument#*=}\"" ;;
  esac
done
exec python -m apache_beam.runners.worker.sdk_worker_main 1>&2
