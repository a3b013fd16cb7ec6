"""Every published layout as its set has it: who is whose partner, what has none, and which layout a folder has."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from data.errors import InputError
from data.layouts.choice import LayoutChoice, choose_layout
from data.layouts.detection import detect_layout, gather_evidence
from data.layouts.pairing import find_pairs
from data.layouts.published import TABLE
from data.layouts.suggestion import suggest_regex

# By layout: what is drawn, and the pairs that must be found in it (input, target), named as the sets name them.
SETS = {
    "did-mdn": [
        ("DID-MDN-training/Rain_Heavy/train2018new/1.jpg",) * 2,
        ("DID-MDN-training/Rain_Light/train2018new/1.jpg",) * 2,
    ],
    "rain800": [("rain/training/9.jpg",) * 2, ("rain/test_syn/1.jpg",) * 2],
    "rain12": [("001_in.png", "001_GT.png"), ("002_in.png", "002_GT.png")],
    "rain100-old": [("Rain100H/rainy/rain-001.png", "Rain100H/norain-001.png")],
    "rain200": [
        ("rain_data_train_Light/rain/norain-1x2.png", "rain_data_train_Light/norain/norain-1.png"),
        ("rain_data_test_Heavy/rain/X2/norain-12x2.png", "rain_data_test_Heavy/norain/norain-12.png"),
    ],
    "rain13k": [
        ("test/Rain100H/input/1.png", "test/Rain100H/target/1.png"),
        ("test/Test2800/input/1.png", "test/Test2800/target/1.png"),
    ],
    "mspfn": [("R100H/inputcrop/1.png", "R100H/cleancrop/1.png")],
    "rcdnet": [
        ("Rain100L/train/small/rain/rain-001.png", "Rain100L/train/small/norain/norain-001.png"),
        ("Rain100H/train/small/rain/7.png", "Rain100H/train/small/norain/7.png"),
    ],
    "rain1400": [
        ("training/rainy_image/901_1.jpg", "training/ground_truth/901.jpg"),
        ("training/rainy_image/901_14.jpg", "training/ground_truth/901.jpg"),
        ("mirror/rainy image/902_3.jpg", "mirror/ground truth/902.jpg"),
    ],
    "rain1400-one-folder": [("synthetic/1rain.jpg", "synthetic/1ground_truth.jpg")],
    "spa-data": [("real_world/a/1.png", "real_world_gt/a.png"), ("real_world/a/2.png", "real_world_gt/a.png")],
    "spa-test": [("rain/000.png", "gt/000gt.png")],
    "agan-raindrop": [
        ("train/data/0_rain.png", "train/gt/0_clean.png"),
        ("test_a/rain_image/1_rain.png", "test_a/clean_image/1_clean.png"),
    ],
    "reside-its": [("hazy/1_1_0.90179.png", "clear/1.png"), ("hazy/1_2_0.97842.png", "clear/1.png")],
    "reside-ots": [
        ("outdoor/hazy/0001_0.8_0.2.jpg", "outdoor/gt/0001.png"),
        ("ots/hazy/0005_0.95_0.16.jpg", "ots/clear/0005.jpg"),
    ],
    "sots-indoor": [("hazy/1400_1.png", "gt/1400.png"), ("hazy/1400_10.png", "gt/1400.png")],
    "haze4k": [("train/hazy/1_0.89_1.56.png", "train/clear/1.png")],
    "dense-haze": [("hazy/01_hazy.png", "GT/01_GT.png")],
    "nh-haze": [("NH-HAZE/01_hazy.png", "NH-HAZE/01_GT.png")],
    "o-haze": [
        ("# O-HAZY NTIRE 2018/hazy/01_outdoor_hazy.jpg", "# O-HAZY NTIRE 2018/GT/01_outdoor_GT.jpg"),
        ("# I-HAZY NTIRE 2018/hazy/01_indoor_hazy.jpg", "# I-HAZY NTIRE 2018/GT/01_indoor_GT.jpg"),
    ],
    "rainds-real": [
        ("RainDS_real/train_set/raindrop/1.png", "RainDS_real/train_set/gt/1.png"),
        ("RainDS_real/train_set/rainstreak_raindrop/1.png", "RainDS_real/train_set/gt/1.png"),
    ],
    "rainds-syn": [
        ("RainDS_syn/train_set/raindrop/rd-1.png", "RainDS_syn/train_set/gt/norain-1.png"),
        ("RainDS_syn/train_set/rainstreak/rain-1.png", "RainDS_syn/train_set/gt/norain-1.png"),
        ("RainDS_syn/train_set/rainstreak_raindrop/pie-rd-rain-2.png", "RainDS_syn/train_set/gt/pie-norain-2.png"),
    ],
    "lhp-rain": [("train/input/1.png", "train/target/1.png"), ("test/input/1.png", "test/target/1.png")],
    "snow100k": [("Snow100K-S/synthetic/a.jpg", "Snow100K-S/gt/a.jpg")],
    "gt-rain": [
        ("Wellington/a-R-001.png", "Wellington/a-C-000.png"),
        ("Wellington/a-R-002.png", "Wellington/a-C-000.png"),
    ],
    "outdoor-rain": [("in/im_0001_s80_a04.png", "gt/im_0001.png"), ("in/im_0001_s90_a06.png", "gt/im_0001.png")],
}  # fmt: skip
BESIDE = {"snow100k": ["Snow100K-S/mask/a.jpg"]}
SPA_LIST = "/real_world/a/1.png /real_world_gt/a.png\n/real_world/a/2.png /real_world_gt/a.png\n"


def lay(root: Path, name: str) -> Path:
    """Lays out a set, its files without content: layouts go by names."""
    for file in (*(file for pair in SETS[name] for file in pair), *BESIDE.get(name, ())):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_bytes(b"x")
    if name == "spa-data":
        (root / "real_world.txt").write_text(SPA_LIST)
    return root


def test_every_layout_of_the_table_is_tried():
    assert set(SETS) == set(TABLE)


@pytest.mark.parametrize("name", SETS)
def test_pairs_are_those_of_the_set(name: str, tmp_path: Path):
    found = find_pairs(lay(tmp_path, name), TABLE[name])
    assert sorted((pair.input, pair.target) for pair in found.pairs) == sorted(SETS[name])
    assert all((pair.input_side is not None) == (pair.input == pair.target) for pair in found.pairs)


@pytest.mark.parametrize("name", SETS)
def test_auto_proposes_the_layout_of_the_set_and_no_other(name: str, tmp_path: Path):
    layout, evidence = detect_layout(LayoutChoice("auto"), lay(tmp_path, name))
    assert layout.name == name
    assert f"{len(SETS[name])} pairs, such as" in evidence


@pytest.mark.parametrize("name", [name for name in SETS if SETS[name][0][0] != SETS[name][0][1]])
def test_a_missing_target_is_named(name: str, tmp_path: Path):
    lost = SETS[name][0][1]
    (lay(tmp_path, name) / lost).unlink()
    # Where that was the last picture of its kind, the folder that it lay in is what is missing.
    with pytest.raises(InputError) as caught:
        find_pairs(tmp_path, TABLE[name])
    assert SETS[name][0][0] in str(caught.value)


@pytest.mark.parametrize("name", [name for name in SETS if name not in ("spa-data",)])
def test_a_picture_that_fits_nothing_is_named(name: str, tmp_path: Path):
    (lay(tmp_path, name) / "stranger.png").write_bytes(b"x")
    with pytest.raises(InputError, match=r"stranger\.png"):
        find_pairs(tmp_path, TABLE[name])


@pytest.mark.parametrize("name", ["sots-indoor", "gt-rain", "rainds-syn", "outdoor-rain"])
def test_pairs_do_not_go_by_order(name: str, tmp_path: Path):
    """One input less shifts every pair that goes by order."""
    root = lay(tmp_path, name)
    before = {(pair.input, pair.target) for pair in find_pairs(root, TABLE[name]).pairs}
    first = min(before)
    (root / first[0]).unlink()
    assert {(pair.input, pair.target) for pair in find_pairs(root, TABLE[name]).pairs} == before - {first}


def test_severity_is_read_from_the_folder(tmp_path: Path):
    found = find_pairs(lay(tmp_path, "did-mdn"), TABLE["did-mdn"]).pairs
    assert [pair.severity for pair in found] == ["heavy", "light"]
    assert {pair.severity for pair in find_pairs(lay(tmp_path / "b", "rain200"), TABLE["rain200"]).pairs} == {
        "light",
        "heavy",
    }


def test_scenes_are_read_where_names_tell_them(tmp_path: Path):
    found = find_pairs(lay(tmp_path, "gt-rain"), TABLE["gt-rain"]).pairs
    assert [pair.scene for pair in found] == ["a", "a"]
    assert find_pairs(lay(tmp_path / "b", "mspfn"), TABLE["mspfn"]).pairs[0].scene is None


def test_masks_belong_to_no_pair_and_are_noted(tmp_path: Path):
    assert find_pairs(lay(tmp_path, "snow100k"), TABLE["snow100k"]).ignored == ["Snow100K-S/mask/a.jpg"]


def test_auto_refuses_when_two_layouts_fit(tmp_path: Path):
    for number in range(3):
        for name in (f"rain/{number}.png", f"gt/{number}gt.png"):  # SPA's test set, and with the next a second one
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(b"x")
    (tmp_path / "real_world.txt").write_text("rain/0.png gt/0gt.png\n")
    with pytest.raises(InputError, match=r"2 layouts fit: spa-data: .*; spa-test: 3 pairs, such as .*; choose one"):
        detect_layout(LayoutChoice("auto"), tmp_path)


def test_auto_refuses_when_none_fits_and_names_the_nearest(tmp_path: Path):
    lay(tmp_path, "sots-indoor")
    (tmp_path / "gt" / "9.png").write_bytes(b"x")
    with pytest.raises(
        InputError, match=r"no layout accounts.*nearest: sots-indoor: 2 pairs, .*1 image is left over \(gt/9\.png\)"
    ):
        detect_layout(LayoutChoice("auto"), tmp_path)


def test_auto_takes_the_folder_that_is_named(tmp_path: Path):
    lay(tmp_path / "indoor", "sots-indoor")
    lay(tmp_path / "drops", "agan-raindrop")
    assert detect_layout(LayoutChoice("auto"), tmp_path, ("drops",))[0].name == "agan-raindrop"
    assert [each.layout.name for each in gather_evidence(tmp_path, ("indoor",)) if each.is_complete] == ["sots-indoor"]


def test_a_pair_of_expressions(tmp_path: Path):
    for name in ("wet/a_1.jpg", "wet/a_2.jpg", "dry/clean-a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    rule = choose_layout(LayoutChoice("regex", input_pattern=r"wet/(.+)_\d+", target_template=r"dry/clean-\1"))
    assert {pair.target for pair in find_pairs(tmp_path, rule).pairs} == {"dry/clean-a.png"}
    (tmp_path / "dry" / "clean-b.png").write_bytes(b"x")
    (tmp_path / "wet" / "other.png").write_bytes(b"x")
    # It fits a part of the images: the rest are not called targets.
    with pytest.raises(
        InputError, match=r"2 inputs, and 2 images that fit no part .*: dry/clean-b\.png, wet/other\.png"
    ):
        find_pairs(tmp_path, rule)


def _touch(root: Path, *names: str):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")


@pytest.mark.parametrize(("folders", "names"), [
    ({"input_dir": "wet", "target_dir": "dry"}, ("wet/a.png", "dry/a_clean.png")),
    ({"input_dir": ".", "target_dir": "."}, ("a.png", "a_clean.jpg")),
])  # fmt: skip
def test_targets_may_have_a_suffix(tmp_path: Path, folders: dict[str, str], names: tuple[str, str]):
    _touch(tmp_path, *names)
    pairs = find_pairs(tmp_path, choose_layout(LayoutChoice("same-name", target_suffix="_clean", **folders))).pairs
    assert [(pair.input, pair.target) for pair in pairs] == [names]


def test_auto_ends_with_a_ready_line_where_the_names_have_a_rule(tmp_path: Path):
    _touch(tmp_path, "shots/a.png", "shots/b.png", "shots/a_clean.png", "shots/b_clean.png")
    with pytest.raises(InputError, match="no layout accounts") as refused:
        detect_layout(LayoutChoice("auto"), tmp_path)
    line = r"--layout regex --input-regex 'shots/(.+)(?<!_clean)' --target-template 'shots/\1_clean'"
    assert line in str(refused.value)


@pytest.mark.parametrize(("names", "pair"), [
    (("wet/1_rain.png", "wet/2_rain.png", "dry/1_gt.png", "dry/2_gt.png"), ("wet/1_rain.png", "dry/1_gt.png")),
    (("gt/1.png", "gt/2.png", "bad/1x.png", "bad/2x.png"), ("bad/1x.png", "gt/1.png")),
    (("1.png", "2.png", "1_gt.png", "2_gt.png"), ("1.png", "1_gt.png")),
])  # fmt: skip
def test_a_suggested_rule_pairs_every_image(tmp_path: Path, names: tuple[str, ...], pair: tuple[str, str]):
    _touch(tmp_path, *names)
    _, layout, _, pattern, _, template = shlex.split(suggest_regex(names))
    pairs = find_pairs(
        tmp_path, choose_layout(LayoutChoice(layout, input_pattern=pattern, target_template=template))
    ).pairs
    assert {name for each in pairs for name in (each.input, each.target)} == set(names)
    assert (pairs[0].input, pairs[0].target) == pair


@pytest.mark.parametrize(
    "names", [("a.png", "b.png"), ("wet/1.png", "dry/2_gt.png"), ("a/1.png", "b/2.png", "c/3.png"), ()]
)
def test_nothing_is_suggested_where_no_rule_pairs_every_image(names: tuple[str, ...]):
    assert suggest_regex(names) == ""


@pytest.mark.parametrize(("pattern", "template"), [("(", r"\1"), ("(.+)", r"\2"), ("(.+)", r"\g<id>")])
def test_expressions_that_do_not_fit_each_other_are_refused(pattern: str, template: str):
    with pytest.raises(InputError, match="do not fit"):
        choose_layout(LayoutChoice("regex", input_pattern=pattern, target_template=template))


class TestList:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        for name in ("wet/a b.png", "wet/#2.png", "dry/größe.png", "dry/2.png", "other/3.png"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(b"x")
        return tmp_path

    def find(self, root: Path, text: str) -> list[tuple[str, str, str | None]]:
        (root / "pairs.csv").write_text(text, encoding="utf-8")
        rule = choose_layout(LayoutChoice("list", list_file="pairs.csv"))
        return [(pair.input, pair.target, pair.severity) for pair in find_pairs(root, rule).pairs]

    def test_with_a_header(self, root: Path):
        text = 'input,severity,target\n"wet/a b.png",heavy,dry/größe.png\nwet/#2.png,,dry/2.png\n'
        assert self.find(root, text) == [
            ("wet/#2.png", "dry/2.png", None),
            ("wet/a b.png", "dry/größe.png", "heavy"),
        ]

    @pytest.mark.parametrize("mark", [",", "\t", "  "])
    def test_lines_of_two_names(self, root: Path, mark: str):
        assert self.find(root, f"/wet/#2.png{mark}./dry/2.png\n\n") == [("wet/#2.png", "dry/2.png", None)]

    def test_a_line_with_one_name_is_refused_by_its_number(self, root: Path):
        with pytest.raises(InputError, match=r"pairs\.csv:2: expected two names"):
            self.find(root, "wet/#2.png dry/2.png\nwet/a b c.png\n")

    def test_a_row_without_a_target_is_refused_by_its_number(self, root: Path):
        with pytest.raises(InputError, match=r"pairs\.csv:2: an input and a target"):
            self.find(root, "input,target\nwet/#2.png,\n")

    def test_what_is_not_there_is_named(self, root: Path):
        with pytest.raises(InputError, match=r"pairs\.csv names dry/9\.png"):
            self.find(root, "wet/#2.png dry/9.png\n")

    def test_a_name_that_leaves_the_folder_is_not_found(self, root: Path):
        (root.parent / "outside.png").write_bytes(b"x")
        with pytest.raises(InputError, match="names ../outside.png, which is not a PNG or JPEG there"):
            self.find(root, "wet/#2.png ../outside.png\n")

    def test_an_input_that_is_listed_twice_is_refused(self, root: Path):
        with pytest.raises(InputError, match="found twice"):
            self.find(root, "wet/#2.png dry/2.png\nwet/#2.png dry/größe.png\n")
