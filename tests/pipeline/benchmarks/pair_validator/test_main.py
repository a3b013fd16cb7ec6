"""The benchmark reads, counts and refuses."""

import csv
import json

import numpy as np
import pytest

from data.errors import InputError
from pipeline.benchmarks.pair_validator import __main__ as pair_validator
from pipeline.benchmarks.support.real_pairs import read_pairs
from tests.components.pair_validator.drawing import encode, rain, scene


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "Tiny").mkdir()
    rows = []
    for number in range(2):
        target = scene(90 + number, 128, 160)
        whole = np.concatenate([target, rain(target, number, 200)], axis=1)
        (tmp_path / "Tiny" / f"{number}.png").write_bytes(encode(whole))
        name = f"{number}.png"
        rows.append({"dataset": "Tiny", "input": name, "target": name, "kind": "concat clean|rain", "group": number})
    with (tmp_path / "pairs.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return tmp_path


def test_a_folder_without_a_list_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"pairs\.csv is missing"):
        read_pairs(tmp_path)


def test_table_throughput_and_json(folder, capsys):
    report = folder / "report.json"
    pair_validator.main([str(folder), "--json", str(report)])
    written = json.loads(report.read_text())
    by_kind = {row["kind"]: row for row in written["table"]}
    assert by_kind[pair_validator.TRUE]["quarantined"] == 0
    assert by_kind["shift by 2 px"]["rightly_named"] == 1
    assert [each["format"] for each in written["throughput"]] == ["PNG", "JPEG"]
    assert all(each["ratio"] > 0 for each in written["throughput"])
    assert "shift by 2 px" in capsys.readouterr().out
