"""The server's own socket: bound first, so that a port that is taken is said before anything is loaded."""

from __future__ import annotations

import os
import socket

from data.errors import InputError


def listen(host: str, port: int) -> socket.socket:
    """Returns a socket that listens; connections wait in it until the server takes them.

    Args:
        host: Name or address of this machine.
        port: The port; 0 for any that is free.

    Raises:
        InputError: The port is taken or not allowed, or the host is none of this machine.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=1024)
    except OSError as error:
        named = isinstance(error, socket.gaierror)  # those have numbers of their own
        reason = error.strerror if named else os.strerror(error.errno or 0)
        raise InputError(
            f"{host}:{port}: cannot listen there ({reason}); choose another --port (0: any) or --host"
        ) from error


def address_of(listening: socket.socket) -> str:
    """Returns the address as a client writes it, with the port that was really bound."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
