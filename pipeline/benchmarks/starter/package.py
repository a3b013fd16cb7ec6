"""Writes the starter that the package holds, from a training of `python -m pipeline.benchmarks.starter`.

    python -m pipeline.benchmarks.starter.package WORK [--config starter]

WORK is the folder of a finished training. The weights are stored in float16; `python -m pipeline.benchmarks.starter.measure`,
with and without `--model WORK/training/model`, shows what that costs.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from data.errors import InputError
from model_code.weights.starter.files import FOLDER, WEIGHTS_NAME
from pipeline.benchmarks.support.trained_network import MODEL
from pipeline.config import load


def package(work: Path, configuration: Path, folder: Path = FOLDER) -> None:
    """Writes the starter's weights and their description.

    Args:
        work: Folder of a finished training.
        configuration: Its configuration.
        folder: The folder to write.

    Raises:
        InputError: There is no finished training, or it is one of another network.
    """
    from model_code.network.build import build
    from model_code.training.records import history
    from model_code.weights.starter.weights import write_weights
    from model_code.weights.warm_start import start_from

    training, config = work / "training", load(configuration)
    model = build(config.model.spec(), img_size=config.model.img_size, seed=0)
    start_from(model, str(training / MODEL), None)
    best = json.loads((training / history.FILE_NAME).read_text(encoding="utf-8"))["best"]  # the model has its weights
    write_weights(model, config.model, best["step"], folder)


def main() -> None:
    """Writes the starter."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path, metavar="WORK", help="folder of a finished training")
    parser.add_argument("--config", type=Path, default=Path("starter"), help="a configuration; default: starter")
    options = parser.parse_args()
    try:
        package(options.work, options.config)
    except InputError as error:
        sys.exit(f"package: {error}")
    print(f"written: {FOLDER / WEIGHTS_NAME}")


if __name__ == "__main__":
    main()
