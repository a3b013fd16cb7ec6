from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from data.errors import InputError
from data.layouts.choice import LayoutChoice, choose_layout
from data.layouts.layout import LEFT, RIGHT, Layout, same_name, side_by_side
from data.layouts.listing import list_images
from data.layouts.pairing import find_pairs, split_halves
from tests.data.drawing import picture

SAME_NAME = same_name()


def touch(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return root


def test_pairs_go_by_name_never_by_order(tmp_path: Path):
    touch(tmp_path, *(f"input/{n}.png" for n in (1, 2, 10)), *(f"target/{n}.png" for n in ("10", "2", "1")))
    found = find_pairs(tmp_path, SAME_NAME).pairs
    assert [(pair.key, pair.input, pair.target) for pair in found] == [
        (f"input/{n}", f"input/{n}.png", f"target/{n}.png") for n in (1, 10, 2)
    ]


def test_missing_partners_are_named_on_both_sides(tmp_path: Path):
    touch(tmp_path, "input/a.png", "input/b.png", "target/b.png", "target/c.png")
    with pytest.raises(InputError, match=r"2 inputs, 2 targets.*input/a\.png, target/c\.png") as caught:
        find_pairs(tmp_path, SAME_NAME)
    assert "b.png" not in str(caught.value)


def test_many_missing_partners_are_counted(tmp_path: Path):
    touch(tmp_path, "target/0.png", *(f"input/{n}.png" for n in range(30)))
    with pytest.raises(InputError, match="and 9 more"):
        find_pairs(tmp_path, SAME_NAME)


def test_the_ending_may_differ(tmp_path: Path):
    touch(tmp_path, "input/a.jpg", "target/a.png")
    assert find_pairs(tmp_path, SAME_NAME).pairs[0].target == "target/a.png"


def test_the_same_ending_wins_where_both_are_there(tmp_path: Path):
    touch(tmp_path, "input/a.jpg", "input/a.png", "target/a.png", "target/a.jpg")
    found = find_pairs(tmp_path, SAME_NAME).pairs
    assert [(pair.input, pair.target) for pair in found] == [
        ("input/a.jpg", "target/a.jpg"),
        ("input/a.png", "target/a.png"),
    ]
    assert len({pair.key for pair in found}) == 2


def test_two_possible_targets_are_refused(tmp_path: Path):
    touch(tmp_path, "input/a.jpeg", "target/a.png", "target/a.jpg")
    with pytest.raises(InputError, match=r"input/a\.jpeg: several files could be its target"):
        find_pairs(tmp_path, SAME_NAME)


def test_two_inputs_for_one_name_are_refused(tmp_path: Path):
    touch(tmp_path, "input/a.png", "input/a.jpg", "target/a.png")
    with pytest.raises(
        InputError, match=r"input/a\.png: target/a\.png is the target of input/a\.jpg already; keep one"
    ):
        find_pairs(tmp_path, SAME_NAME)


def test_odd_names_and_sub_folders(tmp_path: Path):
    names = ("a b.png", "# 1.png", "größe é.png", "deep/er/x.png")
    touch(tmp_path, *(f"input/{name}" for name in names), *(f"target/{name}" for name in names))
    assert {pair.input for pair in find_pairs(tmp_path, SAME_NAME).pairs} == {f"input/{name}" for name in names}


def test_other_folders(tmp_path: Path):
    touch(tmp_path, "x/1.png", "y/z/1.png")
    layout = choose_layout(LayoutChoice("same-name", input_dir="x", target_dir="y/z"))
    assert find_pairs(tmp_path, layout).pairs[0].target == "y/z/1.png"


def test_chosen_sub_folders(tmp_path: Path):
    for part in ("train", "test", "other"):
        touch(tmp_path, f"{part}/input/1.png", f"{part}/target/1.png")
    found = find_pairs(tmp_path, SAME_NAME, ("train", "test")).pairs
    assert [pair.target for pair in found] == ["test/target/1.png", "train/target/1.png"]


def test_folders_that_hold_one_another_are_refused(tmp_path: Path):
    touch(tmp_path, "a/b/1.png")
    with pytest.raises(InputError, match=r"a/b/1\.png: found twice"):
        find_pairs(tmp_path, side_by_side(LEFT), ("a", "a/b"))


def test_what_is_no_picture_is_noted_and_hidden_files_are_not(tmp_path: Path):
    touch(tmp_path, "input/1.png", "target/1.png", "input/notes.txt", "input/.DS_Store", "target/.cache/2.png")
    assert find_pairs(tmp_path, SAME_NAME).ignored == ["input/notes.txt"]


@pytest.mark.parametrize("suffix", [".tif", ".BMP", ".webp"])
def test_pictures_of_other_kinds_are_not_left_out_in_silence(tmp_path: Path, suffix: str):
    touch(tmp_path, "input/1.png", f"input/2{suffix}", "target/1.png")
    with pytest.raises(InputError, match=f"input/2{suffix}: only PNG and JPEG"):
        find_pairs(tmp_path, SAME_NAME)


def test_missing_and_empty_folders_are_named(tmp_path: Path):
    with pytest.raises(InputError, match="nowhere: no such folder"):
        find_pairs(tmp_path / "nowhere", SAME_NAME)
    with pytest.raises(InputError, match="input: no such folder"):
        find_pairs(tmp_path, SAME_NAME)
    touch(tmp_path, "input/1.png", "target/readme.txt")
    with pytest.raises(InputError, match="target: holds no PNG or JPEG"):
        find_pairs(tmp_path, SAME_NAME)


def test_links_that_leave_the_folder_are_refused(tmp_path: Path):
    outside = touch(tmp_path / "outside", "1.png")
    inside = touch(tmp_path / "inside", "input/2.png", "target/1.png")
    (inside / "input" / "1.png").symlink_to(outside / "1.png")
    with pytest.raises(InputError, match=r"input/1\.png: leads out of"):
        find_pairs(inside, SAME_NAME)
    with pytest.raises(InputError, match="outside: leads out of"):
        list_images(inside, "../outside")
    (inside / "input" / "1.png").unlink()
    (inside / "input" / "more").symlink_to(inside / "target")
    with pytest.raises(InputError, match="input/more: a symbolic link to a folder"):
        find_pairs(inside, SAME_NAME)


def test_links_that_stay_are_followed(tmp_path: Path):
    touch(tmp_path, "store/1.png", "target/1.png", "input/2.png", "target/2.png")
    (tmp_path / "input" / "1.png").symlink_to(tmp_path / "store" / "1.png")
    assert len(find_pairs(tmp_path, SAME_NAME).pairs) == 2


def test_names_that_are_no_text_are_refused(tmp_path: Path):
    touch(tmp_path, "input/1.png", "target/1.png")
    with open(os.fsencode(tmp_path / "input") + b"/\xff.png", "wb"):
        pass
    with pytest.raises(InputError, match="control characters"):
        find_pairs(tmp_path, SAME_NAME)


def test_a_rule_may_change_names_and_share_targets(tmp_path: Path):
    rule = Layout(
        "hazy",
        "hazy/ID_k.png and gt/ID.png",
        inputs=r"hazy/(?P<id>.+)_(?P<severity>\d+)",
        targets=(r"gt/\g<id>",),
        target_pattern=r"gt/.+",
        many_to_one=True,
        severities={"1": "light"},
    )
    touch(tmp_path, "hazy/7_1.png", "hazy/7_2.png", "gt/7.png")
    found = find_pairs(tmp_path, rule).pairs
    assert [(pair.input, pair.target, pair.severity) for pair in found] == [
        ("hazy/7_1.png", "gt/7.png", "light"),
        ("hazy/7_2.png", "gt/7.png", None),
    ]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"name": "xyz"}, "layout 'xyz': not known; `ast-restore data layouts` lists them, and auto finds"),
        ({"name": "rain8000"}, r"layout 'rain8000': not known \(did you mean rain800\?\); "),
        ({"name": "side-by-side"}, "--input-side left or --input-side right"),
        ({"name": "side-by-side", "input_side": LEFT, "target_dir": "x"}, "does not take --target-dir"),
        (
            {"name": "same-name", "input_side": LEFT},
            "does not take --input-side; it takes --input-dir and --target-dir",
        ),
    ],
)
def test_options_that_do_not_fit_are_refused(options: dict[str, str], reason: str):
    with pytest.raises(InputError, match=reason):
        choose_layout(LayoutChoice(**options))


def test_halves():
    clean, rainy = picture(1), picture(2)
    both = np.concatenate([clean, rainy], axis=1)
    degraded, target = split_halves(both, RIGHT, "x")
    np.testing.assert_array_equal(degraded, rainy)
    np.testing.assert_array_equal(target, clean)
    np.testing.assert_array_equal(split_halves(both, LEFT, "x")[0], clean)


def test_an_odd_width_is_refused_by_name():
    with pytest.raises(InputError, match=r"a/9\.jpg: 63 pixels wide"):
        split_halves(picture(1, 48, 63), RIGHT, "a/9.jpg")
