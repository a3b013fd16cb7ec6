"""Posts to a webhook whose URL may hold secrets: no message repeats more of it than the host."""

from __future__ import annotations

import base64
import http.client
import ssl
import threading
import urllib.error
import urllib.request
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from data.plain_text import one_line

MASK = "..."
"""Stands in a resolved configuration for everything behind the host."""

_SAFE = "/%:@!$&'()*+,;=?-._~"


class WebhookError(Exception):
    """The webhook was not reached or did not accept. The message has the host and nothing else of the URL."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Refuses redirects, because a redirected POST becomes a GET without content and may lead to any host."""

    def redirect_request(self, *_: object) -> None:
        return None


def masked(url: str | None) -> str | None:
    """Returns a URL without what may be secret: user, password, path and query.

    Args:
        url: The URL; None stays None.

    Example:
        >>> masked("https://user:password@hooks.example/t0ken?key=1")
        'https://hooks.example/...'
    """
    return None if url is None else f"{url.partition(':')[0]}://{host_of(url)}/{MASK}"


def post(url: str, body: bytes, timeout: float) -> None:
    """Posts JSON.

    Args:
        url: `http://` or `https://`; user and password in it are sent as basic authentication.
        body: JSON, UTF-8.
        timeout: Seconds until an answer has arrived, all in all.

    Raises:
        WebhookError: There was no answer in time, or one with an error.
    """
    where = f"the webhook at {host_of(url)}"
    if _parsed(url) is None or url.endswith(f"/{MASK}"):
        raise WebhookError(f"{where} was not called: its URL cannot be used; give the whole one, http:// or https://")
    outcome: list[str] = []
    # A socket's timeout begins anew with every byte, so a server that drips would hold the run; a thread is left alone.
    thread = threading.Thread(target=lambda: outcome.append(_attempt(url, body, timeout)), daemon=True)
    thread.start()
    thread.join(timeout)
    if not outcome:
        raise WebhookError(f"{where} cannot be reached: timed out after {timeout:g} s")
    if outcome[0]:
        raise WebhookError(f"{where} {outcome[0]}")


def _parsed(url: str) -> tuple[str, str | None] | None:
    """Returns a URL without user and password, and the header for them; None if a web server cannot have it."""
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or any(char < " " for char in url):
            return None
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        port = f":{parts.port}" if parts.port is not None else ""  # an impossible port raises
        bare = urlunsplit((parts.scheme, host + port, quote(parts.path, _SAFE), quote(parts.query, _SAFE), ""))
        if parts.username is None:
            return bare, None
        secret = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        return bare, f"Basic {base64.b64encode(secret).decode()}"
    except ValueError:
        return None


def _attempt(url: str, body: bytes, timeout: float) -> str:
    """Posts once and returns what went wrong; empty if nothing did."""
    bare, authorization = _parsed(url) or (url, None)
    headers = {"Content-Type": "application/json"} | ({"Authorization": authorization} if authorization else {})
    try:
        request = urllib.request.Request(bare, body, headers, method="POST")
        with urllib.request.build_opener(_NoRedirects).open(request, timeout=timeout):
            return ""
    except urllib.error.HTTPError as error:
        return f"answered {error.code} {one_line(str(error.reason), 60)}".rstrip()
    except (OSError, ValueError, OverflowError, http.client.HTTPException) as error:
        return f"cannot be reached: {_reason(error)}"


def _reason(error: Exception) -> str:
    """Returns why a server was not reached; texts of other errors may repeat the URL and are not used."""
    cause = getattr(error, "reason", None)
    cause = cause if isinstance(cause, Exception) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted ({one_line(cause.verify_message, 80)})"
    if isinstance(cause, TimeoutError):
        return "timed out"
    return (cause.strerror if isinstance(cause, OSError) else None) or type(cause).__name__


def host_of(url: str) -> str:
    """Returns the host of a URL; everything else of it may be secret."""
    try:
        return one_line(urlsplit(url).hostname or "an unnamed host", 80)
    except ValueError:
        return "an unreadable URL"
