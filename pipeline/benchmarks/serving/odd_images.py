"""Counts which answers a canary takes for odd: those of a perfect model, of starter weights, and of broken models.

    python -m pipeline.benchmarks.serving.odd_images FOLDER [--starter 60] [--model starter:haze] [--json FILE]

FOLDER has a `pairs.csv` with true pairs. A perfect model answers with the target; a broken one with something made of it.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from data.errors import InputError
from data.image.arrays import ImageU8
from data.image.plausibility import Plausibility, plausibility
from model_code.known_weights import STARTER
from pipeline.benchmarks.common import command_line, table, write_result
from pipeline.benchmarks.support.real_pairs import RealPair, read_pairs
from pipeline.serving.rollout.bounds import Bounds, bounds_from

Answer = Callable[[ImageU8, ImageU8], ImageU8]
"""Makes an answer of input and target."""

_NOISE = 40.0

BROKEN: dict[str, Answer] = {
    "one grey": lambda _, target: np.full_like(target, 128),
    "negative": lambda _, target: cv2.bitwise_not(target),
    "shifted by 8 px": lambda _, target: np.roll(target, 8, axis=1),
    "shifted by 4 px": lambda _, target: np.roll(target, 4, axis=1),
    "shifted by 2 px": lambda _, target: np.roll(target, 2, axis=1),
    "noise of 40 levels": lambda _, target: _noisy(target),
    "blurred, sigma 4 px": lambda _, target: cv2.GaussianBlur(target, (0, 0), 4),
    "red and blue swapped": lambda _, target: np.ascontiguousarray(target[..., ::-1]),
    "half as bright": lambda _, target: cv2.convertScaleAbs(target, alpha=0.5),
    "another image": lambda _, target: np.ascontiguousarray(target[::-1, ::-1]),
}
"""Broken models by name; the other image is the same one turned by half a turn."""


def _noisy(target: ImageU8) -> ImageU8:
    noise = np.random.default_rng(1).normal(0, _NOISE, target.shape)
    return np.clip(target + noise, 0, 255).astype(np.uint8)


def odd_share(
    pairs: Sequence[RealPair], answer: Answer, bounds: Bounds
) -> tuple[float, Counter[str], list[Plausibility]]:
    """Measures a model's answers.

    Args:
        pairs: True pairs.
        answer: The model.
        bounds: Ranges of the measures.

    Returns:
        The share of odd answers, how often each measure was out of its range, and the measures.
    """
    measured = [plausibility(answer(*pair.images), pair.images[0]) for pair in pairs]
    broken = [bounds.broken(each) for each in measured]
    return sum(map(bool, broken)) / len(pairs), Counter(name for names in broken for name in names), measured


def main() -> None:
    """Prints the shares, and writes them as JSON."""
    parser = command_line(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--starter", type=int, default=60, help="pairs that starter weights restore; 0 for none")
    parser.add_argument("--model", type=Path, default=Path(STARTER), help="which starter; default: starter")
    options = parser.parse_args()
    try:
        result = _measure(options)
    except InputError as error:
        sys.exit(f"odd_images: {error}")
    write_result(options.json, {"models": result})


def _measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measures all models, and prints a table."""
    pairs = [pair for pair in read_pairs(options.folder) if pair.is_true]
    bounds, rows = bounds_from(()), []
    result: dict[str, Any] = {}
    models: list[tuple[str, Sequence[RealPair], Answer]] = [("perfect: the target", pairs, lambda _, target: target)]
    if options.starter:
        every = max(1, len(pairs) // options.starter)
        models.append((f"{options.model}, every {every}th pair", pairs[::every], _starter(options.model)))
    models.extend((name, pairs, answer) for name, answer in BROKEN.items())
    for name, chosen, answer in models:
        share, measures, measured = odd_share(chosen, answer, bounds)
        rows.append(
            (name, len(chosen), f"{share:.1%}", ", ".join(f"{key} {count}" for key, count in measures.most_common()))
        )
        values = np.array([astuple(each) for each in measured])
        ranges = zip(fields(Plausibility), values.min(axis=0), values.max(axis=0), strict=True)
        result[name] = {"odd": share, "ranges": {each.name: (float(low), float(high)) for each, low, high in ranges}}
    print(table(("model", "images", "odd", "by measure"), rows))
    return result


def _starter(model: Path) -> Answer:
    from pipeline.restoring.model import ImageRestorer, require_model

    require_model(model)
    restorer = ImageRestorer.load(model)

    def restore(degraded: ImageU8, _: ImageU8) -> ImageU8:
        return restorer.restore(degraded).astype(np.uint8, copy=False)

    return restore


if __name__ == "__main__":
    main()
