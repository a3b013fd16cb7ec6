"""The source of a run's paired records: a converted data set, or a degradation drawn on the project's photographs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from rich.console import Console

from components.span_window.splits import FROM_JUDGED_SPANS
from components.span_window.window import (
    Window,
    choose_window,
    evaluation_scenes,
    require_every_split,
    require_whole_spans,
)
from data.errors import InputError
from data.spans.splits import Shares
from data.synthesis.settings import SynthesisSettings
from data.synthesis.synthesize import SynthesisRequest, synthesize
from pipeline.config import Config
from pipeline.local.first_checks import has_records, records_directory
from pipeline.local.run_setup import locked_workspace

_POLL_SECONDS = 0.005


@contextmanager
def drawn_meanwhile(config: Config, console: Console) -> Iterator[None]:
    """Draws the records of a configuration without `data.records` in a thread, while TensorFlow and, by the caller, TFX load.

    Nothing is drawn where records exist already. The context ends when they have been drawn.

    Args:
        config: The resolved configuration; `require_ready` has found no fault in it.
        console: Where to print that records are being drawn.

    Raises:
        InputError: The photographs are at fault, or another run has taken the workspace.
    """
    destination = records_directory(config)
    if has_records(destination):
        yield
        return

    loaded = Event()

    def draw() -> None:
        # Two threads that load packages of one another could each get half of one. This one waits until TensorFlow is being
        # loaded by the other, and finds it whole when it writes the records.
        while "tensorflow" not in sys.modules and not loaded.wait(_POLL_SECONDS):
            pass
        with locked_workspace(config.workspace):  # which the run takes again
            if not has_records(destination):
                draw_records(config.data.synthesis, destination)

    console.print(_drawing(config.data.synthesis), markup=False)
    with ThreadPoolExecutor(1, "drawing") as threads:
        drawing = threads.submit(draw)
        try:
            import tensorflow  # noqa: F401 - before the rest of TFX, see above
        finally:
            loaded.set()
        yield
        drawing.result()


def prepare_records(config: Config, console: Console) -> None:
    """Synthesizes the records of a configuration without `data.records`, unless they exist already.

    Args:
        config: The resolved configuration.
        console: Where to print that records are being synthesized.

    Raises:
        InputError: A split of the spans that the run reads has no pairs, a record file is missing or damaged, or the gate would
            refuse every model for too few scenes.
    """
    destination = records_directory(config)
    if has_records(destination):
        window = data_window(config)
        require_whole_spans(destination, window)
        require_every_split(destination, window, FROM_JUDGED_SPANS)
        _require_scenes(config, destination, window)
        return
    console.print(_drawing(config.data.synthesis), markup=False)
    draw_records(config.data.synthesis, destination)
    _require_scenes(config, destination, data_window(config))


def draw_records(settings: SynthesisSettings, destination: Path) -> None:
    """Draws the records of a run without data.

    Args:
        settings: What is drawn.
        destination: Folder of the spans; made where it is missing.
    """
    synthesize(
        SynthesisRequest(
            destination=destination,
            photos=settings.photos,
            degradation=settings.degradation,
            severities=settings.severities,
            crops_per_photo=settings.crops_per_photo,
            size=(settings.height, settings.width),
            seed=settings.seed,
            shares=Shares(*settings.shares),
        )
    )


def _drawing(settings: SynthesisSettings) -> str:
    return f"drawing {settings.degradation} on photographs, because data.records is not set ..."


def _require_scenes(config: Config, destination: Path, window: Window) -> None:
    """Refuses data whose evaluation split is too small for the gate before anything is trained on it."""
    scenes, least = evaluation_scenes(destination, window), config.gate.min_scenes
    if scenes is not None and scenes < least:
        raise InputError(
            f"{destination}: {scenes} scene{'s' * (scenes != 1)} for evaluation, and the gate needs {least} (gate.min_scenes), "
            "so no model could be pushed; convert more scenes, give evaluation a larger share (--shares), or widen data.window"
        )


def data_window(config: Config) -> Window:
    """Returns the spans that a run of a configuration reads now.

    Args:
        config: The resolved configuration; its records must exist.

    Raises:
        InputError: There is no span, or the span for the evaluation is missing.
    """
    return choose_window(records_directory(config), config.data.window, config.data.evaluation)
