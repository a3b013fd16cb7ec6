# shellcheck shell=bash disable=SC2034,SC2154 # read by cluster.sh, which also sets these
# Spark: a standalone master and Beam's job server, in which Spark's driver runs, on the driver; a Spark worker on each worker host.
# Each executor asks the worker pool of its own host. Spark is the one of the package index, the job server is built by
# spark/pom.xml from Maven's archives.

spark=spark-3.5.3
job_server=spark-job-server-2.62.0
engine_arguments="--job_endpoint=localhost:8099"
archive=$cache/$job_server/$job_server.jar
settings=$PWD/tests/pipeline/beam/engines/spark

fill_cache() {
  needs java openjdk-17-jre-headless
  [ -d "$cache/$job_server" ] || needs mvn maven
  keep "$spark" install_packages
  keep "$job_server" build_job_server
}

localhost_of_a_worker() {
  echo 127.0.0.1
}

# start_spark LOG CLASS ARGUMENT...: starts one of Spark's processes.
start_spark() {
  export SPARK_HOME=$cache/$spark/pyspark SPARK_SCALA_VERSION=2.12 # which its scripts would set
  start_java "$1" -cp "$SPARK_HOME/jars/*:$archive" "${@:2}"
}

start_on_worker() {
  until (: >/dev/tcp/driver/7077) 2>/dev/null; do sleep 0.2; done # a worker that is refused once waits long to ask again
  start_spark "$1/$2-spark.log" org.apache.spark.deploy.worker.Worker spark://driver:7077 --host "$2" --cores 1 --memory 1g \
    --work-dir /tmp/spark
}

start_on_driver() {
  start_spark "$1/spark.log" org.apache.spark.deploy.master.Master --host driver --port 7077 --webui-port 8080
  mkdir -p "$1/spark-events"
  start_spark "$1/job-server.log" -Dspark.driver.host=driver -Dspark.eventLog.enabled=true "-Dspark.eventLog.dir=file:$1/spark-events" \
    -Dspark.ui.enabled=false "-Dspark.executor.defaultJavaOptions=$(java_options)" org.apache.beam.runners.spark.SparkJobServerDriver \
    --spark-master-url=spark://driver:7077 --job-port=8099 --artifact-port=8098 --expansion-port=8097 --artifacts-dir=/tmp/artifacts
  await_workers python -m tests.pipeline.beam.spark
}
