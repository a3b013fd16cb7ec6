"""What a training says on the screen: a progress line, rewritten in place on a terminal, and where its curves are shown."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

TENSORBOARD_FOLDER = "tensorboard"
"""Folder of TensorBoard's event files, beside the history; missing where `train.tensorboard.enabled` is false."""
_TERMINAL_SECONDS = 0.5
_LOG_SECONDS = 15.0


def tensorboard_command(folder: Path) -> str:
    """Returns the command that shows a training's curves in a browser, while it runs and after.

    Args:
        folder: Folder of the history.

    >>> tensorboard_command(Path("model run/7"))
    "tensorboard --logdir 'model run/7/tensorboard'"
    """
    return f"tensorboard --logdir {shlex.quote(str(folder / TENSORBOARD_FOLDER))}"


class ProgressLine:
    """Shows step, loss, gain, images per second and remaining time."""

    def __init__(
        self,
        total_steps: int,
        stream: TextIO,
        first_step: int = 0,
        first_patches: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Starts the clock.

        Args:
            total_steps: Steps of the whole training.
            stream: Where to write; on a terminal the line is rewritten in place.
            first_step: Steps taken before, by the training that this one resumes.
            first_patches: Patches seen before, by the same training.
            clock: Returns seconds; tests give their own.
        """
        self._total_steps = total_steps
        self._first_step, self._first_patches = first_step, first_patches
        self._stream = stream
        self._clock = clock
        self._is_live = stream.isatty()
        self._interval = _TERMINAL_SECONDS if self._is_live else _LOG_SECONDS
        self._start = self._last_write = clock()
        self._gain: float | None = None

    def set_gain(self, gain: float) -> None:
        """Sets the gain to show.

        Args:
            gain: Of the last validation, in dB.
        """
        self._gain = gain

    def update(self, step: int, loss: float, patches: int) -> None:
        """Writes the line if the last one is old enough.

        Args:
            step: Steps taken, at least 1.
            loss: Mean over the last steps.
            patches: Patches seen so far.
        """
        now = self._clock()
        if now - self._last_write >= self._interval or step == self._total_steps:
            self._last_write = now
            self._write(self._text(step, loss, patches, max(now - self._start, 1e-9)))

    def close(self) -> None:
        """Ends the line on a terminal."""
        if self._is_live:
            self._stream.write("\n")
            self._stream.flush()

    def _text(self, step: int, loss: float, patches: int, seconds: float) -> str:
        gain = "-" if self._gain is None else f"{self._gain:+.2f} dB"
        seconds_left = round(seconds / max(step - self._first_step, 1) * (self._total_steps - step))
        return (
            f"training {step}/{self._total_steps}  loss {loss:.4f}  gain {gain}  "
            f"{(patches - self._first_patches) / seconds:.1f} images/s  {seconds_left // 60}:{seconds_left % 60:02d} left"
        )

    def _write(self, text: str) -> None:
        self._stream.write(f"\r{text}\033[K" if self._is_live else f"{text}\n")
        self._stream.flush()
