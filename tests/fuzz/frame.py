"""What a fuzz target is, and what every reader has to keep whatever bytes it gets."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.fuzz import targets

_MAX_MESSAGE = 1000
_ADDRESS = re.compile(r" at 0x[0-9a-f]{6,}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Target:
    """A reader of foreign bytes.

    Attributes:
        read: Reads the bytes.
        seeds: Returns valid inputs, of which the fuzzer makes others.
        refusals: Exceptions by which the reader refuses an input; any other is a finding.
        seconds: Processor time that one input may take.
        words: Byte strings that mean something to the reader.
    """

    read: Callable[[bytes], object]
    seeds: Callable[[], Sequence[bytes]]
    refusals: tuple[type[Exception], ...]
    seconds: float = 2.0
    words: tuple[bytes, ...] = ()


class FindingError(AssertionError):
    """A reader does not keep what it has to."""


def names() -> list[str]:
    """The names of all targets."""
    return sorted(module.name for module in pkgutil.iter_modules(targets.__path__))


def target(name: str) -> Target:
    """Imports a target."""
    return importlib.import_module(f"{targets.__name__}.{name}").TARGET


def check(one: Target, data: bytes) -> bool:
    """Reads an input; returns whether it was accepted.

    Raises:
        Exception: The reader failed by another exception than its refusals, took too long, or refused in other words than one
            plain line.
    """
    start = time.process_time()
    try:
        one.read(data)
        is_accepted = True
    except one.refusals as error:
        _require_plain_line(str(error))
        is_accepted = False
    seconds = time.process_time() - start
    if seconds > one.seconds:
        raise FindingError(f"took {seconds:.1f} s of processor time for {len(data):,} bytes")
    return is_accepted


def _require_plain_line(message: str) -> None:
    for problem, found in (
        ("is empty", not message.strip()),
        ("is too long", len(message) > _MAX_MESSAGE),
        ("shows an address in memory", _ADDRESS.search(message)),
        ("has control characters", _CONTROL.search(message)),
    ):
        if found:
            raise FindingError(f"the message {problem}: {message[:200]!r}")
