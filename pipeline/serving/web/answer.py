"""An answer with an image, and work that ends when its client goes."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import ExitStack
from typing import Any, TypeVar

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pipeline.serving.refusal import RefusedError
from pipeline.serving.web.body import until_disconnect

T = TypeVar("T")

# nginx's code for it; the client does not see it, but the metrics do.
_CLIENT_GONE = 499
_PART_BYTES = 64 * 1024


class HeldResponse(Response):
    """A response in parts, each of which waits until the client took the one before; releases what it holds at its end.

    The whole body at once would lie in the connection's buffer, where the limit of images in flight would not see it.
    """

    def __init__(self, content: bytes, media_type: str, headers: Mapping[str, str], held: ExitStack) -> None:
        """Makes the response.

        Args:
            content: The body.
            media_type: Its type.
            headers: Additional headers.
            held: What is released once the client took the answer, or went.
        """
        super().__init__(content, media_type=media_type, headers=dict(headers))
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the response."""
        del scope, receive
        with self._held:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            body, size = self.body, len(self.body)
            for start in range(0, size, _PART_BYTES):
                part = bytes(body[start : start + _PART_BYTES])
                await send({"type": "http.response.body", "body": part, "more_body": start + _PART_BYTES < size})


async def unless_gone(work: Coroutine[Any, Any, T], receive: Receive) -> T:
    """Returns the result of a request's work; cancels the work when the client goes.

    Args:
        work: The work.
        receive: ASGI's callable that returns the next message; the whole body was read.

    Raises:
        RefusedError: The client has gone.
    """
    task, gone = asyncio.create_task(work), asyncio.create_task(until_disconnect(receive))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise RefusedError(_CLIENT_GONE, "the client disconnected")
        return task.result()
    finally:
        for one in (task, gone):
            one.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)
        # An error refers to this frame, which must not refer to the error: the request would stay in memory until a collection.
        del task, gone
