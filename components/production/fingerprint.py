"""The production model's identity for TFX's cache: its version and its content, whatever run asks for it."""

from __future__ import annotations

import re
from pathlib import Path

from components.production import registry
from components.production.version import Version
from data.errors import InputError

NO_VERSION = "no version"
_FORM = re.compile(r"version (\d+) ([0-9a-f]{64})")


def fingerprint(destination: Path) -> str:
    """Returns the number and the content's SHA-256 of the production version, or `NO_VERSION` before the first push.

    Args:
        destination: The push destination.
    """
    version = registry.production(destination)
    return NO_VERSION if version is None else _fingerprint_of(destination, version.number)


def identified(destination: Path, identity: str) -> Version | None:
    """Returns the version that a fingerprint names, also where it is no longer the newest.

    A component whose result is cached under a fingerprint must not read another version, pushed since the fingerprint was
    taken.

    Args:
        destination: The push destination.
        identity: A result of `fingerprint`. Any other text, such as the run's id on a cluster, names the newest version.

    Returns:
        The version, or None before the first push.

    Raises:
        InputError: The version was removed or changed since the fingerprint was taken.
    """
    if identity == NO_VERSION:
        return None
    form = _FORM.fullmatch(identity)
    if form is None:
        return registry.production(destination)
    number = int(form[1])
    if number not in registry.numbers_in(destination) or _fingerprint_of(destination, number) != identity:
        raise InputError(
            f"{destination / str(number)}: was removed or changed since this run began; start the run again"
        )
    return registry.read_version(destination, number)


def _fingerprint_of(destination: Path, number: int) -> str:
    # Of the files, not of the record: a version that was changed by hand is another model.
    return f"version {number} {registry.model_digest(destination / str(number))}"
