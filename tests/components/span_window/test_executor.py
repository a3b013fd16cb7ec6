"""The SpanWindow on real record files, in one process and in two workers."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
import tensorflow as tf
from tfx import v1 as tfx

from components.span_window.executor import SpanWindowExecutor
from components.span_window.properties import TRAIN_IDS_PREFIX
from components.span_window.window import choose_window
from data.conversion.request import ConvertRequest
from data.convert import convert
from data.features import SPLITS
from data.layouts.layout import same_name
from data.records import PairRecord
from tests.data.drawing import picture, write

BEAM = {
    "one process": ["--runner=DirectRunner", "--direct_running_mode=in_memory"],
    "two processes": ["--runner=DirectRunner", "--direct_running_mode=multi_processing", "--direct_num_workers=2"],
}


def arrive(root: Path, name: str, numbers: range, shade: int = 2) -> None:
    """Converts pairs of some scenes into the next span."""
    for number in numbers:
        write(root / name / "target" / f"{number}.png", picture(number))
        write(root / name / "input" / f"{number}.png", picture(number) // shade)
    convert(ConvertRequest(root / name, root / "records", same_name(), name="camera"))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Span 1 has scenes 0-7, span 2 8-13, and span 3 has 6-9 again, corrected, and 14 and 15."""
    root = tmp_path_factory.mktemp("spans")
    arrive(root, "monday", range(8))
    arrive(root, "tuesday", range(8, 14))
    for number in (6, 7, 8, 9, 14, 15):
        arrive_one = root / "wednesday"
        write(arrive_one / "target" / f"{number}.png", picture(number))
        write(arrive_one / "input" / f"{number}.png", picture(number) // 3)
    convert(ConvertRequest(root / "wednesday", root / "records", same_name(), name="camera"))
    return root


def run(root: Path, folder: Path, window: int, evaluation: str = "rolling", beam: str = "one process"):
    examples = tfx.types.standard_artifacts.Examples()
    examples.uri = str(folder / "examples")
    context = SpanWindowExecutor.Context(beam_pipeline_args=BEAM[beam], tmp_dir=str(folder / "tmp"))
    parameters = {
        "records_directory": str(root / "records"),
        "window": window,
        "evaluation": evaluation,
        "fingerprint": "",
    }
    SpanWindowExecutor(context).Do({}, {"examples": [examples]}, parameters)
    found = {
        split: [
            PairRecord.from_example(serialized)
            for path in sorted((folder / "examples" / f"Split-{split}").glob("*.gz"))
            for serialized in tf.data.TFRecordDataset(str(path), "GZIP").as_numpy_iterator()
        ]
        for split in SPLITS
    }
    return examples, found


@pytest.mark.parametrize("beam", [pytest.param(name, marks=pytest.mark.slow if "two" in name else ()) for name in BEAM])
def test_each_pair_is_read_once_from_the_newest_span(root: Path, tmp_path: Path, beam: str):
    examples, found = run(root, tmp_path, window=3, beam=beam)
    everything = [pair for pairs in found.values() for pair in pairs]
    assert Counter(pair.pair_id for pair in everything) == Counter(f"camera/input/{number}" for number in range(16))
    again = {f"camera/input/{number}" for number in (6, 7, 8, 9)}
    newest = {pair.pair_id: pair.input_image for pair in everything}
    for number in range(16):
        shade = 3 if f"camera/input/{number}" in again or number > 13 else 2
        wanted = (
            root / ("wednesday" if shade == 3 else "monday" if number < 8 else "tuesday") / "input" / f"{number}.png"
        ).read_bytes()
        assert newest[f"camera/input/{number}"] == wanted
    assert examples.get_int_custom_property("superseded") == 4
    assert examples.get_string_custom_property("span") == "3"
    assert [span["number"] for span in json.loads(examples.get_string_custom_property("window"))["train"]] == [1, 2, 3]
    given = {"1": [], "2": [], "3": []}
    for file in (tmp_path / "examples").glob(f"{TRAIN_IDS_PREFIX}-*"):
        for number, pair_id in map(json.loads, file.read_text().splitlines()):
            given[str(number)].append(pair_id)
    assert sorted(name for ids in given.values() for name in ids) == sorted(pair.pair_id for pair in found["train"])
    assert set(given["3"]) <= again | {"camera/input/14", "camera/input/15"}
    assert not again & {*given["1"], *given["2"]}


def test_a_single_span_is_read_unchanged(root: Path, tmp_path: Path):
    examples, found = run(root, tmp_path, window=1)
    assert sum(map(len, found.values())) == 6
    assert examples.get_int_custom_property("superseded") == 0
    assert sorted(path.name for path in (tmp_path / "examples").iterdir()) == [
        f"Split-{name}" for name in sorted(SPLITS)
    ]


def test_a_fixed_span_judges(root: Path, tmp_path: Path):
    _, found = run(root, tmp_path, window=1, evaluation="2")
    judged = {pair.pair_id for split in ("validation", "evaluation") for pair in found[split]}
    assert judged <= {f"camera/input/{number}" for number in range(8, 14)}
    assert {pair.pair_id for pair in found["train"]} <= {f"camera/input/{number}" for number in (6, 7, 8, 9, 14, 15)}
    assert not judged & {pair.pair_id for pair in found["train"]}


def test_the_executor_reads_the_chosen_window(root: Path):
    assert choose_window(root / "records", 2).all[0].number == 2
