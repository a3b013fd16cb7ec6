"""Two runs with evaluation images, for the tests of their comparison."""

from __future__ import annotations

from typing import Any

from pipeline.report.facts.image_facts import ImageGain
from pipeline.report.facts.run_facts import RunFacts
from tests.pipeline.report import samples

FIRST, SECOND = "20261122-100000", "20261122-110000"


def image(pair_id: str, gain: float, scene: str = "", **changes: Any) -> ImageGain:
    """Returns the gain on one image; its severity is the end of its id."""
    severity = pair_id.rpartition("/")[2]
    content = {"severity": severity, "gain_ssim": gain / 50, "scene_id": scene, "input_psnr": 20.0, "input_ssim": 0.6}
    content |= {"classes": {"severity": severity}} if scene else {}
    return ImageGain(**{"pair_id": pair_id, "gain_psnr": gain} | content | changes)


def run(run_id: str, images: list[ImageGain], **changes: Any) -> RunFacts:
    """Returns the facts of a run with these images."""
    return samples.facts("pushed", run_id=run_id, images=images, **changes)


def by_hand() -> tuple[RunFacts, RunFacts]:
    """Returns two runs that differ by +1 and +2 dB in scene s1, and by -3 dB in scene s2."""
    first = [image("s1/light", 4.0, "s1"), image("s1/heavy", 5.0, "s1"), image("s2/light", 6.0, "s2")]
    second = [image("s1/light", 5.0, "s1"), image("s1/heavy", 7.0, "s1"), image("s2/light", 3.0, "s2")]
    return run(FIRST, first), run(SECOND, second)
