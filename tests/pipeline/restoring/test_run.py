"""Whole calls on files."""

import io
import os
import shutil
import subprocess
import sys

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from components.production import changes, registry
from data.errors import InputError
from data.image.codec.decoding import Limits
from data.image.measures import psnr
from data.image.ssim import ssim_rgb
from pipeline.commands.restore import restore
from pipeline.restoring.comparison import HEADING
from pipeline.restoring.model import newest_model
from pipeline.restoring.options import Options
from pipeline.restoring.run import restore_images
from tests.data.drawing import encoded, picture, write
from tests.model_code.weights.starter.small_starter import use_starters


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "in" / "a.png", picture(1, 40, 60))
    write(tmp_path / "in" / "deep" / "b.jpg", picture(2, 50, 30))
    return tmp_path


def test_names_paths_sizes_and_formats_are_preserved(folder, models):
    assert restore_images([str(folder / "in")], folder / "out", models / "network") == 0
    sizes = {str(path.relative_to(folder / "out")): Image.open(path) for path in (folder / "out").rglob("*.*")}
    assert {name: (image.format, image.size) for name, image in sizes.items()} == {
        "a.png": ("PNG", (60, 40)),
        "deep/b.jpg": ("JPEG", (30, 50)),
    }


def test_failures_are_reported_and_the_other_images_are_restored(folder, models, capsys):
    (folder / "in" / "broken.png").write_text("no image")
    (folder / "in" / "cut.jpg").write_bytes(encoded(picture(3), "JPEG")[:-300])
    write(folder / "in" / "large.png", picture(4, 100, 100))
    options = Options(limits=Limits(max_pixels=9000))
    assert restore_images([str(folder / "in")], folder / "out", models / "identity", options) == 2
    said = capsys.readouterr().err
    for name in ("broken.png", "cut.jpg", "large.png"):
        assert name in said
    assert "2 of 5 images restored" in said
    assert sorted(path.name for path in (folder / "out").rglob("*.*")) == ["a.png", "b.jpg"]


def test_a_file_of_too_many_bytes_is_not_read(folder, models, capsys):
    options = Options(limits=Limits(max_bytes=500))
    assert restore_images([str(folder / "in" / "a.png")], folder / "out", models / "identity", options) == 2
    assert "larger than 500 bytes" in capsys.readouterr().err


def test_unwritable_results_are_reported_and_leave_no_partial_file(folder, models, capsys):
    (folder / "out").mkdir()
    (folder / "out" / "deep").write_text("a file where a folder is needed")
    assert restore_images([str(folder / "in")], folder / "out", models / "identity") == 2
    assert "deep/b.jpg: cannot be written" in capsys.readouterr().err
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["a.png", "deep"]


def test_existing_results_are_skipped(folder, models, capsys):
    done = write(folder / "out" / "a.png", picture(9, 5, 5)).read_bytes()
    options = Options(skip_existing=True)
    assert restore_images([str(folder / "in")], folder / "out", models / "identity", options) == 0
    assert (folder / "out" / "a.png").read_bytes() == done
    assert "1 of 1 images restored" in (said := capsys.readouterr().err)
    assert "1 skipped, as their results exist" in said


