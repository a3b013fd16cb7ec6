"""Errors that a client gets instead of a restored image."""

from __future__ import annotations

from http import HTTPStatus

SAFE = {"X-Content-Type-Options": "nosniff"}
"""Headers of every answer."""


class RefusedError(Exception):
    """A request that is refused; the client gets the status and the message.

    Attributes:
        status: HTTP status code; 499 for a client that has gone.
        message: One line for the user: what is wrong, and what to do.
        headers: Additional headers of the answer.
    """

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}


def busy(message: str, retry_after: int) -> RefusedError:
    """Returns the error for a request that the client may repeat: 503 with `Retry-After`.

    Args:
        message: One line for the user.
        retry_after: Seconds to wait before the next try.
    """
    return RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, message, {"Retry-After": str(retry_after)})


def bad(message: str) -> RefusedError:
    """Returns the error for a malformed request: 400.

    Args:
        message: One line for the user.
    """
    return RefusedError(HTTPStatus.BAD_REQUEST, message)
