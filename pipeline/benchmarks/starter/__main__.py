"""Trains a network on drawn rain and measures it on real pairs that it never saw.

    python -m pipeline.benchmarks.starter PHOTOS WORK [--pairs 24000] [--patch 128] [--config starter]
        [--sets-root DIR ...] [--limit 40] [--json FILE]

PHOTOS is the folder that `python -m pipeline.benchmarks.starter.photographs` fills. WORK keeps the pairs, the training, which
goes on from its last checkpoint when it was killed, and the SavedModel. With `--sets-root`, the model is also measured on every
published set of paired images in that folder, as `python -m pipeline.benchmarks.starter.measure` does.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from data.errors import InputError
from pipeline.benchmarks.common import command_line, write_result
from pipeline.benchmarks.starter.measure import add_limit, measure, print_scores
from pipeline.benchmarks.starter.pairs import write_pairs
from pipeline.benchmarks.support.restored_pairs import Scores
from pipeline.benchmarks.support.trained_network import MODEL, train_network
from pipeline.config import load
from pipeline.screen.library_logs import quiet


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Draws pairs, trains and measures.

    Args:
        options: The command line's.

    Returns:
        The recipe, the curve on held-out photographs, and scores by set, as plain JSON values.
    """
    config = load(options.config, options.set)
    records = options.work / "records"
    if not (records / "span-1").exists():
        write_pairs(options.photos, records, options.pairs, options.patch)
    history = train_network(config, records / "span-1", options.work / "training")
    model = options.work / "training" / MODEL
    scores = measure(model, options.sets_root, options.limit) if options.sets_root else {}
    return {
        "recipe": history["recipe"],
        "training_minutes": round(history["seconds"] / 60, 1),
        "curve": history["validation"],
        "scores": {name: each.as_dict() for name, each in scores.items()},
    }


def _options() -> argparse.Namespace:
    parser = command_line(__doc__)
    parser.add_argument("photos", type=Path, metavar="PHOTOS", help="folder of clean photographs")
    parser.add_argument("work", type=Path, metavar="WORK", help="folder for pairs, training and model")
    parser.add_argument("--pairs", type=int, default=24000, help="patches to draw; default: 24000")
    parser.add_argument("--patch", type=int, default=128, help="side of a patch in pixels; default: 128")
    parser.add_argument("--config", type=Path, default=Path("starter"), help="a configuration; default: starter")
    parser.add_argument("--set", action="append", default=[], metavar="KEY.PATH=VALUE", help="change one value")
    parser.add_argument(
        "--sets-root", type=Path, action="append", default=[], metavar="DIR", help="folder of real sets"
    )
    add_limit(parser)
    return parser.parse_args()


def main() -> None:
    """Runs the benchmark."""
    options = _options()
    try:
        with quiet():
            result = run(options)
    except InputError as error:
        sys.exit(f"starter: {error}")
    best = max(result["curve"], key=lambda row: row["gain_psnr"])
    print(f"drawn rain on held-out photographs: {best['gain_psnr']:+.2f} dB, {best['gain_ssim']:+.3f} SSIM")
    if result["scores"]:
        print_scores({name: Scores(**row) for name, row in result["scores"].items()})
    print(f"{result['training_minutes']} minutes of training")
    write_result(options.json, result)


if __name__ == "__main__":
    main()
