"""Settings of the server. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from model_code.saved_model.precision_names import InferencePrecision
from model_code.saved_model.tiling import DEFAULT_MEMORY
from pipeline.serving.rollout.settings import CanarySettings, ShadowSettings
from pipeline.workspace import MODELS

MEBIBYTE = 2**20
MODEL_NAME = "restore"
"""Name of the model in the URLs of TF Serving's API."""


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """Which model is served, and what a client may ask of it.

    Attributes:
        models: The push destination; its newest version is served, and a newer one is looked for every second.
        model: Folder of one SavedModel to serve instead; it is loaded once.
        max_body: Maximum size of a request's body in bytes.
        max_pixels: Maximum pixels per image, read from its header before decoding.
        queue: Maximum number of images in flight, those that wait for the model included.
        max_batch: Maximum number of images of one size in one call of the model.
        memory: MiB that restoring a part of an image may take, beside the network; larger images are restored in tiles.
        read_timeout: Seconds within which a client has to send a request's headers, and then each next part of its body.
        allowed_hosts: Names under which clients may call the server, beside localhost and its addresses; `*` allows any.
        trust_model: Whether the models' operations may touch files.
        public_key: PEM file of the key that a model has to be signed with; None for any model.
        precision: What the models compute in.
        log_measurements: Folder of the measurement log; None for no log.
        canary: How a newer version is tried on a share of the requests; None to serve it at once.
        shadow: A second model that restores a share of the images and answers none; None for no such model.
    """

    models: Path = MODELS
    model: Path | None = None
    max_body: int = 32 * MEBIBYTE
    max_pixels: int = 24_000_000
    queue: int = 32
    max_batch: int = 4
    memory: int = DEFAULT_MEMORY
    read_timeout: float = 20.0
    allowed_hosts: tuple[str, ...] = ()
    trust_model: bool = False
    public_key: Path | None = None
    precision: InferencePrecision = "float32"
    log_measurements: Path | None = None
    canary: CanarySettings | None = None
    shadow: ShadowSettings | None = None
