"""`ast-restore data check` as a user calls it: every verdict, every exit code and every output file."""

import json
import os
import re
import subprocess
import sys

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from components.pair_validator.judging.reasons import MEANINGS
from data.errors import InputError
from pipeline.benchmarks.support import corruptions
from pipeline.commands.cli import cli
from tests.components.pair_validator.drawing import encode, haze, rain, scene
from tests.components.pair_validator.measuring.test_decoding import png_header
from tests.data.image.codec.profiles import display_p3

TARGET = scene(71, 160, 200)
RAINY = rain(TARGET, 73, streaks=250)
# So plain that even one pair without a set to speak for it is told.
HAZY_AND_RAINY = rain(haze(TARGET, 0.35), 3)
OTHER = scene(72, 160, 200)
KEYS = ("pair_id", "input", "target", "verdict", "reasons", "measurements")


def call(*arguments):
    return CliRunner().invoke(
        cli, ["data", "check", *map(str, arguments)], catch_exceptions=False, standalone_mode=False
    )


def check(source, *arguments, expect):
    """Runs the command and returns its lines by the input's (or the target's) name."""
    file = source / ".." / "verdicts.jsonl"
    done = call(source, "--layout", "same-name", "--json", file, *arguments)
    assert done.return_value == expect, done.output
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return {(line["input"] or line["target"]): line for line in lines}


def put(source, name, degraded, target):
    for folder, image in (("input", degraded), ("target", target)):
        if image is not None:
            (source / folder / name).parent.mkdir(parents=True, exist_ok=True)
            (source / folder / name).write_bytes(image if isinstance(image, bytes) else encode(image))


def _stretched(image):
    wide = cv2.resize(image, None, fx=1.05, fy=1, interpolation=cv2.INTER_CUBIC)
    start = (wide.shape[1] - image.shape[1]) // 2
    return np.ascontiguousarray(wide[:, start : start + image.shape[1]])


def _torn(image):
    torn = image.copy()
    torn[90:] = np.roll(image, 6, axis=1)[90:]
    return torn


def _barred(image):
    barred = image.copy()
    barred[:8] = 0
    return barred


