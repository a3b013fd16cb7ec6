"""Trains on Rain800's official split and prints the row that stands beside published figures.

    python -m pipeline.benchmarks.published RAIN800 WORK [--config rain800] [--drop-leaks] [--held-out] [--mirror-ensemble]
        [--also Rain100L=FOLDER] [--also SOTS_indoor=FOLDER] [--curve FILE] [--json FILE]

RAIN800 holds `rain/training/` and `rain/test_syn/` as published. WORK keeps the records, the training, which goes on from its
last checkpoint when it was killed, and the SavedModel. The figures are those of restored whole images at 8 bits: PSNR over RGB,
and SSIM with a Gaussian window of 11 pixels and sigma 1.5 over RGB, means over the images.

`--held-out` measures on scenes of `training` that the network was not trained on, which is where a recipe is chosen; `test_syn`
is for the finished model. `--also` measures the evaluation scenes of another set, except those that lie in Rain800's training.
`--mirror-ensemble` measures the mean over an image's four reflections as well, as `ast-restore restore` has it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data import features
from data.conversion.request import ConvertRequest
from data.convert import convert
from data.errors import InputError
from data.image.arrays import ImageU8
from data.layouts.choice import LayoutChoice, choose_layout
from data.layouts.published import TABLE
from data.spans.official_split import OfficialSplit
from data.spans.splits import Shares
from pipeline.benchmarks.common import command_line, table, write_result
from pipeline.benchmarks.support.complexity import multiply_accumulates
from pipeline.benchmarks.support.decoded_split import decoded_split
from pipeline.benchmarks.support.pair_sets import PUBLISHED
from pipeline.benchmarks.support.restored_pairs import Scores, score_pairs
from pipeline.benchmarks.support.trained_network import MODEL, train_network
from pipeline.benchmarks.support.training_curve import write_curve
from pipeline.config import Config, load
from pipeline.restoring.options import Method
from pipeline.screen.library_logs import quiet

if TYPE_CHECKING:
    from model_code.training.records.history_content import HistoryContent

FOLDERS = {"training": features.TRAIN, "test_syn": features.EVALUATION}
"""Rain800's official split."""

HELD_OUT = Shares(train=0.8, validation=0.1, evaluation=0.1)
"""A ninth of `training` chooses the weights and the recipe; the share of the evaluation plays no part in an official split."""

MIRRORED = ", mean over reflections"
"""Added to the name of a set, for the row of `--mirror-ensemble`."""

_MAC_SIDE = 256  # pixels; the side that published tables count operations at


def convert_official(source: Path, destination: Path, should_drop_leaks: bool) -> None:
    """Converts Rain800 with its own split, unless an earlier call has; validation is held out of `training` by scene.

    Args:
        source: Folder with `rain/`.
        destination: Folder of the span.
        should_drop_leaks: Whether training pairs are left out whose scene is in `test_syn`.
    """
    if (destination / "span-1").exists():
        return
    split = OfficialSplit(FOLDERS, should_drop_leaks)
    request = ConvertRequest(source / "rain", destination, TABLE["rain800"], tuple(FOLDERS), "Rain800", span=1)
    convert(replace(request, shares=HELD_OUT, official_split=split))


def convert_other(name: str, source: Path, destination: Path, span: int) -> None:
    """Converts another published set into a further span, unless an earlier call has.

    Args:
        name: A name of `PUBLISHED`.
        source: Folder of the set.
        destination: Folder of the spans. Scenes that the first span trains on stay in the train split.
        span: Number of the span.
    """
    if not (destination / f"span-{span}").exists():
        layout, folders = PUBLISHED[name]
        convert(ConvertRequest(source, destination, choose_layout(LayoutChoice(layout)), folders, name, span=span))


def _images(span: Path, split: str, config: Config) -> Iterator[tuple[ImageU8, ImageU8]]:
    from model_code.input.pair_input import whole_pairs
    from model_code.input.pixels import to_uint8

    for pair in whole_pairs(decoded_split(span, split, config)):
        degraded, target = (to_uint8(image[0]).numpy() for image in pair)
        yield degraded, target


