from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from data.errors import InputError
from data.layouts.choice import all_layouts
from data.renamed import RenamedWarning
from pipeline.commands.data.group import data
from tests.data.drawing import picture, write, write_pairs


def call(*arguments: object) -> str:
    result = CliRunner().invoke(data, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_convert_ends_with_what_it_made(tmp_path: Path):
    source = write_pairs(tmp_path / "set", 5)
    text = call("convert", source, tmp_path / "out", "--layout", "same-name", "--shares", "0.6,0.2,0.2")
    assert f"5 pairs of 5 scenes in {tmp_path / 'out' / 'span-1'}" in text
    assert "train            3 pairs" in text
    text = call("convert", source, tmp_path / "out", "--layout", "same-name", "--source", "again")
    assert "10 of its 10 files lie in an earlier span" in text


@pytest.mark.parametrize("bits", [8, 16])
def test_what_16_bits_lose_is_said(tmp_path: Path, bits: int):
    source = write_pairs(tmp_path / "set", 3)
    for file in source.rglob("*.png"):
        image = cv2.imread(str(file))
        palette = Image.fromarray(image).quantize(16)
        palette.save(file) if bits == 8 else cv2.imwrite(str(file), image.astype(np.uint16) * 256 + 99)
    text = call("convert", source, tmp_path / "out", "--layout", "same-name")
    assert "6 files are re-encoded as 8-bit PNG" in text
    assert ("of 16 bits a channel the upper 8 are kept" in text) == (bits == 16)


def test_convert_takes_all_options(tmp_path: Path):
    source = write_pairs(tmp_path / "set", 4)
    (source / "input").rename(source / "a")
    (source / "target").rename(source / "b")
    text = call(
        "convert", source, tmp_path / "out", "--layout=same-name", "--input-dir=a", "--target-dir=b", "--source=s",
        "--degradation=haze", "--severity=light", "--span=4", "--seed=3", "--shares=0.5,0.25,0.25", "--folder=.",
        "--max-pixels=10000", "--max-bytes=100000",
    )  # fmt: skip
    assert "span-4" in text


def test_synthesize(tmp_path: Path):
    for number in range(3):
        write(tmp_path / "photos" / f"{number}.jpg", picture(number, 80, 90))
    text = call(
        "synthesize",
        tmp_path / "out",
        "--photos",
        tmp_path / "photos",
        "--severity=light",
        "--crops=1",
        "--size",
        64,
        80,
    )
    assert "3 pairs of 3 scenes" in text


def test_layouts_are_listed():
    text = call("layouts")
    assert all(layout.name in text and layout.summary in text for layout in all_layouts())


@pytest.mark.parametrize("command", [(), ("convert",), ("synthesize",), ("layouts",)])
def test_help_at_every_level(command: tuple[str, ...]):
    text = call(*command, "--help")
    assert "Usage" in text
    assert "\b" not in text
    assert "\\b" not in text


def test_examples_keep_their_lines():
    assert "  ast-restore data convert Rain100L records --layout same-name --degradation rain\n" in call(
        "convert", "--help"
    )
    assert "  ast-restore data synthesize records\n" in call("synthesize", "--help")


@pytest.mark.parametrize("shares", ["1", "a,b,c", "0.5,0.5", "0.5,0.5,0.5"])
def test_shares_that_are_none_are_refused(shares: str, tmp_path: Path):
    source = write_pairs(tmp_path / "set", 3)
    with pytest.raises(InputError, match="shares"):
        call("convert", source, tmp_path / "out", "--layout", "same-name", "--shares", shares)


def test_the_side_of_the_input_must_be_given(tmp_path: Path):
    with pytest.raises(InputError, match="--input-side"):
        call("convert", tmp_path, tmp_path / "out", "--layout", "side-by-side")


def test_the_old_name_of_the_layout_and_its_option_work_and_name_the_new_ones(tmp_path: Path):
    for number in range(3):
        write(tmp_path / "set" / f"{number}.png", np.hstack([picture(number), 255 - picture(number)]))
    new = call("convert", tmp_path / "set", tmp_path / "new", "--layout=side-by-side", "--input-side=right")
    with pytest.warns(RenamedWarning) as warned:
        old = call("convert", tmp_path / "set", tmp_path / "old", "--layout=one-picture", "--sides=clean-rainy")
    assert {str(warning.message).partition(";")[0] for warning in warned} == {
        "--layout one-picture is now --layout side-by-side",
        "--sides clean-rainy is now --input-side right",
    }
    assert old.replace("/old/", "/new/") == new
    names = sorted(path.name for path in (tmp_path / "new" / "span-1").glob("*.tfrecord"))
    for name in names:
        assert (tmp_path / "old" / "span-1" / name).read_bytes() == (tmp_path / "new" / "span-1" / name).read_bytes()
    both = [
        "convert",
        str(tmp_path),
        str(tmp_path),
        "--layout=side-by-side",
        "--sides=clean-rainy",
        "--input-side=right",
    ]
    refused = CliRunner().invoke(data, both)
    assert refused.exit_code == 2
    assert "--sides is the old name of --input-side" in refused.output


def test_help_needs_no_tensorflow():
    code = "import sys, pipeline.commands.data.group; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
