"""Runs the probe in a process of its own and compares its result with the limits."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from components.infra_check.probe_process import probe_process
from components.infra_check.settings import InfraSettings

INFRA_CHECK_FILE = "infra_check.json"
"""File of the result, in the folder of the InfraBlessing artifact."""

_MAX_MESSAGE = 300
"""Characters of the last error line of a failed process that the problem quotes."""


@dataclass(frozen=True, slots=True)
class InfraResult:
    """Result of loading and calling a model in a process of its own.

    Attributes:
        problems: One sentence per problem; empty where the model can be served.
        load_seconds: Time to load the SavedModel, seconds; None where it did not load, like the next two.
        seconds_per_megapixel: Time per megapixel on the largest image, of a second call.
        peak_memory_mb: Largest resident memory of the process, MB.
        images: Size of each test image, "HEIGHTxWIDTH".
    """

    problems: tuple[str, ...]
    load_seconds: float | None = None
    seconds_per_megapixel: float | None = None
    peak_memory_mb: float | None = None
    images: tuple[str, ...] = ()

    def to_json(self) -> str:
        """Returns the result as JSON."""
        return json.dumps(asdict(self), indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> InfraResult:
        """Returns the result that `to_json` wrote.

        Args:
            text: The JSON.
        """
        values = json.loads(text)
        return cls(**values | {name: tuple(values[name]) for name in ("problems", "images")})


def check_model(model: Path, images: Path, scratch: Path, settings: InfraSettings) -> InfraResult:
    """Loads a model in a fresh process and calls it.

    Args:
        model: Folder of the SavedModel.
        images: Folder of the test images, PNG or JPEG.
        scratch: Folder for temporary files.
        settings: The limits.

    Returns:
        The result; a crash or a timeout is one of its problems.
    """
    result = scratch / "probe.json"
    with probe_process() as process:
        try:
            line = json.dumps([str(model), str(images), str(result)])
            _, errors = process.communicate(f"{line}\n", timeout=settings.timeout_seconds)
        except subprocess.TimeoutExpired:
            return InfraResult((f"it did not answer within {settings.timeout_seconds} s",))
    if process.returncode != 0 or not result.is_file():
        message = errors.strip().rsplit("\n", 1)[-1][:_MAX_MESSAGE]
        return InfraResult((f"it cannot be served: exit code {process.returncode}: {message}",))
    return judge_probe(json.loads(result.read_text(encoding="utf-8")), settings)


def judge_probe(probed: dict[str, Any], settings: InfraSettings) -> InfraResult:
    """Compares the measurements of the probe with the limits.

    Args:
        probed: Return value of `probe.probe`.
        settings: The limits.

    Returns:
        The result, with one problem per violated limit and per wrong answer.
    """
    largest = max(probed["images"], key=lambda image: image["height"] * image["width"])
    pace = largest["seconds"] / (largest["height"] * largest["width"] / 1e6)
    problems = [problem for image in probed["images"] for problem in _wrong_with(image)]
    if pace > settings.max_seconds_per_megapixel:
        problems.append(f"{pace:.1f} s a megapixel, at most {settings.max_seconds_per_megapixel:g} are allowed")
    if probed["peak_memory_mb"] > settings.max_memory_mb:
        problems.append(f"{probed['peak_memory_mb']:.0f} MB of memory, at most {settings.max_memory_mb} are allowed")
    return InfraResult(
        problems=tuple(problems),
        load_seconds=probed["load_seconds"],
        seconds_per_megapixel=pace,
        peak_memory_mb=probed["peak_memory_mb"],
        images=tuple(_size(image) for image in probed["images"]),
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
