"""What can be wrong with a run before it begins, found before TFX is loaded, which takes ten seconds. Loads no TensorFlow."""

from __future__ import annotations

import hashlib
from pathlib import Path

from components.production.signatures import require_able
from data.errors import InputError
from model_code.known_weights import PRODUCTION, starter_degradation
from model_code.weights.starter.files import require_starter_network
from pipeline.config import Config
from pipeline.config_sections.beam_options import require_services
from pipeline.config_sections.mlflow_settings import require_installed
from pipeline.local.run_setup import locked_workspace, require_writable, require_writable_destination
from pipeline.source_digest import source_digest

_DRAWN_BY = "data.synthesis.synthesize"


def require_ready(config: Config) -> None:
    """Checks the paths of a configuration, the workspace and its lock, the push destination, and Beam's job service.

    Args:
        config: The resolved configuration.

    Raises:
        InputError: A folder or file is missing, models cannot be signed or runs not exported as asked, the workspace or
            the push destination cannot be written, another run is using the workspace, or Beam's job service
            or engine does not answer.
    """
    records_directory(config)
    _require_paths(config)
    require_writable(config.workspace)
    require_writable_destination(config.models)
    with locked_workspace(config.workspace):
        pass  # the run takes the lock again; one that another run holds is reported at once
    require_services(config.beam)


def records_directory(config: Config) -> Path:
    """Returns the folder of the `span-N/` folders, which may still be missing for synthetic data.

    The name of a synthetic data set contains a digest of its settings and of the code that draws it, so that each is
    synthesized once per workspace, and again after an edit.

    Args:
        config: The resolved configuration.

    Raises:
        InputError: The configured folder is missing or holds no span.
    """
    if config.data.records is None:
        drawn_by = config.data.synthesis.model_dump_json() + source_digest(_DRAWN_BY)
        return config.workspace / "records" / f"synthetic-{hashlib.sha256(drawn_by.encode()).hexdigest()[:12]}"
    if not config.data.records.is_dir():
        raise InputError(
            f"{config.data.records}: no such folder; data.records must name a folder that `ast-restore data convert` made"
        )
    if not has_records(config.data.records):
        raise InputError(
            f"{config.data.records}: the folder has no span-N/manifest.json; make one with `ast-restore data convert`"
        )
    return config.data.records


def has_records(directory: Path) -> bool:
    """Returns whether a folder holds at least one span.

    Args:
        directory: Folder of the spans.
    """
    return any(directory.glob("span-*/manifest.json"))


def _require_paths(config: Config) -> None:
    """Checks what only the Trainer or the drawing of pairs would find missing, minutes later."""
    start, photos = config.train.warm_start, config.data.synthesis.photos
    if (degradation := starter_degradation(start)) is not None:
        require_starter_network(config.model, degradation)
    elif start not in (None, PRODUCTION) and not Path(str(start)).exists():
        raise InputError(f"train.warm_start {start}: there is no such file or folder; give a SavedModel or a .pth file")
    if config.data.records is None and photos is not None and not photos.is_dir():
        raise InputError(f"data.synthesis.photos: {photos}: no such folder; name one of clean photographs")
    if config.signing_key is not None:
        require_able(config.signing_key)
    if config.mlflow.is_wanted:
        require_installed()
    model = config.train.perceptual_model
    if model is not None and not model.exists():
        raise InputError(f"train.perceptual_model: {model}: there is no such file or folder")
