"""Notifies a webhook and a command of the end of a run. A failing hook never changes the verdict."""

from __future__ import annotations

import http.client
import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlsplit

from pipeline.config import NotifySettings

_LONGEST_MESSAGE = 200
"""Characters of a failed command's last line on stderr that are reported."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Refuses redirects, because a redirected POST becomes a GET without content and may lead to any host."""

    def redirect_request(self, *_: object) -> None:
        return None


def notify(verdict: str, settings: NotifySettings) -> list[str]:
    """Sends the verdict to every hook.

    Args:
        verdict: JSON text, the content of run.json.
        settings: The hooks.

    Returns:
        One line per failure, without the secrets that a URL may hold; empty if every hook succeeded.
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
        reason = getattr(error, "reason", None) or error
        yield f"the webhook at {_host(url)} cannot be reached: {str(reason).replace(url, '...') or type(reason).__name__}"


def _post(url: str, body: bytes, timeout: float) -> None:
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError("the URL must begin with http:// or https://")
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, body, headers, method="POST")
    with urllib.request.build_opener(_NoRedirects).open(request, timeout=timeout):
        pass


def _host(url: str) -> str:
    """Returns the host of a URL; path, query and user name are left out, because they may hold a secret."""
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
            last_line = done.stderr.strip().rsplit("\n", 1)[-1][:_LONGEST_MESSAGE]
            yield f"the command {program} ended with code {done.returncode}: {last_line}"