# Name of the pair: its two files, and the codes against it.
PAIRS = {
    "good.png": (RAINY, TARGET, []),
    "again.png": (RAINY, TARGET, ["duplicate"]),
    "lonely.png": (RAINY, None, ["missing_partner"]),
    "orphan.png": (None, TARGET, ["missing_partner"]),
    "cut.png": (encode(RAINY)[:4000], TARGET, ["undecodable"]),
    "text.png": (b"version https://git-lfs", TARGET, ["not_an_image"]),
    "empty.png": (RAINY, b"", ["not_an_image"]),
    "other.bmp": (encode(RAINY, "BMP"), encode(TARGET, "BMP"), ["not_an_image", "not_an_image"]),
    "p3.png": (encode(RAINY, icc_profile=display_p3()), TARGET, ["other_profile"]),
    "bomb.png": (RAINY, png_header(30_000, 30_000), ["bomb"]),
    "short.png": (RAINY[:-3], TARGET, ["size_mismatch"]),
    "small.png": (RAINY[:60], TARGET[:60], ["too_small"]),
    "moved.png": (np.roll(RAINY, 1, 1), TARGET, ["misaligned"]),
    "mirrored.png": (RAINY[:, ::-1], TARGET, ["flipped"]),
    "zoomed.png": (*corruptions.zoom(RAINY, TARGET, 1.05), ["scaled"]),
    "stretched.png": (_stretched(RAINY), TARGET, ["stretched"]),
    "torn.png": (_torn(RAINY), TARGET, ["locally_misaligned"]),
    "barred.png": (_barred(RAINY), TARGET, ["bordered"]),
    "swapped.png": (TARGET, HAZY_AND_RAINY, ["swapped"]),
    "bgr.png": (RAINY[..., ::-1], TARGET, ["channels_swapped"]),
    "black.png": (RAINY, TARGET // 16, ["range_mismatch"]),
    "blocks.png": (RAINY, encode(TARGET, "JPEG", quality=10), ["low_quality_target"]),
    "stranger.png": (RAINY, OTHER, ["unrelated"]),
    "fake.png": (RAINY, encode(RAINY, "JPEG", quality=80), ["no_ground_truth"]),
}


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """One of each, and one scene in two splits."""
    source = tmp_path_factory.mktemp("check") / "set"
    for name, (degraded, target, _) in PAIRS.items():
        put(source, name, degraded, target)
    for split in ("train", "test_syn"):
        put(source, f"{split}/shared.png", rain(OTHER, len(split)), OTHER)
    return source, check(source, "--report", source / ".." / "report", expect=4)


@pytest.mark.parametrize("name", PAIRS)
def test_each_pair_gets_the_reason_codes_of_its_defect(name, checked):
    degraded, target, codes = PAIRS[name]
    file = f"{'target' if degraded is None else 'input'}/{name}"
    line = checked[1][file]
    # Of two duplicates the first by name stays.
    if name in ("good.png", "again.png"):
        codes = ["duplicate"] if name == "good.png" else []
    assert [reason["code"] for reason in line["reasons"]] == codes
    assert line["verdict"] == ("quarantined" if codes else "ok")
    assert tuple(line)[: len(KEYS)] == KEYS
    assert (line["input"] is None, line["target"] is None) == (degraded is None, target is None)
    assert line["pair_id"] == f"set/{file.removesuffix('.png').removesuffix('.bmp')}"


def test_a_scene_in_two_splits_leaks(checked):
    assert [reason["code"] for reason in checked[1]["input/train/shared.png"]["reasons"]] == ["leak"]
    assert checked[1]["input/test_syn/shared.png"]["verdict"] == "ok"


def test_the_pairs_above_cover_every_reason_code():
    assert {code for *_, codes in PAIRS.values() for code in codes} | {"leak"} == set(MEANINGS)


def test_the_report_is_one_file_that_shows_each_reason(checked):
    (page,) = (checked[0].parent / "report").iterdir()
    text = page.read_text()
    assert all(f"<code>{code}</code>" in text for code in MEANINGS)
    assert text.count('class="blinker"') >= 6
    assert not re.search(r"(src|href)=\"(?!data:|#)", text)
    assert text.count("threshold</text>") == 13  # one a measure that has a threshold


def test_a_quarantine_is_explained_with_pictures_and_thresholds_that_let_the_pairs_pass(tmp_path):
    for number in range(3):
        put(tmp_path / "set", f"{number}.png", np.roll(rain(TARGET, number), 3, 1), TARGET)
    done = call(tmp_path / "set", "--layout", "same-name", "--report", tmp_path / "report")
    lines = done.output.splitlines()
    assert "a run would refuse this data: 3 of 3 pairs failed, 3 as misaligned" in lines
    (advice,) = (line for line in lines if line.startswith("  if these pairs are right: --threshold max_shift="))
    (link,) = (line for line in lines if "pictures: file://" in line)
    assert link.endswith("/report/index.html#misaligned")
    page = (tmp_path / "report" / "index.html").read_text()
    assert page.partition('<h3 id="misaligned">')[2].partition('id="close-calls"')[0].count('class="blinker"') == 3
    option = re.search(r"--threshold \S+", advice).group()
    assert call(tmp_path / "set", "--layout", "same-name", *option.split()).return_value == 0


def test_images_side_by_side_are_pairs_too(tmp_path):
    for name, images in (
        ("good.png", (TARGET, RAINY)),
        ("wrong.png", (HAZY_AND_RAINY, TARGET)),
        ("odd.png", (TARGET, RAINY[:, 1:])),
    ):
        (tmp_path / name).write_bytes(encode(np.hstack(images)))
    done = call(tmp_path, "--layout", "side-by-side", "--input-side", "right", "--json", tmp_path / "out" / "v.jsonl")
    assert done.return_value == 4
    lines = [json.loads(line) for line in (tmp_path / "out" / "v.jsonl").read_text().splitlines()]
    codes = {line["input"]: [reason["code"] for reason in line["reasons"]] for line in lines}
    assert codes == {"good.png": [], "wrong.png": ["swapped"], "odd.png": ["size_mismatch"]}


def test_the_exit_code_is_0_if_all_pass_and_a_stricter_threshold_changes_that(tmp_path):
    put(tmp_path / "set", "1.png", RAINY, encode(TARGET, "JPEG", quality=95))
    assert check(tmp_path / "set", expect=0)["input/1.png"]["verdict"] == "ok"
    (line,) = check(tmp_path / "set", "--threshold", "min_side=300", expect=4).values()
    assert (line["reasons"][0]["code"], line["reasons"][0]["threshold"]) == ("too_small", 300)
    (line,) = check(tmp_path / "set", "--max-bytes", 500, expect=4).values()
    assert {reason["code"] for reason in line["reasons"]} == {"bomb"}


def test_a_photograph_is_measured_with_the_orientation_of_its_exif(tmp_path):
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    put(tmp_path / "set", "1.png", encode(np.rot90(RAINY), "JPEG", quality=95, exif=exif), TARGET)
    assert check(tmp_path / "set", expect=0)


def test_names_that_are_not_utf8_and_links_out_of_the_folder_get_a_verdict(tmp_path):
    put(tmp_path / "set", "1.png", RAINY, TARGET)
    os.rename(os.fsencode(tmp_path / "set" / "input" / "1.png"), os.fsencode(tmp_path / "set" / "input") + b"/\xff.png")
    put(tmp_path, "2.png", RAINY, TARGET)
    (tmp_path / "set" / "input" / "2.png").symlink_to(tmp_path / "input" / "2.png")
    (tmp_path / "set" / "target" / "2.png").write_bytes(encode(TARGET))
    lines = check(tmp_path / "set", expect=4)
    assert [line["reasons"][0]["code"] for _, line in sorted(lines.items())] == [
        "undecodable", "missing_partner", "missing_partner"
    ]  # fmt: skip
    assert "leads out of" in lines["input/2.png"]["reasons"][0]["text"]


def test_an_ambiguous_target_is_never_guessed(tmp_path):
    put(tmp_path / "set", "1.png", RAINY, TARGET)
    (tmp_path / "set" / "target" / "1.png").rename(tmp_path / "set" / "target" / "1.jpg")
    (tmp_path / "set" / "target" / "1.jpeg").write_bytes(encode(TARGET, "JPEG"))
    lines = check(tmp_path / "set", expect=4)
    assert len(lines) == 3
    assert "several files could be its target" in lines["input/1.png"]["reasons"][0]["text"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("missing", "--layout", "same-name"), "no such folder"),
        (
            (".", "--layout", "sideways"),
            r"not known \(did you mean side-by-side\?\); `ast-restore data layouts` lists them",
        ),
        ((".", "--layout", "side-by-side"), "--input-side"),
        ((".", "--layout", "same-name"), "no such folder"),
        (("set", "--layout", "same-name", "--threshold", "shift=1"), "choose one of min_side"),
        (("set", "--layout", "same-name", "--threshold", "max_shift=far"), "max_shift=far"),
        (
            ("set", "--layout", "same-name", "--threshold", "max_shift=inf"),
            "max_shift: input should be a finite number",
        ),
        (("set", "--layout", "same-name", "--threshold", "max_shift"), "expected NAME=VALUE"),
        (("set", "--layout", "same-name", "--json", "file/v.jsonl"), "cannot be made"),
        (("set", "--layout", "same-name", "--folder", "empty"), "holds no image"),
        (("set", "--layout", "same-name", "--folder", ".", "--folder", "."), "found twice"),
    ],
)
def test_unusable_input_is_one_line(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "set", "1.png", RAINY, TARGET)
    for folder in ("input", "target"):
        (tmp_path / "set" / "empty" / folder).mkdir(parents=True)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=message) as error:
        call(*arguments)
    assert "\n" not in str(error.value)


def test_the_command_itself_exits_2_and_loads_no_tensorflow(tmp_path):
    put(tmp_path / "set", "1.png", RAINY, TARGET)
    code = (
        "import sys; sys.argv[1:] = ['data', 'check', 'set', '--layout', 'same-name', '--report', 'r']\n"
        "from pipeline.commands.cli import main\n"
        "try: main()\nexcept SystemExit as end: sys.exit(end.code or 'tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False).returncode == 0
    code = code.replace("'set'", "'missing'")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("ast-restore: missing: no such folder")
