"""Runs the probe and judges what it found."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from components.infra_check import probe
from components.infra_check.settings import InfraSettings

_LAST_WORDS = 300
"""Characters of what a failed process said last that go into the reason."""


@dataclass(frozen=True, slots=True)
class InfraResult:
    """How a model fared in a process of its own.

    Attributes:
        problems: What is wrong, a sentence each; empty where the model may be served.
        load_seconds: To load the SavedModel; None where it never loaded, as with the next two.
        seconds_per_megapixel: On the largest image, once warm.
        peak_memory_mb: Of the process.
        images: What was tried, "HEIGHTxWIDTH".
    """

    problems: tuple[str, ...]
    load_seconds: float | None = None
    seconds_per_megapixel: float | None = None
    peak_memory_mb: float | None = None
    images: tuple[str, ...] = ()

    def to_json(self) -> str:
        """Returns the result as JSON text."""
        return json.dumps(asdict(self), indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> InfraResult:
        """Reads a result back."""
        values = json.loads(text)
        return cls(**values | {name: tuple(values[name]) for name in ("problems", "images")})


def check_model(model: Path, images: Path, scratch: Path, settings: InfraSettings) -> InfraResult:
    """Tries a model in a fresh process.

    Args:
        model: Folder of the SavedModel.
        images: Folder of the images to try it on.
        scratch: Folder for what the process writes.
        settings: What it must keep within.
    """
    result = scratch / "probe.json"
    command = [sys.executable, "-m", probe.__name__, str(model), str(images), str(result)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=settings.timeout_seconds, check=False, errors="replace"
        )
    except subprocess.TimeoutExpired:
        return InfraResult((f"it did not answer within {settings.timeout_seconds} s",))
    if done.returncode != 0 or not result.is_file():
        said = done.stderr.strip().rsplit("\n", 1)[-1][:_LAST_WORDS]
        return InfraResult((f"it cannot be served: exit code {done.returncode}: {said}",))
    return judge(json.loads(result.read_text(encoding="utf-8")), settings)


def judge(found: dict[str, Any], settings: InfraSettings) -> InfraResult:
    """Holds what the probe found against the budget.

    Args:
        found: What `probe.probe` returned.
        settings: The budget.
    """
    largest = max(found["images"], key=lambda image: image["height"] * image["width"])
    pace = largest["seconds"] / (largest["height"] * largest["width"] / 1e6)
    problems = [problem for image in found["images"] for problem in _wrong_with(image)]
    if pace > settings.max_seconds_per_megapixel:
        problems.append(f"{pace:.1f} s a megapixel, at most {settings.max_seconds_per_megapixel:g} are allowed")
    if found["peak_memory_mb"] > settings.max_memory_mb:
        problems.append(f"{found['peak_memory_mb']:.0f} MB of memory, at most {settings.max_memory_mb} are allowed")
    return InfraResult(
        problems=tuple(problems),
        load_seconds=found["load_seconds"],
        seconds_per_megapixel=pace,
        peak_memory_mb=found["peak_memory_mb"],
        images=tuple(_size(image) for image in found["images"]),
    )


def _wrong_with(image: dict[str, Any]) -> Iterator[str]:
    if image["restored"] != [image["height"], image["width"]]:
        yield f"an image of {_size(image)} came back as {image['restored'][0]}x{image['restored'][1]}"
    if not image["finite"]:
        yield f"values that are not finite, on an image of {_size(image)}"
    if not image["same"]:
        yield f"two answers for one image of {_size(image)} differ"


def _size(image: dict[str, Any]) -> str:
    return f"{image['height']}x{image['width']}"
