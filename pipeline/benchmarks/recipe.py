"""What the training recipe gains on real rain, on scenes that it never saw, and how long it takes.

    python -m pipeline.benchmarks.recipe DATA_DIR [--config recipe] [--set train.ema_decay=0] [--steps 500] [--json FILE]

DATA_DIR holds `Rain100L/` and `Rain800/` as published. Both are converted and split by scene as in the pipeline: training
sees the train scenes, the validation scenes choose the weights, and the figures are of the evaluation scenes, each image
whole and as written in 8 bits. `--set` changes one thing at a time: that is the ablation. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data import features, records
from data.conversion.request import ConvertRequest
from data.convert import convert
from data.errors import InputError
from data.layouts.layout import same_name
from data.layouts.published import TABLE
from data.spans.splits import Shares
from pipeline.config import Config, load

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
"""The authors' optimiser and schedule: 3 epochs of warm-up, cosine from 2e-4 to 1e-6, no mean of the weights."""
AUTHORS_RATE = 2e-4


def convert_sets(data_directory: Path, destination: Path) -> None:
    """Converts both sets into spans 1 and 2 of one folder, so that a scene that is in both lies in one split."""
    for span, (name, rule) in enumerate(SETS.items(), start=1):
        told = {**rule, "source": data_directory / rule["source"]}
        convert(ConvertRequest(destination=destination, name=name, span=span, shares=SHARES, **told))


def _configured(options: argparse.Namespace) -> Config:
    """Returns the configuration with the changes that were asked for; stages are changed here, being a list."""
    config = load(options.config, (*(AUTHORS if options.authors else ()), *options.set))
    changed = {"steps": options.steps, "learning_rate": AUTHORS_RATE if options.authors else options.learning_rate}
    changes = {name: value for name, value in changed.items() if value is not None}
    stages = tuple(stage.model_copy(update=changes) for stage in config.train.stages)
    return config.model_copy(update={"train": config.train.model_copy(update={"stages": stages})})


def measure(config: Config, data_directory: Path, folder: Path) -> dict[str, Any]:
    """Trains and measures.

    Args:
        config: Its `model`, `transform` and `train` sections are used.
        data_directory: Of the published sets.
        folder: To work in.

    Returns:
        Gains in dB by set and over all pairs held back, seconds of a step and of all, as plain JSON values.
    """
    import tensorflow as tf

    from model_code.input import pair_input
    from model_code.network import build
    from model_code.preprocessing import preprocessing_fn
    from model_code.training.fit import fit
    from model_code.training.validation import Validator

    convert_sets(data_directory, folder / "records")
    told = config.transform.model_dump(mode="json")

    def decode(serialized: tf.Tensor) -> Mapping[str, Any]:
        return preprocessing_fn(tf.io.parse_example(serialized, records.feature_spec()), told)

    def split(name: str, span: str = "*") -> pair_input.PairSplit:
        return pair_input.survey([str(folder / "records" / f"span-{span}" / f"{name}-*.tfrecord")], decode, "")

    train, validation = split(features.TRAIN), split(features.VALIDATION)
    model = build.build(config.model.spec(), config.model.img_size, seed=config.train.seed)
    started = time.monotonic()
    history = fit(model, train, validation, config.train, folder / "history.json")
    seconds = time.monotonic() - started
    gains, counts = {}, {}
    for span, name in enumerate(SETS, start=1):
        held_back = split(features.EVALUATION, str(span))
        validator = Validator(lambda image: model(image, training=False), pair_input.whole_pairs(held_back))
        gains[name], counts[name] = validator.scores().gain_psnr, held_back.pairs
    total = sum(gains[name] * counts[name] for name in gains) / sum(counts.values())
    steps = config.train.total_steps
    images = sum(stage.steps * stage.batch for stage in config.train.stages)
    return {
        "recipe": {"model": config.model.model_dump(mode="json"), "train": config.train.model_dump(mode="json")},
        "pairs": {"train": train.pairs, "validation": validation.pairs, "held_back": counts},
        "gain_psnr": {**gains, "all": round(total, 3)},
        "validation": [(row["step"], row["gain_psnr"]) for row in history["validation"]],
        "best_step": history["best"]["step"],
        "seconds_per_step": round(images / history["images_per_second"] / steps, 4),
        "seconds": round(seconds, 1),
        "load_average": [round(value, 2) for value in os.getloadavg()],
    }


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description="Gain and time of the training recipe on real rain.")
    parser.add_argument("data_directory", type=Path)
    parser.add_argument("--config", type=Path, default=Path("recipe"), help="a configuration; default: recipe")
    parser.add_argument("--set", action="append", default=[], metavar="KEY.PATH=VALUE", help="change one value")
    parser.add_argument("--authors", action="store_true", help="the authors' optimiser and schedule instead")
    parser.add_argument("--steps", type=int, help="steps of each stage")
    parser.add_argument("--learning-rate", type=float, help="peak rate of each stage")
    parser.add_argument("--json", type=Path, help="write the result here")
    options = parser.parse_args()
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    try:
        with tempfile.TemporaryDirectory() as folder:
            result = measure(_configured(options), options.data_directory, Path(folder))
    except InputError as error:
        sys.exit(f"recipe_benchmark: {error}")
    text = json.dumps(result, indent=1) + "\n"
    if options.json:
        options.json.write_text(text)
    print(text, end="")


if __name__ == "__main__":
    main()
