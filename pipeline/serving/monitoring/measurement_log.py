"""An optional log of measurements of the clients' images: size, format and brightness; no pixel, name or address.

The PairMeasurer measures the inputs of the training data by the same functions, so that `ast-restore data drift` can compare
the two.
"""

from __future__ import annotations

import json
import logging
import threading
from datetime import datetime, timezone
from pathlib import Path

from components.pair_validator.measuring.decoding import decoded_already
from components.pair_validator.measuring.measure import measure_input
from data.errors import InputError
from data.image.arrays import ImageU8

_log = logging.getLogger("ast-restore serve")


class MeasurementLog:
    """Appends one line of JSON per image, to one file per day (UTC)."""

    def __init__(self, folder: Path) -> None:
        """Creates the folder if it is missing.

        Args:
            folder: Folder of the files.

        Raises:
            InputError: The folder cannot be written.
        """
        self._folder = folder
        self._lock = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with self._path().open("a", encoding="utf-8"):
                pass
        except OSError as error:
            raise InputError(f"{folder}: cannot be written ({error.strerror}); name another folder") from error

    def add(self, encoded: bytes, pixels: ImageU8, version: int) -> None:
        """Measures an image and appends its line. A full disk is logged and does not fail the request.

        Args:
            encoded: A PNG or JPEG file.
            pixels: Its pixels, upright RGB, uint8 [H, W, 3].
            version: Version of the model that restores it.
        """
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        measurements = measure_input(decoded_already(encoded, pixels))
        line = json.dumps({"time": now, "version": version, **measurements}) + "\n"
        try:
            with self._lock, self._path().open("a", encoding="utf-8") as file:
                file.write(line)
        except OSError as error:
            _log.warning("%s: the measurement was not written: %s", self._folder, error)

    def _path(self) -> Path:
        return self._folder / f"measurements-{datetime.now(timezone.utc):%Y-%m-%d}.jsonl"
