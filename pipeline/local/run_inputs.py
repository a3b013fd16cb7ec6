"""What a run's verdict depends on, beside its configuration: data and code; and why the run was started.

The schedule knows by it what was judged.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from data.errors import InputError
from data.plain_text import one_line
from data.storage.files import write_whole
from pipeline.run_folder import INPUTS_NAME
from pipeline.source_digest import ROOT, file_digest, source_digest

DATA, CODE, REASON = "data", "code", "reason"
"""Keys of the file."""

MODULES = ("pipeline.run", "model_code.preprocessing", "model_code.tuner", "model_code.trainer")
"""The modules of a run: its own, and those that TFX loads by their file, which nothing imports."""


def code_digest() -> str:
    """Returns the SHA-256 of all code that a run executes and of the schemas that it checks data with, hexadecimal."""
    schemas = [file_digest(path) for path in sorted((ROOT / "pipeline" / "schema").glob("*.pbtxt"))]
    return hashlib.sha256("\n".join([source_digest(*MODULES), *schemas]).encode()).hexdigest()


def write_inputs(data: str, folder: Path, reason: str = "") -> None:
    """Writes what a run begins with into its folder.

    Args:
        data: Fingerprint of the spans that the run reads (`Window.fingerprint`).
        folder: The run's folder.
        reason: Why the run was started, in one line; empty where a user started it without saying so.
    """
    inputs = {DATA: data, CODE: code_digest(), REASON: reason}
    write_whole(folder / INPUTS_NAME, json.dumps(inputs, indent=1) + "\n")


def reason_of(folder: Path) -> str:
    """Returns why a run was started; empty where nobody said so, as in the folder of a run on Kubeflow.

    Args:
        folder: The run's folder.

    Raises:
        InputError: The file is damaged.
    """
    file = folder / INPUTS_NAME
    if not file.is_file():
        return ""
    try:
        return str(json.loads(file.read_text(encoding="utf-8")).get(REASON, ""))
    except (ValueError, AttributeError) as error:
        raise InputError(f"{file}: damaged ({one_line(error)}); remove it, and the report names no reason") from error
