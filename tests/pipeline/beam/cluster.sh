#!/usr/bin/env bash
# Runs a command against a Beam cluster of three hosts on this machine. Each host has a network namespace, a host name, a process
# tree and a /tmp of its own; all of them read the project, and they write to a single shared folder and nowhere else.
#
#   tests/pipeline/beam/cluster.sh WORKSPACE COMMAND...
#
# Host `driver` runs Prism, Beam's portable runner written in Go, and COMMAND with BEAM_ARGUMENTS in its environment. Hosts `one`
# and `two` run a pool of Beam workers each; each job's workers are asked for at one pool and the other in turn.
# WORKSPACE/cluster has a log per process, and one.pid and two.pid: COMMAND kills a host by killing that process. Everything
# ends with this process, however it ends.
#
# Exit code 75: something that this needs is not here, and the last line says what. Otherwise the code of COMMAND.
set -euo pipefail
cd "$(dirname "$0")/../../.."

version=2.77.0 # of Prism; go checks the sums of all modules
network=10.231.77
hosts=(one two)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ast-restoration
prism=$cache/prism-$version/prism

lacks() {
  printf 'beam cluster: %s\n' "$*" >&2
  exit 75
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
    echo "127.0.0.1 $name"
    # Prism calls its own host `localhost` where it tells workers to call back.
    [ "$name" = driver ] && echo "127.0.0.1 localhost" || echo "$network.1 localhost"
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
  local workspace=$1 number=$2 logs=$1/cluster
  for _ in $(seq 100); do
    ip link show eth0 >/dev/null 2>&1 && break
    sleep 0.1
  done
  ip link set lo up
  ip address add "$network.$((number + 2))/24" dev eth0
  ip link set eth0 up
  own_mounts "$workspace" "${hosts[number]}"
  host_environment
  exec python -m apache_beam.runners.worker.worker_pool_main --service_port=50000 \
    "--container_executable=$PWD/tests/pipeline/beam/worker.sh" >"$logs/${hosts[number]}.log" 2>&1
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
      bash tests/pipeline/beam/cluster.sh --worker "$workspace" "$number" &
    local pid=$!
    until [ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
    ip link add "port$number" type veth peer name eth0 netns "$pid"
    ip link set "port$number" master bridge up
    echo "$pid" >"$logs/${hosts[number]}.pid"
  done
  own_mounts "$workspace" driver
  host_environment
  "$prism" -serve_http=false -job_port=8073 -log_kind=text >"$logs/prism.log" 2>&1 &
  python -m tests.pipeline.beam.pools 50000 "${hosts[@]/%/:50000}" >"$logs/pools.log" 2>&1 &
  export BEAM_ARGUMENTS="--runner=PortableRunner --job_endpoint=localhost:8073 --environment_type=EXTERNAL --environment_config=localhost:50000"
  "$@"
}

case ${1:-} in
--worker)
  shift
  worker_host "$@"
  ;;
--driver)
  shift
  driver_host "$@"
  ;;
*)
  [ "$(id -u)" = 0 ] || lacks "only root makes network namespaces"
  command -v ip >/dev/null || lacks "there is no ip; apt-get install iproute2"
  command -v unshare >/dev/null || lacks "there is no unshare; apt-get install util-linux"
  mkdir -p "$cache" "$1/cluster"
  exec 7>"$cache/prism.lock"
  flock 7
  if [ ! -x "$prism" ]; then
    command -v go >/dev/null || lacks "there is no Go to build Beam's Prism with"
    GOBIN=$cache/prism-$version.partial go install "github.com/apache/beam/sdks/v2/go/cmd/prism@v$version" >"$cache/prism.log" 2>&1 ||
      lacks "Prism cannot be built: $(tail -n 1 "$cache/prism.log")"
    mv "$cache/prism-$version.partial" "$cache/prism-$version"
  fi
  exec 7>&-
  workspace=$(realpath "$1")
  shift
  # unshare ignores SIGTERM; SIGKILL ends it and every process of all hosts.
  setpriv --pdeathsig KILL unshare --net --mount --uts --pid --fork --kill-child --mount-proc --propagation private \
    bash tests/pipeline/beam/cluster.sh --driver "$workspace" "$@" &
  cluster=$!
  trap 'kill -KILL "$cluster"; exit 143' TERM INT HUP
  wait "$cluster"
  ;;
esac
