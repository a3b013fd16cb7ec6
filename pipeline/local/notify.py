"""Notifies a webhook and a command of the end of a run. A failing hook never changes the verdict."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from typing import BinaryIO

from data.plain_text import one_line
from pipeline.config import NotifySettings
from pipeline.webhook import WebhookError, post

_LONGEST_MESSAGE = 200
"""Characters of a failed command's last line on stderr that are reported."""
_TAIL_BYTES = 4096


def notify(verdict: str, settings: NotifySettings) -> list[str]:
    """Sends the verdict to every hook.

    Args:
        verdict: JSON text, the content of run.json.
        settings: The hooks.

    Returns:
        One line per failure, without the secrets that a URL may hold; empty if every hook succeeded.
    """
    body = verdict.encode("utf-8", "replace")
    return [*_webhook(body, settings), *_command(body, settings)]


def _webhook(body: bytes, settings: NotifySettings) -> Iterator[str]:
    url = settings.webhook
    if settings.webhook_variable:
        url = os.environ.get(settings.webhook_variable)
        if not url:
            yield f"the webhook was not called: the environment has no {settings.webhook_variable}"
            return
    if not url:
        return
    try:
        post(url, body, settings.timeout_seconds)
    except WebhookError as error:
        yield str(error)


def _command(body: bytes, settings: NotifySettings) -> Iterator[str]:
    if not settings.command:
        return
    program = one_line(settings.command[0])
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as errors:
        given.write(body)
        given.seek(0)
        try:
            code = _run(settings, given, errors)
        except subprocess.TimeoutExpired:
            yield f"the command {program} did not end within {settings.timeout_seconds:g} s"
        except OSError as error:
            yield f"the command {program} cannot be run: {error.strerror}"
        except ValueError:  # a NUL or a surrogate in an argument
            yield f"the command {program} cannot be run: an argument has a character that no program can be given"
        else:
            if code != 0:
                yield f"the command {program} ended with code {code}: {_last_line(errors)}"


def _run(settings: NotifySettings, given: BinaryIO, errors: BinaryIO) -> int:
    """Runs the command and returns its exit code; files, not pipes, so that no grandchild can keep the run waiting."""
    process = subprocess.Popen(
        settings.command, stdin=given, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True
    )
    try:
        return process.wait(settings.timeout_seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # with what it has started
        process.wait()
        raise


def _last_line(errors: BinaryIO) -> str:
    """Returns the last line on stderr, with control characters escaped."""
    size = errors.seek(0, os.SEEK_END)
    errors.seek(max(0, size - _TAIL_BYTES))
    text = errors.read().decode("utf-8", "replace").strip()
    return one_line(text.rsplit("\n", 1)[-1], _LONGEST_MESSAGE)
