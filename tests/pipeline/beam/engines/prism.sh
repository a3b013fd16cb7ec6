# shellcheck shell=bash disable=SC2034,SC2154 # read by cluster.sh, which also sets these
# Prism, Beam's portable runner written in Go, which knows one worker pool: pools.py asks those of the hosts in turn.

prism=prism-2.77.0 # go checks the sums of all modules
engine_arguments=--job_endpoint=localhost:8073

fill_cache() {
  [ -d "$cache/$prism" ] || command -v go >/dev/null || lacks "there is no Go to build Beam's Prism with"
  keep "$prism" build_prism
}

build_prism() {
  GOBIN=$partial go install "github.com/apache/beam/sdks/v2/go/cmd/prism@v${prism#prism-}"
}

# Prism calls its own host `localhost` where it tells workers to call back.
localhost_of_a_worker() {
  echo "$network.1"
}

start_on_worker() { :; }

start_on_driver() {
  "$cache/$prism/prism" -serve_http=false -job_port=8073 -log_kind=text >"$1/prism.log" 2>&1 &
  python -m tests.pipeline.beam.pools 50000 "${hosts[@]/%/:50000}" >"$1/pools.log" 2>&1 &
}
