"""A request that is not carried out."""

from __future__ import annotations

from http import HTTPStatus

SAFE = {"X-Content-Type-Options": "nosniff"}
"""Headers of every answer."""


class RefusedError(Exception):
    """What the client is told instead of an answer.

    Attributes:
        status: HTTP's code.
        message: One line for the user.
        headers: Those that go with it.
    """

    def __init__(self, status: HTTPStatus, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}


def busy(message: str, seconds: int) -> RefusedError:
    """Returns the refusal of a request that may be sent again.

    Args:
        message: One line for the user.
        seconds: When to try again.
    """
    return RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, message, {"Retry-After": str(seconds)})


def bad(message: str) -> RefusedError:
    """Returns the refusal of a request that is wrong in itself."""
    return RefusedError(HTTPStatus.BAD_REQUEST, message)
