"""First pass of a conversion: decodes every clean image, which decides on scenes and with them on splits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from PIL import Image

from data.conversion.request import ConvertRequest
from data.errors import InputError, attempt, join_errors
from data.image.codec.files import ImageProbe, inspect_image, inspect_image_and_luma
from data.image.hashing import SCENE_SUFFICIENT_SIDE, scene_hash
from data.layouts.candidates import split_of
from data.layouts.pairing import PairPaths, split_halves
from data.parallel import ordered_map, track
from data.same_picture import refuse_same_picture
from data.spans.manifest import SceneEntry
from data.spans.scenes import group_scenes


@dataclass(frozen=True, slots=True)
class CleanImage:
    """The facts of a clean image that the second pass needs from the first.

    Attributes:
        scene_hash: Perceptual hash, 64 hexadecimal digits.
        sha256: SHA-256 of its file.
        size: (height, width) in pixels, upright.
        reencoded: Why its file is not stored as it is; None if it is.
        colour_space: "sRGB", or the name of its ICC profile.
    """

    scene_hash: str
    sha256: str
    size: tuple[int, int]
    reencoded: str | None
    colour_space: str


def inspect_clean_images(request: ConvertRequest, pairs: Sequence[PairPaths]) -> dict[str, CleanImage]:
    """Decodes each clean image once.

    Args:
        request: The conversion.
        pairs: Its pairs.

    Returns:
        The clean images by file name.

    Raises:
        InputError: A file cannot be used; then the inputs are checked too, and the message names every such file.
    """
    targets = {pair.target: pair for pair in pairs}
    results = ordered_map(partial(attempt, partial(_inspect, request)), targets.values())
    errors: list[InputError] = []
    clean: dict[str, CleanImage] = {}
    for name, result in zip(targets, track(results, len(targets), "inspecting clean images"), strict=True):
        if isinstance(result, InputError):
            errors.append(result)
        else:
            clean[name] = result
    if errors:
        check = partial(attempt, partial(inspect_input, request))
        inputs = [pair for pair in pairs if pair.input_side is None]
        checked = track(ordered_map(check, inputs), len(inputs), "inspecting degraded images")
        raise join_errors(errors + [result for result in checked if isinstance(result, InputError)])
    return clean


def inspect_input(request: ConvertRequest, pair: PairPaths) -> ImageProbe:
    """Decodes the degraded image of a pair of two files.

    Args:
        request: The conversion.
        pair: The pair.

    Returns:
        Size, checksum, and the bytes to store.

    Raises:
        InputError: The file cannot be used.
    """
    return inspect_image(request.source / pair.input, pair.input, request.limits)


def assign_scenes(
    pairs: Sequence[PairPaths], clean: Mapping[str, CleanImage], known: Mapping[str, SceneEntry]
) -> dict[str, str]:
    """Decides which clean images show one scene: those that look alike, and those that the layout gives one name.

    Args:
        pairs: The pairs.
        clean: The clean images by file name.
        known: Scenes of earlier spans.

    Returns:
        The scene's id by the clean image's file name.
    """
    anchors = {name: entry.hashes for name, entry in known.items()}
    scene_names = {pair.target: pair.scene for pair in pairs}
    hashes = [item.scene_hash for item in clean.values()]
    return dict(zip(clean, group_scenes(hashes, anchors, [scene_names[name] for name in clean]), strict=True))


def find_leaks(pairs: Sequence[PairPaths], scene_of: Mapping[str, str]) -> dict[str, list[str]]:
    """Finds scenes that lie on both sides of the data set's own split into train and test folders.

    Args:
        pairs: The pairs.
        scene_of: The scene's id by the clean image's file name.

    Returns:
        The inputs by scene id.
    """
    inputs: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for pair in pairs:
        official_split = split_of(pair.input)
        if official_split:
            inputs[scene_of[pair.target]][official_split].append(pair.input)
    return {
        scene: sorted(name for names in by_split.values() for name in names)
        for scene, by_split in sorted(inputs.items())
        if len(by_split) > 1
    }


def _inspect(request: ConvertRequest, pair: PairPaths) -> CleanImage:
    """Decodes the clean image of a pair."""
    path = request.source / pair.target
    if pair.input_side is None:
        probe, luma = inspect_image_and_luma(path, pair.target, request.limits, SCENE_SUFFICIENT_SIDE)
        return CleanImage(scene_hash(luma), probe.sha256, probe.size, probe.reencoded, probe.colour_space)
    probe, luma = inspect_image_and_luma(path, pair.target, request.limits)
    degraded, target = split_halves(np.asarray(luma), pair.input_side, pair.target)
    refuse_same_picture(degraded, target, pair.target)
    size = target.shape[0], target.shape[1]
    return CleanImage(scene_hash(Image.fromarray(target)), probe.sha256, size, probe.reencoded, probe.colour_space)