def _network_figures(config: Config) -> dict[str, float]:
    from model_code.network.build import build

    model = build(config.model.spec(), config.model.img_size, seed=0)
    operations = multiply_accumulates(lambda image: model(image, training=False), _MAC_SIDE, _MAC_SIDE)
    parameters = sum(variable.shape.num_elements() for variable in model.trainable_variables)
    return {"parameters": parameters, "gmacs": round(operations / 1e9, 2)}


def _curve(history: HistoryContent) -> list[dict[str, float]]:
    """Returns the validations on held-out scenes with the minutes of training until each."""
    return [
        {"minutes": round(row["seconds"] / 60, 2), "step": row["step"], "psnr": row["psnr"], "ssim": row["ssim"]}
        for row in history["validation"]
    ]


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Converts, trains and measures.

    Args:
        options: The command line's.

    Returns:
        Scores by set, figures of the network and of its training, as plain JSON values.
    """
    config = load(options.config, options.set)
    records = options.work / ("records-without-leaks" if options.drop_leaks else "records")
    convert_official(options.rain800, records, options.drop_leaks)
    training = options.work / ("training-without-leaks" if options.drop_leaks else "training")
    history = train_network(config, records / "span-1", training)
    curve = _curve(history)
    if options.curve is not None:
        write_curve(curve, "PSNR on held-out scenes of Rain800's training, dB", options.curve)
    split, name = (features.VALIDATION, "held out") if options.held_out else (features.EVALUATION, "test_syn")
    judged = {name: (records / "span-1", split)}
    for span, (other, folder) in enumerate(options.also, start=2):
        convert_other(other, folder, records, span)
        judged[other] = (records / f"span-{span}", features.EVALUATION)
    methods = {"": Method(), **({MIRRORED: Method(mirror_ensemble=True)} if options.mirror_ensemble else {})}
    scores = {
        set_name + suffix: score_pairs(training / MODEL, _images(*images, config), method)
        for set_name, images in judged.items()
        for suffix, method in methods.items()
    }
    return {
        "recipe": history["recipe"],
        "without_leaks": options.drop_leaks,
        "scores": {name: each.as_dict() for name, each in scores.items()},
        **_network_figures(config),
        "training_minutes": round(history["seconds"] / 60, 1),
        "resumed_at": history["resumed_at"],
        "curve": curve,
    }


def _print(result: dict[str, Any]) -> None:
    print(table(Scores.HEADER, [Scores(**row).row(name) for name, row in result["scores"].items()]))
    print(
        f"\n{result['parameters']:,} parameters, {result['gmacs']} GMACs at {_MAC_SIDE}x{_MAC_SIDE}, "
        f"{result['training_minutes']} minutes of training."
    )


def _set_and_folder(text: str) -> tuple[str, Path]:
    name, _, folder = text.partition("=")
    if name not in PUBLISHED or not folder:
        raise argparse.ArgumentTypeError(f"{text}: give NAME=FOLDER with a name of {', '.join(PUBLISHED)}")
    return name, Path(folder)


def _options() -> argparse.Namespace:
    parser = command_line(__doc__)
    parser.add_argument("rain800", type=Path, metavar="RAIN800", help="folder with rain/training and rain/test_syn")
    parser.add_argument("work", type=Path, metavar="WORK", help="folder for records, training and model")
    parser.add_argument("--config", type=Path, default=Path("rain800"), help="a configuration; default: rain800")
    parser.add_argument("--set", action="append", default=[], metavar="KEY.PATH=VALUE", help="change one value")
    parser.add_argument("--drop-leaks", action="store_true", help="train without the pairs whose scene is tested")
    parser.add_argument("--held-out", action="store_true", help="measure held-out scenes of training, not test_syn")
    parser.add_argument("--mirror-ensemble", action="store_true", help="also measure the mean over four reflections")
    parser.add_argument("--curve", type=Path, metavar="FILE", help="write dB against minutes as an SVG picture")
    parser.add_argument(
        "--also", type=_set_and_folder, action="append", default=[], metavar="NAME=FOLDER", help="measure another set"
    )
    return parser.parse_args()


def main() -> None:
    """Runs the benchmark."""
    options = _options()
    try:
        with quiet():
            result = run(options)
    except InputError as error:
        sys.exit(f"published: {error}")
    _print(result)
    write_result(options.json, result)


if __name__ == "__main__":
    main()
