"""How often the gate is wrong: verdicts on models whose true difference is known.

    python -m pipeline.benchmarks.gate_simulation [--trials N] [--images N] [--json]

Each trial draws the evaluation of a candidate and of production on the same images and has `judge.judge` decide with the
default settings, all slices included. A push is false where the candidate is truly worse.

The noise, that is how the difference between two models varies from image to image, was measured: two trainings of micro8 with
different seeds (240 steps on rain drawn on the embedded photographs, 120 images of scenes that neither had seen) differ by
0.03 dB in the mean, and from image to image with a standard deviation of 0.30 dB in PSNR and 0.011 in SSIM, the tails heavier
than the normal distribution's (one scene has 0.53 dB). So it is drawn from Student's t with 4 degrees of freedom, at half, once
and twice the level that was measured.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from components.evaluation.measures import GAIN_PSNR, GAIN_SSIM, MEASURED, PSNR, SSIM
from components.evaluation.per_image import ImageRow
from components.gate.judge import blessed, judge
from components.gate.settings import GateSettings

NOISE_DB = (0.15, 0.30, 0.60)
"""Standard deviations of the per-image difference in PSNR: half, once and twice what was measured."""

SSIM_PER_DB = 0.011 / 0.30
"""Noise of SSIM for each dB of noise in PSNR, as measured."""

_DEGREES = 4
_SEVERITIES = ("light", "medium", "heavy", "storm")
_BRIGHTNESS = ("dark", "middle", "bright")

Shift = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """A candidate of known merit.

    Attributes:
        name: What is true of it.
        shift: From the number of images to its true difference to production on each, dB.
        wanted: The share of pushes that is asked for, as (bound, "at most" or "at least"); None where nothing is.
        images_per_scene: Images that share a scene, and with it 40% of the noise's variance.
    """

    name: str
    shift: Callable[[int], Shift]
    wanted: tuple[float, str] | None = None
    images_per_scene: int = 1


@dataclass(frozen=True, slots=True)
class Result:
    """How often a case was pushed."""

    case: str
    noise_db: float
    trials: int
    pushed: float
    wanted: str
    kept: bool


def _everywhere(difference: float) -> Callable[[int], Shift]:
    return lambda images: np.full(images, difference)


def _in_one_slice(images: int) -> Shift:
    return np.where(np.arange(images) % len(_SEVERITIES) == len(_SEVERITIES) - 1, -0.3, 0.0)


def _across_slices(images: int) -> Shift:
    return np.where((np.arange(images) // len(_SEVERITIES)) % 4 == 0, -0.3, 0.0)


CASES = (
    Case("worse by 0.1 dB", _everywhere(-0.1), (0.05, "at most")),
    Case("worse by 0.3 dB on a quarter that is a slice", _in_one_slice, (0.05, "at most")),
    Case("worse by 0.3 dB on a quarter across slices", _across_slices, (0.05, "at most")),
    Case("equal", _everywhere(0.0)),
    Case("better by 0.2 dB", _everywhere(0.2), (0.90, "at least")),
    Case("worse by 0.1 dB, four images a scene", _everywhere(-0.1), (0.05, "at most"), images_per_scene=4),
    Case("better by 0.2 dB, four images a scene", _everywhere(0.2), images_per_scene=4),
)


def simulate(case: Case, noise_db: float, trials: int, images: int, settings: GateSettings, seed: int = 7) -> Result:
    """Returns how often a case is pushed.

    Args:
        case: The truth.
        noise_db: Standard deviation of the difference from image to image.
        trials: Pairs of candidate and production.
        images: Evaluation images of each.
        settings: The gate.
        seed: Of the noise.
    """
    generator = np.random.default_rng(seed)
    pushes = [blessed(judge(*_evaluations(case, noise_db, images, generator), settings)) for _ in range(trials)]
    share = float(np.mean(pushes))
    if case.wanted is None:
        return Result(case.name, noise_db, trials, share, "", kept=True)
    bound, side = case.wanted
    kept = share <= bound if side == "at most" else share >= bound
    return Result(case.name, noise_db, trials, share, f"{side} {bound:.0%}", kept)


def _evaluations(
    case: Case, noise_db: float, images: int, generator: np.random.Generator
) -> tuple[list[ImageRow], list[ImageRow]]:
    """Draws candidate and production on the same images, about 5 dB above the input, which is far above every floor."""
    common = generator.normal(0.0, 2.0, images)  # what an image has of its own, and both models meet
    noise = _noise(case.images_per_scene, images, generator)
    psnr = case.shift(images) + noise_db * noise
    ssim = noise_db * SSIM_PER_DB * _noise(case.images_per_scene, images, generator)
    rows = [
        [_row(number, case, 27.0 + common[number] + better, 0.8 + more) for number, (better, more) in enumerate(values)]
        for values in (zip(psnr, ssim, strict=True), ((0.0, 0.0) for _ in range(images)))
    ]
    return rows[0], rows[1]


def _noise(per_scene: int, images: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Draws noise of variance 1; where a scene has several images, 40% of it is the scene's."""
    scale = np.sqrt((_DEGREES - 2) / _DEGREES)
    own = scale * generator.standard_t(_DEGREES, images)
    if per_scene == 1:
        return own
    shared = np.repeat(scale * generator.standard_t(_DEGREES, -(-images // per_scene)), per_scene)[:images]
    return np.sqrt(0.4) * shared + np.sqrt(0.6) * own


def _row(number: int, case: Case, psnr: float, ssim: float) -> ImageRow:
    values = dict.fromkeys(MEASURED, 0.0) | {PSNR: psnr, SSIM: ssim, GAIN_PSNR: 5.0, GAIN_SSIM: 0.1}
    classes = (
        ("severity", _SEVERITIES[number % len(_SEVERITIES)]),
        ("brightness_class", _BRIGHTNESS[number % len(_BRIGHTNESS)]),
    )
    return ImageRow(f"{number:05d}", f"s{number // case.images_per_scene}", classes, tuple(values.values()))


def table(results: list[Result]) -> str:
    """Returns results as text: a line for each case, the shares of pushes by noise, and what was asked for."""
    lines = [f"{'truth':<46}" + "".join(f"  {level:.2f} dB" for level in NOISE_DB) + "  wanted"]
    for case in CASES:
        found = [result for result in results if result.case == case.name]
        shares = "".join(f"  {result.pushed:>7.1%}" for result in found)
        marks = "" if all(result.kept for result in found) else "  MISSED"
        lines.append(f"{case.name:<46}{shares}  {found[0].wanted}{marks}")
    return "\n".join(lines)


def main() -> int:
    """Prints how often each case was pushed; returns 1 where a rate is not what it has to be."""
    parser = argparse.ArgumentParser(description="How often the gate pushes models whose true merit is known.")
    parser.add_argument("--trials", type=int, default=200, help="pairs of candidate and production for each case")
    parser.add_argument("--images", type=int, default=100, help="evaluation images")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    results = [
        simulate(case, noise, options.trials, options.images, GateSettings()) for case in CASES for noise in NOISE_DB
    ]
    if options.json:
        print(json.dumps([asdict(result) for result in results], indent=1))
    else:
        print(f"share of {options.trials} candidates pushed, {options.images} images, by noise from image to image")
        print(table(results))
    return 0 if all(result.kept for result in results) else 1


if __name__ == "__main__":
    raise SystemExit(main())
