import re

from components.pair_validator.settings import PairSettings
from pipeline.benchmarks.pair_faults.kinds import kinds
from pipeline.benchmarks.pair_faults.page.write import Result, write_page
from pipeline.benchmarks.pair_faults.printing import as_json, printed
from pipeline.benchmarks.pair_faults.rates import pooled, rows_of
from pipeline.benchmarks.pair_faults.roc import curves
from tests.pipeline.benchmarks.pair_faults.samples import sample

CHOSEN = [kind for kind in kinds() if kind.name in ("as published", "shift", "sub-pixel shift, one axis")]


def _result():
    samples = [sample("as published", 1, 0), sample("shift", 4, 4.0), sample("sub-pixel shift, one axis", 0.75, 0.75)]
    rows = rows_of(samples, PairSettings())
    return Result({"set": 1}, CHOSEN, pooled(rows), rows, curves(samples, PairSettings()), [], 24, "2026-11-29")


def test_the_page_shows_each_kind_and_loads_nothing(tmp_path):
    text = write_page(_result(), tmp_path).read_text(encoding="utf-8")
    assert all(f"<h3>{kind.name}</h3>" in text and kind.sentence in text for kind in CHOSEN)
    assert text.count("data:image/jpeg") == 3 * len(CHOSEN)
    assert not re.search(r'(?:src|href)="(?!data:|#)', text)
    assert "100.0% of the faults are found, and 0.00% of the valid pairs are false alarms" in text
    assert "Recall against false alarms for max_shift" in text


def test_the_text_and_the_json_have_the_totals():
    result = _result()
    text, values = printed(result), as_json(result)
    assert "Mean recall 100.00%" in text
    assert "of the whole picture 0.75 px" in text
    assert values["totals"]["false_alarms"] == 0
    assert values["kinds"]["shift"]["codes"] == ["misaligned"]
