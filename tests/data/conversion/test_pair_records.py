from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from data.errors import InputError
from data.features import SPLITS
from data.layouts.layout import RIGHT, side_by_side
from tests.data.converting import decoded, left_over, run
from tests.data.drawing import encoded, picture, write, write_pairs


def test_images_side_by_side_are_cut_and_kept_without_loss(tmp_path: Path):
    source = tmp_path / "set"
    whole = {}
    for number in range(4):
        both = np.concatenate([picture(number), 255 - picture(number)], axis=1)
        path = write(source / f"{number}.jpg", both, quality=90)
        whole[path.name] = np.asarray(Image.open(path))
    manifest, records = run(source, tmp_path / "out", layout=side_by_side(RIGHT))
    assert manifest.rule["stored"] == "the two halves, as PNG"
    for record in (record for split in SPLITS for record in records[split]):
        np.testing.assert_array_equal(decoded(record.target_image), whole[record.input_name][:, :64])
        np.testing.assert_array_equal(decoded(record.input_image), whole[record.input_name][:, 64:])
        assert record.input_size == (48, 64)


def test_files_that_readers_take_differently_are_stored_anew_and_listed(tmp_path: Path):
    source = write_pairs(tmp_path / "set", 4)
    exif = Image.Exif()
    exif[0x0112] = 6
    for folder in ("input", "target"):
        Image.fromarray(picture(7)).save(source / folder / "turned.jpg", exif=exif, quality=95)
    manifest, records = run(source, tmp_path / "out")
    assert manifest.reencoded == dict.fromkeys(("input/turned.jpg", "target/turned.jpg"), "turned by EXIF")
    record = next(item for split in SPLITS for item in records[split] if "turned" in item.pair_id)
    assert record.input_size == (64, 48)
    assert decoded(record.target_image).shape == (64, 48, 3)


def test_larger_pairs_are_shrunk_both_alike(tmp_path: Path):
    source = write_pairs(tmp_path / "set", 3)
    manifest, records = run(source, tmp_path / "out", max_side=32)
    for record in (record for split in SPLITS for record in records[split]):
        assert record.input_size == record.target_size == (24, 32)
        wanted = cv2.resize(decoded((source / record.target_name).read_bytes()), (32, 24), interpolation=cv2.INTER_AREA)
        np.testing.assert_array_equal(decoded(record.target_image), wanted)
        assert decoded(record.input_image).shape == (24, 32, 3)
    assert manifest.reencoded["target/0.png"] == "shrunk to 32 pixels"
    same, _ = run(source, tmp_path / "same", max_side=64)
    assert same.reencoded == {}


def test_training_pairs_are_cut_into_tiles_at_the_same_places(tmp_path: Path):
    source = write_pairs(tmp_path / "set", 4)
    _, records = run(source, tmp_path / "out", tiles=32)
    assert len({record.pair_id for record in records["train"]}) == len(records["train"]) == 2 * 2 * 3  # 48x64 by 32
    for record in records["train"]:
        top, left = map(int, record.pair_id.partition("@")[2].split(","))
        for stored, name in ((record.input_image, record.input_name), (record.target_image, record.target_name)):
            whole = decoded((source / name).read_bytes())
            np.testing.assert_array_equal(decoded(stored), whole[top : top + 32, left : left + 32])
    assert all(record.input_size == (48, 64) for record in records["evaluation"])  # judged on whole images


def test_a_bad_input_is_named_and_nothing_is_written(tmp_path: Path):
    source = write_pairs(tmp_path / "set", 6)
    good = (source / "input" / "2.png").read_bytes()
    (source / "input" / "2.png").write_bytes(good[: len(good) // 2])
    with pytest.raises(InputError, match=r"^input/2\.png: damaged or cut short"):
        run(source, tmp_path / "out")
    assert left_over(tmp_path / "out") == []
    (source / "input" / "2.png").write_bytes(good)
    assert run(source, tmp_path / "out")[0].span == 1


def test_a_target_that_changes_meanwhile_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    source = write_pairs(tmp_path / "set", 4)

    def change(*arguments: object) -> dict[str, str]:
        (source / "target" / "2.png").write_bytes(encoded(picture(33)))
        return original(*arguments)

    from data import convert as module

    original = module.assign_scenes
    monkeypatch.setattr(module, "assign_scenes", change)
    with pytest.raises(InputError, match=r"target/2\.png: changed while"):
        run(source, tmp_path / "out")
