"""Which spans a run reads, over arrivals, replacements and re-ingests of chance."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.span_window.splits import FROM_JUDGED_SPANS
from components.span_window.window import ROLLING, Window, choose_window, require_every_split
from data.errors import InputError
from data.spans.manifest import MANIFEST_NAME, Manifest, span_folder

FULL = {"train": 3, "validation": 1, "evaluation": 1}


def put(root: Path, number: int, counts: dict[str, int] | None = None, content: str = "") -> Path:
    """Writes a span's manifest; `content` stands for what is in its files."""
    folder = span_folder(root, number)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    counts = counts or FULL
    manifest = Manifest(
        span=number, source="set", rule={}, seed=0, shares={}, code_version="0", created="now", pairs=sum(counts.values()),
        counts={"split": counts}, files={"a.png": content},
    )  # fmt: skip
    (folder / MANIFEST_NAME).write_text(manifest.to_json())
    return folder


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), st.sampled_from("ab")), min_size=1, max_size=12), st.integers(1, 5))
def test_the_window_is_the_newest_spans_and_its_fingerprint_their_content(tmp_path_factory, arrivals, width):
    root = tmp_path_factory.mktemp("records")
    there: dict[int, str] = {}
    before: dict[str, str] = {}
    for number, content in arrivals:  # arrives out of order, or replaces a span that is there
        put(root, number, content=content)
        there[number] = content
        window = choose_window(root, width)
        assert [span.number for span in window.train] == sorted(there)[-width:]
        assert window.judged == window.train
        read = json.dumps([(number, there[number]) for number in sorted(there)[-width:]])
        assert before.setdefault(read, window.fingerprint()) == window.fingerprint()  # the same data, the same print
    assert len(set(before.values())) == len(before)  # other data, another one


def test_a_fixed_span_judges_whatever_the_window_is(tmp_path: Path):
    for number in (1, 2, 5):
        put(tmp_path, number)
    window = choose_window(tmp_path, 2, evaluation=1)
    assert [span.number for span in window.train] == [2, 5]
    assert [span.number for span in window.judged] == [1]
    assert [span.number for span in window.all] == [1, 2, 5]
    assert window.newest.number == 5
    with pytest.raises(InputError, match=r"span-4: no such span; data\.evaluation names one of \[1, 2, 5\]"):
        choose_window(tmp_path, 2, evaluation=4)


def test_a_manifest_written_again_from_the_same_data_changes_nothing(tmp_path: Path):
    folder = put(tmp_path, 1)
    before = choose_window(tmp_path).fingerprint()
    text = (folder / MANIFEST_NAME).read_text()
    (folder / MANIFEST_NAME).write_text(text.replace('"now"', '"later"'))
    assert choose_window(tmp_path).fingerprint() == before


def test_records_of_another_tool_are_known_by_their_files(tmp_path: Path):
    folder = span_folder(tmp_path, 3)
    folder.mkdir()
    (folder / "train-0.tfrecord").write_bytes(b"12")
    before = choose_window(tmp_path).fingerprint()
    assert choose_window(tmp_path).newest.pairs is None
    (folder / "train-0.tfrecord").write_bytes(b"123")
    assert choose_window(tmp_path).fingerprint() != before
    (folder / "train-0.tfrecord").unlink()
    with pytest.raises(InputError, match="span-3: holds neither a manifest nor records"):
        choose_window(tmp_path)


def test_a_folder_without_spans_is_an_error(tmp_path: Path):
    with pytest.raises(InputError, match="holds no span-N/"):
        choose_window(tmp_path)


def test_an_empty_split_is_refused_unless_another_span_fills_it(tmp_path: Path):
    put(tmp_path, 1)
    put(tmp_path, 2, {"train": 2, "validation": 0, "evaluation": 1})
    with pytest.raises(InputError, match=r"span-2: no pair for validation; .*widen data\.window"):
        require_every_split(tmp_path, choose_window(tmp_path), FROM_JUDGED_SPANS)
    require_every_split(tmp_path, choose_window(tmp_path, 2), FROM_JUDGED_SPANS)
    require_every_split(tmp_path, choose_window(tmp_path, 1, evaluation=1), FROM_JUDGED_SPANS)


def test_a_window_is_read_back(tmp_path: Path):
    put(tmp_path, 1)
    put(tmp_path, 2)
    window = choose_window(tmp_path, 2, ROLLING)
    assert Window.from_json(window.to_json()) == window
