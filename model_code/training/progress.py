"""One live line on how training goes: rewritten on a terminal, a new one every few seconds in a log."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

_TERMINAL_SECONDS = 0.5
_LOG_SECONDS = 15.0


class ProgressLine:
    """Says step, loss, gain, images/s and time left."""

    def __init__(
        self, total: int, stream: TextIO, clock: Callable[[], float] = time.monotonic, first: tuple[int, int] = (0, 0)
    ) -> None:
        """Starts the clock.

        Args:
            total: Steps of the whole training.
            stream: Where to write; a terminal gets one line that is rewritten.
            clock: Seconds; a test gives its own.
            first: Steps taken and patches seen before, by a training that this one goes on from.
        """
        self._total = total
        self._first = first
        self._stream = stream
        self._clock = clock
        self._live = stream.isatty()
        self._every = _TERMINAL_SECONDS if self._live else _LOG_SECONDS
        self._start = self._last = clock()
        self._gain: float | None = None

    def gained(self, gain: float) -> None:
        """Takes note of the last validation's gain in dB."""
        self._gain = gain

    def update(self, step: int, loss: float, images: int) -> None:
        """Writes the line if it is time.

        Args:
            step: Steps taken, at least 1.
            loss: Mean over the last steps.
            images: Patches seen so far.
        """
        now = self._clock()
        if now - self._last >= self._every or step == self._total:
            self._last = now
            self._write(self._text(step, loss, images, max(now - self._start, 1e-9)))

    def close(self) -> None:
        """Ends the live line."""
        if self._live:
            self._stream.write("\n")
            self._stream.flush()

    def _text(self, step: int, loss: float, images: int, seconds: float) -> str:
        gain = "-" if self._gain is None else f"{self._gain:+.2f} dB"
        left = round(seconds / max(step - self._first[0], 1) * (self._total - step))
        return (
            f"training {step}/{self._total}  loss {loss:.4f}  gain {gain}  "
            f"{(images - self._first[1]) / seconds:.1f} images/s  {left // 60}:{left % 60:02d} left"
        )

    def _write(self, text: str) -> None:
        self._stream.write(f"\r{text}\033[K" if self._live else f"{text}\n")
        self._stream.flush()
