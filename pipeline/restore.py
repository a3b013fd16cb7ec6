"""Restoring image files with a pushed model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from components.production import registry
from data.errors import InputError
from data.images import IMAGE_SUFFIXES, read_rgb
from model_code.export import LoadedRestorer, load_restorer, network_width
from pipeline import exit_codes
from pipeline.tiling import DEFAULT_MEMORY, Tiling, restore_tiled, tiling_for

JPEG_QUALITY = 95


def newest_model(models: Path) -> Path:
    """Returns the folder of the version in production.

    Args:
        models: The push destination.

    Raises:
        InputError: Nothing was pushed there.
    """
    version = registry.production(models)
    if version is None:
        raise InputError(f"{models}: no model was pushed there; run the pipeline first, or name one with --model")
    return models / str(version.number)


def restore_images(sources: Iterable[Path], output: Path, model: Path, memory: float = DEFAULT_MEMORY) -> int:
    """Restores images and writes each under its own name, in its own format and size.

    Args:
        sources: Image files, and folders that stand for all images in them and below.
        output: Folder for the results; a folder's images keep their place below it.
        model: Folder of a SavedModel.
        memory: MiB that restoring a part of an image may take; larger images are restored in tiles.

    Returns:
        An exit code: 0, or 2 where a file could not be restored; each of those is named on stderr.

    Raises:
        InputError: A source is missing or holds no image, two would be written to one file, or there is no model.
    """
    work = _plan(sources, output)
    if not (model / registry.SAVED_MODEL).is_file():
        raise InputError(f"{model}: no {registry.SAVED_MODEL} in it; name the folder of a SavedModel")
    console = Console(stderr=True)
    restorer = load_restorer(model)
    tiling = tiling_for(memory, network_width(model))
    failures = 0
    with Progress(console=console, transient=True) as progress:
        for destination, source in progress.track(work.items(), description="restoring"):
            try:
                _restore_file(restorer, source, destination, tiling)
            except InputError as error:
                failures += 1
                console.print(f"ast-restore: {error}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"{len(work) - failures} of {len(work)} images restored to {output}", markup=False, soft_wrap=True)
    return exit_codes.BAD_INPUT if failures else exit_codes.PUSHED


def _plan(sources: Iterable[Path], output: Path) -> dict[Path, Path]:
    """Maps each file to be written to the file it is made from."""
    work: dict[Path, Path] = {}
    for source in sources:
        for file, place in _files(source, output):
            other = work.setdefault(output / place, file)
            if other != file:
                raise InputError(f"{file}: would be written over the result of {other}; restore them to two folders")
            if (output / place).resolve() == file.resolve():
                raise InputError(f"{file}: --output would write over it; name another folder")
    return work


def _files(source: Path, output: Path) -> Iterator[tuple[Path, Path]]:
    """Yields each image file of a source, and its place below the output folder."""
    if source.is_file():
        yield source, Path(source.name)
        return
    if not source.is_dir():
        raise InputError(f"{source}: no such file or folder")
    inside = sorted(
        path
        for path in source.rglob("*")
        if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file() and not path.is_relative_to(output)
    )
    if not inside:
        raise InputError(f"{source}: no PNG or JPEG in this folder or below")
    for path in inside:
        yield path, path.relative_to(source)


def _restore_file(restorer: LoadedRestorer, source: Path, destination: Path, tiling: Tiling) -> None:
    def restore(part: NDArray[np.float32]) -> NDArray[np.float32]:
        return restorer.restore_tensor(tf.constant(part[np.newaxis])).numpy()[0]

    _write(restore_tiled(restore, read_rgb(source), tiling), destination)


def _write(image: NDArray[np.uint8], destination: Path) -> None:
    options = [] if destination.suffix.lower() == ".png" else [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    done, encoded = cv2.imencode(destination.suffix, image[..., ::-1], options)
    if not done:
        raise InputError(f"{destination}: the image cannot be encoded under this name; use .png or .jpg")
    partial = destination.with_name(f".{destination.name}.partial")
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(encoded.tobytes())
        partial.replace(destination)
    except OSError as error:
        raise InputError(f"{destination}: cannot be written: {error.strerror}") from error
