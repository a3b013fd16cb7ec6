# shellcheck shell=bash disable=SC2154 # cluster.sh sets these
# What the engines on Java have in common.

install_packages() {
  .venv/bin/python -m pip install --quiet --no-deps --require-hashes --target "$partial" --requirement "$settings/requirements.txt"
}

build_job_server() {
  mvn --quiet --batch-mode --strict-checksums --file "$settings/pom.xml" package "-Djob-server.folder=$partial"
}

# Prints the options of a process that is up quickly, and that may reflect on what its serializers need.
java_options() {
  local package
  printf '%s ' -XX:+UseSerialGC -XX:TieredStopAtLevel=1
  for package in lang lang.invoke lang.reflect io net nio text time util util.concurrent util.concurrent.atomic util.concurrent.locks; do
    printf '%s ' "--add-opens=java.base/java.$package=ALL-UNNAMED"
  done
  echo --add-opens=java.base/sun.nio.ch=ALL-UNNAMED
}

# start_java LOG ARGUMENT...: starts a Java process of at most 1 GiB.
start_java() {
  # shellcheck disable=SC2046 # one word each
  java -Xmx1g $(java_options) "${@:2}" >"$1" 2>&1 &
}

# await_workers COMMAND...: waits until a command prints that two workers of the engine have registered.
await_workers() {
  for _ in $(seq 240); do
    [ "$("$@" 2>/dev/null)" = 2 ] && return
    sleep 0.5
  done
  echo "beam cluster: the engine's two workers did not come up in time; see WORKSPACE/cluster" >&2
  exit 1
}
