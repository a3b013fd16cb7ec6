from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data.convert import ConvertRequest, convert
from data.errors import InputError
from data.features import SPLITS
from data.image.resizing import tile_corners
from data.layouts.detection import resolve
from data.layouts.layout import CLEAN_RAINY, LayoutChoice, listed, one_picture, same_name
from data.layouts.published import TABLE
from data.records import PairRecord
from data.spans.manifest import Manifest, read_manifest, spans
from tests.data.drawing import encoded, picture, write, write_pairs


def read(folder: Path) -> dict[str, list[PairRecord]]:
    """All records of a span, by split."""
    found = defaultdict(list)
    for path in sorted(folder.glob("*.tfrecord")):
        for item in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
            found[path.name.partition("-")[0]].append(PairRecord.from_example(item))
    return found


def run(source: Path, destination: Path, **options: object) -> tuple[Manifest, dict[str, list[PairRecord]]]:
    manifest = convert(ConvertRequest(source, destination, **{"layout": same_name(), **options}))
    return manifest, read(destination / f"span-{manifest.span}")


def decoded(data: bytes) -> np.ndarray:
    return tf.io.decode_jpeg(data, channels=3, dct_method="INTEGER_ACCURATE").numpy()


def left_over(destination: Path) -> list[str]:
    return sorted(path.name for path in destination.iterdir() if path.name != ".lock")


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


def test_mirrored_copies_lie_in_one_split(tmp_path: Path):
    source = write_pairs(tmp_path / "set", 12)
    for number in range(6):
        turned = np.ascontiguousarray(picture(number)[:, ::-1])
        write(source / "target" / f"copy{number}.png", turned)
        write(source / "input" / f"copy{number}.png", turned)
    manifest, records = run(source, tmp_path / "out", seed=3)
    assert len(manifest.scenes) == 12
    split_of = {record.target_name: split for split in SPLITS for record in records[split]}
    assert all(split_of[f"target/copy{n}.png"] == split_of[f"target/{n}.png"] for n in range(6))


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


def test_one_picture_is_cut_and_kept_without_loss(tmp_path: Path):
    source = tmp_path / "set"
    whole = {}
    for number in range(4):
        both = np.concatenate([picture(number), 255 - picture(number)], axis=1)
        path = write(source / f"{number}.jpg", both, quality=90)
        whole[path.name] = np.asarray(Image.open(path))
    manifest, records = run(source, tmp_path / "out", layout=one_picture(CLEAN_RAINY))
    assert manifest.rule["stored"] == "the two halves, as PNG"
    for record in (record for split in SPLITS for record in records[split]):
        np.testing.assert_array_equal(decoded(record.target_image), whole[record.input_name][:, :64])
        np.testing.assert_array_equal(decoded(record.input_image), whole[record.input_name][:, 64:])
        assert record.input_size == (48, 64)


def test_files_that_readers_take_differently_are_stored_anew_and_listed(tmp_path: Path):
    source = write_pairs(tmp_path / "set", 4)
    exif = Image.Exif()
    exif[0x0112] = 6
    for folder in ("input", "target"):
        Image.fromarray(picture(7)).save(source / folder / "turned.jpg", exif=exif, quality=95)
    manifest, records = run(source, tmp_path / "out")
    assert manifest.reencoded == dict.fromkeys(("input/turned.jpg", "target/turned.jpg"), "turned by EXIF")
    record = next(item for split in SPLITS for item in records[split] if "turned" in item.pair_id)
    assert record.input_size == (64, 48)
    assert decoded(record.target_image).shape == (64, 48, 3)


def test_every_bad_file_is_named_at_once_and_nothing_is_written(tmp_path: Path):
    source = write_pairs(tmp_path / "set", 6)
    (source / "target" / "1.png").write_bytes(b"text")
    (source / "input" / "2.png").write_bytes(b"")
    (source / "input" / "4.png").write_bytes(b"text, too")
    with pytest.raises(InputError) as caught:
        run(source, tmp_path / "out")
    message = str(caught.value)
    assert all(name in message for name in ("3 files", "target/1.png", "input/2.png", "input/4.png"))
    assert message.count("not a PNG or JPEG") == 1
    assert "\n" not in message
    assert left_over(tmp_path / "out") == []


