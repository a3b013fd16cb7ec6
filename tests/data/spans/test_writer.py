from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import tensorflow as tf

from data.errors import InputError
from data.records import PairRecord
from data.spans import writer
from data.spans.manifest import Manifest, SceneEntry, known_scenes, read_manifests
from data.spans.writer import PendingRecord, choose_span, destination_lock, span_writer, write_records

EMPTY = Manifest(span=1, source="x", rule={}, seed=0, shares={}, code_version="0", created="", counts={"split": {}})


def piece(number: int, scene: str = "s") -> PendingRecord:
    record = PairRecord(str(number), scene, "rain", "light", "x", "i", "t", b"i" * 100, b"t", (3, 5), (3, 5))
    return PendingRecord(record, {f"i{number}": "00"}, {f"i{number}": "palette"} if number == 1 else {})


def test_a_full_shard_is_followed_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(writer, "SHARD_BYTES", 1500)
    manifest = replace(EMPTY, scenes={"s": SceneEntry("train", 0, ["aa"])})
    written = write_records(tmp_path, map(piece, range(12)), {"s": "train"}, manifest)
    train = [name for name in written.shards if name.startswith("train")]
    assert len(train) > 2
    assert train == [f"train-{n:05d}-of-{len(train):05d}.tfrecord" for n in range(len(train))]
    assert sorted(path.name for path in tmp_path.glob("*.tfrecord")) == sorted(written.shards)
    read = [
        PairRecord.from_example(item).pair_id
        for item in tf.data.TFRecordDataset([str(tmp_path / name) for name in train]).as_numpy_iterator()
    ]
    assert read == [str(number) for number in range(12)]


def test_what_goes_by_is_counted(tmp_path: Path):
    manifest = replace(EMPTY, scenes={"a": SceneEntry("train", 0, ["aa"]), "b": SceneEntry("evaluation", 0, ["bb"])})
    pieces = [piece(0, "a"), piece(1, "b"), piece(2, "a")]
    written = write_records(tmp_path, pieces, {"a": "train", "b": "evaluation"}, manifest)
    assert written.pairs == 3
    assert written.counts["split"] == {"evaluation": 1, "train": 2, "validation": 0}
    assert written.counts["split/severity"] == {"evaluation/light": 1, "train/light": 2}
    assert written.scenes["a"] == SceneEntry("train", 2, ["aa"])
    assert written.sizes == {"3x5": 3}
    assert written.reencoded == {"i1": "palette"}
    assert list(written.files) == ["i0", "i1", "i2"]
    assert written.created


def test_a_block_that_fails_leaves_nothing(tmp_path: Path):
    def interrupted() -> None:
        with span_writer(tmp_path, 1) as folder:
            (folder / "x").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_a_block_that_ends_well_is_renamed(tmp_path: Path):
    with span_writer(tmp_path, 3) as folder:
        (folder / "x").write_text("whole")
        assert folder.name.startswith(".")
    assert [path.name for path in tmp_path.iterdir()] == ["span-3"]
    assert (tmp_path / "span-3").stat().st_mode & 0o777 == 0o755


def test_one_writer_at_a_time(tmp_path: Path):
    with (
        destination_lock(tmp_path),
        pytest.raises(InputError, match="another process writes"),
        destination_lock(tmp_path),
    ):
        pass
    with destination_lock(tmp_path):
        pass


def test_the_lock_clears_what_was_killed(tmp_path: Path):
    (tmp_path / ".partial-span-1").mkdir()
    (tmp_path / "span-2").mkdir()
    with destination_lock(tmp_path):
        assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "span-2"]


def test_numbers_of_spans(tmp_path: Path):
    assert choose_span(tmp_path / "none", None) == 1
    for name in ("span-2", "span-10", "span-x", "other"):
        (tmp_path / name).mkdir()
    assert choose_span(tmp_path, None) == 11
    assert choose_span(tmp_path, 3) == 3
    with pytest.raises(InputError, match="span-2: exists already"):
        choose_span(tmp_path, 2)


def test_manifests_come_back_and_their_scenes_add_up(tmp_path: Path):
    first = replace(EMPTY, scenes={"a": SceneEntry("train", 2, ["aa"])})
    second = replace(EMPTY, span=2, scenes={"a": SceneEntry("train", 3, ["bb"]), "b": SceneEntry("validation", 1, [])})
    for manifest in (first, second):
        folder = tmp_path / f"span-{manifest.span}"
        folder.mkdir()
        (folder / "manifest.json").write_text(manifest.to_json(), encoding="utf-8")
    assert read_manifests(tmp_path) == [first, second]
    assert known_scenes([first, second]) == {
        "a": SceneEntry("train", 5, ["aa", "bb"]),
        "b": SceneEntry("validation", 1, []),
    }
