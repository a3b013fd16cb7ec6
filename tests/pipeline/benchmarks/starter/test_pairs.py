"""The pairs of the starter weights: the same every time, split by scene, refused where a photograph is too small, and for haze
without photographs of haze."""

import json
import shutil
from argparse import Namespace
from pathlib import Path

import cv2
import pytest
import tensorflow as tf

from data.errors import InputError
from data.features import SCENE_ID, SEVERITIES
from data.records import PairRecord
from data.synthesis.embedded import embedded_photos
from pipeline.benchmarks.starter.__main__ import run
from pipeline.benchmarks.starter.drawings import DRAWINGS
from pipeline.benchmarks.starter.pairs import write_pairs

RAIN, HAZE = DRAWINGS["rain"], DRAWINGS["haze"]


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
    manifest = write_pairs(photos, tmp_path / "a", RAIN, count=10, side=96, seed=3)
    write_pairs(photos, tmp_path / "b", RAIN, count=10, side=96, seed=3)
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
        write_pairs(photos, tmp_path / str(seed), RAIN, count=4, side=96, seed=seed)
    assert _records(tmp_path / "0") != _records(tmp_path / "1")


def test_a_photograph_that_holds_no_patch_is_named(photos, tmp_path):
    with pytest.raises(InputError, match=r"\.jpg: 160 x 200 holds no patch of 192 x 192; remove it"):
        write_pairs(photos, tmp_path / "records", RAIN, count=4, side=192)
    assert not (tmp_path / "records" / "span-1").exists()


def test_one_photograph_is_too_few(photos, tmp_path):
    (tmp_path / "photos").mkdir()
    shutil.copy(next(photos.glob("*.jpg")), tmp_path / "photos")
    with pytest.raises(InputError, match="holds 1 photograph; give two or more"):
        write_pairs(tmp_path / "photos", tmp_path / "records", RAIN, count=4, side=96)


def _list_sources(folder: Path, hazy: str) -> None:
    rows = [f"{photo.name},{photo.name == hazy}" for photo in sorted(folder.glob("*.jpg"))]
    (folder / "SOURCES.csv").write_text("\n".join(["file,is_hazy", *rows]) + "\n")


@pytest.fixture(scope="module")
def listed_photos(photos, tmp_path_factory):
    folder = shutil.copytree(photos, tmp_path_factory.mktemp("listed") / "photos")
    portrait, hazy = sorted(folder.glob("*.jpg"))[:2]
    cv2.imwrite(str(portrait), cv2.imread(str(portrait)).transpose(1, 0, 2))
    _list_sources(folder, hazy.name)
    return folder, portrait.name, hazy.name


def test_haze_is_drawn_on_photographs_without_haze(listed_photos, tmp_path):
    photos, portrait, hazy = listed_photos
    write_pairs(photos, tmp_path / "a", HAZE, count=90, side=64)
    write_pairs(photos, tmp_path / "b", HAZE, count=90, side=64)
    split = _records(tmp_path / "a")
    assert split == _records(tmp_path / "b")
    by_split = {name: [PairRecord.from_example(record) for record in records] for name, records in split.items()}
    assert not {pair.scene_id for pair in by_split["train"]} & {pair.scene_id for pair in by_split["validation"]}
    pairs = [pair for each in by_split.values() for pair in each]
    assert {pair.target_name for pair in pairs} == {photo.name for photo in photos.glob("*.jpg")} - {hazy}
    for pair in pairs:
        assert pair.degradation == "haze"
        assert pair.input_size == ((96, 64) if pair.target_name == portrait else (64, 96))
    clean = [pair for pair in pairs if pair.input_image == pair.target_image]
    assert 1 <= len(clean) <= 10
    assert {pair.severity for pair in pairs} == {"unknown"}  # its ranges are wide


def test_drops_are_drawn_at_every_severity_on_all_photographs(listed_photos, tmp_path):
    photos, _, _ = listed_photos
    write_pairs(photos, tmp_path, DRAWINGS["raindrop"], count=60, side=64)
    pairs = [PairRecord.from_example(record) for records in _records(tmp_path).values() for record in records]
    assert {pair.target_name for pair in pairs} == {photo.name for photo in photos.glob("*.jpg")}
    clean = [pair for pair in pairs if pair.input_image == pair.target_image]
    assert {pair.severity for pair in clean} <= {"unknown"}
    assert {pair.severity for pair in pairs if pair not in clean} == set(SEVERITIES)


def test_haze_needs_to_know_of_every_photograph_whether_it_is_hazy(listed_photos, tmp_path):
    photos = shutil.copytree(listed_photos[0], tmp_path / "photos")
    for content, message in (
        ("file,is_hazy\n", r"SOURCES\.csv: does not list \S+\.jpg; add whether it is_hazy"),
        ("file,is_hazy\na.jpg,maybe\n", r"SOURCES\.csv: 'maybe' where file and is_hazy \(True or False\) should be"),
        (None, r"SOURCES\.csv: no such file; write one with the columns file and is_hazy"),
    ):
        (photos / "SOURCES.csv").write_text(content) if content else (photos / "SOURCES.csv").unlink()
        with pytest.raises(InputError, match=message):
            write_pairs(photos, tmp_path / "records", HAZE, count=4, side=64)


def test_a_square_photograph_is_large_enough_for_a_crop_of_its_width():
    assert HAZE.size(256, (362, 362)) == (256, 362)
    assert HAZE.size(256, (1600, 1000)) == (384, 256)
    assert RAIN.size(128, (160, 100)) == (128, 128)


def test_pairs_of_another_degradation_are_not_trained_on(photos, tmp_path):
    write_pairs(photos, tmp_path / "records", RAIN, count=4, side=96)
    options = Namespace(photos=photos, work=tmp_path, degradation="haze", config=None, set=[], pairs=4, patch=96)
    with pytest.raises(InputError, match=r"records: holds pairs of varied-rain, not of haze; give another WORK"):
        run(options)
