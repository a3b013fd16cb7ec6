"""What `data stats` counts, measures and shows."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from data.contact_sheet import write_contact_sheet
from data.conversion.request import ConvertRequest
from data.convert import convert
from data.errors import InputError
from data.layouts.layout import same_name
from data.stats import measure_data_set
from tests.data.drawing import picture, write


@pytest.fixture(scope="module")
def destination(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("stats")
    for number in range(8):
        write(root / "set" / "target" / f"{number}.png", picture(number))
        write(root / "set" / "input" / f"{number}.png", picture(number) // 2)
    for severity in ("light", "heavy"):
        convert(ConvertRequest(root / "set", root / "out", same_name(), severity=severity, degradation="haze"))
    return root / "out"


def test_counts_and_scores_are_those_of_the_pairs(destination: Path):
    found = measure_data_set(destination)
    assert found.spans == [1, 2]
    assert sum(part.pairs for part in found.slices.values()) == 16
    assert {key[3] for key in found.slices} == {"light", "heavy"}
    train = found.slices["train", "set", "haze", "heavy"]
    assert train.sizes == {"48x64": train.pairs}
    scores = [peak_signal_noise_ratio(picture(number), picture(number) // 2) for number in range(8)]
    everything = [value for part in found.slices.values() for value in part.psnr]
    np.testing.assert_allclose(sorted(everything), sorted(scores * 2), rtol=1e-4)


def test_one_span_alone(destination: Path):
    assert {key[3] for key in measure_data_set(destination, 2).slices} == {"heavy"}
    with pytest.raises(InputError, match="holds no span-9"):
        measure_data_set(destination, 9)


def test_nothing_to_measure(tmp_path: Path):
    with pytest.raises(InputError, match="holds no span; make one"):
        measure_data_set(tmp_path)
    with pytest.raises(InputError, match="absent: no such folder"):
        measure_data_set(tmp_path / "absent")


def test_a_damaged_record_file_is_named(destination: Path, tmp_path: Path):
    folder = tmp_path / "span-1"
    folder.mkdir()
    for path in (destination / "span-1").iterdir():
        (folder / path.name).write_bytes(path.read_bytes()[: -20 if path.name.startswith("train") else None])
    with pytest.raises(InputError, match=r"train-.*\.tfrecord: cut short or damaged"):
        measure_data_set(tmp_path)


def test_table_json_and_page_say_the_same(destination: Path, tmp_path: Path):
    found = measure_data_set(destination, each=2)
    rows = json.loads(found.to_json())["slices"]
    assert [row["pairs"] for row in rows] == [part.pairs for part in found.slices.values()]
    assert len(found.table().splitlines()) == 1 + len(rows)
    write_contact_sheet(found, tmp_path / "sheet.html")
    page = (tmp_path / "sheet.html").read_text()
    assert page.count("<figure>") == len(found.shown) <= 2 * len(rows)
    assert page.count("<span>Input</span><span>Target</span>") == len(found.shown)
    assert "http" not in page
    assert all(f"{row['psnr']:.2f}" in page for row in rows)
