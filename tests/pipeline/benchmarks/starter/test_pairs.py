"""The pairs of the starter weights: the same every time, split by scene, and refused where a photograph is too small."""

import json
import shutil
from pathlib import Path

import cv2
import pytest
import tensorflow as tf

from data.errors import InputError
from data.features import SCENE_ID
from data.synthesis.embedded import embedded_photos
from pipeline.benchmarks.starter.pairs import write_pairs


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for photo in sorted(embedded_photos().glob("*.jpg"))[:4]:
        cv2.imwrite(str(folder / photo.name), cv2.imread(str(photo))[:160, :200])
    return folder


def _records(folder: Path) -> dict[str, list[bytes]]:
    files = sorted((folder / "span-1").glob("*.tfrecord"))
    return {
        file.name.partition("-")[0]: [record.numpy() for record in tf.data.TFRecordDataset(str(file))] for file in files
    }


def test_pairs_are_the_same_every_time_and_split_by_scene(photos, tmp_path):
    manifest = write_pairs(photos, tmp_path / "a", count=10, side=96, seed=3)
    write_pairs(photos, tmp_path / "b", count=10, side=96, seed=3)
    assert manifest.pairs == 12  # three of each photograph, as 10 is no multiple of 4
    first = _records(tmp_path / "a")
    assert first == _records(tmp_path / "b")
    assert {split: len(records) for split, records in first.items()} == {"train": 9, "validation": 3, "evaluation": 0}
    scenes = {
        split: {
            tf.train.Example.FromString(record).features.feature[SCENE_ID].bytes_list.value[0] for record in records
        }
        for split, records in first.items()
    }
    assert not scenes["train"] & scenes["validation"]
    rule = json.loads((tmp_path / "a" / "span-1" / "manifest.json").read_text())["rule"]
    assert rule == {"synthesis": "varied-rain", "patches_per_photo": 3, "size": [96, 96]}


def test_another_seed_draws_other_pairs(photos, tmp_path):
    for seed in (0, 1):
        write_pairs(photos, tmp_path / str(seed), count=4, side=96, seed=seed)
    assert _records(tmp_path / "0") != _records(tmp_path / "1")


def test_a_photograph_that_holds_no_patch_is_named(photos, tmp_path):
    with pytest.raises(InputError, match=r"\.jpg: 160 x 200 holds no patch of 192 x 192; remove it"):
        write_pairs(photos, tmp_path / "records", count=4, side=192)
    assert not (tmp_path / "records" / "span-1").exists()


def test_one_photograph_is_too_few(photos, tmp_path):
    (tmp_path / "photos").mkdir()
    shutil.copy(next(photos.glob("*.jpg")), tmp_path / "photos")
    with pytest.raises(InputError, match="holds 1 photograph; give two or more"):
        write_pairs(tmp_path / "photos", tmp_path / "records", count=4, side=96)
