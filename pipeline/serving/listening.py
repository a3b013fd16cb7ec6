"""The server's socket. It is bound before the model is loaded, so that an occupied port is reported at once."""

from __future__ import annotations

import os
import socket

from data.errors import InputError


def listen(host: str, port: int) -> socket.socket:
    """Returns a listening socket; connections queue in it until the server accepts them.

    Args:
        host: Name or address of this machine.
        port: The port; 0 for any free one.

    Raises:
        InputError: The port is occupied or not allowed, or the host is not an address of this machine.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=1024)
    except OSError as error:
        # getaddrinfo has error numbers of its own, which os.strerror does not know.
        reason = error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
        raise InputError(
            f"{host}:{port}: cannot listen there ({reason}); choose another --port (0: any) or --host"
        ) from error


def address_of(listening: socket.socket) -> str:
    """Returns the URL of the server, with the port that was bound."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
