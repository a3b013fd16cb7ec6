"""What steers the server. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from model_code.saved_model.tiling import DEFAULT_MEMORY
from pipeline.workspace import MODELS

MEBIBYTE = 2**20
MODEL_NAME = "restore"
"""Of the model in the addresses of TF Serving's API."""


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """What is served, and what a client may ask of it.

    Attributes:
        models: The push destination, whose newest version is served and looked for every second.
        model: Folder of one SavedModel that is served instead; it is never loaded again.
        max_body: Largest body of a request in bytes.
        max_pixels: Largest image in pixels, known from the header before a pixel is decoded.
        queue: Images that may be in the house at a time, those that wait for the model among them.
        max_batch: Images of one size that the model is given at once.
        memory: MiB that restoring a part of an image may take, beside the network; larger images are restored in tiles.
        body_timeout: Seconds within which a client has to send a request's headers, and then each next part of its body.
        log_measurements: Folder for what is measured of the images, or None: nothing is written.
    """

    models: Path = MODELS
    model: Path | None = None
    max_body: int = 32 * MEBIBYTE
    max_pixels: int = 24_000_000
    queue: int = 32
    max_batch: int = 4
    memory: int = DEFAULT_MEMORY
    body_timeout: float = 20.0
    log_measurements: Path | None = None
