"""The reviewed table of photographs for the starter weights."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from data.errors import InputError
from data.image.hashing import mirrored
from data.image.resizing import shrink
from data.spans.scenes import group_scenes
from data.synthesis.embedded import embedded_photos
from model_code.weights.starter.files import FOLDER
from pipeline.benchmarks.starter.photo_table import LICENCES, attribution, count_table, read_table
from pipeline.benchmarks.starter.photographs import MAX_SIDE, scenes_below, shared_scenes
from tests.pipeline.conftest import ROOT

TABLE = read_table()


@cache
def _embedded() -> dict[str, str]:
    return {Path(path).name: scene for path, scene in scenes_below(embedded_photos()).items()}


def test_the_table_has_many_photographs_and_only_licences_that_allow_shipping():
    assert len(TABLE.photographs) >= 140
    assert not any("morguefile" in row.author for row in TABLE.photographs)
    assert {row.licence for row in TABLE.photographs} <= set(LICENCES)
    assert not any(mark in licence for licence in LICENCES for mark in ("SA", "NC", "ND", "GPL"))
    assert {row.package for row in TABLE.photographs} == set(TABLE.packages)


def test_each_photograph_shows_a_scene_of_its_own():
    assert len(set(group_scenes([row.scene_hash for row in TABLE.photographs]))) == len(TABLE.photographs)


def test_no_photograph_shows_a_scene_that_the_demo_is_judged_on():
    assert shared_scenes(TABLE.photographs, _embedded()) == {}


def test_no_photograph_has_the_name_of_one_of_the_projects_own():
    listed = (embedded_photos() / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert not [row.path for row in TABLE.photographs if Path(row.path).name in listed]


@pytest.mark.parametrize("changed", [lambda picture: picture, ImageOps.mirror, lambda picture: picture.convert("L")])
def test_a_small_or_mirrored_copy_of_the_projects_own_photograph_is_found(changed, tmp_path: Path):
    with Image.open(embedded_photos() / "rocket.jpg") as photo:
        small = Image.fromarray(shrink(np.asarray(photo), 320))
    changed(small).save(tmp_path / "copy.jpg", quality=80)
    row = TABLE.photographs[0].model_copy(update={"scene_hash": next(iter(scenes_below(tmp_path).values()))})
    assert shared_scenes([row], _embedded()) == {row.file: "rocket.jpg"}


def test_a_mirrored_scene_of_the_table_is_found_in_a_folder_and_another_is_not():
    row, other = TABLE.photographs[:2]
    assert shared_scenes([row, other], {"theirs.png": mirrored(row.scene_hash)}) == {row.file: "theirs.png"}
    assert shared_scenes([row], {}) == {}


@pytest.mark.slow
def test_no_photograph_shows_a_scene_of_the_shared_data(shared: Path, capsys: pytest.CaptureFixture[str]):
    assert shared_scenes(TABLE.photographs, scenes_below(shared)) == {}
    skipped = [line for line in capsys.readouterr().out.splitlines() if line.startswith("skipped: ")]
    assert all("lfs_pointers" in line or "facades" in line for line in skipped), skipped


def _write(folder: Path, **changes: str) -> tuple[Path, Path]:
    """Writes a table of two photographs of one package, the second one with changed fields."""
    package = next(iter(TABLE.packages.values()))
    rows = [{**row.model_dump(), "is_hazy": "false"} for row in TABLE.of(package.name)[:2]]
    rows[1].update(changes)
    paths = folder / "photographs.csv", folder / "packages.csv"
    for path, entries in zip(paths, (rows, [package.model_dump()]), strict=True):
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(entries[0]))
            writer.writeheader()
            writer.writerows(entries)
    return paths


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"licence": "CC-BY-SA-4.0"}, "licence CC-BY-SA-4.0 is not allowed"),
        ({"licence": "GPL-2"}, "licence GPL-2 is not allowed"),
        ({"package": "other"}, "package other is not in packages.csv"),
        ({"sha256": TABLE.photographs[0].sha256}, "two rows have sha256"),
        ({"file": TABLE.photographs[0].file}, "two rows have file"),
        ({"sha256": "abc"}, "line 3: sha256"),
        ({"author": ""}, "line 3: author"),
        ({"file": "../outside.png"}, "line 3: file"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_by_its_place(changes: dict[str, str], message: str, tmp_path: Path):
    with pytest.raises(InputError, match=message):
        read_table(*_write(tmp_path, **changes))


def test_packages_can_be_left_out_by_their_name():
    name = next(iter(TABLE.packages))
    assert name not in {row.package for row in TABLE.without([name]).photographs}
    with pytest.raises(InputError, match="nosuch: no such package"):
        TABLE.without(["nosuch"])


def test_the_attribution_names_every_photograph_its_author_and_licence():
    text = attribution(TABLE)
    for row in TABLE.photographs:
        assert f"| `{row.path}` | {row.author} | {row.licence} |" in text
        assert LICENCES[row.licence] in text
    assert attribution(TABLE.without(["endless-sky-data"])).count("endless-sky") == 0
    assert (FOLDER / "ATTRIBUTION.md").read_text(encoding="utf-8") == text  # as the package ships it


def test_the_documentation_has_the_current_counts():
    assert count_table(TABLE) in (ROOT / "docs/train/starter.md").read_text(encoding="utf-8")
    assert f"at most {MAX_SIDE:,} pixels" in (ROOT / "docs/train/starter.md").read_text(encoding="utf-8")
