"""Tells others how a run ended: a webhook, a command. Whatever goes wrong with them, the run has ended as it has."""

from __future__ import annotations

import http.client
import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlsplit

from pipeline.config import NotifySettings

_LAST_WORDS = 200
"""Characters of what a failed command said last."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirected POST would become a GET without its content, and could lead anywhere."""

    def redirect_request(self, *_: object) -> None:
        return None


def notify(verdict: str, settings: NotifySettings) -> list[str]:
    """Sends the verdict to every hook.

    Args:
        verdict: JSON text, the content of run.json.
        settings: The hooks.

    Returns:
        What went wrong, a line each, without anything secret that a URL may hold; empty where all went well.
    """
    return [*_webhook(verdict, settings), *_command(verdict, settings)]


def _webhook(verdict: str, settings: NotifySettings) -> Iterator[str]:
    url = settings.webhook
    if settings.webhook_variable:
        url = os.environ.get(settings.webhook_variable)
        if not url:
            yield f"the webhook was not called: the environment has no {settings.webhook_variable}"
            return
    if not url:
        return
    try:
        _post(url, verdict.encode(), settings.timeout_seconds)
    except urllib.error.HTTPError as error:
        yield f"the webhook at {_host(url)} answered {error.code} {error.reason}"
    except (OSError, ValueError, http.client.HTTPException) as error:
        why = getattr(error, "reason", None) or error
        yield f"the webhook at {_host(url)} cannot be reached: {str(why).replace(url, '...') or type(why).__name__}"


def _post(url: str, body: bytes, timeout: float) -> None:
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError("the URL has to begin with http:// or https://")
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, body, headers, method="POST")
    with urllib.request.build_opener(_NoRedirects).open(request, timeout=timeout):
        pass


def _host(url: str) -> str:
    """A path and a query may hold a secret, and so may a user's name; the host does not."""
    try:
        return urlsplit(url).hostname or "an unnamed host"
    except ValueError:
        return "an unreadable URL"


def _command(verdict: str, settings: NotifySettings) -> Iterator[str]:
    if not settings.command:
        return
    program = settings.command[0]
    try:
        done = subprocess.run(
            settings.command,
            input=verdict,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=settings.timeout_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        yield f"the command {program} did not end within {settings.timeout_seconds:g} s"
    except OSError as error:
        yield f"the command {program} cannot be run: {error.strerror}"
    else:
        if done.returncode != 0:
            said = done.stderr.strip().rsplit("\n", 1)[-1][:_LAST_WORDS]
            yield f"the command {program} ended with code {done.returncode}: {said}"
