import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from components.pair_validator.judging.advice import Advice
from components.pair_validator.judging.remedies import REMEDIES
from pipeline.report.facts.component_timing import ComponentTiming
from pipeline.report.page.console import MOST_PAIRS, summary
from tests.pipeline.report import samples


def shown(facts, page=None):
    stream = io.StringIO()
    Console(file=stream, width=80, no_color=True, force_terminal=False).print(summary(facts, page))
    return stream.getvalue()


@pytest.mark.parametrize("verdict", samples.VERDICTS)
def test_the_summary_fits_80_columns_of_ascii(verdict):
    text = shown(samples.facts(verdict), Path("/a/rather/long/folder" * 6) / "index.html")
    assert max(map(len, text.splitlines())) <= 80
    assert text.isascii()
    assert len(text.splitlines()) < 30


def test_the_summary_of_a_push_has_gain_gate_and_paths():
    text = shown(samples.facts("pushed"), Path("workspace/reports/1/index.html"))
    assert "PUSHED" in text
    assert "164 read, 1 quarantined" in text
    assert "24.00 -> 27.92  +3.92" in text
    assert "1 of 1 threshold met" in text
    assert "workspace/models/1763838847" in text
    assert "workspace/reports/1/index.html" in text
    assert text.index("light") < text.index("heavy")


def test_the_last_line_says_what_was_reused_by_the_shorter_list():
    def text(*states):
        parts = [ComponentTiming(name=f"Part{number}", state=state) for number, state in enumerate(states)]
        return shown(samples.facts("unchanged", components=parts)).strip().splitlines()[-1]

    assert text("cached", "cached", "ran") == "Reused  2 of 3 components from earlier runs: all but Part2"
    assert text("cached", "ran", "ran") == "Reused  1 of 3 components from earlier runs: Part0"
    assert text("ran", "ran").startswith("Time")


def test_the_time_is_that_which_the_user_waited():
    stream = io.StringIO()
    Console(file=stream, width=80).print(summary(samples.facts("pushed"), None, 65.4))
    assert "Time    1 min 05 s" in stream.getvalue()


def test_the_command_that_shows_the_curves_is_printed_in_one_line():
    command = "tensorboard --logdir /w/pipeline/Trainer/model_run/7/tensorboard"
    stream = io.StringIO()
    Console(file=stream, width=80).print(summary(samples.facts("pushed"), None, 65.4, command))
    assert re.search(rf"^Curves +{command} *$", stream.getvalue(), re.MULTILINE)
    assert "Curves" not in shown(samples.facts("pushed"))


def test_slices_are_shown_with_their_features():
    slices = [
        samples.metrics("overall"),
        samples.metrics("severity: medium"),
        samples.metrics("brightness_class: dark"),
    ]
    lines = [line.split("  ")[0] for line in shown(samples.facts("pushed", slices=slices)).splitlines()]
    assert {"overall", "severity: medium", "brightness: dark"} <= set(lines)


def test_refused_data_is_explained_with_a_link_to_its_pictures():
    advice = [
        Advice("swapped", 7, ("a", "b", "c"), {"min_swap_evidence": 0.31}, 7),
        Advice("undecodable", 2, ("d", "e")),
    ]
    text = shown(samples.facts("data_refused", advice=advice), Path("/r/index.html"))
    assert "7 pairs as swapped: a, b, c" in text
    assert "pictures: file:///r/index.html#why-swapped" in text
    assert "--set pairs.thresholds.min_swap_evidence=0.31 (they pass)" in " ".join(text.split())
    assert REMEDIES["undecodable"] in " ".join(text.split())


@pytest.mark.parametrize("verdict", ["refused", "data_refused"])
def test_a_refusal_ends_with_what_to_do_next(verdict):
    text = shown(samples.facts(verdict, next_steps=("add scenes (`data convert`)", "[bold]train longer[/bold]")))
    assert [line.rstrip() for line in text.strip().splitlines()[-3:]] == [
        "What to do next",
        "  - Add scenes (`data convert`)",
        "  - [bold]train longer[/bold]",
    ]
    assert "What to do next" not in shown(samples.facts(verdict))


def test_the_summary_of_a_refusal_names_the_threshold_and_its_value():
    text = shown(samples.facts("refused"))
    assert "not met: PSNR gain over the input: 0.40 dB, at least 1.00 dB" in text
    assert "Pushed  nothing" in text


def test_the_summary_of_refused_data_names_the_first_quarantined_pairs():
    many = [samples.quarantined_pair(f"pair/{number}") for number in range(1000)]
    text = shown(samples.facts("data_refused", quarantine=many, quarantined=1000))
    assert "pair/0: the target is 7 px right" in text
    assert f"pair/{MOST_PAIRS}:" not in text
    assert "995 more" in text


def test_brackets_in_names_are_text_not_markup():
    facts = samples.facts("data_refused", quarantine=[samples.quarantined_pair("[bold]a[/bold]")])
    assert "[bold]a[/bold]" in shown(facts)
