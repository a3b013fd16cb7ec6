"""One worker pool in front of several, for runners that know one address: asks them in turn for a worker.

python -m tests.pipeline.beam.pools PORT HOST:PORT...
"""

from __future__ import annotations

import itertools
import sys
from concurrent import futures

import grpc
from apache_beam.portability.api import beam_fn_api_pb2, beam_fn_api_pb2_grpc

_SECONDS = 20
"""The time that a pool has to start a worker, before the next one is asked."""


class Pools(beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolServicer):
    """Beam's service of a worker pool, over several of them."""

    def __init__(self, addresses: list[str]) -> None:
        self._pools = {
            address: beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolStub(grpc.insecure_channel(address))
            for address in addresses
        }
        self._turns = itertools.cycle(addresses)
        self._of_worker: dict[str, str] = {}

    def StartWorker(self, request, _context):  # noqa: N802 - Beam's name
        """Starts a worker in the next pool that answers."""
        for address in itertools.islice(self._turns, len(self._pools)):
            try:
                answer = self._pools[address].StartWorker(request, timeout=_SECONDS, wait_for_ready=True)
            except grpc.RpcError as error:
                print(f"{address} does not answer: {error.code()}", flush=True)
                continue
            print(f"{address} runs {request.worker_id}", flush=True)
            self._of_worker[request.worker_id] = address
            return answer
        return beam_fn_api_pb2.StartWorkerResponse(error="no pool of workers answers")

    def StopWorker(self, request, _context):  # noqa: N802 - Beam's name
        """Stops a worker, where its pool still answers."""
        address = self._of_worker.pop(request.worker_id, None)
        if address:
            try:
                return self._pools[address].StopWorker(request, timeout=_SECONDS)
            except grpc.RpcError as error:
                print(f"{address} does not answer: {error.code()}", flush=True)
        return beam_fn_api_pb2.StopWorkerResponse()


def main() -> None:
    """Serves until the process ends."""
    port, *addresses = sys.argv[1:]
    server = grpc.server(futures.ThreadPoolExecutor())
    beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(Pools(addresses), server)
    server.add_insecure_port(f"[::]:{port}")
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
