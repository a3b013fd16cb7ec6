# shellcheck shell=bash disable=SC2034,SC2154 # read by cluster.sh, which also sets these
# Flink: a JobManager and Beam's job server on the driver, a TaskManager on each worker host. Each TaskManager asks the worker pool
# of its own host. Flink is the one of the package index, the job server is built by flink/pom.xml from Maven's archives.

flink=flink-1.19.3
job_server=flink-job-server-2.62.0
engine_arguments="--job_endpoint=localhost:8099 --parallelism=2 --environment_cache_millis=60000"
archive=$cache/$job_server/$job_server.jar
settings=$PWD/tests/pipeline/beam/engines/flink

fill_cache() {
  needs java openjdk-17-jre-headless
  [ -d "$cache/$job_server" ] || needs mvn maven
  keep "$flink" install_flink
  keep "$job_server" build_job_server
}

install_flink() {
  .venv/bin/python -m pip install --quiet --no-deps --require-hashes --target "$partial" --requirement "$settings/requirements.txt"
}

build_job_server() {
  mvn --quiet --batch-mode --strict-checksums --file "$settings/pom.xml" package "-Djob-server.folder=$partial"
}

localhost_of_a_worker() {
  echo 127.0.0.1
}

# start_flink LOG CLASS ARGUMENT...: starts one of Flink's processes.
start_flink() {
  local log=$1 package opens=()
  shift
  for package in lang lang.invoke lang.reflect io net nio text time util util.concurrent util.concurrent.atomic util.concurrent.locks; do
    opens+=("--add-opens=java.base/java.$package=ALL-UNNAMED")
  done
  java "${opens[@]}" -Xmx1g "-Dlog4j.configurationFile=$settings/log4j.properties" -cp "$cache/$flink/pyflink/lib/*:$archive" "$@" \
    --configDir "$settings" >"$log" 2>&1 &
}

start_on_worker() {
  start_flink "$1/$2-flink.log" org.apache.flink.runtime.taskexecutor.TaskManagerRunner -D "taskmanager.host=$2"
}

start_on_driver() {
  start_flink "$1/flink.log" org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint --executionMode cluster
  java -Xmx1g -Dorg.slf4j.simpleLogger.showDateTime=true -Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS -jar "$archive" --flink-master=localhost:8081 --job-port=8099 --artifact-port=8098 \
    --expansion-port=8097 --artifacts-dir=/tmp/artifacts >"$1/job-server.log" 2>&1 &
  for _ in $(seq 120); do # until both TaskManagers have registered
    python -m tests.pipeline.beam.flink overview 2>/dev/null | grep -q '"taskmanagers": 2' && return
    sleep 0.5
  done
  echo "beam cluster: two TaskManagers did not come up in time; see flink.log" >&2
  exit 1
}
