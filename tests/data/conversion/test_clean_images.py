from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.errors import InputError
from data.features import SPLITS
from data.layouts.layout import RIGHT, pair_list, side_by_side
from data.layouts.published import TABLE
from data.spans.official_split import OfficialSplit
from tests.data.converting import left_over, run
from tests.data.drawing import picture, write, write_pairs


def test_mirrored_copies_lie_in_one_split(tmp_path: Path):
    source = write_pairs(tmp_path / "set", 12)
    for number in range(6):
        turned = np.ascontiguousarray(picture(number)[:, ::-1])
        write(source / "target" / f"copy{number}.png", turned)
        write(source / "input" / f"copy{number}.png", turned)
    manifest, records = run(source, tmp_path / "out", seed=3)
    assert len(manifest.scenes) == 12
    split_of = {record.target_name: split for split in SPLITS for record in records[split]}
    assert all(split_of[f"target/copy{n}.png"] == split_of[f"target/{n}.png"] for n in range(6))


def test_images_that_the_layout_calls_one_scene_are_one(tmp_path: Path):
    for number in range(4):
        write(tmp_path / "set" / f"{number}.png", picture(number))
        write(tmp_path / "set" / f"{number}-wet.png", 255 - picture(number))
    (tmp_path / "set" / "pairs.csv").write_text(
        "input,target,scene\n" + "".join(f"{n}-wet.png,{n}.png,{'street' if n < 2 else ''}\n" for n in range(4))
    )
    manifest, _ = run(tmp_path / "set", tmp_path / "out", layout=pair_list("pairs.csv"))
    assert sorted(entry.pairs for entry in manifest.scenes.values()) == [1, 1, 2]


def test_a_scene_on_both_sides_of_the_sets_own_split_is_reported_and_assigned_to_one(tmp_path: Path):
    for folder, numbers in (("train", (0, 1, 2)), ("test", (2, 3))):
        for number in numbers:
            turned = picture(number)[:, ::-1] if folder == "test" else picture(number)  # a mirrored copy is one too
            write(tmp_path / "set" / folder / "target" / f"{number}.png", turned)
            write(tmp_path / "set" / folder / "input" / f"{number}.png", 255 - turned)
    manifest, _ = run(tmp_path / "set", tmp_path / "out", layout=TABLE["lhp-rain"])
    assert list(manifest.leaks.values()) == [["test/input/2.png", "train/input/2.png"]]
    (leaked,) = manifest.leaks
    assert manifest.scenes[leaked].pairs == 2


def test_a_photograph_beside_itself_is_refused_by_name(tmp_path: Path):
    for number in range(4):
        right = picture(number) if number == 2 else 255 - picture(number)
        write(tmp_path / "set" / f"{number}.jpg", np.concatenate([picture(number), right], axis=1), quality=80)
    with pytest.raises(InputError, match=r"2\.jpg: both halves are the same photograph") as caught:
        run(tmp_path / "set", tmp_path / "out", layout=side_by_side(RIGHT))
    assert "1.jpg" not in str(caught.value)


def test_every_bad_file_is_named_at_once_and_nothing_is_written(tmp_path: Path):
    source = write_pairs(tmp_path / "set", 6)
    (source / "target" / "1.png").write_bytes(b"text")
    (source / "input" / "2.png").write_bytes(b"")
    (source / "input" / "4.png").write_bytes(b"text, too")
    with pytest.raises(InputError) as caught:
        run(source, tmp_path / "out")
    message = str(caught.value)
    assert all(name in message for name in ("3 files", "target/1.png", "input/2.png", "input/4.png"))
    assert message.count("not a PNG or JPEG") == 1
    assert "\n" not in message
    assert left_over(tmp_path / "out") == []


@pytest.mark.parametrize("should_drop", [False, True])
def test_the_sets_own_split_is_kept_and_leaks_are_dropped_on_request(tmp_path: Path, should_drop: bool):
    for folder, numbers in (("train", range(6)), ("test", (5, 6))):
        for number in numbers:
            write(tmp_path / "set" / folder / "target" / f"{number}.png", picture(number))
            write(tmp_path / "set" / folder / "input" / f"{number}.png", 255 - picture(number))
    official = OfficialSplit({"train": "train", "test": "evaluation"}, should_drop)

    manifest, records = run(tmp_path / "set", tmp_path / "out", layout=TABLE["lhp-rain"], official_split=official)

    assert {record.input_name for record in records["evaluation"]} == {"test/input/5.png", "test/input/6.png"}
    trained = {record.input_name for record in records["train"] + records["validation"]}
    assert len(records["validation"]) == 1
    assert ("train/input/5.png" in trained) is not should_drop
    assert manifest.dropped == (["train/input/5.png"] if should_drop else [])
    assert sum(entry.pairs for entry in manifest.scenes.values()) == manifest.pairs == 8 - should_drop
