"""The server's socket. It is bound before the model is loaded, so that an occupied port is reported at once."""

from __future__ import annotations

import os
import socket

from data.errors import InputError

# Seconds of silence before the first probe and between two, and the number of probes without an answer: 40 s in all.
_KEEP_ALIVE = {"TCP_KEEPIDLE": 20, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 4}


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
        listening = socket.create_server(address[:2], family=family, backlog=1024)
    except UnicodeError as error:  # the name cannot be asked for
        raise InputError(f"{host}: no machine can have that name; choose another --host") from error
    except OSError as error:
        # getaddrinfo has error numbers of its own, which os.strerror does not know.
        reason = error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
        raise InputError(
            f"{host}:{port}: cannot listen there ({reason}); choose another --port (0: any) or --host"
        ) from error
    # Connections inherit these. A client whose machine lost its power sends no word that it has gone.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEP_ALIVE.items():
        if hasattr(socket, option):
            listening.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    return listening


def address_of(listening: socket.socket) -> str:
    """Returns the URL of the server, with the port that was bound."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
