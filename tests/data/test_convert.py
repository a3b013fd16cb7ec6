from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from data.errors import InputError
from data.features import SPLITS
from data.spans.manifest import read_manifest, spans
from tests.data.converting import left_over, run
from tests.data.drawing import picture, write, write_pairs
from tests.small_disk import open_below, small_disk


def test_bytes_names_and_sizes_are_those_of_the_files(tmp_path: Path):
    source = write_pairs(tmp_path / "set", 6)
    write(source / "input" / "tall.jpg", picture(50, 70, 40))
    write(source / "target" / "tall.jpg", picture(51, 70, 40))
    manifest, records = run(source, tmp_path / "out", degradation="rain", severity="heavy")
    flat = {record.pair_id: record for split in SPLITS for record in records[split]}
    assert len(flat) == manifest.pairs == 7
    tall = flat["set/input/tall"]
    assert tall.input_image == (source / "input" / "tall.jpg").read_bytes()
    assert tall.target_image == (source / "target" / "tall.jpg").read_bytes()
    assert (tall.input_size, tall.target_size) == ((70, 40), (70, 40))
    assert (tall.degradation, tall.severity, tall.source) == ("rain", "heavy", "set")
    assert (tall.input_name, tall.target_name) == ("input/tall.jpg", "target/tall.jpg")


def test_the_manifest_says_what_lies_there(tmp_path: Path):
    source = write_pairs(tmp_path / "set", 8)
    (source / "input" / "notes.txt").write_text("x")
    manifest, records = run(source, tmp_path / "out", degradation="rain")
    assert read_manifest(tmp_path / "out" / "span-1") == manifest
    assert manifest.counts["split"] == {split: len(records[split]) for split in sorted(SPLITS)}
    assert manifest.counts["degradation"] == {"rain": 8}
    assert manifest.sizes == {"48x64": 8}
    assert len(manifest.files) == 16
    assert manifest.ignored == ["input/notes.txt"]
    assert manifest.rule["layout"] == "same-name"
    assert sorted(manifest.shards) == sorted(f"{split}-00000-of-00001.tfrecord" for split in SPLITS)
    for split in SPLITS:
        assert {record.scene_id for record in records[split]} == {
            scene for scene, entry in manifest.scenes.items() if entry.split == split
        }


def test_the_same_files_give_the_same_bytes(tmp_path: Path):
    source = write_pairs(tmp_path / "set", 7)
    first, _ = run(source, tmp_path / "a")
    second, _ = run(source, tmp_path / "b")
    assert replace(first, created="") == replace(second, created="")
    for name in first.shards:
        assert (tmp_path / "a/span-1" / name).read_bytes() == (tmp_path / "b/span-1" / name).read_bytes()


def test_a_scene_keeps_its_split_in_later_spans(tmp_path: Path):
    first, _ = run(write_pairs(tmp_path / "one", 9), tmp_path / "out")
    second, _ = run(write_pairs(tmp_path / "two", 14, first=4), tmp_path / "out", seed=99)
    assert spans(tmp_path / "out") == [1, 2]
    shared_scenes = first.scenes.keys() & second.scenes.keys()
    assert len(shared_scenes) == 5
    assert all(first.scenes[scene].split == second.scenes[scene].split for scene in shared_scenes)


def test_a_later_span_may_lack_a_split(tmp_path: Path):
    run(write_pairs(tmp_path / "one", 5), tmp_path / "out")
    manifest, records = run(write_pairs(tmp_path / "two", 1), tmp_path / "out")
    assert manifest.pairs == sum(map(len, records.values())) == 1
    assert len(list((tmp_path / "out/span-2").glob("*.tfrecord"))) == 3


def test_two_scenes_convert_and_leave_a_split_empty(tmp_path: Path):
    manifest, records = run(write_pairs(tmp_path / "set", 2), tmp_path / "out")
    assert manifest.counts["split"] == {"train": 1, "validation": 0, "evaluation": 1}
    assert records["validation"] == []


def test_a_number_that_is_taken_is_refused(tmp_path: Path):
    source = write_pairs(tmp_path / "set", 3)
    assert run(source, tmp_path / "out", span=5)[0].span == 5
    with pytest.raises(InputError, match="span-5: exists already"):
        run(source, tmp_path / "out", span=5)
    assert run(source, tmp_path / "out")[0].span == 6


def test_an_unwritable_destination_is_named(tmp_path: Path):
    source = write_pairs(tmp_path / "set", 3)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="file/out: cannot be written"):
        run(source, tmp_path / "file" / "out")


def test_a_damaged_manifest_is_named(tmp_path: Path):
    (tmp_path / "out/span-1").mkdir(parents=True)
    (tmp_path / "out/span-1/manifest.json").write_text("{}")
    with pytest.raises(InputError, match=r"manifest\.json: not a manifest"):
        run(write_pairs(tmp_path / "set", 3), tmp_path / "out")


def test_killed_in_the_middle_it_leaves_no_span_and_the_next_call_starts_clean(tmp_path: Path):
    source, out = write_pairs(tmp_path / "set", 8), tmp_path / "out"
    # The eighth record waits for ever: the process dies with seven written.
    code = (
        "import sys, time; from pathlib import Path; from data import convert; from data.conversion import pair_records\n"
        "from data.layouts.layout import same_name\n"
        "build = pair_records._build\n"
        "def slow(request, pair, *rest, **more):\n"
        "    if pair.key == 'input/7': time.sleep(600)\n"
        "    return build(request, pair, *rest, **more)\n"
        "pair_records._build = slow\n"
        "convert.convert(convert.ConvertRequest(Path(sys.argv[1]), Path(sys.argv[2]), same_name()))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(source), str(out)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not list(out.glob(".partial-span-1/train-*")) and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.05)
    with pytest.raises(InputError, match="another process writes"):
        run(source, out)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert len(left_over(out)) == 1
    assert spans(out) == []
    manifest, records = run(source, out)
    assert manifest.span == 1
    assert left_over(out) == ["span-1"]
    assert sum(map(len, records.values())) == 8


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_is_reported_in_one_line_and_nothing_is_left(tmp_path):
    source = write_pairs(tmp_path / "set", 40)
    with small_disk(tmp_path / "disk", "100k") as disk:
        with pytest.raises(InputError, match="the disk is full.*make room") as caught:
            run(source, disk / "records")
        assert left_over(disk / "records") == []
        # Also while somebody still holds the error, whose traceback holds what the conversion used.
        assert caught.value.__traceback__ is not None
        assert open_below(disk) == []