def test_scores_measure_the_written_file(folder, models, capsys):
    targets = {"a": picture(1, 40, 60) // 2 + 60, "b": picture(2, 50, 30)}
    write(folder / "clean" / "a.png", targets["a"])
    write(folder / "clean" / "deep" / "b.png", targets["b"])  # another ending
    options = Options(target=folder / "clean", quality=60)
    assert restore_images([str(folder / "in")], folder / "out", models / "network", options) == 0
    lines = capsys.readouterr().out.splitlines()
    expected = []
    for line, (name, target) in zip(lines, {"a.png": targets["a"], "deep/b.jpg": targets["b"]}.items(), strict=False):
        before, after = (np.asarray(Image.open(folder / place / name)) for place in ("in", "out"))
        expected.append(psnr(after, target))
        assert line.startswith(f"{name}  PSNR {psnr(before, target):.2f} -> {expected[-1]:.2f} dB")
        assert f"SSIM {ssim_rgb(before, target):.4f} -> {ssim_rgb(after, target):.4f}" in line
    assert lines[2].startswith("mean of 2  PSNR ")
    assert f"-> {np.mean(expected):.2f} dB" in lines[2]


def test_a_missing_or_unequal_target_is_reported_and_the_image_is_restored(folder, models, capsys):
    write(folder / "clean" / "a.png", picture(1, 41, 60))
    options = Options(target=folder / "clean")
    assert restore_images([str(folder / "in")], folder / "out", models / "identity", options) == 2
    said = capsys.readouterr().err
    assert "a.png: cannot be measured" in said
    assert "b.jpg: no target of this name" in said
    assert "2 of 2 images restored" in said
    assert len(list((folder / "out").rglob("*.*"))) == 2


def test_comparison_images_are_written_beside_the_results_or_to_a_folder(folder, models):
    write(folder / "in" / "a.jpg", picture(1, 40, 60))  # its sheet must not be written over that of a.png
    options = Options(compare=True)
    assert restore_images([str(folder / "in")], folder / "out", models / "network", options) == 0
    names = sorted(str(path.relative_to(folder / "out")) for path in (folder / "out").rglob("*.compare.png"))
    assert names == ["a.compare.png", "a.png.compare.png", "deep/b.compare.png"]
    sheet = cv2.imread(str(folder / "out" / "a.png.compare.png"))[HEADING:, :, ::-1]
    np.testing.assert_array_equal(sheet[:, :60], Image.open(folder / "in" / "a.png"))
    np.testing.assert_array_equal(sheet[:, 68:], Image.open(folder / "out" / "a.png"))
    elsewhere = Options(compare=True, compare_folder=folder / "sheets")
    assert restore_images([str(folder / "in" / "a.png")], folder / "more", models / "identity", elsewhere) == 0
    assert [path.name for path in (folder / "more").iterdir()] == ["a.png"]
    assert (folder / "sheets" / "a.compare.png").is_file()


def test_a_large_image_is_restored_in_tiles_without_seams(tmp_path, models):
    write(tmp_path / "a.png", picture(5, 700, 520))
    whole, tiled = Options(), Options(memory=64)  # the least: tiles of 128 pixels
    for name, options in (("whole", whole), ("tiled", tiled)):
        assert restore_images([str(tmp_path / "a.png")], tmp_path / name, models / "network", options) == 0
    images = [np.asarray(Image.open(tmp_path / name / "a.png")).astype(int) for name in ("whole", "tiled")]
    assert np.abs(images[0] - images[1]).max() <= 1


def test_without_a_model_the_error_says_what_to_do(folder, tmp_path):
    with pytest.raises(InputError, match="no model was pushed there"):
        newest_model(tmp_path / "models")
    with pytest.raises(InputError, match="name the folder of a SavedModel"):
        restore_images([str(folder / "in")], folder / "out", tmp_path)


def _command(*arguments, data=b""):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", "from pipeline.commands.cli import main; main()", "restore", *map(str, arguments)]
    return subprocess.run(command, input=data, capture_output=True, check=False, timeout=300, env=environment)


def test_standard_output_gets_nothing_but_the_image(folder, models):
    data = (folder / "in" / "a.png").read_bytes()
    arguments = ("-", "--output", "-", "--model", models / "identity", "--target", folder / "in")
    done = _command(*arguments, data=data)
    assert done.returncode == 2, done.stderr.decode()
    np.testing.assert_array_equal(Image.open(io.BytesIO(done.stdout)), Image.open(folder / "in" / "a.png"))
    assert done.stdout.endswith(b"IEND\xaeB`\x82")
    assert b"standard input: no target of this name" in done.stderr
    assert b"1 of 1 images restored to standard output" in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--compare"], "name a folder with --compare-folder"), (["--self-ensemble", "--mirror-ensemble"], "choose one")],
)
def test_options_that_contradict_each_other_are_refused(options, said):
    done = CliRunner().invoke(restore, ["a.png", "--output", "-", "--model", "m", *options])
    assert done.exit_code == 2
    assert said in done.output


def test_before_any_training_the_starter_restores_and_says_so(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # no workspace here
    done = _command(folder / "in", "--output", tmp_path / "restored")
    assert done.returncode == 0, done.stderr
    assert b"restoring with the starter weights (tiny16, drawn rain," in done.stderr
    assert (tmp_path / "restored" / "deep" / "b.jpg").is_file()


def test_where_no_starter_was_named_the_others_are(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "starters").mkdir()
    use_starters(tmp_path / "starters", monkeypatch)

    def said(*model):
        arguments = [str(folder / "in" / "a.png"), "--output", "out", *model]
        done = CliRunner().invoke(restore, arguments, catch_exceptions=False, standalone_mode=False)
        assert done.return_value == 0
        return " ".join(done.output.split())

    hint = "never saw your data; `ast-restore run` trains a model; --model starter:haze is for haze"
    assert hint in said()
    named = said("--model", "starter:haze")
    assert "restoring with the starter weights (micro8, drawn haze, " in named
    assert "--model" not in named


def test_a_folder_named_starter_is_restored_with_where_it_is_given_as_a_path(folder, tmp_path, monkeypatch, models):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(models / "identity", tmp_path / "starter")
    arguments = [str(folder / "in" / "a.png"), "--output", "out", "--model", "./starter"]
    done = CliRunner().invoke(restore, arguments, catch_exceptions=False, standalone_mode=False)
    assert (done.return_value, "starter weights" in done.output) == (0, False)
    np.testing.assert_array_equal(cv2.imread("out/a.png"), cv2.imread("in/a.png"))


def test_an_empty_push_destination_that_was_named_is_no_reason_for_the_starter(folder, tmp_path):
    done = _command(folder / "in", "--output", tmp_path / "restored", "--models", tmp_path / "models")
    assert done.returncode == 2
    assert b"no model was pushed there" in done.stderr


def test_a_model_that_is_not_signed_with_the_key_restores_nothing(folder, tmp_path, models, keys):
    pushed = registry.push(models / "identity", tmp_path / "models", "run")
    words = (folder / "in", "--output", tmp_path / "out", "--models", tmp_path / "models", "--require-signature")
    refused = _command(*words, keys.public)
    assert refused.returncode == 2
    assert b"not signed; sign it with `ast-restore models sign`" in refused.stderr
    assert not (tmp_path / "out").exists()
    changes.sign_version(tmp_path / "models", pushed.number, keys.private)
    assert _command(*words, keys.public).returncode == 0
