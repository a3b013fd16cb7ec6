"""What the images of clients look like, kept if asked for: seven numbers and no pixel, no name, no address.

They are what the PairMeasurer measures of the inputs of training data, by the same functions, so that the one can be held
against the other (`ast-restore data drift`).
"""

from __future__ import annotations

import json
import logging
import threading
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from components.pair_validator.measuring.decoding import decoded_already
from components.pair_validator.measuring.measure import measure_input
from data.errors import InputError

_log = logging.getLogger("ast-restore serve")


class MeasurementLog:
    """One JSON line an image, in one file a day (UTC)."""

    def __init__(self, folder: Path) -> None:
        """Makes the folder where it is missing.

        Args:
            folder: Where the files are written.

        Raises:
            InputError: Nothing can be written there.
        """
        self._folder = folder
        self._lock = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with self._file().open("a", encoding="utf-8"):
                pass
        except OSError as error:
            raise InputError(f"{folder}: cannot be written ({error.strerror}); name another folder") from error

    def add(self, encoded: bytes, pixels: NDArray[np.uint8], version: int) -> None:
        """Measures an image and writes its line; an image is not lost for a disk that is full.

        Args:
            encoded: PNG or JPEG.
            pixels: The same, decoded and upright, [H, W, 3].
            version: The model's that restores it.
        """
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        measured = measure_input(decoded_already(encoded, pixels))
        line = json.dumps({"time": now, "version": version, **measured}) + "\n"
        try:
            with self._lock, self._file().open("a", encoding="utf-8") as file:
                file.write(line)
        except OSError as error:
            _log.warning("%s: the measurement was not written: %s", self._folder, error)

    def _file(self) -> Path:
        return self._folder / f"measurements-{datetime.now(timezone.utc):%Y-%m-%d}.jsonl"
