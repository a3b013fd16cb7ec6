#!/usr/bin/env bash
# Runs a command against a Beam cluster of three hosts on this machine. Each host has a network namespace, a host name, a process
# tree and a /tmp of its own; all of them read the project, and they write to a single shared folder and nowhere else.
#
#   tests/pipeline/beam/cluster.sh ENGINE WORKSPACE COMMAND...
#
# ENGINE is prism, flink or spark: see engines/. Host `driver` runs the engine's job service and COMMAND with BEAM_ENGINE and
# BEAM_ARGUMENTS in its environment. Hosts `one` and `two` run a pool of Beam workers each, and the engine's own worker beside it
# where it has one.
# WORKSPACE/cluster has a log per process, and one.pid and two.pid: COMMAND kills a host by killing that process. Everything
# ends with this process, however it ends.
#
# Exit code 75: something that this needs is not here, and the last line says what. Otherwise the code of COMMAND.
set -euo pipefail
cd "$(dirname "$0")/../../.."

network=10.231.77
hosts=(one two)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ast-restoration

lacks() {
  printf 'beam cluster: %s\n' "$*" >&2
  exit 75
}

# needs PROGRAM PACKAGE: the program is installed.
needs() {
  command -v "$1" >/dev/null || lacks "there is no $1; apt-get install $2"
}

# keep NAME COMMAND...: makes the cache's folder NAME once, by a command that fills the folder `$partial`.
keep() {
  local name=$1 partial=$cache/$1.partial
  shift
  [ ! -d "$cache/$name" ] || return 0
  rm -rf "$partial" && mkdir -p "$partial"
  "$@" >"$cache/$name.log" 2>&1 || lacks "$name cannot be made: $(grep -v '^$' "$cache/$name.log" | tail -n 1 | cut -c -300)"
  mv "$partial" "$cache/$name"
}

# The mounts of a host: its own /tmp, and nothing else that can be written but the workspace.
own_mounts() {
  local workspace=$1 name=$2 folder number
  mount --bind "$workspace" "$workspace"
  exec 8<"$workspace" 9<"$PWD"
  mount -t tmpfs -o mode=1777 private /tmp
  for folder in 8:"$workspace" 9:"$PWD"; do # where they lie in /tmp themselves
    [ -d "${folder#*:}" ] || { mkdir -p "${folder#*:}" && mount --no-canonicalize --bind "/proc/self/fd/${folder%%:*}" "${folder#*:}"; }
  done
  exec 8<&- 9<&-
  mkdir -p /tmp/home
  {
    [ "$name" = driver ] && echo "127.0.0.1 localhost" || echo "$(localhost_of_a_worker) localhost"
    echo "$network.1 driver"
    for number in "${!hosts[@]}"; do echo "$network.$((number + 2)) ${hosts[number]}"; done
  } >/tmp/hosts
  mount --bind /tmp/hosts /etc/hosts
  mount -o remount,bind,ro /
  hostname "$name"
}

host_environment() {
  export HOME=/tmp/home PYTHONPATH=$PWD PATH="$PWD/.venv/bin:$PATH" PYTHONDONTWRITEBYTECODE=1 TF_CPP_MIN_LOG_LEVEL=3
}

worker_host() {
  local workspace=$1 number=$2 logs=$1/cluster name=${hosts[$2]}
  for _ in $(seq 100); do
    ip link show eth0 >/dev/null 2>&1 && break
    sleep 0.1
  done
  ip link set lo up
  ip address add "$network.$((number + 2))/24" dev eth0
  ip link set eth0 up
  own_mounts "$workspace" "$name"
  host_environment
  start_on_worker "$logs" "$name"
  exec python -m apache_beam.runners.worker.worker_pool_main --service_port=50000 \
    "--container_executable=$PWD/tests/pipeline/beam/worker.sh" >"$logs/$name.log" 2>&1
}

driver_host() {
  local workspace=$1 logs=$1/cluster
  shift
  ip link set lo up
  ip link add bridge type bridge
  ip address add "$network.1/24" dev bridge
  ip link set bridge up
  for number in "${!hosts[@]}"; do
    unshare --net --mount --uts --pid --fork --kill-child --mount-proc --propagation private \
      bash tests/pipeline/beam/cluster.sh --worker "$engine" "$workspace" "$number" &
    local pid=$!
    until [ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
    ip link add "port$number" type veth peer name eth0 netns "$pid"
    ip link set "port$number" master bridge up
    echo "$pid" >"$logs/${hosts[number]}.pid"
  done
  own_mounts "$workspace" driver
  host_environment
  start_on_driver "$logs"
  export BEAM_ENGINE=$engine
  export BEAM_ARGUMENTS="--runner=PortableRunner --environment_type=EXTERNAL --environment_config=localhost:50000 $engine_arguments"
  "$@"
}

# `fill_cache`; `localhost_of_a_worker`, the address that workers know as localhost; `start_on_driver LOGS` and `start_on_worker
# LOGS NAME`, which leave processes behind; and `engine_arguments`.
load_engine() {
  engine=$1
  [ -f "tests/pipeline/beam/engines/$engine.sh" ] || { echo "beam cluster: there is no engine $engine" >&2 && exit 2; }
  # shellcheck source=/dev/null
  . tests/pipeline/beam/engines/java.sh
  # shellcheck source=/dev/null
  . "tests/pipeline/beam/engines/$engine.sh"
}

case ${1:-} in
--worker)
  load_engine "$2"
  worker_host "${@:3}"
  ;;
--driver)
  load_engine "$2"
  driver_host "${@:3}"
  ;;
*)
  load_engine "$1"
  [ "$(id -u)" = 0 ] || lacks "only root makes network namespaces"
  needs ip iproute2
  needs unshare util-linux
  mkdir -p "$cache" "$2/cluster"
  exec 7>"$cache/$engine.lock"
  flock 7
  fill_cache
  exec 7>&-
  workspace=$(realpath "$2")
  # unshare ignores SIGTERM; SIGKILL ends it and every process of all hosts.
  setpriv --pdeathsig KILL unshare --net --mount --uts --pid --fork --kill-child --mount-proc --propagation private \
    bash tests/pipeline/beam/cluster.sh --driver "$engine" "$workspace" "${@:3}" &
  cluster=$!
  trap 'kill -KILL "$cluster"; exit 143' TERM INT HUP
  wait "$cluster"
  ;;
esac
