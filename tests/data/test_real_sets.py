"""Real data sets, where the folder of shared data has them."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import pytest

from data.errors import InputError
from data.features import SPLITS
from data.layouts.choice import LayoutChoice
from data.layouts.detection import detect_layout
from data.layouts.published import TABLE
from tests.data.converting import run

REAL = {
    "Rain100L": (30, 26, {}),
    "R100H": (14, 13, {"layout": TABLE["mspfn"]}),
    "Rain800/rain": (172, 96, {"layout": TABLE["rain800"], "folders": ("training", "test_syn")}),
    "SOTS_indoor": (20, 5, {"layout": TABLE["sots-indoor"]}),
    "AGAN_raindrop": (2, 2, {"layout": TABLE["agan-raindrop"]}),
    "Rain1400_xmu": (3, 3, {"layout": TABLE["rain1400-one-folder"]}),
    "Rain200H": (4, 4, {"layout": TABLE["lhp-rain"]}),
}


@pytest.mark.parametrize("folder", REAL)
def test_real_sets_convert_with_the_right_count(folder: str, shared: Path, tmp_path: Path):
    pairs, scenes, options = REAL[folder]
    manifest, records = run(shared / "data" / folder, tmp_path, **options)
    assert manifest.pairs == pairs
    assert len(manifest.scenes) == scenes
    split_of = defaultdict(set)
    for split in SPLITS:
        for record in records[split]:
            split_of[record.scene_id].add(split)
    assert all(len(found) == 1 for found in split_of.values())
    if scenes < 10:
        return  # too few to deal nearly as asked
    shares = Counter({split: len(records[split]) / pairs for split in SPLITS})
    assert shares["train"] == pytest.approx(0.75, abs=1.5 / pairs + 0.01)


def test_a_real_scene_that_two_sets_share_lies_in_one_split(shared: Path, tmp_path: Path):
    light, _ = run(shared / "data" / "Rain100L", tmp_path)
    heavy, _ = run(shared / "data" / "R100H", tmp_path, layout=TABLE["mspfn"], seed=5)
    both = light.scenes.keys() & heavy.scenes.keys()
    assert both
    assert all(light.scenes[scene].split == heavy.scenes[scene].split for scene in both)


def test_a_real_leak_between_official_folders_is_reported(shared: Path, tmp_path: Path):
    manifest, _ = run(
        shared / "data" / "Rain800" / "rain", tmp_path, layout=TABLE["rain800"], folders=("training", "test_syn")
    )
    assert ["test_syn/6.jpg", "training/460.jpg"] in list(manifest.leaks.values())


@pytest.mark.parametrize(
    ("folder", "layout", "count", "reason"),
    [
        ("Rain800/rain/test_nature", "rain800", 13, "both halves are the same photograph"),
        ("DID-MDN", "did-mdn", 9, "both halves are the same photograph"),
        ("lfs_pointers_rain1400", "rain1400", 45, "a git-LFS pointer"),
    ],
)
def test_real_files_that_are_no_pairs_are_refused_each_by_name(
    folder: str, layout: str, count: int, reason: str, shared: Path, tmp_path: Path
):
    source = shared / "data" / folder
    files = sorted(path.relative_to(source).as_posix() for path in source.rglob("*.jpg"))
    assert len(files) == count
    with pytest.raises(InputError, match=rf"{count} files cannot be used; {reason}") as caught:
        run(source, tmp_path, layout=TABLE[layout])
    assert all(name in str(caught.value) for name in files)


@pytest.mark.parametrize(
    ("folder", "layout"),
    [
        ("Rain100L", "same-name"), ("R100H", "mspfn"), ("SOTS_indoor", "sots-indoor"), ("AGAN_raindrop", "agan-raindrop"),
        ("Rain1400_xmu", "rain1400-one-folder"), ("Rain200H", "lhp-rain"), ("Rain800", "rain800"), ("DID-MDN", "did-mdn"),
        ("lfs_pointers_rain1400", "rain1400"),
    ],
)  # fmt: skip
def test_the_layout_of_a_real_set_is_found(folder: str, layout: str, shared: Path):
    assert detect_layout(LayoutChoice("auto"), shared / "data" / folder)[0].name == layout
