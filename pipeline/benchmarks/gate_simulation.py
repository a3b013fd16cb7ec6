"""Measures the gate's error rates: how often it pushes models whose true difference to production is known.

    python -m pipeline.benchmarks.gate_simulation [--trials 200] [--images 100] [--json FILE]

Each trial draws evaluations of a candidate and of the production model on the same images, and `judge_model` decides with the
default settings, all slices included. A push is an error if the candidate is truly worse. The exit code is 1 if an error rate
exceeds its bound.

The noise is the variation of the difference between two models from image to image. It was measured: two trainings of micro8
with different seeds (240 steps on rain drawn on the embedded photographs, 120 images of unseen scenes) differ by 0.03 dB in
the mean; from image to image the standard deviation is 0.30 dB in PSNR and 0.011 in SSIM, with heavier tails than the normal
distribution (one scene differs by 0.53 dB). The simulation therefore draws from Student's t distribution with 4 degrees of
freedom, at half, once and twice the measured level.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from components.evaluation.measures import GAIN_PSNR, GAIN_SSIM, MEASURED, PSNR, SSIM
from components.evaluation.per_image import ImageRow
from components.gate.judge import is_blessed, judge_model
from components.gate.settings import GateSettings
from pipeline.benchmarks.common import command_line, table, write_result

NOISE_DB = (0.15, 0.30, 0.60)
"""Standard deviations of the per-image difference in PSNR: half, once and twice the measured one."""

SSIM_PER_DB = 0.011 / 0.30
"""Noise of SSIM for each dB of noise in PSNR, as measured."""

_DEGREES = 4
_SEVERITIES = ("light", "medium", "heavy", "storm")
_BRIGHTNESS = ("dark", "middle", "bright")

Shift = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """A candidate whose true difference to the production model is known.

    Attributes:
        name: The true difference in words.
        shift: Returns the true difference on each image in dB, given the number of images.
        wanted: Required share of pushes, as (bound, "at most" or "at least"); None for no requirement.
        images_per_scene: Number of images that share a scene, and with it 40% of the noise's variance.
    """

    name: str
    shift: Callable[[int], Shift]
    wanted: tuple[float, str] | None = None
    images_per_scene: int = 1


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How often the gate pushed a case.

    Attributes:
        case: Name of the case.
        noise_db: Standard deviation of the difference from image to image, dB.
        trials: Number of trials.
        pushed: Share of trials in which the candidate was pushed.
        wanted: The required share in words; empty for no requirement.
        is_met: Whether the requirement is met.
    """

    case: str
    noise_db: float
    trials: int
    pushed: float
    wanted: str
    is_met: bool


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


def simulate(
    case: Case, noise_db: float, trials: int, images: int, settings: GateSettings, seed: int = 7
) -> CaseResult:
    """Returns how often the gate pushes a case.

    Args:
        case: The candidate.
        noise_db: Standard deviation of the difference from image to image, dB.
        trials: Number of drawn evaluations.
        images: Evaluation images per trial.
        settings: Settings of the gate.
        seed: Seed of the noise.
    """
    generator = np.random.default_rng(seed)
    pushes = [
        is_blessed(judge_model(*_evaluations(case, noise_db, images, generator), settings)) for _ in range(trials)
    ]
    share = float(np.mean(pushes))
    if case.wanted is None:
        return CaseResult(case.name, noise_db, trials, share, "", is_met=True)
    bound, side = case.wanted
    is_met = share <= bound if side == "at most" else share >= bound
    return CaseResult(case.name, noise_db, trials, share, f"{side} {bound:.0%}", is_met)


def _evaluations(
    case: Case, noise_db: float, images: int, generator: np.random.Generator
) -> tuple[list[ImageRow], list[ImageRow]]:
    """Draws evaluations of candidate and production model on the same images, far above every minimum of the gate."""
    common = generator.normal(0.0, 2.0, images)  # how hard an image is for both models
    noise = _noise(case.images_per_scene, images, generator)
    psnr = case.shift(images) + noise_db * noise
    ssim = noise_db * SSIM_PER_DB * _noise(case.images_per_scene, images, generator)
    rows = [
        [_row(number, case, 27.0 + common[number] + better, 0.8 + more) for number, (better, more) in enumerate(values)]
        for values in (zip(psnr, ssim, strict=True), ((0.0, 0.0) for _ in range(images)))
    ]
    return rows[0], rows[1]


def _noise(per_scene: int, images: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Draws noise of variance 1; images of one scene share 40% of it."""
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


def rows(results: Sequence[CaseResult]) -> list[list[object]]:
    """Returns a table row for each case: the share of pushes at each noise level, and the requirement.

    Args:
        results: A result for each case and noise level.
    """
    lines: list[list[object]] = []
    for case in CASES:
        of_case = [result for result in results if result.case == case.name]
        missed = "" if all(result.is_met for result in of_case) else " MISSED"
        lines.append([case.name, *(f"{result.pushed:.1%}" for result in of_case), f"{of_case[0].wanted}{missed}"])
    return lines


def _options() -> argparse.Namespace:
    parser = command_line(__doc__)
    parser.add_argument("--trials", type=int, default=200, help="trials for each case; default: 200")
    parser.add_argument("--images", type=int, default=100, help="evaluation images per trial; default: 100")
    return parser.parse_args()


def main() -> int:
    """Runs the benchmark; returns 1 if an error rate exceeds its bound."""
    options = _options()
    settings = GateSettings()
    results = [simulate(case, noise, options.trials, options.images, settings) for case in CASES for noise in NOISE_DB]
    header = ("true difference", *(f"pushed at {level:.2f} dB" for level in NOISE_DB), "required")
    print(table(header, rows(results)))
    write_result(options.json, {"images": options.images, "results": [asdict(result) for result in results]})
    return 0 if all(result.is_met for result in results) else 1


if __name__ == "__main__":
    raise SystemExit(main())
