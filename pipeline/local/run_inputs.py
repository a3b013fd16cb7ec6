"""What a run's verdict depends on, beside its configuration: data and code. The schedule knows by it what was judged."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from data.files import write_whole
from pipeline.run_folder import INPUTS_NAME
from pipeline.source_digest import ROOT, file_digest, source_digest

MODULES = ("pipeline.run", "model_code.preprocessing", "model_code.tuner", "model_code.trainer")
"""The modules of a run: its own, and those that TFX loads by their file, which nothing imports."""


def code_digest() -> str:
    """Returns the SHA-256 of all code that a run executes and of the schemas that it checks data with, hexadecimal."""
    schemas = [file_digest(path) for path in sorted((ROOT / "pipeline" / "schema").glob("*.pbtxt"))]
    return hashlib.sha256("\n".join([source_digest(*MODULES), *schemas]).encode()).hexdigest()


def write_inputs(data: str, folder: Path) -> None:
    """Writes what a run begins with into its folder.

    Args:
        data: Fingerprint of the spans that the run reads (`Window.fingerprint`).
        folder: The run's folder.
    """
    write_whole(folder / INPUTS_NAME, json.dumps({"data": data, "code": code_digest()}, indent=1) + "\n")
