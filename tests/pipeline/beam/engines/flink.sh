# shellcheck shell=bash disable=SC2034,SC2154 # read by cluster.sh, which also sets these
# Flink: a JobManager and Beam's job server on the driver, a TaskManager on each worker host. Each TaskManager asks the worker pool
# of its own host. Flink is the one of the package index, the job server is built by flink/pom.xml from Maven's archives.

flink=flink-1.19.3
job_server=flink-job-server-2.62.0
engine_arguments="--job_endpoint=localhost:8099 --parallelism=2"
archive=$cache/$job_server/$job_server.jar
settings=$PWD/tests/pipeline/beam/engines/flink

fill_cache() {
  needs java openjdk-17-jre-headless
  [ -d "$cache/$job_server" ] || needs mvn maven
  keep "$flink" install_packages
  keep "$job_server" build_job_server
}

localhost_of_a_worker() {
  echo 127.0.0.1
}

# start_flink LOG CLASS ARGUMENT...: starts one of Flink's processes. Its class path has Beam's classes too, as if the archive lay
# in Flink's lib/: only then Beam keeps a worker between two stages of a job.
start_flink() {
  start_java "$1" "-Dlog4j.configurationFile=$settings/log4j.properties" -cp "$cache/$flink/pyflink/lib/*:$archive" "${@:2}" \
    --configDir "$settings"
}

start_on_worker() {
  start_flink "$1/$2-flink.log" org.apache.flink.runtime.taskexecutor.TaskManagerRunner -D "taskmanager.host=$2"
}

start_on_driver() {
  start_flink "$1/flink.log" org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint --executionMode cluster
  start_java "$1/job-server.log" -Dorg.slf4j.simpleLogger.showDateTime=true -Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS \
    -jar "$archive" --flink-master=localhost:8081 --job-port=8099 --artifact-port=8098 --expansion-port=8097 \
    --artifacts-dir=/tmp/artifacts
  await_workers python -m tests.pipeline.beam.flink
}