def test_a_bad_input_is_named_and_nothing_is_written(tmp_path: Path):
    source = write_pairs(tmp_path / "set", 6)
    good = (source / "input" / "2.png").read_bytes()
    (source / "input" / "2.png").write_bytes(good[: len(good) // 2])
    with pytest.raises(InputError, match=r"^input/2\.png: damaged or cut short"):
        run(source, tmp_path / "out")
    assert left_over(tmp_path / "out") == []
    (source / "input" / "2.png").write_bytes(good)
    assert run(source, tmp_path / "out")[0].span == 1


def test_two_scenes_convert_and_leave_a_split_empty(tmp_path: Path):
    manifest, records = run(write_pairs(tmp_path / "set", 2), tmp_path / "out")
    assert manifest.counts["split"] == {"train": 1, "validation": 0, "evaluation": 1}
    assert records["validation"] == []


def test_larger_pairs_are_shrunk_both_alike(tmp_path: Path):
    source = write_pairs(tmp_path / "set", 3)
    manifest, records = run(source, tmp_path / "out", max_side=32)
    for record in (record for split in SPLITS for record in records[split]):
        assert record.input_size == record.target_size == (24, 32)
        wanted = cv2.resize(decoded((source / record.target_name).read_bytes()), (32, 24), interpolation=cv2.INTER_AREA)
        np.testing.assert_array_equal(decoded(record.target_image), wanted)
        assert decoded(record.input_image).shape == (24, 32, 3)
    assert manifest.reencoded["target/0.png"] == "shrunk to 32 pixels"
    same, _ = run(source, tmp_path / "same", max_side=64)
    assert same.reencoded == {}


def test_training_pairs_are_cut_into_tiles_at_the_same_places(tmp_path: Path):
    source = write_pairs(tmp_path / "set", 4)
    _, records = run(source, tmp_path / "out", tiles=32)
    assert len({record.pair_id for record in records["train"]}) == len(records["train"]) == 2 * 2 * 3  # 48x64 by 32
    for record in records["train"]:
        top, left = map(int, record.pair_id.partition("@")[2].split(","))
        for stored, name in ((record.input_image, record.input_name), (record.target_image, record.target_name)):
            whole = decoded((source / name).read_bytes())
            np.testing.assert_array_equal(decoded(stored), whole[top : top + 32, left : left + 32])
    assert all(record.input_size == (48, 64) for record in records["evaluation"])  # judged on whole images


@pytest.mark.parametrize(
    ("size", "tile", "starts"), [(48, 32, [0, 16]), (64, 32, [0, 16, 32]), (32, 32, [0]), (20, 32, [0])]
)
def test_tiles_cover_an_image_to_its_border(size: int, tile: int, starts: list[int]):
    assert sorted({top for top, _ in tile_corners((size, 100), tile)}) == starts


def test_images_that_the_layout_calls_one_scene_are_one(tmp_path: Path):
    for number in range(4):
        write(tmp_path / "set" / f"{number}.png", picture(number))
        write(tmp_path / "set" / f"{number}-wet.png", 255 - picture(number))
    (tmp_path / "set" / "pairs.csv").write_text(
        "input,target,scene\n" + "".join(f"{n}-wet.png,{n}.png,{'street' if n < 2 else ''}\n" for n in range(4))
    )
    manifest, _ = run(tmp_path / "set", tmp_path / "out", layout=listed("pairs.csv"))
    assert sorted(entry.pairs for entry in manifest.scenes.values()) == [1, 1, 2]


def test_a_scene_on_both_sides_of_the_sets_own_split_is_reported_and_dealt_to_one(tmp_path: Path):
    for folder, numbers in (("train", (0, 1, 2)), ("test", (2, 3))):
        for number in numbers:
            turned = picture(number)[:, ::-1] if folder == "test" else picture(number)  # a mirrored copy is one too
            write(tmp_path / "set" / folder / "target" / f"{number}.png", turned)
            write(tmp_path / "set" / folder / "input" / f"{number}.png", 255 - turned)
    manifest, _ = run(tmp_path / "set", tmp_path / "out", layout=TABLE["lhp-rain"])
    assert list(manifest.leaks.values()) == [["test/input/2.png", "train/input/2.png"]]
    (leaked,) = manifest.leaks
    assert manifest.scenes[leaked].pairs == 2


def test_a_photograph_beside_itself_is_refused_by_name(tmp_path: Path):
    for number in range(4):
        right = picture(number) if number == 2 else 255 - picture(number)
        write(tmp_path / "set" / f"{number}.jpg", np.concatenate([picture(number), right], axis=1), quality=80)
    with pytest.raises(InputError, match=r"2\.jpg: both halves are the same photograph") as caught:
        run(tmp_path / "set", tmp_path / "out", layout=one_picture(CLEAN_RAINY))
    assert "1.jpg" not in str(caught.value)


def test_a_target_that_changes_meanwhile_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    source = write_pairs(tmp_path / "set", 4)

    def change(*arguments: object) -> dict[str, str]:
        (source / "target" / "2.png").write_bytes(encoded(picture(33)))
        return original(*arguments)

    from data import convert as module

    original = module._scenes
    monkeypatch.setattr(module, "_scenes", change)
    with pytest.raises(InputError, match=r"target/2\.png: changed while"):
        run(source, tmp_path / "out")


def test_a_number_that_is_taken_is_refused(tmp_path: Path):
    source = write_pairs(tmp_path / "set", 3)
    assert run(source, tmp_path / "out", span=5)[0].span == 5
    with pytest.raises(InputError, match="span-5: is there already"):
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
        "import sys, time; from pathlib import Path; from data import convert; from data.layouts.layout import same_name\n"
        "build = convert._build\n"
        "def slow(request, pair, *rest, **more):\n"
        "    if pair.key == 'input/7': time.sleep(600)\n"
        "    return build(request, pair, *rest, **more)\n"
        "convert._build = slow\n"
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
    assert resolve(LayoutChoice("auto"), shared / "data" / folder)[0].name == layout
