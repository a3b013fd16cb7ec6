"""Which names of this server a client may use: a page of another site must not reach it through a name of its own.

A browser that was led to this server by a foreign name (DNS rebinding) would let that name's page read the answers.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

from starlette.types import Scope

ANY = "*"
_LOOPBACK_NAME = "localhost"


class AllowedHosts:
    """Names under which the server answers: loopback's, the address that the client connected to, and given ones."""

    def __init__(self, names: Iterable[str]) -> None:
        """Stores the additional names.

        Args:
            names: Names without a port; `*` allows every name, `*.example.org` every name below one.
        """
        lower = [name.lower() for name in names]
        self._allows_any = ANY in lower
        self._names = {name for name in lower if not name.startswith("*.")}
        self._suffixes = tuple(name[1:] for name in lower if name.startswith("*."))

    def refused(self, scope: Scope) -> str | None:
        """Returns the name in a request's Host header if the server does not answer to it.

        Args:
            scope: ASGI's scope of the request.

        Returns:
            The name, or None. A request of HTTP/1.0 needs none: no browser sends it.
        """
        values = [value.decode("latin-1").lower() for key, value in scope["headers"] if key == b"host"]
        if not values or self._allows_any:
            return None
        name = _without_port(values[0])
        server = (scope.get("server") or ("",))[0]
        is_allowed = name in self._names or name.endswith(self._suffixes) or _is_own(name, server)
        return None if is_allowed and len(values) == 1 else name


def _without_port(value: str) -> str:
    if value.startswith("["):
        return value[1:].partition("]")[0]
    return value.partition(":")[0].removesuffix(".")


def _is_own(name: str, server: str) -> bool:
    """Returns whether a name is this machine's own: its loopback, or the address that the client connected to."""
    if name == _LOOPBACK_NAME or name.endswith(f".{_LOOPBACK_NAME}"):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or str(address) == server
