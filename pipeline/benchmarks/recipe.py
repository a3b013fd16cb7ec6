"""Measures gain and time of the training recipe on real rain, on unseen scenes.

    python -m pipeline.benchmarks.recipe DATA_DIR [--config recipe] [--set train.ema_decay=0] [--steps 500] [--json FILE]

DATA_DIR holds `Rain100L/` and `Rain800/` as published. Both are converted and split by scene as in the pipeline: the train
scenes train the network, the validation scenes select the weights, and the gains are measured on the evaluation scenes, on
whole images at 8 bits. An ablation changes one value with `--set`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from data import features
from data.conversion.request import ConvertRequest
from data.convert import convert
from data.errors import InputError
from data.layouts.layout import same_name
from data.layouts.published import TABLE
from data.spans.splits import Shares
from pipeline.benchmarks.common import command_line, table, write_result
from pipeline.benchmarks.support.decoded_split import decoded_split
from pipeline.benchmarks.support.trained_network import MODEL, train_network
from pipeline.config import Config, load
from pipeline.screen.library_logs import quiet

SHARES = Shares(train=0.7, validation=0.1, evaluation=0.2)
SETS: dict[str, dict[str, Any]] = {
    "Rain100L": {"source": "Rain100L", "layout": same_name()},
    "Rain800": {"source": "Rain800/rain", "layout": TABLE["rain800"], "folders": ("training", "test_syn")},
}
AUTHORS = (
    "model.drop_path=0.1",
    "train.loss={charbonnier: 1.0}",
    "train.optimizer={weight_decay: 0.02, clip_norm: 0.0}",
    "train.augment={turns: dihedral}",
    "train.ema_decay=0",
    "train.warmup_steps=53",
)
"""The authors' optimiser and schedule: 3 epochs of warm-up, cosine from 2e-4 to 1e-6, no moving average of the weights."""
AUTHORS_RATE = 2e-4


def convert_sets(data_directory: Path, destination: Path) -> None:
    """Converts both sets into spans 1 and 2 of one folder, so that a scene of both sets is in one split only.

    Args:
        data_directory: Folder of the published sets.
        destination: Destination of the spans.
    """
    for span, (name, rule) in enumerate(SETS.items(), start=1):
        source = {**rule, "source": data_directory / rule["source"]}
        convert(ConvertRequest(destination=destination, name=name, span=span, shares=SHARES, **source))


def _configured(options: argparse.Namespace) -> Config:
    """Returns the configuration with the changes of the options; `--set` cannot change one value of a list of stages."""
    config = load(options.config, (*(AUTHORS if options.authors else ()), *options.set))
    wanted = {"steps": options.steps, "learning_rate": AUTHORS_RATE if options.authors else options.learning_rate}
    changes = {name: value for name, value in wanted.items() if value is not None}
    stages = tuple(stage.model_copy(update=changes) for stage in config.train.stages)
    return config.model_copy(update={"train": config.train.model_copy(update={"stages": stages})})


def measure(config: Config, data_directory: Path, folder: Path) -> dict[str, Any]:
    """Trains by the recipe and measures the gains on the evaluation scenes.

    Args:
        config: Configuration; its sections `model`, `transform` and `train` are used.
        data_directory: Folder of the published sets.
        folder: Working folder.

    Returns:
        Gains in dB by set and over all evaluation pairs, seconds of a step and of the whole training, as plain JSON values.
    """
    from model_code.training.records.history_content import best_validation

    convert_sets(data_directory, folder / "records")
    spans = folder / "records" / "span-*"
    train, validation = (decoded_split(spans, name, config) for name in (features.TRAIN, features.VALIDATION))
    history = train_network(config, spans, folder / "training")
    gains, counts = _evaluate(folder / "training" / MODEL, config, folder)
    images = sum(stage.steps * stage.batch for stage in config.train.stages)
    total = sum(gains[name] * counts[name] for name in gains) / sum(counts.values())
    return {
        "recipe": {"model": config.model.model_dump(mode="json"), "train": config.train.model_dump(mode="json")},
        "pairs": {"train": train.pairs, "validation": validation.pairs, "evaluation": counts},
        "gain_psnr": {**gains, "all": round(total, 3)},
        "validation": [(row["step"], row["gain_psnr"]) for row in history["validation"]],
        "best_step": best_validation(history)["step"],
        "seconds_per_step": round(images / history["images_per_second"] / config.train.total_steps, 4),
        "seconds": round(history["seconds"], 1),
    }


def _evaluate(model: Path, config: Config, folder: Path) -> tuple[dict[str, float], dict[str, int]]:
    """Returns the mean gain in dB over the evaluation pairs of each set, and their number."""
    from model_code.input.pair_input import whole_pairs
    from model_code.saved_model.loading import load_restorer
    from model_code.training.validation import Validator

    restorer = load_restorer(model)
    gains, counts = {}, {}
    for span, name in enumerate(SETS, start=1):
        pairs = decoded_split(folder / "records" / f"span-{span}", features.EVALUATION, config)
        validator = Validator(restorer.restore_tensor, whole_pairs(pairs))
        gains[name], counts[name] = validator.scores().gain_psnr, pairs.pairs
    return gains, counts


def _options() -> argparse.Namespace:
    parser = command_line(__doc__)
    parser.add_argument("data_directory", type=Path, metavar="DATA_DIR", help="folder of Rain100L/ and Rain800/")
    parser.add_argument("--config", type=Path, default=Path("recipe"), help="a configuration; default: recipe")
    parser.add_argument("--set", action="append", default=[], metavar="KEY.PATH=VALUE", help="change one value")
    parser.add_argument("--authors", action="store_true", help="use the authors' optimiser and schedule")
    parser.add_argument("--steps", type=int, help="steps of each stage")
    parser.add_argument("--learning-rate", type=float, help="peak learning rate of each stage")
    return parser.parse_args()


def main() -> None:
    """Runs the benchmark."""
    options = _options()
    try:
        with tempfile.TemporaryDirectory() as folder, quiet():
            result = measure(_configured(options), options.data_directory, Path(folder))
    except InputError as error:
        sys.exit(f"recipe: {error}")
    counts = result["pairs"]["evaluation"]
    rows = [(name, counts.get(name, sum(counts.values())), gain) for name, gain in result["gain_psnr"].items()]
    print(table(("set", "evaluation pairs", "gain, dB"), rows))
    print(f"\nTraining took {result['seconds']:.0f} s, a step {result['seconds_per_step']:.3f} s.")
    write_result(options.json, result)


if __name__ == "__main__":
    main()
