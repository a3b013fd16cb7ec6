from __future__ import annotations

import csv
import io
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from data.image import hashing
from data.image.codec.decoding import Limits
from data.image.codec.files import inspect_image_and_luma
from data.image.hashing import mirrored
from data.layouts.layout import RIGHT
from data.layouts.pairing import split_halves
from data.spans.scenes import MAX_DIFFERING_BITS, group_scenes, scene_id
from tests.data.drawing import encoded, picture


def scene_hash(pixels: np.ndarray) -> str:
    return hashing.scene_hash(Image.fromarray(pixels))


def bits(digest: str) -> int:
    return int(digest, 16)


def apart(left: str, right: str) -> int:
    return bin(bits(left) ^ bits(right)).count("1")


@pytest.mark.parametrize("seed", range(20))
def test_a_mirror_image_is_known_by_its_hash(seed: int):
    image = picture(seed, 90, 121)
    upright, turned = scene_hash(image), scene_hash(np.ascontiguousarray(image[:, ::-1]))
    assert apart(mirrored(upright), turned) <= MAX_DIFFERING_BITS // 3
    assert mirrored(mirrored(upright)) == upright
    assert scene_id(upright) == scene_id(mirrored(upright))


@pytest.mark.parametrize("seed", range(10))
def test_copies_group_and_others_do_not(seed: int):
    image, other = picture(seed, 96, 128), picture(seed + 100, 96, 128)
    jpeg = np.asarray(Image.open(io.BytesIO(encoded(image, "JPEG", quality=50))))
    small = np.asarray(Image.fromarray(image).resize((80, 60), Image.Resampling.BICUBIC))
    digests = [scene_hash(item) for item in (image, jpeg, small, np.ascontiguousarray(image[:, ::-1]), other)]
    ids = group_scenes(digests)
    assert len(set(ids[:4])) == 1
    assert ids[4] != ids[0]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("size", [(512, 512), (600, 801), (1024, 1300)])
def test_the_hash_of_a_jpeg_made_smaller_in_decoding_is_that_of_all_its_pixels(
    seed: int, size: tuple[int, int], tmp_path: Path
):
    # Of all the frequencies that the hash looks at, and of finer ones.
    draw = np.random.default_rng(seed)
    coarse = cv2.resize(draw.random((48, 48), np.float32), size[::-1], interpolation=cv2.INTER_CUBIC)
    pixels = np.uint8(np.clip(200 * coarse + draw.integers(0, 50, size), 0, 255))
    path = tmp_path / "x.jpg"
    path.write_bytes(encoded(np.dstack([pixels] * 3), "JPEG", quality=90))
    less = inspect_image_and_luma(path, "x", Limits(), hashing.SCENE_SUFFICIENT_SIDE)[1]
    assert less.size != size[::-1]
    assert apart(hashing.scene_hash(less), scene_hash(np.asarray(Image.open(path)))) <= 10


def test_real_jpegs_made_smaller_in_decoding_keep_their_hash_to_5_bits(shared: Path):
    differ = []
    for path in sorted((shared / "data" / "Rain800").rglob("*.jpg")):
        luma = inspect_image_and_luma(path, path.name, Limits(), hashing.SCENE_SUFFICIENT_SIDE)[1]
        with Image.open(path) as whole:
            if luma.size != whole.size:
                differ.append(apart(hashing.scene_hash(luma), hashing.scene_hash(whole)))
    assert len(differ) == 34
    assert max(differ) <= 5


def test_ids_do_not_depend_on_what_else_is_there():
    digests = [scene_hash(picture(seed)) for seed in range(6)]
    assert group_scenes(digests)[2:] == group_scenes(digests[2:])
    assert group_scenes([]) == []


def test_a_known_scene_keeps_its_id():
    image = picture(3)
    digest = scene_hash(image)
    near = f"{bits(digest) ^ 0b101 << 40:064x}"
    assert group_scenes([near, scene_hash(picture(4))], {"old": [digest]})[0] == "old"
    assert group_scenes([near, scene_hash(picture(4))], {"old": [mirrored(digest)]})[0] == "old"
    assert group_scenes([near, scene_hash(picture(4))], {"old": [digest]})[1] != "old"


def test_a_group_that_touches_a_known_scene_joins_it_whole():
    digest = scene_hash(picture(3))
    step = MAX_DIFFERING_BITS - 8
    flip = (1 << step) - 1
    middle = f"{bits(digest) ^ flip:064x}"
    far = f"{bits(middle) ^ flip << step:064x}"
    assert apart(digest, far) > MAX_DIFFERING_BITS
    assert group_scenes([far, middle], {"old": [digest]}) == ["old", "old"]


def counted(labels: list[str], truth: list[str]) -> tuple[int, int, int]:
    """Pairs of images that are rightly, wrongly and not put together."""
    right = wrong = missed = 0
    for i in range(len(labels)):
        for j in range(i):
            together, same = labels[i] == labels[j], truth[i] == truth[j]
            right += together and same
            wrong += together and not same
            missed += same and not together
    return right, wrong, missed


def test_scenes_of_real_sets_are_found(shared: Path):
    rows = defaultdict(list)
    with (shared / "data" / "pairs.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["dataset"] in ("Rain100L", "Rain800", "R100H") and "NO ground truth" not in row["kind"]:
                rows["Rain800" if row["dataset"] == "Rain800" else "Rain100"].append(row)
    figures = {}
    for name, chosen in rows.items():
        digests = []
        for row in chosen:
            path = shared / "data" / row["dataset"] / row["target"]
            pixels = np.asarray(Image.open(path).convert("RGB"))
            if name == "Rain800":
                pixels = split_halves(pixels, RIGHT, path.name)[1]
            digests.append(scene_hash(pixels))
        figures[name] = counted(group_scenes(digests), [row["group"] for row in chosen])
    assert figures["Rain100"] == (24, 0, 0)
    assert figures["Rain800"] == (130, 0, 0)
