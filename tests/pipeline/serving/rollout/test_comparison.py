"""The verdict on a shadow, from logs whose truth is known."""

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from data.errors import InputError
from data.image.plausibility import Plausibility
from pipeline.commands.models.compare_shadow import compare_shadow
from pipeline.serving.rollout.bounds import bounds_from
from pipeline.serving.rollout.shadow.comparison import Limits, compare
from pipeline.serving.rollout.shadow.entry import ShadowEntry

SOUND = Plausibility(change=5.0, brightness=-3.0, colour=2.0, clipped=0.0, detail=0.9, seams=1.0, edges=0.9)
ODD = replace(SOUND, edges=0.0)


def _entries(images=60, failed=0, odd=0, slowdown=1.0, production_odd=0, **more):
    """Entries of images of which the first ones are odd and the last ones fail; times scatter by a fifth."""
    draw = np.random.default_rng(1)
    entries = []
    for number in range(images):
        took = 20.0 * float(draw.uniform(0.8, 1.2))
        done = {} if number >= images - failed else {
            "shadow_ms": 20.0 * slowdown * float(draw.uniform(0.8, 1.2)),
            "psnr": 38.0,
            "ssim": 0.98,
            "colour": 1.0,
            "of_shadow": ODD if number < odd else SOUND,
        }  # fmt: skip
        values = {"time": "2026-11-30T00:00:00+00:00", "production": 200, "shadow": "version 100", "height": 40,
                  "width": 60, "production_ms": took, "error": "" if done else "ValueError",
                  "of_production": ODD if number < production_odd else SOUND}  # fmt: skip
        entries.append(ShadowEntry(**values | done | more))
    return entries


def _verdict(**settings):
    return compare(_entries(**settings), bounds_from(()), Limits()).verdict


@pytest.mark.parametrize(
    ("settings", "verdict"),
    [
        ({}, "in bounds"),
        ({"slowdown": 1.3}, "in bounds"),
        ({"slowdown": 2.0}, "out of bounds"),
        ({"slowdown": 1.5}, "undecided"),
        ({"odd": 20}, "out of bounds"),
        ({"odd": 3}, "undecided"),
        ({"odd": 20, "production_odd": 20}, "in bounds"),  # a client that sends what no model restores
        ({"failed": 10}, "out of bounds"),
        ({"failed": 1}, "undecided"),  # one of 60 may be chance
        ({"failed": 60}, "out of bounds"),
    ],
)
def test_a_shadow_is_out_of_bounds_only_beyond_chance(settings, verdict):
    assert _verdict(**settings) == verdict


def test_the_differences_are_paired_and_the_bounds_hold_the_mean():
    comparison = compare(_entries(odd=20), bounds_from(()), Limits())
    edges = comparison.differences["edges"]
    assert edges.low < edges.mean < edges.high
    assert edges.mean == pytest.approx(-0.9 / 3)
    assert comparison.odd_measures["edges"] == 20
    assert comparison.odd_measures["change"] == 0


def test_a_narrower_range_makes_more_images_odd():
    assert compare(_entries(), bounds_from(["edges=0.95:"]), Limits()).odd_measures["edges"] == 60


@pytest.mark.parametrize("text", ["edges", "edges=0.5", "edge=0.5:", "edges=1:0", "edges=a:b", "edges=nan:", "=:"])
def test_a_range_that_is_none_is_refused_in_a_line(text):
    with pytest.raises(InputError, match="--bound"):
        bounds_from([text])


def test_a_measure_that_is_not_a_number_is_odd():
    assert bounds_from(()).broken(replace(SOUND, detail=float("nan"))) == ["detail"]


def _written(folder, entries, end=""):
    folder.mkdir(exist_ok=True)
    (folder / "shadow.jsonl").write_text("".join(f"{entry.model_dump_json()}\n" for entry in entries) + end)
    return folder


def _run(*arguments):
    return CliRunner().invoke(compare_shadow, [str(each) for each in arguments], standalone_mode=False)


def test_the_command_judges_the_last_pair_of_models_and_ends_with_its_code(tmp_path):
    old = _entries(slowdown=3.0, shadow="version 90")
    log = _written(tmp_path / "log", old + _entries(), end='{"time": "2026')
    done = _run("--shadow-log", log)
    assert done.return_value == 0
    assert "version 100 beside version 200: 60 images (and 60 of other models, left out)" in done.output
    assert "nothing here speaks against the shadow" in done.output
    assert _run("--shadow-log", _written(tmp_path / "old", old)).return_value == 3
    assert "errors: ValueError 4" in _run("--shadow-log", _written(tmp_path / "failing", _entries(failed=4))).output
    assert _run("--shadow-log", log, "--max-slowdown", "1.0").return_value in (2, 3)
    assert _run("--shadow-log", log, "--bound", "edges=0.95:", "--bound", "detail=:2").return_value == 0  # both alike


def test_json_has_the_same_verdict(tmp_path):
    done = _run("--shadow-log", _written(tmp_path / "log", _entries(odd=30)), "--json")
    values = json.loads(done.output)
    assert (done.return_value, values["verdict"], values["images"]) == (3, "out of bounds", 60)
    assert {each["name"]: each["verdict"] for each in values["judged"]}["odd"] == "out of bounds"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "0 images of this shadow"),
        ("{}\n", "line 1 is not an image of a shadow"),
        ("[1]\n", "line 1 is not an image of a shadow"),
        (b"\xff\xfe\n".decode("latin-1") + "\n", "line 1 is not an image of a shadow"),
    ],
)
def test_a_log_that_is_none_is_named_in_a_line(tmp_path, content, problem):
    (tmp_path / "shadow.jsonl").write_text(content)
    for log, said in ((tmp_path, problem), (tmp_path / "elsewhere", "no shadow.jsonl there")):
        error = _run("--shadow-log", log).exception
        assert isinstance(error, InputError)
        assert said in str(error)


def test_a_line_with_a_value_that_is_not_finite_is_damaged(tmp_path):
    log = _written(tmp_path / "log", _entries())
    text = (log / "shadow.jsonl").read_text()
    for damaged in (text.replace('"edges":0.9', '"edges":NaN', 1), text.replace('"psnr":38.0', '"psnr":1e999', 1)):
        assert damaged != text
        (log / "shadow.jsonl").write_text(damaged)
        assert "line 1 is not" in str(_run("--shadow-log", log).exception)
