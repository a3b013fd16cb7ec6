"""Admission control: limits the images in flight, and the size and the slowness of a request's body."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus

from starlette.types import Receive

from pipeline.serving.refusal import RefusedError, bad, busy

# Average rate that a body needs once the read timeout is over: a client that sends a byte now and then would keep its slot.
_MIN_BYTES_PER_SECOND = 64 * 1024
MAX_RETRY_SECONDS = 60
"""Longest time in seconds that a client is asked to wait before it tries again."""

# Weight of the newest request in the running mean of request times.
_NEWEST_WEIGHT = 0.1


class AdmissionControl:
    """Limits the images in flight; an image counts from before its body is read until its answer is made.

    Attributes:
        in_flight: Number of admitted images.
    """

    def __init__(self, capacity: int) -> None:
        """Starts with no image in flight.

        Args:
            capacity: Maximum number of images in flight.
        """
        self.in_flight = 0
        self._capacity = capacity
        self._mean_seconds = 1.0

    @contextmanager
    def admit(self) -> Iterator[Callable[[int], None]]:
        """Admits one image while the context lasts; yields a function that admits so many more of the same request.

        Raises:
            RefusedError: As many images are in flight as may be (503), or one request has more than that (400).
        """
        self._reserve(1)
        count, start = 1, time.monotonic()

        def admit_more(more: int) -> None:
            nonlocal count
            if more + 1 > self._capacity:
                raise bad(f"{more + 1} images in one request; send at most {self._capacity}")
            self._reserve(more)
            count += more

        try:
            yield admit_more
        finally:
            self.in_flight -= count
            self._mean_seconds += _NEWEST_WEIGHT * (time.monotonic() - start - self._mean_seconds)

    def _reserve(self, count: int) -> None:
        if self.in_flight + count > self._capacity:
            retry_after = min(MAX_RETRY_SECONDS, max(1, math.ceil(self._mean_seconds)))
            raise busy(f"{self.in_flight} images are in flight and the queue is full; try again later", retry_after)
        self.in_flight += count


async def read_body(receive: Receive, headers: Mapping[str, str], max_bytes: int, timeout: float) -> bytes:
    """Reads the body of a request.

    Args:
        receive: ASGI's callable that returns the next message.
        headers: Headers of the request.
        max_bytes: Maximum size of the body in bytes.
        timeout: Seconds within which each next part of the body has to arrive.

    Returns:
        The body; at least one byte.

    Raises:
        RefusedError: The body is empty, too large or too slow, or the client disconnected.
    """
    # A declared size is refused before anything is read; a chunked body declares none and is counted below.
    if int(headers.get("content-length", 0)) > max_bytes:
        raise _too_large(max_bytes)
    body, start = bytearray(), time.monotonic()
    more = True
    while more:
        deadline = start + timeout + len(body) / _MIN_BYTES_PER_SECOND
        part, more = await _next_part(receive, min(timeout, max(0.0, deadline - time.monotonic())))
        body += part
        if len(body) > max_bytes:
            raise _too_large(max_bytes)
    if not body:
        raise bad("the body is empty; send an image, or a JSON object with images")
    return bytes(body)


async def _next_part(receive: Receive, seconds: float) -> tuple[bytes, bool]:
    """Returns the next part of a body, and whether more parts follow."""
    try:
        message = await asyncio.wait_for(receive(), seconds)
    except asyncio.TimeoutError:
        close = {"Connection": "close"}
        raise RefusedError(HTTPStatus.REQUEST_TIMEOUT, "the body came too slowly; send it faster", close) from None
    if message["type"] == "http.disconnect":
        raise bad("the client disconnected before the whole body arrived")
    return message.get("body", b""), message.get("more_body", False)


def _too_large(max_bytes: int) -> RefusedError:
    return RefusedError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"the body has more than {max_bytes:,} bytes; send less, or raise --max-body",
    )
