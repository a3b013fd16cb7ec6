"""Who is let in, and how much is read of what they send."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from pipeline.serving.refusal import RefusedError, bad, busy

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

# A body has to come at this rate at least, once the time-out is over: who sends a byte now and then would keep a place.
_BYTES_PER_SECOND = 64 * 1024
LONGEST_RETRY = 60
"""Seconds that a client is asked to wait at most."""

# Of the mean time of a request: how much of it the last one makes up.
_NEWEST_SHARE = 0.1


class House:
    """Counts the images that are in, from before their body is read until the answer is made.

    Attributes:
        inside: How many there are.
    """

    def __init__(self, capacity: int) -> None:
        """Makes an empty house.

        Args:
            capacity: Images that may be in at a time.
        """
        self.inside = 0
        self._capacity = capacity
        self._mean_seconds = 1.0

    @contextmanager
    def visit(self) -> Iterator[Callable[[int], None]]:
        """Lets one image in while the context lasts, and hands on what lets more of its request in.

        Raises:
            RefusedError: The house is full.
        """
        self._enter(1)
        count, start = 1, time.monotonic()

        def enter(more: int) -> None:
            nonlocal count
            if more + 1 > self._capacity:
                raise bad(f"{more + 1} images in one request; send at most {self._capacity}")
            self._enter(more)
            count += more

        try:
            yield enter
        finally:
            self.inside -= count
            self._mean_seconds += _NEWEST_SHARE * (time.monotonic() - start - self._mean_seconds)

    def _enter(self, count: int) -> None:
        if self.inside + count > self._capacity:
            seconds = min(LONGEST_RETRY, max(1, math.ceil(self._mean_seconds)))
            raise busy(f"{self.inside} images are being restored, and no more are taken in; try again later", seconds)
        self.inside += count


async def read_body(receive: Receive, headers: Mapping[str, str], max_bytes: int, timeout: float) -> bytes:
    """Reads the body of a request.

    Args:
        receive: ASGI's callable for the next part.
        headers: Those of the request.
        max_bytes: The most that is read.
        timeout: Seconds within which the next part has to come.

    Raises:
        RefusedError: It is empty, too large or too slow, or the client went away.
    """
    # What the header says is refused before anything is read; what it does not say is counted below.
    if int(headers.get("content-length", 0)) > max_bytes:
        raise _too_large(max_bytes)
    body, start = bytearray(), time.monotonic()
    while True:
        allowed = start + timeout + len(body) / _BYTES_PER_SECOND - time.monotonic()
        try:
            part = await asyncio.wait_for(receive(), min(timeout, max(0.0, allowed)))
        except asyncio.TimeoutError:
            raise RefusedError(
                HTTPStatus.REQUEST_TIMEOUT, "the body came too slowly; send it faster", {"Connection": "close"}
            ) from None
        if part["type"] == "http.disconnect":
            raise bad("the client went away before the body had come")
        body += part.get("body", b"")
        if len(body) > max_bytes:
            raise _too_large(max_bytes)
        if not part.get("more_body", False):
            return _not_empty(bytes(body))


def _too_large(max_bytes: int) -> RefusedError:
    return RefusedError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"the body has more than {max_bytes:,} bytes; send less, or raise --max-body",
    )


def _not_empty(body: bytes) -> bytes:
    if not body:
        raise bad("the body is empty; send an image, or a JSON object with images")
    return body
